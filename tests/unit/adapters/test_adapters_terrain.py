"""Elevation models from files: every form becomes one, voids stay, what is damaged is refused or made again."""

from __future__ import annotations

import builtins
import logging
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from elevation_files import height_of, write_hgt, write_tif
from msgspec.structs import replace

from firewatch.adapters.raster_files import hash_of
from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.adapters.terrain_tiles import read_window
from firewatch.domain.geo import Position
from firewatch.errors import TerrainError

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.terrain import TerrainGrid

PLACE = Position(26.9, 112.6)
BOX = (112.4, 26.7, 112.8, 27.1)


def say_nothing(_word: str, _done: int, _of: int) -> None:
    """Take what is told of the progress."""


def off(grid: TerrainGrid) -> np.ndarray:
    """Return by how much a raster differs from the slope [m]."""
    east, north = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
    return grid.elevation_m - height_of(*grid.plane.unproject_all(east, north))


@pytest.fixture
def folder(tmp_path: Path) -> TerrainFolder:
    return TerrainFolder(tmp_path / "terrain")


def test_a_geotiff_keeps_its_cells_and_gives_its_heights_back(tmp_path: Path, folder: TerrainFolder) -> None:
    told: list[tuple[str, int, int]] = []
    source = write_tif(tmp_path / "Copernicus_DSM_COG_10_N26_00_E112_00_DEM.tif", BOX)
    tile, is_new = folder.add(source, lambda *each: told.append(each))
    assert is_new
    assert (tile.rows, tile.columns, tile.voids) == (480, 480, 0.0)
    assert tile.resolution_m == pytest.approx(92.8, abs=0.1)
    assert tile.west_deg == pytest.approx(112.4 + 0.5 / 1200.0)
    assert tile.south_deg == pytest.approx(26.7 + 0.5 / 1200.0)
    assert tile.lowest_m == pytest.approx(900.0 - 100.0 - 80.0, abs=1.0)
    assert tile.covers(26.9, 112.6)
    assert not tile.covers(26.9, 112.9)
    assert {word for word, _, _ in told} == {"reading", "writing"}
    assert [done for word, done, _ in told if word == "writing"] == [256, 480]
    grid = folder.grid_around(PLACE, 3000.0, 50.0)
    assert grid.shape == (121, 121)
    assert np.abs(off(grid)).max() < 0.01


def test_the_same_file_again_does_nothing_and_a_newer_one_replaces_it(tmp_path: Path, folder: TerrainFolder) -> None:
    source = write_tif(tmp_path / "dem.tif", BOX)
    first, _ = folder.add(source, say_nothing)
    before = folder.grid_around(PLACE, 1000.0)
    stored = tmp_path / "terrain" / first.file
    written = stored.stat().st_mtime_ns
    assert folder.add(source, say_nothing) == (first, False)
    assert stored.stat().st_mtime_ns == written
    stored.unlink()
    assert folder.add(source, say_nothing) == (first, True)
    write_tif(source, BOX, heights=np.full((480, 480), 55.0, np.float32))
    second, is_new = folder.add(source, say_nothing)
    assert is_new
    assert folder.tiles() == (second,)
    assert not stored.exists()
    assert np.unique(folder.grid_around(PLACE, 1000.0).elevation_m).tolist() == [55.0]
    assert np.unique(before.elevation_m).size > 1


def test_hgt_of_srtm_is_read_under_its_own_name_with_its_voids(tmp_path: Path, folder: TerrainFolder) -> None:
    north, east = np.meshgrid(27 - np.arange(1201) / 1200.0, 112 + np.arange(1201) / 1200.0, indexing="ij")
    heights = np.rint(height_of(north, east))
    heights[100:110, 700:720] = -32768
    tile, _ = folder.add(write_hgt(tmp_path, 26, 112, heights), say_nothing)
    assert (tile.west_deg, tile.south_deg, tile.east_deg, tile.north_deg) == pytest.approx((112.0, 26.0, 113.0, 27.0))
    assert tile.voids == pytest.approx(200 / 1201**2)
    grid = folder.grid_around(PLACE, 4000.0, 90.0)
    share = np.isnan(grid.elevation_m).mean()
    assert 0.0 < share < 0.1
    assert np.nanmax(np.abs(off(grid))) < 0.6
    wrong = tmp_path / "elsewhere.hgt"
    wrong.write_bytes(b"\0" * 999)
    with pytest.raises(TerrainError, match=r"elsewhere\.hgt: is no raster.*N26E112\.hgt"):
        folder.add(wrong, say_nothing)


def test_no_seam_shows_between_tiles(tmp_path: Path, folder: TerrainFolder) -> None:
    # Copernicus: tiles of whole cells that follow each other. The place is in the corner of four.
    step = 1.0 / 1200.0
    for west in (112.6 - 120 * step, 112.6):
        for south in (26.9 - 120 * step, 26.9):
            name = f"E{west:.2f}N{south:.2f}.tif"
            folder.add(write_tif(tmp_path / name, (west, south, west + 120 * step, south + 120 * step)), say_nothing)
    grid = folder.grid_around(PLACE, 5000.0, 30.0)
    assert not np.isnan(grid.elevation_m).any()
    assert np.abs(off(grid)).max() < 0.01


