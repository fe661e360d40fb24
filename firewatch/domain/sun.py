"""Where the sun stands, and what light that gives: from instant and place alone, never from a picture's colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from firewatch.domain.checks import require_between, require_utc
from firewatch.domain.geo import wrap_deg

__all__ = [
    "CIVIL_TWILIGHT_DEG",
    "SUNRISE_DEG",
    "Light",
    "SunDirection",
    "light_of",
    "sun_direction",
    "sun_elevation_deg",
]

# The upper rim stands on the level horizon: 34 minutes of arc of refraction and 16 of the sun's radius [1, ch. 15].
SUNRISE_DEG = -0.8333
# Civil twilight: outdoors one still sees without lamps [1, ch. 15].
CIVIL_TWILIGHT_DEG = -6.0

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_DAY_S = 86_400.0
_CENTURY_DAYS = 36_525.0


class Light(StrEnum):
    """The light of a place: by the sun's height, whatever the weather."""

    DAY = "day"
    TWILIGHT = "twilight"
    NIGHT = "night"


def sun_elevation_deg(at: datetime, lat_deg: float, lon_deg: float) -> float:
    """Return how high the sun's middle stands above the level horizon, without refraction.

    Parameters
    ----------
    at : datetime
        Aware instant in UTC.
    lat_deg, lon_deg : float
        WGS 84, north and east positive [deg].

    Returns
    -------
    float
        -90 to 90 [deg], within 0.02 degrees of the Solar Position Algorithm [2]_ in the years 1950 to 2050.

    Raises
    ------
    InvalidValue
        If the instant is not in UTC or the place is not on the earth.

    References
    ----------
    .. [1] Meeus, J. (1998), Astronomical Algorithms, 2nd ed., Willmann-Bell: sidereal time (12.4), altitude (13.6),
       the sun's apparent place by the method of low accuracy (ch. 25). The same series as NOAA's solar calculator.
    .. [2] Reda, I., Andreas, A. (2008), Solar Position Algorithm for Solar Radiation Applications, NREL/TP-560-34302.
    """
    lat, declination, hour_angle = _local_place(at, lat_deg, lon_deg)
    sine = math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


@dataclass(frozen=True, slots=True)
class SunDirection:
    """Where the sun's middle is seen: true azimuth in [0, 360), and elevation with refraction [deg]."""

    azimuth_deg: float
    elevation_deg: float


def sun_direction(at: datetime, lat_deg: float, lon_deg: float) -> SunDirection:
    """Return where the sun's middle is seen from a place, through the air.

    Parameters
    ----------
    at, lat_deg, lon_deg
        As of `sun_elevation_deg`.

    Returns
    -------
    SunDirection
        Within 0.02 degrees, but for refraction below 5 degrees, which the weather changes by more. At a pole an
        azimuth means nothing.

    References
    ----------
    .. [1] Meeus, J. (1998), Astronomical Algorithms, 2nd ed.: azimuth (13.5), refraction by Saemundsson (16.4).
    """
    lat, declination, hour_angle = _local_place(at, lat_deg, lon_deg)
    across = math.cos(lat) * math.tan(declination) - math.sin(lat) * math.cos(hour_angle)
    azimuth_deg = wrap_deg(math.degrees(math.atan2(-math.sin(hour_angle), across)))
    true_deg = sun_elevation_deg(at, lat_deg, lon_deg)
    # Below the horizon the formula has no meaning; as much as at the horizon is added there.
    above = max(true_deg, -1.0)
    lifted_deg = 1.02 / 60.0 / math.tan(math.radians(above + 10.3 / (above + 5.11)))
    return SunDirection(azimuth_deg, min(90.0, true_deg + lifted_deg))


def light_of(at: datetime, lat_deg: float, lon_deg: float) -> Light:
    """Return the light of a place: day from sunrise to sunset, twilight while the sun is less than 6 degrees down.

    Parameters
    ----------
    at, lat_deg, lon_deg
        As of `sun_elevation_deg`.

    Returns
    -------
    Light
        Of the level horizon: mountains and clouds make it darker, never lighter.
    """
    elevation = sun_elevation_deg(at, lat_deg, lon_deg)
    if elevation >= SUNRISE_DEG:
        return Light.DAY
    return Light.TWILIGHT if elevation >= CIVIL_TWILIGHT_DEG else Light.NIGHT


def _local_place(at: datetime, lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    """Return the latitude, the sun's declination and its hour angle [rad]."""
    require_utc("instant", at)
    require_between("latitude (deg)", lat_deg, -90.0, 90.0)
    require_between("longitude (deg)", lon_deg, -180.0, 180.0)
    days = (at - _J2000).total_seconds() / _DAY_S
    right_ascension, declination = _apparent_place(days / _CENTURY_DAYS)
    sidereal_deg = 280.46061837 + 360.98564736629 * days
    return math.radians(lat_deg), declination, math.radians(sidereal_deg + lon_deg) - right_ascension


def _apparent_place(t: float) -> tuple[float, float]:
    """Return the sun's apparent right ascension and declination [rad]; `t` in centuries from J2000.

    Meeus takes dynamical time; universal time, about a minute behind, moves the sun by less than 0.001 degrees.
    """
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly = math.radians(357.52911 + t * (35999.05029 - t * 0.0001537))
    centre = (
        (1.914602 - t * (0.004817 + t * 0.000014)) * math.sin(anomaly)
        + (0.019993 - t * 0.000101) * math.sin(2.0 * anomaly)
        + 0.000289 * math.sin(3.0 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * t)
    longitude = math.radians(mean_longitude + centre - 0.00569 - 0.00478 * math.sin(node))
    tilt = math.radians(23.4392911 - t * (0.0130042 + t * (1.64e-7 - t * 5.036e-7)) + 0.00256 * math.cos(node))
    right_ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    return right_ascension, math.asin(math.sin(tilt) * math.sin(longitude))
