"""A turning camera on an errand: it looks along a bearing, stays its time, and goes back to its round."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from patrol_bench import DOME, LENSES, START, Bench

from firewatch.domain.geo import difference_deg
from firewatch.domain.ids import CommandId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.remote import Command, LookAt, ReplyState
from firewatch.domain.vision import ClockState
from firewatch.errors import MountUnavailableError
from firewatch_edge.config import FREE_POSE, load_settings
from firewatch_edge.health import MaintenanceFile
from firewatch_edge.node import HeldBack, Inbox
from firewatch_edge.node.errand import Errand, Glance
from firewatch_edge.node.hands import Outcome, Reach, ReachedCamera, hands_of
from firewatch_edge.patrol import Heading, Look, MountPosition, Phase

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.remote import Reply
    from firewatch.domain.vision import Evidence


def run(bench: Bench, errand: Errand) -> Glance | tuple[str, str]:
    bench.worker.send(errand)
    deadline_s = time.monotonic() + 20.0
    while not errand._done.is_set():
        assert time.monotonic() < deadline_s
        bench.step()
    return errand.wait(1.0)


def until_patrol(bench: Bench) -> None:
    deadline_s = time.monotonic() + 20.0
    while bench.worker.report().phase is not Phase.DWELLING:
        assert time.monotonic() < deadline_s, bench.worker.report()
        bench.step()


def test_it_turns_to_a_bearing_that_no_pose_has_in_its_middle_and_goes_back() -> None:
    bench = Bench()
    bench.until(Look)
    seen = run(bench, Errand(45.0, hold_s=0.3, give_up_s=20.0))
    assert isinstance(seen, Glance)
    assert bench.mount.sent[-1] == MountPosition(0.25)
    assert seen.pose_id == FREE_POSE
    assert seen.calibration.azimuth_deg == pytest.approx(45.0, abs=0.01)
    # The view is judged like any other: detection goes on at it.
    assert any(frame.pose_id == FREE_POSE for frame in bench.taken)
    assert bench.worker.report().phase is Phase.MANUAL
    until_patrol(bench)
    assert bench.worker._errand is None


def test_a_bearing_in_the_middle_of_a_pose_is_looked_at_in_that_pose() -> None:
    bench = Bench()
    bench.until(Look)
    seen = run(bench, Errand(80.0, hold_s=0.0, give_up_s=20.0))
    assert isinstance(seen, Glance)
    assert (seen.pose_id, seen.calibration) == ("east", LENSES[1])
    assert bench.mount.sent[-1] == MountPosition(0.5)


def test_it_stays_for_the_time_asked_and_not_longer() -> None:
    bench = Bench()
    bench.until(Look)
    run(bench, Errand(45.0, hold_s=0.5, give_up_s=20.0))
    seen_s = time.monotonic()
    while bench.worker._errand is not None:
        bench.step()
    stayed_s = time.monotonic() - seen_s
    assert stayed_s >= 0.45
    until_patrol(bench)


def test_who_drives_the_camera_has_it_until_he_is_quiet() -> None:
    bench = Bench()
    bench.until(Look)
    bench.mount.tells = [MountPosition(0.1)]
    bench.step()
    assert bench.worker.report().phase is Phase.MANUAL
    assert run(bench, Errand(45.0, hold_s=0.0, give_up_s=20.0))[0] == "driven"  # type: ignore[index] # no glance


def test_one_that_is_turned_by_hand_during_the_errand_is_not_taken_back() -> None:
    bench = Bench()
    bench.until(Look)
    run(bench, Errand(45.0, hold_s=0.2, give_up_s=20.0))
    bench.mount.position = MountPosition(0.4)
    sent = len(bench.mount.sent)
    while bench.worker._errand is not None:
        bench.step()
    assert bench.worker._state.ordered_until_s is None
    assert len(bench.mount.sent) == sent
    until_patrol(bench)


def test_a_candidate_is_looked_at_first_and_a_wait_that_is_too_long_ends() -> None:
    bench = Bench()
    bench.until(Look)
    errand = Errand(45.0, hold_s=0.0, give_up_s=0.05)
    bench.worker.send(errand)
    bench.worker._state = replace(bench.worker._state, phase=Phase.HOLDING)
    bench.worker._obey()
    assert bench.worker._errand is None
    assert not errand._done.is_set()
    time.sleep(0.06)
    bench.worker._state = replace(bench.worker._state, phase=Phase.DWELLING)
    bench.worker._obey()
    assert errand.wait(0.0) == ("not-arrived", "the camera was busy for too long")


def test_a_candidate_in_the_view_keeps_the_camera_there() -> None:
    bench = Bench()
    bench.until(Look)
    run(bench, Errand(45.0, hold_s=0.0, give_up_s=20.0))
    worker = bench.worker
    worker._state = replace(worker._state, held_free_from_s=time.monotonic())
    worker._obey()
    assert worker._errand is not None
    worker._state = replace(worker._state, held_free_from_s=None)
    worker._obey()
    assert worker._errand is None


def test_what_cannot_be_reached_says_why() -> None:
    bench = Bench()
    bench.until(Look)
    bench.mount.refuses = MountUnavailableError("mount", "it does not answer")
    errand = Errand(45.0, hold_s=0.0, give_up_s=20.0)
    bench.worker.send(errand)
    bench.worker._obey()
    assert errand.wait(0.0) == ("mount", "it does not answer")
    bench.mount.refuses = None
    unseen = Errand(45.0, hold_s=0.0, give_up_s=0.05)
    bench.worker.send(unseen)
    bench.worker._obey()
    time.sleep(0.06)
    bench.worker._obey()
    code, _ = unseen.wait(0.0)  # type: ignore[misc] # no glance
    assert code == "not-arrived"
    assert Errand(1.0, 0.0, 1.0).wait(0.0) == ("not-arrived", "the camera was not there within 0 s")


def test_a_mount_that_tells_no_place_runs_no_errand() -> None:
    bench = Bench()
    bench.until(Look)
    bench.worker._state = replace(bench.worker._state, targets=(None, None, None))
    errand = Errand(45.0, hold_s=0.0, give_up_s=20.0)
    bench.worker.send(errand)
    bench.worker._obey()
    code, _ = errand.wait(0.0)  # type: ignore[misc] # no glance
    assert code == "not-surveyed"


@pytest.mark.parametrize(
    ("azimuth_deg", "pan"), [(0.0, 0.0), (15.0, 0.0), (40.0, 40.0 / 180.0), (181.0, -179.0 / 180.0), (359.0, 0.0)]
)
def test_a_heading_finds_the_place_for_an_azimuth(azimuth_deg: float, pan: float) -> None:
    heading = Heading(180.0, 90.0, [(MountPosition(0.0, 0.1, 0.2), Calibration("c", 0.0, 0.0, 64.0, 0.5))])
    position = heading.position_at(azimuth_deg)
    assert position is not None
    assert (position.pan, position.tilt, position.zoom) == (pytest.approx(pan), 0.1, 0.2)
    if abs(difference_deg(azimuth_deg, 0.0)) > 16.0:
        assert heading.calibration_at(position, "x").azimuth_deg == pytest.approx(azimuth_deg)


def test_a_head_that_does_not_turn_all_round_says_where_it_does_not() -> None:
    heading = Heading(80.0, 90.0, [(MountPosition(0.0), Calibration("c", 180.0, 0.0, 40.0, 0.5))])
    assert heading.position_at(255.0) == MountPosition(75.0 / 80.0)
    assert heading.position_at(0.0) is None
    bench = Bench()
    bench.until(Look)
    bench.worker._camera = replace(bench.worker._camera, deg_per_pan=80.0)
    errand = Errand(180.0, hold_s=0.0, give_up_s=20.0)
    bench.worker.send(errand)
    bench.worker._obey()
    code, _ = errand.wait(0.0)  # type: ignore[misc] # no glance
    assert code == "out-of-range"


SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "dome"
kind = "snapshot"
url = "http://127.0.0.1:1/"
[camera.mount]
url = "http://127.0.0.1:1/"
"""
POSE = '[[camera.poses]]\nid = "{id}"\nazimuth_deg = {azimuth_deg}\nhfov_deg = 64.0\npan = {pan}\n'


