"""Several fires at once among hills: what the ground below the crossings says of ghosts.

`python -m benchmarks.location.ghosts_hills --draws 500` prints a table as Markdown. Towers stand on hilltops of the
country of the study of one fire; the same draws are divided with the bearings alone, and with elevation angles and the
ground.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.location import ghosts
from benchmarks.location.country import make_country
from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.domain.ids import SightingId
from firewatch.fusion import Placed, partition
from firewatch.fusion.sight import ElevationAngle, SightRules
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.location.country import Country

_EDGE_M = 27_000.0
_MOST_HIDDEN_M = 150.0
_TILT_DEG = 0.1


@dataclass(frozen=True)
class Errors:
    """What of angles and ground is not as the rules have it.

    Parameters
    ----------
    tilt_deg : float
        Standard deviation of an elevation angle [deg]; the method is told `_TILT_DEG`.
    model_off_m : float
        By how much the terrain model is too high [m].
    """

    tilt_deg: float = _TILT_DEG
    model_off_m: float = 0.0


def draw(
    setting: ghosts.Setting, country: Country, rng: np.random.Generator, errors: Errors
) -> tuple[ghosts.Draw, list[Placed], list[Placed]]:
    """Return a case, its sightings without elevation angles, and with them."""
    towers, fires = _places(setting, country, rng)
    lit_s = np.zeros(setting.fires) if setting.is_clear else rng.uniform(0.0, 2_400.0, setting.fires)
    seen, angles = [], []
    for t, number in enumerate(towers):
        at = country.points[number]
        for f, fire in enumerate(fires):
            east, north = fire[0] - at.east_m, fire[1] - at.north_m
            away_m, hidden_m = math.hypot(east, north), _hidden_m(country, number, fire)
            if not setting.is_clear and not _is_seen(away_m, hidden_m, rng):
                continue
            azimuth = math.degrees(math.atan2(east, north)) + rng.normal(0.0, setting.sigma_deg)
            seen.append((t, f, azimuth, lit_s[f] + ghosts.delay_s(rng)))
            angles.append(_angle_deg(country, number, (fire, away_m, hidden_m), errors, rng))
        if not setting.is_clear and rng.random() < 0.05:  # noqa: PLR2004 - a cloud, a chimney: as in `ghosts`
            seen.append((t, -1, rng.uniform(0.0, 360.0), rng.uniform(0.0, 2_400.0)))
            angles.append(rng.uniform(-4.0, 1.0))
    points = np.array([(country.points[n].east_m, country.points[n].north_m) for n in towers])
    case = ghosts.Draw(points, fires, tuple(seen))
    plain = [_placed(country, towers, case, number, setting.sigma_deg) for number in range(len(seen))]
    told = [
        Placed(
            *(p.sighting_id, p.tower_id, p.position, p.bearing, p.range_m, p.first_seen_at, p.observed_at),
            ElevationAngle(angle, _TILT_DEG),
            country.eyes[towers[case.seen[number][0]]].height_m,
        )
        for number, (p, angle) in enumerate(zip(plain, angles, strict=True))
    ]
    return case, plain, told


def _places(setting: ghosts.Setting, country: Country, rng: np.random.Generator) -> tuple[list[int], np.ndarray]:
    feet = np.array([(p.east_m, p.north_m) for p in country.points])
    while True:
        towers = [int(n) for n in rng.choice(len(feet), setting.towers, replace=False)]
        middle = feet[towers].mean(axis=0)
        fires = middle + rng.uniform(-12_000.0, 12_000.0, (setting.fires, 2))
        apart = [math.dist(a, b) for a, b in combinations(fires, 2)]
        bases = [math.dist(a, b) for a, b in combinations(feet[towers], 2)]
        away = [math.dist(feet[t], f) for t in towers for f in fires]
        if min(apart) < ghosts.APART_M[0] or max(apart) > ghosts.APART_M[1] or min(bases) < ghosts.LEAST_BASE_M:
            continue
        if min(away) < ghosts.LEAST_AWAY_M or max(away) > ghosts.RANGE_M or np.abs(fires).max() > _EDGE_M:
            continue
        hidden = [_hidden_m(country, t, f) for t in towers for f in fires]
        if not setting.is_clear or max(hidden) < _MOST_HIDDEN_M:
            return towers, fires


def _cell(country: Country, at: Sequence[float]) -> tuple[int, int]:
    row, column = country.ground.terrain.row_column(np.float64(at[0]), np.float64(at[1]))
    return round(float(row)), round(float(column))


def _hidden_m(country: Country, number: int, fire: Sequence[float]) -> float:
    found = float(country.ground.least_visible_m[country.eyes[number].tower_id][_cell(country, fire)])
    return 0.0 if math.isnan(found) else found


def _is_seen(away_m: float, hidden_m: float, rng: np.random.Generator) -> bool:
    chance = (0.95 - 0.45 * (away_m / ghosts.RANGE_M) ** 2) * math.exp(-hidden_m / SightRules().rise_m)
    return bool(rng.random() < chance)


def _angle_deg(
    country: Country, number: int, fire: tuple[np.ndarray, float, float], errors: Errors, rng: np.random.Generator
) -> float:
    (east_m, north_m), away_m, hidden_m = fire
    rules, eye = SightRules(), country.eyes[number]
    ground_m = float(country.ground.terrain.height_at(np.float64(east_m), np.float64(north_m))) - errors.model_off_m
    base_m = ground_m + hidden_m + rng.normal(rules.base_m, rules.base_sigma_m)
    rise_m = base_m - (eye.height_m or 0.0) - float(drop_m(away_m))
    wrong_deg = rng.normal(0.0, errors.tilt_deg)
    if rng.random() < rules.tilt_off_share:
        wrong_deg += rng.normal(0.0, rules.tilt_off_sigma_deg)
    return math.degrees(math.atan2(rise_m, away_m)) + wrong_deg


def _placed(country: Country, towers: list[int], case: ghosts.Draw, number: int, sigma_deg: float) -> Placed:
    t, _, azimuth, at_s = case.seen[number]
    eye = country.eyes[towers[t]]
    true_deg = azimuth - country.ground.terrain.plane.grid_azimuth_deg(eye.position, 0.0)
    at = ghosts.NOON + timedelta(seconds=at_s)
    bearing = Bearing(wrap_deg(true_deg), sigma_deg)
    return Placed(SightingId(f"{number:03d}"), eye.tower_id, eye.position, bearing, ghosts.RANGE_M, at, at)


def measure(
    setting: ghosts.Setting, country: Country, draws: int, seed: int, errors: Errors
) -> tuple[ghosts.Tally, ghosts.Tally]:
    """Return what comes of the bearings alone, and of bearings and ground."""
    rng = np.random.default_rng(seed)
    plain, told = ghosts.Tally(), ghosts.Tally()
    for _ in range(draws):
        case, without, with_angles = draw(setting, country, rng, errors)
        ghosts.tally_groups(case, partition(without), plain)
        ghosts.tally_groups(case, partition(with_angles, ground_of=lambda _: country.ground), told)
    return plain, told


_HEAD = (
    *("case", "fires", "towers", "sigma", "what is wrong"),
    *("ghosts by bearings", "with the ground", "drawn", "with the ground", "drawn or offered", "with the ground"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--only", default="", help="a part of the row's beginning, as 'hard 2 2'")
    args = parser.parse_args(arguments)
    country = make_country()
    sys.stdout.write("| " + " | ".join(_HEAD) + " |\n" + "| --- " * len(_HEAD) + "|\n")
    wrongs = (("nothing", Errors()), ("tilt .3 deg", Errors(tilt_deg=0.3)), ("model 10 m", Errors(model_off_m=10.0)))
    for is_clear in (True, False):
        for towers in (2, 3, 4):
            for sigma_deg in (0.5, 1.0):
                for what, errors in wrongs if towers == 2 else wrongs[:1]:  # noqa: PLR2004 - where ghosts are
                    setting = ghosts.Setting(towers, 2, sigma_deg, is_clear)
                    name = f"{'clear' if is_clear else 'hard'} 2 {towers} {sigma_deg:g}"
                    if name.startswith(args.only):
                        plain, told = measure(setting, country, args.draws, args.seed, errors)
                        sys.stdout.write(_row(name, what, plain, told) + "\n")
                        sys.stdout.flush()
    return 0


def _row(name: str, what: str, plain: ghosts.Tally, told: ghosts.Tally) -> str:
    shares = [
        f"{n / max(1, tally.crossable):.1%}"
        for n, tally in (
            (plain.found, plain),
            (told.found, told),
            (plain.found + plain.offered, plain),
            (told.found + told.offered, told),
        )
    ]
    cells = [*name.split(" "), what, f"{plain.ghosts / plain.cases:.3f}", f"{told.ghosts / told.cases:.3f}", *shares]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
