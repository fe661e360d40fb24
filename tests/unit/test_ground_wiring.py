"""Heights reach the spread and the region of an incident; without a model both go on, on the plane, and say so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
from elevation_files import write_tif
from shapely.geometry import shape

from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.domain.sites import Name, SiteMap, Tower
from firewatch.geodesy import direct
from firewatch.ground_wiring import HillsAround, SeenGround
from firewatch.services.whereabouts import whereabouts
from firewatch.terrain_settings import TerrainConfig
from firewatch.testing import example_sites
from firewatch.testing.builders import a_sighting

if TYPE_CHECKING:
    from pathlib import Path

BOX = (112.4, 26.7, 112.8, 27.1)
PLACE = Position(26.9, 112.6)
OUTSIDE = Position(28.9, 110.6)


@pytest.fixture
def ridge(tmp_path: Path) -> TerrainConfig:
    """Return a plain with a wall of 400 m, 5 km north of the place."""
    heights = np.full((480, 480), 100.0, np.float32)
    heights[180:186] = 500.0
    source = write_tif(tmp_path / "dem.tif", BOX, heights=heights)
    TerrainFolder(tmp_path / "terrain").add(source, lambda _word, _done, _of: None)
    return TerrainConfig(str(tmp_path / "terrain"), 200.0)


def tower(tower_id: str = "tower-a", place: Position = PLACE) -> Tower:
    (camera, *_) = example_sites().towers[0].cameras
    return Tower(TowerId(tower_id), Name("甲", "A"), place, (camera,))


def test_without_a_folder_everything_is_flat() -> None:
    assert HillsAround(TerrainConfig())(PLACE) is None
    assert SeenGround(TerrainConfig())([tower()]) is None


def test_fires_of_one_valley_share_their_heights(ridge: TerrainConfig) -> None:
    hills = HillsAround(ridge)
    grid = hills(PLACE)
    assert grid is not None
    assert hills(direct(PLACE, 40.0, 900.0)) is grid
    other = hills(direct(PLACE, 90.0, 9_000.0))
    assert other is not grid
    at = grid.plane.project(direct(PLACE, 0.0, 1_000.0))
    assert float(grid.height_at(np.array(at.east_m), np.array(at.north_m))) == pytest.approx(100.0)


def test_where_no_tile_lies_it_is_flat_and_logged_once(ridge: TerrainConfig, caplog: pytest.LogCaptureFixture) -> None:
    hills, seen = HillsAround(ridge), SeenGround(ridge)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert hills(OUTSIDE) is None
            assert seen([tower(place=OUTSIDE)]) is None
    assert [record.message for record in caplog.records] == ["spread.flat", "whereabouts.flat"]


def test_a_region_ends_at_the_wall_behind_which_its_tower_sees_nothing(ridge: TerrainConfig) -> None:
    one = tower()
    sites, seen = SiteMap((one,), ()), SeenGround(ridge)
    ground = seen([one])
    assert ground is not None
    assert seen((one,)) is ground
    sighting = a_sighting(1, tower=one.tower_id, camera=one.cameras[0].camera_id, azimuth_deg=0.0)
    flat, hilly = whereabouts([sighting], sites), whereabouts([sighting], sites, ground_of=seen)
    assert flat is not None
    assert hilly is not None
    assert (flat.is_flat, hilly.is_flat) == (True, False)

    def behind(found: dict[str, object]) -> float:
        region = shape(found)
        wall = shape(
            {"type": "Polygon", "coordinates": [[(112, 26.96), (113, 26.96), (113, 28), (112, 28), (112, 26.96)]]}
        )
        return float(region.intersection(wall).area / region.area)

    assert behind(hilly.region50) < 0.5 * behind(flat.region50)
