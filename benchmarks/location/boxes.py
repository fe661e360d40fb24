"""What a detector's box says of the base of its smoke, and where the fire is by it: a study of rendered frames.

`python -m benchmarks.location.boxes FILE...` reads the lines of `benchmarks.location.rendered` and prints two tables:
how far the base lies from the middle of the lower edge, and how often the regions hold the fire, with the boxes and
with errors drawn as they are stated ("matched").
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.location.rendered import PLANE, Seen, World, make_world, read_seen
from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.domain.mounting import AngleErrors
from firewatch.domain.optics import Calibration
from firewatch.domain.sight import PlumeWind, sight_line
from firewatch.domain.vision import Box
from firewatch.errors import NoFixError
from firewatch.fusion.posterior import locate_fire
from firewatch.fusion.sight import ElevationAngle, Eye, SightLine, SightRules
from firewatch.geodesy import PlanePoint
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from firewatch.domain.sight import SightLine as BoxLine
    from firewatch.scene import View

    Numbers = npt.NDArray[np.float64]
    Method = Callable[[Calibration, Seen, View], BoxLine]

_RANGE_M = 16_000.0
_AZIMUTH_DEG, _TILT_DEG = 0.5, 0.1
# By how much the wind of a station is another one than that of the fire [deg].
_STATION_DEG = 25.0
# Of one fire at most so many choices of towers, and each with so many errors of its cameras.
_MOST_CHOICES, _TIMES = 3, 1
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass
class Tally:
    """Errors [m] and what the regions held."""

    errors: list[float]
    in50: int = 0
    in90: int = 0
    nowhere: int = 0


def shipped(calibration: Calibration, seen: Seen, view: View) -> BoxLine:
    """Return the line as the centre makes it."""
    assert seen.box is not None
    return sight_line(calibration, Box(*seen.box), view.width_px, view.height_px)


def by_the_wind(calibration: Calibration, seen: Seen, view: View) -> BoxLine:
    """Return the line as the centre makes it with the wind of a station, which blows 25 degrees otherwise."""
    assert seen.box is not None
    rng = np.random.default_rng([seen.seed, seen.fire])
    right_deg = math.degrees(math.asin(seen.crosswind))
    from_deg = wrap_deg(view.azimuth_deg + right_deg + 180.0 + float(rng.normal(0.0, _STATION_DEG)))
    wind = PlumeWind(from_deg, 3.6 * seen.wind_ms)
    return sight_line(calibration, Box(*seen.box), view.width_px, view.height_px, wind)


def as_it_was(calibration: Calibration, seen: Seen, view: View) -> BoxLine:
    """Return the line as it was made before this study: the middle, give or take a quarter of the width."""
    assert seen.box is not None
    box = Box(*seen.box)
    at = np.array([[box.centre_x, box.y1]])
    spread = np.array([math.hypot(1.0, 0.25 * box.width), math.hypot(1.0, 0.1 * box.height)])
    told = calibration.directions(at, view.width_px, view.height_px, spread)
    sigmas = [math.sqrt(float(told.covariance_deg2[0, one, one])) for one in (0, 1)]
    bearing = Bearing(float(told.azimuth_deg[0]), sigmas[0])
    line = shipped(calibration, seen, view)
    return replace(line, bearing=bearing, elevation_deg=float(told.elevation_deg[0]), elevation_sigma_deg=sigmas[1])


METHODS: dict[str, Method] = {"as it was": as_it_was, "no wind known": shipped, "by the wind": by_the_wind}


def measure(seen: Sequence[Seen], towers: int, method: Method, seed: int = 1) -> dict[str, Tally]:
    """Return what comes of the boxes, and of errors as they are stated, for so many towers."""
    rng = np.random.default_rng([seed, towers])
    found = {"boxes": Tally([]), "matched": Tally([])}
    for together in _by_fire(seen):
        choices = list(combinations(together, towers))
        rng.shuffle(choices)
        for choice in choices[:_MOST_CHOICES]:
            for _ in range(_TIMES):
                _add(rng, _world(choice[0].seed), choice, method, found)
    return found


@cache
def _world(seed: int) -> World:
    return make_world(seed)


def _by_fire(seen: Iterable[Seen]) -> list[list[Seen]]:
    fires: dict[tuple[int, int], list[Seen]] = defaultdict(list)
    for one in seen:
        if one.box is not None:
            fires[one.seed, one.fire].append(one)
    return [fires[key] for key in sorted(fires)]


def _add(
    rng: np.random.Generator, world: World, choice: Sequence[Seen], method: Method, found: dict[str, Tally]
) -> None:
    lines: dict[str, list[SightLine]] = {"boxes": [], "matched": []}
    for one in choice:
        view = world.views[one.tower]
        place = PLANE.unproject(PlanePoint(view.east_m, view.north_m))
        eye = Eye(world.towers[one.tower], place, _RANGE_M, view.elevation_m)
        convergence_deg = PLANE.grid_azimuth_deg(place, 0.0)
        # The camera looks a little beside what is known of it.
        turned = wrap_deg(view.azimuth_deg - convergence_deg + float(rng.normal(0.0, _AZIMUTH_DEG)))
        tilted = view.tilt_deg + float(rng.normal(0.0, _TILT_DEG))
        errors = AngleErrors(_TILT_DEG, _TILT_DEG)
        calibration = Calibration("study", turned % 360.0, tilted, view.hfov_deg, _AZIMUTH_DEG, errors=errors)
        line = method(calibration, one, view)
        angle = ElevationAngle(line.elevation_deg, line.elevation_sigma_deg) if line.is_base_in_view else None
        lines["boxes"].append(SightLine(eye, line.bearing, angle))
        lines["matched"].append(_matched(rng, world, one, eye, line))
    for name, told in lines.items():
        _locate(world, choice[0], told, found[name])


def _matched(rng: np.random.Generator, world: World, one: Seen, eye: Eye, line: BoxLine) -> SightLine:
    """Return a line that errs as this one states, and as the rules have it."""
    view, rules = world.views[one.tower], SightRules()
    true_deg = math.degrees(math.atan2(one.east_m - view.east_m, one.north_m - view.north_m))
    error_deg = float(rng.normal(0.0, line.bearing.sigma_deg))
    if rng.uniform() < rules.off_share:
        error_deg += float(rng.normal(0.0, rules.off_sigma_deg))
    true_deg -= PLANE.grid_azimuth_deg(eye.position, 0.0)
    bearing = Bearing(wrap_deg(true_deg + error_deg), line.bearing.sigma_deg)
    if not line.is_base_in_view:
        return SightLine(eye, bearing, None)
    ground_m = float(world.ground.terrain.height_at(np.float64(one.east_m), np.float64(one.north_m)))
    base_m = ground_m + one.hidden_m + float(rng.normal(rules.base_m, rules.base_sigma_m))
    rise_m = base_m - view.elevation_m - float(drop_m(one.distance_m))
    tilt_deg = float(rng.normal(0.0, line.elevation_sigma_deg))
    if rng.uniform() < rules.tilt_off_share:
        tilt_deg += float(rng.normal(0.0, rules.tilt_off_sigma_deg))
    angle = ElevationAngle(math.degrees(math.atan2(rise_m, one.distance_m)) + tilt_deg, line.elevation_sigma_deg)
    return SightLine(eye, bearing, angle)


def _locate(world: World, one: Seen, lines: Sequence[SightLine], tally: Tally) -> None:
    half_m = -world.ground.terrain.west_m

    def on_the_map(east_m: Numbers, north_m: Numbers) -> Numbers:
        return np.where((np.abs(east_m) < half_m) & (np.abs(north_m) < half_m), 0.0, -60.0)

    try:
        found = locate_fire(lines, ground=world.ground, prior=on_the_map)
    except NoFixError:
        tally.nowhere += 1
        return
    tally.errors.append(math.dist((one.east_m, one.north_m), (found.best.east_m, found.best.north_m)))
    density = float(found.log_density_at(np.array([one.east_m]), np.array([one.north_m]))[0])
    tally.in50 += density >= found.level(0.5)
    tally.in90 += density >= found.level(0.9)


def box_errors(seen: Sequence[Seen]) -> str:
    """Return a table of where the base lies beside the middle of the lower edge."""
    boxed = [one for one in seen if one.box is not None]
    x0, y0, x1, y1 = np.array([one.box for one in boxed]).T
    width, height = x1 - x0, y1 - y0
    across = (np.array([one.foot_x for one in boxed]) - (x0 + x1) / 2.0) / width
    below = (np.array([one.base_y for one in boxed]) - y1) / height
    upwind = -across * np.sign([one.crosswind for one in boxed])
    rows = [
        "| what | boxes | mean | sd | rms | p10 | p25 | p50 | p75 | p90 |",
        "|" + " --- |" * 10,
        _quantiles("base right of the middle, in widths", across),
        _quantiles("the same without its sign", np.abs(across)),
        _quantiles("base upwind of the middle, in widths", upwind),
        _quantiles("base below the lower edge, in heights", below),
    ]
    for low, high in ((0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, math.inf)):
        chosen = (width / height >= low) & (width / height < high)
        if chosen.any():
            rows.append(
                _quantiles(f"beside the middle, boxes {low:g} to {high:g} as wide as high", np.abs(across[chosen]))
            )
    return "\n".join(rows) + "\n"


def _quantiles(what: str, values: Numbers) -> str:
    told = (values.mean(), values.std(), math.sqrt(float(np.mean(values**2))), *np.quantile(values, _QUANTILES))
    return f"| {what} | {len(values)} | " + " | ".join(f"{v:.2f}" for v in told) + " |"


def regions(seen: Sequence[Seen], methods: dict[str, Method]) -> str:
    """Return a table of errors and coverage."""
    rows = ["| box's base | towers | draws | p50 / p90 | in 50 % | in 90 % | matched p50 / p90 | in 50 % | in 90 % |"]
    rows.append("|" + " --- |" * 9)
    for name, method in methods.items():
        for towers in (1, 2, 3, 4):
            found = measure(seen, towers, method)
            cells = [
                name,
                str(towers),
                str(len(found["boxes"].errors)),
                *_cells(found["boxes"]),
                *_cells(found["matched"]),
            ]
            rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _cells(tally: Tally) -> list[str]:
    count = max(1, len(tally.errors))
    p50, p90 = np.quantile(tally.errors, (0.5, 0.9)) if tally.errors else (math.nan, math.nan)
    return [f"{p50:.0f} / {p90:.0f} m", f"{tally.in50 / count:.1%}", f"{tally.in90 / count:.1%}"]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    seen = read_seen(parser.parse_args().files)
    visible = [one for one in seen if one.visible]
    found, boxed = (sum(one.box is not None for one in some) for some in (visible, seen))
    fires = len({(one.seed, one.fire) for one in seen})
    sys.stdout.write(
        f"{len(seen)} views of {fires} fires, smoke visible in {len(visible)}, found in {found} of these "
        f"({found / max(1, len(visible)):.0%}) and in {boxed - found} others; {sum(one.others for one in seen)} boxes "
        f"elsewhere\n\n{box_errors(seen)}\n{regions(seen, METHODS)}"
    )


if __name__ == "__main__":
    main()
