"""A pose from clicks with known noise, one of them wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from firewatch.calibration.clicks import Click, Landmark, click_on_place, click_on_sun, eye_of
from firewatch.calibration.landmarks import fit_pose
from firewatch.calibration.overlay import draw_directions, draw_landmarks
from firewatch.domain.geo import Position, difference_deg
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.sun import sun_direction
from firewatch.errors import CalibrationError, InvalidValue
from firewatch.geodesy import direct, inverse

WIDTH, HEIGHT = 1280, 720
BARREL = Lens(LensKind.RECTILINEAR, 0.8, (-0.3, 0.1, 0.001, -0.0007, -0.01), 0.51, 0.49, 1.01)
FISHEYE = Lens(LensKind.FISHEYE, 0.45, (-0.02, 0.003, -0.001, 0.0002), 0.49, 0.52)
EYE = Position(26.9, 112.6, 420.0)


def camera(lens: Lens | None, azimuth_deg: float = 358.0, roll_deg: float = 1.5) -> Calibration:
    hfov = 57.0 if lens is None else lens.hfov_deg()
    return Calibration("true", azimuth_deg, -2.0, hfov, 0.5, roll_deg, lens)


def clicks_of(true: Calibration, rng: np.random.Generator, count: int = 6, noise_px: float = 0.5) -> list[Click]:
    places = np.stack([np.linspace(60.0, WIDTH - 60.0, count), rng.uniform(200.0, 500.0, count)], axis=1)
    seen = true.directions(places, WIDTH, HEIGHT)
    clicked = places + rng.normal(0.0, noise_px, places.shape)
    return [
        Click(f"mast {n}", float(az), float(el), float(x), float(y), max(0.05, noise_px))
        for n, (az, el, (x, y)) in enumerate(zip(seen.azimuth_deg, seen.elevation_deg, clicked, strict=True))
    ]


def start(true: Calibration) -> Calibration:
    """Return what is known beforehand: the lens, or a data sheet's field of view that is 2 degrees off."""
    hfov = true.hfov_deg if true.lens is not None else 55.0
    return Calibration("start", 0.0, 0.0, hfov, 1.0, 0.0, true.lens, true.mount)


@pytest.mark.parametrize("lens", [None, BARREL, FISHEYE])
def test_the_azimuth_is_found_within_a_twentieth_of_a_degree_and_a_wrong_click_is_named(lens: Lens | None) -> None:
    rng = np.random.default_rng(7)
    for azimuth in (0.05, 123.0):
        true = camera(lens, azimuth)
        clicks = clicks_of(true, rng)
        wrong = int(rng.integers(6))
        clicks[wrong] = replace(clicks[wrong], x_px=clicks[wrong].x_px + 45.0)
        fit = fit_pose(clicks, start(true), WIDTH, HEIGHT, "found")
        assert fit.wrong == (f"mast {wrong}",)
        found = fit.calibration
        limit = 0.05 if lens is not FISHEYE else 0.1  # ten pixels a degree, in place of twenty
        assert difference_deg(found.azimuth_deg, azimuth) == pytest.approx(0.0, abs=limit)
        assert found.roll_deg == pytest.approx(1.5, abs=0.25)
        assert found.hfov_deg == pytest.approx(true.hfov_deg, rel=0.005)
        assert found.calibration_id == "found"
        assert fit.rms_px < 1.5


def test_the_stated_error_of_the_azimuth_is_the_one_that_it_has() -> None:
    rng, true, far = np.random.default_rng(2), camera(None), []
    for _ in range(40):
        fit = fit_pose(clicks_of(true, rng, 4, 3.0), start(true), WIDTH, HEIGHT)
        far.append(difference_deg(fit.calibration.azimuth_deg, true.azimuth_deg) / fit.calibration.sigma_deg)
    # The standard error of a standard deviation of 40 draws is 11 %; errors are enlarged where clicks happen to miss.
    assert 0.6 < float(np.std(far)) < 1.3


def test_a_head_that_leans_is_taken_into_account() -> None:
    true = replace(camera(None), mount=Mount(lean_deg=3.0, lean_towards_deg=40.0))
    fit = fit_pose(clicks_of(true, np.random.default_rng(1), noise_px=0.0), start(true), WIDTH, HEIGHT)
    assert fit.calibration.azimuth_deg == pytest.approx(358.0, abs=0.01)
    assert fit.calibration.tilt_deg == pytest.approx(-2.0, abs=0.01)


