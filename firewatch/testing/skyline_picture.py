"""Pictures of a skyline: what a camera would see where the terrain meets the sky, for tests, studies and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from firewatch.domain.mounting import orientation

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.optics import Calibration
    from firewatch.terrain import Skyline

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Picture: TypeAlias = npt.NDArray[np.uint8]

__all__ = ["SkylinePainter", "skyline_rows_px"]

_COARSE_PX = 4.0
_HALVINGS = 14
_ZENITH, _PALE = np.array([190.0, 150.0, 105.0]), np.array([225.0, 215.0, 205.0])  # blue, green, red
_FOREST = np.array([42.0, 66.0, 52.0])


def skyline_rows_px(skyline: Skyline, camera: Calibration, width_px: int, height_px: int) -> Numbers:
    """Return the row at which each column's middle leaves the sky, from the top, shape (width,) [px].

    Below zero or above the height where the skyline lies outside the picture. Lens, roll and lean are taken into
    account; the ray that counts is that through each point, whose azimuth changes along the column.
    """
    order = np.argsort(skyline.azimuth_deg)
    azimuth, elevation = skyline.azimuth_deg[order], skyline.elevation_deg[order]
    axes = orientation(camera.azimuth_deg, camera.tilt_deg, camera.roll_deg)
    axes = axes if camera.mount is None else camera.mount.levelling() @ axes
    middle = np.arange(width_px) + 0.5

    def above(row: Numbers) -> npt.NDArray[np.bool_]:
        """Whether points of the columns, shape (k, width), are in the sky."""
        points = np.stack([np.broadcast_to(middle, row.shape), row], axis=-1).reshape(-1, 2)
        east, north, up = (camera.effective_lens.rays(points, width_px, height_px) @ axes.T).T
        angle = np.degrees(np.arctan2(up, np.hypot(east, north)))
        there = np.interp(np.degrees(np.arctan2(east, north)), azimuth, elevation, period=360.0)
        return np.asarray((angle > there).reshape(row.shape))

    levels = np.arange(-height_px / 4.0, height_px * 1.25, _COARSE_PX)
    is_sky = above(np.broadcast_to(levels[:, None], (levels.size, width_px)))
    first = np.where(is_sky.all(axis=0), levels.size - 1, is_sky.argmin(axis=0))
    low, high = levels[np.maximum(first - 1, 0)], levels[first]
    for _ in range(_HALVINGS):
        half = (low + high) / 2.0
        is_half_sky = above(half[None])[0]
        low, high = np.where(is_half_sky, half, low), np.where(is_half_sky, high, half)
    return np.asarray((low + high) / 2.0, np.float64)


@dataclass(frozen=True, slots=True)
class SkylinePainter:
    """How a picture of a skyline looks.

    Parameters
    ----------
    visibility_m : float
        Distance at which the ground has lost two thirds of its contrast [m].
    noise : float
        Of the sensor, standard deviation [grey levels].
    blur_px : float
        Of the lens [px].
    fog : float
        0 none to 1: nothing but grey above the lowest fifth.
    trees : int
        Crowns that stand before the skyline.
    """

    visibility_m: float = 25_000.0
    noise: float = 2.0
    blur_px: float = 0.8
    fog: float = 0.0
    trees: int = 0

    def paint(
        self, skyline: Skyline, camera: Calibration, size: tuple[int, int], rng: np.random.Generator
    ) -> tuple[Picture, Numbers]:
        """Return a picture, shape (height, width, 3), and the true rows of its skyline, shape (width,).

        Parameters
        ----------
        skyline : Skyline
            Of the terrain, wider than the picture.
        camera : Calibration
            Where the camera looks.
        size : tuple of int
            Width and height [px].
        rng : Generator
            Of grain and noise.
        """
        width, height = size
        rows = skyline_rows_px(skyline, camera, width, height)
        down = np.arange(height, dtype=np.float64)[:, None]
        ground = np.clip(down + 1.0 - rows[None, :], 0.0, 1.0)[..., None]
        haze = np.exp(-np.maximum(down - rows[None, :], 0.0) / height * 8.0) * self._far(skyline, camera, width)
        sky = _ZENITH + (_PALE - _ZENITH) * np.clip(down / max(float(np.median(rows)), 1.0), 0.0, 1.0)[..., None]
        grain = cv2.GaussianBlur(rng.normal(0.0, 60.0, (height, width)).astype(np.float32), (0, 0), 1.6)
        hill = (_FOREST + grain[..., None]) * (1.0 - haze[..., None]) + _PALE * 0.82 * haze[..., None]
        light = sky * (1.0 - ground) + hill * ground
        light = self._with_trees(light, rows, rng)
        veil = self.fog * np.clip((1.0 - down / height) * 5.0, 0.0, 1.0)[..., None]
        light = light * (1.0 - veil) + _PALE * 0.8 * veil
        light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), self.blur_px)
        light = light + rng.normal(0.0, self.noise, light.shape)
        return np.clip(light, 0.0, 255.0).astype(np.uint8), rows

    def _far(self, skyline: Skyline, camera: Calibration, width: int) -> Numbers:
        """Return how much haze lies before the skyline in each column, 0 to 1."""
        order = np.argsort(skyline.azimuth_deg)
        across = camera.azimuth_deg + (np.arange(width) / width - 0.5) * camera.hfov_deg
        distance = np.interp(across, skyline.azimuth_deg[order], skyline.distance_m[order], period=360.0)
        return np.asarray(1.0 - np.exp(-distance / self.visibility_m), np.float64)[None, :]

    def _with_trees(self, light: Numbers, rows: Numbers, rng: np.random.Generator) -> Numbers:
        for _ in range(self.trees):
            x = int(rng.integers(0, rows.size))
            wide, top = int(rng.integers(20, 60)), int(rows[x] - rng.integers(30, 120))
            crown = np.array([[x - wide, light.shape[0]], [x, top], [x + wide, light.shape[0]]], np.int32)
            cv2.fillPoly(light, [crown], (28.0, 40.0, 30.0))
        return light
