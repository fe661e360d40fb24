"""The places that hold a share of a posterior's probability, as outlines; and how much of it lies within given ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from contourpy import FillType, contour_generator

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from firewatch.fusion.patches import Patches
    from firewatch.fusion.posterior import Posterior

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Choice: TypeAlias = npt.NDArray[np.intp]

__all__ = ["Square", "as_geometry", "region", "shares", "squares"]

# Nodes of the raster of one part of a region, a side.
_FEWEST_NODES, _MOST_NODES = 16, 96
# 1e-7 deg is 1 cm; the finest is what a float of a longitude still tells.
_DIGITS, _MOST_DIGITS, _LEAST_DEG = 7, 12, 1e-12
_HALF_TURN_DEG, _TURN_DEG = 180.0, 360.0


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the grid of latitude and longitude with its share.

    Parameters
    ----------
    south_deg, west_deg : float
        Its corner.
    probability : float
        That the fire is in it.
    """

    south_deg: float
    west_deg: float
    probability: float


def region(posterior: Posterior, probability: float) -> shapely.MultiPolygon:
    """Return the smallest places that hold a share of the probability: the highest-density region.

    Parameters
    ----------
    posterior : Posterior
        Of one fire.
    probability : float
        0.01 to 0.99.

    Returns
    -------
    MultiPolygon
        On the posterior's plane [m], valid, not empty. Contours of the density over a raster of azimuth and range that
        is as fine as the patches; parts that are far from each other have rasters of their own.

    Raises
    ------
    InvalidValue
        If the probability is out of range.
    """
    require_between("probability", probability, 0.01, 0.99)
    level = posterior.level(probability)
    inside = np.flatnonzero(posterior.log_density >= level)
    rasters = [_raster(posterior.patches.take(part)) for part in _parts(posterior.patches, inside)]
    corners = [np.meshgrid(turns, ranges) for turns, ranges in rasters]
    places = [posterior.fan.place(turn.ravel(), reach.ravel()) for turn, reach in corners]
    east_m, north_m = (np.concatenate([place[axis] for place in places]) for axis in (0, 1))
    density = posterior.log_density_at(east_m, north_m)
    polygons: list[shapely.Polygon] = []
    start = 0
    for (turns, ranges), (turn, _) in zip(rasters, corners, strict=True):
        of_part = density[start : start + turn.size].reshape(turn.shape)
        start += turn.size
        polygons += _contours(posterior, turns, ranges, of_part - level)
    if not polygons:
        polygons = _outlines(posterior, inside)
    return _as_multi(shapely.union_all(shapely.make_valid(np.asarray(polygons))))


def _parts(patches: Patches, which: Choice) -> Iterator[Choice]:
    """Divide patches into those that lie apart in azimuth or in range."""
    for low, high in ((patches.turn0, patches.turn1), (patches.range0, patches.range1)):
        order = which[np.argsort(low[which], kind="stable")]
        end = np.maximum.accumulate(high[order])
        gaps = np.flatnonzero(low[order][1:] > end[:-1] + 0.5 * (high[order] - low[order])[1:]) + 1
        if gaps.size:
            for part in np.split(order, gaps):
                yield from _parts(patches, np.sort(part))
            return
    yield which


def _raster(patches: Patches) -> tuple[Numbers, Numbers]:
    return _nodes(patches.turn0, patches.turn1), _nodes(patches.range0, patches.range1)


def _nodes(low: Numbers, high: Numbers) -> Numbers:
    step = float(np.median(high - low))
    start, end = float(low.min()) - step, float(high.max()) + step
    count = int(np.clip(math.ceil(2.0 * (end - start) / step), _FEWEST_NODES, _MOST_NODES))
    return np.linspace(start, end, count)