def test_one_click_tells_azimuth_and_tilt_and_says_how_little_it_knows_of_the_rest() -> None:
    true = camera(None, roll_deg=0.0)
    fit = fit_pose(clicks_of(true, np.random.default_rng(1), 1)[:1], replace(start(true), hfov_deg=57.0), WIDTH, HEIGHT)
    errors = fit.calibration.errors
    assert errors is not None
    assert errors.roll_deg == pytest.approx(3.0, rel=0.05)
    assert fit.freedom == 0
    # It was clicked at the picture's edge, where a field of view known to 5 % is a degree and more.
    assert fit.calibration.sigma_deg > 0.5
    assert difference_deg(fit.calibration.azimuth_deg, 358.0) == pytest.approx(0.0, abs=0.5)


def test_landmarks_without_height_tell_the_azimuth_all_the_same() -> None:
    true = camera(BARREL)
    clicks = [replace(each, elevation_deg=None) for each in clicks_of(true, np.random.default_rng(3))]
    clicks[0] = replace(clicks[0], elevation_deg=clicks_of(true, np.random.default_rng(3))[0].elevation_deg)
    fit = fit_pose(clicks, start(true), WIDTH, HEIGHT)
    assert difference_deg(fit.calibration.azimuth_deg, 358.0) == pytest.approx(0.0, abs=0.05)
    assert [math.isnan(each.down_px) for each in fit.residuals] == [False, *[True] * 5]


def test_a_stated_field_of_view_is_kept_where_the_clicks_know_less() -> None:
    true = camera(None)
    known = replace(start(true), hfov_deg=57.0, errors=AngleErrors(1.0, 1.0, 0.01))
    fit = fit_pose(clicks_of(true, np.random.default_rng(4), 2), known, WIDTH, HEIGHT)
    assert fit.calibration.hfov_deg == pytest.approx(57.0, abs=0.05)


def test_landmarks_on_one_spot_are_refused() -> None:
    one = clicks_of(camera(None), np.random.default_rng(1))[2]
    with pytest.raises(CalibrationError, match=r"one spot, within 4 px; take some that are far apart"):
        fit_pose([one, replace(one, name="beside", x_px=one.x_px + 4.0)], start(camera(None)), WIDTH, HEIGHT)


def test_no_landmarks_are_refused() -> None:
    with pytest.raises(CalibrationError, match="there are none"):
        fit_pose([], start(camera(None)), WIDTH, HEIGHT)


def test_landmarks_that_contradict_each_other_are_refused_with_each_ones_miss() -> None:
    clicks = clicks_of(camera(None), np.random.default_rng(1), 3)
    moved = [replace(clicks[0], y_px=clicks[0].y_px + 150.0), clicks[1], clicks[2]]
    with pytest.raises(CalibrationError, match=r"nobody can tell which is wrong \(mast 0 \d+ sigmas, mast 1"):
        fit_pose(moved, start(camera(None)), WIDTH, HEIGHT)


def test_a_wrong_click_beyond_what_the_lens_can_see_is_refused_by_its_place() -> None:
    folding = Lens(LensKind.RECTILINEAR, 0.8, (-0.3, 0.0, 0.0, 0.0, 0.0))
    with pytest.raises(InvalidValue, match="folds over"):
        fit_pose([Click("corner", 0.0, 0.0, 1280.0, 720.0)], start(camera(folding)), WIDTH, HEIGHT)


def test_the_direction_of_a_landmark_falls_with_the_earth() -> None:
    there = direct(EYE, 75.0, 10_000.0)
    click = click_on_place(EYE, Landmark("mast", replace(there, elevation_m=420.0), 1.0, 2.0, 0.7, 10.0))
    assert click.azimuth_deg == pytest.approx(75.0)
    # 10 km: 7.85 m of curvature, 13 % of it taken back by refraction.
    assert click.elevation_deg == pytest.approx(-math.degrees(6.83 / 10_000.0), abs=1e-4)
    assert click.direction_sigma_deg == pytest.approx(math.degrees(10.0 / 10_000.0), rel=1e-3)
    assert click.click_sigma_px == 0.7
    assert click_on_place(Position(26.9, 112.6), Landmark("mast", there, 1.0, 2.0)).elevation_deg is None
    with pytest.raises(CalibrationError, match="nearer than 50 m"):
        click_on_place(EYE, Landmark("mast", direct(EYE, 75.0, 30.0), 1.0, 2.0))


