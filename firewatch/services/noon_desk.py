"""Noon readings of feeds go into the store as those of MQTT do: each content once, and never over one trusted more."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId, make_ulid
from firewatch.services.arrivals import ObservationArrived

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Observation
    from firewatch.services.ports import IntakeWriter
    from firewatch.services.weather_ports import ReadingBook

__all__ = ["NoonDesk", "reading_id"]

_RANDOM_BYTES = 10
_OWN = "mqtt"


def reading_id(observation: Observation, before: Observation | None = None) -> MessageId:
    """Return an id that the same reading always gets in the place of the same former one, and another one never.

    Parameters
    ----------
    observation : Observation
        When it was received plays no part.
    before : Observation, optional
        What it replaces: a source that takes back its correction sends the first content again, which counts again.
    """
    content = repr(replace(observation, received_at=None))
    replaced = "" if before is None else repr(before)
    digest = hashlib.blake2b(f"{content}{replaced}".encode(), digest_size=_RANDOM_BYTES).digest()
    return MessageId(make_ulid(observation.observed_at, digest))


class NoonDesk:
    """Writes noon readings where they are news.

    Parameters
    ----------
    book : ReadingBook
        What is stored.
    writer : IntakeWriter
        Stores.
    sources : sequence of str
        Names of the feeds, in the order in which they are trusted.
    noon_givers : collection of str
        Those of them that give noon readings themselves; those of the others are made here of their hours.
    """

    def __init__(
        self, book: ReadingBook, writer: IntakeWriter, sources: Sequence[str], noon_givers: Iterable[str]
    ) -> None:
        self._book = book
        self._writer = writer
        self._ranks = {name: rank for rank, name in enumerate(sources)}
        self._noon_givers = frozenset(noon_givers)

    def write(self, observations: Sequence[Observation], now: datetime) -> None:
        """Store those that differ from what is stored and may replace it.

        A reading that the station itself sent is never replaced. One made of hours always gives way to a newer one made
        of hours, for that knows all that the former did. Between one that a feed gave and one made of hours the more
        trusted source decides; a reading made of several sources is trusted as the least of them.
        """
        items = [
            ObservationArrived(reading_id(one, before), replace(one, received_at=now), now)
            for one, before in self._news(observations)
        ]
        if items:
            self._writer.write(items)

    def _news(self, observations: Sequence[Observation]) -> Iterator[tuple[Observation, Observation | None]]:
        by_station: dict[StationId, list[Observation]] = {}
        for observation in observations:
            by_station.setdefault(observation.station_id, []).append(observation)
        for station_id, own in by_station.items():
            instants = [one.observed_at for one in own]
            stored = self._book.readings_between(station_id, min(instants), max(instants))
            known = {one.observed_at: one for one in stored}
            for one in own:
                before = known.get(one.observed_at)
                if before is None or self._may_replace(one, before):
                    known[one.observed_at] = one
                    yield one, before

    def _may_replace(self, one: Observation, before: Observation) -> bool:
        if before.source == _OWN or replace(before, received_at=None) == replace(one, received_at=None):
            return False
        is_given = one.source in self._noon_givers
        if not is_given and before.source not in self._noon_givers:
            return True
        rank, known = self._rank(one.source), self._rank(before.source)
        return rank < known or (rank == known and is_given)

    def _rank(self, source: str) -> int:
        # A feed that the settings no longer name is trusted least.
        return max(self._ranks.get(name, len(self._ranks)) for name in source.split("+"))
