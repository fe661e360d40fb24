from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.monotone import OddPolynomial
from firewatch.domain.zoom import ZoomStep, ZoomTable
from firewatch.errors import InvalidValue

WIDTH, HEIGHT = 1280, 720
BARREL = Lens(LensKind.RECTILINEAR, 0.8, (-0.3, 0.1, 0.001, -0.0007, -0.01), 0.51, 0.49, 1.01)
FISHEYE = Lens(LensKind.FISHEYE, 0.35, (-0.02, 0.003, -0.001, 0.0002), 0.49, 0.52)

# Distortion of real lenses: barrel to pincushion, decentred a little.
rectilinear = st.builds(
    lambda focal, k1, p1, p2, cx: Lens(LensKind.RECTILINEAR, focal, (k1, -0.3 * k1, p1, p2, 0.02 * k1), cx, 0.5),
    st.floats(0.6, 20.0),
    st.floats(-0.25, 0.3),
    st.floats(-2e-3, 2e-3),
    st.floats(-2e-3, 2e-3),
    st.floats(0.45, 0.55),
)
fisheye = st.builds(
    lambda focal, k1, k2, cy: Lens(LensKind.FISHEYE, focal, (k1, k2, 0.001, -0.0002), 0.5, cy),
    st.floats(0.4, 1.0),
    st.floats(-0.03, 0.05),
    st.floats(-0.003, 0.01),
    st.floats(0.45, 0.55),
)
lenses = rectilinear | fisheye | st.floats(5.0, 140.0).map(plain_lens)


def grid(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0.0, width, 9), np.linspace(0.0, height, 7))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def matrix_of(lens: Lens) -> np.ndarray:
    fx, fy, cx, cy = lens.scales_px(WIDTH, HEIGHT)
    return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])


@settings(max_examples=30)
@given(lenses)
def test_a_pixel_comes_back_from_its_ray(lens: Lens) -> None:
    rays = lens.rays(grid(), WIDTH, HEIGHT)
    assert np.linalg.norm(rays, axis=1) == pytest.approx(1.0, abs=1e-12)
    assert lens.pixels(rays, WIDTH, HEIGHT) == pytest.approx(grid(), abs=1e-7)


@settings(max_examples=30)
@given(lenses)
def test_a_lens_looks_alike_at_every_size_of_the_picture(lens: Lens) -> None:
    half = lens.rays(grid() / 2.0, WIDTH // 2, HEIGHT // 2)
    assert half == pytest.approx(lens.rays(grid(), WIDTH, HEIGHT), abs=1e-9)


def test_rays_of_a_distorted_rectilinear_lens_are_those_of_opencv() -> None:
    rays = BARREL.rays(grid(), WIDTH, HEIGHT)
    criteria = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 500, 1e-14)
    theirs = cv2.undistortPoints(
        grid()[:, None], matrix_of(BARREL), np.array(BARREL.distortion), R=None, P=None, criteria=criteria
    )
    assert rays[:, :2] / rays[:, 2:] == pytest.approx(theirs[:, 0], abs=1e-6)


def test_rays_of_a_fisheye_are_those_of_opencv() -> None:
    rays = FISHEYE.rays(grid(), WIDTH, HEIGHT)
    theirs = cv2.fisheye.undistortPoints(grid()[:, None], matrix_of(FISHEYE), np.array(FISHEYE.distortion))
    flat = rays[:, 2] > 0.05  # OpenCV's answer is a tangent: it has none for a ray across the axis
    assert flat.sum() > 50
    assert (rays[:, :2] / rays[:, 2:])[flat] == pytest.approx(theirs[:, 0][flat], abs=1e-6)


@pytest.mark.parametrize("lens", [BARREL, FISHEYE])
def test_pixels_are_those_that_opencv_projects_to(lens: Lens) -> None:
    places = np.random.default_rng(1).normal(size=(50, 3)) * (2.0, 1.0, 0.2) + (0.0, 0.0, 4.0)
    project = cv2.projectPoints if lens.kind is LensKind.RECTILINEAR else cv2.fisheye.projectPoints
    if lens.kind is LensKind.RECTILINEAR:
        theirs, _ = project(places, np.zeros(3), np.zeros(3), matrix_of(lens), np.array(lens.distortion))
    else:
        theirs, _ = project(places[:, None], np.zeros(3), np.zeros(3), matrix_of(lens), np.array(lens.distortion))
    assert lens.pixels(places, WIDTH, HEIGHT) == pytest.approx(theirs.reshape(-1, 2), abs=1e-6)


def test_a_pixel_that_no_ray_reaches_is_refused_by_its_place() -> None:
    folding = Lens(LensKind.RECTILINEAR, 0.5, (-0.4, 0.0, 0.0, 0.0, 0.0))
    middle = folding.rays(np.array([[WIDTH / 2.0, HEIGHT / 2.0]]), WIDTH, HEIGHT)
    assert middle[0] == pytest.approx((0.0, 0.0, 1.0))
    with pytest.raises(InvalidValue, match=r"pixel is \(1280\.0, 0\.0\).*folds over") as refused:
        folding.rays(np.array([[640.0, 360.0], [1280.0, 0.0]]), WIDTH, HEIGHT)
    assert "rectilinear" in str(refused.value)


