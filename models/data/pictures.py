"""Sizes and quick looks at image files, without decoding them whole."""

from __future__ import annotations

import hashlib
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
# EXIF tag 274; these values turn the picture a quarter, so that OpenCV reads it with its sides changed over.
ORIENTATION, TURNED = 274, frozenset({5, 6, 7, 8})
# A quick look is decoded at about this size: JPEGs are then read at an eighth or so of their pixels.
QUICK = (72, 72)
HASH_SIDE = 8


@dataclass(frozen=True, slots=True)
class Glance:
    """A quick look at one picture.

    Parameters
    ----------
    dhash : int
        64 bits: whether each of 8 x 8 cells is darker than its right neighbour.
    brightness, contrast : float
        Mean and standard deviation of grey, 0 to 255.
    colour : float
        Mean difference between the largest and the smallest of red, green and blue, 0 to 255; near 0 is a grey picture.
    sha256 : str
        Of the file's bytes.
    """

    dhash: int
    brightness: float
    contrast: float
    colour: float
    sha256: str


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        text = "is larger than any camera's frame"
        raise ValueError(text) from err
    except (OSError, SyntaxError, EOFError) as err:  # Pillow's own for broken files
        text = f"cannot be read as an image: {err}"
        raise ValueError(text) from err


def image_size(path: Path) -> tuple[int, int]:
    """Read (width, height) [pixels] from an image's header, turned as its EXIF orientation says.

    Raises
    ------
    ValueError
        If the header is that of no image.
    """
    with _opened(path) as image:
        width, height = image.size
        # Pillow decodes a whole PNG to look for EXIF behind its pixels, where cameras put none.
        looked = image.format != "PNG" or "exif" in image.info
        turned = looked and image.getexif().get(ORIENTATION) in TURNED
    return (height, width) if turned else (width, height)


def glance(path: Path) -> Glance:
    """Look at a picture quickly, yet at all of its bytes: one cut short is found.

    Raises
    ------
    ValueError
        If it cannot be decoded.

    References
    ----------
    .. [1] N. Krawetz (2013), Kind of like that (the difference hash, dHash), hackerfactor.com.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with _opened(path) as image:
        image.draft("RGB", QUICK)
        picture = ImageOps.exif_transpose(image).convert("RGB")
        small = picture.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
        pixels = np.asarray(picture, np.float32)
    cells = np.asarray(small, np.int16)
    bits = (cells[:, 1:] > cells[:, :-1]).ravel()
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    red, green, blue = np.moveaxis(pixels, 2, 0)
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return Glance(
        dhash=int.from_bytes(np.packbits(bits).tobytes(), "big"),
        brightness=float(grey.mean()),
        contrast=float(grey.std()),
        colour=float(spread.mean()),
        sha256=digest,
    )
