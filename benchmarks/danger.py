"""The FWI System over arrays and grids, and fire behaviour by row, beside what they cannot do without.

`benchmarks/danger_grid.py` measures the grid beside xclim, with threads and memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger import Engine, FbpCases, FuelBed, GridDays, behaviour_table, predict_primary, run_grid
from firewatch.danger.daily import CodeArrays, DailyWeather, run_days
from firewatch.danger.fbp import FbpWeather as FireWeather
from firewatch.danger.fbp import FireRun, FoliarSeason, Terrain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]

_DAYS, _STATIONS, _SIDE = 365, 1000, 100
_FIRES = 20_000
# Exponentials and logarithms of one dry cell-day of the equations as published.
_TRANSCENDENTALS = 20


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield the rows of the danger: microseconds for each station and day, or each fire."""
    rng = np.random.default_rng(1)
    numbers = rng.uniform(-3.0, 1.0, _STATIONS)

    def limit() -> None:
        for _ in range(_DAYS * _TRANSCENDENTALS):
            np.exp(numbers)

    exponentials = seconds(limit) / (_DAYS * _STATIONS) * 1e6
    start = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))
    months = 1 + (np.arange(_DAYS) // 31) % 12
    weather = _weather(rng, (_DAYS, _STATIONS))
    ours = seconds(lambda: run_days(start, DailyWeather(*weather), 26.9, months)) / (_DAYS * _STATIONS) * 1e6
    yield "FWI, 1000 stations x 365 days", "20 numpy exp a cell-day", "us/cell-day", ours, exponentials
    cells = _DAYS * _SIDE * _SIDE
    for kind in (np.float64, np.float32):
        grid = tuple(array.astype(kind) for array in _weather(rng, (_DAYS, _SIDE, _SIDE)))
        days = GridDays(*grid, np.asarray(26.9), months)
        copied = seconds(lambda grid=grid: [grid[number % 4].copy() for number in range(7)]) / cells * 1e6
        for engine in Engine:
            ours = seconds(lambda days=days, engine=engine: run_grid(start, days, engine=engine)) / cells * 1e6
            what = f"FWI grid 100 x 100 x 365, {engine.value} {kind.__name__}"
            yield what, "a copy of the arrays in memory", "us/cell-day", ours, copied
    yield from _fires(seconds, rng, exponentials)


def _weather(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    rain = np.where(rng.uniform(size=shape) < 0.3, rng.gamma(1.0, 8.0, shape), 0.0)  # noqa: PLR2004
    return rng.uniform(5, 35, shape), rng.uniform(20, 95, shape), rng.uniform(0, 40, shape), rain


def _fires(
    seconds: Callable[[Callable[[], object]], float], rng: np.random.Generator, exponentials: float
) -> Iterator[Row]:
    fuel = rng.integers(0, 16, _FIRES)
    one, zero = np.ones(_FIRES), np.zeros(_FIRES)
    ffmc, bui, wind = rng.uniform(70, 97, _FIRES), rng.uniform(10, 150, _FIRES), rng.uniform(0, 50, _FIRES)
    slope, aspect = rng.uniform(0, 60, _FIRES), rng.uniform(0, 360, _FIRES)
    cases = FbpCases(
        FuelBed(fuel, 50 * one, 35 * one, 80 * one, 0.35 * one, 3 * one, one),
        FireWeather(ffmc, bui, wind, aspect, zero),
        Terrain(slope, aspect[::-1].copy()),
        FoliarSeason(27 * one, 112 * one, zero, 120 * one, zero, zero),
        FireRun(one, zero, zero > 0, one > 0),
    )
    ours = seconds(lambda: predict_primary(cases)) / _FIRES * 1e6
    yield "FBP, primary outputs", "20 numpy exp a row", "us/row", ours, exponentials
    table = {"BUI": bui, "FFMC": ffmc, "WS": wind, "GS": slope, "Aspect": aspect}
    ours = seconds(lambda: behaviour_table(table)) / _FIRES * 1e6
    yield "FBP, a table with all 43 columns", "20 numpy exp a row", "us/row", ours, exponentials
