"""Directions with their errors, and the line to a smoke's base."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, difference_deg
from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.mounting import AngleErrors, Mount, orientation
from firewatch.domain.optics import Calibration
from firewatch.domain.sight import BASE_SPREAD, PlumeWind, SightLine, sight_line
from firewatch.domain.vision import Box
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 1280, 720
BARREL = Lens(LensKind.RECTILINEAR, 0.8, (-0.3, 0.1, 0.001, -0.0007, -0.01), 0.51, 0.49, 1.01)
FISHEYE = Lens(LensKind.FISHEYE, 0.45, (-0.02, 0.003, -0.001, 0.0002), 0.49, 0.52)
ERRORS = AngleErrors(0.4, 0.8, 0.6, (0.3, -0.2, 0.1, 0.2, 0.1, 0.0))
MOUNT = Mount(20.0, 1.0, -2.0, 3.0, 70.0, 0.3)


def camera(lens: Lens | None, azimuth_deg: float = 350.0, tilt_deg: float = -4.0, roll_deg: float = 3.0) -> Calibration:
    hfov = 60.0 if lens is None else lens.hfov_deg()
    return Calibration("c", azimuth_deg, tilt_deg, hfov, 0.5, roll_deg, lens, MOUNT, ERRORS)


poses = st.builds(
    camera,
    st.sampled_from([None, BARREL, FISHEYE]),
    st.floats(0.0, 359.9),
    st.floats(-35.0, 20.0),
    st.floats(-30.0, 30.0),
)
PIXELS = np.array([[0.0, 0.0], [1280.0, 720.0], [640.0, 360.0], [100.0, 500.0], [900.5, 30.0]])


@settings(max_examples=30)
@given(poses)
def test_a_pixel_comes_back_from_its_direction(pose: Calibration) -> None:
    seen = pose.directions(PIXELS, WIDTH, HEIGHT)
    assert ((seen.azimuth_deg >= 0.0) & (seen.azimuth_deg < 360.0)).all()
    assert pose.pixels(seen.azimuth_deg, seen.elevation_deg, WIDTH, HEIGHT) == pytest.approx(PIXELS, abs=1e-6)


@settings(max_examples=30)
@given(
    st.floats(0.0, 359.9), st.floats(-60.0, 60.0), st.floats(2.0, 140.0), st.floats(0.0, 1280.0), st.floats(0.0, 720)
)
def test_the_simple_calibration_is_a_special_case(az: float, tilt: float, hfov: float, x: float, y: float) -> None:
    simple = Calibration("s", az, tilt, hfov, 0.5)
    told = simple.bearing_of(x, y, WIDTH, HEIGHT)
    lensed = replace(simple, lens=plain_lens(hfov)).bearing_of(x, y, WIDTH, HEIGHT)
    assert difference_deg(told.azimuth_deg, lensed.azimuth_deg) == pytest.approx(0.0, abs=1e-9)
    assert told.sigma_deg == pytest.approx(lensed.sigma_deg, abs=1e-9)
    assert simple.focal_px(WIDTH) == pytest.approx(replace(simple, lens=plain_lens(hfov)).focal_px(WIDTH))


def test_the_errors_of_tilt_and_roll_enter_a_bearing_once_they_are_stated() -> None:
    simple = Calibration("s", 10.0, -5.0, 60.0, 0.5)
    stated = replace(simple, errors=AngleErrors(1.0, 1.0, 1.0))
    assert (
        stated.bearing_of(0.0, 0.0, WIDTH, HEIGHT).sigma_deg
        > 1.1 * simple.bearing_of(0.0, 0.0, WIDTH, HEIGHT).sigma_deg
    )


@pytest.mark.shared
def test_boxes_give_the_pinhole_bearings_and_never_the_linear_ones(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())["bbox_to_bearing"]
    for case in vectors["pinhole_reference"]:
        pose = Calibration("p", case["cam_az"], 0.0, case["aov"], 0.5)
        x = case["x"] * WIDTH
        line = sight_line(pose, Box(x - 10.0, 350.0, x + 10.0, 360.0), WIDTH, HEIGHT)
        assert line.bearing.azimuth_deg == pytest.approx(case["pinhole_deg"], abs=0.01)
        assert abs(line.bearing.azimuth_deg - case["linear_deg"]) > 0.5
    for case in vectors["cases"]:
        pose = Calibration("p", case["cam_az"], 0.0, case["aov"], 0.5)
        x0, _, x1, _ = (share * WIDTH for share in case["box"])
        line = sight_line(pose, Box(x0, 300.0, x1, 360.0), WIDTH, HEIGHT)
        turn = abs(difference_deg(line.bearing.azimuth_deg, case["pyro"][0]))
        assert turn < 1e-9 if x0 + x1 == WIDTH else 0.5 < turn < 1.0
        opening = abs(difference_deg(line.right_deg, line.left_deg))
        assert abs(opening - case["pyro"][1]) > 0.3, "12 degrees is the linear answer"


@pytest.mark.parametrize("lens", [None, BARREL, FISHEYE])
def test_the_covariance_is_that_of_many_draws(lens: Lens | None) -> None:
    pose = camera(lens)
    draws, rng = 4000, np.random.default_rng(3)
    place = np.array([[1100.0, 150.0]])
    stated = pose.directions(place, WIDTH, HEIGHT, 2.0).covariance_deg2[0]
    angles = np.degrees(rng.multivariate_normal(np.zeros(4), ERRORS.covariance(0.5), size=draws))
    leans = np.radians(rng.normal(0.0, MOUNT.lean_sigma_deg, size=(draws, 2)))
    noise = rng.normal(0.0, 2.0, size=(draws, 2))
    found = _drawn(pose, place + noise, angles, leans)
    measured = np.cov(found.T)
    # The standard error of a variance of 4,000 draws is 2.2 %.
    assert np.sqrt(np.diag(measured)) == pytest.approx(np.sqrt(np.diag(stated)), rel=0.05)
    correlations = [c[0, 1] / math.sqrt(c[0, 0] * c[1, 1]) for c in (measured, stated)]
    assert correlations[0] == pytest.approx(correlations[1], abs=0.05)


def _drawn(pose: Calibration, places: np.ndarray, angles: np.ndarray, leans: np.ndarray) -> np.ndarray:
    """Return where a pixel really looks if the calibration's angles are wrong by these, by its definition."""
    lens, hfov = pose.effective_lens, angles[:, 3]
    half = math.radians(pose.hfov_deg) / 2.0
    if lens.kind is LensKind.FISHEYE:
        zoom = 1.0 / (1.0 + hfov / pose.hfov_deg)
    else:
        zoom = math.tan(half) / np.tan(half + np.radians(hfov) / 2.0)
    # A longer lens sees at a place what the lens as stated sees nearer to the axis.
    axis = lens.scales_px(WIDTH, HEIGHT)[2:]
    rays = lens.rays(axis + (places - axis) / zoom[:, None], WIDTH, HEIGHT)
    found = []
    for ray, (azimuth, tilt, roll, _), lean in zip(rays, angles, leans, strict=True):
        level = orientation(pose.azimuth_deg + azimuth, pose.tilt_deg + tilt, pose.roll_deg + roll)
        east, north, up = MOUNT.levelling() @ level @ ray
        # A small further lean: about the east axis, then about the north axis.
        north, up = north - lean[0] * up, up + lean[0] * north
        east, up = east + lean[1] * up, up - lean[1] * east
        turn = difference_deg(math.degrees(math.atan2(east, north)), pose.azimuth_deg)
        found.append((turn, math.degrees(math.atan2(up, math.hypot(east, north)))))
    return np.array(found)


