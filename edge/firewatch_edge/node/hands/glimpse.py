"""Frames of a camera for a person, fetched beside the detector's."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import EndOfRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture import Source
    from firewatch_edge.node.hands.reach import ReachedCamera
    from firewatch_edge.node.inbox import Inbox

__all__ = ["fresh_frame", "opened_for_live"]

logger = logging.getLogger(__name__)


def fresh_frame(camera: ReachedCamera, inbox: Inbox) -> tuple[Frame, bool]:
    """Return a frame of now, and whether it is one that the detector gets too.

    A live camera is opened a second time, so that nobody waits for the detector's next turn. One that bears no second
    link, and a recording, give the next of the detector's frames.

    Raises
    ------
    FrameUnavailableError
        If neither gives one within the camera's time-out and its period.
    """
    section = camera.section
    if not section.is_recorded:
        try:
            source = camera.open_again(None)
            try:
                return source.read(section.timeout_s), False
            finally:
                source.close()
        except (FrameUnavailableError, EndOfRecording) as err:
            logger.info("hands.no_second_link", extra={"camera_id": section.id, "why": str(err)})
    within_s = 2.0 * section.period_s + section.timeout_s
    frame = inbox.passing(section.camera_id, within_s)
    if frame is None:
        raise FrameUnavailableError(section.id, f"no frame came within {within_s:g} s")
    return frame, True


@contextlib.contextmanager
def opened_for_live(camera: ReachedCamera, least_px: int) -> Iterator[Source]:
    """Open a camera a second time, its pictures decoded no larger than need be for a width of `least_px`."""

    def reduction(width: int, height: int) -> int:
        longest = max(width, height)
        return next((by for by in (8, 4, 2) if longest // by >= least_px), 1)

    source = camera.open_again(reduction)
    try:
        yield source
    finally:
        source.close()
