"""Drawn pictures of smoke over hills, for tests of pages: quick, seeded, nobody's photographs."""

from __future__ import annotations

import hashlib
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from firewatch.domain.vision import Box

__all__ = ["crop_jpeg", "draw_view", "drawn", "frame_jpeg", "smoke_box"]

WIDTH, HEIGHT = 960, 540


def smoke_box(growth: float) -> Box:
    """Return the box of the smoke in `draw_view` at a growth of 0 to 1."""
    width, height = 26 + 70 * growth, 40 + 130 * growth
    return Box(560 - width * 0.35, 292 - height, 560 + width * 0.65, 296)


def draw_view(growth: float, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Draw ridges in haze with a smoke of the given growth (0 to 1): shape (540, 960, 3), blue green red."""
    random = np.random.default_rng(seed)
    sky = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
    image = (1 - sky) * np.array([205, 178, 150]) + sky * np.array([228, 222, 214])
    image = np.broadcast_to(image, (HEIGHT, WIDTH, 3)).astype(np.float32).copy()
    for layer, base in enumerate((250, 292, 345, 420)):
        _ridge(image, base, layer, random)
        if layer == 1:
            _smoke(image, growth, np.random.default_rng(seed + 7))
    image += random.normal(0.0, 2.2, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def _ridge(image: npt.NDArray[np.float32], base: int, layer: int, random: np.random.Generator) -> None:
    x = np.arange(WIDTH)
    line = np.full(WIDTH, float(base))
    for octave in range(6):
        line += 18 / (octave + 1) * np.sin(x / (190 / (octave + 1)) + random.uniform(0, 6.28))
    near = layer / 3
    colour = (1 - near) * np.array([186, 176, 160]) + near * np.array([44, 74, 52])
    below = np.arange(HEIGHT)[:, None] > line[None, :]
    speckle = cv2.GaussianBlur(random.normal(0, 26 * near + 3, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.6)
    image[below] = (colour + speckle[..., None] * 1.4)[below]


def _smoke(image: npt.NDArray[np.float32], growth: float, random: np.random.Generator) -> None:
    box = smoke_box(growth)
    cover = np.zeros((HEIGHT, WIDTH), np.float32)
    for height in np.linspace(0.0, 1.0, 14):
        x = 560 + (box.x1 - 575) * height**1.4 + random.normal(0, 2)
        y = box.y1 - (box.y1 - box.y0) * height
        radius = 5 + (box.x1 - box.x0) * 0.28 * (0.3 + height)
        cv2.circle(cover, (int(x), int(y)), int(radius), float(0.75 - 0.45 * height), -1)
    soft = np.asarray(cv2.GaussianBlur(cover, (0, 0), 7))[..., None]
    image[:] = image * (1 - soft) + np.array([226, 226, 224]) * soft


@cache
def drawn(growth: float, seed: int) -> tuple[str, bytes, bytes]:
    """Return the view's SHA-256, a crop around its smoke and the whole of it as JPEG; each view is drawn once."""
    view = draw_view(growth, seed)
    return hashlib.sha256(view.tobytes()).hexdigest(), crop_jpeg(view, smoke_box(growth)), frame_jpeg(view)


def frame_jpeg(view: npt.NDArray[np.uint8]) -> bytes:
    """Return the whole view as JPEG."""
    return _jpeg(view, 80)


def crop_jpeg(view: npt.NDArray[np.uint8], box: Box) -> bytes:
    """Return the part around a box, three times as wide, as JPEG."""
    side = max(box.width, box.height) * 1.8
    y0, x0 = int(max(0, box.y0 - side * 0.4)), int(max(0, box.centre_x - side * 0.8))
    part = view[y0 : int(y0 + side * 1.2), x0 : int(x0 + side * 1.6)]
    enlarged = cv2.resize(part, (640, 480), interpolation=cv2.INTER_CUBIC)
    return _jpeg(np.asarray(enlarged, np.uint8), 82)


def _jpeg(image: npt.NDArray[np.uint8], quality: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done  # noqa: S101 - an array of this shape always encodes
    return bytes(encoded.tobytes())
