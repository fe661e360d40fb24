"""`firewatch-edge init` as a technician meets it: each answer checked at once, a way back, nothing half-written."""

from __future__ import annotations

import json
import re
import string
from argparse import Namespace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.adapters.sites_geojson import read_sites
from firewatch.errors import ConfigError, InvalidValue
from firewatch_edge.cli import main
from firewatch_edge.cli.init import Setup
from firewatch_edge.cli.secrets_file import is_open_to_others, read_secrets, secrets_path, secrets_with, take_secrets
from firewatch_edge.cli.setup import Answers, Asker, CameraAnswers, CameraDraft, Draft, PoseDraft, Refused, load_answers
from firewatch_edge.cli.setup.answers import TowerAnswers
from firewatch_edge.cli.setup.interview import Interview, draft_of
from firewatch_edge.cli.setup.looking import azimuth_by_landmark, slug_of
from firewatch_edge.cli.setup.reading import azimuth_to, kind_of, read_name, read_number, read_place
from firewatch_edge.cli.setup.writing import Broker, edge_text, require_usable, with_broker, with_cameras
from firewatch_edge.cli.words import Words, language_of
from firewatch_edge.config import load_settings
from firewatch_edge.mount import FoundDevice
from firewatch_edge.patrol import MountPosition, Preset

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = {
    name: json.loads((files("firewatch_edge.cli") / "texts" / name).read_text(encoding="utf-8"))
    for name in ("en.json", "zh-CN.json")
}


CAMERA = '[[camera]]\nid = "a"\nkind = "folder"\npath = "."\n[camera.pose]\nazimuth_deg = 0.0\nhfov_deg = 50.0\n'


class Technician:
    """Types line after line, and sees the questions; what is left over or missing fails the test."""

    def __init__(self, *lines: str, language: str = "en", is_attended: bool = True) -> None:
        self.lines, self.asked = list(lines), [""]
        self.asker = Asker(
            Words("zh" if language == "zh" else "en"),
            is_attended=is_attended,
            type_in=self.type_in,
            type_secret=self.type_in,
        )

    def type_in(self, prompt: str) -> str:
        self.asked.append(prompt)
        assert self.lines, f"nothing left to answer {prompt!r}"
        line = self.lines.pop(0)
        if line == "^C":
            raise KeyboardInterrupt
        return line


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(2):
        image = np.random.default_rng(number).integers(0, 255, (72, 128, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"+0000{number}.png"), image)
    return folder


def arguments(config: Path, **more: object) -> Namespace:
    usual = {"no_try": False, "yes": False, "force": False, "add_camera": False, "certificate_only": False}
    return Namespace(config=config, **{**usual, **more})


def run(technician: Technician, config: Path, answers: Answers | None = None, **more: object) -> int:
    setup = Setup(arguments(config, **more), answers or Answers(), technician.asker)
    interview_of = setup._interview

    def offline(taken: frozenset[str] = frozenset()) -> Interview:
        interview = interview_of(taken)
        interview.find = lambda: (FoundDevice("http://127.0.0.1:9/onvif/device_service", "Dome"),)
        return interview

    setup._interview = offline  # type: ignore[method-assign]  # the network of the test machine is not asked
    code = setup.run()
    assert not technician.lines, "answers left over"
    return code


TOWER = ("yunfeng", "26.905, 112.545", "310", "25", "later")


