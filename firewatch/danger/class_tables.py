"""Class tables: what turns readings into points and points into a grade. Tables are data; they come in as arguments."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.danger.sum_table import SumTable

__all__ = ["DangerTable", "EmptyTable", "HtzTable", "LimitSide", "RainTable", "RatingTable", "StepTable", "bins_of"]

_MONTHS = 12
_GRADE_LIMITS = 4


class LimitSide(StrEnum):
    """To which bin a value on the limit belongs: the lower one (limits are upper bounds) or the upper one."""

    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class StepTable:
    """Points by bins of one reading.

    Parameters
    ----------
    limits : tuple of float, length n
        Ascending.
    points : tuple of int, length n + 1
        Of the bins between them, from the lowest reading up.
    limit_in : LimitSide
        ``LOWER`` where a limit is the last value of the lower bin, ``UPPER`` where it is the first of the upper bin.
    """

    limits: tuple[float, ...]
    points: tuple[int, ...]
    limit_in: LimitSide

    def __post_init__(self) -> None:
        _require_ascending("limits", self.limits)
        if len(self.points) != len(self.limits) + 1:
            raise InvalidValue(
                "points of a step table", len(self.points), f"{len(self.limits) + 1}, one more than limits"
            )

    def points_of(self, reading: float) -> int:
        """Return the points of a reading."""
        find = bisect_left if self.limit_in is LimitSide.LOWER else bisect_right
        return self.points[find(self.limits, reading)]


@dataclass(frozen=True, slots=True)
class RainTable:
    """Points by the last rain's amount and the days since.

    Parameters
    ----------
    from_mm : tuple of float, length n
        Least amount of each row [mm], ascending; less than the first is no rain.
    rows : tuple of tuple of int, n rows of equal length
        Points on the day of the rain, the day after, and so on.
    dry_points : int
        Points where the last rain lies further back than the rows reach, and the most that the table gives.
    """

    from_mm: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]
    dry_points: int

    def __post_init__(self) -> None:
        _require_ascending("from_mm", self.from_mm)
        if not self.from_mm or len(self.rows) != len(self.from_mm) or len({len(row) for row in self.rows}) != 1:
            raise InvalidValue("rain rows", len(self.rows), "one row of equal length for each least amount")

    @property
    def days_back(self) -> int:
        """How many days back the table looks, today not counted."""
        return len(self.rows[0]) - 1

    def is_rain(self, rain_mm: float) -> bool:
        """Return whether an amount [mm] counts as rain."""
        return rain_mm >= self.from_mm[0]

    def points_of(self, rain_mm: float, days_since: int) -> int:
        """Return the points of the last rain [mm], `days_since` days ago (0: today)."""
        if days_since > self.days_back:
            return self.dry_points
        return self.rows[bisect_right(self.from_mm, rain_mm) - 1][days_since]


@dataclass(frozen=True, slots=True)
class HtzTable:
    """The tables of HTZ = A + B + C + D - E.

    Parameters
    ----------
    scheme : str
        The standard's number, as ``LY/T 1172-1995``.
    temperature : StepTable
        A, by the day's highest temperature [deg C].
    humidity : StepTable
        B, by the day's lowest relative humidity [%].
    rain : RainTable
        C.
    wind : StepTable
        D, by the day's strongest wind at 10 m [m/s].
    correction_by_month : tuple of int, length 12
        E, January to December.
    grade_limits : tuple of int, length 4
        Highest HTZ of grades 1 to 4, ascending.
    to_be_confirmed : tuple of str
        Parts (``a`` to ``e``) that rest on a single source; every rating says so until somebody confirms them.
    """

    scheme: str
    temperature: StepTable
    humidity: StepTable
    rain: RainTable
    wind: StepTable
    correction_by_month: tuple[int, ...]
    grade_limits: tuple[int, ...]
    to_be_confirmed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_text("danger scheme", self.scheme, 80)
        _require_ascending("grade limits", self.grade_limits)
        if len(self.grade_limits) != _GRADE_LIMITS:
            raise InvalidValue("grade limits", len(self.grade_limits), "4, for five grades")
        if len(self.correction_by_month) != _MONTHS or min(self.correction_by_month) < 0:
            raise InvalidValue("correction by month", self.correction_by_month, "12 numbers of at least 0")
        if not set(self.to_be_confirmed) <= set("abcde"):
            raise InvalidValue("parts to be confirmed", self.to_be_confirmed, "names from a to e")

    def is_rain(self, rain_mm: float) -> bool:
        """Return whether an amount [mm] counts as rain."""
        return self.rain.is_rain(rain_mm)


@dataclass(frozen=True, slots=True)
class EmptyTable:
    """A standard whose tables are still to be filled from a licensed copy: nothing is invented in its place.

    Parameters
    ----------
    scheme : str
        The standard's number.
    why : str
        What is missing, and who can fill it.
    """

    scheme: str
    why: str

    def __post_init__(self) -> None:
        require_text("danger scheme", self.scheme, 80)
        require_text("why the table is empty", self.why)


# What can rate, and what a name or a file can hold.
RatingTable: TypeAlias = "HtzTable | SumTable"
DangerTable: TypeAlias = "HtzTable | SumTable | EmptyTable"


def bins_of(values: npt.NDArray[np.float64], limits: Sequence[float], limit_in: LimitSide) -> npt.NDArray[np.intp]:
    """Return the bin of each value, 0 below the first limit; NaN falls beyond the last, so ask for it apart."""
    if limit_in is LimitSide.LOWER:
        return np.searchsorted(np.array(limits), values, side="left")
    return np.searchsorted(np.array(limits), values, side="right")


def _require_ascending(what: str, limits: Sequence[float]) -> None:
    if any(later <= earlier for earlier, later in pairwise(limits)):
        raise InvalidValue(what, tuple(limits), "ascending numbers")
