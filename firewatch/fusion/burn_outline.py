"""Many possible fires as outlines of how likely the ground burns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FireShapes", "burn_outline"]

# A shape has at least this extent [m]: nothing is divided by 0.
_LEAST_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class FireShapes:
    """Ellipses on a plane: arrays of shape (n,).

    Parameters
    ----------
    east_m, north_m : ndarray, float64
        Centres [m].
    along_m, across_m : ndarray, float64
        Semi-axes along and across the direction of spread [m].
    azimuth_deg : ndarray, float64
        Direction of spread [deg].
    """

    east_m: Numbers
    north_m: Numbers
    along_m: Numbers
    across_m: Numbers
    azimuth_deg: Numbers

    @property
    def area_ha(self) -> Numbers:
        """Area of each [ha]."""
        return np.pi * self.along_m * self.across_m / 1e4


def burn_outline(shapes: FireShapes, probability: float, corners: int) -> Numbers | None:
    """Return the outline within which the ground burns with at least some probability.

    Parameters
    ----------
    shapes : FireShapes
        Equally likely fires.
    probability : float
        Above 0, at most 1.
    corners : int
        Directions in which the edge is sought, 8 to 720.

    Returns
    -------
    ndarray, shape (corners, 2), or None
        East and north of the edge [m], counter-clockwise from north; None where no place seen from the origin is so
        likely.

    Notes
    -----
    From the origin outwards the last place so likely counts: a place that is less likely before it lies inside, too.
    """
    require_between("burn probability", probability, 1e-6, 1.0)
    require_between("corners", corners, 8, 720)
    azimuth = -2.0 * np.pi * np.arange(corners) / corners
    directions = np.column_stack([np.sin(azimuth), np.cos(azimuth)])
    enters, leaves = _crossings(shapes, directions)
    needed = max(1, int(np.ceil(probability * shapes.east_m.size - 1e-9)))
    reach = _last_reach(enters, leaves, needed)
    return directions * reach[:, None] if (reach > 0.0).any() else None


def _crossings(shapes: FireShapes, directions: Numbers) -> tuple[Numbers, Numbers]:
    """Return where each ray enters and leaves each shape, (rays, n) [m]; both 0 where it misses."""
    theta = np.radians(shapes.azimuth_deg)
    along = np.maximum(shapes.along_m, _LEAST_M)
    across = np.maximum(shapes.across_m, _LEAST_M)
    sine, cosine = np.sin(theta), np.cos(theta)
    east, north = directions[:, :1], directions[:, 1:]
    ray_along, ray_across = (east * sine + north * cosine) / along, (east * cosine - north * sine) / across
    centre_along = (shapes.east_m * sine + shapes.north_m * cosine) / along
    centre_across = (shapes.east_m * cosine - shapes.north_m * sine) / across
    a = ray_along**2 + ray_across**2
    b = ray_along * centre_along + ray_across * centre_across
    discriminant = b * b - a * (centre_along**2 + centre_across**2 - 1.0)
    root = np.sqrt(np.maximum(discriminant, 0.0))
    hits = (discriminant > 0.0) & (b + root > 0.0)
    return np.where(hits, np.maximum(b - root, 0.0) / a, 0.0), np.where(hits, (b + root) / a, 0.0)


def _last_reach(enters: Numbers, leaves: Numbers, needed: int) -> Numbers:
    """Return on each ray the furthest distance that at least so many shapes hold, (rays,) [m]; 0 where none is."""
    places = np.concatenate([enters, leaves], axis=1)
    steps = np.concatenate([np.ones(enters.shape, np.int64), -np.ones(leaves.shape, np.int64)], axis=1)
    order = np.argsort(places, axis=1, kind="stable")
    inside = np.cumsum(np.take_along_axis(steps, order, axis=1), axis=1)
    enough = inside >= needed
    end = enough.shape[1] - 1
    last = end - np.argmax(enough[:, ::-1], axis=1)
    # After the last event nothing is inside: where there is enough, another event follows.
    after = np.take_along_axis(np.take_along_axis(places, order, axis=1), np.minimum(last + 1, end)[:, None], axis=1)
    return np.where(enough.any(axis=1), after[:, 0], 0.0)
