"""How long one fire takes to be located, and 1,000 open sightings to be divided, beside geodesics of the same run."""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.location.country import make_country
from benchmarks.location.reassociate import day
from benchmarks.location.simulate import Case, draw
from benchmarks.location.study_one_fire import LENSES
from firewatch.fusion import locate_fire, partition
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["measure"]

Row = tuple[str, str, str, float, float]

_DRAWS, _ROUNDS, _SEED = 40, 3, 6
_GEODESICS = 10_000
_PEER = f"{_GEODESICS:,} geodesics"


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001 - processor's time
    """Yield milliseconds of processor's time: one fire with terrain by 1 to 4 towers, and 1,000 sightings."""
    country, rng = make_country(), np.random.default_rng(_SEED)
    for towers in (1, 2, 3, 4):
        draws = [draw(rng, country, Case(towers, LENSES[0], 0.5, uses_terrain=True)) for _ in range(_DRAWS)]
        ours = [_ms(lambda drawn=drawn: locate_fire(drawn.lines, ground=country.ground)) for drawn in draws]
        yield f"one fire on terrain, towers: {towers}", _PEER, "ms", median(ours), _geodesics_ms()
    for extent_m in (50_000.0, 20_000.0):
        placed = day(1_000, np.random.default_rng(38), extent_m)
        took_ms = median(_ms(lambda placed=placed: partition(placed)) for _ in range(_ROUNDS))
        yield f"1,000 sightings over {2.0 * extent_m / 1000.0:g} km", _PEER, "ms", took_ms, _geodesics_ms()


def _geodesics_ms() -> float:
    one, other = (placed.position for placed in day(2, np.random.default_rng(1)))
    return _ms(lambda: [inverse(one, other) for _ in range(_GEODESICS)])


def _ms(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return 1000.0 * (process_time() - start)
