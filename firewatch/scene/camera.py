"""What a camera does to the light: exposure, tone, softness and grain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene.weathering import exposure_gain, glare_light, on_the_lens

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.backdrop import Backdrop
    from firewatch.scene.weathering import Weathering

__all__ = ["develop", "expose", "grain"]

_GRAIN = 1.6  # standard deviation at mid-tone, in levels of 255
_MARGIN = 96


def expose(
    light: npt.NDArray[np.float32], backdrop: Backdrop, weathering: Weathering, at_s: float
) -> npt.NDArray[np.float32]:
    """Return the light that falls on the sensor: glare, drops on the glass and the exposure of the moment."""
    lit = glare_light(light, backdrop, weathering)
    lit = on_the_lens(lit, weathering)
    gain = exposure_gain(weathering, at_s)
    return lit if gain == 1.0 else np.asarray(lit * np.float32(gain), np.float32)


def grain(shape: tuple[int, int], seed: int, at_s: float) -> npt.NDArray[np.float32]:
    """Return one frame's sensor noise of standard deviation 1, shape (h, w, 3): other in every frame."""
    height, width = shape
    base = np.random.default_rng([seed, 0x6EA1])
    plate = base.standard_normal((height // 2 + _MARGIN, width // 2 + _MARGIN, 3), dtype=np.float32)
    moment = np.random.default_rng([seed, round(at_s * 1000.0) & 0xFFFFFFFF])
    return _shuffled(plate, moment, height, width)


def _shuffled(
    plate: npt.NDArray[np.float32], moment: np.random.Generator, height: int, width: int
) -> npt.NDArray[np.float32]:
    """Return a frame of noise laid from four shifted pieces of one plate: far cheaper than to draw it."""
    noise = np.empty((height, width, 3), np.float32)
    for top, bottom in ((0, height // 2), (height // 2, height)):
        for left, right in ((0, width // 2), (width // 2, width)):
            row, column = moment.integers(0, _MARGIN, 2)
            sign = np.float32(moment.choice((-1.0, 1.0)))
            noise[top:bottom, left:right] = plate[row : row + bottom - top, column : column + right - left] * sign
    return noise


def develop(light: npt.NDArray[np.float32], noise: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return the picture of linear light.

    Parameters
    ----------
    light : ndarray, shape (h, w, 3), float32
        Linear blue, green, red; 1 is white.
    noise : ndarray, shape (h, w, 3), float32
        Grain of standard deviation 1.

    Returns
    -------
    ndarray, shape (h, w, 3), uint8
    """
    bright = cv2.sqrt(np.clip(light, 0.0, 4.0))
    bright = bright + 0.35 * bright * (1.0 - bright) * (bright - 0.4)  # cameras add contrast at mid-tone
    # A soft shoulder keeps bright clouds from clipping hard, as cameras do.
    toned = bright * 255.0 - cv2.pow(np.maximum(bright - 0.75, 0.0), 2.0) * 190.0
    toned = cv2.GaussianBlur(toned, (3, 3), 0.62)
    toned += cv2.GaussianBlur(noise, (3, 3), 0.55) * np.float32(1.5 * _GRAIN)
    return np.asarray(np.clip(toned, 0.0, 255.0).astype(np.uint8))
