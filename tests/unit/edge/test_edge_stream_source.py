"""A stream that comes back, whatever its library does: hung threads stay few, late frames are left."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import Limits, StreamSource
from firewatch_edge.capture.port import pixel_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture import Dating

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


class Library:
    """Opens connections that behave as told, and counts them."""

    def __init__(self) -> None:
        self.opened = 0
        self.hangs = False
        self.is_broken = False
        self.holds_s = 0.0
        self.let_go = threading.Event()

    def __call__(self, limits: Limits) -> Line:  # noqa: ARG002 - the port's
        self.opened += 1
        if self.hangs:
            self.let_go.wait(30.0)
            raise FrameUnavailableError("camera", "it hung")
        return Line(self)


class Line:
    """A connection that gives a frame every 10 ms; after a hold the frames go on where they were, that much late."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._number = 0
        self._began_s = time.monotonic()
        self._held_s = 0.0
        self._at: datetime | None = None

    def grab(self, date: Dating) -> None:
        time.sleep(0.01)
        if self._library.hangs:
            self._library.let_go.wait(30.0)
        self._number += 1
        hold_s, self._library.holds_s = self._library.holds_s, 0.0
        time.sleep(hold_s)
        self._held_s += hold_s
        self._at = date(time.monotonic() - self._began_s - self._held_s, None)

    def forget(self) -> None:
        self._at = None

    def picture(self) -> Frame | None:
        if self._library.is_broken:
            raise FrameUnavailableError("camera", "a frame came damaged")
        image = np.full((8, 8, 3), self._number % 250, np.uint8)
        return None if self._at is None else pixel_frame(image, self._at)

    def close(self) -> None: ...


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def source(library: Library) -> Iterator[StreamSource]:
    made = StreamSource(library, "camera", lambda: NOW, Limits(0.8, 0.8, late_s=0.4), again_s=0.05)
    yield made
    library.let_go.set()
    made.close()


def age_s(frame: Frame) -> float:
    return (NOW - frame.stamp.captured_at).total_seconds()


def wait_for(what: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 10.0
    while not what():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_threads_that_hang_in_a_library_are_few_and_are_said(library: Library, source: StreamSource) -> None:
    source.read(5.0)
    library.hangs = True
    most = 0
    until_s = time.monotonic() + 4.5
    while time.monotonic() < until_s:
        with contextlib.suppress(FrameUnavailableError):
            source.read(0.1)
        most = max(most, source.left_behind)
    assert most == 3
    assert library.opened == 3, "each try took another thread"
    with pytest.raises(FrameUnavailableError, match="3 threads hang in the decoder"):
        source.read(0.1)
    library.hangs = False
    library.let_go.set()
    wait_for(lambda: source.left_behind == 0)
    assert age_s(source.read(5.0)) < 0.1


def test_a_frame_that_waited_is_dated_by_what_it_waited(library: Library, source: StreamSource) -> None:
    assert age_s(source.read(5.0)) < 0.1
    library.holds_s = 0.2
    frames = [source.read(5.0) for _ in range(2)]
    assert 0.15 < age_s(frames[-1]) < 0.4
    assert library.opened == 1


def test_a_stream_that_fell_far_behind_is_opened_anew(
    library: Library, source: StreamSource, caplog: pytest.LogCaptureFixture
) -> None:
    source.read(5.0)
    library.holds_s = 0.6
    wait_for(lambda: library.opened == 2)
    lost = next(record for record in caplog.records if record.message == "stream.lost")
    assert "1 s late" in lost.why  # type: ignore[attr-defined]
    assert age_s(source.read(5.0)) < 0.1


def test_a_damaged_frame_costs_one_frame_and_no_connection(library: Library, source: StreamSource) -> None:
    source.read(5.0)
    library.is_broken = True
    with pytest.raises(FrameUnavailableError, match="no frame within"):
        source.read(0.2)
    library.is_broken = False
    source.read(5.0)
    assert library.opened == 1
