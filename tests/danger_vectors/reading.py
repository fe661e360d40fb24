"""Columns of reference files, and how much a printed number leaves open."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger import StepWeather

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Columns: TypeAlias = dict[str, Numbers]

__all__ = ["half_unit", "numbers", "physical", "read_columns", "read_texts", "step_weather"]

_MISSING = frozenset({"", "NA"})


def read_texts(path: Path) -> dict[str, list[str]]:
    """Return the cells of a CSV file by column, commas or semicolons between them; comments start with #."""
    with path.open(encoding="utf-8") as stream:
        lines = [line for line in stream if not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter=";" if ";" in lines[0] else ","))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(texts: list[str]) -> Numbers:
    """Return what cells hold, NaN where it is missing."""
    return np.array([np.nan if text in _MISSING else float(text) for text in texts])


def read_columns(path: Path) -> Columns:
    """Return the numeric columns of a CSV file by lower-case name."""
    columns = {}
    for name, texts in read_texts(path).items():
        try:
            columns[name.lower()] = numbers(texts)
        except ValueError:
            continue
    return columns


def half_unit(printed: npt.ArrayLike) -> Numbers:
    """Return half a unit of the last digit of numbers printed with 4 digits and at least 2 decimals."""
    values = np.asarray(printed, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        decimals = np.where(values == 0.0, 12.0, np.maximum(2.0, 3.0 - np.floor(np.log10(np.abs(values)))))
    return 0.5000001 * 10.0**-decimals


def physical(given: Columns) -> npt.NDArray[np.bool_]:
    """Return the rows of a sweep whose weather can be."""
    good = np.ones(len(next(iter(given.values()))), dtype=bool)
    for name, low, high in (("temp", -60.0, 60.0), ("rh", 0.0, 100.0), ("ws", 0.0, np.inf), ("prec", 0.0, np.inf)):
        if name in given:
            good &= (given[name] >= low) & (given[name] <= high)
    return good


def step_weather(
    given: Columns, rows: npt.NDArray[np.bool_] | slice = slice(None), hours: float | Numbers = 1.0
) -> StepWeather:
    """Return the weather of a file's rows."""
    return StepWeather(*(given[name][rows] for name in ("temp", "rh", "ws", "prec")), hours=hours)
