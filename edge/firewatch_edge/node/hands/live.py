"""Live look: a small picture every second, for a minute, beside detection."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import cv2

from firewatch.domain.remote import LiveLook
from firewatch.errors import FirewatchError, FrameUnavailableError
from firewatch_edge.capture import EndOfRecording
from firewatch_edge.node.evidence import LIVE_LONG_SIDE_PX, live_jpeg
from firewatch_edge.node.hands.glimpse import opened_for_live
from firewatch_edge.node.hands.outcome import Outcome, failed, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.ids import CameraId
    from firewatch.domain.remote import Command, Fact
    from firewatch.domain.vision import Frame
    from firewatch_edge.node.hands.reach import Reach, ReachedCamera

__all__ = ["LiveHand"]

logger = logging.getLogger(__name__)

_EVERY_S = 1.0
_POLL_S = 0.1
# A thin link and a small computer bear so many.
_MOST_AT_ONCE = 2
_MOST_READ_S = 4.0
# A read, and the end of the link.
_ENDS_WITHIN_S = 10.0


class _Stream:
    """The pictures of one camera, as long as anybody looks."""

    def __init__(self, reach: Reach, camera: ReachedCamera, shows: str, until_s: float) -> None:
        self._reach, self._camera = reach, camera
        self.shows, self.until_s = shows, until_s
        self.sent = self.passed_over = self.sent_bytes = 0
        self.failure = ""
        self.thread = threading.Thread(target=self._run, name=f"live {camera.section.id}", daemon=True)

    def _run(self) -> None:
        try:
            self._show(self._frames())
        except (FirewatchError, EndOfRecording, cv2.error) as err:
            self.failure = str(err) or type(err).__name__
        except Exception as err:
            logger.exception("live.failed", extra={"camera_id": self._camera.section.id})
            self.failure = f"{type(err).__name__}: {err}"

    def _show(self, frames: Iterator[Frame]) -> None:
        shown = ""
        for frame in frames:
            began_s = time.monotonic()
            if frame.stamp.sha256 != shown:
                shown = frame.stamp.sha256
                self._send(frame)
            while time.monotonic() < min(began_s + _EVERY_S, self.until_s):
                time.sleep(_POLL_S)

    def _frames(self) -> Iterator[Frame]:
        section = self._camera.section
        if not section.is_recorded:
            try:
                yield from self._of_own_link()
            except FrameUnavailableError as err:
                # One that bears no second link is shown as the detector sees it, at the detector's pace.
                logger.info("hands.no_second_link", extra={"camera_id": section.id, "why": str(err)})
        while (left_s := self.until_s - time.monotonic()) > 0.0:
            frame = self._reach.inbox.passing(section.camera_id, min(left_s, _MOST_READ_S))
            if frame is not None:
                yield frame

    def _of_own_link(self) -> Iterator[Frame]:
        with opened_for_live(self._camera, LIVE_LONG_SIDE_PX) as source:
            while time.monotonic() < self.until_s:
                yield source.read(min(_MOST_READ_S, self._camera.section.timeout_s))

    def _send(self, frame: Frame) -> None:
        jpeg = live_jpeg(frame.image)
        picture = self._reach.picture(self._camera.section.camera_id, self.shows, frame.stamp, jpeg)
        if self._reach.publisher.live(picture):
            self.sent += 1
            self.sent_bytes += len(jpeg)
        else:
            self.passed_over += 1


class LiveHand:
    """Does `firewatch.domain.remote.LiveLook`; a further command prolongs what goes on.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._lock = threading.Lock()
        self._streams: dict[CameraId, _Stream] = {}

    def do(self, command: Command) -> Outcome:
        """Show a camera until the command's own end."""
        action = command.action
        assert isinstance(action, LiveLook), "the registry says so"  # noqa: S101 - as the registry pairs them
        camera = self._reach.cameras.get(action.camera_id)
        if camera is None:
            return self._reach.no_camera(action.camera_id)
        until_s = time.monotonic() + action.for_s
        stream = self._stream(camera, command.command_id, until_s)
        if stream is None:
            return refused("busy", f"{_MOST_AT_ONCE} other cameras are shown live already")
        before = (stream.sent, stream.passed_over, stream.sent_bytes)
        while time.monotonic() < until_s and stream.thread.is_alive():
            time.sleep(_POLL_S)
        if stream.until_s <= until_s:
            stream.thread.join(_ENDS_WITHIN_S)
        sent, passed_over, sent_bytes = (
            now - then for now, then in zip((stream.sent, stream.passed_over, stream.sent_bytes), before, strict=True)
        )
        if stream.failure:
            return failed("camera-silent", stream.failure, camera_id=action.camera_id, sent=sent)
        facts: dict[str, Fact] = {
            "camera_id": action.camera_id,
            "sent": sent,
            "passed_over": passed_over,
            "sent_bytes": sent_bytes,
            "goes_on": stream.until_s > until_s,
        }
        return Outcome(facts=facts)

    def _stream(self, camera: ReachedCamera, shows: str, until_s: float) -> _Stream | None:
        camera_id = camera.section.camera_id
        with self._lock:
            self._streams = {name: each for name, each in self._streams.items() if each.thread.is_alive()}
            stream = self._streams.get(camera_id)
            if stream is not None:
                stream.shows, stream.until_s = shows, max(stream.until_s, until_s)
                return stream
            if len(self._streams) >= _MOST_AT_ONCE:
                return None
            stream = self._streams[camera_id] = _Stream(self._reach, camera, shows, until_s)
            stream.thread.start()
            return stream
