"""A node knows its camera's optics: it reads them as they are calibrated, and computes bearings as the centre does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firewatch.adapters.lens_json import write_lens
from firewatch.adapters.sites_edit import pose_fields
from firewatch.adapters.sites_geojson import read_sites
from firewatch.calibration.chessboard import LensFit
from firewatch.cli.calibrate_toml import edge_lines
from firewatch.domain.geo import difference_deg
from firewatch.domain.ids import TowerId
from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.mounting import AngleErrors, HeadOffset, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, FrameStamp, Look
from firewatch.errors import ConfigError
from firewatch.optics_forms import MountForm
from firewatch.services.sight_lines import line_today
from firewatch.testing import a_sighting
from firewatch_edge.cli.setup.writing import write_tower
from firewatch_edge.config import effective_settings, load_settings
from firewatch_edge.confirm import base_bearing
from firewatch_edge.node.tiling import plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

CAMERA = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://10.0.0.1/s.jpg"
"""
LENS = 'lens = { kind = "rectilinear", focal = 0.6, distortion = [-0.12, 0.01, 0.0, 0.0, 0.0] }\n'
POSE = "[camera.pose]\nazimuth_deg = 350.0\n"
MOUNT = '[camera.mount]\nurl = "http://10.0.0.1"\n'
ZOOMS = """
[[camera.zooms]]
zoom = 0.0
hfov_deg = 60.0
[[camera.zooms]]
zoom = 1.0
lens = { kind = "rectilinear", focal = 17.3 }
"""
TURNS = '[[camera.poses]]\nid = "east"\nazimuth_deg = 90.0\npan = 0.5\nzoom = 0.5\n'
BARREL = Lens(LensKind.RECTILINEAR, 0.6, (-0.12, 0.01, 0.0, 0.0, 0.0), 0.51, 0.49)


def load(folder: Path, text: str) -> EdgeSettings:
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def calibration(folder: Path, text: str) -> Calibration:
    loaded = load(folder, text)
    return loaded.calibration_of(loaded.camera[0])


def fitted(lens: Lens) -> LensFit:
    return LensFit(
        lens=lens,
        focal_share=0.001,
        rms_px=0.31,
        coverage=0.8,
        view_rms_px=(0.3,),
        left_out=(),
        width_px=1920,
        height_px=1080,
    )


def test_a_lens_is_a_table_or_the_file_that_calibrate_chessboard_wrote(tmp_path: Path) -> None:
    write_lens(tmp_path / "wide.json", fitted(BARREL))
    by_file = load(tmp_path, CAMERA + 'lens = "wide.json"\n' + POSE)
    assert by_file.calibration_of(by_file.camera[0]).lens == BARREL
    assert by_file.camera[0].lens is not None
    assert by_file.camera[0].lens.rms_px == 0.31
    by_table = calibration(tmp_path, CAMERA + LENS + POSE)
    assert by_table.lens == replace(BARREL, centre_x=0.5, centre_y=0.5)
    # The field of view need not be said twice.
    assert by_table.hfov_deg == pytest.approx(by_table.lens.hfov_deg(), abs=1e-4)


def test_a_lens_of_the_pose_comes_before_that_of_the_camera(tmp_path: Path) -> None:
    own = calibration(tmp_path, CAMERA + LENS + POSE + LENS.replace("0.6", "0.7"))
    assert own.lens is not None
    assert own.lens.focal == 0.7


def test_bracket_roll_and_errors_are_read(tmp_path: Path) -> None:
    text = CAMERA + "bracket = { up_m = 3.0, lean_deg = 1.5, lean_towards_deg = 80.0 }\n" + POSE
    known = calibration(
        tmp_path, text + "hfov_deg = 60.0\nroll_deg = -1.2\nerrors = {tilt_deg = 0.1, roll_deg = 0.2}\n"
    )
    assert known.mount == Mount(3.0, 0.0, 0.0, 1.5, 80.0)
    assert known.roll_deg == -1.2
    assert known.errors == AngleErrors(0.1, 0.2)


