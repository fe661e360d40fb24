"""Geodesics on the WGS 84 ellipsoid, and a flat map around one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from pyproj import Geod

from firewatch.domain.checks import require_at_least, require_finite
from firewatch.domain.geo import Position, wrap_deg

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Leg", "LocalPlane", "PlanePoint", "direct", "inverse"]

# A constant table inside PROJ, never changed: building it costs a hundred geodesics.
_WGS84 = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Leg:
    """The shortest way from one place to another.

    Parameters
    ----------
    azimuth_deg : float
        True azimuth at the start, in [0, 360) [deg].
    arrival_azimuth_deg : float
        True azimuth of the way's end, still looking forward, in [0, 360) [deg]; it differs by the convergence of
        the meridians.
    distance_m : float
        Length [m].
    """

    azimuth_deg: float
    arrival_azimuth_deg: float
    distance_m: float


def inverse(start: Position, end: Position) -> Leg:
    """Return the geodesic between two places.

    Parameters
    ----------
    start, end : Position
        WGS 84; elevations do not matter.

    Returns
    -------
    Leg
        Azimuths and distance. Between equal places the distance is 0 and the azimuths mean nothing.

    References
    ----------
    .. [1] Karney (2013), Algorithms for geodesics, J. Geodesy 87, 43-55 (by PROJ).
    """
    azimuth, back, distance = _WGS84.inv(start.lon_deg, start.lat_deg, end.lon_deg, end.lat_deg)
    return Leg(wrap_deg(azimuth), wrap_deg(back + 180.0), distance)


def direct(start: Position, azimuth_deg: float, distance_m: float) -> Position:
    """Return the place reached by going straight.

    Parameters
    ----------
    start : Position
        WGS 84.
    azimuth_deg : float
        True azimuth at the start, any finite number [deg].
    distance_m : float
        Length, at least 0 [m].

    Returns
    -------
    Position
        WGS 84, without an elevation.

    Raises
    ------
    InvalidValue
        If the azimuth is not finite or the distance is negative or not finite.
    """
    require_finite("azimuth (deg)", azimuth_deg)
    require_at_least("distance (m)", distance_m, 0.0)
    lon, lat, _ = _WGS84.fwd(start.lon_deg, start.lat_deg, azimuth_deg, distance_m)
    return Position(lat, lon)


@dataclass(frozen=True, slots=True)
class PlanePoint:
    """A point of a local plane.

    Parameters
    ----------
    east_m, north_m : float
        From the plane's origin [m].
    """

    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """The azimuthal equidistant map around one place: distances and azimuths from the origin are exact.

    Elsewhere, at s metres from the origin, lengths across the radius are too long by s**2 / (6 R**2): 10 parts in a
    million (0.4 m in 40 km) at 50 km.

    Parameters
    ----------
    origin : Position
        Where east and north are 0.

    References
    ----------
    .. [1] Snyder (1987), Map projections: a working manual, USGS PP 1395, ch. 25.
    """

    origin: Position

    def project(self, place: Position) -> PlanePoint:
        """Return where a place lies on the plane."""
        leg = inverse(self.origin, place)
        azimuth = math.radians(leg.azimuth_deg)
        return PlanePoint(leg.distance_m * math.sin(azimuth), leg.distance_m * math.cos(azimuth))

    def project_all(self, lat_deg: Numbers, lon_deg: Numbers) -> tuple[Numbers, Numbers]:
        """Return east and north of many places, in their shape [m]."""
        origin_lat, origin_lon = np.broadcast_arrays(self.origin.lat_deg, self.origin.lon_deg, lat_deg)[:2]
        azimuth_deg, _, distance_m = _WGS84.inv(origin_lon, origin_lat, lon_deg, lat_deg)
        azimuth = np.radians(azimuth_deg)
        return np.asarray(distance_m * np.sin(azimuth)), np.asarray(distance_m * np.cos(azimuth))

    def unproject(self, point: PlanePoint) -> Position:
        """Return the place that lies at a point of the plane."""
        azimuth_deg = math.degrees(math.atan2(point.east_m, point.north_m))
        return direct(self.origin, azimuth_deg, math.hypot(point.east_m, point.north_m))

    def unproject_all(self, east_m: Numbers, north_m: Numbers) -> tuple[Numbers, Numbers]:
        """Return latitude and longitude of many points of the plane, in their shape [deg]."""
        azimuth_deg = np.degrees(np.arctan2(east_m, north_m))
        distance_m = np.hypot(east_m, north_m)
        origin_lat, origin_lon = np.broadcast_arrays(self.origin.lat_deg, self.origin.lon_deg, distance_m)[:2]
        lon, lat, _ = _WGS84.fwd(origin_lon, origin_lat, azimuth_deg, distance_m)
        return np.asarray(lat, np.float64), np.asarray(lon, np.float64)

    def grid_azimuth_deg(self, place: Position, azimuth_deg: float) -> float:
        """Return the direction on the plane of a true azimuth at a place, in [0, 360) [deg].

        The plane's north is the origin's; at another place the meridian is turned by the convergence.
        """
        leg = inverse(self.origin, place)
        return wrap_deg(azimuth_deg + leg.azimuth_deg - leg.arrival_azimuth_deg)
