"""New moons and the longitude of the Sun by the formulas of Meeus: the lunar calendar is computed from them again.

Accuracy, against the Sun and Moon of the IAU's SOFA collection from 1950 to 2100: 25 s for new moons, 15 min for the
instants of solar terms.

References
----------
.. [1] Meeus (1998), Astronomical Algorithms, 2nd ed., chapters 25 (low accuracy) and 49.
.. [2] Espenak and Meeus (2006), Five Millennium Canon of Solar Eclipses, polynomials for Delta T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

J2000 = 2_451_545.0
TROPICAL_YEAR_DAYS = 365.2422
LUNATIONS_A_YEAR = 12.3685
_UNIX_EPOCH_JD = 2_440_587.5
_BEIJING_DAYS = 8 / 24

# Coefficient [days], power of the eccentricity factor, multiples of M, M', F, Omega; chapter 49.
_MOON_TERMS = (
    (-0.40720, 0, 0, 1, 0, 0), (0.17241, 1, 1, 0, 0, 0), (0.01608, 0, 0, 2, 0, 0), (0.01039, 0, 0, 0, 2, 0),
    (0.00739, 1, -1, 1, 0, 0), (-0.00514, 1, 1, 1, 0, 0), (0.00208, 2, 2, 0, 0, 0), (-0.00111, 0, 0, 1, -2, 0),
    (-0.00057, 0, 0, 1, 2, 0), (0.00056, 1, 1, 2, 0, 0), (-0.00042, 0, 0, 3, 0, 0), (0.00042, 1, 1, 0, 2, 0),
    (0.00038, 1, 1, 0, -2, 0), (-0.00024, 1, -1, 2, 0, 0), (-0.00017, 0, 0, 0, 0, 1), (-0.00007, 0, 2, 1, 0, 0),
    (0.00004, 0, 0, 2, -2, 0), (0.00004, 0, 3, 0, 0, 0), (0.00003, 0, 1, 1, -2, 0), (0.00003, 0, 0, 2, 2, 0),
    (-0.00003, 0, 1, 1, 2, 0), (0.00003, 0, -1, 1, 2, 0), (-0.00002, 0, -1, 1, -2, 0), (-0.00002, 0, 1, 3, 0, 0),
    (0.00002, 0, 0, 4, 0, 0),
)  # fmt: skip
# Argument at k = 0 [deg], its growth a lunation [deg], coefficient [1e-6 days]; of the first also -0.009173 T^2.
_PLANET_TERMS = (
    (299.77, 0.107408, 325), (251.88, 0.016321, 165), (251.83, 26.651886, 164), (349.42, 36.412478, 126),
    (84.66, 18.206239, 110), (141.74, 53.303771, 62), (207.14, 2.453732, 60), (154.84, 7.306860, 56),
    (34.52, 27.261239, 47), (207.19, 0.121824, 42), (291.34, 1.844379, 40), (161.72, 24.198154, 37),
    (239.56, 25.513099, 35), (331.55, 3.592518, 23),
)  # fmt: skip


@dataclass(frozen=True)
class Instant:
    """A day in China, and how far its event is from the nearer midnight [min]."""

    day: date
    from_midnight_min: float


def new_moon_jde(k: int) -> float:
    """Return the Julian ephemeris day of the k-th new moon after 6 January 2000."""
    t = k / 1236.85
    mean = 2451550.09766 + 29.530588861 * k + 0.00015437 * t**2 - 0.000000150 * t**3 + 0.00000000073 * t**4
    factor = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = 2.5534 + 29.10535670 * k - 0.0000014 * t**2 - 0.00000011 * t**3
    moon = 201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3 - 0.000000058 * t**4
    latitude = 160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3 + 0.000000011 * t**4
    node = 124.7746 - 1.56375588 * k + 0.0020672 * t**2 + 0.00000215 * t**3
    for size, power, a, b, c, d in _MOON_TERMS:
        mean += size * factor**power * math.sin(math.radians(a * sun + b * moon + c * latitude + d * node))
    for place, (start, growth, size) in enumerate(_PLANET_TERMS):
        bend = 0.009173 * t**2 if place == 0 else 0.0
        mean += size * 1e-6 * math.sin(math.radians(start + growth * k - bend))
    return mean


def sun_longitude_deg(jde: float) -> float:
    """Return the Sun's apparent longitude [deg], chapter 25, good to 0.01 deg."""
    t = (jde - J2000) / 36525
    anomaly = math.radians(357.52911 + 35999.05029 * t - 0.0001537 * t**2)
    centre = (1.914602 - 0.004817 * t - 0.000014 * t**2) * math.sin(anomaly)
    centre += (0.019993 - 0.000101 * t) * math.sin(2 * anomaly) + 0.000289 * math.sin(3 * anomaly)
    node = math.radians(125.04 - 1934.136 * t)
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t**2
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def solar_term_jde(year: int, longitude_deg: float) -> float:
    """Return when the Sun reaches a longitude in a civil year."""
    # On 1 January the Sun is near 280 deg.
    jde = J2000 + (year - 2000) * TROPICAL_YEAR_DAYS + ((longitude_deg - 280) % 360) / 360 * TROPICAL_YEAR_DAYS
    for _ in range(6):
        missing = (longitude_deg - sun_longitude_deg(jde) + 180) % 360 - 180
        jde += missing / 360 * TROPICAL_YEAR_DAYS
    return jde


def in_china(jde: float) -> Instant:
    """Return the day in China Standard Time (UTC+8)."""
    year = 2000 + (jde - J2000) / TROPICAL_YEAR_DAYS
    days = jde - _delta_t_s(year) / 86400 + _BEIJING_DAYS - _UNIX_EPOCH_JD
    whole = math.floor(days)
    return Instant(date.fromordinal(date(1970, 1, 1).toordinal() + whole), min(days - whole, 1 - days + whole) * 1440)


def _delta_t_s(year: float) -> float:
    """Return TT - UT [s], from 1941 to 2150."""
    if year < 1961:
        t = year - 1950
        return 29.07 + 0.407 * t - t**2 / 233 + t**3 / 2547
    if year < 1986:
        t = year - 1975
        return 45.45 + 1.067 * t - t**2 / 260 - t**3 / 718
    t = year - 2000
    if year < 2005:
        early = 63.86 + 0.3345 * t - 0.060374 * t**2
        return early + 0.0017275 * t**3 + 0.000651814 * t**4 + 0.00002373599 * t**5
    if year < 2050:
        return 62.92 + 0.32217 * t + 0.005589 * t**2
    return -20 + 32 * ((year - 1820) / 100) ** 2 - 0.5628 * (2150 - year)
