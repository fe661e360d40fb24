"""What is sky and what is ground in a photograph, by its own colours and grain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Picture: TypeAlias = npt.NDArray[np.uint8]
    Field: TypeAlias = npt.NDArray[np.float32]
    Mask: TypeAlias = npt.NDArray[np.bool_]

__all__ = ["Tones", "sky_log_odds", "tones_of"]

_COLOURS = (16, 32, 32)  # bins of lightness and the two colours of CIE Lab, 16 and 8 levels wide
_GRAINS = (12,)  # bins of fine texture, in steps of 2/3 of a power of two
_BLACK = 20  # levels: caption bands and the black corners of a fisheye are neither sky nor ground
_CLEAR = 2.0  # log odds at which a place counts fully


@dataclass(frozen=True, slots=True, eq=False)
class Tones:
    """The binned colour and grain of every pixel of a small picture.

    Parameters
    ----------
    colour, grain : ndarray, shape (rows, columns), int
        Bins.
    is_black : ndarray, shape (rows, columns), bool
        Pixels that hold no picture.
    """

    colour: npt.NDArray[np.intp]
    grain: npt.NDArray[np.intp]
    is_black: Mask


def tones_of(small: Picture) -> Tones:
    """Return the tones of a small picture, shape (rows, columns, 3), blue, green, red."""
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.COLOR_BGR2LAB).astype(np.intp)
    colour = (lab[..., 0] // 16 * _COLOURS[1] + lab[..., 1] // 8) * _COLOURS[2] + lab[..., 2] // 8
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = cv2.GaussianBlur(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0)), (0, 0), 3.0)
    grain = np.clip(np.log2(fine + 0.25) * 1.5 + 3.0, 0, _GRAINS[0] - 1).astype(np.intp)
    return Tones(colour, grain, np.asarray(small.max(axis=2) < _BLACK))


def sky_log_odds(tones: Tones, sky: Mask, ground: Mask, unknown: float) -> Field:
    """Return how much more each pixel looks like the given sky than like the given ground, -1 to 1.

    Parameters
    ----------
    tones : Tones
        Of the picture.
    sky, ground : ndarray, shape (rows, columns), bool
        Where each is taken from.
    unknown : float
        Share of pixels at which a colour counts as seen: a colour that neither region has shown says nothing.
    """
    odds = _ratio(tones.colour, sky & ~tones.is_black, ground & ~tones.is_black, _COLOURS, unknown)
    odds += _ratio(tones.grain, sky & ~tones.is_black, ground & ~tones.is_black, _GRAINS, 0.05)
    odds = np.clip(odds / _CLEAR, -1.0, 1.0)
    odds[tones.is_black] = 0.0
    return np.asarray(odds, np.float32)


def _ratio(bins: npt.NDArray[np.intp], sky: Mask, ground: Mask, shape: tuple[int, ...], unknown: float) -> Field:
    """Return the logarithm of the ratio of the shares that a bin has in the two regions."""
    shares = [_shares(bins[region], shape).ravel()[bins] + unknown for region in (sky, ground)]
    return np.asarray(np.log(shares[0] / shares[1]), np.float32)


def _shares(bins: npt.NDArray[np.intp], shape: tuple[int, ...]) -> Field:
    """Return the share of each bin, smoothed into its neighbours."""
    counts = np.bincount(bins, minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
    for axis in range(len(shape)):
        counts = 0.5 * counts + 0.25 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
    return np.asarray(counts / max(float(counts.sum()), 1.0), np.float32)
