"""What sits on or flies before the lens: drops, running water, glare, dust on the sensor, insects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_between, require_finite
from firewatch.scene.cutout import as_light
from firewatch.scene.noise import smoothstep
from firewatch.scene.veils import as_picture

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile
    from firewatch.scene.weathering import Drop

__all__ = ["Insect", "LensDrops", "LensGlare", "SensorDust", "WaterStreaks"]

_GHOSTS = ((-0.35, 0.035, 0.10), (0.45, 0.02, 0.08), (0.8, 0.06, 0.06), (1.35, 0.09, 0.04))  # place, radius, light
_WARM = np.array([0.80, 0.93, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class LensDrops:
    """Drops on the glass: the view in them is smeared and a little brighter.

    Parameters
    ----------
    drops : tuple of Drop
        Where, in parts of the picture's width.
    strength : float
        0 none to 1 full.
    fall_s : float
        Speed at which they run down [picture widths a second].
    """

    drops: tuple[Drop, ...]
    strength: float = 1.0
    fall_s: float = 0.0

    def __post_init__(self) -> None:
        require_between("strength of drops", self.strength, 0.0, 1.0)
        require_between("speed of drops", self.fall_s, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph through the drops at a time."""
        if self.strength <= 0.0 or not self.drops:
            return image.copy()
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / width)
        part = np.zeros((height, width), np.float32)
        for drop in self.drops:
            down = drop.y * height / width + self.fall_s * at_s * drop.radius / 0.02
            reach = np.hypot(x - np.float32(drop.x), (y - np.float32(down)) * np.float32(0.9))
            part = np.maximum(part, 1.0 - smoothstep(0.7, 1.1, np.asarray(reach / drop.radius, np.float32)))
        light = as_light(image)
        smeared = cv2.GaussianBlur(light, (0, 0), max(2.0, width / 55.0))
        return as_picture(np.asarray(light + (smeared * 1.06 - light) * (self.strength * part)[..., None], np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class WaterStreaks:
    """Water that runs down the glass: columns of the view are bent sideways and blurred.

    Parameters
    ----------
    texture : Tile
        Fractal noise of the streaks.
    strength : float
        0 none to 1 strong.
    speed : float
        Of the water [picture heights a second].
    cover : float
        Part of the picture that it runs over, 0 to 1.
    place : float
        Shifts the noise.
    """

    texture: Tile
    strength: float = 0.6
    speed: float = 0.1
    cover: float = 0.4
    place: float = 0.0

    def __post_init__(self) -> None:
        require_between("strength of water", self.strength, 0.0, 1.0)
        require_between("cover of water", self.cover, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph through the water at a time."""
        if self.strength <= 0.0 or self.cover <= 0.0:
            return image.copy()
        height, width = image.shape[:2]
        across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        # Ten times as long as wide.
        right = across / width * np.float32(9.0) + np.float32(self.place)
        low = down / height * np.float32(0.5) - np.float32(self.speed * at_s)
        water = self.texture.sample(right, low, 1.0 / 60.0)
        edge = float(np.quantile(self.texture.values, 1.0 - self.cover))
        part = smoothstep(edge - 0.1, edge + 0.4, water) * np.float32(self.strength)
        bend = np.gradient(water, axis=1) * np.float32(width / 12.0) * part
        bent = cv2.remap(image, across + bend.astype(np.float32), down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        soft = cv2.GaussianBlur(bent, (0, 0), max(0.8, width / 320.0)).astype(np.float32)
        laid = image + (soft - image) * part[..., None]
        return np.asarray(np.clip(np.rint(laid), 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class LensGlare:
    """The sun's stray light on the lens: a wide veil, a bright core, and ghosts on the line through the middle.

    Parameters
    ----------
    x, y : float
        The sun, in parts of the picture's width from its left and of its height from its top; may lie outside.
    strength : float
        0 none to 1 dazzling.
    ghosts : bool
        Whether the lens shows them.
    drift_s : float
        How far the sun moves to the right [widths a second].
    """

    x: float
    y: float
    strength: float = 0.5
    ghosts: bool = True
    drift_s: float = 0.0

    def __post_init__(self) -> None:
        require_finite("place of the sun", self.x + self.y)
        require_between("strength of glare", self.strength, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the glare at a time."""
        if self.strength <= 0.0:
            return image.copy()
        height, width = image.shape[:2]
        tall = height / width
        x, y = np.meshgrid(np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / width)
        sun_x, sun_y = self.x + self.drift_s * at_s, self.y * tall
        far = np.square(x - np.float32(sun_x)) + np.square(y - np.float32(sun_y))
        stray = 0.35 * np.exp(-far / np.float32(0.12)) + 0.9 * np.exp(-far / np.float32(0.0025))
        if self.ghosts:
            for place, radius, light in _GHOSTS:
                middle = 0.5 + (0.5 - sun_x) * place, 0.5 * tall + (0.5 * tall - sun_y) * place
                reach = np.hypot(x - np.float32(middle[0]), y - np.float32(middle[1])) / np.float32(radius)
                stray = stray + light * (1.0 - smoothstep(0.75, 1.05, np.asarray(reach, np.float32)))
        return as_picture(np.asarray(as_light(image) + self.strength * stray[..., None] * _WARM, np.float32))


@dataclass(frozen=True, slots=True)
class SensorDust:
    """Specks on the sensor or the glass: soft dark spots that stay where they are.

    Parameters
    ----------
    specks : tuple of Drop
        Where, in parts of the picture's width.
    strength : float
        0 none to 1: a third of the light is lost.
    """

    specks: tuple[Drop, ...]
    strength: float = 0.5

    def __post_init__(self) -> None:
        require_between("strength of specks", self.strength, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the specks; time changes nothing."""
        del at_s
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / width)
        lost = np.zeros((height, width), np.float32)
        for speck in self.specks:
            reach = np.hypot(x - np.float32(speck.x), y - np.float32(speck.y * height / width))
            spot = np.exp(-np.square(reach / np.float32(speck.radius)))
            # Its far skirt would change single levels all over the picture.
            lost = np.maximum(lost, np.where(spot > 0.02, spot, 0.0))  # noqa: PLR2004
        return as_picture(np.asarray(as_light(image) * (1.0 - 0.35 * self.strength * lost[..., None]), np.float32))


@dataclass(frozen=True, slots=True)
class Insect:
    """An insect or a bird before the lens: a blurred spot, long in its direction, gone in the next frame.

    Parameters
    ----------
    x_px, y_px : float
        Where it is at time 0.
    right_px_s, down_px_s : float
        Its speed.
    size_px : float
        Its width, 1 to 400.
    strength : float
        0 none to 1 opaque.
    exposure_s : float
        Time in which it smears [s].
    lightness : float
        Its own light, 0 black to 1 white.
    """

    x_px: float
    y_px: float
    right_px_s: float = 200.0
    down_px_s: float = 30.0
    size_px: float = 12.0
    strength: float = 0.8
    exposure_s: float = 0.02
    lightness: float = 0.05

    def __post_init__(self) -> None:
        require_finite("place of an insect (px)", self.x_px + self.y_px + self.right_px_s + self.down_px_s)
        require_between("strength of an insect", self.strength, 0.0, 1.0)
        require_between("size of an insect (px)", self.size_px, 1.0, 400.0)
        require_between("exposure (s)", self.exposure_s, 0.0, 10.0)
        require_between("lightness of an insect", self.lightness, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the insect where it is at a time; unchanged once it has left the view."""
        height, width = image.shape[:2]
        x = np.arange(width, dtype=np.float32)[None, :] - np.float32(self.x_px + self.right_px_s * at_s)
        y = np.arange(height, dtype=np.float32)[:, None] - np.float32(self.y_px + self.down_px_s * at_s)
        speed = max(float(np.hypot(self.right_px_s, self.down_px_s)), 1e-6)
        along = (x * self.right_px_s + y * self.down_px_s) / speed
        beside = (y * self.right_px_s - x * self.down_px_s) / speed
        half = 0.5 * speed * self.exposure_s
        reach = np.hypot(np.maximum(np.abs(along) - half, 0.0), beside * 1.4) / np.float32(0.5 * self.size_px)
        part = self.strength * (1.0 - smoothstep(0.4, 1.3, np.asarray(reach, np.float32)))
        # The longer it smears, the less of the time it hides a place.
        part = (part * min(1.0, self.size_px / max(2.0 * half, 1e-6)))[..., None]
        light = as_light(image)
        return as_picture(np.asarray(light + (self.lightness - light) * part, np.float32))
