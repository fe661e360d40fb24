from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import (
    CameraShake,
    CloudShadow,
    Cutout,
    CutoutQuality,
    GrowingSmoke,
    LensGlare,
    MovedSmoke,
    PhotoClip,
    PhotoPlume,
    Wind,
    make_fractal_tile,
)

TEXTURE = make_fractal_tile(np.random.default_rng(0), 256, 1.75)
LINE = np.full(320, 70.0, np.float32)
PLUME = PhotoPlume(160.0, 150.0, 0.15, 0.0, Wind(2.5, 270.0), seed=2)


def column() -> Cutout:
    y, x = np.mgrid[0:60, 0:30].astype(np.float32)
    opacity = 0.8 * np.exp(-np.square((x - 15.0) / 6.0)) * np.clip((y - 3.0) / 6.0, 0.0, 1.0) * (y < 57.0)
    return Cutout(
        opacity.astype(np.float32), np.full((60, 30, 3), 0.9, np.float32), 15.0, 57.0, CutoutQuality(9, 0, 0, 0, 0)
    )


MOVED = MovedSmoke(column(), 160.0, 150.0, scale=1.2)
SMOKES = {"simulated": GrowingSmoke(PLUME, 100.0), "real": GrowingSmoke(MOVED, 100.0, grows_s=300.0)}


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    picture = np.empty((200, 320, 3), np.float32)
    picture[:70] = (200, 180, 165)
    picture[70:] = (45, 60, 55)
    picture += np.random.default_rng(3).normal(0.0, 3.0, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_a_clip_of_nothing_is_the_photograph(photo: np.ndarray) -> None:
    for made in PhotoClip(photo, TEXTURE).frames((0.0, 10.0)):
        np.testing.assert_array_equal(made.image, photo)
        assert made.truth.box is None


@pytest.mark.parametrize("kind", SMOKES)
def test_smoke_appears_after_its_ignition_and_grows(kind: str, photo: np.ndarray) -> None:
    clip = PhotoClip(photo, TEXTURE, SMOKES[kind])
    before, young, old = clip.frames((100.0, 160.0, 400.0))
    np.testing.assert_array_equal(before.image, photo)
    assert not before.truth.visible
    assert old.truth.visible
    assert old.truth.pixels > 1.5 * young.truth.pixels
    assert old.truth.box is not None
    assert abs(old.truth.box[3] - 150.0) < 12.0


@pytest.mark.parametrize("kind", SMOKES)
def test_a_frame_follows_from_its_time_alone(kind: str, photo: np.ndarray) -> None:
    clip = PhotoClip(
        photo,
        TEXTURE,
        SMOKES[kind],
        in_view=(CloudShadow(LINE, TEXTURE),),
        on_camera=(LensGlare(0.2, 0.1, 0.3),),
        shake=CameraShake(1.0, seed=4),
        light_swing=0.2,
        grain=2.0,
        seed=5,
    )
    later, again = clip.frames((150.0, 220.0))[1], clip.frame(220.0)
    np.testing.assert_array_equal(later.image, again.image)
    assert later.truth == again.truth
    assert later.at_s == again.at_s
    assert (clip.frame(221.0).image != again.image).mean() > 0.5


def test_the_box_moves_with_the_shaken_view(photo: np.ndarray) -> None:
    still = PhotoClip(photo, TEXTURE, SMOKES["real"])
    shaken = replace(still, shake=CameraShake(8.0, 0.0, seed=3))
    for at_s in (350.0, 400.0, 450.0):
        a, b = still.frame(at_s), shaken.frame(at_s)
        assert a.truth.box is not None
        assert b.truth.box is not None
        shift = shaken.shake.matrix(at_s, 320, 200)[:, 2]
        np.testing.assert_allclose(np.array(b.truth.box) - a.truth.box, np.tile(shift, 2), atol=1e-6)


def test_smoke_shaken_out_of_the_picture_is_not_asked_for(photo: np.ndarray) -> None:
    edge = replace(MOVED, base_x_px=2.0, scale=0.25)
    clip = PhotoClip(photo, TEXTURE, GrowingSmoke(edge, 0.0, sway=0.0), shake=CameraShake(40.0, 0.0, seed=1))
    boxes = [clip.frame(at_s).truth.box for at_s in np.arange(400.0, 2400.0, 100.0)]
    assert any(box is None for box in boxes)
    assert any(box is not None for box in boxes)


def test_the_light_swings_slowly(photo: np.ndarray) -> None:
    clip = PhotoClip(photo, TEXTURE, light_swing=0.3)
    means = np.array([clip.frame(float(t)).image.mean() for t in range(0, 1400, 100)])
    assert means.std() > 3.0
    assert abs(clip.frame(1.0).image.mean() - clip.frame(0.0).image.mean()) < 3.0


def test_grain_differs_from_frame_to_frame_and_keeps_the_mean(photo: np.ndarray) -> None:
    clip = PhotoClip(photo, TEXTURE, grain=4.0)
    first, second = clip.frame(-5.0).image.astype(int), clip.frame(-4.0).image.astype(int)
    assert 4.5 < (first - second).std() < 6.5
    assert abs(first.mean() - photo.mean()) < 0.3


def test_a_ridge_hides_the_foot_of_both_kinds(photo: np.ndarray) -> None:
    ridge = np.linspace(115.0, 135.0, 320, dtype=np.float32)
    below = np.arange(200)[:, None] > ridge[None] + 2.0
    for smoke in SMOKES.values():
        made = PhotoClip(photo, TEXTURE, replace(smoke, ridge_px=ridge)).frame(500.0)
        np.testing.assert_array_equal(made.image[below], photo[below])
        assert made.truth.visible


@pytest.mark.parametrize("change", [{"ignites_at_s": float("inf")}, {"grows_s": 0.0}, {"sway": 0.9}])
def test_a_growth_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        replace(SMOKES["real"], **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"light_swing": 9.0}, {"grain": -1.0}, {"seed": -1}])
def test_a_clip_that_cannot_be_is_refused(change: dict[str, float], photo: np.ndarray) -> None:
    with pytest.raises(InvalidValue):
        replace(PhotoClip(photo, TEXTURE), **change)  # type: ignore[arg-type]
