"""Frames that say their pose: each goes to its watcher, and what came of it goes back to the patrol."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Detections, SightingPhase
from firewatch.errors import InvalidValue
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint
from firewatch_edge.detect import Eyes, ViewMemory
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Handover, Inbox, Outcomes, Pipeline, PosedFrame, TurningWatch, Watcher
from firewatch_edge.node.patrol_assembly import frames_remembered
from firewatch_edge.node.patrol_log import PatrolLog
from firewatch_edge.patrol import PatrolReport, Phase, Standing, View

if TYPE_CHECKING:
    from pathlib import Path

DOME = CameraId("dome")
NORTH, EAST, FREE = PoseId("north"), PoseId("east"), PoseId("free")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


def lens(pose: str, azimuth_deg: float) -> Calibration:
    return Calibration(f"a/dome/{pose}", azimuth_deg, 0.0, 60.0, 0.5)


def frame(
    number: int, pose: PoseId = NORTH, calibration: Calibration | None = None, *, smoke: bool = False
) -> PosedFrame:
    image = np.full((192, 256, 3), 40 + number, np.uint8)
    if smoke:
        image[64:96, 96:128] = 250
    plain = pixel_frame(image, START + timedelta(seconds=10 * number))
    return PosedFrame(plain.stamp, plain.image, pose_id=pose, calibration=calibration)


class Dome:
    """A turning camera's watchers with their pipeline."""

    def __init__(self, model: Path) -> None:
        self.eyes = Eyes.load(model, threads=1)
        self.outcomes = Outcomes()
        self.publisher = FakePublisher()
        watchers = {NORTH: self.watcher(NORTH, lens("north", 0.0)), EAST: self.watcher(EAST, lens("east", 90.0))}
        monitor = CameraMonitor(DOME, 10.0, 0.0)
        self.watch = TurningWatch(watchers, lambda seen: self.watcher(FREE, seen), monitor, self.outcomes)
        self.pipeline = Pipeline({DOME: self.watch}, Inbox([DOME]), Handover(self.publisher), np.random.default_rng(1))

    def watcher(self, pose: PoseId, calibration: Calibration) -> Watcher:
        view = Viewpoint(TowerId("a"), DOME, pose, calibration, "f" * 64)
        return Watcher(self.eyes, Confirmer(Rules(0.5), view, np.random.default_rng(0)), memory=ViewMemory(3, 3600.0))

    def look(self, posed: PosedFrame) -> Standing:
        self.pipeline.look(DOME, posed)
        return self.outcomes.wait(posed.stamp, 0.0)


def test_each_pose_has_its_own_state_and_bearing(squares_model: Path) -> None:
    dome = Dome(squares_model)
    standings = [dome.look(frame(number, NORTH, smoke=True)) for number in range(2)]
    assert standings == [Standing.CANDIDATE, Standing.CANDIDATE]
    assert dome.look(frame(2, EAST)) is Standing.CLEAR
    assert dome.look(frame(3, NORTH, smoke=True)) is Standing.CONFIRMED
    opened = dome.publisher.sightings[0]
    assert (opened.pose_id, opened.calibration_id) == ("north", "a/dome/north")
    assert opened.bearing.azimuth_deg == pytest.approx(355.0, abs=10.0)


def test_a_candidate_that_three_frames_do_not_show_is_dismissed(squares_model: Path) -> None:
    dome = Dome(squares_model)
    seen = [dome.look(frame(number, smoke=number == 0)) for number in range(4)]
    assert seen == [Standing.CANDIDATE, Standing.CANDIDATE, Standing.CANDIDATE, Standing.CLEAR]


def test_what_a_person_looks_at_is_judged_and_ends_when_the_view_is_another(squares_model: Path) -> None:
    dome = Dome(squares_model)
    free = Calibration("a/dome/free", 33.0, 0.0, 60.0, 3.0)
    for number in range(3):
        dome.look(frame(number, FREE, free, smoke=True))
    opened = dome.publisher.sightings[0]
    assert (opened.pose_id, opened.calibration_id) == ("free", "a/dome/free")
    assert opened.bearing.sigma_deg > 3.0
    dome.look(frame(4, FREE, Calibration("a/dome/free", 50.0, 0.0, 60.0, 3.0)))
    assert [one.phase for one in dome.publisher.sightings] == [SightingPhase.OPENED, SightingPhase.ENDED]
    dome.look(frame(5, NORTH))
    assert len(dome.publisher.sightings) == 2


