"""Clocks that jump and pictures that only look new: what the gate and the confirmation make of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Frame, FrameStamp, SightingPhase
from firewatch.testing import FakePublisher
from firewatch_edge.capture import EndOfRecording, Gate, Verdict, decode_frame, pixel_frame
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.detect import Eyes
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Cadence, CameraWorker, Handover, Inbox, Pipeline, Watch, Watcher

if TYPE_CHECKING:
    from pathlib import Path

NORTH = CameraId("north")
NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
VIEW = Viewpoint(TowerId("a"), NORTH, PoseId("main"), Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3), "f" * 64)


def stamp(number: int, at: datetime) -> FrameStamp:
    return FrameStamp(at, f"{number:064x}", 32, 24)


def scene(number: int, *, smoke: bool = True) -> np.ndarray:
    image = np.full((192, 256, 3), 40 + number, np.uint8)
    if smoke:
        image[64:96, 96:128] = 250
    return image


def test_after_the_nodes_clock_was_set_back_new_frames_pass_at_once() -> None:
    gate = Gate(60.0)
    assert gate.judge(stamp(1, NOW + DAY), NOW + DAY) is Verdict.FRESH
    assert gate.judge(stamp(2, NOW), NOW) is Verdict.FRESH
    assert gate.judge(stamp(1, NOW), NOW) is Verdict.REPEATED
    assert gate.judge(stamp(3, NOW), NOW) is Verdict.STALE


def test_two_clocks_a_little_apart_do_not_put_frames_out_of_order() -> None:
    """The camera's second thoughts of under a second are no jump: order holds."""
    gate = Gate(60.0)
    assert gate.judge(stamp(1, NOW), NOW) is Verdict.FRESH
    assert gate.judge(stamp(2, NOW - timedelta(seconds=0.5)), NOW - timedelta(seconds=0.2)) is Verdict.STALE


@pytest.mark.parametrize("by", [timedelta(hours=5), timedelta(hours=-5)])
def test_a_camera_with_its_own_true_clock_is_not_stale_because_the_nodes_was_set(by: timedelta) -> None:
    gate = Gate(60.0)
    verdicts = []
    for number in range(20):
        set_by = by if number >= 10 else timedelta()
        true = NOW + timedelta(seconds=10 * number)
        verdicts.append(gate.judge(stamp(number, true), true + set_by, None, 10.0 * number))
    assert set(verdicts) == {Verdict.FRESH}
    # A frame that really is old is told from them by the same measure.
    now = NOW + timedelta(seconds=400)
    assert gate.judge(stamp(90, NOW + timedelta(seconds=200)), now + by, None, 400.0) is Verdict.STALE


def test_a_clock_that_was_put_right_measures_ages_again() -> None:
    """From 1970 to the camera's own time: from then on a stale frame is stale."""
    gate, unset = Gate(60.0), datetime(1970, 1, 1, tzinfo=UTC)
    assert gate.judge(stamp(1, NOW), unset, None, 0.0) is Verdict.FRESH
    later = NOW + timedelta(seconds=10)
    assert gate.judge(stamp(2, later), later, None, 10.0) is Verdict.FRESH
    assert (
        gate.judge(stamp(3, later + timedelta(seconds=1)), later + timedelta(seconds=90), None, 100.0) is Verdict.STALE
    )


@pytest.fixture
def pipeline(squares_model: Path) -> tuple[Pipeline, FakePublisher]:
    publisher, randomness = FakePublisher(), np.random.default_rng(1)
    watcher = Watcher(Eyes.load(squares_model, 1), Confirmer(Rules(0.5), VIEW, randomness))
    watch = Watch(watcher, CameraMonitor(NORTH, 10.0, 0.0))
    inbox = Inbox([NORTH])
    return Pipeline({NORTH: watch}, inbox, Handover(publisher), randomness), publisher


def look(pipeline: Pipeline, first: int, count: int, at: datetime, *, smoke: bool = True) -> None:
    for number in range(first, first + count):
        pipeline.look(NORTH, pixel_frame(scene(number, smoke=smoke), at + timedelta(seconds=10 * (number - first))))


def test_a_smoke_is_confirmed_after_the_clock_was_set_back(
    pipeline: tuple[Pipeline, FakePublisher], caplog: pytest.LogCaptureFixture
) -> None:
    node, publisher = pipeline
    look(node, 0, 5, NOW + DAY, smoke=False)
    look(node, 5, 3, NOW)
    assert [one.phase for one in publisher.sightings] == [SightingPhase.OPENED]
    assert publisher.sightings[0].observed_at == NOW + timedelta(seconds=20)
    assert "clock.set_back" in caplog.messages


def test_what_was_open_when_the_clock_was_set_back_ends_and_opens_anew(
    pipeline: tuple[Pipeline, FakePublisher],
) -> None:
    """Its frames of before have times that mean nothing now: one sighting ends, and a new one has the true times."""
    node, publisher = pipeline
    look(node, 0, 4, NOW + DAY)
    look(node, 4, 3, NOW)
    first, end, second = publisher.sightings
    assert [one.phase.value for one in (first, end, second)] == ["opened", "ended", "opened"]
    assert (end.sighting_id, end.revision) == (first.sighting_id, 2)
    assert end.observed_at == NOW + DAY + timedelta(seconds=30)
    assert second.sighting_id != first.sighting_id
    assert second.first_seen_at == NOW


def test_half_a_smoke_of_before_does_not_count_after_the_clock_was_set_back(
    pipeline: tuple[Pipeline, FakePublisher],
) -> None:
    node, publisher = pipeline
    look(node, 0, 2, NOW + DAY)
    look(node, 2, 2, NOW)
    assert publisher.sightings == []


class Cycle:
    """A camera that sends one picture again and again, each time with other notes in the file."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._jpeg = bytes(cv2.imencode(".jpg", scene(1))[1].data)

    def read(self, timeout_s: float) -> Frame:
        assert timeout_s > 0.0
        if self._left == 0:
            raise EndOfRecording
        self._left -= 1
        note = b"\xff\xfe\x00\x06" + f"{self._left:04d}".encode()
        return decode_frame("c", self._jpeg[:2] + note + self._jpeg[2:], NOW + timedelta(seconds=60 - self._left))

    def close(self) -> None: ...


def test_the_same_picture_in_a_new_file_is_a_repeat() -> None:
    monitor, inbox = CameraMonitor(NORTH, 0.01, time.monotonic()), Inbox([NORTH])
    source = Cycle(8)
    worker = CameraWorker(lambda: source, Gate(None), monitor, inbox, Cadence(0.01, 1.0), lambda: NOW)
    worker.start()
    worker.join(10.0)
    vitals = monitor.vitals(time.monotonic(), datetime.now(UTC))
    assert (vitals.frames_repeated, vitals.frames_dropped, vitals.frames_stale) == (7, 0, 0)


def test_a_stale_frame_is_logged_with_its_age(caplog: pytest.LogCaptureFixture) -> None:
    """An hour's age in each line tells a technician that a clock is wrong."""
    caplog.set_level("INFO")
    monitor, inbox = CameraMonitor(NORTH, 0.01, time.monotonic()), Inbox([NORTH])
    source = Cycle(1)
    later = NOW + timedelta(seconds=3660)
    worker = CameraWorker(lambda: source, Gate(60.0), monitor, inbox, Cadence(0.01, 1.0), lambda: later)
    worker.start()
    worker.join(10.0)
    (line,) = [record for record in caplog.records if record.msg == "frame.refused"]
    assert (line.__dict__["verdict"], line.__dict__["age_s"]) == ("stale", 3600.0)
