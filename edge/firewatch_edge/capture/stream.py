"""A live stream that is always at its newest frame, and comes back by itself."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.backoff import Backoff
from firewatch_edge.capture.connection import Limits
from firewatch_edge.capture.lag import Lateness, Ruler

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture.connection import Connect, Connection

__all__ = ["StreamSource"]

logger = logging.getLogger(__name__)

_POLL_S = 0.25
# So many threads of a camera may hang in a library at once; beyond, it stays blind until one of them comes back.
_MOST_LEFT = 2


class StreamSource:
    """Keeps a stream open, always at its newest frame.

    A thread of its own takes every frame off the stream, so that none waits in a buffer and grows old, and decodes one
    when it is asked for. Libraries notice a frozen server late (FFmpeg after twice its time-out) and sometimes never: a
    watch of ours leaves a thread that gives nothing for `limits.stall_s` to itself and starts another.

    Parameters
    ----------
    connect : callable
        Opens the stream; called in the thread that then owns the connection.
    label : str
        The camera's address without its account, for messages.
    now : callable
        Returns the present as an aware UTC instant.
    limits : Limits
        How long the stream may keep us waiting.
    again_s : float
        Longest pause between attempts to open it [s].
    """

    def __init__(
        self,
        connect: Connect,
        label: str,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        again_s: float = 30.0,
    ) -> None:
        self._connect = connect
        self._label = label
        self._now = now
        self._limits = limits or Limits()
        self._changed = threading.Condition()
        self._is_wanted = False
        # How often a frame was asked for.
        self.wishes = 0
        self._newest: Frame | None = None
        self._why = "not opened yet"
        self._is_closed = threading.Event()
        self._backoff = Backoff(min(1.0, again_s), again_s)
        self._sender = Ruler()
        self._left: list[_Grabber] = []
        self._grabber = self._new_grabber()
        self._watch = threading.Thread(target=self._keep_alive, name=f"watch {label}", daemon=True)
        self._grabber.start()
        self._watch.start()

    def read(self, timeout_s: float) -> Frame:
        """Return the next frame of the stream (see `Source.read`)."""
        with self._changed:
            self._newest = None
            self._is_wanted = True
            self.wishes += 1
            self._changed.wait_for(lambda: self._newest is not None or self._is_closed.is_set(), timeout_s)
            self._is_wanted = False
            frame, why = self._newest, self._why
        if frame is None:
            raise FrameUnavailableError(self._label, f"no frame within {timeout_s:g} s ({why})")
        return frame

    def close(self) -> None:
        """Leave the stream; a thread that hangs in a library ends when the library lets it."""
        self._is_closed.set()
        with self._changed:
            self._changed.notify_all()
        self._watch.join(_POLL_S * 4)
        self._grabber.leave()

    def offer(self, grabber: _Grabber, frame: Frame) -> None:
        """Take a decoded frame from the grabber; one that was left behind is not heard."""
        with self._changed:
            if grabber is self._grabber:
                self._newest = frame
                self._why = "frames were coming"
                self._backoff.reset()
                self._changed.notify_all()

    def date(self, late_s: float) -> datetime:
        """Return when a frame was captured that came `late_s` after it was due."""
        return self._now() - timedelta(seconds=late_s)

    @property
    def is_wanted(self) -> bool:
        """Whether someone waits for a frame."""
        return self._is_wanted

    @property
    def left_behind(self) -> int:
        """How many threads hang in a library."""
        self._left = [grabber for grabber in self._left if not grabber.has_ended]
        return len(self._left)

    def _keep_alive(self) -> None:
        while not self._is_closed.wait(_POLL_S):
            if not self._grabber.is_stalled():
                continue
            self._why = self._grabber.why
            self._grabber.leave()
            self._left.append(self._grabber)
            wait_s = self._backoff.next_s()
            logger.warning(
                "stream.lost", extra={"camera": self._label, "why": self._why, "again_in_s": round(wait_s, 1)}
            )
            if self._is_closed.wait(wait_s) or not self._has_room():
                return
            with self._changed:
                self._grabber = self._new_grabber()
            self._grabber.start()

    def _has_room(self) -> bool:
        """Wait until few enough threads hang; return False where the source was closed meanwhile."""
        if self.left_behind > _MOST_LEFT:
            self._why = f"{self.left_behind} threads hang in the decoder: restart the node if this lasts"
            logger.error("stream.hangs", extra={"camera": self._label, "threads": self.left_behind})
        while self.left_behind > _MOST_LEFT:
            if self._is_closed.wait(_POLL_S):
                return False
        return True

    def _new_grabber(self) -> _Grabber:
        return _Grabber(self._label, self._connect, self._limits, Lateness(self._sender), self)


class _Grabber:
    """One connection to the stream, in its own thread."""

    def __init__(self, label: str, connect: Connect, limits: Limits, lateness: Lateness, owner: StreamSource) -> None:
        self._label = label
        self._connect = connect
        self._limits = limits
        self._lateness = lateness
        self._owner = owner
        self._is_left = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"grab {label}", daemon=True)
        self._alive_at = time.monotonic()
        # Until the first frame: a slow camera takes this long to open, and would never come up under `stall_s`.
        self._limit_s = max(limits.open_s, limits.stall_s)
        self._was_timely = False
        self.has_ended = False
        self.why = ""

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def leave(self) -> None:
        """Ask it to end; it does when its library lets it."""
        self._is_left.set()

    def is_stalled(self) -> bool:
        """Whether it has ended, or given nothing for too long."""
        silent_s = time.monotonic() - self._alive_at
        if not self.has_ended and silent_s >= self._limit_s:
            self.why = f"nothing came for {silent_s:.1f} s"
            return True
        return self.has_ended

    def _run(self) -> None:
        connection: Connection | None = None
        try:
            connection = self._connect(self._limits)
            self._grab_all(connection)
        except FrameUnavailableError as err:
            self.why = err.why
        except Exception as err:  # a supervised loop: whatever a library throws, the stream is opened anew
            logger.exception("stream.failed", extra={"camera": self._label})
            self.why = f"{type(err).__name__}: {err}"
        finally:
            if connection is not None:
                connection.close()
            self.has_ended = True

    def _grab_all(self, connection: Connection) -> None:
        answered = self._owner.wishes
        while not self._is_left.is_set():
            if self._owner.wishes != answered:
                answered = self._owner.wishes
                connection.forget()
            connection.grab(self._date)
            if self._is_left.is_set():
                # FFmpeg gives out what it still held when it gives a hung server up: that is no sign of life.
                return
            self._alive_at = time.monotonic()
            self._limit_s = self._limits.stall_s
            # Asked for while the last grab waited: what the connection held before is not what is meant.
            was_asked = self._owner.is_wanted and self._owner.wishes == answered
            if was_asked and self._lateness.is_settled:
                self._offer(connection)
            if self._has_fallen_behind():
                self.why = f"frames came {self._lateness.late_s:.0f} s late"
                return

    def _offer(self, connection: Connection) -> None:
        try:
            frame = connection.picture()
        except FrameUnavailableError as err:
            logger.info("stream.broken_frame", extra={"camera": self._label, "why": err.why})
            return
        if frame is not None:
            self._owner.offer(self, frame)

    def _date(self, stream_s: float | None, told_s: float | None) -> datetime:
        return self._owner.date(self._lateness.saw(stream_s, told_s, time.monotonic()))

    def _has_fallen_behind(self) -> bool:
        """Whether frames that once came in time no longer do; those that were late from the start stay as they are."""
        is_late = self._lateness.late_s > self._limits.late_s
        self._was_timely |= self._lateness.is_settled and not is_late
        return is_late and self._was_timely
