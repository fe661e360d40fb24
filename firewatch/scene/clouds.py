"""Clouds that go with the wind and change as they go, and their shadows on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene.backdrop import FARTHEST_M
from firewatch.scene.light import ambient_colour, sun_colour
from firewatch.scene.noise import smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.backdrop import Backdrop

__all__ = ["clouded"]


def clouded(backdrop: Backdrop, at_s: float, seed: int) -> npt.NDArray[np.float32]:
    """Return the light of the view under its clouds at a scene time, shape (h, w, 3)."""
    air = backdrop.air
    if air.cloud_cover <= 0.0:
        return backdrop.still + backdrop.sunlit
    size = (backdrop.view.width_px, backdrop.view.height_px)
    shade = _cloudiness(backdrop, backdrop.shadow_place, at_s, seed)
    shade = np.asarray(cv2.resize(cv2.GaussianBlur(shade, (0, 0), 1.0), size), np.float32)
    light = backdrop.still + backdrop.sunlit * (1.0 - 0.78 * shade)[..., None]
    rows = int(np.flatnonzero(backdrop.sky_part.any(axis=1))[-1]) + 1 if backdrop.sky_part.any() else 0
    if rows:
        light[:rows] = _with_clouds(backdrop, light[:rows], at_s, seed)
    return np.asarray(light, np.float32)


def _with_clouds(backdrop: Backdrop, light: npt.NDArray[np.float32], at_s: float, seed: int) -> npt.NDArray[np.float32]:
    rows, columns = light.shape[:2]
    place = backdrop.cloud_place[: rows // 2 + 1]
    cloud = _cloudiness(backdrop, place, at_s, seed)
    # Light from the sun's side: a cloud is bright where it thins towards the sun and grey in its depth.
    distance = np.hypot(place[..., 0] - backdrop.view.east_m, place[..., 1] - backdrop.view.north_m)
    clear = np.exp(-distance / np.float32(min(FARTHEST_M, 1.6 * backdrop.air.visibility_m)))
    part = (cloud * 0.92 * clear).astype(np.float32)
    tone = (1.0 - 0.26 * cloud**3).astype(np.float32)
    size = (columns, place.shape[0] * 2)
    part = np.asarray(cv2.resize(part, size), np.float32)[:rows] * backdrop.sky_part[:rows]
    tone = np.asarray(cv2.resize(tone, size), np.float32)[:rows]
    white = 0.74 * sun_colour(backdrop.sun) + 0.55 * ambient_colour(backdrop.sun, backdrop.air)
    # Cloud light is mixed light: hardly tinted, a little bluer in its own shade.
    white = 0.65 * white.mean() + 0.35 * white
    shade = (1.0 - tone)[..., None] * np.array([0.75, 0.95, 1.05], np.float32)
    colour = np.minimum(white, 1.05) * (1.0 - shade)
    return np.asarray(light + (colour - light) * part[..., None], np.float32)


def _cloudiness(backdrop: Backdrop, place: npt.NDArray[np.float32], at_s: float, seed: int) -> npt.NDArray[np.float32]:
    """Return how thick the clouds are at places of their layer, 0 to 1, shape (h, w)."""
    air = backdrop.air
    to_east, to_north = air.wind.towards
    speed = 1.8 * air.wind.speed_ms + 1.0  # wind aloft
    start = np.random.default_rng([seed, 0xC10D]).uniform(0.0, 60_000.0, 4)
    east = place[..., 0] - np.float32(to_east * speed * at_s - start[0])
    north = place[..., 1] - np.float32(to_north * speed * at_s - start[1])
    large = backdrop.cover.clouds.sample(east, north, 110.0)
    # A second field that moves a little slower makes clouds change their shape as they go.
    slow = np.float32(0.12 * speed * at_s)
    small = backdrop.cover.clouds.sample(north + np.float32(start[2]) + slow, east + np.float32(start[3]), 24.0)
    level = 1.45 - 2.6 * air.cloud_cover
    return smoothstep(level, level + 0.85, 0.85 * large + 0.42 * small)
