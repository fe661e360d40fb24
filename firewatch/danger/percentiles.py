"""Danger classes by percentiles of a station's own record, and where today's value stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from firewatch.danger.class_tables import LimitSide
from firewatch.danger.index_classes import (
    ClassTable,
    DangerClass,
    DangerIndex,
    IndexLimits,
    Provenance,
    SourceMark,
    require_class_order,
)
from firewatch.domain.checks import require_at_least, require_between, require_text
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.season_rules import FirePreventionPeriod

__all__ = ["IndexRecord", "PercentileScheme", "RecordRules", "percentile_rank", "percentile_table"]

_TWELVE_MONTHS = 101, 1231
# Hyndman and Fan (1996), type 8: the i-th of n ordered values stands at (i - 1/3) / (n + 1/3). Median-unbiased
# whatever the distribution, which FWI's skew asks for; the type that the authors recommend.
_PLOTTING: Final = "median_unbiased"
_PLOTTING_NAME = "Hyndman-Fan type 8"


@dataclass(frozen=True, slots=True)
class PercentileScheme:
    """Which percentiles part the classes.

    Parameters
    ----------
    name, scheme, name_zh, name_en : str
        As of a `ClassTable`.
    index : DangerIndex
        Of what.
    percentiles : tuple of float, length n
        Ascending, above 0 and below 100 [%].
    classes : tuple of DangerClass, length n + 1
        From the least to the most dangerous.
    provenance : Provenance
        Who parts classes like this.
    """

    name: str
    scheme: str
    name_zh: str
    name_en: str
    index: DangerIndex
    percentiles: tuple[float, ...]
    classes: tuple[DangerClass, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        require_text("scheme", self.scheme, 200)
        require_class_order(self.name, self.classes)
        ascending = all(later > earlier for earlier, later in pairwise((0.0, *self.percentiles, 100.0)))
        if not ascending or len(self.percentiles) + 1 != len(self.classes):
            allowed = f"{len(self.classes) - 1} ascending numbers between 0 and 100, one fewer than classes"
            raise InvalidValue(f"percentiles of {self.name}", self.percentiles, allowed)
        if self.index.is_worse_when_low:
            raise InvalidValue(f"index of {self.name}", self.index.value, "one that rises with danger")


@dataclass(frozen=True, slots=True)
class RecordRules:
    """When a record is long enough.

    Parameters
    ----------
    season : FirePreventionPeriod or None
        Days that count; None for the whole year.
    least_seasons : int
        Whole seasons that a record must have, at least 2. The WMO's normals have 30; with 10 the 95th percentile of a
        half-year season rests on some 90 days above it, in which few droughts have part.
    least_coverage : float
        Part of a season's days that must have a value for the season to count, above 0 to 1.
    """

    season: FirePreventionPeriod | None = None
    least_seasons: int = 10
    least_coverage: float = 0.8

    def __post_init__(self) -> None:
        require_at_least("least number of seasons", self.least_seasons, 2)
        require_between("least coverage of a season", self.least_coverage, 0.01, 1.0)

    @property
    def season_name(self) -> str:
        """The season in words, ``09-15 to 04-30`` or ``the whole year``."""
        if self.season is None:
            return "the whole year"
        ends = (self.season.first, self.season.last)
        return " to ".join(f"{end.month:02d}-{end.day:02d}" for end in ends)


@dataclass(frozen=True, slots=True, eq=False)
class IndexRecord:
    """One station's values of an index.

    Parameters
    ----------
    station : str
        Its name, for the provenance and for errors.
    days : ndarray of datetime64[D], shape (n,)
        Weather days, each once, in any order.
    values : ndarray of float, shape (n,)
        The index; NaN where it is missing.
    rules : RecordRules
        When the record is long enough.

    Raises
    ------
    InvalidValue
        If the shapes differ or a day stands twice.
    """

    station: str
    days: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float64]
    rules: RecordRules = field(default_factory=RecordRules)

    def __post_init__(self) -> None:
        if self.days.ndim != 1 or self.days.shape != self.values.shape:
            raise InvalidValue("shapes of days and values", (self.days.shape, self.values.shape), "one and the same")
        if np.unique(self.days).size != self.days.size:
            raise InvalidValue(f"days of station {self.station}", "a day twice", "each day once")

    def whole_seasons(self) -> npt.NDArray[np.int64]:
        """Return the years in which the seasons begin that have enough values."""
        days = self.days[np.isfinite(self.values)].astype("datetime64[D]")
        years, count = np.unique(self._season_years(days), return_counts=True)
        if not years.size:
            return years
        first, last = (np.datetime64(f"{year:04d}-01-01") for year in (years[0], years[-1] + 2))
        of_years, full = np.unique(self._season_years(np.arange(first, last)), return_counts=True)
        lengths = dict(zip(of_years.tolist(), full.tolist(), strict=True))
        wanted = np.array([lengths[year] for year in years.tolist()]) * self.rules.least_coverage
        return years[count >= wanted]

    def season_values(self) -> npt.NDArray[np.float64]:
        """Return the values of the whole seasons, ascending.

        Raises
        ------
        ObservationError
            If there are too few whole seasons.
        """
        seasons = self.whole_seasons()
        if seasons.size < self.rules.least_seasons:
            why = (
                f"not enough years for percentiles: {seasons.size} whole season(s) of {self.rules.season_name}, "
                f"{self.rules.least_seasons} are needed (each with {self.rules.least_coverage:.0%} of its days); use a "
                "longer record, or a published table"
            )
            raise ObservationError(self.station, self._span(), why)
        is_in = np.isfinite(self.values) & self._is_season(self.days)
        years = self._years(self.days[is_in])
        return np.sort(self.values[is_in][np.isin(years, seasons)])

    def _span(self) -> str:
        return f"{self.days.min()} to {self.days.max()}" if self.days.size else "(no days)"

    def _season_years(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        return self._years(days[self._is_season(days)])

    def _is_season(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
        first, last, at = *self._ends(), _month_day(days)
        inside: npt.NDArray[np.bool_] = (at >= first) & (at <= last) if first <= last else (at >= first) | (at <= last)
        return inside

    def _years(self, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
        """Return the year in which each day's season begins."""
        first, last = self._ends()
        years = days.astype("datetime64[Y]").astype(np.int64) + 1970
        return years - (_month_day(days) <= last) if first > last else years

    def _ends(self) -> tuple[int, int]:
        season = self.rules.season
        if season is None:
            return _TWELVE_MONTHS
        return season.first.month * 100 + season.first.day, season.last.month * 100 + season.last.day


