"""What is not smoke but may look like it or hide it: fog, low cloud, exposure steps, drops on the glass, glare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least, require_between
from firewatch.scene.light import airlight, ambient_colour, sun_colour, transmission
from firewatch.scene.noise import smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.backdrop import Backdrop

__all__ = ["NO_WEATHERING", "Drop", "ExposureStep", "FogBank", "LowCloud", "Weathering"]


@dataclass(frozen=True, slots=True)
class FogBank:
    """Fog that fills the valleys.

    Parameters
    ----------
    top_m : float
        Height above sea level below which it lies [m].
    thickness : float
        Optical depth of the vertical path through 100 m of it.
    patch_m : float
        Size of its gaps [m].
    """

    top_m: float
    thickness: float = 1.5
    patch_m: float = 2500.0

    def __post_init__(self) -> None:
        require_between("fog top (m)", self.top_m, -100.0, 5000.0)
        require_between("fog thickness", self.thickness, 0.0, 50.0)
        require_between("fog patch (m)", self.patch_m, 100.0, 20_000.0)


@dataclass(frozen=True, slots=True)
class LowCloud:
    """Cloud that hides the crests above a height above sea level [m]."""

    base_m: float

    def __post_init__(self) -> None:
        require_between("low cloud base (m)", self.base_m, 0.0, 5000.0)


@dataclass(frozen=True, slots=True)
class ExposureStep:
    """From a scene time on [s] the camera exposes `gain` times as much light."""

    at_s: float
    gain: float

    def __post_init__(self) -> None:
        require_between("exposure gain", self.gain, 0.1, 10.0)


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop on the glass: its place and radius as parts of the picture's width."""

    x: float
    y: float
    radius: float

    def __post_init__(self) -> None:
        require_between("drop x", self.x, 0.0, 1.0)
        require_between("drop y", self.y, 0.0, 1.0)
        require_between("drop radius", self.radius, 0.002, 0.3)


@dataclass(frozen=True, slots=True)
class Weathering:
    """All of it; nothing by default.

    Parameters
    ----------
    fog : FogBank or None
        Fog in the valleys.
    low_cloud : LowCloud or None
        Cloud on the crests.
    steps : tuple of ExposureStep
        Changes of exposure; the latest counts.
    drops : tuple of Drop
        Drops on the glass.
    glare : float
        Stray light of the sun on the lens, 0 to 1.
    """

    fog: FogBank | None = None
    low_cloud: LowCloud | None = None
    steps: tuple[ExposureStep, ...] = ()
    drops: tuple[Drop, ...] = ()
    glare: float = 0.0

    def __post_init__(self) -> None:
        require_at_least("glare", self.glare, 0.0)


NO_WEATHERING = Weathering()


def veil(
    light: npt.NDArray[np.float32], backdrop: Backdrop, weathering: Weathering, at_s: float
) -> npt.NDArray[np.float32]:
    """Return the light after fog and low cloud, shape (h, w, 3)."""
    veils = _veils(backdrop, weathering, at_s)
    if not veils:
        return light
    sun, air, view = backdrop.sun, backdrop.air, backdrop.view
    white = 0.40 * sun_colour(sun) + 0.60 * ambient_colour(sun, air)
    haze = airlight(np.zeros((1, 1), np.float32), sun, air, view.azimuth_deg)[0, 0]
    # Fog is white light of all colours, itself veiled by the haze before it.
    own = (0.6 * white.mean() + 0.1 * white + 0.3 * haze).astype(np.float32)
    through = transmission(_distance(backdrop), backdrop.up_m, view.elevation_m, air)
    colour = own * through + haze * (1.0 - through)
    for optical in veils:
        light = np.asarray(light + (colour - light) * (1.0 - np.exp(-optical))[..., None], np.float32)
    return light


def _distance(backdrop: Backdrop) -> npt.NDArray[np.float32]:
    """Return the distance of the ground in each pixel [m]; that of the farthest ground for the sky."""
    seen = np.isfinite(backdrop.depth_m)
    farthest = float(backdrop.depth_m[seen].max()) if seen.any() else 0.0
    return np.asarray(np.where(seen, backdrop.depth_m, farthest), np.float32)


