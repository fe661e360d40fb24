"""Turns what a technician types into values: names, places, degrees."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.domain.ids import SLUG_PATTERN
from firewatch_edge.cli.setup.asking import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOT_KNOWN", "azimuth_to", "kind_of", "read_name", "read_number", "read_place"]

# Typed in place of what is not known yet.
NOT_KNOWN = {"-", "later", "以后"}
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_PAIR = re.compile(rf"({_NUMBER})\s*[,，;；\s]\s*({_NUMBER})")  # noqa: RUF001 - as a Chinese keyboard types them
_SEXAGESIMAL = re.compile(
    r"(\d+)\s*[°度d]\s*(?:(\d+(?:\.\d+)?)\s*['′分m]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:\"|″|''|秒|s)\s*)?([NSEW北南东西])?",  # noqa: RUF001 - as maps write them
    re.IGNORECASE,
)
_VIDEOS = {".mp4", ".mkv", ".avi", ".mov", ".ts", ".m4v", ".webm"}
# WGS 84: semi-major axis [m] and squared eccentricity.
_A_M, _E2 = 6_378_137.0, 6.694_379_990_14e-3
_MOST_LAT, _MOST_LON = 90.0, 180.0


def read_name(taken: frozenset[str] = frozenset()) -> Callable[[str], str]:
    """Return what reads the name of a tower or camera."""

    def read(typed: str) -> str:
        if not re.fullmatch(SLUG_PATTERN, typed):
            raise Refused("name", typed=typed)
        if typed in taken:
            raise Refused("taken", typed=typed)
        return typed

    return read


def read_number(least: float, most: float, *, below: bool = False) -> Callable[[str], float]:
    """Return what reads a number within bounds; with `below` the upper one is not allowed itself."""

    def read(typed: str) -> float:
        try:
            value = float(typed.removesuffix("°").removesuffix("m").strip())
        except ValueError as err:
            raise Refused("number", typed=typed, least=f"{least:g}", most=f"{most:g}") from err
        if not (least <= value < most if below else least <= value <= most):
            raise Refused("number", typed=typed, least=f"{least:g}", most=f"{most:g}")
        return value

    return read


def read_place(typed: str) -> tuple[float, float]:
    """Read latitude and longitude, in degrees or in degrees, minutes and seconds."""
    found = _PAIR.fullmatch(typed.strip().strip("()"))
    if found is not None:
        lat, lon = float(found[1]), float(found[2])
    else:
        parts = [_degrees(*each) for each in _SEXAGESIMAL.findall(typed)]
        if len(parts) != 2:  # noqa: PLR2004 - a latitude and a longitude
            raise Refused("place", typed=typed)
        lat, lon = parts
    if abs(lat) > _MOST_LAT and abs(lon) <= _MOST_LAT:
        raise Refused("swapped", typed=typed)
    if abs(lat) > _MOST_LAT or abs(lon) > _MOST_LON:
        raise Refused("place", typed=typed)
    return lat, lon


def _degrees(whole: str, minutes: str, seconds: str, side: str) -> float:
    value = float(whole) + float(minutes or 0) / 60.0 + float(seconds or 0) / 3600.0
    return -value if side.upper() in {"S", "W", "南", "西"} else value


def kind_of(place: str) -> str:
    """Return the kind of camera that is found at an address or path; "web" where it may be snapshot or MJPEG.

    Raises
    ------
    Refused
        If it is neither an address that can be one of a camera, nor a path.
    """
    scheme = place.partition("://")[0].lower() if "://" in place else ""
    if scheme in {"rtsp", "rtsps"}:
        return "stream"
    if scheme in {"http", "https"}:
        return "web"
    if scheme:
        raise Refused("scheme", scheme=scheme)
    if place.startswith("/dev/"):
        return "device"
    path = Path(place).expanduser()
    if path.is_dir():
        return "folder"
    if path.suffix.lower() in _VIDEOS:
        return "video"
    raise Refused("source", typed=place)


def azimuth_to(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float) -> tuple[float, float]:
    """Return the true azimuth [deg] and distance [m] from one place to another at most about 50 km away.

    Gauss's mid-latitude formulae on the WGS 84 ellipsoid: good to a hundredth of a degree at that distance.

    References
    ----------
    .. [1] R. H. Rapp, Geometric Geodesy, part I (1991): Gauss mid-latitude formulae of the inverse problem.
    """
    middle = math.radians(0.5 * (lat_deg + to_lat_deg))
    d_lat = math.radians(to_lat_deg - lat_deg)
    d_lon = math.radians(math.remainder(to_lon_deg - lon_deg, 360.0))
    w2 = 1.0 - _E2 * math.sin(middle) ** 2
    north_m = d_lat * _A_M * (1.0 - _E2) / w2**1.5
    east_m = d_lon * math.cos(middle) * _A_M / math.sqrt(w2)
    # The azimuth at the middle, less half of what the meridians converge by.
    azimuth = math.atan2(east_m, north_m) - 0.5 * d_lon * math.sin(middle)
    return math.degrees(azimuth) % 360.0, math.hypot(east_m, north_m)