def percentile_table(record: IndexRecord, scheme: PercentileScheme) -> ClassTable:
    """Return the classes that a station's own record gives.

    Parameters
    ----------
    record : IndexRecord
        The station's values. Only those of whole seasons count, days of no danger among them.
    scheme : PercentileScheme
        Which percentiles.

    Returns
    -------
    ClassTable
        A value on a limit belongs to the upper class. Its provenance names station, years, season, number of values and
        plotting position.

    Raises
    ------
    ObservationError
        If there are too few whole seasons, or two limits fall on one value (most days have the same).

    References
    ----------
    .. [1] Hyndman and Fan (1996), Sample quantiles in statistical packages, The American Statistician 50, type 8.
    """
    values = record.season_values()
    limits = tuple(np.percentile(values, scheme.percentiles, method=_PLOTTING).tolist())
    if any(later <= earlier for earlier, later in pairwise(limits)):
        why = f"its percentiles {scheme.percentiles} are {limits}: too flat a record to part classes by"
        raise ObservationError(record.station, record.rules.season_name, why)
    seasons = record.whole_seasons()
    source = (
        f"record of station {record.station}: {seasons.size} seasons that begin in {seasons[0]} to {seasons[-1]}, "
        f"{record.rules.season_name}, n = {values.size}; percentiles {', '.join(f'{p:g}' for p in scheme.percentiles)} "
        f"by {_PLOTTING_NAME}; scheme: {scheme.provenance.source}"
    )
    return ClassTable(
        scheme.name,
        scheme.scheme,
        scheme.name_zh,
        scheme.name_en,
        scheme.classes,
        (
            IndexLimits(
                scheme.index,
                limits,
                tuple(one.key for one in scheme.classes),
                LimitSide.UPPER,
                Provenance(source, SourceMark.OWN_RECORD),
            ),
        ),
    )


def percentile_rank(values: npt.ArrayLike, record: IndexRecord) -> npt.NDArray[np.float64]:
    """Return where values stand in a station's record.

    Parameters
    ----------
    values : array_like, any shape
        Of the record's index.
    record : IndexRecord
        The station's values.

    Returns
    -------
    ndarray of float
        0 to 100 [%], of the shape of `values`, linear between the plotting positions of Hyndman-Fan type 8; of equal
        values of the record the last one's position counts, so that a value reaches a percentile's rank exactly where
        it reaches its limit. 0 below the record's least value, 100 above its greatest; NaN for NaN.

    Raises
    ------
    ObservationError
        If the record has too few whole seasons.
    """
    ordered = record.season_values()
    given = np.asarray(values, dtype=np.float64)
    reached = np.searchsorted(ordered, given, side="right")
    lower = ordered[np.maximum(reached - 1, 0)]
    gap = ordered[np.minimum(reached, ordered.size - 1)] - lower
    part = np.divide(given - lower, gap, out=np.zeros_like(given), where=gap > 0.0)
    ranks = 100.0 * (reached + part - 1.0 / 3.0) / (ordered.size + 1.0 / 3.0)
    ranks = np.where(given < ordered[0], 0.0, np.where(given > ordered[-1], 100.0, ranks))
    return np.where(np.isnan(given), np.nan, ranks)


def _month_day(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return month * 100 + day of each day."""
    months = days.astype("datetime64[M]")
    of_month = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    named: npt.NDArray[np.int64] = (months.astype(np.int64) % 12 + 1) * 100 + of_month
    return named