def test_a_roll_to_the_right_lets_the_horizon_fall_to_the_left() -> None:
    # Rolled clockwise, the camera sees the world turned counter-clockwise: what is level lies higher on the right.
    rolled = Calibration("r", 0.0, 0.0, 60.0, 0.5, 10.0)
    left, right = rolled.pixels(np.array([340.0, 20.0]), np.zeros(2), WIDTH, HEIGHT)
    assert left[1] > 360.0 > right[1]
    assert math.degrees(math.atan2(left[1] - right[1], right[0] - left[0])) == pytest.approx(10.0)


def test_a_head_that_leans_sees_too_low_where_it_leans_and_rolled_across() -> None:
    mount = Mount(lean_deg=2.0, lean_towards_deg=90.0)
    along, across, back = (Calibration("l", a, 0.0, 60.0, 0.5, mount=mount) for a in (90.0, 0.0, 270.0))
    middle = np.array([[640.0, 360.0]])
    assert along.directions(middle, WIDTH, HEIGHT).elevation_deg[0] == pytest.approx(-2.0)
    assert back.directions(middle, WIDTH, HEIGHT).elevation_deg[0] == pytest.approx(2.0)
    assert across.directions(middle, WIDTH, HEIGHT).elevation_deg[0] == pytest.approx(0.0, abs=1e-9)
    # The head leans to the east, the right of who looks north: the picture is rolled clockwise.
    left, right = across.pixels(np.array([350.0, 10.0]), np.zeros(2), WIDTH, HEIGHT)
    assert math.degrees(math.atan2(left[1] - right[1], right[0] - left[0])) == pytest.approx(2.0, abs=0.01)
    assert not along.is_plain
    assert Calibration("l", 0.0, 0.0, 60.0, 0.5, mount=Mount(12.0)).is_plain