def test_tiles_that_share_their_edges_make_no_seam_either(tmp_path: Path, folder: TerrainFolder) -> None:
    for lon in (112, 113):
        folder.add(write_hgt(tmp_path, 26, lon), say_nothing)
    grid = folder.grid_around(Position(26.5, 113.0), 3000.0, 60.0)
    assert not np.isnan(grid.elevation_m).any()
    assert np.abs(off(grid)).max() < 0.6


def test_another_projection_is_brought_into_degrees(tmp_path: Path, folder: TerrainFolder) -> None:
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.warp import transform

    x, y = np.meshgrid(640_000.0 + 50.0 * np.arange(400), 2_990_000.0 - 50.0 * np.arange(400))
    lon, lat = transform("EPSG:32649", "EPSG:4326", x.ravel(), y.ravel())
    heights = height_of(np.array(lat), np.array(lon)).reshape(x.shape).astype(np.float32)
    path = tmp_path / "utm.tif"
    profile = {"driver": "GTiff", "width": 400, "height": 400, "count": 1, "dtype": "float32", "crs": "EPSG:32649"}
    with rasterio.open(path, "w", transform=from_origin(639_975.0, 2_990_025.0, 50.0, 50.0), **profile) as target:
        target.write(heights, 1)
    tile, _ = folder.add(path, say_nothing)
    assert tile.voids > 0.0
    middle = Position(float(np.mean(lat)), float(np.mean(lon)))
    grid = folder.grid_around(middle, 4000.0, 50.0)
    assert not np.isnan(grid.elevation_m).any()
    assert np.abs(off(grid)).max() < 0.5


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"heights": np.zeros((2, 480, 480), np.float32), "count": 2}, r"has 2 bands; allowed is one band"),
        ({"crs": None}, r"does not say where on the earth"),
        ({"heights": np.zeros((1, 480), np.float32)}, r"480 by 1 cells; allowed are 2 by 2"),
        ({"heights": np.full((480, 480), 29_000.0, np.float32)}, r"values from 29000 to 29000.*feet"),
        ({"heights": np.full((480, 480), -32768, np.int16)}, r"knows no height anywhere"),
    ],
)
def test_what_is_no_elevation_model_is_refused_and_nothing_stays(
    tmp_path: Path, folder: TerrainFolder, more: dict[str, Any], told: str
) -> None:
    source = write_tif(tmp_path / "dem.tif", BOX, **more)
    with pytest.raises(TerrainError, match=told):
        folder.add(source, say_nothing)
    assert folder.tiles() == ()
    assert list((tmp_path / "terrain").iterdir()) == []


def test_a_picture_and_a_site_plan_have_no_place_on_the_earth(tmp_path: Path, folder: TerrainFolder) -> None:
    import cv2

    picture = tmp_path / "hills.tif"
    cv2.imwrite(str(picture), np.zeros((40, 40), np.uint8))
    with pytest.raises(TerrainError, match="does not say where on the earth"):
        folder.add(picture, say_nothing)
    plan = write_tif(tmp_path / "plan.tif", BOX, crs='LOCAL_CS["site plan",UNIT["metre",1]]')
    with pytest.raises(TerrainError, match=r"plan\.tif: has coordinates of its own"):
        folder.add(plan, say_nothing)


def test_voids_that_a_file_does_not_declare_are_known_by_their_numbers(tmp_path: Path, folder: TerrainFolder) -> None:
    heights = np.full((480, 480), 100.0, np.float32)
    heights[:10] = -9999.0
    heights[10:20] = np.inf
    heights[20:30] = -3.4e38
    heights[30:40] = 7.0
    tile, _ = folder.add(write_tif(tmp_path / "dem.tif", BOX, heights=heights, nodata=7.0), say_nothing)
    assert tile.voids == pytest.approx(40 / 480)
    assert (tile.lowest_m, tile.highest_m) == (100.0, 100.0)


def test_a_broken_download_is_refused(tmp_path: Path, folder: TerrainFolder) -> None:
    source = write_tif(tmp_path / "dem.tif", BOX)
    source.write_bytes(source.read_bytes()[:100_000])
    with pytest.raises(TerrainError, match=r"dem\.tif: is damaged or incomplete"):
        folder.add(source, say_nothing)
    with pytest.raises(TerrainError, match=r"nothing\.tif: cannot be read: No such file"):
        hash_of(tmp_path / "nothing.tif", say_nothing)
    assert list((tmp_path / "terrain").iterdir()) == []


def test_without_rasterio_it_says_what_to_install(
    tmp_path: Path, folder: TerrainFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tif(tmp_path / "dem.tif", BOX)
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "rasterio":
            raise ModuleNotFoundError("No module named 'rasterio'", name="rasterio")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TerrainError, match=r"pip install 'firewatch\[terrain\]'"):
        folder.add(source, say_nothing)


