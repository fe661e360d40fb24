"""Many possible fires as outlines: where the ground likely burns, and which line most fires stay within."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FireShapes", "burn_outline", "reach_outline"]

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
        East and north of the edge [m], counter-clockwise from north; None where no area around the origin is so
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
    # A single ray that is met is no area.
    has_area = bool((reach * np.roll(reach, 1) > 0.0).any())
    return directions * reach[:, None] if has_area else None


def reach_outline(shapes: FireShapes, share: float, corners: int) -> Numbers:
    """Return the convex outline over whose every side at least a share of the fires does not reach.

    Parameters
    ----------
    shapes : FireShapes
        Equally likely fires.
    share : float
        Above 0, at most 1.
    corners : int
        Directions whose sides are sought, 8 to 720.

    Returns
    -------
    ndarray, shape (corners, 2)
        East and north of the edge [m], counter-clockwise from north. Unlike `burn_outline` there always is one: it
        holds the fires that nobody can place, too.
    """
    require_between("share of the fires", share, 1e-6, 1.0)
    require_between("corners", corners, 8, 720)
    azimuth = -2.0 * np.pi * np.arange(corners) / corners
    directions = np.column_stack([np.sin(azimuth), np.cos(azimuth)])
    supports = np.maximum(np.quantile(_supports(shapes, directions), share, axis=1, method="higher"), _LEAST_M)
    # Along each direction the nearest of all sides; those behind are never met.
    cosines = directions @ directions.T
    met = np.where(cosines > 1e-9, supports[None, :] / np.maximum(cosines, 1e-9), np.inf)  # noqa: PLR2004 - no side
    return np.asarray(directions * met.min(axis=1)[:, None])


def _supports(shapes: FireShapes, directions: Numbers) -> Numbers:
    """Return how far each shape extends in each direction, (directions, n) [m]."""
    theta = np.radians(shapes.azimuth_deg)
    east, north = directions[:, :1], directions[:, 1:]
    along, across = east * np.sin(theta) + north * np.cos(theta), east * np.cos(theta) - north * np.sin(theta)
    centre = east * shapes.east_m + north * shapes.north_m
    return np.asarray(centre + np.hypot(shapes.along_m * along, shapes.across_m * across))


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