def _contours(posterior: Posterior, turns: Numbers, ranges: Numbers, above: Numbers) -> list[shapely.Polygon]:
    # The rim is below every level, so that each outline closes.
    above = np.clip(above, -50.0, None)
    above[0, :] = above[-1, :] = above[:, 0] = above[:, -1] = -50.0
    made = contour_generator(turns, ranges, above, fill_type=FillType.OuterOffset).filled(0.0, np.inf)
    polygons = []
    for points, offsets in zip(*made, strict=True):
        corners = np.column_stack(posterior.fan.place(points[:, 0], points[:, 1]))
        rings = [corners[one:end] for one, end in pairwise(offsets)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons


def _outlines(posterior: Posterior, inside: Choice) -> list[shapely.Polygon]:
    """Return the patches themselves, where the region is smaller than a raster can show."""
    fan, some = posterior.fan, posterior.patches.take(inside)
    sides = ((some.turn0, some.range0), (some.turn1, some.range0), (some.turn1, some.range1), (some.turn0, some.range1))
    corners = np.stack([np.column_stack(fan.place(*side)) for side in sides], axis=1)
    return list(shapely.polygons(corners))


def _as_multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(sorted(_polygons(geometry), key=lambda part: (-part.area, part.bounds)))


def as_geometry(posterior: Posterior, outline: shapely.MultiPolygon) -> dict[str, object]:
    """Return an outline on the plane as a GeoJSON geometry: Polygon, or MultiPolygon where it has parts.

    Outer rings run counter-clockwise, holes clockwise, and an outline over the antimeridian is cut there (RFC 7946,
    3.1.6 and 3.1.9).
    """
    pieces: list[shapely.Polygon] = []
    for part in outline.geoms:
        rings = [_degrees(posterior, np.asarray(ring.coords)) for ring in (part.exterior, *part.interiors)]
        on_map = shapely.Polygon(rings[0], rings[1:])
        west, _, east, _ = on_map.bounds
        pieces += _cut(on_map) if west < -_HALF_TURN_DEG or east > _HALF_TURN_DEG else [on_map]
    polygons = [_coordinates(polygon) for piece in pieces for polygon in _rounded(piece)]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _rounded(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    """Return the polygon on a grid of 1 cm, or finer where it is itself so small, and never crossing itself."""
    west, south, east, north = polygon.bounds
    grid_deg = 10.0 ** min(-_DIGITS, math.floor(math.log10(max(min(east - west, north - south), _LEAST_DEG))) - 3)
    return _polygons(shapely.set_precision(shapely.make_valid(polygon), max(grid_deg, _LEAST_DEG)))


def _polygons(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    flat = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in flat if part.geom_type == "Polygon" and part.area > 0.0]


def _degrees(posterior: Posterior, corners: Numbers) -> Numbers:
    lat, lon = posterior.plane.unproject_all(corners[:, 0], corners[:, 1])
    middle = posterior.plane.origin.lon_deg
    # Next to the plane's origin, also over the antimeridian.
    lon = middle + (lon - middle + _HALF_TURN_DEG) % _TURN_DEG - _HALF_TURN_DEG
    return np.column_stack((lon, lat))


def _cut(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    pieces = []
    for turn in (-_TURN_DEG, 0.0, _TURN_DEG):
        moved = shapely.transform(shapely.make_valid(polygon), lambda at, turn=turn: at + np.array((turn, 0.0)))
        inside = shapely.clip_by_rect(moved, -_HALF_TURN_DEG, -90.0, _HALF_TURN_DEG, 90.0)
        pieces += _polygons(inside)
    return pieces


def _coordinates(polygon: shapely.Polygon) -> list[list[list[float]]]:
    turned = shapely.orient_polygons(polygon)
    rings = (turned.exterior, *turned.interiors)
    return [[[round(lon, _MOST_DIGITS), round(lat, _MOST_DIGITS)] for lon, lat in ring.coords] for ring in rings]


def shares(posterior: Posterior, townships: Sequence[shapely.Geometry]) -> list[float]:
    """Return how likely the fire is in each of some townships.

    Parameters
    ----------
    posterior : Posterior
        Of one fire.
    townships : sequence of Polygon or MultiPolygon
        In longitude and latitude [deg], as GeoJSON has them; prepared ones are quicker.

    Returns
    -------
    list of float
        In their order. A patch is where its middle is.
    """
    lat, lon = posterior.plane.unproject_all(posterior.patches.east_m, posterior.patches.north_m)
    west, south, east, north = lon.min(), lat.min(), lon.max(), lat.max()
    found = []
    for one in townships:
        left, low, right, high = one.bounds
        is_near = left <= east and right >= west and low <= north and high >= south
        found.append(float(posterior.mass[shapely.contains_xy(one, lon, lat)].sum()) if is_near else 0.0)
    return found


def squares(posterior: Posterior, side_deg: float = 0.01, least: float = 0.005) -> tuple[Square, ...]:
    """Return the squares of latitude and longitude in which the fire may be, the most likely first.

    Parameters
    ----------
    posterior : Posterior
        Of one fire.
    side_deg : float
        Side, 0.001 to 1; 0.01 is about 1 km [deg].
    least : float
        Squares with less probability are left out.

    Returns
    -------
    tuple of Square
        A patch is in the square of its middle.

    Raises
    ------
    InvalidValue
        If the side is out of range.
    """
    require_between("side of a square (deg)", side_deg, 0.001, 1.0)
    lat, lon = posterior.plane.unproject_all(posterior.patches.east_m, posterior.patches.north_m)
    corners = np.column_stack((np.floor(lat / side_deg), np.floor(lon / side_deg)))
    rows, which = np.unique(corners, axis=0, return_inverse=True)
    held = np.bincount(which.ravel(), posterior.mass, len(rows))
    found = [
        Square(round(float(row[0]) * side_deg, 6), round(float(row[1]) * side_deg, 6), float(share))
        for row, share in zip(rows, held, strict=True)
        if share >= least
    ]
    return tuple(sorted(found, key=lambda square: (-square.probability, square.south_deg, square.west_deg)))
