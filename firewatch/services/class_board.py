"""A day's index by other agencies' classes and in the station's own record, beside the Chinese grade."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.index_classes import NO_CLASS, ClassTable, DangerIndex, classify
from firewatch.danger.percentiles import IndexRecord, percentile_rank, percentile_table
from firewatch.errors import ObservationError
from firewatch.services.danger_views import IndexClass, LocalRank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firewatch.danger.percentiles import PercentileScheme
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import StationId
    from firewatch.services.weather_ports import DangerChanges, RatingBook

__all__ = ["ClassPages"]

# The WMO's normals are of thirty years; what is older is another climate.
_RECORD = timedelta(days=30 * 365.25)


@dataclass(slots=True)
class _Shelf:
    """The records read so far, with the number of changes at which each was read."""

    records: dict[StationId, tuple[int, IndexRecord]] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


class ClassPages:
    """Fulfils `firewatch.services.danger_views.ClassBoard`, for the FWI.

    Parameters
    ----------
    ratings : RatingBook
        Port; whose days are the stations' records.
    changes : DangerChanges
        Tells when a record is to be read again.
    tables : sequence of ClassTable or PercentileScheme
        In the order in which pages show them. A scheme of percentiles counts where the record is long enough.
    """

    def __init__(
        self, ratings: RatingBook, changes: DangerChanges, tables: Sequence[ClassTable | PercentileScheme]
    ) -> None:
        self._ratings = ratings
        self._changes = changes
        self._tables = tuple(tables)
        self._shelf = _Shelf()

    def classes(self, rating: DangerRating) -> tuple[IndexClass, ...]:
        """Return a day's FWI by each table that has limits for it."""
        return tuple(self._classes(rating))

    def rank(self, rating: DangerRating) -> LocalRank:
        """Return where a day's FWI stands in the record of its station."""
        record = self._record(rating)
        seasons = record.whole_seasons()
        needed = record.rules.least_seasons
        if seasons.size < needed:
            return LocalRank(None, int(seasons.size), needed)
        rank = float(percentile_rank(rating.indices.fwi, record))
        return LocalRank(rank, int(seasons.size), needed, int(seasons[0]), int(seasons[-1]))

    def _classes(self, rating: DangerRating) -> Iterator[IndexClass]:
        for one in self._tables:
            table = one if isinstance(one, ClassTable) else self._by_record(one, rating)
            if table is None or all(limits.index is not DangerIndex.FWI for limits in table.indices):
                continue
            rank = int(classify(rating.indices.fwi, table, DangerIndex.FWI).ranks)
            if rank != NO_CLASS:
                yield IndexClass(table, table.limits_of(DangerIndex.FWI), rating.indices.fwi, table.classes[rank])

    def _by_record(self, scheme: PercentileScheme, rating: DangerRating) -> ClassTable | None:
        if scheme.index is not DangerIndex.FWI:
            return None
        try:
            return percentile_table(self._record(rating), scheme)
        except ObservationError:
            # Too short or too flat a record: `rank` says so.
            return None

    def _record(self, rating: DangerRating) -> IndexRecord:
        station_id, now = rating.station_id, self._changes.changes()
        with self._shelf.turn:
            known = self._shelf.records.get(station_id)
            if known is None or known[0] != now:
                known = now, self._read(rating)
                self._shelf.records[station_id] = known
        return known[1]

    def _read(self, rating: DangerRating) -> IndexRecord:
        last = rating.weather_day + timedelta(days=366)
        ratings = self._ratings.between(rating.station_id, rating.weather_day - _RECORD, last)
        measured = [one for one in ratings if not one.is_estimated]
        return IndexRecord(
            rating.station_id,
            np.array([one.weather_day for one in measured], dtype="datetime64[D]"),
            np.array([one.indices.fwi for one in measured], dtype=np.float64),
        )
