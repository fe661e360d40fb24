"""Where a site lies, when its sun rises and sets, and how much of it reaches the ground.

References
----------
.. [1] Spencer, J.W. (1971). Fourier series representation of the position of the sun. Search 2(5), 172: equation of
   time and declination, in the form of the "General solar position calculations" of NOAA's Global Monitoring Division.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Times: TypeAlias = npt.NDArray[np.datetime64]

__all__ = ["Sites", "SunTimes", "far_clocks", "near_clocks", "solar_radiation_kw_m2", "sun_times"]

# The sun's centre when its upper edge is seen on the horizon: refraction and half its width [deg].
_AT_THE_EDGE_DEG = 90.833
_DAYS_A_YEAR = 365.0
_DEG_AN_HOUR = 15.0
# A clock this far from the sun is not the site's: a sign of the longitude turned round, a zone of another country [h].
_FARTHEST_CLOCK_H = 4.0
# Of the sun at the top of the air, what a dry sky lets through, and how soon a drier air does [kW/m2, 1/hPa]. Found
# from the vectors of the reference program: see docs/explanation/danger.md.
_CLEAREST_KW_M2 = 0.92
_CLEARING_PER_HPA = 0.22
# Less than this is night [kW/m2].
_FAINTEST_KW_M2 = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Where stations or cells lie.

    Parameters
    ----------
    lat_deg, lon_deg, utc_offset_h : ndarray, shape (sites,), float64
        Latitude -90 to 90 and longitude -180 to 180, east positive [deg]; hours that the clock of the readings is
        ahead of UTC, -12 to 14 and within 4 h of what the longitude says [h].

    Raises
    ------
    InvalidValue
        If the shapes differ or a value is out of range or missing.
    """

    lat_deg: Numbers
    lon_deg: Numbers
    utc_offset_h: Numbers

    def __post_init__(self) -> None:
        shapes = {np.shape(array) for array in (self.lat_deg, self.lon_deg, self.utc_offset_h)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise InvalidValue("shapes of the sites' arrays", sorted(shapes), "one shape (sites,) for all three")
        for what, values, low, high in (
            ("latitude (deg)", self.lat_deg, -90.0, 90.0),
            ("longitude, east positive (deg)", self.lon_deg, -180.0, 180.0),
            ("hours ahead of UTC", self.utc_offset_h, -12.0, 14.0),
        ):
            require_range(what, np.where(np.isnan(values), np.inf, values), low, high)
        for index in far_clocks(self.lon_deg, self.utc_offset_h)[:1]:
            what = f"hours ahead of UTC at ({index},)"
            raise InvalidValue(what, float(self.utc_offset_h[index]), near_clocks(float(self.lon_deg[index])))

    def part(self, of: slice) -> Sites:
        """Return some of the sites."""
        return Sites(self.lat_deg[of], self.lon_deg[of], self.utc_offset_h[of])


def far_clocks(lon_deg: Numbers, utc_offset_h: Numbers) -> npt.NDArray[np.intp]:
    """Return where a clock cannot be the site's: too many hours from the mean sun of its longitude."""
    apart = np.abs(utc_offset_h - lon_deg / _DEG_AN_HOUR) % 24.0
    return np.flatnonzero(np.minimum(apart, 24.0 - apart) > _FARTHEST_CLOCK_H)


def near_clocks(lon_deg: float) -> str:
    """Return which clocks are believed at a longitude [deg], in words."""
    east = lon_deg / _DEG_AN_HOUR
    low, high = east - _FARTHEST_CLOCK_H, east + _FARTHEST_CLOCK_H
    return f"{low:.1f} to {high:.1f} h at longitude {lon_deg:g}, which is positive in the east"


@dataclass(frozen=True, slots=True, eq=False)
class SunTimes:
    """Sunrise and sunset, shape (days, sites), hours after midnight of the site's clock [h].

    Where the sun does not set they lie 24 h apart, where it does not rise they are equal.
    """

    sunrise_h: Numbers
    sunset_h: Numbers

    @property
    def sunlight_h(self) -> Numbers:
        """How long the sun is up [h]."""
        return self.sunset_h - self.sunrise_h


def sun_times(sites: Sites, day: Times) -> SunTimes:
    """Return when the sun rises and sets.

    Parameters
    ----------
    sites : Sites, shape (sites,)
        Where.
    day : ndarray, shape (days,), datetime64[D]
        Which days.

    Returns
    -------
    SunTimes, shape (days, sites)

    References
    ----------
    .. [1] Spencer (1971), as NOAA gives it. Every year has 365 days in it, as in the reference program's one year.
    """
    equation_min, declination = _spencer(day)
    lat = np.radians(sites.lat_deg)
    cosine = np.cos(np.radians(_AT_THE_EDGE_DEG)) / (np.cos(lat) * np.cos(declination))
    half_day_deg = np.degrees(np.arccos(np.clip(cosine - np.tan(lat) * np.tan(declination), -1.0, 1.0)))
    rise_min = 720.0 - 4.0 * (sites.lon_deg + half_day_deg) - equation_min
    set_min = 720.0 - 4.0 * (sites.lon_deg - half_day_deg) - equation_min
    return SunTimes(rise_min / 60.0 + sites.utc_offset_h, set_min / 60.0 + sites.utc_offset_h)


def solar_radiation_kw_m2(sites: Sites, hour: Times, temp_c: Numbers, rh_pct: Numbers) -> Numbers:
    """Return the sun's radiation at the ground [kW/m2], estimated from its height and the dryness of the air.

    Parameters
    ----------
    sites : Sites, shape (sites,)
        Where.
    hour : ndarray, shape (hours,), datetime64[h]
        When, by the sites' clocks.
    temp_c, rh_pct : ndarray, shape (hours, sites)
        Temperature [deg C] and relative humidity [%].

    Returns
    -------
    ndarray, shape (hours, sites)
        0 at night and below 0.0001 kW/m2.
    """
    equation_min, declination = _spencer(hour.astype("datetime64[D]"))
    clock_min = 60.0 * (hour - hour.astype("datetime64[D]")).astype(np.float64)[:, None]
    site_min = 4.0 * sites.lon_deg - 60.0 * sites.utc_offset_h
    lat = np.radians(sites.lat_deg)
    # The cosine of the hour angle: the clock's angle and the site's, so that no cosine is taken of each value.
    clock, site = np.radians((clock_min + equation_min) / 4.0 - 180.0), np.radians(site_min / 4.0)
    turn = np.cos(clock) * np.cos(site) - np.sin(clock) * np.sin(site)
    height = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * turn
    deficit_hpa = 6.11 * (1.0 - rh_pct / 100.0) * np.exp(17.29 * temp_c / (237.3 + temp_c))
    radiation = height * _CLEAREST_KW_M2 * (1.0 - np.exp(-_CLEARING_PER_HPA * deficit_hpa))
    return np.where(radiation < _FAINTEST_KW_M2, 0.0, radiation)


def _spencer(day: Times) -> tuple[Numbers, Numbers]:
    """Return the equation of time [min] and the sun's declination [rad] of days, shape (days, 1)."""
    since = (day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64)[:, None]
    g = 2.0 * np.pi / _DAYS_A_YEAR * since
    equation_min = 229.18 * (
        0.000075 + 0.001868 * np.cos(g) - 0.032077 * np.sin(g) - 0.014615 * np.cos(2.0 * g) - 0.040849 * np.sin(2.0 * g)
    )
    declination = (
        0.006918
        - 0.399912 * np.cos(g)
        + 0.070257 * np.sin(g)
        - 0.006758 * np.cos(2.0 * g)
        + 0.000907 * np.sin(2.0 * g)
        - 0.002697 * np.cos(3.0 * g)
        + 0.00148 * np.sin(3.0 * g)
    )
    return equation_min, declination
