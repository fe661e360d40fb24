"""A drill by command from afar, and what becomes of one over a restart of the node."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firewatch.domain import remote
from firewatch.domain.geo import Bearing
from firewatch.domain.ids import CameraId, CommandId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.remote import ReplyState
from firewatch.domain.vision import Box, FrameStamp, Look, Sighting, SightingPhase
from firewatch.errors import StoreError
from firewatch.testing import FakePublisher
from firewatch_edge.config import load_settings
from firewatch_edge.node import OpenSightings, assemble
from firewatch_edge.node.drill_file import steady_now
from firewatch_edge.node.drill_orders import DrillOrders
from firewatch_edge.node.hands import Outcome, Reach, hands_of
from firewatch_edge.node.looking import beside_outbox

AT = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
NORTH = CameraId("north")
SETTINGS = """
[tower]
id = "yunfeng"
[outbox]
path = "outbox.sqlite"
[model]
path = "{model}"
threads = 1
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:1/"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
"""


class Tower:
    """What the hands of a drill reach, and no more of a node."""

    def __init__(self, model: Path) -> None:
        Path("edge.toml").write_text(SETTINGS.format(model=model), encoding="utf-8")
        self.settings = load_settings(Path("edge.toml"))
        nothing: Any = None
        cameras: Any = {NORTH: nothing}
        reach = Reach(self.settings, nothing, cameras, nothing, nothing, nothing, lambda: AT)
        self.hands = hands_of(reach, lambda _: None)

    def do(self, action: remote.Action) -> Outcome:
        command = remote.Command(
            command_id=CommandId(make_ulid(AT, bytes(10))),
            tower_id=TowerId("yunfeng"),
            issued_at=AT,
            expires_at=AT + timedelta(minutes=5),
            issued_by="Liu",
            action=action,
        )
        return self.hands[type(action)].do(command)


@pytest.fixture
def tower(squares_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tower:
    monkeypatch.chdir(tmp_path)
    return Tower(squares_model)


def test_a_drill_is_begun_and_ended_from_afar(tower: Tower) -> None:
    begun = tower.do(remote.Exercise(camera_id=NORTH, minutes=5.0, azimuth_deg=20.0))
    assert begun.state is ReplyState.DONE
    assert begun.facts["until"] == (AT + timedelta(minutes=5)).isoformat()
    present = DrillOrders(tower.settings).present(AT, steady_now())
    assert present is not None
    assert (present.camera_id, present.pose_id, present.aim.azimuth_deg) == (NORTH, "main", 20.0)
    assert present.drill_id == begun.facts["drill_id"]
    ended = tower.do(remote.EndExercise())
    assert ended.facts == {"camera_id": NORTH, "drill_id": present.drill_id, "was_held": True}
    assert DrillOrders(tower.settings).present(AT, steady_now()) is None
    assert tower.do(remote.EndExercise()).code == "no-exercise"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (remote.Exercise(camera_id=NORTH, azimuth_deg=200.0), "from 341 to 39"),
        (remote.Exercise(camera_id=NORTH, pose_id=PoseId("east")), "one of main"),
        (remote.Exercise(camera_id=CameraId("south")), "it has north"),
    ],
)
def test_what_cannot_be_held_is_refused_with_the_reason(tower: Tower, action: remote.Exercise, why: str) -> None:
    outcome = tower.do(action)
    assert outcome.state is ReplyState.REFUSED
    assert why in outcome.text
    assert DrillOrders(tower.settings).present(AT, steady_now()) is None


def test_a_second_drill_waits_for_the_end_of_the_first(tower: Tower) -> None:
    assert tower.do(remote.Exercise(camera_id=NORTH)).state is ReplyState.DONE
    again = tower.do(remote.Exercise(camera_id=NORTH))
    assert again.state is ReplyState.REFUSED
    assert "one at a time" in again.text


def test_a_disk_that_refuses_is_said(tower: Tower) -> None:
    beside_outbox(tower.settings, "drill.json").mkdir()
    with pytest.raises(StoreError, match="cannot be kept"):
        tower.do(remote.Exercise(camera_id=NORTH))
    with pytest.raises(StoreError, match="end of the exercise"):
        tower.do(remote.EndExercise())


def _open(number: int, *, is_exercise: bool) -> Sighting:
    stamp = FrameStamp(AT, "ab" * 32, 640, 480)
    return Sighting(
        sighting_id=SightingId(make_ulid(AT, bytes([number] * 10))),
        revision=3,
        phase=SightingPhase.GROWING,
        tower_id=TowerId("yunfeng"),
        camera_id=NORTH,
        pose_id=PoseId("main"),
        calibration_id="yunfeng/north/main",
        first_seen_at=AT,
        observed_at=AT,
        looks=(Look(stamp, Box(1, 1, 9, 9), 0.9),),
        bearing=Bearing(10.0, 0.5),
        score=0.9,
        frames_hit=3,
        frames_seen=4,
        model_sha256="ab" * 32,
        is_exercise=is_exercise,
    )


def test_what_a_killed_node_left_of_a_drill_is_ended_at_its_next_start_and_the_real_goes_on(tower: Tower) -> None:
    kept = beside_outbox(tower.settings, "open.json")
    OpenSightings(kept).note([_open(1, is_exercise=True), _open(2, is_exercise=False)])
    publisher = FakePublisher()
    assemble(tower.settings, publisher)
    (ended,) = publisher.sightings
    drilled = _open(1, is_exercise=True)
    assert ended == replace(drilled, phase=SightingPhase.ENDED, revision=4)
    assert [each.is_exercise for each in OpenSightings(kept)._open.values()] == [False]
