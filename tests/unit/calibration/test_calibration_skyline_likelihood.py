"""The likelihood of a pose by the skyline: its density and slopes are right, and its chances are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skylines import SIZE, camera, rugged, seen_by

from firewatch.calibration import Horizon, Search, match_skyline
from firewatch.calibration.pose import SeenLine, pose_of
from firewatch.calibration.skyline_errors import HeightErrors, Residuals
from firewatch.calibration.skyline_likelihood import Peak, chance_of, distinct, shares_of
from firewatch.calibration.skyline_search import Ring
from firewatch.domain.optics import Calibration
from firewatch.terrain import Skyline

LOOK = camera()
NEAR = replace(rugged(3), distance_m=np.full(3600, 3000.0))


def errors() -> HeightErrors:
    seen = SeenLine.of(seen_by(LOOK, NEAR), LOOK).thinned(40)
    return HeightErrors.of(seen, Ring.of(NEAR, 5.0), pose_of(LOOK))


def residuals(sizes: tuple[float, float], apart: np.ndarray, belief: np.ndarray) -> Residuals:
    return Residuals.of(apart, belief, errors(), np.array([*sizes, 2.0]))


def test_the_density_is_that_of_a_normal_distribution() -> None:
    how = errors()
    rng = np.random.default_rng(2)
    apart, belief = rng.normal(0.0, 2.0, len(how.common)), rng.uniform(0.3, 1.2, len(how.common))
    found = residuals((0.8, 6.0), apart, belief)
    whole = np.diag(0.64 / belief) + 36.0 * how.together + 4.0 * np.outer(how.common, how.common)
    expected = -0.5 * apart @ np.linalg.solve(whole, apart) - 0.5 * np.linalg.slogdet(whole)[1]
    assert found.log_density == pytest.approx(expected, rel=1e-9)
    assert float(found.whitened @ found.whitened) == pytest.approx(apart @ np.linalg.solve(whole, apart), rel=1e-9)
    # 5 m at 3 km, in rows of a picture of 16 pixels a degree.
    assert 5.0 * float(how.common.mean()) == pytest.approx(
        5.0 / 3000.0 * 960.0 / 2.0 / np.tan(np.radians(27.75)), rel=0.1
    )


def test_a_lost_column_tells_nothing() -> None:
    how = errors()
    rng = np.random.default_rng(2)
    apart, belief = rng.normal(0.0, 1.0, len(how.common)), np.ones(len(how.common))
    belief[5:9] = 0.0
    one = residuals((0.8, 6.0), apart, belief).log_density
    apart[5:9] += 40.0
    assert residuals((0.8, 6.0), apart, belief).log_density == pytest.approx(one, abs=0.05)
    apart[20] = np.nan
    assert np.isnan(residuals((0.8, 6.0), apart, belief).whitened[[5, 8, 20]]).all()


def test_the_sizes_are_scored_by_the_slopes_of_the_restricted_likelihood() -> None:
    rng = np.random.default_rng(7)
    apart = rng.normal(0.0, 1.5, len(errors().common))
    belief, slopes = np.ones(apart.size), rng.normal(0.0, 1.0, (apart.size, 2))

    def restricted(logs: np.ndarray) -> float:
        """Return the restricted log likelihood by the logarithms of two variances."""
        here = residuals((float(np.exp(logs[0] / 2.0)), float(np.exp(logs[1] / 2.0))), apart, belief)
        information = slopes.T @ here.inverse @ slopes
        fitted = np.linalg.solve(information, slopes.T @ here.inverse @ apart)
        rest = apart - slopes @ fitted
        return float(-0.5 * rest @ here.inverse @ rest - here.half_log_det - 0.5 * np.linalg.slogdet(information)[1])

    at = np.log(np.square([0.9, 4.0]))
    here = residuals((0.9, 4.0), apart, belief)
    information = np.linalg.inv(slopes.T @ here.inverse @ slopes)
    best = replace(here, apart=apart - slopes @ (information @ slopes.T @ here.inverse @ apart))
    gradient, scoring = best.scored(slopes, information)
    steps = np.eye(2) * 1e-4
    np.testing.assert_allclose(
        gradient, [(restricted(at + step) - restricted(at - step)) / 2e-4 for step in steps], rtol=1e-4, atol=1e-6
    )
    assert np.linalg.eigvalsh(scoring).min() > 0.0


def peak(azimuth_deg: float, log_density: float, sigma_deg: float = 0.05, together: float = 1.0) -> Peak:
    covariance = np.diag([sigma_deg**2, 1e-4, 1e-4, 1e-6])
    return Peak(np.array([azimuth_deg, 0.0, 0.0, 0.0]), covariance, log_density, np.ones(3), 0.0, together)


def test_the_chance_that_an_azimuth_is_wrong_is_that_of_its_rivals_and_of_its_own_tails() -> None:
    assert chance_of([peak(10.0, 0.0)]).wrong < 1e-12
    vague = chance_of([peak(10.0, 0.0, sigma_deg=0.25)])
    assert (vague.own, vague.other) == (pytest.approx(0.0455, abs=1e-4), 0.0)
    rivals = chance_of([peak(359.9, 0.0), peak(200.0, -2.0)])
    assert rivals.other == pytest.approx(np.exp(-2.0) / (1.0 + np.exp(-2.0)))
    assert chance_of([peak(359.9, 0.0), peak(0.05, -0.1)]).other < 1e-6, "0.15 deg away is no wrong azimuth"
    # Residuals of which three count as one tell a third as much.
    assert shares_of([peak(0.0, 0.0, together=3.0), peak(9.0, -6.0)])[1] == pytest.approx(1.0 / (1.0 + np.exp(2.0)))


def test_a_peak_found_twice_is_one() -> None:
    kept = distinct([peak(10.0, -1.0), peak(10.01, 0.0), peak(40.0, -0.5)])
    assert [each.log_density for each in kept] == [0.0, -0.5]


@pytest.mark.parametrize("seed", range(2))
def test_a_wide_lens_of_badly_known_field_on_a_tilted_camera_is_found(seed: int) -> None:
    # A level search took the bent skyline of a tilted wide lens for another zoom, and settled degrees away.
    skyline = rugged(20 + seed, 0.5)
    truth = camera(azimuth_deg=88.5, tilt_deg=-4.0, hfov_deg=94.0, roll_deg=-0.8)
    horizon = seen_by(truth, skyline, np.random.default_rng(seed))
    fit = match_skyline(horizon, skyline, Calibration("guess", 0.0, 0.0, 90.0, 5.0), Search())
    assert fit.is_trusted
    assert fit.azimuth_deg == pytest.approx(88.5, abs=0.12)
    assert fit.hfov_deg == pytest.approx(94.0, abs=0.4)


def test_heights_that_are_worse_than_expected_widen_the_errors() -> None:
    rng = np.random.default_rng(3)
    sigmas = []
    for height_m in (1.0, 15.0):
        wrong = np.interp(np.arange(3600), np.arange(0, 3600, 25), rng.normal(0.0, height_m, 144))
        shown = replace(NEAR, elevation_deg=NEAR.elevation_deg + np.degrees(wrong / 3000.0))
        horizon = seen_by(LOOK, shown, rng)
        fit = match_skyline(horizon, NEAR, replace(LOOK, azimuth_deg=215.0), Search(5.0, 5.0, 5.0, 0.1), 2.0)
        sigmas.append(fit.sigma_deg[0])
    assert sigmas[1] > 1.5 * sigmas[0]


def test_a_fit_beside_terrain_that_is_not_known_gains_nothing_by_it() -> None:
    skyline = rugged(3)
    gap = np.where((skyline.azimuth_deg > 300.0) & (skyline.azimuth_deg < 330.0), np.nan, skyline.elevation_deg)
    fit = match_skyline(
        seen_by(LOOK, skyline, np.random.default_rng(1)),
        Skyline(skyline.azimuth_deg, gap, skyline.distance_m),
        Calibration("guess", 0.0, 0.0, 54.0, 5.0),
        Search(),
    )
    assert fit.is_trusted
    assert fit.azimuth_deg == pytest.approx(LOOK.azimuth_deg, abs=0.03)
    half = Horizon(seen_by(LOOK, skyline).row_px, np.where(np.arange(SIZE[0]) < 200, 1.0, 0.0), SIZE[1])
    assert not match_skyline(half, skyline, Calibration("guess", 0.0, 0.0, 54.0, 5.0), Search()).is_trusted
