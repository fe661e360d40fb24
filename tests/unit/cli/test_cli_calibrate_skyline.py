"""`firewatch calibrate skyline` from the tile to the map of sites, on made-up ground."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from fractal import fractal_heights

from firewatch.adapters.sites_geojson import read_sites
from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.cli import main
from firewatch.domain.ids import TowerId
from firewatch.domain.optics import Calibration
from firewatch.terrain import AboveGround, skyline
from firewatch.testing.skyline_picture import SkylinePainter

rasterio = pytest.importorskip("rasterio")

CONFIGS = Path(__file__).parents[3] / "configs"
LAT_DEG, LON_DEG = 26.905, 112.545
TRUTH = Calibration("truth", 41.3, -1.0, 56.0, 1.0, roll_deg=0.6)
SIZE = (800, 450)


@dataclass(frozen=True)
class Bureau:
    """Settings, sites and a tile in a folder."""

    folder: Path

    @property
    def sites(self) -> Path:
        return self.folder / "sites.geojson"

    def painted(self, name: str, look: Calibration, painter: SkylinePainter) -> Path:
        """Write what a camera would see."""
        tower = read_sites(self.sites).tower(TowerId("yunfeng"))
        assert tower is not None
        grid = TerrainFolder(self.folder / "terrain").grid_around(tower.position, 10_000.0, 60.0)
        around = skyline(grid, AboveGround(0.0, 0.0, tower.mast_m), np.arange(0.0, 360.0, 0.1), 10_000.0)
        image, _ = painter.paint(around, look, SIZE, np.random.default_rng(4))
        path = self.folder / name
        assert cv2.imwrite(str(path), image)
        return path

    def run(self, picture: Path, *words: str) -> int:
        given = [
            "calibrate",
            "skyline",
            str(picture),
            "--range-km",
            "10",
            "--config",
            str(self.folder / "central.toml"),
        ]
        return main([*given, *words])

    def pose(self) -> Calibration:
        tower = read_sites(self.sites).tower(TowerId("yunfeng"))
        assert tower is not None
        return tower.cameras[0].poses[0].calibration


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tile of hills; the tower stands on one."""
    folder = tmp_path_factory.mktemp("ground")
    heights = fractal_heights(256, 12, 220.0, 2.2)
    rows, columns = np.mgrid[-128:128, -128:128]
    heights += (400.0 * np.exp(-(rows**2 + columns**2) / 8.0**2)).astype(np.float32)
    step = 1.0 / 1200.0
    made = rasterio.Affine(step, 0.0, LON_DEG - 128 * step, 0.0, -step, LAT_DEG + 128 * step)
    shape = {"width": 256, "height": 256, "count": 1, "dtype": "float32", "crs": "EPSG:4326", "transform": made}
    with rasterio.open(folder / "hills.tif", "w", driver="GTiff", **shape) as tile:
        tile.write(heights, 1)
    assert main(["terrain", "import", str(folder / "hills.tif"), "--into", str(folder / "terrain")]) == 0
    return folder / "terrain"


@pytest.fixture
def bureau(ground: Path, tmp_path: Path) -> Bureau:
    shutil.copytree(ground, tmp_path / "terrain")
    shutil.copy(CONFIGS / "sites.geojson", tmp_path / "sites.geojson")
    settings = '[centre]\nsites = "sites.geojson"\n[terrain]\nfolder = "terrain"\ncell_m = 60.0\n'
    (tmp_path / "central.toml").write_text(settings, encoding="utf-8")
    return Bureau(tmp_path)


ASKED = ("--tower", "yunfeng", "--camera", "north")


