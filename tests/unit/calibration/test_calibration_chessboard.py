"""A lens from boards that were rendered with a known one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from rendered_board import Held, corners_of, held_boards, pictures_of

from firewatch.calibration.chessboard import Board, calibrate_lens, find_corners
from firewatch.domain.lens import Lens, LensKind
from firewatch.errors import CalibrationError, InvalidValue

BOARD = Board(9, 6)
SIZE = (480, 360)
BARREL = Lens(LensKind.RECTILINEAR, 0.9, (-0.25, 0.08, 0.0008, -0.0005, 0.0), 0.505, 0.49)
FISHEYE = Lens(LensKind.FISHEYE, 0.42, (-0.02, 0.004, -0.001, 0.0002), 0.5, 0.51)
HELD = held_boards(BOARD, 12, 330.0, (0.24, 0.14))


def views(lens: Lens, boards: list[Held], noise_px: float = 0.1) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    seen = [corners_of(BOARD, lens, SIZE, held) for held in boards]
    return [each + rng.normal(0.0, noise_px, each.shape) for each in seen]


def test_the_lens_of_rendered_boards_is_found_again() -> None:
    found = [find_corners(picture, BOARD) for picture in pictures_of(BOARD, BARREL, SIZE, HELD[:7])]
    seen = [each for each in found if each is not None]
    assert len(seen) >= 6
    fit = calibrate_lens(seen, BOARD, *SIZE)
    assert fit.lens.focal == pytest.approx(BARREL.focal, rel=0.005)
    assert fit.lens.distortion[0] == pytest.approx(BARREL.distortion[0], abs=0.02)
    assert fit.lens.centre_x == pytest.approx(BARREL.centre_x, abs=0.003)
    assert fit.lens.pixel_aspect == pytest.approx(1.0, abs=0.002)
    assert fit.rms_px < 0.3
    assert fit.left_out == ()


def test_the_corners_are_where_the_board_is_from_the_pictures_corner_and_not_half_a_pixel_off() -> None:
    picture = next(pictures_of(BOARD, BARREL, SIZE, HELD[:1]))
    found = find_corners(picture, BOARD)
    assert found is not None
    true = corners_of(BOARD, BARREL, SIZE, HELD[0])
    off = min((found - each for each in (true, true[::-1])), key=lambda each: np.abs(each).max())
    assert np.abs(off).max() < 0.4
    assert np.abs(off.mean(axis=0)).max() < 0.1


def test_a_picture_without_a_board_has_no_corners() -> None:
    assert find_corners(np.full((120, 160), 128, np.uint8), BOARD) is None


def test_the_error_of_the_focal_length_is_told_and_small_with_many_views() -> None:
    fit = calibrate_lens(views(BARREL, HELD), BOARD, *SIZE)
    assert fit.lens.focal == pytest.approx(BARREL.focal, rel=5.0 * fit.focal_share + 1e-4)
    assert 1e-5 <= fit.focal_share < 0.005
    turn = BARREL.zoomed(1.0 + fit.focal_share).hfov_deg() - BARREL.hfov_deg()
    assert fit.hfov_sigma_deg == pytest.approx(abs(turn), rel=0.05)
    assert 0.5 < fit.coverage <= 1.0


def test_a_third_radial_term_is_fitted_where_the_boards_show_it() -> None:
    bent = replace(BARREL, distortion=(-0.35, 0.25, 0.0, 0.0, -0.25))
    fit = calibrate_lens(views(bent, HELD, 0.01), BOARD, *SIZE)
    assert fit.lens.distortion[4] == pytest.approx(-0.25, abs=0.08)


def test_the_lens_of_a_fisheye_is_found_again() -> None:
    boards = held_boards(BOARD, 12, 200.0, (0.7, 0.45))
    fit = calibrate_lens(views(FISHEYE, boards), BOARD, *SIZE, LensKind.FISHEYE)
    assert fit.lens.focal == pytest.approx(FISHEYE.focal, rel=0.005)
    corner = np.array([[60.0, 45.0]])
    assert fit.lens.rays(corner, *SIZE) == pytest.approx(FISHEYE.rays(corner, *SIZE), abs=0.01)


def test_a_picture_that_moved_is_left_out_and_named() -> None:
    seen = views(BARREL, HELD)
    seen[4] = seen[4] + np.random.default_rng(1).normal(0.0, 6.0, seen[4].shape)
    fit = calibrate_lens(seen, BOARD, *SIZE)
    assert fit.left_out == (4,)
    assert fit.view_rms_px[4] > 3.0
    assert fit.lens.focal == pytest.approx(BARREL.focal, rel=0.005)


def test_the_fewest_views_give_a_lens_with_an_error_that_is_a_guess() -> None:
    wide = held_boards(BOARD, 5, 280.0, (0.4, 0.3), seed=8)
    assert calibrate_lens(views(BARREL, wide), BOARD, *SIZE).focal_share == 0.01


def flat(count: int) -> list[Held]:
    rng = np.random.default_rng(3)
    places = rng.uniform(-150.0, 50.0, (count, 2))
    turns = np.arange(count) / 9.0
    return [Held(np.array([0.01, 0.02, a]), np.array([x, y, 330.0])) for a, (x, y) in zip(turns, places, strict=True)]


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (views(BARREL, HELD[:4]), "4 pictures agree, 5 are needed"),
        (views(BARREL, flat(8)), "parallel within"),
        (views(BARREL, held_boards(BOARD, 8, 1500.0, (0.02, 0.02))), "cover .* of the picture"),
        (views(BARREL, HELD, 12.0), "miss by"),
    ],
)
def test_views_that_tell_no_lens_are_refused_with_what_to_do(seen: list[np.ndarray], why: str) -> None:
    with pytest.raises(CalibrationError, match=why) as refused:
        calibrate_lens(seen, BOARD, *SIZE)
    assert refused.value.remedy in str(refused.value)


def test_boards_that_are_hardly_tilted_leave_the_focal_length_open() -> None:
    rng = np.random.default_rng(4)
    middle = np.array([100.0, 62.5, 0.0])
    boards = [
        Held(np.array([a, b, 0.1]), np.array([x, y, 330.0]) - middle)
        for (a, b), (x, y) in zip(rng.uniform(-0.12, 0.12, (7, 2)), rng.uniform(-80.0, 80.0, (7, 2)), strict=True)
    ]
    with pytest.raises(CalibrationError, match="focal length is known to"):
        calibrate_lens(views(BARREL, boards, 0.8), BOARD, *SIZE)


def test_what_is_no_board_fits_no_fisheye() -> None:
    rng = np.random.default_rng(0)
    seen = [rng.uniform(0.0, 360.0, (54, 2)) for _ in range(6)]
    with pytest.raises(CalibrationError, match="chessboard"):
        calibrate_lens(seen, BOARD, *SIZE, LensKind.FISHEYE)


def test_corners_of_another_board_are_refused() -> None:
    with pytest.raises(InvalidValue, match="corners of a view"):
        calibrate_lens([np.zeros((12, 2))], BOARD, *SIZE)


@pytest.mark.parametrize("wrong", [{"columns": 2}, {"rows": 51}, {"square_mm": 0.0}, {"square_mm": math.nan}])
def test_a_board_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        replace(BOARD, **wrong)
