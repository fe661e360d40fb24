"""Fire danger of one station and day: moisture codes, indices, grade, and the parts that they were made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.checks import require_at_least, require_between, require_text, require_utc
from firewatch.domain.ids import require_slug
from firewatch.domain.scales import DangerGrade, WarningSignal
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date, datetime

    from firewatch.domain.ids import StationId

__all__ = [
    "DangerGrade",
    "DangerRating",
    "FwiIndices",
    "GradeParts",
    "HtzParts",
    "MoistureCodes",
    "NamedPart",
    "Outlook",
    "PartRole",
    "SumParts",
    "WarningSignal",
]

_HIGHEST_FFMC = 101.0


@dataclass(frozen=True, slots=True)
class MoistureCodes:
    """The three moisture codes of the Canadian Fire Weather Index System: higher is drier.

    Parameters
    ----------
    ffmc : float
        Fine Fuel Moisture Code, 0 to 101.
    dmc : float
        Duff Moisture Code, at least 0.
    dc : float
        Drought Code, at least 0.
    """

    ffmc: float
    dmc: float
    dc: float

    def __post_init__(self) -> None:
        require_between("FFMC", self.ffmc, 0.0, _HIGHEST_FFMC)
        require_at_least("DMC", self.dmc, 0.0)
        require_at_least("DC", self.dc, 0.0)


@dataclass(frozen=True, slots=True)
class FwiIndices:
    """The fire behaviour indices of the Canadian Fire Weather Index System: all at least 0, higher is worse.

    Parameters
    ----------
    isi : float
        Initial Spread Index.
    bui : float
        Buildup Index.
    fwi : float
        Fire Weather Index.
    dsr : float
        Daily Severity Rating.
    """

    isi: float
    bui: float
    fwi: float
    dsr: float

    def __post_init__(self) -> None:
        require_at_least("ISI", self.isi, 0.0)
        require_at_least("BUI", self.bui, 0.0)
        require_at_least("FWI", self.fwi, 0.0)
        require_at_least("DSR", self.dsr, 0.0)


@dataclass(frozen=True, slots=True)
class HtzParts:
    """The parts of the Chinese forest fire danger index HTZ = A + B + C + D - E (LY/T 1172-1995).

    Parameters
    ----------
    a : int
        Points for the highest temperature of the day.
    b : int
        Points for the lowest relative humidity of the day.
    c : int
        Points for rain and the days since.
    d : int
        Points for the strongest wind of the day.
    e : int
        Correction for green or snow-covered ground, taken off.
    """

    a: int
    b: int
    c: int
    d: int
    e: int

    def __post_init__(self) -> None:
        for name in ("a", "b", "c", "d", "e"):
            require_at_least(f"HTZ part {name.upper()}", getattr(self, name), 0)

    @property
    def total(self) -> int:
        """HTZ = A + B + C + D - E."""
        return self.a + self.b + self.c + self.d - self.e


class PartRole(StrEnum):
    """What a part of a filled standard does in the sum."""

    ADDED = "added"
    SUBTRACTED = "subtracted"
    FACTOR = "factor"


@dataclass(frozen=True, slots=True)
class NamedPart:
    """One part of a grade by a standard that the bureau filled in.

    Parameters
    ----------
    name : str
        As the bureau's table names it.
    role : PartRole
        Whether it is added, taken off, or multiplies.
    reading : str
        The reading that it rests on, as ``max_temp_c``.
    points : float
        What it gave.
    """

    name: str
    role: PartRole
    reading: str
    points: float

    def __post_init__(self) -> None:
        require_text("name of a part", self.name, 40)
        require_text(f"reading of part {self.name}", self.reading, 40)
        if not isfinite(self.points):
            raise InvalidValue(f"points of part {self.name}", self.points, "a number")


@dataclass(frozen=True, slots=True)
class SumParts:
    """The parts of a grade by a standard that the bureau filled in, in the order of its formula.

    Parameters
    ----------
    parts : tuple of NamedPart
        At least one, each name once.
    """

    parts: tuple[NamedPart, ...]

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        if not names or len(set(names)) != len(names):
            raise InvalidValue("parts of a grade", names, "at least one, each name once")

    @property
    def total(self) -> float:
        """(Sum of the added parts - sum of the subtracted parts) * product of the factors."""
        total = 0.0
        for part in self._in(PartRole.ADDED):
            total += part.points
        for part in self._in(PartRole.SUBTRACTED):
            total -= part.points
        for part in self._in(PartRole.FACTOR):
            total *= part.points
        return total

    def _in(self, role: PartRole) -> tuple[NamedPart, ...]:
        return tuple(part for part in self.parts if part.role is role)


# What a grade can be made of: by the table of LY/T 1172-1995, or by one that the bureau filled in.
GradeParts: TypeAlias = HtzParts | SumParts


@dataclass(frozen=True, slots=True)
class DangerRating:
    """Fire danger of one station on one weather day.

    Parameters
    ----------
    station_id : StationId
        The station.
    weather_day : date
        The day of the noon reading, in the station's standard time.
    valid_at : datetime
        UTC instant of the reading that it rests on (of the missing noon, when estimated).
    codes : MoistureCodes
        At noon.
    indices : FwiIndices
        For the afternoon's peak.
    grade : DangerGrade or None
        None where readings for it are missing (`missing` names them): a page shows "no data", never "low".
    scheme : str
        Name of the table that gave the grade, as ``LY/T 1172-1995``.
    parts : HtzParts or SumParts or None
        What the grade was made of, by the form of the table that rated; None where there is no grade.
    is_estimated : bool
        True where a gap policy invented the day's weather.
    marks : tuple of str
        Text keys of what a reader must know: parts of the table to be confirmed, codes still settling after a cold
        start or a gap.
    missing : tuple of str
        Names of the fields of `Observation` that the grade needs and the day lacks.
    method : str
        The FWI constants and day-length bands used, as ``classic-147.2/cffdrs``.
    """

    station_id: StationId
    weather_day: date
    valid_at: datetime
    codes: MoistureCodes
    indices: FwiIndices
    grade: DangerGrade | None
    scheme: str
    parts: GradeParts | None = None
    is_estimated: bool = False
    marks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    method: str = ""

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_utc("rating time", self.valid_at)
        require_text("danger scheme", self.scheme, 80)
        if (self.grade is None) != (self.parts is None):
            raise InvalidValue("danger rating", (self.grade, self.parts), "a grade with its parts, or neither")
        if (self.grade is None) != bool(self.missing):
            raise InvalidValue("missing readings", self.missing, "named exactly where there is no grade")


@dataclass(frozen=True, slots=True)
class Outlook:
    """The danger of the days to come at one station: ratings made of a forecast.

    Parameters
    ----------
    station_id : StationId
        The station.
    source : str
        Name of the feed that gave the forecast.
    issued_at : datetime
        UTC instant from which the source computed it.
    ratings : tuple of DangerRating
        One a day, in order, going on from the last observed day.
    """

    station_id: StationId
    source: str
    issued_at: datetime
    ratings: tuple[DangerRating, ...]

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_text("weather source", self.source, 40)
        require_utc("issue time", self.issued_at)
        strangers = sorted({rating.station_id for rating in self.ratings} - {self.station_id})
        if strangers:
            raise InvalidValue("stations of an outlook", ", ".join(strangers), self.station_id)
