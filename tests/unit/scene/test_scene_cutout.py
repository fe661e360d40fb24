from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import Cutout, MovedSmoke, cut_smoke, draw_moved_smoke, paste_smoke, register, skyline_rows

BOX = (100.0, 60.0, 160.0, 120.0)


def view(seed: int = 1, noise: float = 1.5) -> np.ndarray:
    """Bright sky over dark ground, the skyline at row 60 rising to 50."""
    picture = np.empty((200, 320, 3), np.float32)
    picture[:] = (200, 180, 165)
    line = np.linspace(60.0, 50.0, 320)
    picture[np.arange(200)[:, None] > line[None]] = (45, 60, 55)
    picture += np.random.default_rng(seed).normal(0.0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def true_opacity() -> np.ndarray:
    y, x = np.mgrid[0:200, 0:320].astype(np.float32)
    # A leaning column: not one row times one column.
    middle = 122.0 + (115.0 - y) * 0.35
    across = np.exp(-0.5 * np.square((x - middle) / (4.0 + (115.0 - y).clip(0.0) * 0.12)))
    return 0.8 * across * np.clip((116.0 - y) / 4.0, 0.0, 1.0) * np.clip((y - 66.0) / 20.0, 0.0, 1.0)


def smoky(clear: np.ndarray) -> np.ndarray:
    light = np.square(clear.astype(np.float32) / 255.0)
    part = true_opacity()[..., None]
    return np.rint(np.sqrt(light * (1.0 - part) + 0.6 * part) * 255.0).astype(np.uint8)


@pytest.fixture(scope="module")
def cutout() -> Cutout:
    return cut_smoke(smoky(view()), BOX)


def inside(opacity: np.ndarray, whole: np.ndarray) -> np.ndarray:
    left, top = int(BOX[0] - 0.15 * 60 - 4), int(BOX[1] - 0.15 * 60 - 4)
    return whole[top : top + opacity.shape[0], left : left + opacity.shape[1]]


@pytest.mark.parametrize("with_clear", [False, True])
def test_the_matte_follows_the_smoke_with_and_without_a_clear_view(*, with_clear: bool) -> None:
    made = cut_smoke(smoky(view()), BOX, view(seed=2) if with_clear else None)
    expected = inside(made.opacity, true_opacity())
    assert np.corrcoef(made.opacity.ravel(), expected.ravel())[0, 1] > 0.9
    assert made.quality.plausible
    assert 0.4 < made.opacity.max() <= 1.0
    assert not made.opacity[[0, -1]].any()
    assert not made.opacity[:, [0, -1]].any()


def test_the_foot_of_the_smoke_is_found(cutout: Cutout) -> None:
    assert abs(cutout.base_x + 87.0 - 122.0) < 5.0
    assert abs(cutout.base_y + 47.0 - 115.0) < 6.0


def test_empty_ground_gives_no_plausible_smoke() -> None:
    assert not cut_smoke(view(), BOX).quality.plausible
    assert not cut_smoke(view(), BOX, view(seed=4)).quality.plausible


def test_smoke_that_a_box_cuts_through_is_not_plausible() -> None:
    picture = view().astype(np.float32)
    picture[90:180, 60:300] += 90.0
    assert not cut_smoke(np.clip(picture, 0, 255).astype(np.uint8), (150.0, 100.0, 210.0, 150.0)).quality.plausible


def test_mirrored_in_is_mirrored_out(cutout: Cutout) -> None:
    picture = smoky(view())
    other = cut_smoke(np.ascontiguousarray(picture[:, ::-1]), (320 - BOX[2], BOX[1], 320 - BOX[0], BOX[3]))
    np.testing.assert_allclose(other.opacity[:, ::-1], cutout.opacity, atol=0.02)
    back = cutout.mirrored().mirrored()
    np.testing.assert_array_equal(back.opacity, cutout.opacity)
    assert back.base_x == pytest.approx(cutout.base_x)


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(InvalidValue, match="box"):
        cut_smoke(view(), (400.0, 10.0, 460.0, 60.0))
    with pytest.raises(InvalidValue, match="box"):
        cut_smoke(view(), (10.0, 300.0, 60.0, 360.0))


def test_a_shifted_clear_view_is_laid_onto_the_picture() -> None:
    field = cv2.GaussianBlur(np.random.default_rng(3).uniform(0, 255, (200, 320, 3)), (0, 0), 3.0)
    picture = np.clip((field - 127.0) * 6.0 + 127.0, 0, 255).astype(np.uint8)
    shifted = np.roll(picture, (2, -3), axis=(0, 1))
    laid = register(picture, shifted)
    error = np.abs(laid.astype(int) - picture)[20:-20, 20:-20].mean()
    assert error < 0.3 * np.abs(shifted.astype(int) - picture)[20:-20, 20:-20].mean()


def test_a_view_of_another_place_is_not_moved() -> None:
    rng = np.random.default_rng(8)
    first, other = (rng.uniform(0, 255, (120, 160, 3)).astype(np.uint8) for _ in range(2))
    np.testing.assert_array_equal(register(first, other, most_px=0.01), other)


def test_outside_the_moved_smoke_the_photograph_stays_to_the_last_bit(cutout: Cutout) -> None:
    photo = view(seed=9)
    before = photo.copy()
    made = paste_smoke(photo, MovedSmoke(cutout, 220.0, 150.0, scale=0.8))
    np.testing.assert_array_equal(photo, before)
    changed = np.flatnonzero((made.image != photo).any(axis=(1, 2)))
    assert changed.min() > 150.0 - 90.0
    assert changed.max() < 156.0
    assert not (made.image != photo)[:, :140].any()


def test_the_truth_box_holds_what_visibly_changed(cutout: Cutout) -> None:
    photo = view(seed=9, noise=0.0)
    made = paste_smoke(photo, MovedSmoke(cutout, 220.0, 150.0, density=1.4))
    assert made.truth.visible
    assert made.truth.box is not None
    x0, y0, x1, y1 = (int(v) for v in made.truth.box)
    change = np.abs(made.image.astype(int) - photo).max(axis=2)
    strong = change > 0.35 * change.max()
    assert strong[y0:y1, x0:x1].sum() == strong.sum()
    assert abs(made.truth.box[3] - 150.0) < 8.0


def test_a_moved_smoke_grows_with_its_scale_and_fades_with_its_density(cutout: Cutout) -> None:
    photo = view(seed=9)
    small, large = (paste_smoke(photo, MovedSmoke(cutout, 200.0, 170.0, scale=s)).truth for s in (0.4, 0.9))
    assert large.pixels > 3 * small.pixels
    faint = paste_smoke(photo, MovedSmoke(cutout, 200.0, 170.0, scale=0.9, density=0.3)).truth
    assert faint.peak_contrast < large.peak_contrast
    none = paste_smoke(photo, MovedSmoke(cutout, 200.0, 170.0, density=0.0))
    np.testing.assert_array_equal(none.image, photo)
    assert none.truth.box is None


def test_a_ridge_hides_the_foot_column_by_column(cutout: Cutout) -> None:
    photo = view(seed=9)
    ridge = np.linspace(100.0, 130.0, 320, dtype=np.float32)
    made = paste_smoke(photo, MovedSmoke(cutout, 200.0, 150.0), ridge)
    below = np.arange(200)[:, None] > ridge[None] + 2.0
    np.testing.assert_array_equal(made.image[below], photo[below])
    assert made.truth.visible
    hidden = paste_smoke(photo, MovedSmoke(cutout, 200.0, 150.0), np.zeros(320, np.float32))
    np.testing.assert_array_equal(hidden.image, photo)


def test_smoke_beyond_the_picture_changes_nothing(cutout: Cutout) -> None:
    photo = view()
    made = paste_smoke(photo, MovedSmoke(cutout, -500.0, 150.0))
    np.testing.assert_array_equal(made.image, photo)
    assert not made.truth.visible


def test_draws_follow_from_the_generator_and_stand_on_or_below_the_skyline(cutout: Cutout) -> None:
    line = np.full(320, 60.0, np.float32)
    first, again = (draw_moved_smoke(np.random.default_rng(5), cutout, 320, 200, line) for _ in range(2))
    assert replace(first, cutout=cutout).base_x_px == again.base_x_px
    assert (first.scale, first.lean, first.seed) == (again.scale, again.lean, again.seed)
    rng = np.random.default_rng(6)
    drawn = [draw_moved_smoke(rng, cutout, 320, 200, line) for _ in range(40)]
    assert all(60.0 <= smoke.base_y_px <= 200.0 for smoke in drawn)
    assert any(paste_smoke(view(), smoke).truth.visible for smoke in drawn)


def test_the_skyline_is_found_column_by_column() -> None:
    found = skyline_rows(view())
    assert found.shape == (320,)
    np.testing.assert_allclose(found, np.linspace(60.0, 50.0, 320), atol=2.5)


def test_a_picture_without_sky_still_has_a_line_inside() -> None:
    flat = np.full((120, 160, 3), 80, np.uint8)
    found = skyline_rows(flat)
    assert ((found >= 0.0) & (found <= 120.0)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"base_x_px": float("nan")},
        {"scale": 0.0},
        {"stretch": 3.0},
        {"lean": 2.0},
        {"density": -1.0},
        {"brightness": 5.0},
        {"through": 1.5},
        {"softness_px": -1.0},
        {"seed": -1},
    ],
)
def test_a_moved_smoke_that_cannot_be_is_refused(cutout: Cutout, change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        replace(MovedSmoke(cutout, 10.0, 10.0), **change)  # type: ignore[arg-type]
