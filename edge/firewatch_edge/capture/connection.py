"""The port of one connection to a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.vision import Frame

__all__ = ["Connect", "Connection", "Dating", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a stream may keep us waiting.

    Parameters
    ----------
    open_s : float
        Until the first frame [s].
    stall_s : float
        Between two frames [s].
    late_s : float
        Frames that fall so far behind in a connection have gathered in a buffer: a new one begins without it [s].
    """

    open_s: float = 10.0
    stall_s: float = 5.0
    late_s: float = 10.0

    @property
    def library_s(self) -> float:
        """What a library is told to wait between two frames [s].

        Longer than we do: when it gives up, FFmpeg hands out the last frame that it held, which would look like life.
        """
        return self.stall_s + 2.0


class Dating(Protocol):
    """Says when a frame was captured that has just come."""

    def __call__(self, stream_s: float | None, told_s: float | None) -> datetime:
        """Return the UTC instant; see `Lateness.saw`."""
        ...


class Connection(Protocol):
    """One connection to a stream; one thread owns it."""

    def grab(self, date: Dating) -> None:
        """Take the next frame off the stream, without decoding it if that can be helped.

        Raises
        ------
        FrameUnavailableError
            If the stream has ended, or gave nothing in time.
        """
        ...

    def forget(self) -> None:
        """Hold nothing that came before: the next picture shall be of now."""
        ...

    def picture(self) -> Frame | None:
        """Return the newest frame that was not returned before, decoded; None where there is none yet.

        Raises
        ------
        FrameUnavailableError
            If it cannot be decoded; the connection goes on.
        """
        ...

    def close(self) -> None:
        """Let go of the stream."""
        ...


class Connect(Protocol):
    """Opens a connection."""

    def __call__(self, limits: Limits) -> Connection:
        """Return it; raise `FrameUnavailableError` if there is none."""
        ...
