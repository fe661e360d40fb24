"""Seeded noise that repeats without a seam and is anchored in the world, so that a scene stands still over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Tile", "make_fractal_tile", "smoothstep"]


def smoothstep(low: float, high: float, given: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return 0 below `low`, 1 above `high` and a smooth step between, same shape as given, float32."""
    ramp = (given - np.float32(low)) * np.float32(1.0 / (high - low))
    np.clip(ramp, 0.0, 1.0, out=ramp)
    bend = np.float32(3.0) - np.float32(2.0) * ramp
    bend *= ramp
    bend *= ramp
    return np.asarray(bend, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A square picture that repeats for ever in both directions.

    Parameters
    ----------
    values : ndarray, shape (n, n) or (n, n, c), float32
        What it shows; it must fit its own opposite edge.
    """

    values: npt.NDArray[np.float32]

    def sample(
        self, east_m: npt.NDArray[np.float32], north_m: npt.NDArray[np.float32], pixel_m: float
    ) -> npt.NDArray[np.float32]:
        """Return the tile's values at world positions.

        Parameters
        ----------
        east_m, north_m : ndarray, shape (h, w)
            Where [m].
        pixel_m : float
            Length of one pixel of the tile on the ground [m].

        Returns
        -------
        ndarray, shape (h, w) or (h, w, c), float32
        """
        size = self.values.shape[0]
        # Wrapped by hand: OpenCV's own wrapping loses its sub-pixel part far from the origin.
        column, row = _wrapped(east_m, pixel_m, size), _wrapped(north_m, pixel_m, size)
        return np.asarray(cv2.remap(self.values, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def _wrapped(place_m: npt.NDArray[np.float32], pixel_m: float, size: int) -> npt.NDArray[np.float32]:
    turns = place_m * np.float32(1.0 / (pixel_m * size))
    # floor is ten times as fast as mod.
    turns -= np.floor(turns)
    turns *= np.float32(size)
    return np.asarray(turns, np.float32)


def make_fractal_tile(rng: np.random.Generator, size: int = 512, slope: float = 1.25) -> Tile:
    """Make fractal noise of mean 0 and standard deviation 1.

    Parameters
    ----------
    rng : Generator
        Source of the noise.
    size : int
        Edge of the tile [px].
    slope : float
        The amplitude spectrum falls as frequency ** -slope: 1 is rough, 2 is smooth.
    """
    white = np.fft.rfft2(rng.standard_normal((size, size)))
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(white * (frequency * size) ** -slope, s=(size, size))
    return Tile(np.asarray(field / field.std(), np.float32))
