"""From puffs to a picture: optical depth on pixels, its billows, and its light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile

__all__ = ["Patch", "PuffImages", "billow", "optical_depth", "smoke_light"]


@dataclass(frozen=True, slots=True, eq=False)
class PuffImages:
    """Puffs as a camera sees them, aligned arrays of shape (n,), float64.

    Parameters
    ----------
    x_px, y_px : ndarray
        Centres.
    sigma_px : ndarray
        Standard deviation of the density.
    area_px : ndarray
        Extinction area, in pixels of the picture.
    distance_m : ndarray
        Horizontal distance from the eye [m].
    """

    x_px: npt.NDArray[np.float64]
    y_px: npt.NDArray[np.float64]
    sigma_px: npt.NDArray[np.float64]
    area_px: npt.NDArray[np.float64]
    distance_m: npt.NDArray[np.float64]

    def where(self, wanted: npt.NDArray[np.bool_]) -> PuffImages:
        """Return those that are wanted."""
        return PuffImages(
            self.x_px[wanted], self.y_px[wanted], self.sigma_px[wanted], self.area_px[wanted], self.distance_m[wanted]
        )

    def __len__(self) -> int:
        return len(self.area_px)


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of a picture that smoke may touch: pixel columns left to right, rows top to bottom, ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, puffs: PuffImages, width_px: int, height_px: int) -> Patch | None:
        """Return the part of a picture that the puffs cover to 3.5 standard deviations; None where they miss it."""
        reach = 3.5 * puffs.sigma_px + 6.0
        left = max(0, math.floor((puffs.x_px - reach).min())) if len(puffs) else width_px
        top = max(0, math.floor((puffs.y_px - reach).min())) if len(puffs) else height_px
        right = min(width_px, math.ceil((puffs.x_px + reach).max())) if len(puffs) else 0
        bottom = min(height_px, math.ceil((puffs.y_px + reach).max())) if len(puffs) else 0
        return cls(left, top, right, bottom) if left < right and top < bottom else None

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to cut the patch from a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left


def optical_depth(puffs: PuffImages, patch: Patch) -> npt.NDArray[np.float32]:
    """Return the optical depth of all puffs together on each pixel of a patch, shape of the patch.

    A round Gaussian is the product of a row and a column, so all puffs together are one product of two matrices.
    """
    # A pixel sees the mean over its own width: 1/12 px2 of variance, a little more for the lens.
    sigma = np.sqrt(np.square(puffs.sigma_px) + 0.25)
    columns = np.arange(patch.left, patch.right) + 0.5
    rows = np.arange(patch.top, patch.bottom) + 0.5
    across = np.exp(-0.5 * np.square((columns[None, :] - puffs.x_px[:, None]) / sigma[:, None]))
    down = np.exp(-0.5 * np.square((rows[None, :] - puffs.y_px[:, None]) / sigma[:, None]))
    peak = puffs.area_px / (math.tau * np.square(sigma))
    return np.asarray((down * peak[:, None]).T.astype(np.float32) @ across.astype(np.float32), np.float32)


def billow(
    depth: npt.NDArray[np.float32], patch: Patch, texture: Tile, metre_px: float, drift_m: tuple[float, float]
) -> npt.NDArray[np.float32]:
    """Curl the edges of smoke and break it into lumps.

    Parameters
    ----------
    depth : ndarray, shape (h, w)
        Smooth optical depth.
    patch : Patch
        Where it lies in the picture.
    texture : Tile
        Fractal noise of standard deviation 1.
    metre_px : float
        Length of a metre at the smoke [px].
    drift_m : tuple of float
        How far the air has moved the lumps to the right and up [m].

    Returns
    -------
    ndarray, shape (h, w), float32
        Optical depth of about the same sum.
    """
    x, y = np.meshgrid(
        np.arange(patch.left, patch.right, dtype=np.float32), np.arange(patch.top, patch.bottom, dtype=np.float32)
    )
    own_x, own_y = x - patch.left, y - patch.top
    right = x / np.float32(metre_px) - np.float32(drift_m[0])
    high = -y / np.float32(metre_px) - np.float32(drift_m[1])
    bent = depth
    for wave_m, reach_m in ((1.6, 14.0), (0.5, 6.0)):
        # Lumps below two pixels would only flicker.
        pixel_m = max(wave_m, 0.5 / metre_px)
        reach = np.float32(reach_m * metre_px * min(1.0, reach_m * metre_px / 1.5))
        push_x = own_x + texture.sample(right, high, pixel_m) * reach
        push_y = own_y + texture.sample(high + 211.0, right - 97.0, pixel_m) * reach
        moved = cv2.remap(bent, push_x, push_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        bent = np.asarray(moved, np.float32)
    # Dark creases between round heads: the absolute value of noise has its edges at zero.
    heads = np.abs(texture.sample(right + 431.0, high + 53.0, max(0.45, 0.5 / metre_px)))
    return np.asarray(bent * np.exp(0.75 * np.minimum(heads, 2.0) - 0.6), np.float32)


def smoke_light(
    depth: npt.NDArray[np.float32], towards_sun_px: tuple[float, float], size_px: float
) -> npt.NDArray[np.float32]:
    """Return how much sunlight reaches the seen side of the smoke, 0 to 1, shape (h, w): its own mass shades it.

    Parameters
    ----------
    depth : ndarray, shape (h, w)
        Optical depth.
    towards_sun_px : tuple of float
        Direction to the sun in the picture: right and up, length at most 1.
    size_px : float
        About half the width of the column [px].
    """
    reach = max(1.0, 0.8 * size_px)
    shift = np.array([[1.0, 0.0, -towards_sun_px[0] * reach], [0.0, 1.0, towards_sun_px[1] * reach]], np.float32)
    height, width = depth.shape
    between = cv2.warpAffine(depth, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    between = cv2.GaussianBlur(between, (0, 0), max(0.7, 0.35 * size_px))
    # Light that was scattered many times reaches also the far side of white smoke.
    return np.asarray(0.42 + 0.58 * np.exp(-0.5 * between), np.float32)
