from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import PhotoPlume, Tile, Wind, composite_plume, draw_photo_plume, make_fractal_tile

SMOKE = PhotoPlume(160.0, 130.0, 0.15, 200.0, Wind(2.5, 270.0), seed=2)


@pytest.fixture(scope="module")
def texture() -> Tile:
    return make_fractal_tile(np.random.default_rng(0), 256)


@pytest.fixture
def photo() -> np.ndarray:
    picture = np.empty((200, 320, 3), np.uint8)
    picture[:90] = (220, 190, 170)
    picture[90:] = (40, 60, 50)
    noise = np.random.default_rng(1).normal(0.0, 2.0, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_smoke_brightens_dark_ground_inside_its_box_only(photo: np.ndarray, texture: Tile) -> None:
    before = photo.copy()
    made = composite_plume(photo, SMOKE, texture)
    np.testing.assert_array_equal(photo, before)
    assert made.truth.visible
    assert made.truth.box is not None
    x0, y0, x1, y1 = (int(v) for v in made.truth.box)
    change = made.image.astype(int) - photo
    assert change[max(y0, 95) : y1, x0:x1].mean() > 10.0
    outside = np.abs(change).max(axis=2)
    outside[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = 0
    assert outside.max() < 40


def test_smoke_stands_on_its_base_and_leans_with_the_wind(photo: np.ndarray, texture: Tile) -> None:
    right = composite_plume(photo, SMOKE, texture).truth.box
    left = composite_plume(photo, replace(SMOKE, wind=Wind(2.5, 90.0)), texture).truth.box
    assert right is not None
    assert left is not None
    assert right[2] - 160.0 > 160.0 - right[0]
    assert 160.0 - left[0] > left[2] - 160.0
    assert 122.0 < right[3] < 140.0


def test_the_same_draw_gives_the_same_picture(photo: np.ndarray, texture: Tile) -> None:
    first, again = (composite_plume(photo, SMOKE, texture) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    assert first.truth == again.truth


def test_a_ridge_hides_the_foot_of_the_smoke(photo: np.ndarray, texture: Tile) -> None:
    made = composite_plume(photo, replace(SMOKE, hidden_below_px=110.0), texture)
    assert made.truth.box is not None
    assert made.truth.box[3] <= 112.0
    np.testing.assert_array_equal(made.image[114:], photo[114:])


def test_haze_lowers_the_contrast(photo: np.ndarray, texture: Tile) -> None:
    near = composite_plume(photo, replace(SMOKE, base_y_px=85.0, through=1.0), texture).truth
    far = composite_plume(photo, replace(SMOKE, base_y_px=85.0, through=0.2), texture).truth
    assert far.peak_contrast < near.peak_contrast


def test_smoke_beyond_the_picture_changes_nothing(photo: np.ndarray, texture: Tile) -> None:
    made = composite_plume(photo, replace(SMOKE, base_x_px=-5000.0), texture)
    np.testing.assert_array_equal(made.image, photo)
    assert made.truth.box is None


def test_draws_differ_widely_and_can_all_be_composed(photo: np.ndarray, texture: Tile) -> None:
    rng = np.random.default_rng(6)
    heights, seen = [], 0
    for _ in range(60):
        made = composite_plume(photo, draw_photo_plume(rng, 320, 200, 90.0), texture)
        if made.truth.visible and made.truth.box is not None:
            seen += 1
            heights.append(made.truth.box[3] - made.truth.box[1])
    assert seen >= 15
    assert max(heights) > 3.0 * min(heights)


def test_draws_follow_from_the_generator() -> None:
    first, again = (draw_photo_plume(np.random.default_rng(4), 1280, 720, 300.0) for _ in range(2))
    assert first == again
    assert first.base_y_px >= 299.0


@pytest.mark.parametrize(
    "change",
    [
        {"base_x_px": float("nan")},
        {"metre_px": 0.0},
        {"burning_s": -1.0},
        {"seed": -2},
        {"brightness": 9.0},
        {"through": 1.2},
        {"sun_up": 3.0},
        {"softness_px": -1.0},
        {"shear": 1000.0},
        {"puffing": 1.1},
        {"blueness": -1.0},
        {"glow": 2.0},
    ],
)
def test_a_smoke_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        replace(SMOKE, **change)  # type: ignore[arg-type]


def test_a_ridge_given_column_by_column_takes_the_place_of_one_row(photo: np.ndarray, texture: Tile) -> None:
    ridge = np.linspace(100.0, 124.0, 320, dtype=np.float32)
    made = composite_plume(photo, replace(SMOKE, hidden_below_px=60.0), texture, ridge)
    below = np.arange(200)[:, None] > ridge[None] + 2.0
    np.testing.assert_array_equal(made.image[below], photo[below])
    assert made.truth.visible


def test_sheared_wind_bends_the_top_more_than_the_foot(photo: np.ndarray, texture: Tile) -> None:
    straight = composite_plume(photo, SMOKE, texture).truth.box
    bent = composite_plume(photo, replace(SMOKE, shear=80.0), texture).truth.box
    assert straight is not None
    assert bent is not None
    assert bent[2] > straight[2] + 5.0
    assert abs(bent[3] - straight[3]) < 4.0


def test_a_puffing_fire_gives_about_the_same_smoke_otherwise_spread(photo: np.ndarray, texture: Tile) -> None:
    steady, puffing = (composite_plume(photo, replace(SMOKE, burning_s=120.0, puffing=p), texture) for p in (0.0, 1.0))
    assert (steady.image != puffing.image).mean() > 0.01
    assert 0.3 < puffing.truth.pixels / steady.truth.pixels < 2.0


def test_thin_smoke_is_bluish_before_dark_ground_and_brownish_before_bright_sky(texture: Tile) -> None:
    thin = replace(SMOKE, growth=replace(SMOKE.growth, smoke_m2_per_mj=0.6, smoulder_m2_per_s=3.0), through=1.0)
    for level, sign in ((30, 1.0), (250, -1.0)):
        flat = np.full((200, 320, 3), level, np.uint8)
        flat[:30] = 250
        grey, blue = (
            composite_plume(flat, replace(thin, blueness=b, brightness=0.6), texture).image.astype(int)
            for b in (0.0, 2.0)
        )
        changed = np.abs(grey - flat).max(axis=2)[40:] > 2
        tint = (blue - grey)[40:][changed]
        assert sign * (tint[:, 0] - tint[:, 2]).mean() > 0.2


def test_dense_smoke_keeps_its_colour(photo: np.ndarray, texture: Tile) -> None:
    dense = replace(SMOKE, growth=replace(SMOKE.growth, smoke_m2_per_mj=60.0, smoulder_m2_per_s=500.0))
    grey, blue = (composite_plume(photo, replace(dense, blueness=b), texture) for b in (0.0, 2.0))
    assert grey.truth.peak_opacity > 0.98
    difference = np.abs(grey.image.astype(int) - blue.image)
    opaque = np.abs(grey.image.astype(int) - photo).max(axis=2) > 60
    assert np.median(difference[opaque]) <= 2


def test_sun_behind_smoke_lights_its_thin_edges(photo: np.ndarray, texture: Tile) -> None:
    plain, glowing = (composite_plume(photo, replace(SMOKE, glow=g), texture).image.astype(int) for g in (0.0, 1.0))
    assert (glowing - plain).min() >= -1
    assert (glowing - plain).max() > 5


def test_draws_follow_a_skyline_given_column_by_column() -> None:
    line = np.linspace(200.0, 400.0, 1280, dtype=np.float32)
    rng = np.random.default_rng(3)
    for _ in range(40):
        drawn = draw_photo_plume(rng, 1280, 720, line)
        assert drawn.base_y_px >= line[int(drawn.base_x_px)] - 1.0
