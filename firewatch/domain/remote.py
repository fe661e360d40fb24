"""Remote hands: what the centre asks a tower to do, and what the tower answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_line, require_text, require_utc
from firewatch.domain.ids import require_slug, require_ulid
from firewatch.domain.remote_reply import (
    MOST_ATTACHED_BYTES,
    Attachment,
    Fact,
    HeldBackEntry,
    Reply,
    ReplyState,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import CameraId, CommandId, IncidentId, PoseId, SightingId, TowerId

__all__ = [
    "LONGEST_COMMAND",
    "LONGEST_PAUSE",
    "MOST_ATTACHED_BYTES",
    "Action",
    "Attachment",
    "Command",
    "EndExercise",
    "Exercise",
    "Fact",
    "FetchHeldBack",
    "FetchLogs",
    "HeldBackEntry",
    "LiveLook",
    "LookAt",
    "Pause",
    "Reload",
    "Reply",
    "ReplyState",
    "Resume",
    "Snapshot",
    "UpdateModel",
]

# A command is for now: what waited for a tower longer than this is asked again by a person, or not at all.
LONGEST_COMMAND = timedelta(hours=24)
# Nobody stops looking for longer than a watch of a day; it is renewed, or it ends.
LONGEST_PAUSE = timedelta(hours=24)

_MOST_NAME = 64
_MOST_WORDS = 500
_MOST_REASON = 200
_MOST_HELD = 50
_CIRCLE_DEG = 360.0


def _require_azimuth(what: str, given: float) -> None:
    if not 0.0 <= given < _CIRCLE_DEG:
        raise InvalidValue(what, given, "a true azimuth of 0 to below 360 degrees")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Send what a camera shows now, the whole picture at its full size."""

    camera_id: CameraId

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAt:
    """Look along a bearing, send the picture, and stay there for a while.

    Parameters
    ----------
    bearing_deg : float
        True azimuth, clockwise from north, [0, 360) [deg].
    camera_id : CameraId or None
        None leaves the choice to the tower.
    hold_s : float
        How long a turning camera stays before it goes back to its patrol, 0 to 600 [s].
    sighting_id, incident_id
        For what the look is: the smoke that another tower reports.
    """

    bearing_deg: float
    camera_id: CameraId | None = None
    hold_s: float = 60.0
    sighting_id: SightingId | None = None
    incident_id: IncidentId | None = None

    def __post_init__(self) -> None:
        _require_azimuth("bearing to look at", self.bearing_deg)
        if self.camera_id is not None:
            require_slug("camera", self.camera_id)
        require_between("time to hold the look", self.hold_s, 0.0, 600.0)
        if self.sighting_id is not None:
            require_ulid("sighting", self.sighting_id)
        if self.incident_id is not None:
            require_ulid("incident", self.incident_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Stop detecting at a camera until a stated time (UTC instant), for a stated reason of at most 200 characters."""

    camera_id: CameraId
    until: datetime
    reason: str

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_utc("end of the pause", self.until)
        require_text("reason of the pause", self.reason, _MOST_REASON)
        require_line("reason of the pause", self.reason, _MOST_REASON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Detect again at a camera that was paused."""

    camera_id: CameraId

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchHeldBack:
    """Send what was found and not reported, the latest first: at most so many, 1 to 50, seen since a UTC instant."""

    since: datetime | None = None
    most: int = 20

    def __post_init__(self) -> None:
        if self.since is not None:
            require_utc("time since when", self.since)
        require_between("number of entries", self.most, 1, _MOST_HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLook:
    """Send a small picture of a camera every second for so long, above 0 to 60 s; a further command prolongs it."""

    camera_id: CameraId
    for_s: float = 60.0

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_between("length of the live look", self.for_s, 1.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """Read the settings file again, and go on by it where it is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLogs:
    """Send the last of the node's log, at most so many bytes before they are compressed, 1,000 to 200,000."""

    most_bytes: int = 50_000

    def __post_init__(self) -> None:
        require_between("bytes of the log", self.most_bytes, 1_000, 200_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateModel:
    """Fetch a signed model package, try it on stored frames, and go on with it where it passes.

    Parameters
    ----------
    sha256 : str
        Of the package, 64 hexadecimal digits.
    size_bytes : int
        Of the package.
    location : str
        A path at the centre's HTTPS desk, beginning with a slash, or a whole https address.
    version : str
        Of the model, at most 64 characters.
    """

    sha256: str
    size_bytes: int
    location: str
    version: str

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256
            raise InvalidValue("SHA-256 of the package", self.sha256[:80], "64 hexadecimal digits, lower case")
        require_between("size of the package", self.size_bytes, 1, 2**31 - 1)
        if not self.location.startswith(("/", "https://")) or len(self.location) > _MOST_WORDS:
            raise InvalidValue("place of the package", self.location[:80], "a path from '/' or an https:// address")
        require_text("version of the model", self.version, _MOST_NAME)
        require_line("version of the model", self.version, _MOST_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """Draw a smoke that is none into a camera's pictures, for 0.1 to 30 minutes, at an azimuth [deg] or anywhere."""

    camera_id: CameraId
    pose_id: PoseId | None = None
    minutes: float = 10.0
    azimuth_deg: float | None = None

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        if self.pose_id is not None:
            require_slug("pose", self.pose_id)
        require_between("minutes of exercise", self.minutes, 0.1, 30.0)
        if self.azimuth_deg is not None:
            _require_azimuth("azimuth of the exercise", self.azimuth_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExercise:
    """Draw no more smoke, at any camera of the tower."""


Action = (
    Snapshot
    | LookAt
    | Pause
    | Resume
    | FetchHeldBack
    | LiveLook
    | Reload
    | FetchLogs
    | UpdateModel
    | Exercise
    | EndExercise
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that the centre asks of one tower.

    Parameters
    ----------
    command_id : CommandId
        ULID; the same command that comes twice is done once.
    tower_id : TowerId
        Who shall do it.
    issued_at, expires_at : datetime
        UTC instants; from the second on nobody does it. At most a day apart.
    issued_by : str
        The seat or person, one line of at most 64 characters.
    action : Action
        What.
    """

    command_id: CommandId
    tower_id: TowerId
    issued_at: datetime
    expires_at: datetime
    issued_by: str
    action: Action

    def __post_init__(self) -> None:
        require_ulid("command", self.command_id)
        require_slug("tower", self.tower_id)
        require_utc("issue time of the command", self.issued_at)
        require_utc("end of the command", self.expires_at)
        require_line("issuer of the command", self.issued_by, _MOST_NAME)
        if not self.issued_at < self.expires_at <= self.issued_at + LONGEST_COMMAND:
            given, allowed = self.expires_at.isoformat(), "after its issue, by at most 24 hours"
            raise InvalidValue("end of the command", given, allowed)
