"""GCJ-02, the shifted coordinates of Chinese navigation apps: only where a link leaves or a pasted point comes in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firewatch.domain.checks import require_between
from firewatch.domain.geo import Position

__all__ = ["Gcj02Position", "from_gcj02", "is_in_china_box", "to_gcj02"]

# Krasovsky 1940, on which the shift is defined: semi-major axis [m] and first eccentricity squared.
_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.006693421622965823
# The shift is defined around 105 E, 35 N.
_CENTRE_LAT_DEG = 35.0
_CENTRE_LON_DEG = 105.0
# Outside this box the apps shift nothing: south, north, west, east [deg].
_CHINA_BOX_DEG = (0.8293, 55.8271, 72.004, 137.8347)
# 1e-9 deg is 0.1 mm.
_CLOSE_DEG = 1e-9


@dataclass(frozen=True, slots=True)
class Gcj02Position:
    """A place in GCJ-02: its own type, so that it can never be taken for WGS 84.

    Parameters
    ----------
    lat_deg, lon_deg : float
        GCJ-02 latitude and longitude [deg].
    """

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        require_between("GCJ-02 latitude (deg)", self.lat_deg, -90.0, 90.0)
        require_between("GCJ-02 longitude (deg)", self.lon_deg, -180.0, 180.0)


def is_in_china_box(lat_deg: float, lon_deg: float) -> bool:
    """Return whether a place lies in the box within which Chinese apps shift coordinates."""
    south, north, west, east = _CHINA_BOX_DEG
    return south <= lat_deg <= north and west <= lon_deg <= east


def to_gcj02(position: Position) -> Gcj02Position:
    """Return the coordinates that a Chinese navigation app wants for a place.

    Parameters
    ----------
    position : Position
        WGS 84.

    Returns
    -------
    Gcj02Position
        Shifted by some 600 m within the China box, else with the same numbers.

    References
    ----------
    .. [1] PRODUCT.md 3.8; the constants are the ones that gcoord (MIT) publishes.
    """
    if not is_in_china_box(position.lat_deg, position.lon_deg):
        return Gcj02Position(position.lat_deg, position.lon_deg)
    north_deg, east_deg = _shift_deg(position.lat_deg, position.lon_deg)
    return Gcj02Position(position.lat_deg + north_deg, position.lon_deg + east_deg)


def from_gcj02(shifted: Gcj02Position) -> Position:
    """Return the true place of coordinates pasted from a Chinese navigation app.

    The shift has no closed inverse; the fixed point is iterated until it moves by less than 1e-9 deg (0.1 mm). It
    changes by less than 1 % of the distance that one moves, so a handful of rounds is enough. The common single round
    is wrong by up to 3 m. Within 700 m of the box's border the two directions may disagree about being inside.

    Parameters
    ----------
    shifted : Gcj02Position
        As the app shows it.

    Returns
    -------
    Position
        WGS 84, without an elevation.
    """
    if not is_in_china_box(shifted.lat_deg, shifted.lon_deg):
        return Position(shifted.lat_deg, shifted.lon_deg)
    lat, lon = shifted.lat_deg, shifted.lon_deg
    moved_deg = math.inf
    while moved_deg > _CLOSE_DEG:
        north_deg, east_deg = _shift_deg(lat, lon)
        moved_deg = max(abs(shifted.lat_deg - north_deg - lat), abs(shifted.lon_deg - east_deg - lon))
        lat, lon = shifted.lat_deg - north_deg, shifted.lon_deg - east_deg
    return Position(lat, lon)


def _shift_deg(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Return by how much a place is shifted north and east [deg]."""
    x = lon_deg - _CENTRE_LON_DEG
    y = lat_deg - _CENTRE_LAT_DEG
    lat = math.radians(lat_deg)
    curvature = 1.0 - _ECCENTRICITY_SQUARED * math.sin(lat) ** 2
    across_m = _SEMI_MAJOR_M / math.sqrt(curvature)
    along_m = across_m * (1.0 - _ECCENTRICITY_SQUARED) / curvature
    north_deg = math.degrees(_shift_north_m(x, y) / along_m)
    east_deg = math.degrees(_shift_east_m(x, y) / (across_m * math.cos(lat)))
    return north_deg, east_deg


def _shift_north_m(x: float, y: float) -> float:
    trend = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    waves = (
        _wave(20.0, 6.0 * x)
        + _wave(20.0, 2.0 * x)
        + _wave(20.0, y)
        + _wave(40.0, y / 3.0)
        + _wave(160.0, y / 12.0)
        + _wave(320.0, y / 30.0)
    )
    return trend + waves * 2.0 / 3.0


def _shift_east_m(x: float, y: float) -> float:
    trend = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    waves = (
        _wave(20.0, 6.0 * x)
        + _wave(20.0, 2.0 * x)
        + _wave(20.0, x)
        + _wave(40.0, x / 3.0)
        + _wave(150.0, x / 12.0)
        + _wave(300.0, x / 30.0)
    )
    return trend + waves * 2.0 / 3.0


def _wave(height_m: float, half_turns: float) -> float:
    return height_m * math.sin(half_turns * math.pi)
