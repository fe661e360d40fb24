"""Whether a picture can show smoke at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PictureQuality", "judge_picture"]

# Blur depends on the scale that it is measured at: always the same one, so that cameras can be compared.
_MEASURED_WIDTH_PX = 640
_NEARLY_BLACK, _NEARLY_WHITE = 20, 250


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """How a picture is.

    Parameters
    ----------
    blur : float
        Variance of the Laplacian at 640 pixels width [grey levels squared]; low is blurred or fogged.
    darkness : float
        Share of the pixels darker than 20 of 255, 0 to 1.
    glare : float
        Share of the pixels brighter than 250 of 255, 0 to 1.
    """

    blur: float
    darkness: float
    glare: float = 0.0


def judge_picture(image: npt.NDArray[np.uint8]) -> PictureQuality:
    """Measure blur, darkness and glare of a picture (h, w, 3) in BGR."""
    height, width = image.shape[:2]
    scale = min(1.0, _MEASURED_WIDTH_PX / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    blur = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return PictureQuality(blur, float(np.mean(grey < _NEARLY_BLACK)), float(np.mean(grey > _NEARLY_WHITE)))
