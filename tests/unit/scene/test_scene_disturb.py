from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import (
    CAMERA_KINDS,
    VIEW_KINDS,
    CameraShake,
    CloudShadow,
    Drop,
    Dust,
    ExposureJump,
    HazeLayer,
    Insect,
    LensDrops,
    LensGlare,
    PaintedOut,
    SensorDust,
    Steam,
    Tile,
    ValleyFog,
    WaterStreaks,
    WhiteBalanceJump,
    draw_disturbance,
    make_fractal_tile,
)

if TYPE_CHECKING:
    from firewatch.scene import Disturbance

LINE = np.full(320, 70.0, np.float32)
TEXTURE = make_fractal_tile(np.random.default_rng(0), 256, 1.75)

EACH: dict[str, Disturbance] = {
    "cloud_shadow": CloudShadow(LINE, TEXTURE, drift_right=0.02),
    "valley_fog": ValleyFog(LINE, TEXTURE, 160.0, 110.0, 160.0, 50.0, drift_px_s=0.5),
    "haze_layer": HazeLayer(LINE, TEXTURE, change_s=100.0),
    "dust": Dust(TEXTURE, 100.0, 150.0, speed_px_s=2.0),
    "steam": Steam(TEXTURE, 160.0, 120.0),
    "drops": LensDrops((Drop(0.4, 0.6, 0.05),), fall_s=0.001),
    "streaks": WaterStreaks(TEXTURE),
    "glare": LensGlare(0.5, 0.1),
    "specks": SensorDust((Drop(0.5, 0.5, 0.01),)),
    "insect": Insect(50.0, 90.0, right_px_s=2.0, down_px_s=0.0, lightness=0.9),
    "exposure": ExposureJump(0.7),
    "white_balance": WhiteBalanceJump(0.5),
    "shake": CameraShake(3.0, 0.2, 4.0),
    "painted_out": PaintedOut((40, 90, 200, 150)),
}
STILL = {"specks", "glare", "exposure", "white_balance", "painted_out"}


