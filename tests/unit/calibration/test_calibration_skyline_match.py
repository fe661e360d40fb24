"""A camera's pose by the skyline: found again, with an honest error, and refused where it cannot be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skylines import SIZE, camera, rugged, seen_by

from firewatch.calibration import Doubt, Horizon, Search, match_skyline
from firewatch.calibration.skyline_search import Ring
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.mounting import Mount
from firewatch.domain.optics import Calibration
from firewatch.errors import CalibrationError, InvalidValue
from firewatch.terrain import Skyline

NOTHING_KNOWN = Calibration("guess", 0.0, 0.0, 54.0, 5.0)


@pytest.mark.parametrize("azimuth_deg", [0.05, 123.4, 359.9])
def test_a_pose_is_found_again_from_an_unknown_azimuth(azimuth_deg: float) -> None:
    truth, skyline = camera(azimuth_deg=azimuth_deg), rugged(3)
    fit = match_skyline(seen_by(truth, skyline, np.random.default_rng(1)), skyline, NOTHING_KNOWN, Search())
    assert fit.is_trusted
    assert (fit.azimuth_deg - azimuth_deg + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.03)
    assert (fit.tilt_deg, fit.roll_deg) == pytest.approx((truth.tilt_deg, truth.roll_deg), abs=0.02)
    assert fit.hfov_deg == pytest.approx(truth.hfov_deg, abs=0.1)
    assert fit.residual_px == pytest.approx(0.5, abs=0.1)
    assert fit.used_share > 0.95


def test_its_errors_are_as_large_as_it_says() -> None:
    truth, rng = camera(), np.random.default_rng(5)
    search = Search(5.0, 5.0, 5.0, 0.1)
    pulls = []
    for seed in range(12):
        skyline = rugged(seed)
        fit = match_skyline(seen_by(truth, skyline, rng), skyline, replace(truth, azimuth_deg=219.0), search, 0.1)
        off = (fit.azimuth_deg, fit.tilt_deg, fit.roll_deg, fit.hfov_deg)
        known = (truth.azimuth_deg, truth.tilt_deg, truth.roll_deg, truth.hfov_deg)
        pulls.append((np.array(off) - known) / fit.sigma_deg)
    # Of 48 standardised errors the mean square is 1; 0.4 and 2 lie beyond its 99.9 % limits.
    assert 0.3 < float(np.square(pulls).mean()) < 2.0


def test_trees_before_a_third_of_the_skyline_do_not_move_it() -> None:
    truth, skyline = camera(), rugged(7)
    horizon = seen_by(truth, skyline, np.random.default_rng(2))
    rows = horizon.row_px.copy()
    rows[100:260] -= np.linspace(20.0, 90.0, 160)
    rows[700:830] -= 60.0
    fit = match_skyline(Horizon(rows, horizon.confidence, SIZE[1]), skyline, NOTHING_KNOWN, Search())
    assert fit.is_trusted
    assert fit.azimuth_deg == pytest.approx(truth.azimuth_deg, abs=0.05)
    assert fit.used_share < 0.75


def test_a_known_lens_and_a_leaning_head_are_taken_into_account() -> None:
    lens = Lens(LensKind.RECTILINEAR, 0.9, (-0.25, 0.05, 0.0, 0.0, 0.0))
    truth = replace(camera(), lens=lens, hfov_deg=lens.hfov_deg(), mount=Mount(lean_deg=2.0, lean_towards_deg=90.0))
    skyline = rugged(11)
    start = replace(truth, azimuth_deg=200.0, roll_deg=0.0, tilt_deg=0.0)
    search = Search(180.0, hfov_share=0.02)
    fit = match_skyline(seen_by(truth, skyline, np.random.default_rng(3)), skyline, start, search)
    made = fit.calibration("by-skyline")
    assert fit.is_trusted
    assert made.azimuth_deg == pytest.approx(truth.azimuth_deg, abs=0.03)
    assert made.roll_deg == pytest.approx(truth.roll_deg, abs=0.03)
    assert made.lens is not None
    assert made.lens.distortion == lens.distortion
    assert made.hfov_deg == pytest.approx(lens.hfov_deg(), abs=0.2)
    assert made.mount == truth.mount


def test_the_calibration_carries_the_errors_and_the_name() -> None:
    truth, skyline = camera(), rugged(3)
    fit = match_skyline(seen_by(truth, skyline, np.random.default_rng(1)), skyline, NOTHING_KNOWN, Search())
    made = fit.calibration("skyline-1")
    assert made.calibration_id == "skyline-1"
    assert made.sigma_deg == pytest.approx(fit.sigma_deg[0])
    assert made.errors is not None
    assert (made.errors.tilt_deg, made.errors.roll_deg, made.errors.hfov_deg) == pytest.approx(tuple(fit.sigma_deg[1:]))
    # The predicted skyline lies on the seen one.
    column = np.arange(10, SIZE[0], 50)
    seen = seen_by(truth, skyline)
    pixels = np.stack([column + 0.5, seen.row_px[column]], axis=1)
    looks = made.directions(pixels, *SIZE)
    there = np.interp(looks.azimuth_deg, skyline.azimuth_deg, skyline.elevation_deg, period=360.0)
    np.testing.assert_allclose(looks.elevation_deg, there, atol=0.03)


def test_a_hidden_skyline_is_refused_with_what_to_do() -> None:
    horizon = Horizon(np.full(SIZE[0], np.nan), np.zeros(SIZE[0]), SIZE[1])
    with pytest.raises(CalibrationError, match=r"hidden.*clear day"):
        match_skyline(horizon, rugged(1), NOTHING_KNOWN, Search())


def test_terrain_that_knows_no_horizon_there_is_refused() -> None:
    skyline = rugged(1)
    north_only = np.where(np.abs((skyline.azimuth_deg + 180.0) % 360.0 - 180.0) < 10.0, skyline.elevation_deg, np.nan)
    known = Skyline(skyline.azimuth_deg, north_only, skyline.distance_m)
    with pytest.raises(CalibrationError, match="knows no horizon"):
        match_skyline(seen_by(camera(), skyline), known, NOTHING_KNOWN, Search())


def test_a_skyline_without_any_known_elevation_is_refused() -> None:
    with pytest.raises(InvalidValue, match="0 known elevations"):
        Ring.of(Skyline(np.arange(4.0), np.full(4, np.nan), np.full(4, np.nan)), 5.0)


def test_the_sea_tells_no_azimuth() -> None:
    azimuth = np.arange(0.0, 360.0, 0.5)
    sea = Skyline(azimuth, np.full(azimuth.size, -0.2), np.full(azimuth.size, 25_000.0))
    fit = match_skyline(seen_by(camera(), sea, np.random.default_rng(4)), sea, NOTHING_KNOWN, Search())
    assert Doubt.FLAT in fit.doubts


def test_a_view_that_comes_again_on_the_other_side_is_doubted() -> None:
    skyline = rugged(5)
    half = skyline.elevation_deg.size // 2
    twice = Skyline(skyline.azimuth_deg, np.tile(skyline.elevation_deg[:half], 2), skyline.distance_m)
    truth = camera(azimuth_deg=90.0)
    fit = match_skyline(seen_by(truth, twice, np.random.default_rng(4)), twice, NOTHING_KNOWN, Search())
    assert Doubt.RIVAL in fit.doubts
    assert fit.rival_azimuth_deg is not None
    assert abs(fit.rival_azimuth_deg - fit.azimuth_deg) == pytest.approx(180.0, abs=0.5)
    near = match_skyline(seen_by(truth, twice), twice, replace(truth, azimuth_deg=100.0), Search(30.0))
    assert near.is_trusted
    assert near.azimuth_deg == pytest.approx(90.0, abs=0.05)


def test_another_place_is_no_fit() -> None:
    fit = match_skyline(seen_by(camera(), rugged(1)), rugged(2), NOTHING_KNOWN, Search())
    assert not fit.is_trusted


def test_near_ridges_of_uncertain_height_do_not_pull_the_azimuth() -> None:
    # A third of the skyline is a ridge at 250 m, 6 m higher than the model has it: 1.4 degrees, 25 rows.
    skyline = rugged(13)
    is_near = (skyline.azimuth_deg > 195.0) & (skyline.azimuth_deg < 214.0)
    distance = np.where(is_near, 250.0, 20_000.0)
    grown = skyline.elevation_deg + np.where(is_near, np.degrees(np.arctan(6.0 / 250.0)), 0.0)
    truth = camera()
    horizon = seen_by(truth, Skyline(skyline.azimuth_deg, grown, distance), np.random.default_rng(6))
    known = Skyline(skyline.azimuth_deg, skyline.elevation_deg, distance)
    fit = match_skyline(horizon, known, NOTHING_KNOWN, Search())
    assert fit.azimuth_deg == pytest.approx(truth.azimuth_deg, abs=0.05)


@pytest.mark.parametrize("wrong", [{"azimuth_deg": 0.0}, {"tilt_deg": 90.0}, {"roll_deg": -1.0}, {"hfov_share": 0.9}])
def test_a_search_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        Search(**wrong)


def test_a_height_error_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidValue, match="heights"):
        match_skyline(seen_by(camera(), rugged(1)), rugged(1), NOTHING_KNOWN, Search(), -1.0)