def test_a_window_is_kept_and_made_again_where_its_file_is_damaged(
    tmp_path: Path, folder: TerrainFolder, caplog: pytest.LogCaptureFixture
) -> None:
    tile, _ = folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
    grid = folder.grid_around(PLACE, 1000.0)
    (kept,) = (tmp_path / "terrain" / "windows").iterdir()
    # The tile is not read again: it may even be away.
    stored = tmp_path / "terrain" / tile.file
    stored.rename(tmp_path / "away.tif")
    again = folder.grid_around(PLACE, 1000.0)
    np.testing.assert_array_equal(again.elevation_m, grid.elevation_m)
    assert astuple(again)[1:4] == astuple(grid)[1:4]
    (tmp_path / "away.tif").rename(stored)
    whole = kept.read_bytes()
    broken = (whole[: len(whole) // 2], whole[:2000] + b"\xff" * 64 + whole[2064:], b"", b"no archive")
    for content in broken:
        kept.write_bytes(content)
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            np.testing.assert_array_equal(folder.grid_around(PLACE, 1000.0).elevation_m, grid.elevation_m)
        assert [record.message for record in caplog.records] == ["terrain.window.damaged"]
        assert kept.read_bytes() == whole
    np.savez(kept, elevation_m=np.zeros((3, 3), np.float32))
    np.testing.assert_array_equal(folder.grid_around(PLACE, 1000.0).elevation_m, grid.elevation_m)


def test_a_window_that_cannot_be_kept_is_computed_all_the_same(
    tmp_path: Path, folder: TerrainFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
    (tmp_path / "terrain" / "windows").write_text("a file is in the way")
    with caplog.at_level(logging.WARNING):
        assert folder.grid_around(PLACE, 1000.0).shape == (67, 67)
    assert "terrain.window.not.kept" in [record.message for record in caplog.records]


def test_only_the_newest_windows_are_kept(
    tmp_path: Path, folder: TerrainFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firewatch.adapters.terrain_folder._MOST_WINDOWS", 2)
    folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
    for radius_m in (500.0, 600.0, 700.0):
        folder.grid_around(PLACE, radius_m)
    assert len(list((tmp_path / "terrain" / "windows").iterdir())) == 2


def test_a_tile_that_is_gone_or_another_is_told(tmp_path: Path, folder: TerrainFolder) -> None:
    tile, _ = folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
    stored = tmp_path / "terrain" / tile.file
    write_tif(stored, (112.4, 26.7, 112.6, 26.9))
    with pytest.raises(TerrainError, match=r"another file than the list says; import dem\.tif again"):
        folder.grid_around(PLACE, 1000.0)
    stored.unlink()
    with pytest.raises(TerrainError, match=r"no raster that can be read"):
        folder.grid_around(PLACE, 1000.0)


def test_only_what_is_asked_for_is_read(tmp_path: Path, folder: TerrainFolder) -> None:
    tile, _ = folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
    part = read_window(tmp_path / "terrain" / tile.file, tile, (112.5, 26.8, 112.51, 26.81))
    assert part is not None
    assert max(part.elevation_m.shape) < 20
    assert part.west_deg <= 112.5
    assert part.north_deg >= 26.81
    elsewhere = replace(tile, west_deg=10.0, east_deg=10.4)
    assert read_window(tmp_path / "terrain" / tile.file, elsewhere, (112.5, 26.8, 112.51, 26.81)) is None


def test_where_nothing_was_imported_it_says_so(tmp_path: Path, folder: TerrainFolder) -> None:
    assert folder.tiles() == ()
    with pytest.raises(TerrainError, match="firewatch terrain import"):
        folder.grid_around(PLACE, 1000.0)
    (tmp_path / "terrain").mkdir()
    (tmp_path / "terrain" / "tiles.json").write_text('{"tiles": [{"file": 3}]}')
    with pytest.raises(TerrainError, match=r"tiles\.json: cannot be read.*import the tiles again"):
        folder.tiles()


def test_a_folder_that_cannot_be_made_or_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_tif(tmp_path / "dem.tif", BOX)
    (tmp_path / "file").write_text("")
    with pytest.raises(TerrainError, match="cannot be made"):
        TerrainFolder(tmp_path / "file" / "terrain").add(source, say_nothing)
    full = OSError(28, "No space left on device")
    folder = TerrainFolder(tmp_path / "terrain")

    def refuse(_: Path) -> None:
        raise full

    monkeypatch.setattr("firewatch.adapters.raster_files.sync_file", refuse)
    with pytest.raises(TerrainError, match="cannot be written: No space left"):
        folder.add(source, say_nothing)
    assert list((tmp_path / "terrain").iterdir()) == []


def test_a_list_that_cannot_be_written_is_told(
    tmp_path: Path, folder: TerrainFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from firewatch.errors import ObservationError

    def refuse(path: Path, _: bytes) -> None:
        raise ObservationError("(file)", str(path), "cannot be written: No space left on device")

    monkeypatch.setattr("firewatch.adapters.tile_folder.write_whole", refuse)
    with pytest.raises(TerrainError, match=r"tiles\.json: cannot be written: No space left"):
        folder.add(write_tif(tmp_path / "dem.tif", BOX), say_nothing)