def test_a_camera_that_turns_takes_the_lens_of_its_zoom(tmp_path: Path) -> None:
    loaded = load(tmp_path, CAMERA + ZOOMS + MOUNT + TURNS)
    (camera,) = loaded.camera
    middle = loaded.calibration_of(camera).lens
    assert middle is not None
    # The logarithm of the focal length goes straight with the zoom.
    assert middle.focal == pytest.approx((plain_lens(60.0).focal * 17.3) ** 0.5)
    assert loaded.calibration_of(camera).hfov_deg == pytest.approx(middle.hfov_deg(), abs=1e-4)


def test_a_preset_takes_the_lens_of_the_zoom_that_has_its_field_of_view(tmp_path: Path) -> None:
    preset = '[[camera.poses]]\nid = "east"\nazimuth_deg = 90.0\npreset = "East"\nhfov_deg = 20.0\n'
    known = calibration(tmp_path, CAMERA + ZOOMS + MOUNT + preset)
    assert known.lens is not None
    assert known.lens.hfov_deg() == pytest.approx(20.0, abs=1e-6)


def test_settings_in_effect_show_the_lens_of_the_file(tmp_path: Path) -> None:
    write_lens(tmp_path / "wide.json", fitted(BARREL))
    shown = effective_settings(load(tmp_path, CAMERA + 'lens = "wide.json"\n' + POSE), {})
    assert shown["camera"][0]["lens"]["focal"] == 0.6
    assert shown["camera"][0]["pose"]["hfov_deg"] == pytest.approx(BARREL.hfov_deg(), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        (CAMERA + POSE, "camera[0].pose.hfov_deg", "give it, or a lens"),
        (CAMERA + MOUNT + TURNS, "camera[0].poses[0].hfov_deg", "give it, or a lens"),
        (CAMERA + 'lens = "none.json"\n' + POSE, "camera[0].lens", "none.json: cannot be read"),
        (CAMERA + "lens = 3\n" + POSE, "camera[0].lens", "Expected `object | null`, got `int`"),
        (CAMERA + LENS.replace("focal", "focus") + POSE, "camera[0].lens.focus", "mean 'focal'"),
        (CAMERA + LENS.replace(" }", ", center_x = 0.5 }") + POSE, "camera[0].lens.center_x", "mean 'centre_x'"),
        (CAMERA + LENS.replace("-0.12, ", "") + POSE, "camera[0].lens", "none or 5 coefficients"),
        (CAMERA + LENS + POSE + "hfov_deg = 70.0\n", "camera[0].pose", "that of its lens"),
        (CAMERA + POSE + "hfov_deg = 160.0\n", "camera[0].pose", "1 to 150"),
        (CAMERA + POSE + "hfov_deg = 0.5\n", "camera[0].pose", "1 to 150"),
        (CAMERA + POSE + 'hfov_deg = 60.0\nlens = "none.json"\n', "camera[0].pose.lens", "cannot be read"),
        (CAMERA + POSE + "hfov_deg = 60.0\nroll_deg = 200.0\n", "camera[0].pose.roll_deg", "<= 180.0"),
        (
            CAMERA + POSE + "hfov_deg = 60.0\nerrors = {tilt_deg = 0.1, roll_deg = 0.1, correlations = [1.0]}\n",
            "camera[0].pose",
            "six, or none",
        ),
        (CAMERA + "bracket = { lean_deg = 40.0 }\n" + POSE + "hfov_deg = 60.0\n", "camera[0].bracket", "0 to 30"),
        (CAMERA + ZOOMS + POSE + "hfov_deg = 60.0\n", "camera[0].zooms", "give it a lens"),
        (CAMERA + LENS + ZOOMS + MOUNT + TURNS, "camera[0].zooms", "one lens, or zooms"),
        (CAMERA + ZOOMS.replace("1.0", "0.0") + MOUNT + TURNS, "camera[0].zooms", "each larger than the one before"),
        (CAMERA + ZOOMS.replace("hfov_deg = 60.0", "") + MOUNT + TURNS, "camera[0].zooms", "a lens, or its hfov_deg"),
        (CAMERA + ZOOMS + "hfov_deg = 3.0\n" + MOUNT + TURNS, "camera[0].zooms", "a lens, or its hfov_deg"),
        (CAMERA + ZOOMS.replace("60.0", "160.0") + MOUNT + TURNS, "camera[0].zooms", "1 to 150"),
        (CAMERA + ZOOMS.replace("1.0", "0.4") + MOUNT + TURNS, "camera[0].poses[0]", "zoom"),
        (
            CAMERA + ZOOMS + MOUNT + TURNS.replace("pan = 0.5\nzoom = 0.5", 'preset = "E"\nhfov_deg = 80.0'),
            "camera[0].poses[0]",
            "one of a zoom of camera.zooms",
        ),
    ],
)
def test_wrong_optics_are_named_with_the_reason(tmp_path: Path, text: str, key: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert (caught.value.key, why in str(caught.value.why)) == (key, True), caught.value


def test_a_broken_file_of_a_lens_says_what_writes_one(tmp_path: Path) -> None:
    (tmp_path / "wide.json").write_text('{"lens": {}}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"wide\.json: .*calibrate chessboard"):
        load(tmp_path, CAMERA + 'lens = "wide.json"\n' + POSE)


lenses = st.builds(
    lambda focal, k1, p1, cx, cy: Lens(LensKind.RECTILINEAR, focal, (k1, -0.3 * k1, p1, -p1, 0.0), cx, cy, 1.01),
    st.floats(0.6, 20.0),
    st.floats(-0.12, 0.2),
    st.floats(-1e-3, 1e-3),
    st.floats(0.45, 0.55),
    st.floats(0.45, 0.55),
) | st.builds(
    lambda focal, k1, cy: Lens(LensKind.FISHEYE, focal, (k1, 0.003, 0.001, -0.0002), 0.5, cy),
    st.floats(0.4, 1.0),
    st.floats(-0.03, 0.05),
    st.floats(0.45, 0.55),
)
mounts = st.none() | st.builds(Mount, lean_deg=st.floats(0.0, 5.0), lean_towards_deg=st.floats(0.0, 359.0))
errors = st.none() | st.builds(AngleErrors, st.floats(0.01, 2.0), st.floats(0.01, 2.0), st.floats(0.0, 1.0))


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    lens = draw(st.none() | lenses)
    hfov = draw(st.floats(2.0, 120.0)) if lens is None else lens.hfov_deg()
    angles = draw(st.floats(0.0, 359.9)), draw(st.floats(-30.0, 20.0)), hfov, draw(st.floats(0.01, 2.0))
    return Calibration("survey", *angles, draw(st.floats(-8.0, 8.0)), lens, draw(mounts), draw(errors))


offsets = st.none() | st.builds(HeadOffset, st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(1.0, 1.05))


@st.composite
def looks(draw: st.DrawFn) -> Look:
    x, y = draw(st.floats(0.0, 1800.0)), draw(st.floats(0.0, 900.0))
    box = Box(x, y, x + draw(st.floats(2.0, 110.0)), y + draw(st.floats(2.0, 170.0)))
    return Look(FrameStamp(datetime(2026, 4, 5, 4, tzinfo=UTC), "a" * 64, 1920, 1080, draw(offsets)), box, 0.8)


def as_node(folder: Path, known: Calibration) -> Calibration:
    """Return the calibration as a node reads what `firewatch calibrate` prints for it."""
    lines = edge_lines(known)
    return calibration(folder, CAMERA + (lines if known.mount is not None else f"[camera.pose]\n{lines}") + "\n")


def as_centre(folder: Path, known: Calibration, look: Look) -> float | None:
    """Return the bearing that the centre computes from the sites that `firewatch calibrate --write` writes [deg]."""
    mount: dict[str, Any] = {} if known.mount is None else {"mount": msgspec.to_builtins(MountForm.of(known.mount))}
    camera = {"id": "north", "poses": [{"id": "main", **pose_fields(known)}], **mount}
    tower = {"kind": "tower", "id": "a", "name_zh": "甲", "name_en": "A", "cameras": [camera]}
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [112.6, 26.9]}, "properties": tower}
    path = folder / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    found = read_sites(path).tower(TowerId("a"))
    assert found is not None
    sighting = replace(
        a_sighting(1),
        camera_id=found.cameras[0].camera_id,
        pose_id=found.cameras[0].poses[0].pose_id,
        calibration_id=known.calibration_id,
        looks=(look,),
    )
    line = line_today(sighting, found.cameras[0])
    return None if line is None else line.bearing.azimuth_deg


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calibrations(), looks())
def test_node_and_centre_compute_the_same_bearing_from_what_calibrate_gives_each(
    tmp_path: Path, known: Calibration, look: Look
) -> None:
    centres = as_centre(tmp_path, known, look)
    bearing = base_bearing(as_node(tmp_path, known), look)
    if centres is None:
        # The centre knows that its lens says nothing of this place; the node reports the smoke all the same.
        assert bearing.sigma_deg > 0.2 * known.hfov_deg
    else:
        assert abs(difference_deg(bearing.azimuth_deg, centres)) <= 1e-9


