"""Draws of what changes a photograph and is no smoke, kind by kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from firewatch.scene.emissions import Dust, Steam
from firewatch.scene.lens import Insect, LensDrops, LensGlare, SensorDust, WaterStreaks
from firewatch.scene.shake import CameraShake, ExposureJump, PaintedOut, WhiteBalanceJump
from firewatch.scene.veils import CloudShadow, HazeLayer, ValleyFog
from firewatch.scene.weathering import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.scene.noise import Tile
    from firewatch.scene.veils import Disturbance

__all__ = ["CAMERA_KINDS", "VIEW_KINDS", "draw_disturbance"]


def draw_disturbance(
    rng: np.random.Generator, kind: str, height_px: int, skyline_px: npt.NDArray[np.float32], texture: Tile
) -> Disturbance:
    """Draw one.

    Parameters
    ----------
    rng : Generator
        Source of the draw.
    kind : str
        One of ``VIEW_KINDS`` (in the view: smoke may stand before or behind it) or ``CAMERA_KINDS`` (on or in the
        camera: before everything).
    height_px : int
        Of the photograph.
    skyline_px : ndarray, shape (w,)
        Row of its skyline in each column, as of ``skyline_rows``.
    texture : Tile
        Fractal noise of slope about 1.75.

    Raises
    ------
    KeyError
        For another kind.
    """
    return _DRAWS[kind](rng, height_px, skyline_px, texture)


def _shadow(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height
    return CloudShadow(
        line,
        texture,
        strength=rng.uniform(0.35, 1.0),
        cover=rng.uniform(0.15, 0.75),
        size=math.exp(rng.uniform(math.log(0.8), math.log(8.0))),
        drift_right=rng.normal(0.0, 0.01),
        drift_away=rng.normal(0.0, 0.01),
        place=rng.uniform(0.0, 50.0),
    )


def _fog(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    width = len(line)
    x = rng.uniform(-0.1, 1.1) * width
    crest = float(line[int(np.clip(x, 0, width - 1))])
    wide = width * math.exp(rng.uniform(math.log(0.04), math.log(1.2)))
    tall = max(5.0, wide * math.exp(rng.uniform(math.log(0.08), math.log(0.4))))
    return ValleyFog(
        line,
        texture,
        x_px=x,
        y_px=crest + rng.beta(1.1, 2.5) * max(height - crest, 4.0),
        width_px=max(wide, 8.0),
        height_px=tall,
        strength=rng.uniform(0.25, 1.0),
        whiteness=rng.uniform(0.0, 1.0),
        drift_px_s=rng.normal(0.0, 0.06) * width / 1280.0,
        change_s=rng.uniform(300.0, 3000.0),
        ridge=rng.uniform(0.0, 1.0),
        place=rng.uniform(0.0, 50.0),
    )


def _haze(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height
    return HazeLayer(
        line,
        texture,
        strength=rng.uniform(0.15, 0.8),
        depth=math.exp(rng.uniform(math.log(0.08), math.log(1.0))),
        uneven=rng.uniform(0.0, 0.8),
        change_s=rng.uniform(600.0, 5000.0),
        place=rng.uniform(0.0, 50.0),
    )


def _dust(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    width = len(line)
    x = rng.uniform(0.05, 0.95) * width
    crest = float(line[int(x)])
    near = rng.beta(1.2, 2.0)
    size = (3.0 + 45.0 * near * near) * width / 1280.0
    return Dust(
        texture,
        x_px=x,
        y_px=crest + max(4.0, near * 0.9 * (height - crest)),
        speed_px_s=rng.choice((-1.0, 1.0)) * size * rng.uniform(0.1, 1.2),
        climb_px_s=size * rng.normal(0.0, 0.08),
        height_px=max(size, 1.5),
        strength=rng.uniform(0.25, 0.9),
        life_s=rng.uniform(4.0, 25.0),
        drift_px_s=size * rng.normal(0.0, 0.05),
        seed=int(rng.integers(0, 2**31)),
    )


def _steam(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    width = len(line)
    x = rng.uniform(0.05, 0.95) * width
    crest = float(line[int(x)])
    size = math.exp(rng.uniform(math.log(1.5), math.log(14.0))) * width / 1280.0
    return Steam(
        texture,
        x_px=x,
        y_px=crest + rng.beta(1.0, 2.5) * 0.8 * (height - crest),
        size_px=max(size, 1.0),
        strength=rng.uniform(0.4, 1.0),
        rise_px_s=size * rng.uniform(0.2, 0.8),
        drift_px_s=size * rng.normal(0.0, 0.35),
        life_s=rng.uniform(2.0, 8.0),
        seed=int(rng.integers(0, 2**31)),
    )


def _drops(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, line, texture
    number = int(rng.integers(1, 10))
    falls = rng.choice((0.0, 0.0002))
    return LensDrops(_spots(rng, number, 0.004, 0.06), strength=rng.uniform(0.5, 1.0), fall_s=float(falls))


def _streaks(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, line
    return WaterStreaks(
        texture,
        strength=rng.uniform(0.3, 1.0),
        speed=rng.uniform(0.02, 0.3),
        cover=rng.uniform(0.1, 0.6),
        place=rng.uniform(0.0, 50.0),
    )


def _glare(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    crest = float(np.median(line)) / height
    del texture
    return LensGlare(
        x=rng.uniform(-0.2, 1.2),
        y=rng.uniform(-0.4, max(crest, 0.1)),
        strength=rng.uniform(0.15, 0.9),
        ghosts=bool(rng.random() < 0.6),  # noqa: PLR2004 - most lenses do
    )


def _specks(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, line, texture
    return SensorDust(_spots(rng, int(rng.integers(1, 12)), 0.002, 0.015), strength=rng.uniform(0.2, 1.0))


def _insect(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del texture
    width = len(line)
    size = math.exp(rng.uniform(math.log(3.0), math.log(70.0))) * width / 1280.0
    return Insect(
        x_px=rng.uniform(0.0, 1.0) * width,
        y_px=rng.uniform(0.0, 0.9) * height,
        right_px_s=rng.normal(0.0, 30.0) * max(size, 4.0),
        down_px_s=rng.normal(0.0, 12.0) * max(size, 4.0),
        size_px=max(size, 1.5),
        strength=rng.uniform(0.4, 1.0),
        exposure_s=rng.uniform(0.0, 0.05),
        lightness=float(rng.choice((rng.uniform(0.0, 0.1), rng.uniform(0.4, 0.9)), p=(0.7, 0.3))),
    )


def _exposure(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, line, texture
    return ExposureJump(rng.uniform(-1.3, 1.2))


def _balance(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, line, texture
    return WhiteBalanceJump(rng.uniform(-0.8, 0.8))


def _shake(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del height, texture
    scale = len(line) / 1280.0
    return CameraShake(
        amount_px=rng.uniform(0.3, 6.0) * scale,
        turn_deg=rng.uniform(0.0, 0.4),
        blur_px=rng.uniform(0.0, 12.0) * scale,
        seed=int(rng.integers(0, 2**31)),
    )


def _painted(rng: np.random.Generator, height: int, line: npt.NDArray[np.float32], texture: Tile) -> Disturbance:
    del texture
    width = len(line)
    wide, tall = (max(8.0, s * math.exp(rng.uniform(math.log(0.02), math.log(0.4)))) for s in (width, height))
    x, y = rng.uniform(0.0, max(width - wide, 1.0)), rng.uniform(0.0, max(height - tall, 1.0))
    box = int(x), int(y), int(x + wide), int(y + tall)
    return PaintedOut(box, int(rng.integers(1, 5)), rng.uniform(0.5, 4.0), int(rng.integers(0, 2**31)))


def _spots(rng: np.random.Generator, number: int, least: float, most: float) -> tuple[Drop, ...]:
    radii = np.exp(rng.uniform(math.log(least), math.log(most), number))
    places = rng.uniform(0.0, 1.0, (number, 2))
    return tuple(Drop(float(x), float(y), float(r)) for (x, y), r in zip(places, radii, strict=True))


_VIEW: dict[str, Callable[..., Disturbance]] = {
    "cloud_shadow": _shadow,
    "valley_fog": _fog,
    "haze_layer": _haze,
    "dust": _dust,
    "steam": _steam,
}
_CAMERA: dict[str, Callable[..., Disturbance]] = {
    "insect": _insect,
    "drops": _drops,
    "streaks": _streaks,
    "glare": _glare,
    "specks": _specks,
    "exposure": _exposure,
    "white_balance": _balance,
    "shake": _shake,
    "painted_out": _painted,
}
_DRAWS = _VIEW | _CAMERA
VIEW_KINDS = tuple(_VIEW)
CAMERA_KINDS = tuple(_CAMERA)
