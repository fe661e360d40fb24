"""The topics of wire version 1: the only place that spells them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firewatch.domain.ids import CameraId, IncidentId, StationId, TowerId, require_slug, require_ulid
from firewatch.errors import DomainError, MalformedMessage

__all__ = [
    "ALL_OF",
    "Kind",
    "Rights",
    "Topic",
    "backfill_of",
    "parse",
    "rights_of_centre",
    "rights_of_station",
    "rights_of_tower",
]

_ROOT = "firewatch/v1"


class Kind(StrEnum):
    """What a topic carries."""

    SIGHTINGS = "sightings"
    BACKFILL = "backfill"
    EVIDENCE = "evidence"
    LIVE = "live"
    RECEIPTS = "receipts"
    STATUS = "status"
    VITALS = "vitals"
    SETTINGS = "settings"
    COMMANDS = "commands"
    REPLIES = "replies"
    OBSERVATIONS = "observations"
    INCIDENT = "incident"


_OF_CAMERA = {Kind.SIGHTINGS, Kind.BACKFILL, Kind.EVIDENCE, Kind.LIVE}
_OF_TOWER = {Kind.RECEIPTS, Kind.STATUS, Kind.VITALS, Kind.SETTINGS, Kind.COMMANDS, Kind.REPLIES}

# Subscription filters by kind.
ALL_OF: dict[Kind, str] = {
    **{kind: f"{_ROOT}/towers/+/cameras/+/{kind}" for kind in sorted(_OF_CAMERA)},
    **{kind: f"{_ROOT}/towers/+/{kind}" for kind in sorted(_OF_TOWER)},
    Kind.OBSERVATIONS: f"{_ROOT}/stations/+/observations",
    Kind.INCIDENT: f"{_ROOT}/incidents/+",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic in parts; only the parts that its kind has are set.

    Use the constructors `of_camera`, `of_tower`, `of_station` and `of_incident`.
    """

    kind: Kind
    tower_id: TowerId | None = None
    camera_id: CameraId | None = None
    station_id: StationId | None = None
    incident_id: IncidentId | None = None

    @classmethod
    def of_camera(cls, kind: Kind, tower_id: TowerId, camera_id: CameraId) -> Topic:
        """Return the topic of sightings, backfill, evidence or the live look of one camera."""
        require_slug("tower", tower_id)
        require_slug("camera", camera_id)
        return cls(kind, tower_id=tower_id, camera_id=camera_id)

    @classmethod
    def of_tower(cls, kind: Kind, tower_id: TowerId) -> Topic:
        """Return the topic of receipts, status, vitals, settings, commands or replies of one tower."""
        require_slug("tower", tower_id)
        return cls(kind, tower_id=tower_id)

    @classmethod
    def of_station(cls, station_id: StationId) -> Topic:
        """Return the topic of a station's readings."""
        require_slug("station", station_id)
        return cls(Kind.OBSERVATIONS, station_id=station_id)

    @classmethod
    def of_incident(cls, incident_id: IncidentId) -> Topic:
        """Return the topic of an incident's retained snapshot."""
        require_ulid("incident", incident_id)
        return cls(Kind.INCIDENT, incident_id=incident_id)

    def __str__(self) -> str:
        if self.kind is Kind.INCIDENT:
            return f"{_ROOT}/incidents/{self.incident_id}"
        if self.kind is Kind.OBSERVATIONS:
            return f"{_ROOT}/stations/{self.station_id}/{self.kind}"
        if self.kind in _OF_TOWER:
            return f"{_ROOT}/towers/{self.tower_id}/{self.kind}"
        return f"{_ROOT}/towers/{self.tower_id}/cameras/{self.camera_id}/{self.kind}"


def parse(topic: str) -> Topic:
    """Read a topic.

    Parameters
    ----------
    topic : str
        As it came from the broker.

    Returns
    -------
    Topic
        Its parts.

    Raises
    ------
    MalformedMessage
        If it is no topic of wire version 1, or a name in it is no slug.
    """
    try:
        return _parse(topic.split("/"))
    except (DomainError, ValueError) as err:
        raise MalformedMessage("topic", f"{topic[:200]!r} is no topic of wire version 1: {err}") from err


def _parse(levels: list[str]) -> Topic:
    match levels:
        case ["firewatch", "v1", "towers", tower, "cameras", camera, kind] if Kind(kind) in _OF_CAMERA:
            return Topic.of_camera(Kind(kind), TowerId(tower), CameraId(camera))
        case ["firewatch", "v1", "towers", tower, kind] if Kind(kind) in _OF_TOWER:
            return Topic.of_tower(Kind(kind), TowerId(tower))
        case ["firewatch", "v1", "stations", station, Kind.OBSERVATIONS.value]:
            return Topic.of_station(StationId(station))
        case ["firewatch", "v1", "incidents", incident]:
            return Topic.of_incident(IncidentId(incident))
    msg = "unknown levels"
    raise ValueError(msg)


def backfill_of(topic: str) -> str:
    """Return where a late sighting goes instead of its topic; raise `MalformedMessage` for a topic of no camera."""
    parts = parse(topic)
    if parts.kind is not Kind.SIGHTINGS or parts.tower_id is None or parts.camera_id is None:
        raise MalformedMessage("topic", f"{topic!r} has no backfill; only sightings come late")
    return str(Topic.of_camera(Kind.BACKFILL, parts.tower_id, parts.camera_id))


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user of the broker may do.

    Parameters
    ----------
    may_publish, may_subscribe : tuple of str
        Topic filters.
    """

    may_publish: tuple[str, ...]
    may_subscribe: tuple[str, ...]


def rights_of_centre() -> Rights:
    """Return the rights of the central service: everything of this version."""
    return Rights((f"{_ROOT}/#",), (f"{_ROOT}/#",))


def rights_of_tower(tower_id: TowerId) -> Rights:
    """Return the rights of one tower: it speaks for itself only, and hears what is meant for it or said in its name."""
    own = f"{_ROOT}/towers/{require_slug('tower', tower_id)}"
    return Rights(
        (f"{own}/cameras/#", f"{own}/status", f"{own}/vitals", f"{own}/replies"),
        (f"{own}/receipts", f"{own}/commands", f"{own}/settings", f"{own}/status", f"{own}/vitals"),
    )


def rights_of_station(station_id: StationId) -> Rights:
    """Return the rights of one weather station: its own readings."""
    return Rights((str(Topic.of_station(station_id)),), ())
