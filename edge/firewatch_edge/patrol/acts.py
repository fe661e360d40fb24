"""What a patrol asks for, and what it is told of it: each act is answered by one event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from firewatch_edge.patrol.port import MountPosition, MountStatus

__all__ = [
    "Act",
    "Ask",
    "Compare",
    "Event",
    "Go",
    "Judged",
    "Look",
    "LookFree",
    "Pause",
    "Paused",
    "Recognise",
    "Refused",
    "Standing",
    "Strayed",
    "Told",
    "View",
    "Viewed",
    "Went",
]


class View(StrEnum):
    """What two pictures a moment apart say of where the camera looks."""

    # They differ from each other: it moves still.
    UNSTEADY = "unsteady"
    # They show another pose: the head did not turn, whatever it says.
    ANOTHER = "another"
    # They show the pose's reference, set aside by more than is borne.
    DISPLACED = "displaced"
    # They show the pose's reference.
    AGREES = "agrees"
    # Nothing speaks against it: the pose was never seen before, or fog and night show nothing to compare.
    UNSURE = "unsure"
    # The pose has looked otherwise than its reference several rounds long: this is the reference from now on.
    STRANGE = "strange"


class Standing(StrEnum):
    """What the detector's thread says of a frame."""

    CLEAR = "clear"
    # Something that is not confirmed and not dismissed.
    CANDIDATE = "candidate"
    # A sighting is open, and nothing else waits for its confirmation.
    CONFIRMED = "confirmed"
    # No fresh frame came, or nobody judged it in time.
    UNJUDGED = "unjudged"


@dataclass(frozen=True, slots=True)
class Go:
    """Send the mount to a pose; answered by `Went` or `Refused`."""

    pose: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the mount where it is; answered by `Told` or `Refused`."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare two pictures with the references of this and the other poses; answered by `Viewed`."""

    pose: int


@dataclass(frozen=True, slots=True)
class Look:
    """Have a frame of a pose judged if the mount stands there; answered by `Judged`, `Strayed` or `Refused`."""

    pose: int


@dataclass(frozen=True, slots=True)
class LookFree:
    """Have a frame judged that shows no pose, if the mount stands there still; answered as `Look`."""

    position: MountPosition


@dataclass(frozen=True, slots=True)
class Recognise:
    """Have a frame judged whose pose is known by the picture alone; answered by `Judged`."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass [s]; answered by `Paused`."""

    s: float


@dataclass(frozen=True, slots=True)
class Paused:
    """The pause is over; also the first event of all."""


@dataclass(frozen=True, slots=True)
class Went:
    """The mount has set out; where to, if it told."""

    position: MountPosition | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The mount has said where it is."""

    status: MountStatus


@dataclass(frozen=True, slots=True)
class Viewed:
    """The pictures were compared."""

    view: View


@dataclass(frozen=True, slots=True)
class Judged:
    """A frame was judged, or was not."""

    standing: Standing


@dataclass(frozen=True, slots=True)
class Strayed:
    """The mount stood elsewhere than it should when the frame was taken."""

    status: MountStatus


@dataclass(frozen=True, slots=True)
class Refused:
    """The mount gave no answer, or (`is_answer`) answered that it will not."""

    why: str
    is_answer: bool = False


Act: TypeAlias = Go | Ask | Compare | Look | LookFree | Recognise | Pause
Event: TypeAlias = Paused | Went | Told | Viewed | Judged | Strayed | Refused
