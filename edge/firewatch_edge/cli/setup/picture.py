"""A camera's first picture, with a rule drawn over it, for finding a landmark in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.vision import Frame

__all__ = ["write_first_picture"]

_MOST_WIDTH_PX = 1600
_QUALITY = 85
_LIGHT, _DARK = (255, 255, 255), (20, 20, 20)


def write_first_picture(frame: Frame, folder: Path, name: str) -> Path | None:
    """Write ``first-picture-NAME.jpg`` with per cents across; None where that cannot be: it is a help."""
    image = frame.image
    width = min(_MOST_WIDTH_PX, image.shape[1])
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    drawn = np.ascontiguousarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    for percent in range(0, 101, 5):
        x = min(width - 1, round(width * percent / 100.0))
        is_tenth = percent % 10 == 0
        cv2.line(drawn, (x, 0), (x, height if percent == 50 else (22 if is_tenth else 10)), _DARK, 3)  # noqa: PLR2004 - the middle
        cv2.line(drawn, (x, 0), (x, height if percent == 50 else (22 if is_tenth else 10)), _LIGHT, 1)  # noqa: PLR2004 - as above
        if is_tenth and 0 < percent < 100:  # noqa: PLR2004 - the edges need no number
            for colour, thickness in ((_DARK, 4), (_LIGHT, 1)):
                cv2.putText(drawn, str(percent), (x - 12, 42), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, thickness)
    path = folder / f"first-picture-{name}.jpg"
    is_encoded, encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    try:
        if is_encoded:
            path.write_bytes(encoded.tobytes())
            return path
    except OSError:
        path.unlink(missing_ok=True)
    return None
