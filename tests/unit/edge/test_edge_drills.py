"""Drills: kept with an end that no clock prolongs, painted into a copy, marked, and no burden to the watch."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from firewatch.domain.geo import Bearing
from firewatch.domain.ids import CameraId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, EvidenceKind, Frame, Look, Sighting, SightingPhase
from firewatch.errors import InvalidValue
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint
from firewatch_edge.detect import Eyes
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Handover, Inbox, OpenSightings, Oversight, Pipeline, Watch, Watcher, crop_jpeg
from firewatch_edge.node.drill_file import Aim, Drill, DrillFile, Moment, steady_now
from firewatch_edge.node.drill_picture import SmokePainter, require_in_view
from firewatch_edge.node.drilling import Drills, explains
from firewatch_edge.node.exercise_mark import marked

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NORTH, MAIN = CameraId("north"), PoseId("main")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENS = Calibration("a/north/main", 90.0, 0.0, 60.0, 0.3)
VIEW = Viewpoint(TowerId("a"), NORTH, MAIN, LENS, "0" * 64)
BEGUN = Moment("this-boot", 1000.0)


def a_drill(number: int = 1, minutes: float = 10.0, aim: Aim | None = None, camera: CameraId = NORTH) -> Drill:
    ulid = make_ulid(START, bytes([number] * 10))
    return Drill(ulid, camera, MAIN, START, BEGUN, minutes, aim or Aim(distance_m=2000.0))


def hills(width: int = 640, height: int = 360, level: int = 1) -> npt.NDArray[np.uint8]:
    """Return a bright sky over dark ground with some grain: no photograph, and nothing burns."""
    grain = np.random.default_rng(level).integers(-4, 5, (height, width, 3))
    image = np.full((height, width, 3), (70, 90, 60), np.int64)
    image[: height // 2] = (225, 205, 190)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def a_frame(number: int = 0, image: npt.NDArray[np.uint8] | None = None) -> Frame:
    return pixel_frame(hills(level=number) if image is None else image, START + timedelta(seconds=10 * number))


@pytest.mark.parametrize(
    ("at_s", "boot", "steady_s", "holds"),
    [
        (0.0, "this-boot", 0.0, True),
        (599.0, "this-boot", 599.0, True),
        (601.0, "this-boot", 601.0, False),
        (-7200.0, "this-boot", 300.0, True),  # the wall clock was set back: the other one still counts
        (-7200.0, "this-boot", 601.0, False),
        (900.0, "this-boot", 10.0, False),  # set on past the end: it is over, rather too early than too late
        (60.0, "another-boot", 60.0, False),  # the computer was switched off and on
        (60.0, "this-boot", -1.0, False),
    ],
)
def test_a_drill_never_outlives_its_end_whatever_the_clocks_do(
    at_s: float, boot: str, steady_s: float, *, holds: bool
) -> None:
    drill = a_drill()
    assert drill.holds(START + timedelta(seconds=at_s), Moment(boot, BEGUN.at_s + steady_s)) is holds


@pytest.mark.parametrize("minutes", [0.0, -1.0, 30.5, float("nan")])
def test_no_drill_is_longer_than_half_an_hour(minutes: float) -> None:
    with pytest.raises(InvalidValue, match="at most 30"):
        a_drill(minutes=minutes)


@pytest.mark.parametrize("aim", [Aim(azimuth_deg=360.0), Aim(distance_m=10.0), Aim(at=(1.2, 0.5))])
def test_a_place_that_cannot_be_meant_is_refused(aim: Aim) -> None:
    with pytest.raises(InvalidValue):
        a_drill(aim=aim)


def test_what_is_written_down_is_read_again_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "drill.json"
    file, other = DrillFile(path), DrillFile(path)
    assert file.present(START, BEGUN) is None
    assert file.end() is False
    drill = a_drill(aim=Aim(azimuth_deg=80.0, distance_m=3000.0))
    other.begin(drill)
    assert file.present(START, BEGUN) == drill
    other.begin(replace(drill, minutes=2.0))
    changed = file.present(START, BEGUN)
    assert changed is not None
    assert changed.minutes == 2.0
    assert other.end() is True
    assert file.present(START, BEGUN) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"minutes": 300}'])
def test_a_file_that_cannot_be_read_is_no_drill(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "drill.json"
    path.write_bytes(content)
    assert DrillFile(path).present(START, BEGUN) is None


def test_an_edited_file_cannot_make_a_drill_longer(tmp_path: Path) -> None:
    path = tmp_path / "drill.json"
    file = DrillFile(path)
    file.begin(a_drill())
    path.write_bytes(path.read_bytes().replace(b'"minutes": 10.0', b'"minutes": 999.0'))
    assert DrillFile(path).present(START, BEGUN) is None


def test_the_steady_clock_goes_on_and_names_its_start() -> None:
    first, second = steady_now(), steady_now()
    assert first.boot == second.boot
    assert second.at_s >= first.at_s > 0.0


def painted(aim: Aim, burning_s: float, image: npt.NDArray[np.uint8] | None = None) -> Any:
    given = a_frame(image=image)
    before = given.image.copy()
    out = SmokePainter(a_drill(aim=aim), LENS).paint(given, burning_s)
    assert np.array_equal(given.image, before), "the camera's own frame stays as it was"
    return out


def test_the_smoke_is_on_a_copy_which_is_no_picture_of_the_camera() -> None:
    out = painted(Aim(distance_m=2000.0), 240.0)
    given = a_frame()
    assert out.box is not None
    assert out.frame.stamp.sha256 != given.stamp.sha256
    assert out.frame.stamp.captured_at == given.stamp.captured_at
    changed = np.abs(out.frame.image.astype(int) - given.image.astype(int)).max(axis=2) > 8
    rows, columns = np.nonzero(changed)
    assert columns.min() >= out.box.x0 - 80
    assert 0 < changed.mean() < 0.3
    assert rows.max() < 330


def test_a_nearer_fire_looks_larger_and_one_that_burns_longer_too() -> None:
    def area(aim: Aim, burning_s: float) -> float:
        box = painted(aim, burning_s).box
        return 0.0 if box is None else float(box.width * box.height)

    assert area(Aim(distance_m=1500.0), 200.0) > 1.5 * area(Aim(distance_m=4000.0), 200.0) > 0.0
    assert area(Aim(distance_m=1500.0), 300.0) > area(Aim(distance_m=1500.0), 60.0)


def test_the_smoke_moves_from_frame_to_frame() -> None:
    painter = SmokePainter(a_drill(), LENS)
    frame = a_frame()
    first, second = painter.paint(frame, 200.0), painter.paint(frame, 205.0)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first.frame.image, second.frame.image)
    again = SmokePainter(a_drill(), LENS).paint(frame, 200.0)
    assert again is not None
    assert np.array_equal(first.frame.image, again.frame.image), "the same drill looks the same after a restart"


def test_the_smoke_rises_where_it_was_asked_for() -> None:
    # 20 degrees right of the middle of 60: three quarters of the way across and some.
    right = painted(Aim(azimuth_deg=110.0, distance_m=2000.0), 60.0).box
    x = 320.0 + LENS.focal_px(640) * np.tan(np.radians(20.0))
    assert right.x0 - 30.0 <= x <= right.x1 + 30.0
    placed = painted(Aim(distance_m=2000.0, at=(0.25, 0.7)), 60.0).box
    assert placed.x0 - 20.0 <= 160.0 <= placed.x1 + 20.0
    assert placed.y1 <= 0.7 * 360.0 + 8.0


def test_no_fire_burns_in_the_sky_it_burns_behind_the_crest() -> None:
    image = hills()
    image[180:250] = image[60:130]  # a near hill's crest, below where level ground would be seen at 2.5 km
    out = painted(Aim(distance_m=2500.0), 240.0, image)
    assert out.box is not None
    changed = np.abs(out.frame.image.astype(int) - image.astype(int)).max(axis=2) > 8
    assert 215 < np.nonzero(changed)[0].max() < 256, "the crest hides what is below it"


def test_a_picture_too_dark_for_smoke_gets_none() -> None:
    assert painted(Aim(distance_m=2000.0), 240.0, np.full((360, 640, 3), 6, np.uint8)) is None


def test_a_dim_picture_gets_dim_smoke() -> None:
    bright, dim = hills(), (hills() * 0.4).astype(np.uint8)
    lit = painted(Aim(distance_m=1500.0), 240.0, bright).frame.image.max()
    assert painted(Aim(distance_m=1500.0), 240.0, dim).frame.image.max() < 0.6 * lit


def test_an_azimuth_that_the_pose_does_not_see_is_refused_with_what_it_sees() -> None:
    require_in_view(Aim(azimuth_deg=65.0), LENS)
    require_in_view(Aim(at=(0.1, 0.1)), LENS)
    with pytest.raises(InvalidValue, match="from 61 to 119"):
        require_in_view(Aim(azimuth_deg=200.0), LENS)


@pytest.mark.parametrize("size", [(224, 224), (720, 1280), (20, 30)])
def test_the_mark_is_seen_in_every_picture_and_leaves_the_given_one_alone(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    out = marked(image)
    assert (image == 90).all()
    band = out[: max(20, round(0.07 * size[0])) - 2]
    assert (band != 90).any(axis=2).all()
    assert (out[-1] != 90).any(axis=1).all()
    if size[0] > 100:
        assert (band > 200).all(axis=2).sum() > 100, "words in white"


def test_a_crop_bears_the_mark_too() -> None:
    jpeg = crop_jpeg(hills(1280, 720), Box(600.0, 300.0, 640.0, 330.0), marked)
    crop = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    blue, green, red = crop[4, crop.shape[1] - 8].astype(int)
    assert blue > red > green + 40


@pytest.mark.parametrize(
    ("box", "is_its_smoke"),
    [
        (Box(100, 100, 200, 150), True),
        (Box(90, 95, 210, 160), True),
        (Box(120, 110, 140, 130), True),
        (Box(180, 100, 380, 150), False),  # mostly something beside it
        (Box(300, 100, 400, 150), False),
        (Box(0, 0, 640, 360), False),
    ],
)
def test_only_what_lies_mostly_in_the_painted_smoke_is_the_drills(box: Box, *, is_its_smoke: bool) -> None:
    assert explains(Box(100, 100, 200, 150), box) is is_its_smoke
    assert not explains(None, box)


class Told:
    """In the place of a watcher's twin: says what a test wants it to say of each frame."""

    def __init__(self, *answers: tuple[Sighting, ...] | Exception) -> None:
        self.answers = list(answers)
        self.seen: list[Frame] = []
        self.is_ended = False
        self.state = ConfirmState()

    def look(self, frame: Frame, most: int | None = None) -> Any:  # noqa: ARG002 - as of Watcher
        self.seen.append(frame)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        look = Look(frame.stamp, Box(0, 0, 1, 1), 0.9)
        changes = [replace(each, looks=(replace(look, box=each.looks[-1].box),)) for each in answer]
        return _Changes(tuple(changes))

    def end(self) -> tuple[Sighting, ...]:
        self.is_ended = True
        return tuple(
            replace(each, phase=SightingPhase.ENDED, revision=9) for each in (a_sighting(1), a_sighting(2, ELSEWHERE))
        )


