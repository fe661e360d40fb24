"""What a picture of a drill says in itself: a band with 演练 EXERCISE, in whatever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["marked"]

_WORDS, _WORDS_LATIN = "演练 EXERCISE", "EXERCISE"
# The band's height as a part of the picture's, and at least so many pixels: readable on a phone.
_SHARE, _LEAST_PX = 0.07, 26
# Violet and white, blue green red: no smoke, no sky and no alarm has these.
_BAND, _INK = (150, 30, 110), (255, 255, 255)
_TEXT_SHARE = 0.72
_WEIGHT = 700


def marked(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a copy of a picture, shape (h, w, 3), with the band across its top, and a frame of the same colour."""
    picture = image.copy()
    height, width = picture.shape[:2]
    band = min(height, max(_LEAST_PX, round(_SHARE * height)))
    edge = max(2, band // 8)
    cv2.rectangle(picture, (0, 0), (width - 1, height - 1), _BAND, edge)
    picture[:band] = _BAND
    _write(picture, band)
    return picture


def _write(picture: npt.NDArray[np.uint8], band: int) -> None:
    size = max(8, round(_TEXT_SHARE * band))
    place = (band // 3, band - (band - size) // 2 - size // 8)
    if hasattr(cv2, "FontFace"):
        # OpenCV 5 brings a font with Chinese in it.
        cv2.putText(picture, _WORDS, place, _INK, cv2.FontFace("uni"), size, _WEIGHT)
    else:
        cv2.putText(picture, _WORDS_LATIN, place, cv2.FONT_HERSHEY_SIMPLEX, size / 24.0, _INK, max(1, size // 12))
