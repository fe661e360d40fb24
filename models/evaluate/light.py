"""How a picture's light is: classes by brightness, contrast and haze, from the picture alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Shares of full scale, near the thirds of the training pictures; they stay as they are, so that reports compare.
BRIGHTNESS_LIMITS = (0.42, 0.52)
CONTRAST_LIMITS = (0.14, 0.21)
HAZE_LIMITS = (0.20, 0.40)
_SMALL_PX = 320
_PATCH_PX = 7


@dataclass(frozen=True, slots=True)
class Light:
    """A picture's light, each 0 to 1.

    Parameters
    ----------
    brightness : float
        Mean grey.
    contrast : float
        Standard deviation of grey.
    haze : float
        Median of the dark channel, the least of the three colours around each pixel: near 0 in clear air, high where
        haze, fog or cloud lies over the view (He, Sun, Tang 2009, CVPR, eq. 5).
    """

    brightness: float
    contrast: float
    haze: float

    @property
    def classes(self) -> dict[str, str]:
        """Return the class in each respect."""
        return {
            "brightness": _class(self.brightness, BRIGHTNESS_LIMITS, ("dark", "middling", "bright")),
            "contrast": _class(self.contrast, CONTRAST_LIMITS, ("flat", "middling", "strong")),
            "haze": _class(self.haze, HAZE_LIMITS, ("clear", "some", "thick")),
        }


def light_of(image: npt.NDArray[np.uint8]) -> Light:
    """Measure a picture (h, w, 3), blue first."""
    scale = min(1.0, _SMALL_PX / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float64) / 255.0
    dark = cv2.erode(small.min(axis=2), np.ones((_PATCH_PX, _PATCH_PX), np.uint8))
    return Light(float(grey.mean()), float(grey.std()), float(np.median(dark)) / 255.0)


def _class(value: float, limits: tuple[float, float], names: tuple[str, str, str]) -> str:
    return names[int(np.searchsorted(limits, value, side="right"))]
