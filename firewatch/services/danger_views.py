"""What the danger page reads: the ports that it needs, and the values that they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

    from firewatch.danger.class_tables import LimitSide
    from firewatch.danger.index_classes import ClassTable, DangerClass, IndexLimits
    from firewatch.danger.surface_grid import SurfaceGrid
    from firewatch.domain.danger import DangerRating, MoistureCodes, Outlook
    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Observation
    from firewatch.services.ignition import IgnitionDay, IgnitionReason

__all__ = [
    "ClassBoard",
    "DangerBoard",
    "DangerSurface",
    "DayLength",
    "GradeLimits",
    "IgnitionBoard",
    "IndexClass",
    "LocalRank",
    "OpenedStation",
    "PeopleDay",
    "RainSpell",
    "RatedDay",
    "StationDanger",
    "SurfaceBoard",
]


@dataclass(frozen=True, slots=True)
class StationDanger:
    """A station's danger over some days.

    Parameters
    ----------
    station_id : StationId
        The station.
    ratings : tuple of DangerRating
        Of observed days, in order.
    outlook : Outlook or None
        None where no forecast is young enough to go by.
    weather : Observation or None
        The reading behind the last of `ratings`; None for an estimated one.
    """

    station_id: StationId
    ratings: tuple[DangerRating, ...]
    outlook: Outlook | None
    weather: Observation | None

    def on(self, day: date) -> tuple[DangerRating | None, bool]:
        """Return a day's rating, and whether it is made of a forecast: what was observed goes first."""
        observed = next((one for one in self.ratings if one.weather_day == day), None)
        if observed is not None or self.outlook is None:
            return observed, False
        ahead = next((one for one in self.outlook.ratings if one.weather_day == day), None)
        return ahead, ahead is not None


@dataclass(frozen=True, slots=True)
class DayLength:
    """How long the fuels dry on a day: effective hours for the DMC, adjustment for the DC."""

    dmc_h: float
    dc_factor: float


@dataclass(frozen=True, slots=True)
class RatedDay:
    """A rated day with all that went into it.

    Parameters
    ----------
    rating : DangerRating
        The day's.
    is_forecast : bool
        Whether it is made of a forecast.
    weather : Observation or None
        What went in; None where a gap policy put in the day before's.
    before : MoistureCodes
        The codes that the day started from.
    is_start : bool
        Whether those are the standard start and not the day before's.
    day_length : DayLength or None
        None where the rating's method names no bands that this program knows.
    """

    rating: DangerRating
    is_forecast: bool
    weather: Observation | None
    before: MoistureCodes
    is_start: bool
    day_length: DayLength | None


@dataclass(frozen=True, slots=True)
class RainSpell:
    """Since when it has not rained at a station, as far as its record knows.

    Parameters
    ----------
    until : date
        The day asked about.
    rained_on : date or None
        The last day with rain; None where the record holds none.
    known_since : date or None
        First day of the record that was looked at; None where there is none.
    """

    until: date
    rained_on: date | None
    known_since: date | None


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """What parts the grades of a scheme.

    Parameters
    ----------
    scheme : str
        Whose they are: a rating by another scheme has other ones.
    limits : tuple of float, length 4
        Between totals of grades 1 and 2, and so on.
    limit_in : LimitSide
        To which grade a total on a limit belongs.
    """

    scheme: str
    limits: tuple[float, ...]
    limit_in: LimitSide


@dataclass(frozen=True, slots=True)
class OpenedStation:
    """A station's days with all that went into them, and the limits of the scheme now in effect."""

    danger: StationDanger
    days: tuple[RatedDay, ...]
    spells: tuple[RainSpell, ...]
    limits: GradeLimits


class DangerBoard(Protocol):
    """The danger as people read it."""

    def dangers(self, first: date, last: date, at: datetime) -> tuple[StationDanger, ...]:
        """Return one for every station, in the order of the site map; an outlook too old `at` an instant is none."""
        ...

    def station(self, station_id: StationId, first: date, last: date, at: datetime) -> OpenedStation | None:
        """Return one station's days with all that went into them; None for a station on no map."""
        ...

    def changes(self) -> int:
        """Return a number that rises when any of it changes."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class DangerSurface:
    """Danger between the stations on one day.

    Parameters
    ----------
    day : date
        The weather day.
    grid : SurfaceGrid
        Values, errors and classes by cell.
    forecasts : int
        How many of the stations went in by a forecast and not by a reading.
    png : bytes
        The classes as a picture whose rows are even in Web Mercator, over the edges of the grid.
    geojson : bytes
        The areas of each class.
    """

    day: date
    grid: SurfaceGrid
    forecasts: int
    png: bytes
    geojson: bytes


@dataclass(frozen=True, slots=True)
class PeopleDay:
    """Why people may light fires on a day.

    Parameters
    ----------
    everywhere : IgnitionDay
        The reasons that hold in all places.
    somewhere : tuple of IgnitionDay
        For each place that has reasons of its own on the day, only those.
    """

    everywhere: IgnitionDay
    somewhere: tuple[IgnitionDay, ...]

    @property
    def reasons(self) -> tuple[tuple[str | None, IgnitionReason], ...]:
        """All reasons, each with its place; None where it holds everywhere."""
        days = (self.everywhere, *self.somewhere)
        return tuple((day.place, reason) for day in days for reason in day.reasons)


@dataclass(frozen=True, slots=True)
class IndexClass:
    """A value by one agency's table: the table, its limits for the index, and the class."""

    table: ClassTable
    limits: IndexLimits
    value: float
    danger_class: DangerClass


@dataclass(frozen=True, slots=True)
class LocalRank:
    """Where a day's FWI stands in its station's record.

    Parameters
    ----------
    rank_pct : float or None
        0 to 100 [%]; None where the record has fewer than `needed` whole years.
    seasons, needed : int
        Whole years of the record, and how many there must be.
    first_year, last_year : int
        Of the whole years; 0 where there is no rank.
    """

    rank_pct: float | None
    seasons: int
    needed: int
    first_year: int = 0
    last_year: int = 0


class ClassBoard(Protocol):
    """A day's FWI by other scales than the Chinese grade."""

    def classes(self, rating: DangerRating) -> tuple[IndexClass, ...]:
        """Return it by each agency's table."""
        ...

    def rank(self, rating: DangerRating) -> LocalRank:
        """Return where it stands in the station's own record."""
        ...


class IgnitionBoard(Protocol):
    """The human-ignition calendar."""

    def days(self, first: date, count: int) -> tuple[PeopleDay, ...]:
        """Return so many days, in order, from the first on."""
        ...


class SurfaceBoard(Protocol):
    """Danger between the stations."""

    def surface(self, day: date, at: datetime) -> DangerSurface | None:
        """Return the surface of a day as known at an instant; None where no station has a grade."""
        ...
