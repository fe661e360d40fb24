"""Send what was held back: the list, with a small picture of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import FetchHeldBack, HeldBackEntry
from firewatch.domain.vision import EvidenceKind
from firewatch_edge.node.hands.outcome import Outcome

if TYPE_CHECKING:
    from firewatch.domain.ids import EvidenceId
    from firewatch.domain.remote import Command
    from firewatch_edge.node.hands.reach import Reach
    from firewatch_edge.node.held_back import HeldDetection

__all__ = ["HeldBackHand"]

_MOST_NOTE = 500


class HeldBackHand:
    """Does `firewatch.domain.remote.FetchHeldBack`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def do(self, command: Command) -> Outcome:
        """Send the latest entries; they stay in the list."""
        action = command.action
        assert isinstance(action, FetchHeldBack), "the registry says so"  # noqa: S101 - as the registry pairs them
        kept = self._reach.held_back
        found = kept.latest(action.most, action.since)
        entries = tuple(self._entry(each) for each in found)
        ids = tuple(each.evidence_id for each in entries if each.evidence_id is not None)
        facts = {"sent": len(entries), "listed": len(kept), "dropped_since_start": kept.dropped}
        return Outcome(evidence_ids=ids, facts=facts, held_back=entries)

    def _entry(self, each: HeldDetection) -> HeldBackEntry:
        held = each.held
        return HeldBackEntry(
            held_id=each.held_id,
            camera_id=each.camera_id,
            pose_id=each.pose_id,
            reason=held.reason,
            box=held.box,
            score=min(1.0, max(0.0, held.score)),
            stamp=each.stamp,
            first_at=each.first_at,
            last_at=each.last_at,
            times=each.times,
            note=held.note[:_MOST_NOTE],
            evidence_id=self._picture(each),
        )

    def _picture(self, each: HeldDetection) -> EvidenceId | None:
        if not each.crop:
            return None
        picture = self._reach.picture(
            each.camera_id, each.held_id, each.stamp, each.crop, EvidenceKind.CROP, each.held.box
        )
        self._reach.publisher.evidence(picture)
        return picture.evidence_id