def test_a_tower_is_set_up_by_answering(tmp_path: Path, frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "edge.toml"
    landmark = ("m", "26.9500 112.5450", "50")
    technician = Technician(*TOWER, str(frames), "", "60", *landmark, "", "-2", "n", "y")
    assert run(technician, config) == 0
    read = load_settings(config)
    assert (read.tower.id, read.tower.lat_deg, read.tower.ground_m, read.tower.mast_m) == ("yunfeng", 26.905, 310, 25)
    assert read.camera[0].pose is not None
    assert (read.camera[0].id, read.camera[0].pose.azimuth_deg, read.camera[0].pose.tilt_deg) == ("north", 0.0, -2.0)
    told = capsys.readouterr().out
    assert "ok: folder, 128x72" in told
    assert "1  Dome  http://127.0.0.1:9/onvif/device_service" in told
    assert (tmp_path / "first-picture-north.jpg").exists()
    assert main(["check-config", "--config", str(config)]) == 0
    feature = json.loads((tmp_path / "tower.geojson").read_text(encoding="utf-8"))
    sites = tmp_path / "sites.geojson"
    sites.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    (tower,) = read_sites(sites).towers
    assert (tower.position.elevation_m, tower.mast_m) == (335.0, 25.0)
    assert tower.cameras[0].poses[0].calibration == read.calibration_of(read.camera[0])


def test_wrong_answers_are_refused_at_once_and_help_is_given(
    tmp_path: Path, frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("Yun Feng", "", "yunfeng", "?", "112.545, 26.905", "somewhere", "26.905, 112.545", "-", "x y", "later")
    camera = (str(frames / "none"), "ftp://x", "7", str(frames), "", "180", "0", "60", "361", "350", "")
    assert run(Technician(*wrong, *camera, "", ""), tmp_path / "edge.toml") == 0
    told = capsys.readouterr().out
    for words in ("small letters", "This one is needed", "GCJ-02", "the latitude comes first", "two numbers"):
        assert words in told
    for words in ("neither an address", "ftp:// is no camera", "a number of the list", "a number from 1 to 150"):
        assert words in told


def test_there_is_a_way_back_from_every_question_and_the_answer_before_is_its_default(
    tmp_path: Path, frames: Path
) -> None:
    there = ("<", "yunfeng", "<", "shigu", "26.9, 112.5", "310", "<", "<", "26.8, 112.5", "", "", "later", "<", "")
    back = (str(frames), "<", str(frames), "west", "<", "", "60", "350", "<", "<", "61", "340", "", "n", "y")
    technician = Technician(*there, *back)
    assert run(technician, tmp_path / "edge.toml") == 0
    read = load_settings(tmp_path / "edge.toml")
    assert (read.tower.id, read.tower.lat_deg, read.tower.ground_m) == ("shigu", 26.8, 310.0)
    (camera,) = read.camera
    assert camera.pose is not None
    assert (camera.id, camera.pose.hfov_deg, camera.pose.azimuth_deg) == ("west", 61.0, 340.0)


@pytest.mark.parametrize("after", range(10))
def test_who_leaves_in_the_middle_leaves_nothing(tmp_path: Path, frames: Path, after: int) -> None:
    answers = (*TOWER, str(frames), "", "60", "350", "", "n")
    with pytest.raises(KeyboardInterrupt):
        run(Technician(*answers[:after], "^C"), tmp_path / "edge.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_a_tower_that_is_not_agreed_to_is_not_written(tmp_path: Path, frames: Path) -> None:
    assert run(Technician(*TOWER, str(frames), "", "60", "350", "", "n", "n"), tmp_path / "edge.toml") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_without_a_camera_the_file_says_how_to_go_on_and_a_camera_can_be_added(tmp_path: Path, frames: Path) -> None:
    config = tmp_path / "edge.toml"
    assert run(Technician(*TOWER, "n", ""), config) == 0
    assert "No camera yet" in config.read_text(encoding="utf-8")
    assert not (tmp_path / "tower.geojson").exists()
    assert run(Technician("a", str(frames), "", "60", "350", "", "n", "y"), config) == 0
    assert [camera.id for camera in load_settings(config).camera] == ["north"]
    assert "No camera yet" not in config.read_text(encoding="utf-8")


def test_a_second_run_adds_a_camera_and_changes_nothing_else(tmp_path: Path, frames: Path) -> None:
    config = tmp_path / "edge.toml"
    mine = '[tower]\nid = "a"   # mine\n\n[[camera]]\nid = "north"\nkind = "folder"\npath = "frames"\n[camera.pose]\n'
    before = mine + "azimuth_deg = 1.0\nhfov_deg = 50.0\n\n# the broker\n[mqtt]\nport = 1884"
    config.write_text(before, encoding="utf-8")
    # The name of a camera that is there already is refused.
    assert run(Technician("", str(frames), "north", "south", "60", "180", "", "n", ""), config) == 0
    after = config.read_text(encoding="utf-8")
    assert [camera.id for camera in load_settings(config).camera] == ["north", "south"]
    assert load_settings(config).mqtt.port == 1884
    assert after.startswith(mine)
    assert "\n# the broker\n[mqtt]" in after
    (copy,) = tmp_path.glob("edge.toml.*.old")
    assert copy.read_text(encoding="utf-8") == before


def test_a_password_goes_into_the_file_of_secrets_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "edge.toml"
    typed = ("rtsp://viewer:p%40ss'w@127.0.0.1:9/1", "gate", "k", "60", "350", "", "n", "y")
    assert run(Technician(*TOWER, *typed), config) == 0
    assert "nothing answers on port 9" in capsys.readouterr().out
    secrets = secrets_path(config)
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert read_secrets(secrets) == {"CAMERA_GATE_PASSWORD": "p@ss'w"}
    assert "ss'w" not in config.read_text(encoding="utf-8")
    camera = load_settings(config).camera[0]
    assert (camera.url, camera.username) == ("rtsp://127.0.0.1:9/1", "viewer")
    assert camera.password_env == "CAMERA_GATE_PASSWORD"  # noqa: S105 - the name of a variable
    environment = {"OTHER": "1"}
    take_secrets(config, environment)
    assert environment == {"OTHER": "1", "CAMERA_GATE_PASSWORD": "p@ss'w"}


def test_a_camera_that_gives_no_picture_is_refused_where_nobody_can_be_asked(tmp_path: Path) -> None:
    camera = CameraAnswers(source="rtsp://127.0.0.1:9/1", azimuth_deg=1.0, hfov_deg=50.0)
    answers = Answers(tower=TowerAnswers(id="a"), camera=(camera,))
    with pytest.raises(InvalidValue, match="nothing answers on port 9"):
        run(Technician(is_attended=False), tmp_path / "edge.toml", answers, yes=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_answers_sets_a_tower_up_unattended(
    tmp_path: Path, frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(
        'language = "zh"\n[tower]\nid = "yun"\nlat_deg = 26.9\nlon_deg = 112.5\n[[camera]]\nid = "east"\n'
        f'source = "{frames}"\nazimuth_deg = 90.0\nhfov_deg = 60.0\n',
        encoding="utf-8",
    )
    config = tmp_path / "edge.toml"
    assert main(["init", "--config", str(config), "--answers", str(answers), "--yes"]) == 0
    assert "已写入" in capsys.readouterr().out
    assert [camera.id for camera in load_settings(config).camera] == ["east"]
    assert main(["init", "--config", str(config), "--answers", str(answers), "--yes"]) == 1
    assert "--add-camera" in capsys.readouterr().err
    answers.write_text('[tower]\nname = "yun"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="name"):
        load_answers(answers)


@pytest.mark.parametrize("missing", ["azimuth_deg", "hfov_deg"])
def test_no_angle_is_guessed_unattended(tmp_path: Path, frames: Path, missing: str) -> None:
    angles = {"azimuth_deg": 1.0, "hfov_deg": 50.0}
    del angles[missing]
    answers = Answers(tower=TowerAnswers(id="a"), camera=(CameraAnswers(source=str(frames), **angles),))
    with pytest.raises(InvalidValue, match=missing):
        run(Technician(is_attended=False), tmp_path / "edge.toml", answers, yes=True)
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_the_poses_of_a_turning_camera_are_guessed_from_its_pans(tmp_path: Path) -> None:
    from firewatch_edge.cli.setup.looking import PoseQuestions

    camera = CameraDraft(CameraAnswers(), "dome", "snapshot", "http://127.0.0.1/x", mount_url="http://127.0.0.1")
    pans = {"North": 0.0, "East": 0.5, "西": -0.5}
    camera.presets = tuple(
        Preset(str(n), name, MountPosition(pan, 0.0, 0.0)) for n, (name, pan) in enumerate(pans.items())
    )
    technician = Technician("1, 9", "all", "30", "350", "", "", "", "", "", "", "")
    for step in PoseQuestions(technician.asker, Draft("a"), camera).steps():
        step()
    assert [(pose.id, pose.azimuth_deg, pose.hfov_deg) for pose in camera.poses] == [
        ("north", 350.0, 30.0),
        ("east", 80.0, 30.0),
        ("preset-2", 260.0, 30.0),
    ]
    read = require_usable(edge_text(Draft("a", cameras=[camera]), None), tmp_path / "edge.toml")
    assert [pose.preset for pose in read.camera[0].poses] == ["North", "East", "西"]


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(0, 359.9), st.floats(600, 40_000))
@settings(max_examples=40, deadline=None)
def test_a_landmark_gives_the_azimuth_of_the_ellipsoid(lat: float, lon: float, azimuth: float, far_m: float) -> None:
    from pyproj import Geod

    to_lon, to_lat, _ = Geod(ellps="WGS84").fwd(lon, lat, azimuth, far_m)
    found, distance_m = azimuth_to(lat, lon, to_lat, to_lon)
    assert abs((found - azimuth + 180.0) % 360.0 - 180.0) < 0.01
    assert distance_m == pytest.approx(far_m, rel=1e-4)


@given(st.floats(0.0, 359.9), st.floats(0.0, 1.0), st.floats(5.0, 120.0))
def test_a_landmark_beside_the_middle_moves_the_azimuth_as_the_lens_does(
    middle: float, across: float, hfov: float
) -> None:
    from firewatch.domain.optics import Calibration

    seen = Calibration("a", middle, 0.0, hfov, 0.5).bearing_of(across * 4000.0, 1000.0, 4000, 2000).azimuth_deg
    found = azimuth_by_landmark(seen, across, hfov)
    assert abs((found - middle + 180.0) % 360.0 - 180.0) < 1e-6


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("26.905, 112.545", (26.905, 112.545)),
        ("26.905，112.545", (26.905, 112.545)),  # noqa: RUF001 - as a Chinese keyboard types it
        ("-33.9 18.4", (-33.9, 18.4)),
        ("26°54'18\"N 112°32'42\"E", (26.905, 112.545)),
        ("北纬26度54分18秒 东经112度32分42秒", (26.905, 112.545)),
        ("33°54'S 18°24'E", (-33.9, 18.4)),
    ],
)
def test_places_are_read_as_maps_write_them(typed: str, place: tuple[float, float]) -> None:
    assert read_place(typed) == pytest.approx(place)


@pytest.mark.parametrize(
    ("read", "typed", "why"),
    [
        (read_place, "112.5, 26.9", "swapped"),
        (read_place, "26.9", "place"),
        (read_place, "26.9, 181", "place"),
        (read_number(0.0, 360.0, below=True), "360", "number"),
        (read_number(0.0, 360.0), "nan", "number"),
        (read_name(), "-a", "name"),
        (read_name(frozenset({"a"})), "a", "taken"),
        (kind_of, "ftp://a/b", "scheme"),
        (kind_of, "no-such-folder", "source"),
    ],
)
def test_what_cannot_be_is_refused(read: Callable[[str], object], typed: str, why: str) -> None:
    with pytest.raises(Refused) as caught:
        read(typed)
    assert caught.value.key == why


def test_a_broker_is_added_once_and_never_changed() -> None:
    text = edge_text(Draft("a"), None)
    added = with_broker(text, Broker("fire.example.org", 8883))
    assert 'host = "fire.example.org"' in added
    assert "Not enrolled yet" not in added
    assert with_broker(added, Broker("other", 1)) == added
    assert draft_of(added, "edge.toml") == (Draft("a"), frozenset())


def test_a_file_in_which_no_block_fits_is_left_alone() -> None:
    camera = CameraDraft(CameraAnswers(), "b", "folder", "/b", pose=PoseDraft(azimuth_deg=1.0, hfov_deg=50.0))
    inline = 'tower = {id = "a"}\ncamera = [{id = "a", kind = "folder", path = "."}]\n'
    with pytest.raises(ConfigError, match="by hand"):
        with_cameras(inline, [camera])


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(str.isprintable))
@settings(max_examples=60, deadline=None)
def test_every_password_comes_back_as_it_was(password: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "edge.env"
        path.write_bytes(secrets_with(path, {"A": "first"}))
        path.write_bytes(secrets_with(path, {"B": password}))
        assert read_secrets(path) == {"A": "first", "B": password}


def test_a_damaged_file_of_secrets_is_named_without_what_is_in_it_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.env"
    path.write_text("A='x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        read_secrets(path)
    path.write_text("\nhunter2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2") as caught:
        read_secrets(path)
    assert "hunter2" not in str(caught.value)
    config = path.with_suffix(".toml")
    config.write_text(edge_text(Draft("a"), None) + CAMERA, encoding="utf-8")
    assert main(["check-config", "--config", str(config)]) == 0
    assert "line 2" in capsys.readouterr().err
    assert is_open_to_others(path) is bool(path.stat().st_mode & 0o077)


def test_both_languages_say_the_same_things_with_the_same_facts() -> None:
    english, chinese = TEXTS["en.json"], TEXTS["zh-CN.json"]
    assert english.keys() == chinese.keys()
    for key, text in chinese.items():
        told = {field for _, field, _, _ in string.Formatter().parse(text) if field}
        assert told <= {field for _, field, _, _ in string.Formatter().parse(english[key]) if field}, key
    assert (Words("zh").language, slug_of("东山", "2")) == ("zh", "preset-2")


def test_every_text_that_the_program_names_exists() -> None:
    root = Path(str(files("firewatch_edge.cli")))
    code = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    keys = {f"init.{key}" for key in re.findall(r'\.tell\("([a-z_.]+)"', code)}
    keys |= {f"init.no.{key}" for key in re.findall(r'Refused\("([a-z_]+)"', code)}
    keys |= {f"init.ask.{key}" for key in re.findall(r'(?:Question|agrees)\(\s*"([a-z_]+)"', code)}
    keys |= {f"doctor.{key}" for key in re.findall(r'Finding\("[a-z]+", "[a-z]+", "([a-z_.]+)"', code)}
    keys |= {f"doctor.part.{part}" for part in re.findall(r'(?:Finding|Job)\("([a-z]+)"', code)}
    keys |= {f"doctor.trouble.{key}" for key in re.findall(r'Trouble\("([a-z_]+)"', code)}
    assert len(keys) > 90
    assert not sorted(keys - TEXTS["en.json"].keys())


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"), ({}, "en"), ({"LANG": "de_DE"}, "en")],
)
def test_the_language_is_the_terminals(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language
