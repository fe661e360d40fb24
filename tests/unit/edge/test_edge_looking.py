"""What a node does with a frame under masks, at night and by the day's fire danger: a true, small network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.optics import Calibration
from firewatch.domain.scales import DangerGrade
from firewatch.domain.sun import Light
from firewatch.domain.tower_settings import PlaceRating, TowerSettings
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.detect import Eyes
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import (
    Handover,
    Inbox,
    OpenSightings,
    Pipeline,
    PoseTerms,
    RulePair,
    Watch,
    Watcher,
    verified_rules_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pytest

    Picture = npt.NDArray[np.uint8]

NORTH = CameraId("north")
VIEW = Viewpoint(TowerId("a"), NORTH, PoseId("main"), Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3), "f" * 64)
NOON = datetime(2026, 4, 5, 4, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 5, 16, 30, tzinfo=UTC)
HENGYANG = (26.9, 112.6)
# The network's input is 128 x 96, the frames are ten times as large: it looks at cells of 160 pixels.
WIDTH, HEIGHT = 1280, 960


def scene(number: int, *cells: tuple[int, int], grey: int = 250) -> Picture:
    """Return a dark picture, never twice the same, in which some cells are bright."""
    image = np.full((HEIGHT, WIDTH, 3), 20 + number % 60, np.uint8)
    for column, row in cells:
        image[160 * row : 160 * (row + 1), 160 * column : 160 * (column + 1)] = grey
    return image


def mask_of(*cells: tuple[int, int], name: str = "kiln", cut: float = 0.0) -> Mask:
    """Return a mask over a row of cells; `cut` takes so much of a cell from its top."""
    x0, x1 = 160 * min(c for c, _ in cells) / WIDTH, 160 * (max(c for c, _ in cells) + 1) / WIDTH
    y0 = 160 * (min(r for _, r in cells) + cut) / HEIGHT
    y1 = 160 * (max(r for _, r in cells) + 1) / HEIGHT
    return Mask(name, "lime kiln", Polygon(((x0, y0), (x1, y0), (x1, y1), (x0, y1))))


class Tower:
    """A node's detector thread without its threads."""

    def __init__(
        self, model: Path, *, open_at: Path | None = None, rules: Rules | None = None, **terms: object
    ) -> None:
        eyes, randomness = Eyes.load(model, 1), np.random.default_rng(1)
        pair = RulePair(rules or Rules(0.5), verified_rules_of(ConfirmationSection(), eyes.temporal))
        self.open = OpenSightings(open_at)
        pose = PoseTerms(VIEW, pair, **terms)  # type: ignore[arg-type]
        watcher = Watcher(eyes, Confirmer(pair.alone, VIEW, randomness, pair.verified), pose.at, self.open.of(VIEW))
        self.monitor, self.publisher = CameraMonitor(NORTH, 10.0, 0.0), FakePublisher()
        watches = {NORTH: Watch(watcher, self.monitor)}
        self.node = Pipeline(watches, Inbox([NORTH]), Handover(self.publisher), randomness, self.open)
        self.number = 0

    def look(self, at: datetime, *pictures: Picture) -> list[str]:
        before = len(self.publisher.sightings)
        for number, picture in enumerate(pictures):
            self.node.look(NORTH, pixel_frame(picture, at + timedelta(seconds=10 * number)))
        return [one.phase.value for one in self.publisher.sightings[before:]]


def scenes(first: int, count: int, *cells: tuple[int, int], grey: int = 250) -> list[Picture]:
    return [scene(number, *cells, grey=grey) for number in range(first, first + count)]


