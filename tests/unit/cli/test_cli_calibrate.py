"""`firewatch calibrate` from pictures and files to the sites."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from rendered_board import held_boards, pictures_of

from firewatch.adapters.sites_geojson import read_sites, write_sites
from firewatch.calibration.chessboard import Board
from firewatch.calibration.clicks import Landmark, click_on_place
from firewatch.cli import main
from firewatch.domain.geo import Position
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import SiteMap
from firewatch.geodesy import Gcj02Position, direct, to_gcj02
from firewatch.optics_forms import read_lens
from firewatch.testing import example_sites

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 640, 360
EYE = Position(26.9, 112.6, 420.0)
TRUE = Calibration("true", 62.4, -1.8, 58.0, 0.5, 1.6)
PLACES = (("水泥厂", 44.0, 9000.0, 150.0), ("mast", 55.0, 4200.0, 330.0), ("summit", 63.0, 14000.0, 560.0))
MORE = (("water tower", 73.0, 6100.0, 190.0), ("temple", 84.0, 3000.0, 380.0))


def marks(eye: Position = EYE, pose: Calibration = TRUE, **other: Any) -> list[dict[str, Any]]:
    found = []
    for name, azimuth, distance, elevation in (*PLACES, *MORE):
        place = replace(direct(eye, azimuth, distance), elevation_m=elevation)
        click = click_on_place(eye, Landmark(name, place, 0.0, 0.0))
        assert click.elevation_deg is not None
        x, y = pose.pixels(np.array([click.azimuth_deg]), np.array([click.elevation_deg]), WIDTH, HEIGHT)[0]
        at = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "elevation_m": elevation}
        found.append({"name": name, "x": float(x), "y": float(y), **at, **other})
    return found


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "view.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8))
    return path


def written(tmp_path: Path, landmarks: list[dict[str, Any]], **other: Any) -> Path:
    path = tmp_path / "landmarks.json"
    camera = {"lat_deg": EYE.lat_deg, "lon_deg": EYE.lon_deg, "elevation_m": EYE.elevation_m, "hfov_deg": 56.0}
    path.write_text(json.dumps({"landmarks": landmarks, "camera": camera} | other, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """Return sites of one tower whose camera looks somewhere else than it says."""
    tower = example_sites().towers[0]
    pose = replace(
        tower.cameras[0].poses[0], calibration=replace(TRUE, calibration_id="v1", azimuth_deg=60.0, roll_deg=0.0)
    )
    camera = replace(tower.cameras[0], poses=(pose,))
    path = tmp_path / "sites.geojson"
    write_sites(SiteMap((replace(tower, position=EYE, cameras=(camera,)),), ()), path)
    return path


def test_landmarks_tell_the_pose_and_which_click_is_wrong(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landmarks = marks()
    landmarks[3]["x"] += 40.0
    drawn = tmp_path / "out.png"
    assert main(["calibrate", "landmarks", str(picture), str(written(tmp_path, landmarks)), "--png", str(drawn)]) == 0
    told = capsys.readouterr().out
    assert float(told.split("azimuth")[1].split()[0]) == pytest.approx(62.4, abs=0.05)
    assert "4 water tower: " in told
    assert told.count("WRONG") == 1
    assert cv2.imread(str(drawn)).shape == (HEIGHT, WIDTH, 3)


def test_json_tells_the_same_and_a_correction_goes_into_the_sites_with_a_copy(
    tmp_path: Path, picture: Path, sites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sites.read_bytes()
    tower = read_sites(sites).towers[0]
    names = (tower.tower_id, tower.cameras[0].camera_id, tower.cameras[0].poses[0].pose_id)
    file = written(tmp_path, marks(), camera=None)
    words = ["calibrate", "landmarks", str(picture), str(file), "--sites", str(sites), "--tower", tower.tower_id]
    assert main([*words, "--json", "--write", "--calibration-id", "new", "--since", "2026-03-01T08:00:00+08:00"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["azimuth_deg"] == pytest.approx(62.4, abs=0.02)
    assert facts["wrong"] == []
    pose = read_sites(sites).towers[0].cameras[0].poses[0]
    assert pose.calibration.calibration_id == "new"
    assert pose.calibration.azimuth_deg == pytest.approx(62.4, abs=0.02)
    assert pose.calibration.roll_deg == pytest.approx(1.6, abs=0.1)
    assert pose.calibration.errors is not None
    assert pose.corrects == ("/".join(names), "v1")
    assert pose.since is not None
    assert pose.since.isoformat() == "2026-03-01T00:00:00+00:00"
    assert (tmp_path / "sites.geojson.before-new").read_bytes() == before
    assert main([*words, "--write", "--calibration-id", "newer"]) == 0
    assert "the sites say azimuth 62.4" in capsys.readouterr().out
    again = read_sites(sites).towers[0].cameras[0].poses[0]
    assert again.corrects == ("/".join(names), "new", "v1")
    assert again.since is None


def test_coordinates_of_a_chinese_map_are_shifted_back(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landmarks = marks()
    for each in (*landmarks, camera := {"lat_deg": EYE.lat_deg, "lon_deg": EYE.lon_deg, "elevation_m": 420.0}):
        shifted: Gcj02Position = to_gcj02(Position(each["lat_deg"], each["lon_deg"]))
        each["lat_deg"], each["lon_deg"] = shifted.lat_deg, shifted.lon_deg
    file = written(tmp_path, landmarks, camera=camera, datum="gcj02")
    assert main(["calibrate", "landmarks", str(picture), str(file), "--json", "--hfov-deg", "57"]) == 0
    assert json.loads(capsys.readouterr().out)["azimuth_deg"] == pytest.approx(62.4, abs=0.02)


def test_a_landmark_without_height_and_the_sun_are_clicks_too(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landmarks = marks()
    del landmarks[1]["elevation_m"]
    landmarks.append({"sun_at": "2024-06-20T23:00:00Z", "x": 300.0, "y": -100.0, "click_sigma_px": 100.0})
    assert main(["calibrate", "landmarks", str(picture), str(written(tmp_path, landmarks))]) == 0
    told = capsys.readouterr().out
    assert "2 mast: " in told
    assert "(azimuth only: no height)" in told
    assert "6 sun: " in told


def test_a_lens_file_is_used(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lens = {"kind": "rectilinear", "focal": TRUE.focal_px(1000) / 1000.0}
    facts = {
        "hfov_deg": 58.0,
        "hfov_sigma_deg": 0.05,
        "rms_px": 0.2,
        "coverage": 0.8,
        "width_px": 640,
        "height_px": 360,
    }
    (tmp_path / "lens.json").write_text(json.dumps({"lens": lens} | facts))
    words = ["calibrate", "landmarks", str(picture), str(written(tmp_path, marks())), "--json"]
    assert main([*words, "--lens", str(tmp_path / "lens.json")]) == 0
    assert json.loads(capsys.readouterr().out)["hfov_deg"] == pytest.approx(58.0, abs=0.1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tower", "nowhere"], "nowhere is not among them"),
        (["--tower", "nanyue", "--camera", "none"], "none is not there"),
        (["--lens", "missing.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    picture: Path, sites: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", "landmarks", str(picture), str(written(picture.parent, marks())), "--sites", str(sites)]
    assert main([*words, *options]) == 1
    assert said in capsys.readouterr().err


def test_what_is_to_be_written_needs_a_tower(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "landmarks", str(picture), str(written(tmp_path, marks())), "--write"]) == 2
    assert "--write needs --tower" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("landmarks", "other", "said"),
    [
        ([{"x": 1.0, "y": 1.0}], {}, "landmarks[0] (): place is None; allowed is lat_deg and lon_deg, or sun_at"),
        ([{"x": 1.0, "y": 1.0, "lat_deg": 95.0, "lon_deg": 1.0}], {}, "latitude"),
        ([{"x": 1.0, "y": 1.0, "sun_at": "2024-06-20T23:00:00"}], {}, "an instant with its zone"),
        ([{"x": 1.0, "y": 1.0, "colour": "red"}], {}, "colour"),
        ([], {}, "there are none"),
        ([], {"camera": None}, "camera: is missing"),
        ([], {"camera": {"lat_deg": 99.0, "lon_deg": 1.0}}, "camera: latitude"),
    ],
)
def test_a_mistake_in_the_landmarks_is_named(
    picture: Path,
    landmarks: list[dict[str, Any]],
    other: dict[str, Any],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["calibrate", "landmarks", str(picture), str(written(picture.parent, landmarks, **other))]) == 1
    assert said in capsys.readouterr().err


def test_what_is_no_picture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    for name in ("no.jpg", "missing.jpg"):
        assert main(["calibrate", "landmarks", str(tmp_path / name), str(written(tmp_path, marks()))]) == 1
        assert "no frame from" in capsys.readouterr().err
    assert main(["calibrate", "landmarks", str(tmp_path / "no.jpg"), str(tmp_path / "missing.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_chessboard_gives_a_lens_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board, lens = Board(5, 4), Lens(LensKind.RECTILINEAR, 0.9, (-0.2, 0.05, 0.0, 0.0, 0.0))
    boards = held_boards(board, 6, 190.0, (0.25, 0.15))
    paths = []
    for number, seen in enumerate(pictures_of(board, lens, (320, 240), boards)):
        paths.append(str(tmp_path / f"{number}.png"))
        cv2.imwrite(paths[-1], seen)
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((240, 320), 99, np.uint8))
    out = tmp_path / "lens.json"
    words = ["--columns", "5", "--rows", "4", "--out", str(out)]
    assert main(["calibrate", "chessboard", *paths, str(tmp_path / "blank.png"), *words]) == 0
    told = capsys.readouterr()
    assert "blank.png: no whole board found" in told.err
    assert "horizontal field of view" in told.out
    found, sigma = read_lens(out)
    assert found.focal == pytest.approx(0.9, rel=0.02)
    assert sigma > 0.0
    assert main(["calibrate", "chessboard", str(tmp_path / "blank.png"), *words]) == 1
    assert "count the inner corners" in capsys.readouterr().err
    cv2.imwrite(str(tmp_path / "small.png"), np.full((100, 100), 99, np.uint8))
    assert main(["calibrate", "chessboard", paths[0], str(tmp_path / "small.png"), *words]) == 1
    assert "that of the first, 320x240" in capsys.readouterr().err


def test_drift_tells_a_turn_by_its_exit_code(tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(6)
    wide = np.full((HEIGHT, WIDTH + 40), 128.0)
    for finer in (1, 2, 4, 8, 16):
        noise = rng.normal(0.0, 16.0, (9 * finer, 16 * finer))
        wide += cv2.resize(noise, (WIDTH + 40, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for name, left in (("then", 0), ("same", 0), ("turned", 30)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), wide[:, left : left + WIDTH])
    tower = read_sites(sites).towers[0].tower_id
    words = ["--sites", str(sites), "--tower", tower]
    assert main(["calibrate", "drift", str(tmp_path / "then.png"), str(tmp_path / "same.png"), *words]) == 0
    assert "as it was" in capsys.readouterr().out
    assert main(["calibrate", "drift", str(tmp_path / "then.png"), str(tmp_path / "turned.png"), *words, "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["has_turned"]
    assert facts["azimuth_deg"] == pytest.approx(np.degrees(np.arctan(30.0 / TRUE.focal_px(WIDTH))), abs=0.5)
    assert main(["calibrate", "drift", str(tmp_path / "then.png"), str(tmp_path / "same.png")]) == 2
    few = written(tmp_path, [{"x": 100.0, "y": 100.0, "lat_deg": 26.0, "lon_deg": 112.0}])
    there = [str(tmp_path / "then.png"), str(tmp_path / "same.png"), *words, "--landmarks", str(few)]
    assert main(["calibrate", "drift", *there]) == 1
    assert "of 1 landmarks are found again, 4 are needed" in capsys.readouterr().err
