"""What grows on the ground: forest crowns, fields, villages; tiles that repeat over the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene.noise import Tile, make_fractal_tile, smoothstep

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["CROWN_PIXEL_M", "Cover", "Ground", "Places", "forest_at", "make_cover"]

CROWN_PIXEL_M = 0.75
FIELD_PIXEL_M = 6.0
_SIZE = 1024
# Linear reflectance, blue green red.
_CONIFER = np.array([0.016, 0.036, 0.024], np.float32)
_BROADLEAF = np.array([0.020, 0.066, 0.046], np.float32)
_SCRUB = np.array([0.042, 0.098, 0.092], np.float32)
_SOIL = np.array([0.10, 0.15, 0.21], np.float32)
_FIELDS = np.array(
    [
        [0.05, 0.13, 0.10],
        [0.04, 0.10, 0.07],
        [0.09, 0.17, 0.18],
        [0.12, 0.19, 0.23],
        [0.05, 0.11, 0.10],
        [0.10, 0.11, 0.10],
    ],
    np.float32,
)
_ROOF = np.array([0.42, 0.43, 0.44], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """The tiles that clothe a landscape; the same cover is used for every tower that looks at it.

    Parameters
    ----------
    crowns : Tile
        Canopy height as a part of a full-grown tree (0 to 1), its east and north slope, a tint per tree: 4 channels.
    fields : Tile
        Colour of the plots: 3 channels.
    roofs : Tile
        Where a house stands, 0 to 1.
    fractal : Tile
        Noise of standard deviation 1.
    clouds : Tile
        Smoother noise of standard deviation 1.
    """

    crowns: Tile
    fields: Tile
    roofs: Tile
    fractal: Tile
    clouds: Tile


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Many places to be clothed, arrays of shape (h, w), float32.

    Parameters
    ----------
    east_m, north_m, up_m : ndarray
        Where [m].
    steep : ndarray
        Tangent of the ground's slope.
    crowns : ndarray, shape (h, w, 4)
        The cover's crowns there.
    tall : ndarray
        1 where something stands over the ground that can only be a tree.
    """

    east_m: npt.NDArray[np.float32]
    north_m: npt.NDArray[np.float32]
    up_m: npt.NDArray[np.float32]
    steep: npt.NDArray[np.float32]
    crowns: npt.NDArray[np.float32]
    tall: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies at many places.

    Parameters
    ----------
    reflectance : ndarray, shape (h, w, 3), float32
        Linear blue, green, red.
    forest : ndarray, shape (h, w), float32
        Part of the place under trees, 0 to 1.
    flat : ndarray, shape (h, w), float32
        Part of the place that is farmed valley floor, where it is not wooded.
    """

    reflectance: npt.NDArray[np.float32]
    forest: npt.NDArray[np.float32]
    flat: npt.NDArray[np.float32]

    @classmethod
    def at(cls, cover: Cover, places: Places) -> Ground:
        """Return what lies at many places."""
        east_m, north_m, up_m, steep = places.east_m, places.north_m, places.up_m, places.steep
        broad = cover.fractal.sample(east_m, north_m, 14.0)
        fine = cover.fractal.sample(north_m + 977.0, east_m, 2.3)
        forest = np.maximum(forest_at(cover, places), places.tall)
        kind = smoothstep(-0.9, 0.9, broad + 0.35 * fine - (up_m - 400.0) / 600.0)[..., None]
        trees = _CONIFER + kind * (_BROADLEAF - _CONIFER)
        trees = trees * (1.0 + 0.20 * fine + 0.10 * broad).clip(0.45, 1.8)[..., None]
        flat = (1.0 - smoothstep(0.05, 0.16, steep)) * (1.0 - smoothstep(260.0, 420.0, up_m))
        bare = smoothstep(1.2, 2.2, fine - 0.5 * broad)[..., None]
        scrub = (_SCRUB + bare * (_SOIL - _SCRUB)) * (1.0 + 0.22 * fine).clip(0.4, 1.8)[..., None]
        plots = cover.fields.sample(east_m, north_m, FIELD_PIXEL_M) * (1.0 + 0.12 * fine).clip(0.5, 1.6)[..., None]
        open_land = scrub + flat[..., None] * (plots - scrub)
        return cls(np.asarray(open_land + forest[..., None] * (trees - open_land), np.float32), forest, flat)

    def with_roofs(self, cover: Cover, places: Places, distance_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the reflectance with far villages; a near house would need walls, so none is shown within 2 km."""
        village = smoothstep(0.75, 1.5, cover.fractal.sample(places.east_m, places.north_m, 14.0))
        roofs = (
            cover.roofs.sample(places.east_m, places.north_m, FIELD_PIXEL_M) * village * self.flat * (1.0 - self.forest)
        )
        roofs = roofs * smoothstep(1800.0, 4000.0, distance_m)
        return np.asarray(self.reflectance + roofs[..., None] * (_ROOF - self.reflectance), np.float32)