def test_what_lies_in_a_mask_is_not_reported_but_counted_and_listed_with_its_picture(squares_model: Path) -> None:
    tower = Tower(squares_model, masks=[mask_of((3, 3))])
    assert tower.look(NOON, *scenes(0, 5, (3, 3))) == []
    vitals = tower.monitor.vitals(1.0, NOON)
    assert (vitals.detections_masked, vitals.detections_held_back, vitals.frames_scored) == (5, 0, 5)
    (entry,) = tower.node.held_back.latest()
    assert (entry.times, entry.held.reason, entry.held.note) == (5, "mask", "kiln")
    picture = cv2.imdecode(np.frombuffer(entry.crop, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert max(picture.shape) <= 224
    assert len(entry.crop) <= 12_000


def test_what_lies_in_it_only_in_part_is_reported(squares_model: Path) -> None:
    """The mask covers the lower five sixths of the smoke's cell: it has risen over its chimney."""
    tower = Tower(squares_model, masks=[mask_of((3, 3), cut=1 / 6)])
    assert tower.look(NOON, *scenes(0, 3, (3, 3))) == ["opened"]
    assert tower.monitor.vitals(1.0, NOON).detections_masked == 0


def test_beside_a_mask_a_smoke_is_reported(squares_model: Path) -> None:
    tower = Tower(squares_model, masks=[mask_of((3, 3))])
    assert tower.look(NOON, *scenes(0, 3, (3, 3), (6, 3))) == ["opened"]
    (look,) = (one.looks[-1] for one in tower.publisher.sightings)
    assert look.box.x0 == 960.0


def test_a_change_within_a_mask_begins_nothing(range_model: Path) -> None:
    masked = Tower(range_model, masks=[mask_of((3, 3))])
    bare = Tower(range_model)
    quiet, growing = scenes(0, 5), scenes(5, 8, (3, 3))
    assert masked.look(NOON, *quiet, *growing) == []
    assert "opened" in bare.look(NOON, *quiet, *growing)


def test_at_night_nothing_opens_and_all_is_listed(squares_model: Path) -> None:
    tower = Tower(squares_model, place=HENGYANG)
    assert tower.look(MIDNIGHT, *scenes(0, 5, (3, 3))) == []
    vitals = tower.monitor.vitals(1.0, NOON)
    assert (vitals.light, vitals.not_detecting_reason) == (Light.NIGHT, "night")
    assert vitals.detections_held_back == 5
    assert tower.node.held_back.latest()[0].held.reason == "night"


def test_a_model_that_was_tried_at_night_reports(squares_model: Path) -> None:
    tower = Tower(squares_model, place=HENGYANG, lights=["day", "twilight", "night"])
    assert tower.look(MIDNIGHT, *scenes(0, 3, (3, 3))) == ["opened"]
    assert tower.monitor.vitals(1.0, NOON).not_detecting_reason == ""


def test_a_fire_of_the_evening_is_carried_on_into_the_night_and_not_listed(squares_model: Path) -> None:
    dusk = datetime(2026, 4, 5, 11, 0, tzinfo=UTC)
    tower = Tower(squares_model, place=HENGYANG)
    assert tower.look(dusk, *scenes(0, 3, (3, 3))) == ["opened"]
    later = tower.look(dusk + timedelta(minutes=20), *scenes(3, 20, (3, 3)))
    assert set(later) == {"growing"}
    assert tower.monitor.vitals(1.0, NOON).light is Light.NIGHT
    assert len(tower.node.held_back) == 0


def grey_for(probability: float) -> int:
    """Return the grey at which the network's answer is near a probability: its logit is (grey - 200) / 10."""
    return round(200 + 10 * np.log(probability / (1 - probability)))


def test_the_danger_of_the_place_moves_what_counts_at_the_next_frame(squares_model: Path) -> None:
    settings: list[TowerSettings | None] = [None]
    tower = Tower(squares_model, rules=Rules(0.6), settings=lambda: settings[0])
    faint = grey_for(0.57)
    assert tower.look(NOON, *scenes(0, 4, (3, 3), grey=faint)) == []
    settings[0] = TowerSettings(NOON, PlaceRating(DangerGrade.EXTREME, NOON + timedelta(hours=1)))
    assert tower.look(NOON + timedelta(minutes=5), *scenes(4, 3, (3, 3), grey=faint)) == ["opened"]


def test_what_a_low_danger_holds_back_is_listed_and_counts_when_the_rating_expires(squares_model: Path) -> None:
    ends = NOON + timedelta(minutes=10)
    settings = TowerSettings(NOON, PlaceRating(DangerGrade.LOW, ends))
    tower = Tower(squares_model, rules=Rules(0.6), settings=lambda: settings)
    between = grey_for(0.63)
    assert tower.look(NOON, *scenes(0, 4, (3, 3), grey=between)) == []
    assert tower.node.held_back.latest()[0].held.reason == "danger"
    assert tower.monitor.vitals(1.0, NOON).detections_held_back == 4
    assert tower.look(ends, *scenes(4, 3, (3, 3), grey=between)) == ["opened"]


def test_a_restart_goes_on_with_the_same_sighting(squares_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "open.json"
    first = Tower(squares_model, open_at=path)
    assert first.look(NOON, *scenes(0, 4, (3, 3))) == ["opened"]
    second = Tower(squares_model, open_at=path)
    assert set(second.look(NOON + timedelta(minutes=2), *scenes(4, 8, (3, 3)))) == {"growing"}
    before, after = first.publisher.sightings[0], second.publisher.sightings[-1]
    assert (after.sighting_id, after.revision > before.revision) == (before.sighting_id, True)
    third = Tower(squares_model, open_at=path)
    assert third.look(NOON + timedelta(minutes=9), *scenes(12, 8)) == ["ended"]
    assert third.publisher.sightings[0].sighting_id == before.sighting_id


def test_a_clock_that_was_set_back_before_the_restart_ends_what_was_open(
    squares_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "open.json"
    Tower(squares_model, open_at=path).look(NOON, *scenes(0, 3, (3, 3)))
    again = Tower(squares_model, open_at=path)
    assert again.look(NOON - timedelta(hours=1), *scenes(3, 3, (3, 3))) == ["ended", "opened"]
    assert "clock.set_back" in caplog.text
