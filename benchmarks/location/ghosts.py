"""Several fires at once: ghosts, misses, splits and merges of association, beside the method of crossing cones.

`python benchmarks/location/ghosts.py --draws 1000` prints tables as Markdown, in about 5 minutes of one core. Each draw
places towers and fires anew; both methods see the same bearings.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion import Placed, partition
from firewatch.geodesy import LocalPlane, PlanePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import ErrorEllipse
    from firewatch.fusion import Group

NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
_PLANE = LocalPlane(Position(26.9, 112.6))
RANGE_M = 20_000.0
_CONE_M, _CONE_HALF_DEG = 35_000.0, 1.0
APART_M, LEAST_BASE_M, LEAST_AWAY_M = (3_000.0, 10_000.0), 4_000.0, 3_000.0
# Nearer than this to a fire, or within its own 3 sigma of one, an incident is of that fire.
_NEAR_M, _NEAR_SIGMAS = 1_000.0, 3.0


@dataclass(frozen=True)
class Setting:
    """What is drawn.

    Parameters
    ----------
    towers, fires : int
        How many.
    sigma_deg : float
        Standard deviation of a bearing [deg].
    is_clear : bool
        Whether every tower sees every fire, all lit at one time: the case of the cone method's figures. Otherwise a
        tower sees a fire by a chance that falls with range, is blind to one in seven (ridges, haze), a few bearings
        are of nothing, and the fires begin within forty minutes.
    """

    towers: int
    fires: int
    sigma_deg: float
    is_clear: bool


@dataclass(frozen=True)
class Draw:
    """Towers and fires on the plane [m], and who sees what: (tower, fire or -1, azimuth [deg], first seen [s])."""

    towers: np.ndarray
    fires: np.ndarray
    seen: tuple[tuple[int, int, float, float], ...]


def draw(setting: Setting, rng: np.random.Generator) -> Draw:
    """Return one case."""
    towers, fires = _places(setting, rng)
    lit_s = np.zeros(setting.fires) if setting.is_clear else rng.uniform(0.0, 2_400.0, setting.fires)
    seen = []
    for t, tower in enumerate(towers):
        for f, fire in enumerate(fires):
            if not setting.is_clear and not _is_seen(math.dist(tower, fire), rng):
                continue
            east, north = fire - tower
            azimuth = math.degrees(math.atan2(east, north)) + rng.normal(0.0, setting.sigma_deg)
            seen.append((t, f, azimuth, lit_s[f] + delay_s(rng)))
        if not setting.is_clear and rng.random() < 0.05:  # noqa: PLR2004 - a cloud, a chimney
            seen.append((t, -1, rng.uniform(0.0, 360.0), rng.uniform(0.0, 2_400.0)))
    return Draw(towers, fires, tuple(seen))


def _places(setting: Setting, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    while True:
        towers = rng.uniform(-10_000.0, 10_000.0, (setting.towers, 2))
        fires = rng.uniform(-12_000.0, 12_000.0, (setting.fires, 2))
        apart = [math.dist(a, b) for a, b in combinations(fires, 2)]
        bases = [math.dist(a, b) for a, b in combinations(towers, 2)]
        away = [math.dist(t, f) for t in towers for f in fires]
        is_spread = min(apart) >= APART_M[0] and max(apart) <= APART_M[1] and min(bases) >= LEAST_BASE_M
        if is_spread and min(away) >= LEAST_AWAY_M and max(away) <= RANGE_M:
            return towers, fires


def _is_seen(away_m: float, rng: np.random.Generator) -> bool:
    chance = 0.95 - 0.45 * (away_m / RANGE_M) ** 2
    return rng.random() < chance and rng.random() > 1.0 / 7.0


def delay_s(rng: np.random.Generator) -> float:
    """Return a tower's delay [s]: four minutes on average; one in ten comes a round later, or out of haze."""
    return rng.uniform(0.0, 1_800.0) if rng.random() < 0.1 else rng.exponential(240.0)  # noqa: PLR2004


@dataclass
class Tally:
    """What a method made of the draws; all but `cases` are sums over cases."""

    cases: int = 0
    incidents: int = 0
    located: int = 0
    ghosts: int = 0
    crossable: int = 0
    found: int = 0
    offered: int = 0
    unseen: int = 0
    splits: int = 0
    merges: int = 0


def tally_partition(case: Draw, sigma_deg: float, tally: Tally) -> None:
    """Add what `partition` makes of a case."""
    tally_groups(case, partition([_placed(case, number, sigma_deg) for number in range(len(case.seen))]), tally)


def tally_groups(case: Draw, groups: Sequence[Group], tally: Tally) -> None:
    """Add groups whose sightings are named by their numbers in a case."""
    fires_of = [[case.seen[int(member)][1] for member in group.members] for group in groups]
    tally.cases += 1
    tally.incidents += len(groups)
    located = [(group, fires) for group, fires in zip(groups, fires_of, strict=True) if group.fix is not None]
    tally.located += len(located)
    near = [[f for f in range(len(case.fires)) if _is_near(group, case.fires[f])] for group, _ in located]
    tally.ghosts += sum(not fires for fires in near)
    tally.merges += sum(len({f for f in fires if f >= 0}) > 1 for fires in fires_of)
    for fire in range(len(case.fires)):
        watching = {t for t, f, _, _ in case.seen if f == fire}
        tally.unseen += bool(watching) and not any(fire in fires for fires in fires_of)
        homes = sum(fire in fires for fires in near)
        tally.splits += homes > 1
        if len(watching) > 1:
            tally.crossable += 1
            tally.found += homes > 0
            tally.offered += homes == 0 and any(_offers(group, case.fires[fire]) for group in groups)