def test_a_direction_outside_the_picture_or_behind_is_no_point() -> None:
    pose = Calibration("p", 0.0, 0.0, 60.0, 0.5)
    middle = pose.point_of(0.0, 0.0, WIDTH, HEIGHT)
    assert middle is not None
    assert (middle.x_px, middle.y_px) == pytest.approx((640.0, 360.0))
    assert pose.point_of(31.0, 0.0, WIDTH, HEIGHT) is None
    assert pose.point_of(0.0, 40.0, WIDTH, HEIGHT) is None
    assert pose.point_of(180.0, 0.0, WIDTH, HEIGHT) is None


def test_the_zenith_has_a_direction_too() -> None:
    up = Calibration("z", 0.0, 90.0, 60.0, 0.5).directions(np.array([[640.0, 360.0]]), WIDTH, HEIGHT)
    assert up.elevation_deg[0] == pytest.approx(90.0)
    assert up.covariance_deg2[0, 0, 0] > 1e4


def test_the_line_of_a_box_goes_to_its_lower_edge() -> None:
    pose = Calibration("p", 355.0, 0.0, 60.0, 0.3, errors=AngleErrors(0.2, 0.2))
    line = sight_line(pose, Box(800.0, 300.0, 900.0, 400.0), WIDTH, HEIGHT)
    focal = pose.focal_px(WIDTH)
    assert line.bearing.azimuth_deg == pytest.approx(
        difference_deg(355.0 + math.degrees(math.atan(210.0 / focal)), 0.0)
    )
    assert line.elevation_deg == pytest.approx(-math.degrees(math.atan(40.0 / math.hypot(focal, 210.0))))
    assert line.bearing.sigma_deg == pytest.approx(math.hypot(0.3, math.degrees(100.0 * BASE_SPREAD / focal)), rel=0.1)
    assert line.elevation_sigma_deg == pytest.approx(math.hypot(0.2, math.degrees(13.0 / focal)), rel=0.06)
    assert difference_deg(line.right_deg, line.left_deg) == pytest.approx(4.99, abs=0.05)
    assert line.is_base_in_view


@pytest.mark.parametrize(("from_deg", "turns"), [(265.0, -1.0), (85.0, 1.0)])
def test_the_base_stands_upwind_of_the_middle_and_is_known_better(from_deg: float, turns: float) -> None:
    """Looking to the north, a wind from the left blows the smoke to the right: the fire is to the left."""
    pose = Calibration("p", 355.0, 0.0, 60.0, 0.01, errors=AngleErrors(0.01, 0.01))
    box = Box(590.0, 300.0, 690.0, 340.0)
    plain = sight_line(pose, box, WIDTH, HEIGHT)
    told = sight_line(pose, box, WIDTH, HEIGHT, PlumeWind(from_deg, 15.0))
    turn_deg = difference_deg(told.bearing.azimuth_deg, plain.bearing.azimuth_deg)
    # Across the line of sight the wind's own doubt of 45 degrees leaves 95 % for one side.
    assert turn_deg == pytest.approx(turns * 0.954 * math.degrees(45.0 / pose.focal_px(WIDTH)), rel=0.01)
    assert told.bearing.sigma_deg < 0.6 * plain.bearing.sigma_deg
    assert told.elevation_deg == pytest.approx(plain.elevation_deg, abs=0.02)
    assert (told.left_deg, told.right_deg) == (plain.left_deg, plain.right_deg)


@pytest.mark.parametrize("from_deg", [355.0, 175.0])
def test_a_wind_along_the_line_of_sight_says_nothing(from_deg: float) -> None:
    pose = Calibration("p", 355.0, 0.0, 60.0, 0.01)
    box = Box(590.0, 300.0, 690.0, 340.0)
    plain, told = (sight_line(pose, box, WIDTH, HEIGHT, wind) for wind in (None, PlumeWind(from_deg, 15.0)))
    assert told.bearing.azimuth_deg == pytest.approx(plain.bearing.azimuth_deg, abs=1e-9)
    assert told.bearing.sigma_deg == pytest.approx(plain.bearing.sigma_deg, rel=1e-9)