class Taker:
    def __init__(self) -> None:
        self.pictures: list[Evidence] = []

    def reply(self, reply: Reply) -> None: ...

    def evidence(self, evidence: Evidence) -> None:
        self.pictures.append(evidence)

    def live(self, picture: Evidence) -> bool:
        return bool(picture)

    def clock_state(self) -> ClockState:
        return ClockState.KEPT


def look(bench: Bench, folder: Path, action: LookAt) -> tuple[Outcome, Taker]:
    """Have the hand look along a bearing while the bench is stepped."""
    rounds = zip(("north", "east", "west"), (0.0, 90.0, 270.0), (0.0, 0.5, -0.5), strict=True)
    poses = "".join(POSE.format(id=name, azimuth_deg=azimuth, pan=pan) for name, azimuth, pan in rounds)
    (folder / "edge.toml").write_text(SETTINGS + poses, encoding="utf-8")
    settings, taker, outcomes = load_settings(folder / "edge.toml"), Taker(), []
    cameras = {DOME: ReachedCamera(settings.camera[0], bench.worker, lambda _: bench)}
    pauses = MaintenanceFile(folder / "paused.json")
    reach = Reach(settings, taker, cameras, Inbox([DOME]), HeldBack(), pauses, lambda: START)
    command = Command(
        command_id=CommandId(make_ulid(START, bytes(10))),
        tower_id=TowerId("a"),
        issued_at=START,
        expires_at=START + timedelta(minutes=5),
        issued_by="",
        action=action,
    )
    hand = hands_of(reach, lambda _: None)[LookAt]
    thread = threading.Thread(target=lambda: outcomes.append(hand.do(command)), daemon=True)
    thread.start()
    ends_s = time.monotonic() + 30.0
    while thread.is_alive():
        assert time.monotonic() < ends_s
        bench.step()
    return outcomes[0], taker


def test_the_hand_sends_what_the_turned_camera_saw(tmp_path: Path) -> None:
    bench = Bench()
    bench.until(Look)
    outcome, taker = look(bench, tmp_path, LookAt(bearing_deg=45.0, hold_s=0.1))
    (picture,) = taker.pictures
    assert (outcome.state, outcome.evidence_ids) == (ReplyState.DONE, (picture.evidence_id,))
    facts = outcome.facts
    assert (facts["is_fixed"], facts["pose_id"], facts["azimuth_deg"], facts["aside_deg"]) == (False, "free", 45.0, 0.0)


def test_the_hand_says_why_the_camera_did_not_turn(tmp_path: Path) -> None:
    bench = Bench()
    bench.until(Look)
    bench.mount.refuses = MountUnavailableError("mount", "it does not answer")
    outcome, _ = look(bench, tmp_path, LookAt(bearing_deg=45.0))
    assert (outcome.state, outcome.code) == (ReplyState.FAILED, "mount")
    driven = Bench()
    driven.until(Look)
    driven.mount.tells = [MountPosition(0.1)]
    driven.step()
    outcome, taker = look(driven, tmp_path, LookAt(bearing_deg=45.0, camera_id=DOME))
    assert (outcome.state, outcome.code, taker.pictures) == (ReplyState.REFUSED, "driven", [])