def _placed(case: Draw, number: int, sigma_deg: float) -> Placed:
    tower, _, azimuth, at_s = case.seen[number]
    foot = _PLANE.unproject(PlanePoint(*case.towers[tower]))
    # The draw's azimuths are the plane's; the meridian of the tower is turned by the convergence.
    true_deg = azimuth - _PLANE.grid_azimuth_deg(foot, 0.0)
    at = NOON + timedelta(seconds=at_s)
    bearing = Bearing(wrap_deg(true_deg), sigma_deg)
    return Placed(SightingId(f"{number:03d}"), TowerId(f"t{tower}"), foot, bearing, RANGE_M, at, at)


def _is_near(group: Group, fire: np.ndarray) -> bool:
    assert group.fix is not None
    at = _PLANE.project(group.fix.position)
    east, north = fire[0] - at.east_m, fire[1] - at.north_m
    return math.hypot(east, north) <= _NEAR_M or _sigmas(group.fix.ellipse, east, north) <= _NEAR_SIGMAS


def _sigmas(ellipse: ErrorEllipse, east_m: float, north_m: float) -> float:
    azimuth = math.radians(ellipse.azimuth_deg)
    along = east_m * math.sin(azimuth) + north_m * math.cos(azimuth)
    across = east_m * math.cos(azimuth) - north_m * math.sin(azimuth)
    return math.hypot(along / ellipse.major_m, across / ellipse.minor_m)


def _offers(group: Group, fire: np.ndarray) -> bool:
    for place in group.possible_places:
        at = _PLANE.project(place.fix.position)
        if math.dist((at.east_m, at.north_m), fire) <= _NEAR_M or (
            _sigmas(place.fix.ellipse, fire[0] - at.east_m, fire[1] - at.north_m) <= _NEAR_SIGMAS
        ):
            return True
    return False


def tally_cones(case: Draw, tally: Tally) -> None:
    """Add what crossing cones makes of a case: every overlap of two towers' cones within 35 km is a fire."""
    tally.cases += 1
    for one, other in combinations(case.seen, 2):
        at = None if one[0] == other[0] else _crossing(case.towers[one[0]], one[2], case.towers[other[0]], other[2])
        if at is not None:
            tally.incidents += 1
            tally.located += 1
            tally.ghosts += all(math.dist(at, fire) > _NEAR_M for fire in case.fires) and one[1] != other[1]


def _crossing(a: np.ndarray, a_deg: float, b: np.ndarray, b_deg: float) -> tuple[float, float] | None:
    (ae, an), (be, bn) = _unit(a_deg), _unit(b_deg)
    turn = ae * bn - an * be
    if abs(turn) < math.sin(math.radians(2.0 * _CONE_HALF_DEG)):
        return None
    east, north = b - a
    along_a, along_b = (east * bn - north * be) / turn, (east * an - north * ae) / turn
    if not (0.0 < along_a <= _CONE_M and 0.0 < along_b <= _CONE_M):
        return None
    return float(a[0] + along_a * ae), float(a[1] + along_a * an)


def _unit(azimuth_deg: float) -> tuple[float, float]:
    return math.sin(math.radians(azimuth_deg)), math.cos(math.radians(azimuth_deg))


def measure(setting: Setting, draws: int, seed: int) -> tuple[Tally, Tally]:
    """Return what `partition` and the cones make of the same draws."""
    rng = np.random.default_rng(seed)
    ours, cones = Tally(), Tally()
    for _ in range(draws):
        case = draw(setting, rng)
        tally_partition(case, setting.sigma_deg, ours)
        tally_cones(case, cones)
    return ours, cones


def row(setting: Setting, ours: Tally, cones: Tally) -> str:
    """Return one row of the table: figures a case, and shares of the fires that two or more towers saw."""
    n, fires = ours.cases, max(1, ours.crossable)
    cells = [
        "clear" if setting.is_clear else "hard",
        str(setting.fires),
        str(setting.towers),
        f"{setting.sigma_deg:g}",
        f"{cones.ghosts / n:.2f}",
        f"{ours.ghosts / n:.3f}",
        f"{ours.found / fires:.1%}",
        f"{(ours.found + ours.offered) / fires:.1%}",
        f"{ours.incidents / n:.2f}",
        f"{ours.splits / n:.3f}",
        f"{ours.merges / n:.3f}",
        str(ours.unseen),
    ]
    return "| " + " | ".join(cells) + " |"


_HEAD = (
    *("case", "fires", "towers", "sigma", "cone-ghosts", "ghosts", "located", "located-or-offered"),
    *("incidents", "splits", "merges", "lost"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=38)
    parser.add_argument("--only", default="", help="a part of the row's beginning, as 'clear 2 3'")
    args = parser.parse_args(arguments)
    sys.stdout.write("| " + " | ".join(_HEAD) + " |\n" + "| --- " * len(_HEAD) + "|\n")
    counts: Counter[str] = Counter()
    for is_clear in (True, False):
        for fires in (2, 3):
            for towers in (2, 3, 4):
                for sigma_deg in (0.5, 1.0):
                    setting = Setting(towers, fires, sigma_deg, is_clear)
                    name = f"{'clear' if is_clear else 'hard'} {fires} {towers} {sigma_deg:g}"
                    if not name.startswith(args.only):
                        continue
                    ours, cones = measure(setting, args.draws, args.seed)
                    sys.stdout.write(row(setting, ours, cones) + "\n")
                    sys.stdout.flush()
                    counts["lost"] += ours.unseen
    return 1 if counts["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
