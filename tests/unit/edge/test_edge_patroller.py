"""The thread of a turning camera, act by act, with a fake mount: what it hands on, and what it keeps back."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from patrol_world import PANS, POSES, FakeMount
from turning_camera import TurningCamera as Drawn

from firewatch.domain.ids import CameraId, PoseId
from firewatch.domain.optics import Calibration
from firewatch.errors import FrameUnavailableError, MountUnavailableError
from firewatch_edge.capture import Gate, pixel_frame
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Cadence, Inbox, Outcomes, PatrolWorker, PosedFrame, TurningCamera
from firewatch_edge.patrol import (
    Go,
    Look,
    LookFree,
    MountPosition,
    Patrol,
    PatrolPose,
    PatrolRules,
    Phase,
    Recognise,
    Standing,
)

if TYPE_CHECKING:
    from firewatch.domain.vision import Frame

DOME = CameraId("dome")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENSES = [Calibration(f"a/dome/{i}", azimuth, 0.0, 64.0, 0.5) for i, azimuth in enumerate((0.0, 90.0, 270.0))]
RULES = PatrolRules(settle_s=0.0, poll_s=0.001, dwell_every_s=0.0, hold_every_s=0.01, quiet_s=0.05)


class Bench:
    """A worker that is stepped by hand; its pictures follow the mount, and all that it hands on is judged clear."""

    def __init__(self, poses: list[PatrolPose] | None = None) -> None:
        self.mount, self.drawn = FakeMount(0.2), Drawn(speed=1e6)
        self.taken: list[PosedFrame] = []
        self.fails: FrameUnavailableError | None = None
        self.is_frozen = False
        self._frozen: Frame | None = None
        self._reads = 0
        outcomes = Outcomes()

        class Taking(Inbox):
            def put(inbox, camera_id: CameraId, frame: Frame) -> bool:  # noqa: ARG002, N805 - the bench is self
                assert isinstance(frame, PosedFrame)
                self.taken.append(frame)
                outcomes.tell(frame.stamp, Standing.CLEAR)
                return False

        self.monitor = CameraMonitor(DOME, 10.0, 0.0)
        self.worker = PatrolWorker(
            lambda: self, Gate(None), self.monitor, Taking([DOME]), Cadence(10.0, 1.0), lambda: START
        ).drive(TurningCamera(Patrol(RULES, poses or POSES), LENSES, 180.0, 90.0, "a/dome/free"), self.mount, outcomes)

    def read(self, timeout_s: float) -> Frame:
        assert timeout_s > 0.0
        if self.fails is not None:
            raise self.fails
        if self.is_frozen and self._frozen is not None:
            return self._frozen
        if self.mount.position is not None:
            self.drawn.turn_by_hand(self.mount.position.pan)
        self._reads += 1
        self._frozen = pixel_frame(self.drawn.picture(), START + timedelta(seconds=self._reads))
        return self._frozen

    def close(self) -> None:
        pass

    def step(self) -> None:
        time.sleep(min(0.02, self.worker._take_one(self)))

    def until(self, kind: type) -> None:
        deadline_s = time.monotonic() + 20.0
        while not isinstance(self.worker._act, kind):
            assert time.monotonic() < deadline_s
            self.step()


def test_frames_say_their_pose_in_the_order_of_the_round() -> None:
    bench = Bench()
    while len(bench.taken) < 6:
        bench.step()
    assert [frame.pose_id for frame in bench.taken] == ["north", "north", "east", "east", "west", "west"]
    assert all(frame.calibration is None for frame in bench.taken)
    vitals = bench.monitor.vitals(time.monotonic(), START).patrol
    assert vitals is not None
    assert vitals.pose_id in {"west", "north"}


def test_a_head_that_moves_while_the_frame_is_taken_gives_no_frame() -> None:
    bench = Bench()
    bench.until(Look)
    bench.mount.tells = [MountPosition(PANS[0]), MountPosition(0.1)]
    bench.step()
    assert bench.taken == []
    assert bench.worker.report().phase is Phase.MANUAL


def test_what_a_person_looks_at_has_one_calibration_as_long_as_the_head_stands() -> None:
    bench = Bench()
    bench.until(Look)
    bench.worker.take_over(60.0)
    bench.mount.position = MountPosition(0.25)
    bench.until(LookFree)
    bench.step()
    bench.mount.position = MountPosition(0.2501)
    bench.until(LookFree)
    bench.step()
    free = [frame for frame in bench.taken if frame.pose_id == "free"]
    assert len(free) == 2
    assert free[0].calibration is free[1].calibration
    assert free[0].calibration is not None
    assert free[0].calibration.azimuth_deg == pytest.approx(45.0)
    assert free[0].calibration.sigma_deg > 2.0


def test_a_mount_that_refuses_costs_no_frame_of_the_pose_that_is_seen() -> None:
    bench = Bench()
    while len(bench.taken) < 6:
        bench.step()
    bench.mount.refuses = MountUnavailableError("dome", "no answer within 5 s")
    seen = len(bench.taken)
    bench.until(Recognise)
    bench.step()
    assert bench.worker.report().phase is Phase.LOST
    assert len(bench.taken) == seen + 1
    shown = bench.taken[-1].pose_id
    assert bench.mount.position == next(pose.position for pose in POSES if pose.pose_id == shown)
    bench.mount.position = MountPosition(0.9)
    bench.until(Recognise)
    bench.step()
    # No pose shows this: it is not judged under a wrong bearing.
    assert len(bench.taken) == seen + 1


def test_a_camera_without_pictures_repeats_its_act_and_a_picture_that_was_seen_is_not_judged_again() -> None:
    bench = Bench()
    bench.until(Look)
    act = bench.worker._act
    bench.fails = FrameUnavailableError("dome", "no answer")
    for _ in range(3):
        with pytest.raises(FrameUnavailableError):
            bench.worker._take_one(bench)
    assert bench.worker._act is act
    bench.fails = None
    bench.step()
    assert len(bench.taken) == 1
    bench.is_frozen = True
    bench.step()
    bench.step()
    # The gate has seen it: repeated, and not judged.
    assert len(bench.taken) == 1
    assert bench.monitor.vitals(0.0, START).frames_repeated >= 1


def test_presets_are_recalled_and_their_places_learnt() -> None:
    bench = Bench([PatrolPose(PoseId("north"), None, "1"), *POSES[1:]])
    bench.mount.presets = {"1": MountPosition(0.0)}
    bench.until(Go)
    bench.step()
    assert bench.mount.sent == ["1"]
    assert bench.worker._state.targets[0] == MountPosition(0.0)


def test_a_command_overrules_a_move_that_was_about_to_be_sent() -> None:
    bench = Bench()
    bench.until(Go)
    bench.worker.take_over(60.0)
    for _ in range(6):
        bench.step()
    assert bench.mount.sent == []
    bench.worker.hand_back()
    bench.until(Go)
    bench.step()
    assert bench.mount.sent == [MountPosition(0.0)]


def test_the_thread_ends_and_lets_go_of_the_mount() -> None:
    bench = Bench()
    bench.worker.start()
    threading.Event().wait(0.05)
    bench.worker.stop()
    bench.worker.join(20.0)
    assert bench.mount.is_closed
