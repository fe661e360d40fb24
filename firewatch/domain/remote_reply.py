"""What a tower answers to a command of `firewatch.domain.remote`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_line, require_text, require_utc
from firewatch.domain.ids import require_slug, require_ulid
from firewatch.domain.vision import ClockState
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from firewatch.domain.ids import CameraId, CommandId, EvidenceId, PoseId, TowerId
    from firewatch.domain.vision import Box, FrameStamp

__all__ = ["MOST_ATTACHED_BYTES", "Attachment", "Fact", "HeldBackEntry", "Reply", "ReplyState"]

MOST_ATTACHED_BYTES = 250_000

_MOST_NAME = 64
_MOST_WORDS = 500
_MOST_HELD = 50
_MOST_EVIDENCE = 64
_MOST_FACTS = 32
_MOST_ORDINAL = 2**31 - 1
_FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

Fact = str | int | float | bool | None


def _require_fact(name: str, fact: Fact) -> None:
    if not _FACT_NAME.fullmatch(name):
        raise InvalidValue("name of a fact", name[:80], "1 to 32 of a-z, 0-9 and '_', starting with a letter")
    if isinstance(fact, str):
        require_line(f"fact {name}", fact, _MOST_WORDS)
    elif isinstance(fact, float) and not math.isfinite(fact):
        raise InvalidValue(f"fact {name}", fact, "a finite number")


class ReplyState(StrEnum):
    """How far a command has come; after any but ACCEPTED no other follows."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackEntry:
    """What was held back at one place of one view, over the frames that showed it.

    Parameters
    ----------
    held_id : str
        ULID; a picture of it is evidence under this id in place of a sighting's.
    camera_id, pose_id
        Whose picture.
    reason : str
        ``mask``, ``danger`` or ``night``; a later node may know more, all slugs.
    box : Box
        In pixels of the frame.
    score : float
        The probability that would have counted.
    stamp : FrameStamp
        The best frame.
    first_at, last_at : datetime
        UTC instants of its first and last frame.
    times : int
        In how many frames.
    note : str
        The masks' names, one line.
    evidence_id : EvidenceId or None
        Its picture; None where there is none.
    """

    held_id: str
    camera_id: CameraId
    pose_id: PoseId
    reason: str
    box: Box
    score: float
    stamp: FrameStamp
    first_at: datetime
    last_at: datetime
    times: int
    note: str = ""
    evidence_id: EvidenceId | None = None

    def __post_init__(self) -> None:
        require_ulid("held-back entry", self.held_id)
        require_slug("camera", self.camera_id)
        require_slug("pose", self.pose_id)
        require_slug("reason", self.reason)
        require_between("score", self.score, 0.0, 1.0)
        require_utc("time of the first frame", self.first_at)
        require_utc("time of the last frame", self.last_at)
        require_between("number of frames", self.times, 1, _MOST_ORDINAL)
        require_line("note", self.note, _MOST_WORDS)
        if self.evidence_id is not None:
            require_ulid("evidence", self.evidence_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A small file that goes with a reply: its name, its kind, at most 250,000 bytes."""

    name: str
    media_type: str
    content: bytes

    def __post_init__(self) -> None:
        require_text("name of the attachment", self.name, _MOST_NAME)
        require_line("name of the attachment", self.name, _MOST_NAME)
        require_line("kind of the attachment", self.media_type, _MOST_NAME)
        require_between("bytes attached", len(self.content), 0, MOST_ATTACHED_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a tower says to a command.

    Parameters
    ----------
    command_id : CommandId
        The command; of several replies to it the one of the highest ordinal counts.
    tower_id : TowerId
        Who says so.
    at : datetime
        UTC instant, by the tower's clock.
    state : ReplyState
        How far it has come.
    ordinal : int
        1 for the first reply to a command.
    code : str
        The reason, a slug: ``no-camera``, ``expired``; empty where there is nothing to explain.
    text : str
        The same for a person, one line of at most 500 characters.
    clock : ClockState
        How far the tower's clock is to be believed.
    evidence_ids : tuple of EvidenceId
        Pictures that it sends; each may come before or after the reply.
    facts : mapping of str to Fact
        What else there is to know, named as ``size_bytes``; at most 32, texts of at most 500 characters.
    held_back : tuple of HeldBackEntry
        To `FetchHeldBack`; at most 50.
    attachment : Attachment or None
        To `FetchLogs`.
    """

    command_id: CommandId
    tower_id: TowerId
    at: datetime
    state: ReplyState
    ordinal: int
    code: str = ""
    text: str = ""
    clock: ClockState = ClockState.UNSAID
    evidence_ids: tuple[EvidenceId, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    held_back: tuple[HeldBackEntry, ...] = ()
    attachment: Attachment | None = None

    def __post_init__(self) -> None:
        require_ulid("command", self.command_id)
        require_slug("tower", self.tower_id)
        require_utc("time of the reply", self.at)
        require_between("ordinal of the reply", self.ordinal, 1, _MOST_ORDINAL)
        if self.code:
            require_slug("reason of the reply", self.code)
        require_line("text of the reply", self.text, _MOST_WORDS)
        if self.clock is ClockState.RECEIVED:
            raise InvalidValue("clock of the reply", self.clock.value, "what a tower says of its own clock")
        for evidence_id in self.evidence_ids:
            require_ulid("evidence", evidence_id)
        require_between("pictures of the reply", len(self.evidence_ids), 0, _MOST_EVIDENCE)
        require_between("facts of the reply", len(self.facts), 0, _MOST_FACTS)
        for name, fact in self.facts.items():
            _require_fact(name, fact)
        require_between("held-back entries of the reply", len(self.held_back), 0, _MOST_HELD)
