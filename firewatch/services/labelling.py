"""What people decided becomes labels that a detector can learn from.

A person's word makes a label, never the detector's. Where smoke was there and yet no wildfire, the frames are `ignore`:
a detector that is taught to pass over farm smoke passes over the fires that such smoke becomes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.incident import IncidentState, RejectReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import CameraId, EvidenceId, PersonId, SightingId, TowerId
    from firewatch.domain.incident import Incident
    from firewatch.domain.roster import Person
    from firewatch.domain.vision import Box, EvidenceKind, FrameStamp

__all__ = [
    "UNDECIDED",
    "Decision",
    "ImageLabel",
    "LabelCounts",
    "LabelledFrame",
    "LeftOut",
    "People",
    "PictureRecord",
    "PictureRecords",
    "label_of",
]


class ImageLabel(StrEnum):
    """What a frame teaches: smoke, its absence, or nothing (nobody can tell, or it would teach the wrong thing)."""

    SMOKE = "smoke"
    NONE = "none"
    IGNORE = "ignore"


class LeftOut(StrEnum):
    """Why a sighting or a picture is not exported."""

    UNDECIDED = "undecided"
    NO_FRAME = "no_frame"
    EXERCISE = "exercise"
    MISSING = "missing"
    DAMAGED = "damaged"


# In these pictures there is no smoke. Of every other reason smoke was there, or nobody knows what was.
_WITHOUT_SMOKE = frozenset({RejectReason.FOG_CLOUD, RejectReason.DUST, RejectReason.GLARE})
_FOUND = frozenset(
    {
        IncidentState.CONFIRMED,
        IncidentState.DISPATCHED,
        IncidentState.CONTAINED,
        IncidentState.CONTROLLED,
        IncidentState.OUT,
    }
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What stands of an incident, for training.

    Parameters
    ----------
    label : ImageLabel
        Of its frames.
    verdict : str
        ``confirmed``, ``rejected:`` with the reason, or ``undecided``.
    labelled_by : str
        The role of whoever decided, ``local`` at a centre without accounts, ``unknown``, or empty while undecided;
        never a name.
    """

    label: ImageLabel
    verdict: str
    labelled_by: str = ""


UNDECIDED = Decision(ImageLabel.IGNORE, "undecided")


def label_of(incident: Incident) -> Decision:
    """Return what an incident's state says of its frames; who said it is not in the state."""
    if incident.state in _FOUND:
        return Decision(ImageLabel.SMOKE, "confirmed")
    if incident.state is IncidentState.FALSE_ALARM and incident.reject_reason is not None:
        label = ImageLabel.NONE if incident.reject_reason in _WITHOUT_SMOKE else ImageLabel.IGNORE
        return Decision(label, f"rejected:{incident.reject_reason.value}")
    return UNDECIDED


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """A picture that has arrived, with where, when and of what it was taken; `box` in pixels of the camera's frame.

    `is_exercise` says that a drill's smoke is painted into it.
    """

    evidence_id: EvidenceId
    sighting_id: SightingId
    tower_id: TowerId
    camera_id: CameraId
    kind: EvidenceKind
    stamp: FrameStamp
    box: Box | None
    is_exercise: bool = False


class PictureRecords(Protocol):
    """What is known of the pictures that have arrived."""

    def records(self, sighting_ids: Sequence[SightingId]) -> tuple[PictureRecord, ...]:
        """Return the pictures of these sightings, in the order in which they were taken."""
        ...


class People(Protocol):
    """Accounts, or the roster."""

    def person(self, person_id: PersonId) -> Person | None:
        """Return one person."""
        ...


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """One whole frame with its label.

    Parameters
    ----------
    name : str
        Of the picture, unique, without folder or ending.
    jpeg : bytes
        As it arrived.
    width, height : int
        Of this picture [px].
    decision : Decision
        Its label and whose.
    boxes : tuple of Box, or None
        In pixels of this picture. None: it is not known where, or it does not count.
    tower_id, camera_id, pose_id
        Where it was taken.
    sequence : str
        The incident, or the sighting that is in none: frames of one are alike.
    observed_at : datetime
        UTC.
    model_sha256, score
        The detector that reported it, and how sure it was.
    """

    name: str
    jpeg: bytes
    width: int
    height: int
    decision: Decision
    boxes: tuple[Box, ...] | None
    tower_id: TowerId
    camera_id: CameraId
    pose_id: str
    sequence: str
    observed_at: datetime
    model_sha256: str
    score: float


@dataclass(slots=True)
class LabelCounts:
    """What an export gave: frames, incidents and cameras by label; and what was left out, by reason."""

    frames: Counter[ImageLabel] = field(default_factory=Counter)
    sequences: dict[ImageLabel, set[str]] = field(default_factory=lambda: {label: set() for label in ImageLabel})
    cameras: dict[ImageLabel, set[tuple[str, str]]] = field(
        default_factory=lambda: {label: set() for label in ImageLabel}
    )
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def add(self, frame: LabelledFrame) -> None:
        """Count one."""
        label = frame.decision.label
        self.frames[label] += 1
        self.sequences[label].add(frame.sequence)
        self.cameras[label].add((frame.tower_id, frame.camera_id))