@given(st.floats(0.0, 360.0), st.floats(0.0, 359.9), st.floats(0.0, 120.0), st.floats(0.0, 120.0))
def test_a_stronger_wind_never_says_less(from_deg: float, azimuth_deg: float, one: float, other: float) -> None:
    weak, strong = (abs(PlumeWind(from_deg, kmh).rightward(azimuth_deg)) for kmh in sorted((one, other)))
    assert weak <= strong + 1e-9
    assert strong <= 1.0


@given(st.floats(0.0, 360.0), st.floats(0.0, 180.0))
def test_what_leans_right_for_one_leans_left_for_who_looks_the_other_way(from_deg: float, azimuth_deg: float) -> None:
    wind = PlumeWind(from_deg, 15.0)
    assert wind.rightward(azimuth_deg) == pytest.approx(-wind.rightward(azimuth_deg + 180.0), abs=1e-9)


@pytest.mark.parametrize(("from_deg", "speed_kmh"), [(-1.0, 5.0), (361.0, 5.0), (90.0, -1.0), (90.0, math.inf)])
def test_a_wind_that_cannot_be_is_refused(from_deg: float, speed_kmh: float) -> None:
    with pytest.raises(InvalidValue):
        PlumeWind(from_deg, speed_kmh)


def test_what_nobody_measured_is_known_to_a_degree() -> None:
    simple = sight_line(Calibration("p", 0.0, 0.0, 60.0, 0.3), Box(630.0, 350.0, 650.0, 360.0), WIDTH, HEIGHT)
    assert simple.elevation_sigma_deg == pytest.approx(1.0, abs=0.01)
    doubtful = Calibration("p", 0.0, 0.0, 60.0, 90.0)
    assert sight_line(doubtful, Box(630.0, 350.0, 650.0, 360.0), WIDTH, HEIGHT).bearing.sigma_deg == 90.0


def test_a_base_below_the_picture_is_said_and_a_box_beyond_it_is_cut() -> None:
    pose = camera(BARREL)
    cut = sight_line(pose, Box(-5000.0, 600.0, 200.0, 721.0), WIDTH, HEIGHT)
    within = sight_line(pose, Box(0.0, 600.0, 200.0, 720.0), WIDTH, HEIGHT)
    assert cut.bearing.azimuth_deg == within.bearing.azimuth_deg
    assert not cut.is_base_in_view
    assert not within.is_base_in_view


@settings(max_examples=30)
@given(poses, st.floats(0.0, 1200.0), st.floats(0.0, 640.0), st.floats(1.0, 400.0), st.floats(1.0, 300.0))
def test_every_box_gives_a_believable_line(pose: Calibration, x: float, y: float, width: float, height: float) -> None:
    line = sight_line(pose, Box(x, y, x + width, y + height), WIDTH, HEIGHT)
    assert -1.0 <= line.correlation <= 1.0
    assert 0.0 < line.elevation_sigma_deg <= 90.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"roll_deg": 181.0},
        {"lens": BARREL},
        {"hfov_deg": 151.0},
        {"lens": Lens(LensKind.FISHEYE, 0.2), "hfov_deg": math.degrees(5.0)},
    ],
)
def test_a_calibration_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        replace(Calibration("c", 0.0, 0.0, 60.0, 0.5), **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"up_m": -301.0},
        {"east_m": 501.0},
        {"north_m": math.nan},
        {"lean_deg": 31.0},
        {"lean_towards_deg": 360.0},
        {"lean_sigma_deg": -0.1},
    ],
)
def test_a_mount_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        Mount(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tilt_deg": 91.0},
        {"roll_deg": -1.0},
        {"hfov_deg": math.inf},
        {"correlations": (2.0, 0.0, 0.0, 0.0, 0.0, 0.0)},
        {"correlations": (0.9, 0.9, 0.0, -0.9, 0.0, 0.0)},
    ],
)
def test_errors_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        AngleErrors(**{"tilt_deg": 0.1, "roll_deg": 0.1, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"elevation_deg": 91.0}, {"elevation_sigma_deg": 0.0}, {"correlation": 1.1}, {"correlation": math.nan}]
)
def test_a_line_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        SightLine(
            **{
                "bearing": Bearing(0.0, 1.0),
                "elevation_deg": 0.0,
                "elevation_sigma_deg": 1.0,
                "correlation": 0.0,
                "left_deg": 0.0,
                "right_deg": 1.0,
                **wrong,
            }
        )
