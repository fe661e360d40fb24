"""Each hand by itself: what it sends, what it says, and why it says no."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.remote import ReplyState
from firewatch.domain.vision import Box, ClockState
from firewatch.errors import FrameUnavailableError, ModelError, StoreError
from firewatch_edge.capture import Gate, pixel_frame
from firewatch_edge.cli.logs import EventFormatter
from firewatch_edge.config import load_settings
from firewatch_edge.health import CameraMonitor, MaintenanceFile
from firewatch_edge.node import Cadence, CameraWorker, Held, HeldBack, Inbox
from firewatch_edge.node.evidence import full_jpeg, live_jpeg
from firewatch_edge.node.hands import LogRing, Outcome, Reach, ReachedCamera, hands_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.domain.remote import Reply
    from firewatch.domain.vision import Evidence, Frame

AT = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
NORTH, PLAYED = CameraId("north"), CameraId("played")
SETTINGS = """
[tower]
id = "yunfeng"
[mqtt]
password_env = "HANDS_MQTT"
[outbox]
path = "outbox.sqlite"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:1/"
period_s = 0.1
timeout_s = 0.5
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[[camera]]
id = "played"
kind = "folder"
path = "."
period_s = 0.1
timeout_s = 0.5
[camera.pose]
azimuth_deg = 180.0
hfov_deg = 60.0
"""


class Sender:
    def __init__(self) -> None:
        self.pictures: list[Evidence] = []
        self.shown: list[Evidence] = []
        self.is_busy = False

    def reply(self, reply: Reply) -> None: ...

    def evidence(self, evidence: Evidence) -> None:
        self.pictures.append(evidence)

    def live(self, picture: Evidence) -> bool:
        if not self.is_busy:
            self.shown.append(picture)
        return not self.is_busy

    def clock_state(self) -> ClockState:
        return ClockState.KEPT


class Again:
    """A camera's second link: gives a new picture a read, or none."""

    def __init__(self) -> None:
        self.fails = False
        self.reads = self.open = 0

    def __call__(self, reduction: Callable[[int, int], int] | None) -> Again:
        assert reduction is None or reduction(3840, 2160) == 4
        self.open += 1
        return self

    def read(self, timeout_s: float) -> Frame:
        assert timeout_s > 0.0
        if self.fails:
            raise FrameUnavailableError("north", "one link only")
        self.reads += 1
        return a_frame(self.reads)

    def close(self) -> None:
        self.open -= 1


def a_frame(number: int) -> Frame:
    image = np.random.default_rng(number).integers(0, 255, (720, 1280, 3)).astype(np.uint8)
    return pixel_frame(image, AT + timedelta(seconds=number))