def test_of_a_paused_camera_nothing_is_judged_and_its_round_goes_on(squares_model: Path) -> None:
    dome = Dome(squares_model)
    paused = [True]
    inbox = Inbox([DOME])
    pipeline = Pipeline(
        {DOME: dome.watch},
        inbox,
        Handover(dome.publisher),
        np.random.default_rng(1),
        is_paused=lambda camera_id: camera_id == DOME and paused[0],
    )
    for number in range(4):
        posed = frame(number, NORTH, smoke=True)
        inbox.put(DOME, posed)
        pipeline._turn()
        assert dome.outcomes.wait(posed.stamp, 0.0) is Standing.CLEAR
    assert dome.watch.monitor.vitals(1.0, START).frames_scored == 0
    assert dome.publisher.sightings == []
    paused[0] = False
    for number in range(4, 8):
        inbox.put(DOME, frame(number, NORTH, smoke=True))
        pipeline._turn()
    assert dome.watch.monitor.vitals(1.0, START).frames_scored == 4
    assert len(dome.publisher.sightings) >= 1


def test_a_free_view_ends_also_while_the_camera_is_paused(squares_model: Path) -> None:
    dome = Dome(squares_model)
    free = Calibration("a/dome/free", 33.0, 0.0, 60.0, 3.0)
    for number in range(3):
        dome.look(frame(number, FREE, free, smoke=True))
    dome.pipeline._is_paused = lambda _: True
    dome.pipeline._look(DOME, frame(4, NORTH))
    assert [one.phase for one in dome.publisher.sightings] == [SightingPhase.OPENED, SightingPhase.ENDED]


def test_a_frame_without_a_pose_is_refused(squares_model: Path) -> None:
    with pytest.raises(InvalidValue, match="says its pose"):
        Dome(squares_model).watch.turn_to(pixel_frame(np.zeros((8, 8, 3), np.uint8), START))


def test_the_patrol_waits_for_its_frame_and_not_for_ever() -> None:
    outcomes, stamp = Outcomes(), frame(1).stamp
    assert outcomes.wait(stamp, 0.01) is Standing.UNJUDGED
    outcomes.tell(frame(2).stamp, Standing.CLEAR)
    assert outcomes.wait(stamp, 0.01) is Standing.UNJUDGED
    threading.Timer(0.05, outcomes.tell, (stamp, Standing.CANDIDATE)).start()
    assert outcomes.wait(stamp, 20.0) is Standing.CANDIDATE


def test_a_sighting_outlives_a_round_in_which_one_frame_missed_it() -> None:
    view = Viewpoint(TowerId("a"), DOME, NORTH, lens("north", 0.0), "f" * 64)
    confirmer = Confirmer(Rules(0.5, least_misses=3), view, np.random.default_rng(0))
    box = Detections(np.array([[10.0, 10.0, 50.0, 50.0]], np.float32), np.array([0.9], np.float32))
    state, told = ConfirmState(), []
    for number, found in enumerate([box] * 3 + [Detections.none()] * 3):
        # After the third frame the camera goes its round: half an hour a frame.
        at = START + timedelta(seconds=10 * number + max(0, number - 2) * 1800)
        stamp = frame(number).stamp
        stamp = type(stamp)(at, stamp.sha256, 256, 192)
        state, changes = confirmer.step(state, stamp, found)
        told.append([change.phase for change in changes])
    assert told == [[], [], [SightingPhase.OPENED], [], [], [SightingPhase.ENDED]]


def test_the_past_of_many_poses_stays_small_and_keeps_first_and_newest() -> None:
    rng = np.random.default_rng(3)
    memory = ViewMemory(3, 3600.0)
    image = rng.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    for number in range(20):
        memory.look_back(image, 120.0 * number)
    assert [kept.at_s for kept in memory._kept][0::2] == [0.0, 2280.0]
    assert len(memory._kept) == 3
    memory.look_back(image, 3700.0)
    assert memory._kept[0].at_s > 0.0
    with pytest.raises(InvalidValue, match="remembered frames"):
        ViewMemory(2)


def test_the_more_poses_the_fewer_frames_each_remembers() -> None:
    assert [frames_remembered(poses) for poses in (1, 3, 9, 24)] == [27, 9, 3, 3]


def test_each_change_of_a_patrol_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log = PatrolLog(DOME)

    def tell(phase: Phase, blind: tuple[PoseId, ...] = (), cycle_s: float | None = None, rounds: int = 0) -> None:
        is_late = cycle_s is not None and cycle_s > 1800.0
        log.tell(PatrolReport(phase, NORTH, cycle_s, is_late, blind, rounds))

    tell(Phase.DWELLING)
    tell(Phase.MANUAL)
    tell(Phase.MANUAL)
    tell(Phase.TURNING)
    log.refused("no answer")
    tell(Phase.LOST, (EAST,))
    tell(Phase.LOST, (EAST,))
    tell(Phase.DWELLING, (), 1900.0, 1)
    tell(Phase.DWELLING, (), 1900.0, 1)
    log.viewed(NORTH, View.ANOTHER, None)
    log.azimuths(40.0)
    log.azimuths(40.0)
    told = ["patrol.person_drives", "patrol.goes_on", "mount.refused", "patrol.pose_blind", "mount.lost"]
    told += ["patrol.pose_seen", "mount.back", "patrol.round_over", "patrol.late"]
    told += ["patrol.view", "patrol.azimuths_contradict"]
    assert caplog.messages == told
