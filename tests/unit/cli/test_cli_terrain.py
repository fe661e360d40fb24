"""`firewatch terrain`: tiles are taken in and told of; a tower's view and skyline in words, JSON and pictures."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from elevation_files import write_tif

from firewatch.adapters.sites_geojson import write_sites
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.errors import TerrainError
from firewatch.terrain_settings import TerrainConfig
from firewatch.terrain_wiring import terrain_around, terrain_told, towers_outside

if TYPE_CHECKING:
    from pathlib import Path

STEP = 1.0 / 1200.0
BOX = (112.5, 26.8, 112.7, 27.0)
ROSTER = '[[people]]\nid = "a"\nname = "A"\nrole = "officer"\nchannels = []\n'


def wall() -> np.ndarray:
    """Return flat ground with a wall of 300 m, 3 km east of the first tower."""
    heights = np.full((240, 240), 100.0, np.float32)
    heights[:, 156:158] = 400.0
    heights[230:, :10] = -9999.0
    return heights


def tower(key: str, lat: float, lon: float, cameras: tuple[Camera, ...] = ()) -> Tower:
    return Tower(TowerId(key), Name(f"云峰{key[-1]}", f"Yunfeng {key[-1]}"), Position(lat, lon, 140.0), cameras)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    poses = tuple(
        Pose(PoseId(f"p{azimuth}"), Calibration("v1", float(azimuth), -2.0, 60.0, 0.5)) for azimuth in (350, 90)
    )
    camera = Camera(CameraId("c1"), poses, 6000.0)
    sites = SiteMap((tower("t1", 26.9, 112.6, (camera,)), tower("t2", 26.92, 112.58), tower("t3", 27.5, 112.6)), ())
    write_sites(sites, tmp_path / "sites.geojson")
    (tmp_path / "roster.toml").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "central.toml").write_text('[terrain]\nfolder = "terrain"\ncell_m = 90\n', encoding="utf-8")
    (tmp_path / "tiles" / "deep").mkdir(parents=True)
    write_tif(tmp_path / "tiles" / "deep" / "dem.tif", BOX, STEP, heights=wall())
    (tmp_path / "tiles" / "readme.txt").write_text("not a tile")
    return tmp_path / "central.toml"


def terrain(config: Path, *words: str) -> int:
    return main(["terrain", *words, "--config", str(config)])


@pytest.fixture
def imported(config: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert terrain(config, "import", str(config.parent / "tiles")) == 0
    capsys.readouterr()
    return config


def test_a_folder_is_searched_and_each_tile_told_with_what_it_covers(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terrain(config, "import", str(config.parent / "tiles")) == 0
    told = capsys.readouterr().out
    assert "dem.tif: 26.800 to 27.000 N, 112.500 to 112.700 E; 240 x 240 cells of 93 m; 100 to 400 m, 0.17 %" in told
    assert "taken in" in told
    assert terrain(config, "import", str(config.parent / "tiles"), "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [tile["is_new"] for tile in facts["tiles"]] == [False]
    assert facts["refused"] == []


def test_what_cannot_be_taken_is_told_and_the_others_are_taken(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = config.parent / "bad.tif"
    bad.write_bytes(b"II*\0 no more of it")
    into = config.parent / "elsewhere"
    good = config.parent / "tiles" / "deep" / "dem.tif"
    assert main(["terrain", "import", str(bad), str(good), "--into", str(into)]) == 1
    told = capsys.readouterr()
    assert "dem.tif: 26.800" in told.out
    assert "firewatch terrain: elevation" in told.err
    assert "bad.tif: is no raster that can be read" in told.err
    assert sorted(path.suffix for path in into.iterdir()) == [".json", ".tif"]
    empty = config.parent / "empty"
    empty.mkdir()
    assert main(["terrain", "import", str(empty), "--into", str(into)]) == 1
    assert "has no file that ends in .tif" in capsys.readouterr().err


def test_on_a_terminal_a_long_import_says_how_far_it_is(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("firewatch.cli.danger_progress.Progress._WAIT_S", 0.0)
    monkeypatch.setattr("firewatch.cli.danger_progress.Progress._EVERY_S", 0.0)
    assert terrain(config, "import", str(config.parent / "tiles")) == 0
    told = capsys.readouterr().err
    assert "firewatch terrain import: dem.tif (1 of 1): reading 100 %" in told
    assert "firewatch terrain import: dem.tif (1 of 1): writing 100 %" in told


def test_info_names_who_stands_outside(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert terrain(imported, "info") == 0
    told = capsys.readouterr().out
    assert "2 of 3 towers and stations lie on them" in told
    assert "outside: tower t3" in told
    assert terrain(imported, "info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["outside"] == ["tower t3"]
    assert facts["tiles"][0]["resolution_m"] == pytest.approx(92.8)


def test_a_view_says_how_much_is_seen(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert terrain(imported, "view", "--tower", "t1") == 0
    told = capsys.readouterr().out
    assert "t1: ground at 100 m, cameras at 120 m; the sites file says 140 m" in told
    assert "of 113 km2 of ground within 6 km (0.0 km2 unknown)" in told
    assert "smoke 200 m above the ground" in told
    assert terrain(imported, "view", "--tower", "t1", "--json", "--range-km", "5", "--mast", "5") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["ground_m"], facts["camera_m"], facts["range_m"]) == (100.0, 105.0, 5000.0)
    shares = [sector["seen_share"][0] for sector in facts["sectors"]]
    # To the east the wall hides what is behind it; to the west everything is seen.
    assert min(shares[7:11]) > 0.95
    assert max(shares[2:4]) < 0.7
    assert facts["seen_share"] == sorted(facts["seen_share"])


def test_a_skyline_says_where_the_wall_stands(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert terrain(imported, "skyline", "--tower", "t1") == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 37
    assert told[10].startswith("   90 deg   +5.")
    assert terrain(imported, "skyline", "--tower", "t1", "--json", "--step", "1") == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["azimuth_deg"]) == 360
    assert facts["elevation_deg"][90] == pytest.approx(np.degrees(np.arctan2(280.0, 3050.0)), abs=0.15)
    assert facts["elevation_deg"][270] < 0.0
    assert facts["distance_m"][90] == pytest.approx(3050.0, abs=150.0)


@pytest.mark.parametrize(("verb", "most"), [("view", 4), ("skyline", 2)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pictures_are_drawn_whole(
    imported: Path, verb: str, most: int, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = imported.parent / f"{verb}.png"
    done = terrain(imported, verb, "--tower", "t1", "--png", str(out), "--lang", language)
    told = capsys.readouterr()
    if done == 1 and language == "zh":
        assert "fonts-noto-cjk" in told.err
        return
    assert done == 0
    assert f"drawn: {out}" in told.out
    picture = cv2.imread(str(out))
    assert picture is not None
    # Greens where the ground is seen, greys where it is hidden; the wall's skyline.
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50 * most
    assert terrain(imported, verb, "--tower", "t1", "--png", str(out.with_suffix(".jpg"))) == 1
    assert "ends in .png" in capsys.readouterr().err
    assert not out.with_suffix(".jpg").exists()


def test_without_matplotlib_it_says_what_to_install(
    imported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert terrain(imported, "view", "--tower", "t1", "--png", str(imported.parent / "view.png")) == 1
    assert "pip install 'firewatch[plot]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("view", "--tower", "t9"), "tower is 't9'; allowed is one of the sites file: t1, t2, t3"),
        (("view", "--tower", "t1", "--range-km", "90"), "--range-km is 90.0; allowed is 0.1 to 60"),
        (("skyline", "--tower", "t1", "--step", "0"), "--step is 0.0; allowed is 0.01 to 10"),
        (("view", "--tower", "t1", "--mast", "-3"), "height above the ground (m) is -3.0"),
        (("view", "--tower", "t3"), "no height is known within 15 km of 27.50000, 112.60000"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    imported: Path, words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terrain(imported, *words) == 1
    assert told in capsys.readouterr().err


def test_without_a_folder_in_the_settings_it_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("", encoding="utf-8")
    for words in (("info",), ("import", str(config.parent / "tiles"))):
        assert terrain(config, *words) == 1
        assert "terrain.folder: is empty: name a folder for the tiles" in capsys.readouterr().err


def test_check_config_says_what_the_model_covers(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["check-config", "--config", str(config)]
    assert main(check) == 0
    told = capsys.readouterr()
    assert f"terrain: no tile in {config.parent / 'terrain'}" in told.out
    assert "`firewatch terrain import FILES` fills it" in told.err
    assert terrain(config, "import", str(config.parent / "tiles")) == 0
    assert main(check) == 0
    told = capsys.readouterr()
    assert "terrain: 1 tile(s), cells of 93 m at best; 2 of 3 towers on it" in told.out
    assert "terrain: no tile below t3: what they see is located on the plane" in told.err
    (config.parent / "terrain" / "tiles.json").write_text("{", encoding="utf-8")
    assert main(check) == 1
    assert "import the tiles again" in capsys.readouterr().err


def test_the_ground_around_a_place_is_for_every_use_case(imported: Path) -> None:
    settings = read_config(imported).terrain
    grid = terrain_around(settings, Position(26.9, 112.6), 1000.0)
    assert grid is not None
    assert (grid.cell_m, grid.shape) == (90.0, (23, 23))
    assert np.unique(grid.elevation_m).tolist() == [100.0]
    assert terrain_around(TerrainConfig(), Position(26.9, 112.6), 1000.0) is None
    with pytest.raises(TerrainError):
        terrain_around(settings, Position(50.0, 10.0), 1000.0)
    sites = SiteMap((tower("t1", 26.9, 112.6),), ())
    assert towers_outside(settings, sites) == ()
    assert terrain_told(settings, sites)[1] == ()
    assert terrain_told(TerrainConfig(), sites) == (
        "terrain: none; fires are located on the plane, whatever hills lie between",
        (),
    )
