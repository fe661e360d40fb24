"""The thread of a turning camera, act by act, with a fake mount: what it hands on, and what it keeps back."""

from __future__ import annotations

import threading
import time

import pytest
from patrol_bench import START, Bench
from patrol_world import PANS, POSES

from firewatch.domain.ids import PoseId
from firewatch.errors import FrameUnavailableError, MountUnavailableError
from firewatch_edge.patrol import (
    Go,
    Look,
    LookFree,
    MountPosition,
    PatrolPose,
    Phase,
    Recognise,
)


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