def forest_at(cover: Cover, places: Places) -> npt.NDArray[np.float32]:
    """Return the part of each place under trees, 0 to 1: hills and slopes are wooded, valley floors are farmed."""
    patch = cover.fractal.sample(places.east_m + 3011.0, places.north_m - 1733.0, 9.0)
    hill = np.clip((places.up_m - 150.0) / 300.0, 0.0, 0.7)
    stand = smoothstep(-0.05, 0.07, places.steep * 7.0 - 0.80 + hill + 0.42 * patch)
    # Lone trees and bushes stand on open slopes.
    lone = smoothstep(0.88, 0.94, places.crowns[..., 3]) * smoothstep(0.5, 1.0, places.crowns[..., 0])
    return np.asarray(np.maximum(stand, 0.55 * lone * smoothstep(0.03, 0.10, places.steep)), np.float32)


def make_cover(rng: np.random.Generator) -> Cover:
    """Make the tiles of a landscape's cover; the same generator state gives the same cover."""
    return Cover(
        crowns=_make_crowns(rng),
        fields=_make_fields(rng),
        roofs=_make_roofs(rng),
        fractal=make_fractal_tile(rng, 512, 1.25),
        clouds=make_fractal_tile(rng, 512, 1.75),
    )


def _nearest(rng: np.random.Generator, seeds: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return the distance [px] to the nearest of random points and its number, seamless, shape (size, size)."""
    free = np.ones((_SIZE, _SIZE), np.uint8)
    free[rng.integers(0, _SIZE, seeds), rng.integers(0, _SIZE, seeds)] = 0
    border = 48
    padded = np.pad(free, border, mode="wrap")
    distance, label = cv2.distanceTransformWithLabels(
        padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE, labelType=cv2.DIST_LABEL_PIXEL
    )
    # A point near the edge has copies beyond it, each with a number of its own: give them the one of the original.
    rows, columns = np.nonzero(padded == 0)
    own = (rows - border) % _SIZE * _SIZE + (columns - border) % _SIZE
    number = np.zeros(int(label.max()) + 1, np.int64)
    number[label[rows, columns]] = np.unique(own, return_inverse=True)[1]
    inner = slice(border, -border)
    return np.asarray(distance[inner, inner], np.float32), number[label[inner, inner]]


def _make_crowns(rng: np.random.Generator) -> Tile:
    """Make a closed stand: round crowns of many sizes, each of many clumps of leaves."""
    distance, label = _nearest(rng, 20_000)
    drawn = rng.uniform(0.0, 1.0, (2, int(label.max()) + 1)).astype(np.float32)
    size = drawn[0][label]
    # Near the middle a crown is flat, at its rim it falls off steeply: a superellipse, not a cone.
    rim = np.clip(distance / ((2.6 + 2.0 * size) / CROWN_PIXEL_M), 0.0, 1.0)
    crown = (0.62 + 0.38 * size) * (0.42 + 0.58 * np.cbrt(1.0 - rim**3))
    clump, _ = _nearest(rng, 130_000)
    crown = crown + 0.075 * (1.0 - np.minimum(clump / 2.0, 1.5))
    crown = cv2.GaussianBlur(np.pad(crown, 8, mode="wrap"), (0, 0), 0.7)[8:-8, 8:-8]
    east = (np.roll(crown, -1, 1) - np.roll(crown, 1, 1)) / (2 * CROWN_PIXEL_M)
    north = (np.roll(crown, -1, 0) - np.roll(crown, 1, 0)) / (2 * CROWN_PIXEL_M)
    return Tile(np.ascontiguousarray(np.dstack([crown, east, north, drawn[1][label]]), np.float32))


def _make_fields(rng: np.random.Generator) -> Tile:
    distance, label = _nearest(rng, 9000)
    names = rng.integers(0, len(_FIELDS), int(label.max()) + 1)
    brightness = rng.uniform(0.8, 1.2, int(label.max()) + 1).astype(np.float32)
    plots = _FIELDS[names[label]] * brightness[label][..., None]
    # Hedges and dykes between the plots: darker where another plot begins.
    edge = (label != np.roll(label, 1, 0)) | (label != np.roll(label, 1, 1))
    plots = plots * (1.0 - 0.45 * edge[..., None].astype(np.float32)) * (1.0 - 0.01 * distance[..., None].clip(0, 10))
    return Tile(np.ascontiguousarray(plots, np.float32))


def _make_roofs(rng: np.random.Generator) -> Tile:
    distance, label = _nearest(rng, 26_000)
    built = rng.random(int(label.max()) + 1) < 0.35  # noqa: PLR2004 - about a third of the spots in a village
    return Tile(np.asarray((distance < 1.2) & built[label], np.float32))  # noqa: PLR2004 - a house of about 15 m