def _veils(backdrop: Backdrop, weathering: Weathering, at_s: float) -> list[npt.NDArray[np.float32]]:
    """Return the optical depth of each veil on each pixel."""
    found = []
    if weathering.fog is not None:
        found.append(_fog_depth(backdrop, weathering.fog, at_s))
    if weathering.low_cloud is not None:
        lumps = _texture(backdrop, at_s, 700.0)
        over = backdrop.up_m - np.float32(weathering.low_cloud.base_m) + 45.0 * lumps
        on_ground = smoothstep(-40.0, 120.0, over) * (1.0 - backdrop.sky_part)
        # The cloud does not end at the crest's edge: let it stand a little into the sky.
        above = cv2.GaussianBlur(on_ground.astype(np.float32), (0, 0), max(1.0, backdrop.view.width_px / 160))
        # Only a long way through it is opaque: the tower's own foot stays in sight.
        long = 1.0 - np.exp(-_distance(backdrop) / 900.0)
        thick = (5.0 + 1.5 * lumps) * long
        found.append(np.asarray(thick.clip(0.0) * np.maximum(on_ground, above * 0.9), np.float32))
    return found


def _fog_depth(backdrop: Backdrop, fog: FogBank, at_s: float) -> npt.NDArray[np.float32]:
    ground = 1.0 - backdrop.sky_part
    below = np.maximum(np.float32(fog.top_m) + 25.0 * _texture(backdrop, at_s, fog.patch_m) - backdrop.up_m, 0.0)
    drop = np.maximum(backdrop.view.elevation_m - backdrop.up_m, 20.0)
    distance = np.where(np.isinf(backdrop.depth_m), 0.0, backdrop.depth_m)
    # A line of sight that falls slowly runs a long way through the layer; gaps end that way early.
    path = np.minimum(below * np.hypot(distance, drop) / drop, fog.patch_m)
    patchy = smoothstep(-0.9, 0.5, _texture(backdrop, at_s + 4000.0, fog.patch_m * 2.0))
    return np.asarray(fog.thickness / 100.0 * path * patchy * ground, np.float32)


def _texture(backdrop: Backdrop, at_s: float, wave_m: float) -> npt.NDArray[np.float32]:
    """Return slow noise of standard deviation 1 on the ground of each pixel, drifting with a fifth of the wind."""
    turn, _ = backdrop.view.rays()
    distance = np.where(np.isinf(backdrop.depth_m), 0.0, backdrop.depth_m).astype(np.float32)
    azimuth = turn + np.float32(math.radians(backdrop.view.azimuth_deg))
    wind = backdrop.air.wind
    to_east, to_north = wind.towards
    away = 0.2 * wind.speed_ms * at_s
    east = np.float32(backdrop.view.east_m - to_east * away) + np.sin(azimuth) * distance
    north = np.float32(backdrop.view.north_m - to_north * away) + np.cos(azimuth) * distance
    return backdrop.cover.clouds.sample(east, north, wave_m / 60.0)


def exposure_gain(weathering: Weathering, at_s: float) -> float:
    """Return the gain of the latest exposure step, 1 before the first."""
    past = [step for step in weathering.steps if step.at_s <= at_s]
    return max(past, key=lambda step: step.at_s).gain if past else 1.0


def glare_light(light: npt.NDArray[np.float32], backdrop: Backdrop, weathering: Weathering) -> npt.NDArray[np.float32]:
    """Return the light with the sun's stray light on the lens: brightest towards the sun's side."""
    if weathering.glare <= 0.0:
        return light
    height, width = light.shape[:2]
    off = math.radians(backdrop.sun.azimuth_deg - backdrop.view.azimuth_deg)
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :] - np.float32(1.4 * math.sin(off))
    y = np.linspace(0.0, 1.2, height, dtype=np.float32)[:, None]
    spread = np.exp(-(x * x + y * y) / 0.9)[..., None]
    return np.asarray(light + weathering.glare * 0.6 * spread * sun_colour(backdrop.sun), np.float32)


def on_the_lens(light: npt.NDArray[np.float32], weathering: Weathering) -> npt.NDArray[np.float32]:
    """Return the light through the drops on the glass: inside a drop the view is smeared and a little brighter."""
    if not weathering.drops:
        return light
    height, width = light.shape[:2]
    smeared = cv2.GaussianBlur(light, (0, 0), max(2.0, width / 55.0))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / width)
    tall = height / width
    part = np.zeros((height, width), np.float32)
    for drop in weathering.drops:
        reach = np.hypot(x - drop.x, y - drop.y * tall) / drop.radius
        part = np.maximum(part, 1.0 - smoothstep(0.75, 1.1, reach))
    return np.asarray(light + (smeared * 1.06 - light) * part[..., None], np.float32)
