"""A standard that a bureau fills in from its licensed copy: points by stepped readings, added up, five grades."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.class_tables import LimitSide, bins_of
from firewatch.domain.checks import require_text
from firewatch.domain.danger import DangerGrade, NamedPart, PartRole, SumParts
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

__all__ = ["SUM_INPUTS", "LicensedCopy", "StepPart", "SumInput", "SumRatings", "SumTable", "rate_sums", "sum_parts"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_GRADE_LIMITS = len(DangerGrade) - 1


@dataclass(frozen=True, slots=True)
class SumInput:
    """A reading that parts can be made of: its unit, and what it can be."""

    unit: str
    low: float
    high: float


# By the name of the column. The units are those of `Observation`; a table in other units is converted by who fills it.
SUM_INPUTS: Mapping[str, SumInput] = {
    "max_temp_c": SumInput("deg C", -60.0, 60.0),
    "min_rh_pct": SumInput("%", 0.0, 100.0),
    "max_wind_ms": SumInput("m/s", 0.0, 120.0),
    "temp_c": SumInput("deg C", -60.0, 60.0),
    "rh_pct": SumInput("%", 0.0, 100.0),
    "wind_ms": SumInput("m/s", 0.0, 120.0),
    "rain_mm": SumInput("mm", 0.0, 2000.0),
    "dry_days": SumInput("d", 0.0, 1000.0),
}


@dataclass(frozen=True, slots=True)
class LicensedCopy:
    """What a table was filled in from, and who answers for it.

    Parameters
    ----------
    document : str
        The standard, its edition, and the copy.
    filled_by, checked_by : str
        Two people: one who typed the numbers, one who compared them.
    filled_on : str
        Day, ISO 8601.
    """

    document: str
    filled_by: str
    checked_by: str
    filled_on: str

    def __post_init__(self) -> None:
        for what, given in (
            ("document", self.document),
            ("filled_by", self.filled_by),
            ("checked_by", self.checked_by),
        ):
            require_text(f"licensed copy, {what}", given, 200)
        if self.filled_by.strip() == self.checked_by.strip():
            raise InvalidValue("checked_by", self.checked_by, "another person than filled_by")


@dataclass(frozen=True, slots=True)
class StepPart:
    """Points, or a factor, by the bins of one reading.

    Parameters
    ----------
    name : str
        What the standard calls it.
    reading : str
        One of `SUM_INPUTS`.
    limits : tuple of float, length n
        Ascending, in the reading's unit.
    points : tuple of float, length n + 1
        From the lowest reading up: rising or falling throughout, equal neighbours allowed.
    limit_in : LimitSide
        To which bin a reading on a limit belongs.
    page : str
        Where the table stands in the document.
    """

    name: str
    reading: str
    limits: tuple[float, ...]
    points: tuple[float, ...]
    limit_in: LimitSide
    page: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidValue("name of a part", self.name, "lower-case letters, digits and _, as it names a column")
        require_text(f"page of part {self.name}", self.page, 80)
        if self.reading not in SUM_INPUTS:
            raise InvalidValue(f"reading of part {self.name}", self.reading, f"one of {', '.join(SUM_INPUTS)}")
        known = SUM_INPUTS[self.reading]
        inside = all(known.low <= limit <= known.high for limit in self.limits)
        if not self.limits or not inside or not all(later > earlier for earlier, later in pairwise(self.limits)):
            allowed = f"ascending numbers, {known.low:g} to {known.high:g} {known.unit}"
            raise InvalidValue(f"limits of part {self.name}", self.limits, allowed)
        if len(self.points) != len(self.limits) + 1:
            allowed = f"{len(self.limits) + 1}, one more than limits"
            raise InvalidValue(f"number of points of part {self.name}", len(self.points), allowed)
        pairs = list(pairwise(self.points))
        rises, falls = all(a <= b for a, b in pairs), all(a >= b for a, b in pairs)
        if not (rises or falls) or not np.isfinite(self.points).all():
            raise InvalidValue(f"points of part {self.name}", self.points, "numbers that rise, or fall, throughout")

    def point_of(self, value: float) -> float:
        """Return the points of one reading, which is not NaN."""
        return self.points[_bin(value, self.limits, self.limit_in)]

    def points_of(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the points of readings; NaN for NaN."""
        found = np.array(self.points)[bins_of(values, self.limits, self.limit_in)]
        return np.where(np.isnan(values), np.nan, found)


