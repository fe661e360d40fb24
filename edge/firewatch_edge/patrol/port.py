"""The port of a mount, the pan-tilt head of a turning camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from firewatch.domain.checks import require_finite

__all__ = ["Mount", "MountPosition", "MountStatus", "Preset"]

# An endless head says -1 or 1 for the same direction: a full turn is this long in its own units.
_FULL_TURN = 2.0
# Lenses stop less exactly than heads, and the picture's size shows it less.
_ZOOM_TIMES = 4.0


@dataclass(frozen=True, slots=True)
class MountPosition:
    """Where a mount stands, in its own units (ONVIF's generic spaces).

    Parameters
    ----------
    pan, tilt : float
        From -1 to 1 over the head's whole range.
    zoom : float
        From 0 (wide) to 1.
    """

    pan: float
    tilt: float = 0.0
    zoom: float = 0.0

    def __post_init__(self) -> None:
        for what, given in (("pan", self.pan), ("tilt", self.tilt), ("zoom", self.zoom)):
            require_finite(f"mount {what}", given)

    def is_near(self, other: MountPosition, tolerance: float) -> bool:
        """Tell whether two positions are one within `tolerance` of pan and tilt, and four times that of zoom."""
        turn = abs(self.pan - other.pan)
        return (
            min(turn, abs(_FULL_TURN - turn)) <= tolerance
            and abs(self.tilt - other.tilt) <= tolerance
            and abs(self.zoom - other.zoom) <= _ZOOM_TIMES * tolerance
        )


@dataclass(frozen=True, slots=True)
class MountStatus:
    """What a mount says of itself; None is what it does not say.

    Parameters
    ----------
    position : MountPosition or None
        Where it stands.
    is_moving : bool or None
        Whether it turns or zooms.
    """

    position: MountPosition | None
    is_moving: bool | None


@dataclass(frozen=True, slots=True)
class Preset:
    """A position that the mount itself remembers.

    Parameters
    ----------
    token : str
        Its name for programs.
    name : str
        Its name for people.
    position : MountPosition or None
        None where the mount does not tell.
    """

    token: str
    name: str
    position: MountPosition | None


class Mount(Protocol):
    """Turns one camera; one thread owns it. Every call ends within the mount's time-out."""

    def status(self) -> MountStatus:
        """Return where it is; raise `MountUnavailableError` if it does not answer or refuses."""
        ...

    def go_to(self, position: MountPosition) -> None:
        """Set out for a position, and return before it is reached; raise as `status`."""
        ...

    def recall(self, preset: str) -> MountPosition | None:
        """Set out for a preset, by name or token; return its position where the mount tells it; raise as `status`."""
        ...

    def close(self) -> None:
        """Let go of it; nothing is called after it."""
        ...
