"""Changes to a crop that keep its truth: light, colour, haze, blur, grain, compression, and decoys.

All functions take and return BGR uint8 arrays (H, W, 3) and draw from the given generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from numpy.random import Generator

Image = npt.NDArray[np.uint8]

# Shares of windows that get each change.
MUTED, HAZED, SOFTENED, GRAINY, RECOMPRESSED = 0.4, 0.25, 0.25, 0.3, 0.4
BLURRED = 0.5  # of the softened ones; the others lose resolution
CAPTION_ON_TOP, CAPTION_ON_BLACK = 0.3, 0.7  # of the captions


def disturb(image: Image, rng: Generator) -> Image:
    """Change light, colour, sharpness and compression the way cameras and weather do."""
    image = tone(image, rng)
    if rng.random() < HAZED:
        image = haze(image, rng)
    if rng.random() < SOFTENED:
        image = soften(image, rng)
    if rng.random() < GRAINY:
        image = grain(image, rng)
    if rng.random() < RECOMPRESSED:
        image = recompress(image, rng)
    return image


def tone(image: Image, rng: Generator) -> Image:
    """Shift colour balance, contrast and gamma by one lookup table a channel; sometimes mute the colours."""
    gamma = np.exp(rng.normal(0.0, 0.25))
    contrast, light = rng.uniform(0.75, 1.25), rng.uniform(-20.0, 20.0)
    gains = np.exp(rng.normal(0.0, 0.07, 3))
    ramp = np.linspace(0.0, 1.0, 256)[:, None] ** gamma
    table = ((ramp * gains[None] - 0.5) * contrast + 0.5) * 255.0 + light
    out = cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8).reshape(256, 1, 3))
    if rng.random() < MUTED:
        keep = rng.uniform(0.0, 1.3)
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        out = cv2.addWeighted(out, keep, grey, 1.0 - keep, 0.0)
    return np.asarray(out, np.uint8)


def haze(image: Image, rng: Generator) -> Image:
    """Lay an even veil over the image, thicker towards one edge: air, not smoke, so the truth stays as it is."""
    height = image.shape[0]
    top, bottom = rng.uniform(0.0, 0.5, 2)
    thick = np.linspace(top, bottom, height)[:, None, None]
    veil = np.array([200.0, 195.0, 190.0]) + rng.normal(0.0, 15.0, 3)
    return np.asarray(np.clip(image * (1.0 - thick) + veil * thick, 0, 255), np.uint8)


def soften(image: Image, rng: Generator) -> Image:
    """Blur, or lose resolution."""
    if rng.random() < BLURRED:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.5)), np.uint8)
    height, width = image.shape[:2]
    share = rng.uniform(0.4, 0.9)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def grain(image: Image, rng: Generator) -> Image:
    """Add sensor noise."""
    noise = rng.normal(0.0, rng.uniform(1.0, 7.0), image.shape).astype(np.float32)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def recompress(image: Image, rng: Generator) -> Image:
    """Pass through JPEG."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def decoy_rectangle(image: Image, rng: Generator) -> Image:
    """Draw a rectangle's outline and inpaint it away.

    Some labelled frames came with the truth drawn in and painted out again; a network could learn the traces.
    Traces on places without smoke take that clue away.
    """
    height, width = image.shape[:2]
    w, h = int(rng.integers(16, width // 2)), int(rng.integers(12, height // 2))
    x, y = int(rng.integers(2, width - w - 2)), int(rng.integers(2, height - h - 2))
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (x, y), (x + w, y + h), 255, int(rng.integers(1, 4)))
    healed = cv2.inpaint(image, mask, 3, cv2.INPAINT_TELEA).astype(np.float32)
    noise = rng.normal(0.0, rng.uniform(0.5, 4.0), (height, width, 1))
    return np.where(mask[..., None] > 0, np.clip(healed + noise, 0, 255), image).astype(np.uint8)


def decoy_caption(image: Image, rng: Generator) -> Image:
    """Write a camera's caption strip: some networks of cameras print one, and only some frames of them show smoke."""
    height, width = image.shape[:2]
    tall = int(rng.integers(8, 20))
    top = 0 if rng.random() < CAPTION_ON_TOP else height - tall
    out = image.copy()
    if rng.random() < CAPTION_ON_BLACK:
        out[top : top + tall] = 0
    text = "".join(chr(int(c)) for c in rng.integers(48, 91, int(rng.integers(8, 60))))
    place = (int(rng.integers(0, width // 2)), top + tall - 3)
    cv2.putText(out, text, place, cv2.FONT_HERSHEY_SIMPLEX, tall / 40.0, (255, 255, 255), 1, cv2.LINE_AA)
    return out