def test_a_lens_that_folds_over_loses_no_smoke() -> None:
    folding = Lens(LensKind.RECTILINEAR, 1.05, (-0.6, 0.0, 0.0, 0.0, 0.0))
    known = Calibration("survey", 10.0, 0.0, folding.hfov_deg(), 0.3, 0.0, folding)
    stamp = FrameStamp(datetime(2026, 4, 5, 4, tzinfo=UTC), "a" * 64, 1920, 1920)
    corner = base_bearing(known, Look(stamp, Box(1850.0, 1850.0, 1918.0, 1918.0), 0.8))
    assert corner.sigma_deg > 0.2 * known.hfov_deg
    assert 0.0 < difference_deg(corner.azimuth_deg, 10.0) < 40.0


def test_tiles_are_planned_by_the_focal_length_and_not_by_what_the_lens_bends_in(tmp_path: Path) -> None:
    bent = load(tmp_path, CAMERA + LENS + POSE)
    plan = plan_of(bent, bent.camera[0], (3840, 2160), (1280, 736))
    straight = load(tmp_path, CAMERA + LENS.replace("-0.12, 0.01", "0.0, 0.0") + POSE)
    assert plan == plan_of(straight, straight.camera[0], (3840, 2160), (1280, 736))
    assert bent.camera[0].all_poses[0].hfov_deg > straight.camera[0].all_poses[0].hfov_deg + 2.0


def test_the_tower_for_the_centres_map_sees_as_the_node_does(tmp_path: Path) -> None:
    place = '[tower]\nid = "a"\nlat_deg = 26.9\nlon_deg = 112.6\n'
    text = CAMERA.replace('[tower]\nid = "a"\n', place) + LENS + "bracket = { up_m = 2.0, lean_deg = 1.0 }\n" + POSE
    loaded = load(tmp_path, text + "roll_deg = 2.0\nerrors = { tilt_deg = 0.1, roll_deg = 0.2 }\n")
    written = write_tower(tmp_path / "edge.toml", loaded, "A")
    assert written is not None
    sites = {"type": "FeatureCollection", "features": [json.loads(written.read_text(encoding="utf-8"))]}
    (tmp_path / "sites.geojson").write_text(json.dumps(sites), encoding="utf-8")
    tower = read_sites(tmp_path / "sites.geojson").tower(TowerId("a"))
    assert tower is not None
    assert tower.cameras[0].poses[0].calibration == loaded.calibration_of(loaded.camera[0])
