"""The gate before the detector: a stale or repeated frame is never scored."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.vision import FrameStamp

__all__ = ["Gate", "Verdict"]

# A camera that plays a short loop of old pictures repeats itself within this many.
_REMEMBERED = 64
# The node's clock was set, not slewed, where it moves by more than this against one that knows no jumps [s].
_STEP_S = 2.0
# A last frame further ahead of the clock than this was dated by a clock that has been set back since [s].
_SET_BACK_S = 5.0


class Verdict(StrEnum):
    """What the gate says of a frame."""

    FRESH = "fresh"
    STALE = "stale"
    REPEATED = "repeated"


class Gate:
    """Lets each new frame of one camera through, once and in order.

    Parameters
    ----------
    most_age_s : float or None
        A frame captured longer ago than this is stale [s]; None for recordings, whose age says nothing.
    """

    def __init__(self, most_age_s: float | None) -> None:
        self._most_age = None if most_age_s is None else timedelta(seconds=most_age_s)
        self._latest: datetime | None = None
        # How far the node's clock is ahead of the camera's, and of the monotonic clock at the last frame.
        self._ahead = timedelta()
        self._lead_s: float | None = None
        self._hashes: deque[str] = deque(maxlen=_REMEMBERED)
        self._pixels: deque[int] = deque(maxlen=_REMEMBERED)

    def judge(
        self, stamp: FrameStamp, now: datetime, pixels: int | None = None, elapsed_s: float | None = None
    ) -> Verdict:
        """Say whether a frame may be scored; a fresh one is remembered.

        Parameters
        ----------
        stamp : FrameStamp
            Of the frame.
        now : datetime
            UTC.
        pixels : int, optional
            A checksum of the decoded picture: a frozen camera may write new notes into the same picture's file.
        elapsed_s : float, optional
            Monotonic time [s]: where the node's clock was set by hours, this camera's was not, and its frames are as
            fresh as they were before.

        Returns
        -------
        Verdict
            REPEATED when its picture was seen lately, STALE when it is too old or not newer than the last, else FRESH.
        """
        if stamp.sha256 in self._hashes or (pixels is not None and pixels in self._pixels):
            return Verdict.REPEATED
        self._forget_the_future(now)
        if elapsed_s is not None:
            self._follow_the_clock(stamp, now, elapsed_s)
        if self._most_age is not None and now - self._ahead - stamp.captured_at > self._most_age:
            return Verdict.STALE
        if self._latest is not None and stamp.captured_at <= self._latest:
            return Verdict.STALE
        self._latest = stamp.captured_at
        self._hashes.append(stamp.sha256)
        if pixels is not None:
            self._pixels.append(pixels)
        return Verdict.FRESH

    def _forget_the_future(self, now: datetime) -> None:
        """Do not wait, blind, for the time to come again that a wrong clock gave the last frame."""
        is_live = self._most_age is not None  # a recording played fast runs ahead of the clock
        if is_live and self._latest is not None and self._latest - now > timedelta(seconds=_SET_BACK_S):
            self._latest = None

    def _follow_the_clock(self, stamp: FrameStamp, now: datetime, elapsed_s: float) -> None:
        """Where the node's clock was set, find out by this frame whether the camera's was right all along or is now."""
        lead_s = now.timestamp() - elapsed_s
        by_s, self._lead_s = 0.0 if self._lead_s is None else lead_s - self._lead_s, lead_s
        if abs(by_s) <= _STEP_S:
            return
        age = now - stamp.captured_at
        self._ahead = min((timedelta(), self._ahead + timedelta(seconds=by_s)), key=lambda ahead: abs(age - ahead))
