"""Units of the wind in tables, and how they are spelt."""

from __future__ import annotations

__all__ = ["WIND_UNITS", "one_wind_unit", "wind_unit_of"]

# km/h in one of each unit: the international knot is 1.852 km/h.
WIND_UNITS = {"km/h": 1.0, "m/s": 3.6, "kn": 1.852}
_SPELLINGS = {
    "kmh": "km/h",
    "kph": "km/h",
    "ms": "m/s",
    "kn": "kn",
    "kt": "kn",
    "kts": "kn",
    "knots": "kn",
    "mph": "mph",
}


def wind_unit_of(spelling: str) -> str:
    """Return a unit by its usual name, or as it is spelt where it is none that we know."""
    plain = spelling.strip().lower()
    return plain if plain in WIND_UNITS else _SPELLINGS.get(plain.replace("/", ""), plain)


def one_wind_unit(wind_unit: str) -> str:
    """Return the words for what is allowed where one unit is expected."""
    return f"{wind_unit}, as the wind unit was given; the units known are {', '.join(WIND_UNITS)}"
