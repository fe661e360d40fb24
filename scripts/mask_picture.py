"""Draws docs/images/masks.jpg: a rendered view with its masks, and what of three detections is set aside.

Run ``python scripts/mask_picture.py [--out FILE]``. No photograph is used.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.masks import Mask, Polygon
from firewatch.scene import Air, Landscape, Plume, Sun, View, Wind, make_backdrop, make_cover, render
from firewatch_edge.confirm import MaskSet

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["main"]

_SIZE = (1280, 720)
_WIND = Wind(3.0, 250.0)
_CHIMNEY = Mask("chimney", "cement works", Polygon(((0.672, 0.435), (0.738, 0.435), (0.745, 0.60), (0.665, 0.60))))
_CLOCK = Mask("clock", "written by the camera", Polygon(((0.0, 0.0), (0.36, 0.0), (0.36, 0.07), (0.0, 0.07))))
# x0, y0, x1, y1 [px], and what it is.
_BOXES = (
    ((866, 330, 940, 425), "steam of the works"),
    ((862, 262, 1140, 402), "a plume that rises behind it"),
    ((330, 300, 600, 374), "a plume elsewhere"),
)
_ASIDE, _KEPT, _MASK = (200, 200, 200), (90, 140, 255), (0, 220, 255)


def main() -> int:
    """Draw it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "images" / "masks.jpg")
    out: Path = parser.parse_args().out
    drawn = _drawn(_view())
    return 0 if cv2.imwrite(str(out), drawn, [cv2.IMWRITE_JPEG_QUALITY, 88]) else 1


def _view() -> npt.NDArray[np.uint8]:
    north, east = np.mgrid[-20:201, -100:101].astype(np.float32) * 100.0
    hills = np.clip((north - 5000.0) / 4000.0, 0.0, 1.0) * (420.0 + 160.0 * np.sin(east / 1700.0))
    land = Landscape((100.0 + hills).astype(np.float32), 100.0, -10_000.0, -2000.0)
    view = View(0.0, 0.0, 300.0, 0.0, 0.0, 50.0, *_SIZE)
    air = Air(40_000.0, _WIND, cloud_cover=0.15)
    backdrop = make_backdrop(land, make_cover(np.random.default_rng(1)), view, Sun(160.0, 45.0), air, fineness=1)
    fires = [
        Plume(east_m, 7000.0, land.elevation_at(east_m, 7000.0), 0.0, _WIND, seed=5) for east_m in (-1500.0, 1300.0)
    ]
    image = render(backdrop, fires, 420.0, seed=3).image.copy()
    cv2.putText(image, "2026-04-05 12:30:07 YUNFENG", (12, 36), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
    return np.asarray(image, np.uint8)


def _drawn(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    masks = MaskSet([_CHIMNEY, _CLOCK])
    tinted = image.copy()
    outlines = [np.round(np.array(m.polygon.points) * _SIZE).astype(np.int32) for m in masks.masks]
    cv2.fillPoly(tinted, outlines, _MASK)
    image = np.asarray(cv2.addWeighted(tinted, 0.25, image, 0.75, 0.0), np.uint8)
    cv2.polylines(image, outlines, isClosed=True, color=_MASK, thickness=2)
    for box, words in _BOXES:
        is_aside = bool(masks.covered(np.array([box], np.float32), _SIZE)[0])
        share = masks.share_of(*(value / side for value, side in zip(box, _SIZE * 2, strict=True)))
        colour = _ASIDE if is_aside else _KEPT
        cv2.rectangle(image, box[:2], box[2:], colour, 2)
        told = f"{words}: {share:.0%} masked, {'set aside' if is_aside else 'kept'}"
        at = (min(box[0], _SIZE[0] - 9 * len(told)), box[3] + 22 if is_aside else box[1] - 8)
        (width, height), _ = cv2.getTextSize(told, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
        cv2.rectangle(image, (at[0] - 4, at[1] - height - 4), (at[0] + width + 4, at[1] + 6), (40, 40, 40), cv2.FILLED)
        cv2.putText(image, told, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    return image


if __name__ == "__main__":
    raise SystemExit(main())
