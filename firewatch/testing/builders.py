"""Values of the trade for tests: every part has a sensible default, and equal arguments give equal values."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.alert import Alert, Notification, NotifyReason
from firewatch.domain.danger import DangerGrade, DangerRating, FwiIndices, HtzParts, MoistureCodes
from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.domain.ids import (
    AlertId,
    CameraId,
    EvidenceId,
    IncidentId,
    MessageId,
    NotificationId,
    PersonId,
    PoseId,
    SightingId,
    StationId,
    TowerId,
    make_ulid,
)
from firewatch.domain.incident import IncidentEvent
from firewatch.domain.roster import SYSTEM, Actor, Person, Role
from firewatch.domain.vision import Box, Evidence, EvidenceKind, FrameStamp, Look, Sighting, SightingPhase
from firewatch.domain.weather import Observation
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.incident import Change

__all__ = [
    "a_message_id",
    "a_notification",
    "a_person",
    "a_rating",
    "a_sighting",
    "a_stamp",
    "a_ulid",
    "an_alert",
    "an_event",
    "an_evidence",
    "an_incident_id",
    "an_observation",
]

_MODEL_SHA256 = "b" * 64
_JPEG = b"\xff\xd8\xff\xe0 a picture "


def a_ulid(kind: str, number: int, at: datetime = SCENE_START) -> str:
    """Return the ULID of the thing of that kind and number."""
    return make_ulid(at, hashlib.sha256(f"{kind} {number}".encode()).digest()[:10])


def a_message_id(number: int) -> MessageId:
    """Return the id of a message."""
    return MessageId(a_ulid("message", number))


def an_incident_id(number: int = 1) -> IncidentId:
    """Return the id of an incident."""
    return IncidentId(a_ulid("incident", number))


def a_stamp(at: datetime = SCENE_START) -> FrameStamp:
    """Return the stamp of a frame taken at an instant."""
    return FrameStamp(at, hashlib.sha256(at.isoformat().encode()).hexdigest(), 1920, 1080)


def a_sighting(
    number: int = 1,
    *,
    revision: int = 1,
    tower: str = "tower-a",
    camera: str = "north",
    first_seen_at: datetime = SCENE_START,
    azimuth_deg: float = 45.0,
) -> Sighting:
    """Return a revision of a sighting: ten seconds and 0.1 degrees later with each."""
    observed_at = first_seen_at + timedelta(seconds=10 * (revision - 1))
    picture = EvidenceId(a_ulid("evidence", number))
    return Sighting(
        sighting_id=SightingId(a_ulid("sighting", number)),
        revision=revision,
        phase=SightingPhase.OPENED if revision == 1 else SightingPhase.GROWING,
        tower_id=TowerId(tower),
        camera_id=CameraId(camera),
        pose_id=PoseId("fixed"),
        calibration_id="survey-1",
        first_seen_at=first_seen_at,
        observed_at=observed_at,
        looks=(Look(a_stamp(observed_at), Box(900.0, 500.0, 960.0, 540.0), 0.8, (picture,)),),
        bearing=Bearing(wrap_deg(azimuth_deg + 0.1 * (revision - 1)), 0.5),
        score=0.8,
        frames_hit=3,
        frames_seen=6,
        model_sha256=_MODEL_SHA256,
    )


def an_evidence(number: int = 1, *, sighting: Sighting | None = None, jpeg: bytes = _JPEG) -> Evidence:
    """Return a crop that shows a sighting."""
    shown = sighting or a_sighting(number)
    look = shown.best_look
    evidence_id = EvidenceId(a_ulid("evidence", number))
    return Evidence(
        evidence_id,
        shown.sighting_id,
        shown.tower_id,
        shown.camera_id,
        EvidenceKind.CROP,
        look.stamp,
        look.box,
        jpeg,
    )


def an_observation(
    station: str = "hengyang",
    *,
    at: datetime = SCENE_START,
    temp_c: float = 24.0,
    received_at: datetime | None = None,
) -> Observation:
    """Return a dry noon."""
    return Observation(StationId(station), at, temp_c, 35.0, 18.0, 0.0, 26.0, 30.0, 7.0, received_at)


def a_rating(
    station: str = "hengyang", *, at: datetime = SCENE_START, grade: DangerGrade = DangerGrade.HIGH
) -> DangerRating:
    """Return a day's rating."""
    return DangerRating(
        station_id=StationId(station),
        weather_day=(at + timedelta(hours=8)).date(),
        valid_at=at,
        codes=MoistureCodes(89.0, 42.0, 210.0),
        indices=FwiIndices(9.0, 55.0, 24.0, 8.0),
        grade=grade,
        scheme="LY/T 1172-1995",
        parts=HtzParts(15, 15, 10, 30, 5),
        marks=("danger.mark.settling",),
        method="classic-147.2/cffdrs",
    )


def an_event(
    number: int,
    change: Change,
    *,
    incident: int = 1,
    at: datetime = SCENE_START,
    actor: Actor = SYSTEM,
) -> IncidentEvent:
    """Return an event of an incident, recorded a second after it happened."""
    return IncidentEvent(
        a_ulid("event", number), an_incident_id(incident), at, at + timedelta(seconds=1), actor, change
    )


def a_person(name: str = "li-wei", role: Role = Role.RANGER) -> Person:
    """Return a person with a webhook and a mail address."""
    channels = (f"webhook:http://127.0.0.1:9/{name}", f"mailto:{name}@example.org")
    return Person(PersonId(name), name.replace("-", " ").title(), role, channels)


def an_alert(
    number: int = 1, *, incident: int = 1, reason: NotifyReason = NotifyReason.FIRST, at: datetime = SCENE_START
) -> Alert:
    """Return an alert about an incident."""
    incident_id = an_incident_id(incident)
    return Alert(AlertId(a_ulid("alert", number)), incident_id, reason, at, f"{incident_id}/{reason}")


def a_notification(number: int = 1, *, alert: Alert | None = None, person: str = "li-wei") -> Notification:
    """Return a notification that was not tried yet."""
    told = alert or an_alert()
    return Notification(
        NotificationId(a_ulid("notification", number)),
        told.alert_id,
        PersonId(person),
        f"webhook:http://127.0.0.1:9/{person}",
    )
