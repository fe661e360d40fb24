"""Whether the node as a whole goes on: the watchdog is petted only while capture, model and publishing all do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Stage", "Token", "stuck_stages"]


@dataclass(frozen=True, slots=True)
class Token:
    """When one thread last came round.

    Parameters
    ----------
    turned_at_s : float
        Monotonic time [s].
    most_s : float
        So long may one round take at worst [s]; beyond it the thread hangs.
    """

    turned_at_s: float
    most_s: float

    def hangs(self, at_s: float) -> bool:
        """Tell whether it has not come round for too long."""
        return at_s - self.turned_at_s > self.most_s


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the node's work and the threads that do it.

    Parameters
    ----------
    name : str
        ``capture``, ``model``, ``publish``.
    tokens : tuple of Token
        One a thread. The stage is stuck when all of them hang: one camera that hangs is a camera to report, and no
        reason to blind the others for a restart. A stage without threads is never stuck.
    """

    name: str
    tokens: tuple[Token, ...]

    def is_stuck(self, at_s: float) -> bool:
        """Tell whether nothing of it goes on."""
        return bool(self.tokens) and all(token.hangs(at_s) for token in self.tokens)


def stuck_stages(stages: Iterable[Stage], at_s: float) -> tuple[str, ...]:
    """Return the names of the stages that are stuck; only of none is the watchdog petted.

    A camera that is away does not make its thread hang: every wait for it ends by itself, and the thread comes round.
    """
    return tuple(stage.name for stage in stages if stage.is_stuck(at_s))
