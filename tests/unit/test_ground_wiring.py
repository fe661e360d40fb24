"""Heights reach the spread and the region of an incident; without a model both go on, on the plane, and say so."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from elevation_files import write_tif
from shapely.geometry import shape

from firewatch import ground_wiring
from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.domain.sites import Name, SiteMap, Tower
from firewatch.fusion.patches import Patches
from firewatch.fusion.sight_density import hidden_m
from firewatch.geodesy import direct
from firewatch.ground_wiring import GroundKeeper, HillsAround, SeenGround
from firewatch.services.locating import Locator
from firewatch.services.locating import flat as no_ground
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
    assert SeenGround(TerrainConfig(), SiteMap((tower(),), ()))([tower()]) is None


def test_fires_of_one_valley_share_their_heights(ridge: TerrainConfig) -> None:
    hills = HillsAround(ridge)
    grid = hills(PLACE)
    assert grid is not None
    assert hills(direct(PLACE, 40.0, 900.0)) is grid
    other = hills(direct(PLACE, 90.0, 9_000.0))
    assert other is not grid
    at = grid.plane.project(direct(PLACE, 0.0, 1_000.0))
    assert float(grid.height_at(np.array(at.east_m), np.array(at.north_m))) == pytest.approx(100.0)


def test_where_no_tile_lies_the_spread_is_flat_and_that_is_logged_once(
    ridge: TerrainConfig, caplog: pytest.LogCaptureFixture
) -> None:
    hills = HillsAround(ridge)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert hills(OUTSIDE) is None
    assert [record.message for record in caplog.records] == ["spread.flat"]


def prepared(settings: TerrainConfig, sites: SiteMap) -> SeenGround:
    keeper = GroundKeeper(settings, sites)
    while keeper.step():
        pass
    return SeenGround(settings, sites)


def test_a_region_ends_at_the_wall_behind_which_its_tower_sees_nothing(ridge: TerrainConfig) -> None:
    one = tower()
    sites = SiteMap((one,), ())
    seen = prepared(ridge, sites)
    sighting = a_sighting(1, tower=one.tower_id, camera=one.cameras[0].camera_id, azimuth_deg=0.0)
    flat, hilly = (whereabouts([sighting], Locator(sites, ground)) for ground in (no_ground, seen))
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


def test_nothing_is_computed_where_it_is_read_and_what_is_ready_is_told(ridge: TerrainConfig) -> None:
    one, two, blind = tower(), tower("tower-b", direct(PLACE, 90.0, 4_000.0)), replace(tower("tower-c"), cameras=())
    sites = SiteMap((one, two, blind), ())
    keeper = GroundKeeper(ridge, sites)
    assert SeenGround(ridge, sites)([one]) is None
    assert keeper.step()
    half = SeenGround(ridge, sites)
    assert [(each.tower_id, each.is_ready, each.why) for each in half.towers()] == [
        ("tower-a", True, ""),
        ("tower-b", False, ""),
    ]
    both = half([one, two])
    assert both is not None
    assert set(both.least_visible_m) == {"tower-a"}
    assert half([two]) is None
    assert half([blind]) is None
    assert keeper.step()
    assert not keeper.step()
    assert all(each.is_ready for each in SeenGround(ridge, sites).towers())


def test_what_two_towers_see_lies_on_the_cells_that_both_cover(ridge: TerrainConfig) -> None:
    one, two = tower(), tower("tower-b", direct(PLACE, 90.0, 4_000.0))
    sites = SiteMap((one, two), ())
    seen = prepared(ridge, sites)
    alone, both = seen([two]), seen([two, one])
    assert alone is not None
    assert both is not None
    rows, columns = alone.terrain.shape
    assert both.terrain.shape == (rows, columns - 20)
    east_m, north_m = np.meshgrid(both.terrain.east_m(), both.terrain.north_m_of_rows())
    cells = Patches.points(east_m.ravel(), north_m.ravel())
    np.testing.assert_array_equal(hidden_m(both, two.tower_id, cells), hidden_m(alone, two.tower_id, cells))
    np.testing.assert_array_equal(both.terrain.elevation_m, alone.terrain.elevation_m[:, : columns - 20])
    # Behind the wall, what stands on the plain is hidden by it; before it, nothing is.
    for metres, is_hidden in ((8_000.0, True), (3_000.0, False)):
        at = both.terrain.plane.project(direct(PLACE, 0.0, metres))
        found = hidden_m(both, one.tower_id, Patches.points(np.array([at.east_m]), np.array([at.north_m])))
        assert found is not None
        assert (float(found[0]) > 100.0) == is_hidden
    # Towers so far from each other that nothing lies in the reach of both have no ground in common.
    far = tower("tower-z", direct(PLACE, 90.0, 12_000.0))
    (camera,) = far.cameras
    short = tuple(replace(each, cameras=(replace(camera, range_m=2_000.0),)) for each in (one, far))
    assert prepared(ridge, SiteMap(short, ()))(short) is None


def test_a_restart_reads_what_was_kept_and_other_tiles_are_computed_anew(
    ridge: TerrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sites = SiteMap((tower(),), ())
    with caplog.at_level(logging.INFO):
        first = prepared(ridge, sites)
        second = GroundKeeper(ridge, sites)
        assert not second.step()
        (before,) = (tmp_path / "terrain" / "towers").glob("*.npy")
        source = write_tif(tmp_path / "plain.tif", BOX, heights=np.full((480, 480), 50.0, np.float32))
        held = first([tower()])
        TerrainFolder(tmp_path / "terrain").add(source, lambda _word, _done, _of: None)
        assert second.step()
        assert not second.step()
    told = [(record.message, record.__dict__["ready"], record.__dict__["how"][:8]) for record in caplog.records]
    assert told == [("ground.ready", 1, "computed"), ("ground.ready", 1, "kept"), ("ground.ready", 1, "computed")]
    (after,) = (tmp_path / "terrain" / "towers").glob("*.npy")
    assert after != before
    # Who reads the old one goes on with it, and a later question finds the new one.
    assert held is not None
    assert float(np.nanmax(held.terrain.elevation_m)) == 500.0


def test_a_damaged_file_is_computed_anew_and_never_read(ridge: TerrainConfig, tmp_path: Path) -> None:
    sites = SiteMap((tower(),), ())
    prepared(ridge, sites)
    (path,) = (tmp_path / "terrain" / "towers").glob("*.npy")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert SeenGround(ridge, sites)([tower()]) is None
    assert prepared(ridge, sites)([tower()]) is not None
    (note,) = (tmp_path / "terrain" / "towers").glob("*.json")
    note.write_text("{")
    assert SeenGround(ridge, sites)([tower()]) is None
    assert prepared(ridge, sites)([tower()]) is not None


def test_what_is_missing_or_damaged_is_told_once_and_tried_again_later(
    ridge: TerrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = SiteMap((tower("near"), tower("near-too"), tower("off", OUTSIDE)), ())
    (tile,) = (tmp_path / "terrain").glob("*.tif")
    whole = tile.read_bytes()
    tile.write_bytes(whole[:2000])
    keeper = GroundKeeper(ridge, sites)
    with caplog.at_level(logging.WARNING):
        while keeper.step():
            pass
        assert not keeper.step()
    assert [record.message for record in caplog.records] == ["ground.failed", "ground.failed"]
    waiting = SeenGround(ridge, sites)
    assert [each.is_ready for each in waiting.towers()] == [False, False, False]
    assert "damaged" in waiting.towers()[0].why
    assert "import the tiles that cover it" in waiting.towers()[2].why
    tile.write_bytes(whole)
    monkeypatch.setattr(ground_wiring, "_AGAIN_S", -1.0)
    again = GroundKeeper(ridge, sites)
    assert again.step()
    assert again.step()
    assert [each.is_ready for each in SeenGround(ridge, sites).towers()] == [True, True, False]


def test_a_new_tile_that_is_damaged_leaves_what_was_computed_of_the_old_one(
    ridge: TerrainConfig, tmp_path: Path
) -> None:
    sites = SiteMap((tower(),), ())
    prepared(ridge, sites)
    source = write_tif(tmp_path / "more.tif", BOX, step=1.0 / 2400.0)
    TerrainFolder(tmp_path / "terrain").add(source, lambda _word, _done, _of: None)
    for tile in (tmp_path / "terrain").glob("more*.tif"):
        tile.write_bytes(b"no raster")
    assert prepared(ridge, sites)([tower()]) is not None


def test_a_folder_that_cannot_be_written_stops_nothing(
    ridge: TerrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sites = SiteMap((tower(),), ())
    (tmp_path / "terrain" / "towers").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        seen = prepared(ridge, sites)
    assert seen([tower()]) is None
    assert [(each.is_ready, each.why) for each in seen.towers()] == [(False, "")]
    assert "ground.failed" in {record.message for record in caplog.records}


def test_what_no_tower_asked_for_in_a_month_is_removed(ridge: TerrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "terrain" / "towers"
    prepared(ridge, SiteMap((tower(),), ()))
    old = list(folder.iterdir())
    for path in old:
        os.utime(path, (1.0, 1.0))
    prepared(ridge, SiteMap((tower(),), ()))
    assert set(old) == set(folder.iterdir())
    for path in old:
        os.utime(path, (1.0, 1.0))
    prepared(ridge, SiteMap((replace(tower(), mast_m=44.0),), ()))
    assert not set(old) & set(folder.iterdir())


def test_ranges_that_are_wide_get_larger_cells(ridge: TerrainConfig) -> None:
    (camera,) = tower().cameras
    wide = replace(tower(), cameras=(replace(camera, range_m=60_000.0),))
    fine = TerrainConfig(ridge.folder, 5.0)
    lattice = ground_wiring._Lattice.of(fine, (wide,))
    assert lattice.cell_m == 60.0
    assert ground_wiring._Lattice.of(ridge, (wide,)).cell_m == 200.0
    assert SeenGround(ridge, SiteMap((), ())).towers() == ()
    assert not GroundKeeper(TerrainConfig(), SiteMap((wide,), ())).step()
    assert SeenGround(TerrainConfig(), SiteMap((wide,), ())).towers() == ()
