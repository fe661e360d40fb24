from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue
from firewatch.scene import View

BEARINGS = st.floats(0.0, 359.9)


@given(
    azimuth=BEARINGS, off=st.floats(-30.0, 30.0), distance=st.floats(500.0, 40_000.0), height=st.floats(-500.0, 1500.0)
)
def test_a_level_camera_shows_a_place_in_the_column_of_its_bearing(
    azimuth: float, off: float, distance: float, height: float
) -> None:
    view = View(1000.0, -2000.0, 600.0, azimuth, 0.0, 70.0)
    turn = math.radians(azimuth + off)
    seen = view.pixel_of(1000.0 + distance * math.sin(turn), -2000.0 + distance * math.cos(turn), 600.0 + height)
    assert seen is not None
    assert seen.x_px == pytest.approx(
        640.0 + 640.0 / math.tan(math.radians(35.0)) * math.tan(math.radians(off)), abs=1e-6
    )
    assert seen.distance_m == pytest.approx(distance)


@given(azimuth=BEARINGS, off=st.floats(-30.0, 30.0), tilt=st.floats(-20.0, 20.0), height=st.floats(-800.0, 800.0))
def test_the_edge_reads_the_same_bearing_from_the_pixel(azimuth: float, off: float, tilt: float, height: float) -> None:
    view = View(0.0, 0.0, 600.0, azimuth, tilt, 70.0)
    turn = math.radians(azimuth + off)
    seen = view.pixel_of(8000.0 * math.sin(turn), 8000.0 * math.cos(turn), 600.0 + height)
    assert seen is not None
    read = Calibration("c", azimuth, tilt, 70.0, 0.1).bearing_of(seen.x_px, seen.y_px, 1280, 720)
    assert math.cos(math.radians(read.azimuth_deg) - turn) == pytest.approx(1.0, abs=1e-9)


def test_the_earth_bends_away_under_the_line_of_sight() -> None:
    view = View(0.0, 0.0, 100.0, 0.0, 0.0, 60.0)
    near, far = view.pixel_of(0.0, 1000.0, 100.0), view.pixel_of(0.0, 20_000.0, 100.0)
    assert near is not None
    assert far is not None
    sunk_m = (far.y_px - 360.0) / view.focal_px * 20_000.0
    assert sunk_m == pytest.approx(0.87 * 20_000.0**2 / 2 / 6_371_000.0, rel=1e-6)
    assert near.y_px < far.y_px


def test_what_is_behind_the_camera_is_not_seen() -> None:
    assert View(0.0, 0.0, 100.0, 90.0).pixel_of(-500.0, 0.0, 100.0) is None


@pytest.mark.parametrize("tilt_deg", [0.0, -6.0, 5.0])
def test_rays_are_the_inverse_of_the_projection(tilt_deg: float) -> None:
    view = View(0.0, 0.0, 500.0, 40.0, tilt_deg, 70.0, 64, 36)
    turn, slope = view.rays()
    azimuth = turn.ravel().astype(float) + math.radians(40.0)
    near_m = 2000.0
    drop = 0.87 * near_m**2 / 2 / 6_371_000.0
    x, y, _ = view.project(
        near_m * np.sin(azimuth), near_m * np.cos(azimuth), 500.0 + drop + near_m * slope.ravel().astype(float)
    )
    wanted_y, wanted_x = np.mgrid[0:36, 0:64] + 0.5
    np.testing.assert_allclose(x, wanted_x.ravel(), atol=1e-3)
    np.testing.assert_allclose(y, wanted_y.ravel(), atol=1e-3)


def test_finer_rays_share_the_corners_of_the_picture() -> None:
    view = View(0.0, 0.0, 500.0, 0.0, 0.0, 70.0, 64, 36)
    turn, slope = view.rays(2)
    assert turn.shape == slope.shape == (72, 128)
    coarse, _ = view.rays()
    np.testing.assert_allclose((turn[0, 0::2] + turn[0, 1::2]) / 2, coarse[0], atol=2e-4)


@pytest.mark.parametrize("change", [{"azimuth_deg": 400.0}, {"tilt_deg": 60.0}, {"hfov_deg": 0.0}, {"width_px": 2}])
def test_a_camera_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        View(**({"east_m": 0.0, "north_m": 0.0, "elevation_m": 0.0, "azimuth_deg": 0.0} | change))  # type: ignore[arg-type]