class _Changes:
    def __init__(self, changes: tuple[Sighting, ...]) -> None:
        self.changes = changes


class Real:
    """In the place of the real watcher."""

    viewpoint = VIEW

    def __init__(self, twin: Told) -> None:
        self._twin = twin

    def twin(self) -> Told:
        return self._twin


SMOKE, ELSEWHERE = Box(300, 150, 340, 190), Box(20, 200, 60, 240)


def a_sighting(number: int, box: Box = SMOKE, phase: SightingPhase = SightingPhase.OPENED) -> Sighting:
    frame = a_frame(number)
    return Sighting(
        sighting_id=SightingId(make_ulid(START, bytes([number] * 10))),
        revision=1,
        phase=phase,
        tower_id=TowerId("a"),
        camera_id=NORTH,
        pose_id=MAIN,
        calibration_id=LENS.calibration_id,
        first_seen_at=frame.stamp.captured_at,
        observed_at=frame.stamp.captured_at,
        looks=(Look(frame.stamp, box, 0.9),),
        bearing=Bearing(90.0, 0.5),
        score=0.9,
        frames_hit=3,
        frames_seen=3,
        model_sha256="0" * 64,
    )


class Held:
    """A drill with clocks that a test sets; the fire has burned for four minutes when it begins to look."""

    def __init__(self, folder: Path, *answers: tuple[Sighting, ...] | Exception, drill: Drill | None = None) -> None:
        self.file = DrillFile(folder / "drill.json")
        self.file.begin(drill or a_drill())
        self.at_s = 240.0
        self.twin = Told(*answers)
        self.real: Any = Real(self.twin)
        self.drills = Drills(
            self.file,
            lambda: START + timedelta(seconds=self.at_s),
            lambda: Moment("this-boot", BEGUN.at_s + self.at_s),
        )

    def look(self, number: int = 0) -> Any:
        return self.drills.look(self.real, a_frame(number), None)


def its_smoke() -> Box:
    box = painted(Aim(distance_m=2000.0), 240.0).box
    assert isinstance(box, Box)
    return box


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
    assert os.path.exists(path)