def test_a_pixel_is_refused_where_only_the_decentring_folds_over() -> None:
    decentred = Lens(LensKind.RECTILINEAR, 0.5, (0.0, 0.0, 0.3, 0.3, 0.0))
    with pytest.raises(InvalidValue, match="folds over"):
        decentred.rays(grid(), WIDTH, HEIGHT)


def test_a_ray_beyond_the_fold_or_behind_the_camera_has_no_pixel() -> None:
    folding = Lens(LensKind.RECTILINEAR, 0.5, (-0.4, 0.0, 0.0, 0.0, 0.0))
    assert np.isnan(folding.pixels(np.array([[1.5, 0.0, 1.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]]), WIDTH, HEIGHT)).all()
    assert np.isnan(FISHEYE.pixels(np.array([[0.0, 0.0, -1.0]]), WIDTH, HEIGHT)).all()


def test_a_fisheye_sees_behind_its_own_plane() -> None:
    wide = Lens(LensKind.FISHEYE, 0.25)
    assert wide.hfov_deg() == pytest.approx(math.degrees(4.0))
    ray = np.array([[math.sin(1.8), 0.0, math.cos(1.8)]])
    assert wide.pixels(ray, WIDTH, HEIGHT)[0] == pytest.approx((640.0 + 0.25 * 1280 * 1.8, 360.0))


def test_the_field_of_view_of_a_plain_lens_is_the_one_asked_for() -> None:
    assert plain_lens(54.2).hfov_deg() == pytest.approx(54.2)
    assert plain_lens(54.2).zoomed(2.0).hfov_deg() == pytest.approx(
        2.0 * math.degrees(math.atan(math.tan(math.radians(27.1)) / 2.0))
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"focal": 0.01},
        {"focal": math.nan},
        {"centre_x": 2.0},
        {"centre_y": -1.0},
        {"pixel_aspect": 3.0},
        {"distortion": (0.1,)},
        {"distortion": (0.1, math.inf, 0.0, 0.0, 0.0)},
        {"kind": LensKind.FISHEYE, "distortion": (0.0,) * 5},
    ],
)
def test_a_lens_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        Lens(**{"kind": LensKind.RECTILINEAR, "focal": 1.0, **wrong})


def test_a_picture_without_size_is_refused() -> None:
    for size in ((0, 720), (1280, 0)):
        with pytest.raises(InvalidValue, match="picture"):
            BARREL.scales_px(*size)


@settings(max_examples=30)
@given(st.lists(st.floats(-0.4, 0.4), min_size=1, max_size=4), st.floats(0.0, 0.999))
def test_an_odd_polynomial_is_inverted_as_far_as_it_grows(terms: list[float], share: float) -> None:
    polynomial = OddPolynomial(tuple(terms), 100.0)
    at = share * polynomial.limit
    value = polynomial.value(np.array([at]))
    back = polynomial.inverse(value)
    assert polynomial.value(back)[0] == pytest.approx(value[0], rel=1e-12, abs=1e-12)
    slope = float(polynomial.slope(np.array([at]))[0])
    assert slope > 0.0
    # Where it hardly grows, many arguments have the same value to the last bit.
    assert back[0] == pytest.approx(at, abs=1e-6 if slope > 1e-3 else 1e-3)


def test_the_lens_between_two_zooms_lies_between_them() -> None:
    steps = (ZoomStep(0.0, BARREL), ZoomStep(0.5, BARREL.zoomed(4.0)), ZoomStep(1.0, BARREL.zoomed(8.0)))
    table = ZoomTable(steps)
    assert table.lens_at(0.0) == BARREL
    assert table.lens_at(0.25).focal == pytest.approx(1.6)
    assert table.lens_at(0.75).focal == pytest.approx(0.8 * math.sqrt(32.0))
    assert table.lens_at(1.0).focal == pytest.approx(6.4)
    assert table.lens_at(0.6).distortion == pytest.approx(BARREL.distortion)


def test_a_table_of_one_zoom_knows_that_zoom_only() -> None:
    table = ZoomTable((ZoomStep(0.3, BARREL),))
    assert table.lens_at(0.3) == BARREL
    with pytest.raises(InvalidValue, match="zoom"):
        table.lens_at(0.31)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (ZoomStep(0.5, BARREL), ZoomStep(0.5, BARREL)),
        (ZoomStep(0.5, BARREL), ZoomStep(0.6, FISHEYE)),
        (ZoomStep(0.5, BARREL), ZoomStep(0.6, plain_lens(30.0))),
    ],
)
def test_a_table_of_zooms_in_disorder_is_refused(steps: tuple[ZoomStep, ...]) -> None:
    with pytest.raises(InvalidValue):
        ZoomTable(steps)


def test_a_zoom_is_a_share() -> None:
    with pytest.raises(InvalidValue, match="zoom"):
        ZoomStep(1.5, BARREL)
