"""Plumes as a clip shows them: optical depth now and at the clip's earlier times, ready to be laid over any view."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from firewatch.scene import FireGrowth, Plume, Wind, make_fractal_tile, puffs_at
from firewatch.scene.smoke import Patch, PuffImages, billow, optical_depth, smoke_light
from firewatch_edge.detect import AGES_S, CLIP_SIDE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator

    from firewatch.scene import Tile

# The canvas is a little larger than a clip, so that a plume can be moved about in it.
CANVAS = 128
# Depths are stored as bytes of their square root up to this optical depth.
_DEEPEST = 9.0
# A plume's longer side on the canvas [px]; it is scaled again when it is laid.
_LONG_SIDE_PX = 52.0
# Drawn again, smaller, while the seen part is longer than this.
_FITS_PX, _FITTINGS = 72.0, 4
_MARGIN_PX, _SMALLER = 6.0, 0.6
_LEAST_PIXELS = 12

_RAMP = np.clip(np.minimum(np.arange(CANVAS), np.arange(CANVAS)[::-1]) / 12.0, 0.0, 1.0).astype(np.float32)
_EDGE = _RAMP[:, None] * _RAMP[None, :]


@dataclass(frozen=True, slots=True, eq=False)
class PlumeSeries:
    """Plumes at the clip's times: now, then 60, 180, 360 and 720 s before.

    Parameters
    ----------
    depth : array (n, 5, 128, 128) uint8
        255 times the square root of a ninth of the optical depth.
    lit : array (n, 5, 128, 128) uint8
        Sunlight on the seen side of the smoke, 255 is all of it.
    box : array (n, 4) float32
        Of what is seen now, x0, y0, x1, y1 on the canvas.
    """

    depth: npt.NDArray[np.uint8]
    lit: npt.NDArray[np.uint8]
    box: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.box)

    def optical(self, number: int) -> npt.NDArray[np.float32]:
        """Return one plume's optical depths, shape (5, 128, 128)."""
        return np.square(self.depth[number].astype(np.float32) / 255.0) * np.float32(_DEEPEST)

    def save(self, path: Path) -> None:
        """Write into an .npz file."""
        np.savez_compressed(path, depth=self.depth, lit=self.lit, box=self.box)

    @classmethod
    def load(cls, path: Path) -> PlumeSeries:
        """Read an .npz file that `save` wrote."""
        with np.load(path) as file:
            return cls(file["depth"], file["lit"], file["box"])


def make_series(rng: Generator, number: int) -> PlumeSeries:
    """Simulate so many plumes: near and far, young and old, in calm and wind."""
    texture = make_fractal_tile(rng, 512, 1.75)
    rows = []
    while len(rows) < number:
        row = _one(rng, texture)
        if row is not None:
            rows.append(row)
    depth, lit, box = zip(*rows, strict=True)
    return PlumeSeries(np.stack(depth), np.stack(lit), np.stack(box))


def _one(
    rng: Generator, texture: Tile
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.float32]] | None:
    burning_s = math.exp(rng.uniform(math.log(30.0), math.log(1500.0)))
    plume = _draw(rng)
    extent = _extent(plume, burning_s)
    if extent is None:
        return None
    middle, up, long_m = extent
    metre_px = _LONG_SIDE_PX / long_m
    base = (CANVAS / 2 - middle * metre_px, CANVAS / 2 + up * metre_px)
    for _ in range(_FITTINGS):
        box = _box(_depth(plume, burning_s, base, metre_px, texture))
        if box is None:
            return None
        long_px = max(box[2] - box[0], box[3] - box[1])
        is_cut = min(box[0], box[1], CANVAS - box[2], CANVAS - box[3]) <= _MARGIN_PX
        if long_px <= _FITS_PX and not is_cut:
            break
        # Bring the seen part to the middle of the canvas, so that the canvas cuts nothing off.
        scale = min(_LONG_SIDE_PX / long_px, _SMALLER if is_cut else 1.0)
        centre = (box[:2] + box[2:]) / 2
        base = tuple(CANVAS / 2 + (b - c) * scale for b, c in zip(base, centre.tolist(), strict=True))
        metre_px *= scale
    sun = rng.uniform(0.0, math.tau)
    towards = (0.7 * math.cos(sun), abs(0.7 * math.sin(sun)))
    depths, lights = [], []
    for age in (0.0, *AGES_S):
        depth = _depth(plume, burning_s - age * rng.uniform(0.85, 1.15), base, metre_px, texture)
        depths.append(depth)
        lights.append(smoke_light(depth, towards, _LONG_SIDE_PX / 5))
    seen = _box(depths[0])
    if seen is None:
        return None
    packed = np.sqrt(np.clip(np.stack(depths) / _DEEPEST, 0.0, 1.0)) * 255.0
    return np.rint(packed).astype(np.uint8), np.rint(np.stack(lights) * 255.0).astype(np.uint8), seen


