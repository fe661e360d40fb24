"""A drill with clocks that a test sets, and a view without photographs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.domain.geo import Bearing
from firewatch.domain.ids import CameraId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, Frame, Look, Sighting, SightingPhase
from firewatch_edge.capture import pixel_frame
from firewatch_edge.confirm import ConfirmState, Viewpoint
from firewatch_edge.node.drill_file import Aim, Drill, DrillFile, Moment
from firewatch_edge.node.drill_picture import SmokePainter
from firewatch_edge.node.drilling import Drills

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


def painted(aim: Aim, burning_s: float, image: npt.NDArray[np.uint8] | None = None) -> Any:
    given = a_frame(image=image)
    before = given.image.copy()
    out = SmokePainter(a_drill(aim=aim), LENS).paint(given, burning_s)
    assert np.array_equal(given.image, before), "the camera's own frame stays as it was"
    return out


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