def test_the_sun_calibrates_the_azimuth_with_one_click() -> None:
    at = datetime(2024, 3, 20, 9, 0, tzinfo=UTC)
    sun = sun_direction(at, EYE.lat_deg, EYE.lon_deg)
    true = Calibration("true", 262.0, 8.0, 60.0, 0.5)
    x, y = true.pixels(np.array([sun.azimuth_deg]), np.array([sun.elevation_deg]), WIDTH, HEIGHT)[0]
    assert 0.0 < x < WIDTH
    fit = fit_pose([click_on_sun(EYE, at, float(x), float(y))], replace(true, azimuth_deg=0.0), WIDTH, HEIGHT)
    assert fit.calibration.azimuth_deg == pytest.approx(262.0, abs=0.01)
    with pytest.raises(CalibrationError, match="below the horizon at 2024-03-20T16:00"):
        click_on_sun(EYE, datetime(2024, 3, 20, 16, 0, tzinfo=UTC), 1.0, 1.0)
    low = click_on_sun(EYE, datetime(2024, 3, 20, 10, 32, tzinfo=UTC), 1.0, 1.0)
    assert low.direction_sigma_deg > click_on_sun(EYE, at, 1.0, 1.0).direction_sigma_deg


def test_the_eye_is_where_the_mount_has_it() -> None:
    eye = eye_of(EYE, Mount(up_m=-3.0, east_m=30.0, north_m=40.0))
    leg = inverse(EYE, eye)
    assert (leg.distance_m, leg.azimuth_deg) == pytest.approx((50.0, math.degrees(math.atan2(3.0, 4.0))), rel=1e-6)
    assert eye.elevation_m == 417.0
    assert eye_of(EYE, None) == EYE
    assert eye_of(Position(26.9, 112.6), Mount(up_m=5.0)).elevation_m is None


@pytest.mark.parametrize(
    "wrong",
    [{"azimuth_deg": math.nan}, {"elevation_deg": 91.0}, {"x_px": math.inf}, {"click_sigma_px": 0.0}, {"name": "a\nb"}],
)
def test_a_click_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        replace(Click("mast", 1.0, 1.0, 1.0, 1.0), **wrong)


def test_a_landmark_whose_place_is_not_known_at_all_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Landmark("mast", EYE, 1.0, 1.0, place_sigma_m=-1.0)


@pytest.mark.parametrize("lens", [None, FISHEYE])
def test_directions_and_landmarks_are_drawn_where_they_are(lens: Lens | None) -> None:
    true = camera(lens, roll_deg=0.0)
    clicks = clicks_of(true, np.random.default_rng(1))
    clicks[2] = replace(clicks[2], x_px=clicks[2].x_px + 60.0, elevation_deg=None)
    fit = fit_pose(clicks, start(true), WIDTH, HEIGHT)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    drawn = draw_directions(picture, fit.calibration)
    level = true.point_of(true.azimuth_deg + 3.0, 0.0, WIDTH, HEIGHT)
    assert level is not None
    row, column = round(level.y_px), round(level.x_px)
    assert (drawn[row - 3 : row + 4, column] > 240).all(axis=-1).any(), "the level is a white line"
    marked = draw_landmarks(drawn, clicks, fit.residuals)
    x, y = round(clicks[2].x_px), round(clicks[2].y_px)
    blue, _, red = (int(each) for each in marked[y, x])
    assert red > blue + 100, "a wrong click is red"
    assert (picture == 90).all()


def test_a_landmark_behind_the_camera_is_drawn_as_a_click_only() -> None:
    true = camera(None)
    clicks = clicks_of(true, np.random.default_rng(1))
    clicks[1] = replace(clicks[1], azimuth_deg=180.0)
    fit = fit_pose(clicks, start(true), WIDTH, HEIGHT)
    assert fit.wrong == ("mast 1",)
    assert math.isnan(fit.residuals[1].across_px)
    drawn = draw_landmarks(np.zeros((HEIGHT, WIDTH, 3), np.uint8), clicks, fit.residuals)
    assert drawn.any()
