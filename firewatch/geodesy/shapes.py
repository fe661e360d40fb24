"""Outlines for maps, ready for GeoJSON: [longitude, latitude], closed, counter-clockwise (RFC 7946, 3.1.6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.checks import require_at_least, require_between
from firewatch.geodesy.ellipsoid import LocalPlane, PlanePoint, direct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Bearing, ErrorEllipse, Position

__all__ = ["PolygonCoordinates", "as_geojson_polygon", "ellipse_polygon", "outline_polygon", "sector_polygon"]

# Rings of [longitude, latitude]; the first ring is the outline.
PolygonCoordinates: TypeAlias = list[list[list[float]]]

# 1e-7 deg is 1 cm: more digits only make pages heavier.
_DIGITS = 7


def ellipse_polygon(
    centre: Position, ellipse: ErrorEllipse, scale: float = 1.0, corners: int = 72
) -> PolygonCoordinates:
    """Return the outline of an ellipse.

    Parameters
    ----------
    centre : Position
        Its centre.
    ellipse : ErrorEllipse
        Semi-axes and azimuth.
    scale : float
        By which the semi-axes are multiplied, above 0.
    corners : int
        Of the polygon, 8 to 720. It is drawn inside the ellipse: 72 corners leave out 0.13 % of the area.

    Returns
    -------
    PolygonCoordinates
        One ring of `corners` + 1 points.

    Raises
    ------
    InvalidValue
        If the scale or the number of corners is out of range.
    """
    require_between("ellipse scale", scale, 1e-6, 1e6)
    require_between("corners", corners, 8, 720)
    ring = []
    for corner in range(corners):
        # Clockwise in azimuth is clockwise on the map; the angle runs backwards to close counter-clockwise.
        angle = -2.0 * math.pi * corner / corners
        along_m = ellipse.major_m * scale * math.cos(angle)
        across_m = ellipse.minor_m * scale * math.sin(angle)
        azimuth_deg = ellipse.azimuth_deg + math.degrees(math.atan2(across_m, along_m))
        ring.append(_point(direct(centre, azimuth_deg, math.hypot(along_m, across_m))))
    return [[*ring, ring[0]]]


def sector_polygon(apex: Position, middle: Bearing, half_width_deg: float, range_m: float) -> PolygonCoordinates:
    """Return the outline of a view cone or of a bearing with its error.

    Parameters
    ----------
    apex : Position
        Where the camera stands.
    middle : Bearing
        Its axis; the sigma is not used.
    half_width_deg : float
        From the axis to each side, above 0 and below 180 [deg].
    range_m : float
        Length, above 0 [m].

    Returns
    -------
    PolygonCoordinates
        One ring: the apex, the arc in steps of at most 2 degrees, the apex.

    Raises
    ------
    InvalidValue
        If the width or the range is out of range.
    """
    require_between("half width (deg)", half_width_deg, 1e-6, 179.0)
    require_at_least("range (m)", range_m, 1e-3)
    steps = max(1, math.ceil(half_width_deg))
    arc = [
        _point(direct(apex, middle.azimuth_deg + half_width_deg * (1.0 - 2.0 * step / steps), range_m))
        for step in range(steps + 1)
    ]
    return [[_point(apex), *arc, _point(apex)]]


def outline_polygon(origin: Position, points: Sequence[tuple[float, float]]) -> PolygonCoordinates:
    """Return an outline that is given on the plane around a place.

    Parameters
    ----------
    origin : Position
        Where the points count from.
    points : sequence of (float, float), length n >= 3
        East and north of the corners [m], counter-clockwise, the first not repeated.

    Returns
    -------
    PolygonCoordinates
        One ring of n + 1 points.

    Raises
    ------
    InvalidValue
        If there are fewer than three corners.
    """
    require_at_least("corners of an outline", len(points), 3)
    plane = LocalPlane(origin)
    ring = [_point(plane.unproject(PlanePoint(east_m, north_m))) for east_m, north_m in points]
    return [[*ring, ring[0]]]


def as_geojson_polygon(coordinates: PolygonCoordinates) -> dict[str, object]:
    """Return the GeoJSON geometry of an outline."""
    return {"type": "Polygon", "coordinates": coordinates}


def _point(place: Position) -> list[float]:
    return [round(place.lon_deg, _DIGITS), round(place.lat_deg, _DIGITS)]
