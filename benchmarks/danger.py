"""The FWI System over arrays, beside the exponentials that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.daily import CodeArrays, DailyWeather, run_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]

_DAYS, _STATIONS = 365, 1000
# Exponentials and logarithms of one dry cell-day of the equations as published.
_TRANSCENDENTALS = 20


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield the rows of the danger: microseconds for each station and day."""
    rng = np.random.default_rng(1)
    shape = (_DAYS, _STATIONS)
    rain = np.where(rng.uniform(size=shape) < 0.3, rng.gamma(1.0, 8.0, shape), 0.0)  # noqa: PLR2004
    weather = DailyWeather(rng.uniform(5, 35, shape), rng.uniform(20, 95, shape), rng.uniform(0, 40, shape), rain)
    start = CodeArrays(*(np.full(_STATIONS, value) for value in (85.0, 6.0, 15.0)))
    months = 1 + (np.arange(_DAYS) // 31) % 12
    cells = _DAYS * _STATIONS
    ours = seconds(lambda: run_days(start, weather, 26.9, months)) / cells * 1e6
    numbers = rng.uniform(-3.0, 1.0, _STATIONS)

    def limit() -> None:
        for _ in range(_DAYS * _TRANSCENDENTALS):
            np.exp(numbers)

    yield "FWI, 1000 stations x 365 days", "20 numpy exp a cell-day", "us/cell-day", ours, seconds(limit) / cells * 1e6
