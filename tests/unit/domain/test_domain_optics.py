from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import difference_deg
from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path


def level(azimuth_deg: float = 0.0, hfov_deg: float = 60.0, sigma_deg: float = 0.5) -> Calibration:
    return Calibration("survey-1", azimuth_deg, 0.0, hfov_deg, sigma_deg)


def bbox_vectors(shared_data: Path) -> dict[str, list[dict[str, float]]]:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())
    return vectors["bbox_to_bearing"]


@pytest.mark.shared
def test_bearings_agree_with_the_pinhole_reference(shared_data: Path) -> None:
    references = bbox_vectors(shared_data)["pinhole_reference"]
    assert references
    for reference in references:
        calibration = level(reference["cam_az"], reference["aov"])
        azimuth_deg = calibration.bearing_of(reference["x"] * 1280, 360.0, 1280, 720).azimuth_deg
        assert azimuth_deg == pytest.approx(reference["pinhole_deg"], abs=5e-4)
        assert abs(azimuth_deg - reference["linear_deg"]) > 0.5, "the linear formula is the error to avoid"


@pytest.mark.shared
def test_bearings_of_boxes_agree_with_the_linear_formula_at_the_centre_and_within_a_degree_elsewhere(
    shared_data: Path,
) -> None:
    for case in bbox_vectors(shared_data)["cases"]:
        x_px = (case["box"][0] + case["box"][2]) / 2.0 * 1280
        bearing = level(case["cam_az"], case["aov"]).bearing_of(x_px, 360.0, 1280, 720)
        turn_deg = difference_deg(bearing.azimuth_deg, case["pyro"][0])
        assert turn_deg == pytest.approx(0.0, abs=1e-9 if x_px == 640 else 1.0)


@given(st.floats(0.0, 359.9), st.floats(5.0, 120.0), st.sampled_from([640, 1280, 1920, 3840]))
def test_the_picture_edges_lie_half_the_field_of_view_from_the_centre(azimuth: float, hfov: float, width: int) -> None:
    calibration = level(azimuth, hfov)
    left = calibration.bearing_of(0.0, 100.0, width, 720)
    right = calibration.bearing_of(width, 100.0, width, 720)
    assert difference_deg(azimuth, left.azimuth_deg) == pytest.approx(hfov / 2.0, abs=1e-6)
    assert difference_deg(right.azimuth_deg, azimuth) == pytest.approx(hfov / 2.0, abs=1e-6)


def test_a_tilted_camera_sees_a_pixel_below_the_centre_more_to_the_side() -> None:
    # Ray (right, up, forward) = (f, -f/2, f), pitched down by 30 degrees; turned back by hand.
    calibration = Calibration("tilted", 0.0, -30.0, 90.0, 0.5)
    azimuth_deg = calibration.bearing_of(1280.0, 360.0 + 320.0, 1280, 720).azimuth_deg
    forward = math.cos(math.radians(30.0)) - 0.5 * math.sin(math.radians(30.0))
    assert azimuth_deg == pytest.approx(math.degrees(math.atan2(1.0, forward)))
    assert azimuth_deg > 45.0


def test_a_bearing_is_never_surer_than_its_calibration_nor_than_half_a_pixel() -> None:
    coarse = level(sigma_deg=1e-3).bearing_of(10.0, 10.0, 64, 48)
    assert coarse.sigma_deg == pytest.approx(math.degrees(0.5 / level().focal_px(64)), rel=1e-3)
    assert level(sigma_deg=0.5).bearing_of(10.0, 10.0, 1280, 720).sigma_deg == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("azimuth_deg", "tilt_deg", "hfov_deg", "sigma_deg"),
    [
        (360.0, 0.0, 60.0, 0.5),
        (0.0, 91.0, 60.0, 0.5),
        (0.0, 0.0, 0.5, 0.5),
        (0.0, 0.0, 151.0, 0.5),
        (0.0, 0.0, 60.0, 0.0),
    ],
)
def test_a_calibration_out_of_range_is_refused(
    azimuth_deg: float, tilt_deg: float, hfov_deg: float, sigma_deg: float
) -> None:
    with pytest.raises(InvalidValue):
        Calibration("bad", azimuth_deg, tilt_deg, hfov_deg, sigma_deg)


def test_a_picture_without_width_has_no_focal_length() -> None:
    with pytest.raises(InvalidValue, match="width"):
        level().focal_px(0)
