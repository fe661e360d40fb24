"""How long 1,000 open sightings take to be divided into fires again.

`python benchmarks/location/reassociate.py` prints the median of several rounds, beside a loop of geodesics of the same
run: the ratio says more than the seconds on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion import Placed, partition
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

_NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
_RANGE_M = 15_000.0
_GEODESICS = 10_000


def day(sightings: int, rng: np.random.Generator, extent_m: float = 50_000.0) -> list[Placed]:
    """Return so many sightings of a bad afternoon: 48 towers over 100 x 100 km, a fire seen by up to five of them.

    Each tower sees a fire one to three times (another camera, or again after a pause); one sighting in twenty is of
    nothing.
    """
    plane = LocalPlane(Position(26.9, 112.6))
    feet = rng.uniform(-extent_m, extent_m, (48, 2))
    towers = [plane.unproject(PlanePoint(*foot)) for foot in feet]
    placed: list[Placed] = []
    while len(placed) < sightings:
        at = rng.uniform(-extent_m, extent_m, 2)
        fire = plane.unproject(PlanePoint(*at))
        away_m = np.hypot(*(feet - at).T)
        lit_s = rng.uniform(0.0, 4.0 * 3600.0)
        for tower in [int(t) for t in np.argsort(away_m)[:5] if away_m[t] < _RANGE_M]:
            azimuth = inverse(towers[tower], fire).azimuth_deg
            for _ in range(int(rng.integers(1, 4))):
                is_false = rng.random() < 0.05  # noqa: PLR2004 - one in twenty
                seen_deg = rng.uniform(0.0, 360.0) if is_false else azimuth + rng.normal(0.0, 0.5)
                since = _NOON + timedelta(seconds=lit_s + rng.exponential(300.0))
                until = since + timedelta(seconds=rng.uniform(60.0, 1800.0))
                name = SightingId(f"{len(placed):05d}")
                bearing = Bearing(wrap_deg(seen_deg), 0.5)
                placed.append(Placed(name, TowerId(f"t{tower:02d}"), towers[tower], bearing, _RANGE_M, since, until))
    return placed[:sightings]


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sightings", type=int, default=1000)
    args = parser.parse_args()
    for extent_m in (50_000.0, 20_000.0):
        placed = day(args.sightings, np.random.default_rng(38), extent_m)
        took, geodesics = [], []
        for _ in range(args.rounds):
            start = time.process_time()
            groups = partition(placed)
            middle = time.process_time()
            for _ in range(_GEODESICS):
                inverse(placed[0].position, placed[-1].position)
            took.append(middle - start)
            geodesics.append(time.process_time() - middle)
        median_s, peer_s = statistics.median(took), statistics.median(geodesics)
        located = sum(group.fix is not None for group in groups)
        sys.stdout.write(
            f"{len(placed)} sightings over {2 * extent_m / 1000:g} km: {len(groups)} incidents, {located} located, "
            f"{median_s:.3f} s of processor time (median of {args.rounds}); {_GEODESICS} geodesics {peer_s:.3f} s, "
            f"ratio {median_s / peer_s:.1f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