def test_a_picture_becomes_a_pose_of_the_sites(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    picture = bureau.painted("clear.png", TRUTH, SkylinePainter())
    words = (*ASKED, "--json", "--write", "--calibration-id", "by-skyline", "--png", str(bureau.folder / "over.png"))
    assert bureau.run(picture, *words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_trusted"]
    assert told["azimuth_deg"] == pytest.approx(TRUTH.azimuth_deg, abs=0.1)
    assert told["hfov_deg"] == pytest.approx(TRUTH.hfov_deg, abs=0.3)
    assert told["residual_px"] < 2.0
    made = bureau.pose()
    assert made.calibration_id == "by-skyline"
    assert (made.azimuth_deg, made.tilt_deg) == pytest.approx((TRUTH.azimuth_deg, TRUTH.tilt_deg), abs=0.1)
    assert made.roll_deg == pytest.approx(TRUTH.roll_deg, abs=0.1)
    assert cv2.imread(str(bureau.folder / "over.png")) is not None

    assert bureau.run(picture, *ASKED, "--check") == 0
    assert "as it was" in capsys.readouterr().out
    turned = bureau.painted("turned.png", replace(TRUTH, azimuth_deg=43.0), SkylinePainter())
    assert bureau.run(turned, *ASKED, "--check", "--reference", str(picture), "--json") == 1
    drift = json.loads(capsys.readouterr().out)
    assert drift["motion"] == "turned"
    assert drift["turn_deg"]["azimuth"] == pytest.approx(1.7, abs=0.15)
    fog = bureau.painted("fog.png", TRUTH, SkylinePainter(fog=1.0))
    assert bureau.run(fog, *ASKED, "--check") == 0
    assert "hidden" in capsys.readouterr().out


def test_fog_is_refused_and_nothing_is_written(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    before = bureau.sites.read_bytes()
    fog = bureau.painted("fog.png", TRUTH, SkylinePainter(fog=1.0))
    assert bureau.run(fog, *ASKED, "--write") == 1
    assert "a clear day" in capsys.readouterr().err
    assert bureau.sites.read_bytes() == before


def test_a_doubtful_fit_says_what_to_do_and_writes_nothing(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    before = bureau.sites.read_bytes()
    picture = bureau.painted("clear.png", TRUTH, SkylinePainter())
    assert bureau.run(picture, *ASKED, "--azimuth-near", "220", "--hfov-deg", "54", "--write") == 1
    told = capsys.readouterr()
    assert "not to be trusted" in told.err
    assert "the sites say azimuth" in told.out
    assert bureau.sites.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ((), 2, "--tower is needed"),
        ((*ASKED, "--reference", "x.png"), 2, "--reference goes with --check"),
        ((*ASKED, "--range-km", "0.5"), 1, "--range-km"),
        ((*ASKED, "--check", "--also", "x.png", "90"), 2, "--also without"),
        ((*ASKED, "--also", "x.png", "left"), 1, "a number of degrees"),
        ((*ASKED, "--also", "x.png", "400"), 1, "-360 to 360"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    bureau: Bureau, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, why: str
) -> None:
    picture = bureau.painted("clear.png", TRUTH, SkylinePainter())
    assert bureau.run(picture, *words) == code
    assert why in capsys.readouterr().err


def test_pictures_of_one_head_are_joined(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    first = bureau.painted("north.png", TRUTH, SkylinePainter())
    east = bureau.painted("east.png", replace(TRUTH, azimuth_deg=161.3), SkylinePainter())
    elsewhere = bureau.painted("elsewhere.png", replace(TRUTH, azimuth_deg=270.0), SkylinePainter())
    near = ("--azimuth-near", "50")
    also = ("--also", str(east), "120", "--also", str(elsewhere), "-100")
    assert bureau.run(first, *ASKED, *near, *also, "--json") in {0, 1}
    told = json.loads(capsys.readouterr().out)
    assert [each["is_used"] for each in told["pictures"]] == [True, True, False]
    assert told["azimuth_deg"] == pytest.approx(TRUTH.azimuth_deg, abs=0.1)
    assert told["chance_wrong"] < 1e-3
    bureau.run(first, *ASKED, *near, *also[:3])
    assert "picture 2 by itself: azimuth 41." in capsys.readouterr().out


def test_without_a_terrain_model_the_setting_is_named(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    picture = bureau.painted("clear.png", TRUTH, SkylinePainter())
    (bureau.folder / "central.toml").write_text('[centre]\nsites = "sites.geojson"\n', encoding="utf-8")
    assert bureau.run(picture, *ASKED) == 1
    assert "terrain.folder" in capsys.readouterr().err