def _box(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
    """Return the box of what anybody sees of it."""
    seen = depth > max(0.04, 0.12 * float(depth.max()))
    if seen.sum() < _LEAST_PIXELS:
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def _draw(rng: Generator) -> Plume:
    growth = FireGrowth(
        heat_kw_per_s2=math.exp(rng.uniform(math.log(0.1), math.log(8.0))),
        heat_most_mw=math.exp(rng.uniform(math.log(0.5), math.log(150.0))),
        smoke_m2_per_mj=math.exp(rng.uniform(math.log(2.0), math.log(20.0))),
        smoulder_m2_per_s=rng.uniform(3.0, 80.0),
        whiteness=1.0,
    )
    # The camera looks north: wind along the line of sight carries the smoke neither left nor right.
    wind = Wind(rng.gamma(2.0, 1.5) % 15.0, rng.uniform(0.0, 360.0))
    return Plume(0.0, 0.0, 0.0, 0.0, wind, int(rng.integers(0, 2**31)), growth)


def _extent(plume: Plume, burning_s: float) -> tuple[float, float, float] | None:
    """Return the middle of the dense part [m right, m up] and its longer side [m]."""
    puffs = puffs_at(plume, burning_s)
    if not len(puffs):
        return None
    dense = puffs.area_m2 / np.square(puffs.sigma_m)
    part = dense >= 0.1 * dense.max()
    east, up, reach = puffs.east_m[part], puffs.up_m[part], 1.5 * puffs.sigma_m[part]
    left, right = float((east - reach).min()), float((east + reach).max())
    low, high = float(np.maximum(up - reach, 0.0).min()), float((up + reach).max())
    return (left + right) / 2, (low + high) / 2, max(right - left, high - low, 1.0)


def _depth(
    plume: Plume, burning_s: float, base: tuple[float, float], metre_px: float, texture: Tile
) -> npt.NDArray[np.float32]:
    if burning_s <= 0.0:
        return np.zeros((CANVAS, CANVAS), np.float32)
    puffs = puffs_at(plume, burning_s)
    patch = Patch(0, 0, CANVAS, CANVAS)
    images = PuffImages(
        base[0] + puffs.east_m * metre_px,
        base[1] - puffs.up_m * metre_px,
        puffs.sigma_m * metre_px,
        puffs.area_m2 * metre_px**2,
        np.ones(len(puffs)),
    )
    to_east, _ = plume.wind.towards
    drift = (to_east * plume.wind.speed_ms * burning_s + 37.0 * (plume.seed % 101), 2.2 * burning_s)
    depth = billow(optical_depth(images, patch), patch, texture, metre_px, drift)
    # Nothing ends hard at the canvas's edge.
    return np.asarray(cv2.GaussianBlur(depth, (0, 0), 0.5) * _EDGE, np.float32)


def scaled(picture: npt.NDArray[np.float32], scale: float, x: float, y: float) -> npt.NDArray[np.float32]:
    """Bring a canvas (128, 128) into a clip (96, 96): its middle to (x, y), `scale` clip pixels a canvas pixel."""
    # Places count from the corner; the middle of the first pixel lies half a pixel in.
    shift = scale * (0.5 - CANVAS / 2) - 0.5
    matrix = np.array([[scale, 0.0, x + shift], [0.0, scale, y + shift]])
    if scale < 1.0:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale)
    out = cv2.warpAffine(picture, matrix, (CLIP_SIDE, CLIP_SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(out, np.float32)
