"""Many places at once, between the ellipsoid and a local plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from pyproj import Geod

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.geodesy.ellipsoid import LocalPlane

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["project_all", "unproject_all"]

_WGS84 = Geod(ellps="WGS84")


def project_all(plane: LocalPlane, lat_deg: Numbers, lon_deg: Numbers) -> tuple[Numbers, Numbers]:
    """Return where places lie on a plane: east and north, the shape of the arrays given [m]."""
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    at_lat, at_lon = np.full_like(lat, plane.origin.lat_deg), np.full_like(lon, plane.origin.lon_deg)
    azimuth_deg, _, distance_m = _WGS84.inv(at_lon, at_lat, lon, lat)
    azimuth = np.radians(azimuth_deg)
    return distance_m * np.sin(azimuth), distance_m * np.cos(azimuth)


def unproject_all(plane: LocalPlane, east_m: Numbers, north_m: Numbers) -> tuple[Numbers, Numbers]:
    """Return the places that lie at points of a plane: latitude and longitude (-180 to 180), arrays like those given."""
    east, north = np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)
    at_lat, at_lon = np.full_like(east, plane.origin.lat_deg), np.full_like(east, plane.origin.lon_deg)
    lon, lat, _ = _WGS84.fwd(at_lon, at_lat, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
    return lat, lon