@dataclass(frozen=True, slots=True)
class SumTable:
    """A filled standard: (sum of added parts - sum of subtracted parts) * product of factors, and five grades.

    Parameters
    ----------
    scheme : str
        The standard's number.
    name_zh, name_en : str
        Its name.
    copy : LicensedCopy
        What it was filled in from.
    added, subtracted, factors : tuple of StepPart
        At least one added; factors may not be negative.
    grade_limits : tuple of float, length 4
        Ascending.
    limit_in : LimitSide
        To which grade a total on a limit belongs.
    dry_below_mm : float or None
        Least rain that ends a dry spell [mm]; given exactly where a part reads `dry_days`.
    to_be_confirmed : tuple of str
        Names of parts that are still to be compared with the copy; every rating says so.
    """

    scheme: str
    name_zh: str
    name_en: str
    copy: LicensedCopy
    added: tuple[StepPart, ...]
    subtracted: tuple[StepPart, ...]
    factors: tuple[StepPart, ...]
    grade_limits: tuple[float, ...]
    limit_in: LimitSide
    dry_below_mm: float | None = None
    to_be_confirmed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_text("danger scheme", self.scheme, 80)
        names = [part.name for part in self.parts]
        if not self.added or len(set(names)) != len(names):
            raise InvalidValue("parts", names, "at least one that is added, each name once")
        if any(point < 0.0 for part in self.factors for point in part.points):
            raise InvalidValue("factors", [part.points for part in self.factors], "numbers of at least 0")
        ascending = all(later > earlier for earlier, later in pairwise(self.grade_limits))
        if len(self.grade_limits) != _GRADE_LIMITS or not ascending:
            raise InvalidValue("grade limits", self.grade_limits, "4 ascending numbers, for five grades")
        if ("dry_days" in self.readings) != (self.dry_below_mm is not None) or (self.dry_below_mm or 1.0) < 0.0:
            allowed = "a number [mm] exactly where a part reads dry_days"
            raise InvalidValue("dry_below_mm", self.dry_below_mm, allowed)
        if not set(self.to_be_confirmed) <= set(names):
            raise InvalidValue("parts to be confirmed", self.to_be_confirmed, f"names of parts: {', '.join(names)}")

    @property
    def parts(self) -> tuple[StepPart, ...]:
        """All parts, in the order of the formula."""
        return self.added + self.subtracted + self.factors

    @property
    def readings(self) -> tuple[str, ...]:
        """Names of the readings that the parts need, each once."""
        return tuple(dict.fromkeys(part.reading for part in self.parts))

    def is_rain(self, rain_mm: float) -> bool:
        """Return whether an amount [mm] ends a dry spell; any rain does where no part reads one."""
        return rain_mm > 0.0 if self.dry_below_mm is None else rain_mm >= self.dry_below_mm

    def grade_of(self, total: float) -> DangerGrade:
        """Return the grade of a total, which is not NaN."""
        return DangerGrade(_bin(total, self.grade_limits, self.limit_in) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class SumRatings:
    """Ratings of many days.

    Parameters
    ----------
    points : mapping of str to ndarray of float
        By part.
    total : ndarray of float
        NaN where a reading is missing.
    grades : tuple of DangerGrade or None
        Flat; None where a reading is missing: a page shows "no data", never "low".
    """

    points: Mapping[str, npt.NDArray[np.float64]]
    total: npt.NDArray[np.float64]
    grades: tuple[DangerGrade | None, ...]


def _bin(value: float, limits: Sequence[float], limit_in: LimitSide) -> int:
    find = bisect_left if limit_in is LimitSide.LOWER else bisect_right
    return find(limits, value)


def sum_parts(readings: Mapping[str, float], table: SumTable) -> SumParts:
    """Return the parts of one day by a filled standard, as `rate_sums` of many.

    Parameters
    ----------
    readings : mapping of str to float
        Those that `table.readings` names, none of them NaN; `dry_days` is infinite where the record has had no rain.
    table : SumTable
        The standard.
    """
    roles = (PartRole.ADDED, table.added), (PartRole.SUBTRACTED, table.subtracted), (PartRole.FACTOR, table.factors)
    return SumParts(
        tuple(
            NamedPart(part.name, role, part.reading, part.point_of(readings[part.reading]))
            for role, parts in roles
            for part in parts
        )
    )


def rate_sums(readings: Mapping[str, npt.NDArray[np.float64]], table: SumTable) -> SumRatings:
    """Rate days by a filled standard.

    Parameters
    ----------
    readings : mapping of str to ndarray of float, all of one shape
        Those that `table.readings` names; NaN where missing.
    table : SumTable
        The standard.

    Returns
    -------
    SumRatings

    Raises
    ------
    InvalidValue
        If a reading is lacking altogether.
    """
    lacking = [name for name in table.readings if name not in readings]
    if lacking:
        raise InvalidValue(f"readings for {table.scheme}", sorted(readings), f"also {', '.join(lacking)}")
    points = {part.name: part.points_of(readings[part.reading]) for part in table.parts}
    total = np.zeros_like(points[table.added[0].name])
    for part in table.added:
        total = total + points[part.name]
    for part in table.subtracted:
        total = total - points[part.name]
    for part in table.factors:
        total = total * points[part.name]
    places = bins_of(total, table.grade_limits, table.limit_in).ravel().tolist()
    grades = list(DangerGrade)
    missing = np.isnan(total).ravel().tolist()
    return SumRatings(
        points, total, tuple(None if lacks else grades[at] for at, lacks in zip(places, missing, strict=True))
    )
