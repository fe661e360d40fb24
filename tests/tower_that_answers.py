"""A tower in memory that answers commands, for tests of the pages."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from firewatch.domain.ids import CameraId, EvidenceId, MessageId, PoseId, SightingId
from firewatch.domain.remote import HeldBackEntry, Reply, ReplyState
from firewatch.domain.vision import Evidence, EvidenceKind, FrameStamp
from firewatch.services.command_ports import LivePicture
from firewatch.services.ports import ReplyArrived
from firewatch.testing import Ulids
from firewatch.testing.pictures import HEIGHT, WIDTH, draw_view, frame_jpeg, smoke_box

if TYPE_CHECKING:
    from datetime import datetime

    from web_centre import Centre

    from firewatch.domain.ids import CommandId
    from firewatch.domain.remote import Command

__all__ = ["TowerThatAnswers"]


class TowerThatAnswers:
    """Answers what a centre's commands ask; each answer arrives at once."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._ulids = Ulids(31)

    def _now(self) -> datetime:
        return self._centre.clock.now()

    def reply(self, command: Command, state: ReplyState = ReplyState.DONE, ordinal: int = 1, **said: Any) -> None:
        """Answer a command."""
        now = self._now()
        reply = Reply(
            command_id=command.command_id, tower_id=command.tower_id, at=now, state=state, ordinal=ordinal, **said
        )
        why = self._centre.commands.take(ReplyArrived(MessageId(self._ulids.make(now)), reply, now))
        assert why == ""

    def picture(self, owner: CommandId | str, command: Command, growth: float = 0.6) -> EvidenceId:
        """Send a picture that belongs to a command, or to an entry of its reply; return its id."""
        now, jpeg = self._now(), frame_jpeg(draw_view(growth))
        evidence_id = EvidenceId(self._ulids.make(now))
        stamp = FrameStamp(now, hashlib.sha256(jpeg).hexdigest(), WIDTH, HEIGHT)
        frame = EvidenceKind.FRAME
        picture = Evidence(evidence_id, SightingId(owner), command.tower_id, CameraId("c1"), frame, stamp, None, jpeg)
        self._centre.board.show(picture)
        return evidence_id

    def held(self, command: Command, reason: str, ago_s: float, *, has_picture: bool = True) -> HeldBackEntry:
        """Return an entry of what was held back, and send its picture."""
        seen = self._now() - timedelta(seconds=ago_s)
        held_id = self._ulids.make(seen)
        jpeg_id = self.picture(held_id, command, 0.3) if has_picture else None
        return HeldBackEntry(
            held_id=held_id,
            camera_id=CameraId("c1"),
            pose_id=PoseId("home"),
            reason=reason,
            box=smoke_box(0.3),
            score=0.57,
            stamp=FrameStamp(seen, "a" * 64, WIDTH, HEIGHT),
            first_at=seen,
            last_at=seen + timedelta(seconds=40),
            times=4,
            note="chimney" if reason == "mask" else "",
            evidence_id=jpeg_id,
        )

    def live(self, command: Command, growth: float = 0.5) -> None:
        """Send one picture of a live look."""
        now = self._now()
        picture = LivePicture(frame_jpeg(draw_view(growth)), now, now)
        self._centre.live.show(command.tower_id, command.action.camera_id, picture)  # type: ignore[union-attr]