def detail(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    picture = np.empty((200, 320, 3), np.float32)
    picture[:70] = (200, 180, 165)
    picture[70:] = (45, 60, 55)
    rough = cv2.GaussianBlur(np.random.default_rng(3).normal(0.0, 40.0, picture.shape), (0, 0), 1.2)
    return np.clip(picture + rough, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", EACH)
def test_each_changes_the_photograph_the_same_way_every_time(kind: str, photo: np.ndarray) -> None:
    before = photo.copy()
    first, again = (EACH[kind].apply(photo, 5.0) for _ in range(2))
    np.testing.assert_array_equal(photo, before)
    np.testing.assert_array_equal(first, again)
    assert first.shape == photo.shape
    assert first.dtype == np.uint8
    assert (first != photo).sum() > 100


@pytest.mark.parametrize("kind", sorted(set(EACH) - {"painted_out"}))
@pytest.mark.parametrize("at_s", [0.0, 77.0])
def test_strength_0_is_the_photograph_itself(kind: str, at_s: float, photo: np.ndarray) -> None:
    off = replace(EACH[kind], strength=0.0)  # type: ignore[type-var]
    np.testing.assert_array_equal(off.apply(photo, at_s), photo)  # type: ignore[attr-defined]


def test_a_line_of_no_width_paints_nothing_out(photo: np.ndarray) -> None:
    np.testing.assert_array_equal(PaintedOut((40, 90, 200, 150), line_px=0).apply(photo, 0.0), photo)


@pytest.mark.parametrize("kind", sorted(set(EACH) - STILL))
def test_what_moves_looks_another_way_later(kind: str, photo: np.ndarray) -> None:
    first, later = EACH[kind].apply(photo, 3.0), EACH[kind].apply(photo, 43.0)
    assert (first != later).sum() > 50


@pytest.mark.parametrize("kind", sorted(STILL))
def test_what_stays_looks_the_same_later(kind: str, photo: np.ndarray) -> None:
    np.testing.assert_array_equal(EACH[kind].apply(photo, 3.0), EACH[kind].apply(photo, 43.0))


@pytest.mark.parametrize("kind", ["cloud_shadow", "valley_fog"])
def test_what_lies_on_the_ground_leaves_the_sky_to_the_last_bit(kind: str, photo: np.ndarray) -> None:
    np.testing.assert_array_equal(EACH[kind].apply(photo, 9.0)[:66], photo[:66])


def test_a_shadow_only_darkens(photo: np.ndarray) -> None:
    assert (EACH["cloud_shadow"].apply(photo, 0.0).astype(int) - photo).max() <= 0


def test_fog_is_wider_than_tall_and_covers_the_ground_under_it(photo: np.ndarray) -> None:
    made = EACH["valley_fog"].apply(photo, 0.0)
    rows, columns = np.nonzero(np.abs(made.astype(int) - photo).max(axis=2) > 15)
    assert np.ptp(columns) > 1.5 * np.ptp(rows)
    assert detail(made[95:120, 120:200]) < 0.8 * detail(photo[95:120, 120:200])


def test_stronger_haze_lowers_the_contrast_of_far_ground(photo: np.ndarray) -> None:
    weak, strong = (HazeLayer(LINE, TEXTURE, strength=s, uneven=0.0).apply(photo, 0.0) for s in (0.2, 0.8))
    assert detail(strong[72:90]) < detail(weak[72:90]) < detail(photo[72:90])


def test_dust_is_brown_and_follows_its_vehicle(photo: np.ndarray) -> None:
    middles = []
    for at_s in (10.0, 40.0):
        change = EACH["dust"].apply(photo, at_s).astype(int) - photo
        strong = np.abs(change).max(axis=2) > 8
        assert change[strong][:, 2].mean() > change[strong][:, 0].mean()
        middles.append(np.nonzero(strong)[1].max())
    assert 40 < middles[1] - middles[0] < 80


def test_steam_is_gone_a_little_above_its_mouth(photo: np.ndarray) -> None:
    change = np.abs(EACH["steam"].apply(photo, 50.0).astype(int) - photo).max(axis=2)
    changed = np.nonzero(change > 3)[0]
    assert changed.min() > 120.0 - 3.0 * 6.0 * 3.0
    assert changed.max() < 150.0


def test_specks_stay_small_and_dark(photo: np.ndarray) -> None:
    change = EACH["specks"].apply(photo, 0.0).astype(int) - photo
    assert change.max() <= 0
    assert 0 < (change != 0).any(axis=2).sum() < 400


def test_an_insect_that_has_left_is_gone(photo: np.ndarray) -> None:
    np.testing.assert_array_equal(EACH["insect"].apply(photo, 5000.0), photo)


def test_an_exposure_step_begins_and_ends(photo: np.ndarray) -> None:
    step = ExposureJump(1.0, from_s=10.0, lasts_s=5.0)
    np.testing.assert_array_equal(step.apply(photo, 9.0), photo)
    np.testing.assert_array_equal(step.apply(photo, 15.0), photo)
    assert step.apply(photo, 12.0).mean() > photo.mean()
    assert ExposureJump(-1.0).apply(photo, 12.0).mean() < photo.mean()


def test_a_white_balance_step_trades_blue_for_red(photo: np.ndarray) -> None:
    warm = WhiteBalanceJump(0.6, from_s=10.0)
    np.testing.assert_array_equal(warm.apply(photo, 9.0), photo)
    change = (warm.apply(photo, 10.0).astype(int) - photo).mean(axis=(0, 1))
    assert change[2] > 0.0 > change[0]


def test_the_shake_moves_the_view_as_its_matrix_says(photo: np.ndarray) -> None:
    shake = CameraShake(4.0, 0.0, seed=3)
    still = np.zeros((200, 320, 3), np.uint8)
    still[100, 160] = 255
    matrix = shake.matrix(11.0, 320, 200)
    moved = shake.apply(still, 11.0)[..., 0].astype(float)
    found = np.array([(moved.sum(axis=0) @ np.arange(320)), (moved.sum(axis=1) @ np.arange(200))]) / moved.sum()
    np.testing.assert_allclose(found, matrix @ [160.0, 100.0, 1.0], atol=0.2)
    times = np.linspace(0.0, 3000.0, 600)
    shifts = np.array([shake.matrix(t, 320, 200)[:, 2] for t in times])
    assert 2.0 < shifts.std() < 8.0


def test_a_blurred_shake_loses_detail(photo: np.ndarray) -> None:
    sharp, smeared = (CameraShake(0.0, 0.0, blur, seed=2).apply(photo, 4.0) for blur in (0.0, 20.0))
    assert smeared[80:].std() < sharp[80:].std()


def test_a_painted_out_rectangle_leaves_its_inside(photo: np.ndarray) -> None:
    made = EACH["painted_out"].apply(photo, 0.0)
    np.testing.assert_array_equal(made[100:140, 50:190], photo[100:140, 50:190])


@pytest.mark.parametrize("kind", VIEW_KINDS + CAMERA_KINDS)
def test_every_kind_can_be_drawn_and_follows_from_the_generator(kind: str, photo: np.ndarray) -> None:
    for seed in range(6):
        first, again = (
            draw_disturbance(np.random.default_rng(seed), kind, 200, LINE, TEXTURE).apply(photo, 2.0) for _ in range(2)
        )
        np.testing.assert_array_equal(first, again)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="meteor"):
        draw_disturbance(np.random.default_rng(0), "meteor", 200, LINE, TEXTURE)


def test_emissions_beyond_the_picture_change_nothing(photo: np.ndarray) -> None:
    np.testing.assert_array_equal(Steam(TEXTURE, -900.0, 100.0).apply(photo, 3.0), photo)
    np.testing.assert_array_equal(LensDrops(()).apply(photo, 3.0), photo)


@pytest.mark.parametrize("kind", sorted(set(EACH) - {"painted_out"}))
def test_a_strength_beyond_1_is_refused(kind: str) -> None:
    with pytest.raises(InvalidValue, match="strength"):
        replace(EACH[kind], strength=1.5)  # type: ignore[type-var]


def test_a_tile_is_not_changed_by_use() -> None:
    assert isinstance(TEXTURE, Tile)
    assert TEXTURE.values.std() == pytest.approx(1.0, abs=0.01)
