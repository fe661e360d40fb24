"""Weather laid over a photograph that may look like smoke: drifting cloud shadows, fog in valleys, layers of haze.

Each has a state at a time, so that frames of one view can be made; strength 0 changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from firewatch.domain.checks import require_between, require_finite
from firewatch.scene.cutout import as_light
from firewatch.scene.noise import smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile

__all__ = ["CloudShadow", "Disturbance", "HazeLayer", "ValleyFog"]

_LUMA = np.array([0.114, 0.587, 0.299], np.float32)
_DARKEST = 0.62  # part of the light that a cloud's shadow takes: the sky still lights the ground
_SHADOW_TINT = np.array([0.88, 1.0, 1.06], np.float32)  # what is left is bluer
_FARTHEST = 14.0  # ground at the skyline, in units of the distance at the picture's foot
_FOG_OPAQUE = 0.93


class Disturbance(Protocol):
    """What changes a photograph and is no smoke."""

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return a new picture (h, w, 3) of the same size: the photograph as it would look at a scene time [s]."""
        ...


def as_picture(light: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return the picture of some light: the inverse of ``as_light``."""
    return np.asarray(np.rint(np.sqrt(np.clip(light, 0.0, 1.0)) * 255.0), np.uint8)


def veil_over(
    light: npt.NDArray[np.float32], opacity: npt.NDArray[np.float32], colour: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Return the picture of light (h, w, 3) behind a veil of one colour (3,) and an opacity (h, w)."""
    part = opacity[..., None]
    return as_picture(np.asarray(light * (1.0 - part) + colour * part, np.float32))


def haze_colour(light: npt.NDArray[np.float32], skyline_px: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the light of the air over the skyline, shape (3,): the median of a band above it."""
    row = int(np.clip(np.median(skyline_px), 4, light.shape[0] - 1))
    band = light[max(0, row - max(4, light.shape[0] // 10)) : row : 3, ::6].reshape(-1, 3)
    return np.asarray(np.median(band, axis=0), np.float32)


def below_skyline(shape: tuple[int, ...], skyline_px: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how far each pixel lies below the skyline [px], negative above, shape (h, w)."""
    return np.arange(shape[0], dtype=np.float32)[:, None] + np.float32(0.5) - skyline_px[None, :].astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class CloudShadow:
    """Shadows of clouds, and sunlit patches between them, that drift over the ground.

    Parameters
    ----------
    skyline_px : ndarray, shape (w,)
        Row of the skyline [px].
    texture : Tile
        Fractal noise of the clouds.
    strength : float
        0 none to 1 full.
    cover : float
        Part of the ground in shadow, 0 to 1.
    size : float
        Of the clouds, beside the distance to the picture's foot, 0.2 to 20.
    drift_right, drift_away : float
        Of the shadows [distances to the picture's foot a second].
    place : float
        Which clouds: shifts the noise.
    """

    skyline_px: npt.NDArray[np.float32]
    texture: Tile
    strength: float = 0.7
    cover: float = 0.4
    size: float = 3.0
    drift_right: float = 0.005
    drift_away: float = 0.0
    place: float = 0.0

    def __post_init__(self) -> None:
        require_between("strength of a cloud's shadow", self.strength, 0.0, 1.0)
        require_between("shadow cover", self.cover, 0.0, 1.0)
        require_between("cloud size", self.size, 0.2, 20.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with its shadows at a time."""
        if self.strength <= 0.0:
            return image.copy()
        height, width = image.shape[:2]
        below = below_skyline(image.shape, self.skyline_px)
        ground = np.maximum(height - self.skyline_px, 8.0)[None, :]
        away = np.minimum(1.0 / (np.maximum(below, 0.0) / ground + 1.0 / _FARTHEST), _FARTHEST).astype(np.float32)
        across = (np.arange(width, dtype=np.float32) / width - 0.5)[None, :] * 2.0 * away
        right = across - np.float32(self.drift_right * at_s) + np.float32(17.3 * self.place)
        ahead = away - np.float32(self.drift_away * at_s) + np.float32(9.1 * self.place)
        clouds = self.texture.sample(right, ahead, self.size / 40.0)
        edge = float(np.quantile(self.texture.values, 1.0 - self.cover))
        shade = smoothstep(edge - 0.25, edge + 0.25, clouds) * smoothstep(0.0, 6.0, below)
        lost = np.float32(self.strength * _DARKEST) * shade[..., None] * _SHADOW_TINT
        return as_picture(np.asarray(as_light(image) * (1.0 - lost), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class ValleyFog:
    """A bank of fog or low cloud: soft, stretched sideways, with ragged edges, slow.

    Parameters
    ----------
    skyline_px : ndarray, shape (w,)
        Row of the skyline [px]; the bank ends there.
    texture : Tile
        Fractal noise of its edges.
    x_px, y_px : float
        Its middle.
    width_px, height_px : float
        Its size; at least 4 px.
    strength : float
        0 none to 1 opaque in its middle.
    whiteness : float
        0 the colour of the haze over the skyline to 1 as bright as the picture's bright parts.
    drift_px_s : float
        Sideways [px/s].
    change_s : float
        Time in which its shape changes [s].
    ridge : float
        How sharply its lower edge is cut by a ridge before it, 0 soft to 1 sharp.
    place : float
        Which fog: shifts the noise.
    """

    skyline_px: npt.NDArray[np.float32]
    texture: Tile
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    strength: float = 0.7
    whiteness: float = 0.5
    drift_px_s: float = 0.05
    change_s: float = 600.0
    ridge: float = 0.0
    place: float = 0.0

    def __post_init__(self) -> None:
        require_finite("middle of the fog (px)", self.x_px + self.y_px)
        require_between("strength of fog", self.strength, 0.0, 1.0)
        require_between("whiteness of fog", self.whiteness, 0.0, 1.0)
        require_between("width of fog (px)", self.width_px, 4.0, 100_000.0)
        require_between("height of fog (px)", self.height_px, 4.0, 100_000.0)
        require_between("time of change (s)", self.change_s, 1.0, 1e6)
        require_between("ridge before fog", self.ridge, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with its fog at a time."""
        if self.strength <= 0.0:
            return image.copy()
        light = as_light(image)
        opacity = self._opacity(image.shape, at_s)
        bright = np.percentile(light[::8, ::8].reshape(-1, 3), 90.0, axis=0)
        own = haze_colour(light, self.skyline_px) * (1.0 - self.whiteness) + bright * self.whiteness
        return veil_over(light, opacity, np.asarray(own, np.float32))

    def _opacity(self, shape: tuple[int, ...], at_s: float) -> npt.NDArray[np.float32]:
        height, width = shape[:2]
        x = (np.arange(width, dtype=np.float32) - np.float32(self.x_px + self.drift_px_s * at_s)) / self.width_px
        y = (np.arange(height, dtype=np.float32) - np.float32(self.y_px)) / self.height_px
        right, up = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        turned = np.float32(at_s / self.change_s)
        # Fog is layered: its lumps are four times as wide as tall.
        lumps = self.texture.sample(right + self.place, 0.5 * up + 0.37 * turned + 3.1 * self.place, 1.0 / 260.0)
        edge = self.texture.sample(right - 2.0 * self.place, up * 0.25 + turned * 0.21 + 7.7, 1.0 / 120.0)
        reach = np.sqrt(4.0 * right * right + 4.0 * np.square(up + 0.12 * edge)) + 0.3 * lumps
        body = 1.0 - smoothstep(0.3, 1.3, np.asarray(reach, np.float32))
        foot = smoothstep(0.0, 0.5 * (1.0 - self.ridge) + 0.03, 0.32 + 0.12 * edge - up)
        sky = smoothstep(-2.0, 5.0, below_skyline(shape, self.skyline_px))
        thick = body * (0.65 + 0.35 * (1.0 - smoothstep(-0.8, 1.2, lumps))) * foot * sky
        return np.asarray(self.strength * _FOG_OPAQUE * thick, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class HazeLayer:
    """Haze that lies on the ground and thickens towards the skyline, with slow streaks.

    Parameters
    ----------
    skyline_px : ndarray, shape (w,)
        Row of the skyline [px].
    texture : Tile
        Fractal noise of its streaks.
    strength : float
        Opacity at the skyline, 0 to 1.
    depth : float
        Part of the ground's height in which it thins to 1/e, 0.02 to 5.
    uneven : float
        Depth of its streaks, 0 to 1.
    change_s : float
        Time in which they change [s].
    place : float
        Shifts the noise.
    """

    skyline_px: npt.NDArray[np.float32]
    texture: Tile
    strength: float = 0.4
    depth: float = 0.35
    uneven: float = 0.4
    change_s: float = 1200.0
    place: float = 0.0

    def __post_init__(self) -> None:
        require_between("strength of haze", self.strength, 0.0, 1.0)
        require_between("depth of haze", self.depth, 0.02, 5.0)
        require_between("unevenness of haze", self.uneven, 0.0, 1.0)
        require_between("time of change (s)", self.change_s, 1.0, 1e6)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with its haze at a time."""
        if self.strength <= 0.0:
            return image.copy()
        height, width = image.shape[:2]
        below = below_skyline(image.shape, self.skyline_px)
        ground = np.maximum(height - self.skyline_px, 8.0)[None, :]
        # Over the skyline it is soon gone: there is only sky behind it.
        thin = np.where(below >= 0.0, below / (self.depth * ground), -below / (0.06 * height))
        right, down = np.meshgrid(
            np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / width * 6.0
        )
        streaks = self.texture.sample(right + self.place + np.float32(at_s / self.change_s), down, 1.0 / 120.0)
        uneven = 1.0 + self.uneven * np.clip(0.5 * streaks, -1.0, 0.3)
        opacity = self.strength * np.exp(-thin) * uneven
        light = as_light(image)
        return veil_over(light, np.asarray(np.clip(opacity, 0.0, 1.0), np.float32), haze_colour(light, self.skyline_px))
