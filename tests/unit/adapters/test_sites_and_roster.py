"""Files of sites and people: what stands there is what is used, and a mistake is named."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from firewatch.adapters.roster_toml import FileRoster
from firewatch.adapters.sites_edit import write_calibration
from firewatch.adapters.sites_geojson import read_sites, write_sites
from firewatch.demo.places import AREAS, STATIONS
from firewatch.domain.ids import PersonId, PoseId
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Area, Name, Pose, SiteMap
from firewatch.errors import ConfigError, InvalidValue
from firewatch.optics_forms import read_lens
from firewatch.testing import SCENE_START, example_sites

CONFIGS = Path(__file__).resolve().parents[3] / "configs"


def test_sites_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    assert read_sites(path) == example_sites()


def test_a_mast_is_twenty_metres_high_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    path, sites = tmp_path / "sites.geojson", example_sites()
    assert {tower.mast_m for tower in sites.towers} == {20.0}
    tall = replace(sites, towers=(replace(sites.towers[0], mast_m=42.5), *sites.towers[1:]))
    write_sites(tall, path)
    assert read_sites(path) == tall
    text = path.read_text("utf-8")
    path.write_text(text.replace('"mast_m": 42.5', '"mast_m": 501'), "utf-8")
    with pytest.raises(ConfigError, match=r"features\[0\].*above the ground \(m\) is 501.*0 to 500"):
        read_sites(path)
    document = json.loads(text)
    for feature in document["features"]:
        feature["properties"].pop("mast_m", None)
    path.write_text(json.dumps(document), "utf-8")
    assert read_sites(path) == sites


def test_the_shipped_sites_are_those_of_the_demo_with_the_twelve_units_of_the_city() -> None:
    shipped = read_sites(CONFIGS / "sites.geojson")
    assert shipped.areas == AREAS
    assert len(shipped.areas) == 12
    assert shipped.stations == STATIONS
    assert {area.area_code[:4] for area in shipped.areas} == {"4304"}


@pytest.mark.parametrize("code", ["43042", "4304211", "43042a", "\uff14\uff13\uff10\uff14\uff12\uff11"])
def test_an_area_code_is_six_digits(code: str) -> None:
    with pytest.raises(InvalidValue, match="six digits"):
        Area(code, Name("衡阳县", "Hengyang County"))
    with pytest.raises(InvalidValue, match="six digits"):
        replace(STATIONS[0], area_code=code)


def test_a_station_of_an_area_that_is_not_listed_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "sites.geojson"
    write_sites(SiteMap((), STATIONS, areas=AREAS), path)
    assert read_sites(path) == SiteMap((), STATIONS, areas=AREAS)
    path.write_text(path.read_text("utf-8").replace('"area_code": "430422"', '"area_code": "430499"'), "utf-8")
    with pytest.raises(ConfigError, match=r"st-hengnan.*430499.*430405, 430406"):
        read_sites(path)


def test_what_an_editor_of_windows_writes_before_the_first_letter_does_no_harm(tmp_path: Path) -> None:
    sites, roster = tmp_path / "sites.geojson", tmp_path / "roster.toml"
    write_sites(example_sites(), sites)
    sites.write_bytes(b"\xef\xbb\xbf" + sites.read_bytes())
    assert read_sites(sites) == example_sites()
    roster.write_bytes('\ufeff[[people]]\r\nid = "li-wei"\r\nname = "李伟"\r\nrole = "ranger"\r\n'.encode())
    assert FileRoster(roster).person(PersonId("li-wei")) is not None


def test_a_roster_that_is_no_text_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    path.write_bytes('[[people]]\nid = "li-wei"\nname = "李伟"\n'.encode("gbk"))
    with pytest.raises(ConfigError, match="no text in UTF-8; save it as UTF-8"):
        FileRoster(path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda feature: feature["geometry"].update(coordinates=[200.0, 27.0]), "features[0] (nanyue)"),
        (lambda feature: feature["properties"].update(id="No Slug"), "features[0] (No Slug)"),
        (lambda feature: feature["properties"].update(colour="red"), "colour"),
        (lambda feature: feature["properties"].update(kind="castle"), "castle"),
        (lambda feature: feature["properties"].update(id="jiuguan"), "jiuguan"),
        (lambda feature: feature["properties"]["cameras"][0].update(range_m=5.0), "range"),
    ],
)
def test_a_mistake_in_the_sites_is_named(tmp_path: Path, change, named: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a lambda
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    sites = json.loads(path.read_text(encoding="utf-8"))
    change(sites["features"][0])
    path.write_text(json.dumps(sites), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_sites(path)
    assert refused.value.source == str(path)
    assert named in str(refused.value)


def test_a_file_that_is_missing_or_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff{")
    for path in (tmp_path / "x", tmp_path / "missing"):
        with pytest.raises(ConfigError, match=path.name):
            read_sites(path)


_TWO = """
[[people]]
id = "chen"
name = "陈值班"
role = "officer"
channels = ["mailto:chen@example.org"]
[[people]]
id = "zhou"
name = "周护林员"
role = "ranger"
on_duty = false
"""


def test_people_on_duty_are_told_in_the_files_order(tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    path.write_text(_TWO, encoding="utf-8")
    roster = FileRoster(path)
    assert [person.person_id for person in roster.on_duty(SCENE_START)] == ["chen"]
    off_duty = roster.person(PersonId("zhou"))
    assert off_duty is not None
    assert off_duty.name == "周护林员"
    assert roster.person(PersonId("nobody")) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (_TWO.replace("zhou", "chen"), "twice"),
        (_TWO.replace("zhou", "Big Zhou"), "Big Zhou"),
        (_TWO.replace('"ranger"', '"king"'), "king"),
        (_TWO + "phone = 1\n", "phone"),
        ("[[people]", "people"),
    ],
)
def test_a_mistake_in_the_roster_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "roster.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"roster\.toml") as refused:
        FileRoster(path)
    assert named in str(refused.value)


def test_a_missing_roster_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        FileRoster(tmp_path / "nobody.toml")


def test_lens_mount_errors_and_corrections_come_back_and_stay_out_of_plain_sites(tmp_path: Path) -> None:
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    assert "lens" not in path.read_text(encoding="utf-8")
    assert "corrects" not in path.read_text(encoding="utf-8")
    tower = example_sites().towers[0]
    lens = Lens(LensKind.FISHEYE, 0.42, (-0.02, 0.004, -0.001, 0.0002), 0.49, 0.51, 1.01)
    rich = Calibration(
        "new", 10.0, -2.0, lens.hfov_deg(), 0.1, 1.5, lens, Mount(2.0, 1.0, -1.0, 0.5, 90.0, 0.1), AngleErrors(0.2, 0.3)
    )
    pose = Pose(PoseId("fixed"), rich, ("v1", "a/b/c"), SCENE_START)
    sites = SiteMap((replace(tower, cameras=(replace(tower.cameras[0], poses=(pose,)),)),), ())
    write_sites(sites, path)
    assert read_sites(path) == sites


def lensed(tmp_path: Path, camera: dict[str, object], pose: dict[str, object]) -> Path:
    path = tmp_path / "sites.geojson"
    write_sites(example_sites(), path)
    sites = json.loads(path.read_text(encoding="utf-8"))
    first = sites["features"][0]["properties"]["cameras"][0]
    first.update(camera)
    first["poses"][0].update(pose)
    path.write_text(json.dumps(sites), encoding="utf-8")
    return path


def test_a_pose_takes_the_lens_of_its_camera_at_its_zoom(tmp_path: Path) -> None:
    plain = {"kind": "rectilinear", "focal": 1.0}
    zooms = [{"zoom": 0.0, "lens": plain}, {"zoom": 1.0, "lens": {**plain, "focal": 16.0}}]
    width = math.degrees(2.0 * math.atan(0.5 / 4.0))
    path = lensed(tmp_path, {"zooms": zooms}, {"zoom": 0.5, "hfov_deg": width})
    lens = read_sites(path).towers[0].cameras[0].poses[0].calibration.lens
    assert lens is not None
    assert lens.focal == pytest.approx(4.0)
    path = lensed(tmp_path, {"lens": plain}, {"hfov_deg": 53.13})
    assert read_sites(path).towers[0].cameras[0].poses[0].calibration.lens == Lens(LensKind.RECTILINEAR, 1.0)


@pytest.mark.parametrize(
    ("camera", "pose", "named"),
    [
        ({"lens": {"kind": "rectilinear", "focal": 1.0}}, {}, "that of its lens, 53.13"),
        ({"lens": {"kind": "rubber", "focal": 1.0}}, {}, "rubber"),
        ({}, {"zoom": 0.5}, "at least one"),
        ({}, {"errors": {"tilt_deg": 0.1, "roll_deg": 0.1, "correlations": [0.5]}}, "six, or none"),
        ({}, {"since": "2026-01-01T00:00:00"}, "an instant with its zone"),
        ({"mount": {"lean_deg": 45.0}}, {}, "lean of the mount"),
    ],
)
def test_a_mistake_in_a_lens_is_named(
    tmp_path: Path, camera: dict[str, object], pose: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_sites(lensed(tmp_path, camera, pose))
    assert named in str(refused.value)


def test_a_calibration_that_the_sites_cannot_hold_leaves_them_as_they_were(tmp_path: Path) -> None:
    path = lensed(tmp_path, {}, {})
    tower = read_sites(path).towers[0]
    camera, before = tower.cameras[0], path.read_bytes()
    new = replace(camera.poses[0].calibration, calibration_id="new")
    with pytest.raises(ConfigError, match=r"has no pose nanyue/.*/nowhere"):
        write_calibration(path, tower.tower_id, camera.camera_id, PoseId("nowhere"), new, corrects=())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    names = tower.tower_id, camera.camera_id, camera.poses[0].pose_id
    copies = [write_calibration(path, *names, replace(new, calibration_id="again"), corrects=()) for _ in range(2)]
    assert [copy.name for copy in copies] == ["sites.geojson.before-again", "sites.geojson.before-again-1"]
    assert read_sites(path).towers[0].cameras[0].poses[0].corrects == (camera.poses[0].calibration.calibration_id,)


def test_what_is_no_lens_file_is_refused_with_what_writes_one(tmp_path: Path) -> None:
    (tmp_path / "lens.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="firewatch calibrate chessboard"):
        read_lens(tmp_path / "lens.json")
