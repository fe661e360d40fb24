"""What arrived, in memory: sightings, pictures, readings, nodes, quarantine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from firewatch.errors import StoreError
from firewatch.services.dates import is_same_sight
from firewatch.services.eyes_record import EyesHour, eyes_hours
from firewatch.services.labelling import PictureRecord
from firewatch.services.ports import (
    Arrived,
    EvidenceArrived,
    Held,
    ObservationArrived,
    Quarantined,
    ReplyArrived,
    SightingArrived,
    StatusArrived,
    StoredSighting,
    VitalsArrived,
)
from firewatch.services.views import Picture, QuarantinedView
from firewatch.wire import codec, remote_codec
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import EvidenceId, IncidentId, MessageId, SightingId, StationId, TowerId
    from firewatch.domain.vision import Evidence
    from firewatch.domain.weather import Observation
    from firewatch.services.ports import IntakeItem
    from firewatch.testing.memory_commands import MemoryCommandBook

__all__ = ["MemoryArrivals", "MemoryEvidenceFiles"]

_Spoken = TypeVar("_Spoken", StatusArrived, VitalsArrived)


class MemoryEvidenceFiles:
    """Fulfils `firewatch.services.ports.EvidenceFiles`; `fails` makes the next pictures meet a full disk."""

    def __init__(self) -> None:
        self.kept: dict[EvidenceId, bytes] = {}
        self.fails = False

    def keep(self, evidence: Evidence) -> None:
        """Keep a picture; the first one of an id stays."""
        if self.fails:
            raise StoreError("could not keep the picture: no space left on device")
        self.kept.setdefault(evidence.evidence_id, evidence.jpeg)

    def read(self, evidence_id: EvidenceId) -> bytes | None:
        """Return the picture, or None where there is none."""
        return self.kept.get(evidence_id)


class MemoryArrivals:
    """Fulfils the ports of what arrives.

    They are `IntakeWriter`, `SightingBook`, `EvidenceIndex`, `WeatherBook`, `ReadingBook`, `NodeBook` and
    `QuarantineBook` of `firewatch.services.ports`, `EyesRecord` of `firewatch.services.eyes_record`, and
    `PictureRecords` of `firewatch.services.labelling`.

    Parameters
    ----------
    members : mapping of SightingId to IncidentId, optional
        Where sightings belong: give `MemoryIncidentLog.members`, or change it in the test.
    commands : MemoryCommandBook, optional
        Takes replies; without one, nobody asked for any.
    """

    def __init__(
        self,
        members: Mapping[SightingId, IncidentId] | None = None,
        commands: MemoryCommandBook | None = None,
    ) -> None:
        self._commands = commands
        self.fails = False
        self.members: Mapping[SightingId, IncidentId] = {} if members is None else members
        self._heads: dict[SightingId, StoredSighting] = {}
        self._revisions: dict[tuple[SightingId, int], SightingArrived] = {}
        self._pictures: dict[EvidenceId, EvidenceArrived] = {}
        self._readings: dict[MessageId, ObservationArrived] = {}
        self._statuses: dict[TowerId, StatusArrived] = {}
        self._vitals: dict[TowerId, VitalsArrived] = {}
        self._hours: dict[tuple[TowerId, str, datetime], EyesHour] = {}
        self._held: dict[tuple[str, bytes], QuarantinedView] = {}

    # IntakeWriter

    def write(self, items: Sequence[IntakeItem]) -> None:
        """Store all items; `fails` makes it raise `StoreError`, having stored nothing."""
        if self.fails:
            raise StoreError("the database could not write: database is locked")
        for item in items:
            self._write(item)

    def _write(self, item: IntakeItem) -> None:
        match item:
            case SightingArrived():
                self._write_sighting(item)
            case EvidenceArrived():
                self._pictures.setdefault(item.evidence.evidence_id, item)
            case ObservationArrived():
                self._readings.setdefault(item.message_id, item)
            case StatusArrived():
                self._write_node(self._statuses, item)
            case VitalsArrived():
                self._write_node(self._vitals, item)
                self._write_eyes(item)
            case ReplyArrived():
                self._write_reply(item)
            case Quarantined():
                self._write_quarantine(item)

    def _write_sighting(self, item: SightingArrived) -> None:
        sighting = item.sighting
        key = (sighting.sighting_id, sighting.revision)
        known = self._revisions.setdefault(key, item)
        if known is not item:
            if known.message_id != item.message_id and not is_same_sight(known.sighting, sighting):
                self._write_quarantine(_as_conflict(item))
            return
        head = self._heads.get(sighting.sighting_id)
        if head is None or head.sighting.revision < sighting.revision:
            received_at = item.received_at if head is None else head.received_at
            stored = StoredSighting(len(self._revisions), sighting, received_at, None)
            self._heads[sighting.sighting_id] = stored

    def _write_reply(self, item: ReplyArrived) -> None:
        why = "nobody asks here" if self._commands is None else self._commands.take(item)
        if why:
            topic = str(Topic.of_tower(Kind.REPLIES, item.reply.tower_id))
            payload = remote_codec.encode_reply(item.reply, item.message_id)
            self._write_quarantine(Quarantined(item.message_id, topic, payload, item.received_at, why))

    def _write_node(self, kept: dict[TowerId, _Spoken], item: _Spoken) -> None:
        if item.tower_id not in kept or kept[item.tower_id].received_at <= item.received_at:
            kept[item.tower_id] = item

    def _write_eyes(self, item: VitalsArrived) -> None:
        for told in eyes_hours([item]):
            key = told.tower_id, told.camera_id, told.hour
            known = self._hours.get(key, told)
            both = (known.open_minutes | told.open_minutes, known.shut_minutes | told.shut_minutes)
            self._hours[key] = EyesHour(*key, *both)

    def _write_quarantine(self, item: Quarantined) -> None:
        key = (item.topic, item.payload)
        held = self._held.get(key)
        at = item.received_at
        first_at, last_at, count = (at, at, 0) if held is None else (held.first_at, held.last_at, held.count)
        self._held[key] = QuarantinedView(
            _digest(*key), item.topic, item.reason, count + 1, first_at, max(last_at, at), item.payload
        )

    # SightingBook

    def last_mark(self) -> int:
        """Return the highest mark, 0 where there is no sighting."""
        return len(self._revisions)

    def observed_between(self, since: datetime, until: datetime) -> tuple[StoredSighting, ...]:
        """Return the sightings that lasted into this period, in the order of first sight."""
        heads = self._heads.values()
        return self._by_first_sight(
            [item for item in heads if item.sighting.observed_at >= since and item.sighting.first_seen_at <= until],
        )

    def changed_after(self, mark: int, limit: int) -> tuple[StoredSighting, ...]:
        """Return at most `limit` sightings with a later mark, in the order of marks."""
        found = sorted((item for item in self._heads.values() if item.mark > mark), key=lambda item: item.mark)
        return tuple(self._with_home(item) for item in found[:limit])

    def sightings(self, sighting_ids: Sequence[SightingId]) -> tuple[StoredSighting, ...]:
        """Return those that exist, in the order of first sight."""
        wanted = set(sighting_ids)
        return self._by_first_sight([item for key, item in self._heads.items() if key in wanted])

    def _by_first_sight(self, found: list[StoredSighting]) -> tuple[StoredSighting, ...]:
        found.sort(key=lambda item: (item.sighting.first_seen_at, item.sighting.sighting_id))
        return tuple(self._with_home(item) for item in found)

    def _with_home(self, item: StoredSighting) -> StoredSighting:
        return replace(item, incident_id=self.members.get(item.sighting.sighting_id))

    # EvidenceIndex

    def pictures(self, sighting_ids: Sequence[SightingId]) -> tuple[Picture, ...]:
        """Return the pictures of these sightings, in the order in which they were taken."""
        return tuple(Picture(one.evidence_id, one.sighting_id, one.kind) for one in self.records(sighting_ids))

    # PictureRecords

    def records(self, sighting_ids: Sequence[SightingId]) -> tuple[PictureRecord, ...]:
        """Return all that is known of the pictures of these sightings, in the order in which they were taken."""
        wanted = set(sighting_ids)
        found = [item.evidence for item in self._pictures.values() if item.evidence.sighting_id in wanted]
        found.sort(key=lambda evidence: (evidence.stamp.captured_at, evidence.evidence_id))
        return tuple(
            PictureRecord(
                one.evidence_id,
                one.sighting_id,
                one.tower_id,
                one.camera_id,
                one.kind,
                one.stamp,
                one.box,
                one.is_exercise,
            )
            for one in found
        )

    # WeatherBook, ReadingBook

    def observations(self, station_id: StationId) -> tuple[Observation, ...]:
        """Return all readings of a station, oldest first; of two for one instant, the later received."""
        found = [item for item in self._readings.values() if item.observation.station_id == station_id]
        found.sort(key=lambda item: (item.observation.observed_at, item.received_at))
        latest = {item.observation.observed_at: item for item in found}
        return tuple(replace(item.observation, received_at=item.received_at) for item in latest.values())

    def changes_after(self, mark: int) -> tuple[int, dict[StationId, datetime]]:
        """Return the highest mark, and the earliest instant of each station's readings after `mark`."""
        stored = [item.observation for item in self._readings.values()]
        earliest: dict[StationId, datetime] = {}
        for one in stored[mark:]:
            earliest[one.station_id] = min(one.observed_at, earliest.get(one.station_id, one.observed_at))
        return len(stored), earliest

    def observation_at(self, station_id: StationId, at: datetime) -> Observation | None:
        """Return the reading of a station at an instant."""
        found = [item for item in self.observations(station_id) if item.observed_at == at]
        return found[0] if found else None

    def readings_between(self, station_id: StationId, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Return the readings of a station from `since` to `until`, both included, oldest first."""
        return tuple(item for item in self.observations(station_id) if since <= item.observed_at <= until)

    # NodeBook

    def statuses(self) -> tuple[StatusArrived, ...]:
        """Return the latest status of every node that has one."""
        return tuple(item for _, item in sorted(self._statuses.items()))

    def vitals(self) -> tuple[VitalsArrived, ...]:
        """Return the latest vitals of every node that sent some."""
        return tuple(item for _, item in sorted(self._vitals.items()))

    # EyesRecord

    def hours_between(self, since: datetime, until: datetime) -> tuple[EyesHour, ...]:
        """Return the hours that touch a period, in the order of tower, camera and hour."""
        found = [one for _, one in sorted(self._hours.items()) if one.hour <= until]
        return tuple(one for one in found if one.hour + timedelta(hours=1) > since)

    # QuarantineBook

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Return how many messages are in quarantine (repeats counted), and the latest kinds."""
        found = sorted(self._held.values(), key=lambda held: held.last_at, reverse=True)
        return sum(held.count for held in found), tuple(found[:limit])

    def held_after(self, digest: str, limit: int) -> tuple[Held, ...]:
        """Return at most `limit` messages as they came first, in the order of their keys, from after `digest`."""
        found = [
            Held(held.digest, held.count, Arrived(held.topic, held.payload, held.first_at))
            for held in self._held.values()
        ]
        found.sort(key=lambda held: held.digest)
        return tuple([held for held in found if held.digest > digest][:limit])

    def release(self, held: Sequence[Held]) -> int:
        """Forget messages that could be read and stored after all, unless they came again since; return how many."""
        before = len(self._held)
        for item in held:
            key = (item.message.topic, item.message.payload)
            if key in self._held and self._held[key].count == item.count:
                del self._held[key]
        return before - len(self._held)


def _digest(topic: str, payload: bytes) -> str:
    return hashlib.sha256(topic.encode("utf-8", "surrogatepass") + b"\0" + payload).hexdigest()


def _as_conflict(item: SightingArrived) -> Quarantined:
    sighting = item.sighting
    topic = str(Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id))
    payload = codec.encode_sighting(sighting, item.message_id)
    return Quarantined(item.message_id, topic, payload, item.received_at, "stored already, with other content")
