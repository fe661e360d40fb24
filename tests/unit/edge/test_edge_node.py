"""The node's parts: turns, pictures, hand-over, the camera's thread, the watch over all."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.domain.ids import CameraId, PoseId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, EvidenceKind, Frame, Sighting
from firewatch.errors import FrameUnavailableError, ModelError, StoreError
from firewatch.testing import FakePublisher
from firewatch_edge.capture import EndOfRecording, Gate, pixel_frame
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.detect import Eyes
from firewatch_edge.health import CameraMonitor, Supervisor
from firewatch_edge.node import (
    MOST_CROP_BYTES,
    MOST_FRAME_BYTES,
    Cadence,
    CameraWorker,
    Handover,
    Inbox,
    Node,
    NodeIdentity,
    Oversight,
    Pipeline,
    Watch,
    Watcher,
    crop_jpeg,
    frame_jpeg,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


NORTH, SOUTH = CameraId("north"), CameraId("south")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENS = Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3)


def frame(number: int, *, smoke: bool = False, size: tuple[int, int] = (192, 256)) -> Frame:
    image = np.full((*size, 3), 40 + number, np.uint8)
    if smoke:
        image[64:96, 96:128] = 250
    return pixel_frame(image, START + timedelta(seconds=10 * number))


def wait_for(fact: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_the_newest_frame_wins_and_the_overtaken_one_is_told() -> None:
    inbox = Inbox([NORTH])
    assert inbox.put(NORTH, frame(1)) is False
    assert inbox.put(NORTH, newest := frame(2)) is True
    assert inbox.take(1.0) == (NORTH, newest)
    assert inbox.take(0.01) is None
    assert inbox.is_empty()


def test_a_busy_camera_does_not_starve_another() -> None:
    inbox = Inbox([NORTH, SOUTH])
    taken = []
    inbox.put(SOUTH, frame(0))
    for number in range(4):
        inbox.put(NORTH, frame(number))
        taken.append((inbox.take(1.0) or ("none",))[0])
    assert taken[:2] == [NORTH, SOUTH]


@pytest.mark.parametrize("shape", [(2160, 3840), (1080, 1920), (90, 120), (3000, 40)])
def test_pictures_stay_within_their_size_even_of_noise(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    height, width = shape
    whole = frame_jpeg(noise)
    crop = crop_jpeg(noise, Box(width * 0.2, height * 0.2, width * 0.9, height * 0.9))
    assert len(whole) <= MOST_FRAME_BYTES
    assert len(crop) <= MOST_CROP_BYTES
    assert max(cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR).shape) <= 1280


def test_a_crop_shows_the_smoke_with_its_surroundings_at_the_frame_edge_too() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[700:720, 1260:1280] = 255
    crop = cv2.imdecode(np.frombuffer(crop_jpeg(image, Box(1260, 700, 1280, 720)), np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape[:2] == (224, 224)
    assert crop[-10:, -10:].min() > 200
    assert crop[:100, :100].max() < 50


class Script:
    """A source that does what it is told, frame by frame."""

    def __init__(self, *steps: Frame | Exception) -> None:
        self._steps = list(steps)
        self.is_closed = False

    def read(self, timeout_s: float) -> Frame:
        assert timeout_s > 0.0
        if not self._steps:
            raise EndOfRecording
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.is_closed = True


def played(source: Script, period_s: float = 0.02) -> tuple[Inbox, CameraMonitor]:
    inbox = Inbox([NORTH])
    monitor = CameraMonitor(NORTH, period_s, time.monotonic())
    cadence = Cadence(period_s, 1.0)
    worker = CameraWorker(lambda: source, Gate(None), monitor, inbox, cadence, lambda: START)
    worker.start()
    wait_for(lambda: worker.has_ended)
    worker.join(5.0)
    assert source.is_closed
    return inbox, monitor


def test_a_camera_counts_what_it_refuses_and_what_is_overtaken() -> None:
    inbox, monitor = played(Script(frame(1), frame(1), frame(5), frame(3), frame(6)))
    vitals = monitor.vitals(time.monotonic(), START)
    assert (vitals.frames_repeated, vitals.frames_stale, vitals.frames_dropped) == (1, 1, 2)
    taken = inbox.take(1.0)
    assert taken is not None
    assert taken[1].stamp == frame(6).stamp


def test_a_camera_goes_on_after_failures_of_any_kind(caplog: pytest.LogCaptureFixture) -> None:
    inbox, _ = played(Script(FrameUnavailableError("north", "it is raining"), ValueError("surprise"), frame(1)))
    assert not inbox.is_empty()
    assert caplog.messages.count("camera.no_frame") == 2
    assert "camera.failed" in caplog.messages


def test_a_camera_that_cannot_be_opened_is_tried_again() -> None:
    inbox, tries = Inbox([NORTH]), []

    def open_source() -> Script:
        tries.append(1)
        if len(tries) < 3:
            raise FrameUnavailableError("north", "away")
        return Script(frame(1))

    monitor = CameraMonitor(NORTH, 0.02, time.monotonic())
    worker = CameraWorker(open_source, Gate(None), monitor, inbox, Cadence(0.02, 1.0), lambda: START)
    worker.start()
    wait_for(lambda: worker.has_ended)
    assert len(tries) == 3
    assert not inbox.is_empty()


def test_a_recording_waits_until_its_last_frame_was_fetched() -> None:
    inbox = Inbox([NORTH])
    monitor = CameraMonitor(NORTH, 0.02, time.monotonic())
    source = Script(*(frame(number) for number in range(5)))
    cadence = Cadence(0.02, 1.0, waits_for_place=True)
    worker = CameraWorker(lambda: source, Gate(None), monitor, inbox, cadence, lambda: START)
    worker.start()
    taken = []
    while len(taken) < 5:
        item = inbox.take(5.0)
        assert item is not None
        taken.append(item[1].stamp)
        time.sleep(0.05)
    assert taken == [frame(number).stamp for number in range(5)]
    assert monitor.vitals(time.monotonic(), START).frames_dropped == 0


def build(model: Path, tmp_path: Path, source: Script, publisher: FakePublisher, rng: int = 5) -> Node:
    eyes = Eyes.load(model, threads=1)
    sha256 = eyes.detector.spec.sha256
    randomness = np.random.default_rng(rng)
    monitor = CameraMonitor(NORTH, 0.05, time.monotonic())
    view = Viewpoint(TowerId("a"), NORTH, PoseId("main"), LENS, sha256)
    inbox = Inbox([NORTH])
    watch = Watch(Watcher(eyes, Confirmer(Rules(0.5), view, randomness)), monitor)
    pipeline = Pipeline({NORTH: watch}, inbox, Handover(publisher), randomness)
    cadence = Cadence(0.05, 1.0, waits_for_place=True)
    worker = CameraWorker(lambda: source, Gate(None), monitor, inbox, cadence, lambda: START)
    identity = NodeIdentity(make_ulid(START, bytes(10)), sha256, tmp_path, 0.5)
    oversight = Oversight([monitor], lambda: datetime.now(UTC))
    return Node(identity, [worker], inbox, pipeline, publisher, oversight)


def test_a_node_reports_a_fire_with_its_pictures_and_ends_in_order(squares_model: Path, tmp_path: Path) -> None:
    publisher = FakePublisher()
    script = Script(*(frame(number, smoke=2 <= number < 8) for number in range(16)))
    build(squares_model, tmp_path, script, publisher).run(threading.Event(), Supervisor({}))
    assert [one.phase.value for one in publisher.sightings] == ["opened", "ended"]
    opened = publisher.sightings[0]
    assert opened.observed_at == START + timedelta(seconds=40)
    assert opened.looks[-1].box == Box(96.0, 64.0, 128.0, 96.0)
    assert [picture.kind for picture in publisher.pictures] == [EvidenceKind.CROP, EvidenceKind.FRAME]
    assert opened.looks[-1].evidence_ids == tuple(picture.evidence_id for picture in publisher.pictures)
    assert {picture.sighting_id for picture in publisher.pictures} == {opened.sighting_id}
    assert publisher.is_closed
    last = publisher.reports[-1]
    assert last.cameras[0].frames_scored == 16
    assert last.outbox_depth == 4


def test_a_node_goes_on_when_a_frame_or_the_disk_fails(
    squares_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Moody(FakePublisher):
        def sighting(self, sighting: Sighting) -> None:
            if not self.sightings:
                self.sightings.append(sighting)
                raise RuntimeError("surprise")
            super().sighting(sighting)

    publisher = Moody()
    script = Script(*(frame(number, smoke=True) for number in range(10)))
    build(squares_model, tmp_path, script, publisher).run(threading.Event(), Supervisor({}))
    assert "frame.failed" in caplog.messages
    assert [one.phase.value for one in publisher.sightings] == ["opened", "opened", "growing"]


def test_a_silent_camera_is_reported_and_so_is_its_return(
    squares_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    publisher = FakePublisher()
    gate = threading.Event()

    class Stuck(Script):
        def read(self, timeout_s: float) -> Frame:
            if not gate.is_set():
                raise FrameUnavailableError("north", "dead")
            return super().read(timeout_s)

    script = Stuck(*(frame(number) for number in range(200)))
    node = build(squares_model, tmp_path, script, publisher)
    stop = threading.Event()
    thread = threading.Thread(target=node.run, args=(stop, Supervisor({})))
    thread.start()
    wait_for(lambda: "camera.blind" in caplog.messages)
    wait_for(lambda: any(report.cameras[0].is_silent for report in publisher.reports))
    gate.set()
    wait_for(lambda: "camera.sees" in caplog.messages)
    wait_for(lambda: not publisher.reports[-1].cameras[0].is_silent)
    stop.set()
    thread.join(20.0)
    assert not thread.is_alive()
    assert publisher.is_closed


def test_a_report_that_fails_does_not_end_the_watch(squares_model: Path, tmp_path: Path) -> None:
    class Mute(FakePublisher):
        def depth(self) -> int:
            raise StoreError("no")

    publisher = Mute()
    script = Script(*(frame(number, smoke=True) for number in range(12)))
    build(squares_model, tmp_path, script, publisher).run(threading.Event(), Supervisor({}))
    assert len(publisher.sightings) >= 1
    assert publisher.is_closed


def test_the_watchdog_is_petted_while_the_detector_lives(squares_model: Path, tmp_path: Path) -> None:
    pets: list[str] = []

    class Counting(Supervisor):
        def pet(self) -> None:
            pets.append("pet")

    script = Script(*(frame(number) for number in range(20)))
    supervisor = Counting({"WATCHDOG_USEC": "500000"})
    build(squares_model, tmp_path, script, FakePublisher()).run(threading.Event(), supervisor)
    assert len(pets) >= 2


def test_a_detector_that_fails_frame_after_frame_is_not_petted_until_it_sees_again(
    squares_model: Path, tmp_path: Path
) -> None:
    """Its thread lives, the tower is blind: systemd is to start it anew."""
    node = build(squares_model, tmp_path, Script(), FakePublisher())
    pipeline, inbox = node._pipeline, node._inbox
    detector = pipeline._watches[NORTH].watcher.eyes.detector
    scan = detector.scan
    blind = [True]

    def moody(image: np.ndarray) -> object:
        if blind[0]:
            raise ModelError("smoke.onnx", "all candidates are no numbers")
        return scan(image)

    detector.scan = moody  # type: ignore[method-assign]
    pipeline.start()
    for number in range(8):
        inbox.put(NORTH, frame(number))
        wait_for(inbox.is_empty)
    time.sleep(0.8)
    last_alive_s = pipeline.alive_at_s
    time.sleep(0.8)
    assert pipeline.alive_at_s == last_alive_s
    blind[0] = False
    inbox.put(NORTH, frame(9))
    wait_for(lambda: pipeline.alive_at_s > last_alive_s)
    pipeline.stop(5.0)


class Counting(Supervisor):
    """Counts its pets, with a watchdog of half a second."""

    def __init__(self) -> None:
        super().__init__({"WATCHDOG_USEC": "500000"})
        self.pets = 0

    def pet(self) -> None:
        self.pets += 1


def test_each_stage_that_hangs_stops_the_petting(
    squares_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher, supervisor = FakePublisher(), Counting()
    node = build(squares_model, tmp_path, Script(), publisher)
    now_s = time.monotonic()
    worker, pipeline = node._workers[0], node._pipeline
    worker.turned_at_s = pipeline.alive_at_s = now_s
    for stage in ("capture", "model", "publish"):
        node._pet_due_s = 0.0
        worker.turned_at_s = now_s - 61.0 * (stage == "capture")
        pipeline.alive_at_s = now_s - 61.0 * (stage == "model")
        publisher.hangs_since_s = now_s - 61.0 if stage == "publish" else None
        node._pet(supervisor, now_s)
        assert supervisor.pets == 0
        assert caplog.records[-1].__dict__["stages"] == stage
    publisher.hangs_since_s = None
    node._pet_due_s = 0.0
    node._pet(supervisor, now_s)
    assert supervisor.pets == 1


def test_one_camera_whose_thread_hangs_does_not_blind_the_others_by_a_restart(
    squares_model: Path, tmp_path: Path
) -> None:
    node, supervisor = build(squares_model, tmp_path, Script(), FakePublisher()), Counting()
    monitor = CameraMonitor(SOUTH, 0.05, time.monotonic())
    hung = CameraWorker(Script, Gate(None), monitor, Inbox([SOUTH]), Cadence(0.05, 1.0), lambda: START)
    hung.turned_at_s -= 1000.0
    node._workers.append(hung)
    now_s = node._workers[0].turned_at_s = node._pipeline.alive_at_s = time.monotonic()
    node._pet(supervisor, now_s)
    assert supervisor.pets == 1
