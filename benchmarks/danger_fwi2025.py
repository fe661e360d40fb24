"""FWI2025 over many stations and over one, beside the exponentials that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.fwi2025 import Fwi2025Hours, Fwi2025State, GrassCover, GrassForm, Sites, run_fwi2025
from firewatch.danger.sorption import StepWeather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]

_BLOCK = 8192
# Exponentials and logarithms of one dry row: air and layers 37, sun 3, indices 18; powers count as two.
_TRANSCENDENTALS = 58
_SIZES = ((240, 4000), (24, 40_000), (2623, 1))


def some_hours(hours: int, sites: int) -> Fwi2025Hours:
    """Return random weather of March in Hunan, with rain in a tenth of the hours."""
    rng = np.random.default_rng(1)
    shape = (hours, sites)
    rain = np.where(rng.uniform(size=shape) < 0.1, rng.gamma(1.0, 2.0, shape), 0.0)  # noqa: PLR2004
    weather = StepWeather(rng.uniform(5, 35, shape), rng.uniform(20, 95, shape), rng.uniform(0, 30, shape), rain)
    place = Sites(rng.uniform(24.6, 30.1, sites), rng.uniform(108.8, 114.3, sites), np.full(sites, 8.0))
    grass = GrassCover(np.full((1, 1), 90.0), np.full((1, 1), 0.35), GrassForm.STANDING)
    hour = np.datetime64("2026-03-01T00", "h") + np.arange(hours).astype("timedelta64[h]")
    return Fwi2025Hours(hour, place, weather, grass)


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield the rows of FWI2025: microseconds for each station and hour, on one thread."""
    numbers = np.random.default_rng(1).uniform(-3.0, 1.0, _BLOCK)

    def limit() -> None:
        for _ in range(_TRANSCENDENTALS):
            np.exp(numbers)

    floor = seconds(limit) / _BLOCK * 1e6
    for hours, sites in _SIZES:
        given, start = some_hours(hours, sites), Fwi2025State.of_codes(sites)
        ours = seconds(lambda given=given, start=start: run_fwi2025(start, given)) / (hours * sites) * 1e6  # type: ignore[misc]
        yield f"FWI2025, {sites} stations x {hours} h", f"{_TRANSCENDENTALS} numpy exp a row", "us/row", ours, floor
