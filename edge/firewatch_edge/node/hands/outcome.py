"""What a hand is: what does one kind of command, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from firewatch.domain.remote import Action, Command, ReplyState

if TYPE_CHECKING:
    from firewatch.domain.ids import EvidenceId
    from firewatch.domain.remote import Attachment, Fact, HeldBackEntry, Reply
    from firewatch.domain.vision import ClockState, Evidence

__all__ = ["Hand", "Hands", "HandsPublisher", "Outcome", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a command; the fields are those of `firewatch.domain.remote.Reply`.

    An outcome that is only ACCEPTED leaves the command open over a restart: `Hand.after_restart` then ends it.
    """

    state: ReplyState = ReplyState.DONE
    code: str = ""
    text: str = ""
    evidence_ids: tuple[EvidenceId, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    held_back: tuple[HeldBackEntry, ...] = ()
    attachment: Attachment | None = None


def refused(code: str, text: str, **facts: Fact) -> Outcome:
    """Return the outcome of what was not begun, with its reason as a slug and in words."""
    return Outcome(state=ReplyState.REFUSED, code=code, text=text, facts=facts)


def failed(code: str, text: str, **facts: Fact) -> Outcome:
    """Return the outcome of what was begun and did not come to its end."""
    return Outcome(state=ReplyState.FAILED, code=code, text=text, facts=facts)


@dataclass(frozen=True, slots=True)
class Hand:
    """Does one kind of command.

    Parameters
    ----------
    do : callable
        Takes the command, in a thread of its own; every wait in it has a time-out. What it raises of
        `firewatch.errors` is a failure with that text.
    most_s : float
        After so long it is answered as failed, whatever it still does [s].
    says_accepted : bool
        Whether the centre hears at once that it was taken: for what takes longer than a person waits in silence.
    after_restart : callable or None
        Ends a command that this node had begun when it started anew; None answers that it was cut short.
    """

    do: Callable[[Command], Outcome]
    most_s: float
    says_accepted: bool = False
    after_restart: Callable[[Command], Outcome] | None = None


# What this node can do: an action without a hand is refused as not supported.
Hands: TypeAlias = Mapping[type[Action], Hand]


class HandsPublisher(Protocol):
    """What hands need of the publisher."""

    def reply(self, reply: Reply) -> None:
        """Keep a reply until the centre's receipt; raise `StoreError` where the disk refuses."""
        ...

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture in the same way."""
        ...

    def live(self, picture: Evidence) -> bool:
        """Send a picture of a live look if the link is free; return whether it was sent."""
        ...

    def clock_state(self) -> ClockState:
        """Return how far the wall clock is to be believed."""
        ...
