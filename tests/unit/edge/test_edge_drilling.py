"""A drill beside the watch: what is its smoke is marked, it ends, and the real watch does not notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from drill_bench import (
    ELSEWHERE,
    NORTH,
    START,
    VIEW,
    Held,
    Real,
    a_drill,
    a_frame,
    a_sighting,
    its_smoke,
)

from firewatch.domain.ids import CameraId
from firewatch.domain.vision import EvidenceKind, Frame, SightingPhase
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules
from firewatch_edge.detect import Eyes
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Handover, Inbox, OpenSightings, Oversight, Pipeline, Watch, Watcher
from firewatch_edge.node.drill_file import DrillFile, steady_now

if TYPE_CHECKING:
    from pathlib import Path


def test_what_the_painted_smoke_explains_is_marked_and_the_rest_left_to_the_real_watch(tmp_path: Path) -> None:
    smoke = its_smoke()
    grows = a_sighting(1, ELSEWHERE, SightingPhase.GROWING)
    held = Held(tmp_path, (a_sighting(1, smoke), a_sighting(2, ELSEWHERE)), (grows,))
    drilled = held.look()
    assert [(each.sighting_id, each.is_exercise) for each in drilled.changes] == [(a_sighting(1).sighting_id, True)]
    assert held.twin.seen[0].stamp.sha256 != a_frame().stamp.sha256
    # Once the drill's, it is told to its end as such, even where it drifts out of the outline.
    assert [each.is_exercise for each in held.look(1).changes] == [True]


def test_what_comes_to_lie_in_the_smoke_later_is_the_drills_from_then_on(tmp_path: Path) -> None:
    opened, grown = a_sighting(1, ELSEWHERE), a_sighting(1, its_smoke(), SightingPhase.GROWING)
    held = Held(tmp_path, (opened,), (grown,))
    assert held.look().changes == ()
    assert [each.is_exercise for each in held.look(1).changes] == [True]


def test_after_the_end_its_sightings_end_though_no_frame_comes(tmp_path: Path) -> None:
    held = Held(tmp_path, (a_sighting(1, its_smoke()), a_sighting(2, ELSEWHERE)))
    held.look()
    assert held.drills.over() == ()
    held.at_s = 601.0
    (ended,) = held.drills.over()
    assert (ended.phase, ended.is_exercise) == (SightingPhase.ENDED, True)
    assert held.twin.is_ended
    assert held.drills.over() == ()
    assert held.look(1) is None


@pytest.mark.parametrize("how", ["taken away", "replaced"])
def test_it_ends_by_command_and_before_another_begins(tmp_path: Path, how: str) -> None:
    held = Held(tmp_path, (a_sighting(1, its_smoke()),))
    held.look()
    if how == "replaced":
        held.file.begin(a_drill(2))
        assert held.look(1) is None
    else:
        held.file.end()
    assert len(held.drills.over()) == 1


def test_a_drill_elsewhere_concerns_no_other_pose(tmp_path: Path) -> None:
    held = Held(tmp_path, drill=a_drill(camera=CameraId("south")))
    assert held.look() is None
    assert held.twin.seen == []
    assert held.drills.close() == ()


def test_a_drill_that_fails_is_given_up_and_the_watch_goes_on(tmp_path: Path) -> None:
    held = Held(tmp_path, *[RuntimeError("no")] * 3)
    assert [held.look(number) for number in range(4)] == [None] * 4
    assert len(held.twin.seen) == 3
    assert len(held.drills.over()) == 0
    assert held.twin.is_ended


def test_in_the_dark_nothing_is_painted_and_nothing_asked(tmp_path: Path) -> None:
    held = Held(tmp_path, ())
    dark = a_frame(image=np.full((360, 640, 3), 4, np.uint8))
    assert held.drills.look(held.real, dark, None) is None
    assert held.twin.seen == []
    assert held.look(1) is not None


@pytest.fixture(scope="module")
def squares_eyes(squares_model: Path) -> Eyes:
    return Eyes.load(squares_model, 1, is_temporal=False)


def square(number: int, *, smoke: bool) -> Frame:
    image = np.full((192, 256, 3), 60 + number, np.uint8)
    if smoke:
        image[64:96, 96:128] = 250
    return pixel_frame(image, START + timedelta(seconds=10 * number))


def test_the_real_watch_reports_what_is_real_and_a_drill_beside_it_changes_nothing(
    tmp_path: Path, squares_eyes: Eyes
) -> None:
    """Bright squares are smoke to this detector, and so is the painted smoke."""
    published = []
    for name in ("with", "without"):
        publisher = FakePublisher()
        held = Held(tmp_path)
        watcher = Watcher(squares_eyes, Confirmer(Rules(0.5), VIEW, np.random.default_rng(3)))
        monitor = CameraMonitor(NORTH, 10.0, 0.0)
        drills = held.drills if name == "with" else None
        opened = OpenSightings()
        pipeline = Pipeline(
            {NORTH: Watch(watcher, monitor)},
            Inbox([NORTH]),
            Handover(publisher),
            np.random.default_rng(4),
            opened,
            drills=drills,
        )
        for number in range(8):
            pipeline.look(NORTH, square(number, smoke=number > 2))
        real = [each for each in publisher.sightings if not each.is_exercise]
        published.append([(each.phase, each.score, each.looks[-1].box) for each in real])
        drilled = {each.sighting_id for each in publisher.sightings if each.is_exercise}
        assert bool(drilled) is (name == "with")
        assert {each.sighting_id for each in publisher.pictures if each.is_exercise} == drilled
        assert {each.sighting_id for each in opened.exercises()} == drilled
        assert drilled.isdisjoint(each.sighting_id for each in real)
    assert published[0] == published[1] != []


def test_a_twin_knows_the_past_and_follows_nothing(squares_eyes: Eyes) -> None:
    watcher = Watcher(squares_eyes, Confirmer(Rules(0.5), VIEW, np.random.default_rng(3)))
    for number in range(6):
        watcher.look(square(number, smoke=True))
    twin = watcher.twin()
    assert watcher.state.is_confirmed
    assert twin.state == ConfirmState()
    before = watcher.state
    twin.look(square(7, smoke=False))
    assert watcher.state == before


def test_pictures_of_a_drill_are_marked_in_message_and_picture(tmp_path: Path, squares_eyes: Eyes) -> None:
    publisher = FakePublisher()
    held = Held(tmp_path, (a_sighting(1, its_smoke()),))
    watcher: Any = Real(held.twin)
    watcher.state = ConfirmState()
    watcher.eyes = squares_eyes
    calm = Watcher(squares_eyes, Confirmer(Rules(0.5), VIEW, np.random.default_rng(3)))
    calm.twin = held.real.twin  # type: ignore[method-assign] - the drill's own watcher is the test's
    pipeline = Pipeline(
        {NORTH: Watch(calm, CameraMonitor(NORTH, 10.0, 0.0))},
        Inbox([NORTH]),
        Handover(publisher),
        np.random.default_rng(4),
        drills=held.drills,
    )
    pipeline.look(NORTH, a_frame())
    (sighting,) = publisher.sightings
    assert sighting.is_exercise
    assert [each.kind for each in publisher.pictures] == [EvidenceKind.CROP, EvidenceKind.FRAME]
    for picture in publisher.pictures:
        assert picture.is_exercise
        image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        blue, green, red = image[4, image.shape[1] - 8].astype(int)
        assert blue > red > green + 40


def test_vitals_say_at_which_camera_and_until_when(tmp_path: Path) -> None:
    file = DrillFile(tmp_path / "drill.json")
    monitors = [CameraMonitor(NORTH, 10.0, 0.0), CameraMonitor(CameraId("south"), 10.0, 0.0)]
    oversight = Oversight(monitors, lambda: START, drill=file)
    assert [each.exercise_until for each in oversight.cameras(1.0)] == [None, None]
    file.begin(replace(a_drill(), start=steady_now()))
    assert [each.exercise_until for each in oversight.cameras(1.0)] == [START + timedelta(minutes=10), None]


def test_the_sightings_of_an_earlier_runs_drill_are_known_apart(tmp_path: Path) -> None:
    path = tmp_path / "open.json"
    OpenSightings(path).note([replace(a_sighting(1), is_exercise=True), a_sighting(2)])
    again = OpenSightings(path)
    assert [each.sighting_id for each in again.exercises()] == [a_sighting(1).sighting_id]
