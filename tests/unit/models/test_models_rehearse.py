"""A rendered fire played to a detector, and a network before it has a description, both by the node's own code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from frame_folders import annotated
from looked_at import PLUME, look, seen

from firewatch.demo.world import Fire, TowerSight, World, make_ground
from firewatch.domain.geo import Position
from firewatch.errors import DatasetError
from firewatch.scene import Plume, make_backdrop
from firewatch_edge.detect.boxes import calibrate
from models.data.frames import load_annotated
from models.data.rows import write
from models.data.scenes import Stage
from models.detector import Detector, read_sheet
from models.evaluate.eyes import EdgeEye
from models.evaluate.strata import distance_class
from models.make import make_frame
from models.rehearse import IGNITES_S, by_distance, play, quiet, summary

MODEL = Path(__file__).parents[3] / "models" / "smoke"


@pytest.fixture(scope="module")
def world() -> World:
    """Make a world of one coarse view, with a fire three kilometres ahead: a whole one takes a minute."""
    ground = make_ground(20001)
    view, tower = ground.views[0], ground.sites.towers[0]
    backdrop = make_backdrop(ground.landscape, ground.cover, view, ground.sun, ground.air, fineness=1)
    turn = np.radians(view.azimuth_deg)
    east, north = view.east_m + 3000.0 * np.sin(turn), view.north_m + 3000.0 * np.cos(turn)
    up = ground.landscape.elevation_at(float(east), float(north))
    plume = Plume(float(east), float(north), up, IGNITES_S, ground.air.wind, 1)
    there = Position(tower.position.lat_deg + 0.03, tower.position.lon_deg)
    return World(20001, (TowerSight(tower, backdrop),), ground.sites, Fire(plume, there))


def test_a_blind_detector_sees_no_fire_that_a_tower_could_see(world: World, blind_model: Path) -> None:
    eye = EdgeEye(blind_model, 1)
    row = play(eye, world, world.sights[0], np.arange(0.0, 121.0, 40.0))
    assert (row["seen_s"], row["confirmed_s"]) == (None, None)
    assert row["distance_m"] == pytest.approx(3_324, abs=5), "0.03 degrees of latitude"
    assert row["scores"] == [0.0] * 4
    still = quiet(eye, world, world.sights[0], 2)
    assert still == {"quiet_frames": 2, "quiet_flagged": 0, "quiet_best": 0.0}
    assert summary([row | still])["confirmed"] == 0


def test_towers_are_counted_by_distance() -> None:
    rows: list[dict[str, object]] = [
        {"distance_m": 2_999, "confirmed_s": 40.0},
        {"distance_m": 3_000, "confirmed_s": None},
        {"distance_m": 5_000, "confirmed_s": 80.0},
        {"distance_m": 20_000, "confirmed_s": None},
    ]
    assert by_distance(rows) == {"under 3 km": "1 of 1", "3 to 6 km": "1 of 2", "over 12 km": "0 of 1"}


def test_a_frame_whose_fire_s_distance_is_known_is_counted_by_it() -> None:
    one = look("s", smoke=True, boxes=[PLUME])
    assert distance_class(seen(one)) is None
    far = replace(one, frame=replace(one.frame, distance_m=7_000.0))
    assert distance_class(seen(far)) == "6 to 12 km"


def test_a_rendered_frame_says_how_far_its_fire_is(world: World, tmp_path: Path) -> None:
    backdrop, fire = world.sights[0].backdrop, world.fire
    assert fire is not None
    stage = Stage(backdrop, backdrop.air.wind, None, fire.plume)
    rows = [make_frame(np.random.default_rng(seed), stage, tmp_path / f"{seed}.jpg") for seed in range(6)]
    away = {row["image_label"]: row["distance_m"] for row in rows}
    assert away["smoke"] == pytest.approx(3000.0, abs=0.1)
    assert away.get("none") is None
    write(tmp_path, rows)
    read = {frame.path.name: frame.distance_m for frame in load_annotated(tmp_path)}
    assert read == {row["file"]: row["distance_m"] for row in rows}


@pytest.mark.parametrize("away", [0.0, -5, "far", True])
def test_a_distance_that_cannot_be_is_refused(tmp_path: Path, away: object) -> None:
    annotated(tmp_path, [{"file": "a.png", "image_label": "none", "distance_m": away}])
    with pytest.raises(DatasetError, match="distance_m"):
        load_annotated(tmp_path)


def test_a_network_s_logits_are_those_of_the_node_s_detector() -> None:
    image = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    sheet = read_sheet(MODEL)
    boxes, logits = Detector(sheet, 1).raw(image)
    chances = calibrate(logits, sheet.spec.calibration)
    found = EdgeEye(MODEL, 1).score(image).detections
    np.testing.assert_allclose(chances, found.scores, atol=1e-5)
    np.testing.assert_allclose(boxes, found.boxes, atol=1e-2)
