"""A node with a turning camera, in real time: the round, and each fault of its mount, on one device."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from onvif_device import OnvifDevice
from turning_camera import TurningCamera

from firewatch.domain.vision import SightingPhase
from firewatch.testing import FakePublisher
from firewatch_edge.config import load_settings
from firewatch_edge.health import Supervisor
from firewatch_edge.node import PatrolWorker, assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from firewatch.domain.node import CameraVitals
    from firewatch_edge.node import Node
    from firewatch_edge.patrol import PatrolReport

SETTINGS = """
[tower]
id = "a"
[model]
path = "{model}"
[outbox]
path = "{folder}/outbox.sqlite"
[[camera]]
id = "dome"
kind = "snapshot"
url = "{url}/snapshot.jpg"
period_s = 0.5
timeout_s = 3.0
username = "admin"
password_env = "CAMERA_DOME"
[camera.mount]
url = "{url}"
timeout_s = 1.0
[camera.patrol]
settle_s = 0.1
arrive_within_s = 6.0
dwell_every_s = 0.2
hold_s = 5.0
hold_every_s = 0.3
quiet_s = 3.0
[[camera.poses]]
id = "north"
azimuth_deg = 0.0
hfov_deg = 64.0
pan = 0.0
[[camera.poses]]
id = "east"
azimuth_deg = 90.0
hfov_deg = 64.0
preset = "East"
[[camera.poses]]
id = "west"
azimuth_deg = 270.0
hfov_deg = 64.0
pan = -0.5
"""


class Tower:
    """A running node, its camera and its device."""

    def __init__(self, node: Node, camera: TurningCamera, device: OnvifDevice, publisher: FakePublisher) -> None:
        self.node, self.camera, self.device, self.publisher = node, camera, device, publisher
        worker = node._workers[0]
        assert isinstance(worker, PatrolWorker)
        self.worker = worker

    @property
    def report(self) -> PatrolReport:
        return self.worker.report()

    @property
    def vitals(self) -> CameraVitals:
        return self.node.vitals().cameras[0]

    def wait_for(self, fact: Callable[[], bool], timeout_s: float = 90.0) -> float:
        started_s = time.monotonic()
        while not fact():
            assert time.monotonic() - started_s < timeout_s, self.report
            time.sleep(0.02)
        return time.monotonic() - started_s


@pytest.fixture
def tower(squares_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tower]:
    monkeypatch.setenv("CAMERA_DOME", "secret")
    camera, publisher, stop = TurningCamera(speed=2.0), FakePublisher(), threading.Event()
    with OnvifDevice(camera) as device:
        device.presets = {"East": (0.5, 0.0, 0.0)}
        path = tmp_path / "edge.toml"
        path.write_text(SETTINGS.format(model=squares_model, folder=tmp_path, url=device.url), encoding="utf-8")
        node = assemble(load_settings(path), publisher)
        thread = threading.Thread(target=node.run, args=(stop, Supervisor({})))
        thread.start()
        yield Tower(node, camera, device, publisher)
        stop.set()
        thread.join(30.0)
        assert not thread.is_alive()


def goes_round(tower: Tower) -> None:
    tower.wait_for(lambda: tower.report.rounds >= 2)
    assert tower.camera.sent[:6] == [0.0, 0.5, -0.5, 0.0, 0.5, -0.5]
    vitals = tower.vitals
    assert vitals.frames_scored >= 12
    assert vitals.patrol is not None
    assert vitals.patrol.cycle_s is not None
    assert vitals.patrol.blind == ()


def a_motor_that_sticks_is_told(tower: Tower) -> None:
    tower.camera.is_stuck = True
    tower.wait_for(lambda: bool(tower.report.blind))
    patrol = tower.vitals.patrol
    assert patrol is not None
    assert patrol.blind
    tower.camera.is_stuck = False
    tower.wait_for(lambda: not tower.report.blind)


def a_motor_that_lies_is_not_believed(tower: Tower) -> None:
    tower.camera.lies = True
    tower.wait_for(lambda: bool(tower.report.blind))
    tower.camera.lies = False
    tower.wait_for(lambda: not tower.report.blind)


def a_person_has_the_camera(tower: Tower) -> None:
    tower.wait_for(lambda: tower.report.phase == "dwelling")
    tower.camera.turn_by_hand(0.25)
    tower.wait_for(lambda: tower.report.phase == "manual", 10.0)
    sent, scored = len(tower.camera.sent), tower.vitals.frames_scored
    tower.camera.smoke_pans = [0.25]
    tower.wait_for(lambda: bool(tower.publisher.sightings) or len(tower.camera.sent) > sent)
    # It was judged where the person looks, and no move was sent meanwhile.
    opened = tower.publisher.sightings[0]
    assert (opened.pose_id, opened.calibration_id) == ("free", "a/dome/free")
    assert opened.bearing.azimuth_deg == pytest.approx(45.0, abs=12.0)
    assert opened.bearing.sigma_deg >= 2.0
    assert tower.vitals.frames_scored > scored
    tower.camera.smoke_pans = []
    tower.wait_for(lambda: len(tower.camera.sent) > sent)
    tower.wait_for(lambda: tower.publisher.sightings[-1].phase is SightingPhase.ENDED)


def a_command_keeps_the_camera(tower: Tower) -> None:
    tower.worker.take_over(600.0)
    tower.wait_for(lambda: tower.report.phase == "manual", 30.0)
    sent = len(tower.camera.sent)
    time.sleep(1.5)
    assert len(tower.camera.sent) == sent
    tower.worker.hand_back()
    tower.wait_for(lambda: len(tower.camera.sent) > sent, 30.0)


def a_silent_mount_leaves_the_eyes_open(tower: Tower) -> None:
    tower.wait_for(lambda: not tower.report.blind)
    tower.device.is_deaf = True
    tower.wait_for(lambda: tower.report.phase == "lost")
    scored = tower.vitals.frames_scored
    tower.wait_for(lambda: tower.vitals.frames_scored >= scored + 3)
    assert len(tower.report.blind) >= 2
    tower.device.is_deaf = False
    tower.wait_for(lambda: not tower.report.blind)


def a_candidate_holds_the_patrol(tower: Tower) -> None:
    told = len(tower.publisher.sightings)
    tower.camera.smoke_pans = [0.52]
    tower.wait_for(lambda: tower.report.phase == "holding")
    tower.wait_for(lambda: len(tower.publisher.sightings) > told)
    opened = tower.publisher.sightings[told]
    assert opened.pose_id == "east"
    assert opened.phase is SightingPhase.OPENED
    assert opened.bearing.azimuth_deg == pytest.approx(93.6, abs=6.0)
    tower.wait_for(lambda: tower.report.pose_id == "west")


@pytest.mark.slow
def test_a_tower_with_a_turning_camera_goes_its_round_and_hides_no_fault_of_it(tower: Tower) -> None:
    goes_round(tower)
    a_motor_that_sticks_is_told(tower)
    a_motor_that_lies_is_not_believed(tower)
    a_person_has_the_camera(tower)
    a_command_keeps_the_camera(tower)
    a_silent_mount_leaves_the_eyes_open(tower)
    a_candidate_holds_the_patrol(tower)
