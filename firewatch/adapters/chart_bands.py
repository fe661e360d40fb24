"""Classes as they lie behind a chart: of the Chinese grade, and of the agencies' class tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.danger_series_csv import CHART_COLUMNS
from firewatch.errors import InvalidValue
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.danger.index_classes import ClassTable, IndexLimits

__all__ = ["Band", "Bands", "bands_of_table", "grade_bands"]

# How much of a class's own colour is left behind a line, beside white.
_SHARE = 0.32


@dataclass(frozen=True, slots=True)
class Band:
    """One class.

    Parameters
    ----------
    number : int
        As people count it: a larger one is more dangerous.
    name_zh, name_en : str
        As people say it.
    low, high : float
        Where it begins, and where the next one does; infinite at the ends.
    colour : str
        ``#rrggbb``; beside number and name, never alone.
    """

    number: int
    name_zh: str
    name_en: str
    low: float
    high: float
    colour: str


@dataclass(frozen=True, slots=True)
class Bands:
    """The classes of one column.

    Parameters
    ----------
    column : str
        Which: one of `danger_series_csv.CHART_COLUMNS`.
    scheme : str
        Whose classes they are.
    bands : tuple of Band
        From the lowest, each beginning where the one before ends.
    is_to_be_confirmed : bool
        Whether the limits rest on one source.

    Raises
    ------
    InvalidValue
        If there is none, or a gap or an overlap between two.
    """

    column: str
    scheme: str
    bands: tuple[Band, ...]
    is_to_be_confirmed: bool = False

    def __post_init__(self) -> None:
        if not self.bands:
            raise InvalidValue(f"classes of {self.scheme}", (), "at least one")
        nexts = (*(band.low for band in self.bands[1:]), self.bands[-1].high)
        for band, following in zip(self.bands, nexts, strict=True):
            if not band.low < band.high == following:
                raise InvalidValue(f"limits of class {band.number} ({self.scheme})", (band.low, band.high), "in order")


_GRADE_COLOURS = ("#cfe8cf", "#cfe0f5", "#fbf0b3", "#f9d0a0", "#f0a9a0")  # green, blue, yellow, orange, red


def grade_bands(schemes: Sequence[str] = ()) -> Bands:
    """Return the five Chinese grades as bands of a half below and above, by the standards that a file names."""
    zh, en = catalogue(Language.ZH_CN), catalogue(Language.EN)
    bands = (
        Band(
            grade, zh.text(f"danger.grade.{grade}"), en.text(f"danger.grade.{grade}"), grade - 0.5, grade + 0.5, colour
        )
        for grade, colour in enumerate(_GRADE_COLOURS, start=1)
    )
    return Bands("grade", ", ".join(schemes) or "LY/T 1172-1995", tuple(bands))


def bands_of_table(table: ClassTable) -> tuple[Bands, ...]:
    """Return a class table's classes as bands, of every index that a chart shows; their colours made pale."""
    return tuple(_bands(table, limits) for limits in table.indices if limits.index.value in CHART_COLUMNS)


def _bands(table: ClassTable, limits: IndexLimits) -> Bands:
    rank = {one.key: (number, one) for number, one in enumerate(table.classes, start=1)}
    edges = pairwise((-np.inf, *limits.limits, np.inf))
    bands = []
    for key, (low, high) in zip(limits.classes, edges, strict=True):
        number, one = rank[key]
        bands.append(Band(number, one.name_zh, one.name_en, low, high, _pale(one.colour)))
    return Bands(limits.index.value, table.scheme, tuple(bands), limits.provenance.mark.is_to_be_confirmed)


def _pale(colour: str) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * _SHARE):02x}" for part in parts)
