"""Pause a camera until a stated time, and resume it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import LONGEST_PAUSE, Pause, Resume
from firewatch.errors import StoreError
from firewatch_edge.node.hands.outcome import Outcome, refused

if TYPE_CHECKING:
    from firewatch.domain.remote import Command, Fact
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["PauseHand"]

_MOST_REASON = 200


class PauseHand:
    """Does `firewatch.domain.remote.Pause` and `Resume`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def pause(self, command: Command) -> Outcome:
        """Pause a camera; an end too far away is brought nearer, and said."""
        action, now = command.action, self._reach.now()
        assert isinstance(action, Pause), "the registry says so"  # noqa: S101 - as the registry pairs them
        if action.camera_id not in self._reach.cameras:
            return self._reach.no_camera(action.camera_id)
        if action.until <= now:
            return refused("past", f"the pause would have ended at {action.until.isoformat()}")
        length = min(action.until - now, LONGEST_PAUSE)
        reason = f"{command.issued_by}: {action.reason}" if command.issued_by else action.reason
        try:
            begun = self._reach.pauses.begin(
                action.camera_id, length.total_seconds() / 60.0, _printable(reason)[:_MOST_REASON], now
            )
        except OSError as err:
            raise StoreError(f"the pause cannot be kept: {err}") from err
        is_capped = now + length < action.until
        text = "a pause lasts at most 24 hours; renew it before its end" if is_capped else ""
        return Outcome(
            code="capped" if is_capped else "",
            text=text,
            facts={"camera_id": action.camera_id, "until": begun.until.isoformat(), "is_capped": is_capped},
        )

    def resume(self, command: Command) -> Outcome:
        """End the pause of a camera; one that is not paused is said to be so."""
        action = command.action
        assert isinstance(action, Resume), "the registry says so"  # noqa: S101 - as the registry pairs them
        if action.camera_id not in self._reach.cameras:
            return self._reach.no_camera(action.camera_id)
        was_paused = self._reach.pauses.of(action.camera_id, self._reach.now()) is not None
        try:
            self._reach.pauses.end(action.camera_id)
        except OSError as err:
            raise StoreError(f"the end of the pause cannot be kept: {err}") from err
        facts: dict[str, Fact] = {"camera_id": action.camera_id, "was_paused": was_paused}
        return Outcome(facts=facts) if was_paused else Outcome(code="not-paused", text="it was not paused", facts=facts)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