class Node:
    """What hands reach, without the rest of a node."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HANDS_MQTT", "top-secret")
        self.config = folder / "edge.toml"
        self.config.write_text(SETTINGS, encoding="utf-8")
        self.sender, self.again, self.inbox = Sender(), Again(), Inbox([NORTH, PLAYED])
        self.log = LogRing()
        self.log.setFormatter(EventFormatter())
        self.now = AT
        settings = load_settings(self.config)
        self.pauses = MaintenanceFile(folder / "paused.json")
        cameras = {
            section.camera_id: ReachedCamera(section, self._worker(section.camera_id), self.again)
            for section in settings.camera
        }
        self.held_back = HeldBack()
        self.reach = Reach(
            settings,
            self.sender,
            cameras,
            self.inbox,
            self.held_back,
            self.pauses,
            lambda: self.now,
            self.config,
            self.log,
        )
        self.tried: list[object] = []
        self.hands = hands_of(self.reach, self.tried.append)

    def _worker(self, camera_id: CameraId) -> CameraWorker:
        monitor = CameraMonitor(camera_id, 0.1, 0.0)
        return CameraWorker(self.again_as_opener, Gate(None), monitor, self.inbox, Cadence(0.1, 0.5), lambda: self.now)

    def again_as_opener(self) -> Any:
        return self.again(None)

    def command(self, action: remote.Action, number: int = 1) -> remote.Command:
        return remote.Command(
            command_id=CommandId(make_ulid(AT, number.to_bytes(10, "big"))),
            tower_id=TowerId("yunfeng"),
            issued_at=AT,
            expires_at=AT + timedelta(minutes=5),
            issued_by="Liu",
            action=action,
        )

    def do(self, action: remote.Action, number: int = 1) -> Outcome:
        return self.hands[type(action)].do(self.command(action, number))

    def passes(self, camera_id: CameraId) -> threading.Event:
        """Let frames of a camera pass, as the detector gets them, until the event is set."""
        stop = threading.Event()

        def run() -> None:
            number = 100
            while not stop.wait(0.05):
                number += 1
                self.inbox.put(camera_id, a_frame(number))

        threading.Thread(target=run, daemon=True).start()
        return stop


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def test_a_snapshot_is_the_whole_picture_at_full_size(node: Node) -> None:
    outcome = node.do(remote.Snapshot(camera_id=NORTH))
    (picture,) = node.sender.pictures
    assert outcome.state is ReplyState.DONE
    assert outcome.evidence_ids == (picture.evidence_id,)
    assert picture.sighting_id == node.command(remote.Reload()).command_id
    shown = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (720, 1280, 3)
    assert (outcome.facts["width_px"], outcome.facts["is_detectors_frame"], outcome.facts["pose_id"]) == (
        1280,
        False,
        "main",
    )
    assert node.again.open == 0, "the second link is let go"


def test_a_camera_that_bears_no_second_link_gives_the_detectors_next_frame(node: Node) -> None:
    node.again.fails = True
    stop = node.passes(NORTH)
    outcome = node.do(remote.Snapshot(camera_id=NORTH))
    stop.set()
    assert outcome.facts["is_detectors_frame"] is True
    with pytest.raises(FrameUnavailableError, match="no frame came within"):
        node.do(remote.Snapshot(camera_id=PLAYED))
    assert node.do(remote.Snapshot(camera_id=CameraId("south"))).code == "no-camera"


def test_a_fixed_camera_that_has_the_bearing_in_view_answers_and_says_so(node: Node) -> None:
    sighting = SightingId(make_ulid(AT, b"sighting..")[:26])
    outcome = node.do(remote.LookAt(bearing_deg=350.0, sighting_id=sighting))
    (picture,) = node.sender.pictures
    assert (picture.camera_id, picture.sighting_id) == (NORTH, sighting)
    facts = outcome.facts
    assert (facts["is_fixed"], facts["azimuth_deg"], facts["aside_deg"], facts["hfov_deg"]) == (True, 10.0, -20.0, 60.0)


def test_a_bearing_that_nobody_has_in_view_is_refused_with_the_nearest_view(node: Node) -> None:
    outcome = node.do(remote.LookAt(bearing_deg=100.0))
    assert (outcome.state, outcome.code) == (ReplyState.REFUSED, "out-of-view")
    assert outcome.facts["nearest_camera_id"] == "played"
    assert outcome.facts["aside_deg"] == -80.0
    assert "played/main" in outcome.text
    assert node.do(remote.LookAt(bearing_deg=180.0, camera_id=NORTH)).facts["nearest_camera_id"] == "north"
    assert node.do(remote.LookAt(bearing_deg=1.0, camera_id=CameraId("south"))).code == "no-camera"


def test_a_pause_ends_at_its_time_at_the_latest_after_a_day_and_outlives_a_restart(node: Node, tmp_path: Path) -> None:
    done = node.do(remote.Pause(camera_id=NORTH, until=AT + timedelta(hours=2), reason="lens 镜头"))
    assert done.facts == {"camera_id": "north", "until": "2026-04-05T06:00:00+00:00", "is_capped": False}
    again = MaintenanceFile(tmp_path / "paused.json")
    pause = again.of(NORTH, AT + timedelta(hours=1))
    assert pause is not None
    assert pause.reason == "Liu: lens 镜头"
    assert again.of(PLAYED, AT) is None
    assert again.of(NORTH, AT + timedelta(hours=2)) is None
    capped = node.do(remote.Pause(camera_id=NORTH, until=AT + timedelta(days=3), reason="lens"))
    assert (capped.code, capped.facts["until"]) == ("capped", "2026-04-06T04:00:00+00:00")
    assert node.do(remote.Pause(camera_id=NORTH, until=AT, reason="lens")).code == "past"
    late = remote.Pause(camera_id=CameraId("south"), until=AT + timedelta(hours=1), reason="lens")
    assert node.do(late).code == "no-camera"


def test_resuming_ends_the_pause_and_says_where_there_was_none(node: Node) -> None:
    assert node.do(remote.Snapshot(camera_id=NORTH)).facts["is_paused"] is False
    node.do(remote.Pause(camera_id=NORTH, until=AT + timedelta(hours=2), reason="lens"))
    assert node.do(remote.Snapshot(camera_id=NORTH)).facts["is_paused"] is True
    assert node.do(remote.Resume(camera_id=NORTH)).facts["was_paused"] is True
    assert node.pauses.of(NORTH, AT) is None
    assert node.do(remote.Resume(camera_id=NORTH)).code == "not-paused"
    assert node.do(remote.Resume(camera_id=CameraId("south"))).code == "no-camera"


def test_a_pause_that_the_disk_refuses_is_a_failure(node: Node, tmp_path: Path) -> None:
    (tmp_path / "paused.json").mkdir()
    with pytest.raises(StoreError, match="cannot be kept"):
        node.do(remote.Pause(camera_id=NORTH, until=AT + timedelta(hours=2), reason="lens"))
    with pytest.raises(StoreError, match="cannot be kept"):
        node.do(remote.Resume(camera_id=NORTH))


def test_what_was_held_back_is_sent_with_its_pictures(node: Node) -> None:
    frame = a_frame(1)
    for number, crop in enumerate((live_jpeg(frame.image), b"")):
        held = Held("mask", Box(10.0 + 300.0 * number, 10.0, 60.0 + 300.0 * number, 60.0), 0.7, "kiln")
        node.held_back.add(NORTH, PoseId("main"), held, frame.stamp, lambda crop=crop: crop)  # type: ignore[misc] # its own
    outcome = node.do(remote.FetchHeldBack())
    last, first = outcome.held_back
    (picture,) = node.sender.pictures
    assert (first.reason, first.note, first.evidence_id, first.times) == ("mask", "kiln", picture.evidence_id, 1)
    assert picture.sighting_id == first.held_id
    assert last.evidence_id is None
    assert outcome.facts == {"sent": 2, "listed": 2, "dropped_since_start": 0}
    assert node.do(remote.FetchHeldBack(since=AT + timedelta(minutes=1))).held_back == ()
    assert len(node.do(remote.FetchHeldBack(most=1)).held_back) == 1


def test_a_live_look_is_small_pictures_every_second_that_a_second_command_prolongs(node: Node) -> None:
    outcomes: list[Outcome] = []
    first = threading.Thread(target=lambda: outcomes.append(node.do(remote.LiveLook(camera_id=NORTH, for_s=1.5))))
    first.start()
    time.sleep(0.5)
    second = node.do(remote.LiveLook(camera_id=NORTH, for_s=2.5), 2)
    first.join(10.0)
    assert outcomes[0].facts["goes_on"] is True
    assert second.facts["goes_on"] is False
    assert 1 <= len(node.sender.shown) <= 4, "a picture a second over three seconds"
    assert node.again.open == 0
    for picture in node.sender.shown:
        shown = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert shown is not None
        assert max(shown.shape) <= 640
        assert len(picture.jpeg) <= 50_000
    assert node.sender.shown[-1].sighting_id == node.command(remote.Reload(), 2).command_id


def test_a_live_look_passes_over_what_the_link_does_not_take_and_bears_a_camera_of_one_link(node: Node) -> None:
    node.sender.is_busy = node.again.fails = True
    stop = node.passes(NORTH)
    outcome = node.do(remote.LiveLook(camera_id=NORTH, for_s=1.0))
    stop.set()
    assert outcome.facts["sent"] == 0
    assert isinstance(passed := outcome.facts["passed_over"], int)
    assert passed >= 1
    assert node.do(remote.LiveLook(camera_id=CameraId("south"))).code == "no-camera"


def test_a_live_look_that_breaks_says_so(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("firewatch_edge.node.hands.live.live_jpeg", breaks)
    outcome = node.do(remote.LiveLook(camera_id=NORTH, for_s=5.0))
    assert (outcome.state, outcome.code) == (ReplyState.FAILED, "camera-silent")


def test_only_two_cameras_are_shown_at_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch_edge.node.hands.live._MOST_AT_ONCE", 0)
    assert node.do(remote.LiveLook(camera_id=NORTH, for_s=1.0)).code == "busy"


def test_the_log_is_sent_without_secrets(node: Node) -> None:
    log = logging.getLogger("tests.hands")
    log.addHandler(node.log)
    log.warning("camera.no_frame", extra={"why": "rtsp://admin:hunter2@10.0.0.3/stream gives 401", "p": "top-secret"})
    log.removeHandler(node.log)
    outcome = node.do(remote.FetchLogs())
    assert outcome.attachment is not None
    text = gzip.decompress(outcome.attachment.content).decode()
    assert "camera.no_frame" in text
    assert "10.0.0.3" in text
    assert "hunter2" not in text
    assert "top-secret" not in text
    assert outcome.attachment.name == "yunfeng-20260405T040000Z.log.gz"
    assert outcome.facts["lines"] == 1
    assert hands_of(replace(node.reach, log=None), node.tried.append)[remote.FetchLogs].do(
        node.command(remote.FetchLogs())
    ).code == ("no-log")


def test_good_settings_start_the_node_anew_and_bad_ones_do_not(node: Node) -> None:
    node.config.write_text(SETTINGS.replace("azimuth_deg = 10.0", "azimuth_deg = 12.0"), encoding="utf-8")
    assert node.do(remote.Reload()).state is ReplyState.ACCEPTED
    assert node.reach.restart.is_set()
    assert not node.tried, "the model is the same"
    after = node.hands[remote.Reload].after_restart
    assert after is not None
    node.now = AT + timedelta(seconds=4)
    assert after(node.command(remote.Reload())).facts == {"since_issue_s": 4.0, "cameras": "north, played"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("azimuth_deg = 10.0", "azimuth_deg = 400.0", "azimuth_deg"),
        ('id = "yunfeng"', 'id = "other"', "out of reach"),
        ('password_env = "HANDS_MQTT"', 'password_env = "NOT_SET_AT_ALL"', "NOT_SET_AT_ALL"),
        ('password_env = "HANDS_MQTT"', 'tls = {ca_file = "/not/there.pem"}', "the old settings go on"),
        ("[outbox]", '[model]\nprecision = "float"\n[outbox]', "no such network"),
        (SETTINGS, "", "tower"),
    ],
)
def test_a_file_that_would_not_run_is_refused_with_the_reason(node: Node, old: str, new: str, says: str) -> None:
    def try_model(_: object) -> object:
        raise ModelError("model", "no such network")

    node.config.write_text(SETTINGS.replace(old, new), encoding="utf-8")
    outcome = hands_of(node.reach, try_model)[remote.Reload].do(node.command(remote.Reload()))
    assert (outcome.state, outcome.code) == (ReplyState.REFUSED, "bad-settings")
    assert says in outcome.text
    assert not node.reach.restart.is_set()


def test_a_node_without_a_file_cannot_reload(node: Node) -> None:
    without = hands_of(replace(node.reach, config=None), node.tried.append)
    assert without[remote.Reload].do(node.command(remote.Reload())).code == "no-file"


def test_a_picture_at_full_size_keeps_its_size_as_long_as_a_message_has_room() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3)).astype(np.uint8)
    jpeg = full_jpeg(noise)
    assert len(jpeg) <= 900_000
    calm = cv2.GaussianBlur(noise, (9, 9), 0)
    shown = cv2.imdecode(np.frombuffer(full_jpeg(calm), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (1080, 1920, 3)
