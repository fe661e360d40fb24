"""Bearings from a JSON file, checked field by field: what `firewatch locate` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firewatch.domain.checks import require_between
from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import TowerId
from firewatch.errors import FirewatchError, InvalidValue
from firewatch.fusion import ElevationAngle, TowerBearing
from firewatch.fusion.intersect import SAME_MAST_M
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["BearingsFile", "FileBearing", "RefusedInput", "read_bearings"]

# What a surveyed camera's tilt and the foot of a plume are known to [deg].
_USUAL_ANGLE_SIGMA_DEG = 0.2
_NUMBERS = ("lat_deg", "lon_deg", "bearing_deg", "sigma_deg")
_OPTIONAL = ("elevation_deg", "elevation_sigma_deg", "height_m")


class RefusedInput(FirewatchError):
    """A file of bearings that cannot be used.

    Parameters
    ----------
    where : str
        The field, as ``bearings[2].lat_deg``.
    why : str
        What is wrong with it and what is allowed.
    """

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True, slots=True)
class FileBearing:
    """One entry of a file.

    Parameters
    ----------
    seen : TowerBearing
        Tower, place, azimuth.
    elevation : ElevationAngle or None
        Of the lowest visible smoke.
    height_m : float or None
        Of the camera above the ground [m].
    """

    seen: TowerBearing
    elevation: ElevationAngle | None = None
    height_m: float | None = None


@dataclass(frozen=True, slots=True)
class BearingsFile:
    """What a file holds.

    Parameters
    ----------
    bearings : tuple of FileBearing
        In the file's order.
    terrain : Path or None
        Where the heights of the ground lie; a path in the file is taken from the file's own folder.
    """

    bearings: tuple[FileBearing, ...]
    terrain: Path | None = None


def read_bearings(path: Path) -> BearingsFile:
    """Return what a file holds.

    Parameters
    ----------
    path : Path
        JSON as in `firewatch locate --help`.

    Returns
    -------
    BearingsFile

    Raises
    ------
    RefusedInput
        If the file cannot be read, is not JSON, or a field is missing, of the wrong type or out of range.
    """
    document = _read_document(path)
    entries = document.get("bearings")
    if not isinstance(entries, list):
        raise RefusedInput("bearings", "missing or not a list")
    bearings = tuple(_read_bearing(f"bearings[{number}]", entry) for number, entry in enumerate(entries))
    _require_one_place_a_tower([one.seen for one in bearings])
    terrain = document.get("terrain")
    if terrain is not None and not (isinstance(terrain, str) and terrain.strip() and _is_text(terrain)):
        raise RefusedInput("terrain", "a path in quotes is wanted, or leave the field out")
    return BearingsFile(bearings, None if terrain is None else path.parent / terrain)


def _read_document(path: Path) -> dict[str, Any]:
    try:
        # No digit of a bearing is lost in a float, and a number of thousands of digits is refused as one out of range.
        document = json.loads(path.read_bytes(), parse_int=float)
    except OSError as err:
        raise RefusedInput("file", f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise RefusedInput("file", f"not JSON (byte {err.start + 1} is no text in UTF-8)") from err
    except (ValueError, RecursionError) as err:
        raise RefusedInput("file", f"not JSON ({err})") from err
    if not isinstance(document, dict):
        raise RefusedInput("file", 'a JSON object {"bearings": [...]} is wanted')
    return document


def _read_bearing(where: str, entry: Any) -> FileBearing:
    if not isinstance(entry, dict):
        raise RefusedInput(where, "an object is wanted")
    tower = entry.get("tower")
    if not isinstance(tower, str) or not _is_text(tower):
        raise RefusedInput(f"{where}.tower", "missing or not a text")
    lat, lon, azimuth, sigma = (_read_number(f"{where}.{key}", entry.get(key)) for key in _NUMBERS)
    try:
        position = Position(lat, lon)
        seen = TowerBearing(TowerId(tower), position, Bearing(_true_azimuth(azimuth), sigma))
        return FileBearing(seen, *_read_angle(where, entry))
    except InvalidValue as err:
        raise RefusedInput(f"{where}.{_field_of(err)}", str(err)) from err


def _read_angle(where: str, entry: Any) -> tuple[ElevationAngle | None, float | None]:
    """Return the elevation angle and the height of the camera, each None where the file has none."""
    angle, sigma, height_m = (_read_optional(f"{where}.{key}", entry.get(key)) for key in _OPTIONAL)
    if height_m is not None:
        require_between("height above the ground (m)", height_m, 0.0, 500.0)
    if angle is None:
        return None, height_m
    return ElevationAngle(angle, _USUAL_ANGLE_SIGMA_DEG if sigma is None else sigma), height_m


def _read_optional(where: str, given: Any) -> float | None:
    return None if given is None else _read_number(where, given)


def _true_azimuth(azimuth_deg: float) -> float:
    """Allow what people write for north-west, -45, and for north, 360; refuse what is surely a mistake."""
    if not -180.0 <= azimuth_deg <= 360.0:  # noqa: PLR2004 - a full turn
        raise InvalidValue("bearing (deg)", azimuth_deg, "-180 to 360, true, clockwise from north")
    return wrap_deg(azimuth_deg)


def _field_of(err: InvalidValue) -> str:
    fields = {
        "latitude": "lat_deg",
        "longitude": "lon_deg",
        "tower": "tower",
        "bearing (deg)": "bearing_deg",
        "elevation angle": "elevation_deg",
        "elevation sigma": "elevation_sigma_deg",
        "height above": "height_m",
    }
    return next((field for start, field in fields.items() if err.what.startswith(start)), "sigma_deg")


def _is_text(given: str) -> bool:
    # JSON can spell half a character, which nothing can print.
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_number(where: str, given: Any) -> float:
    if not isinstance(given, float):
        raise RefusedInput(where, "missing or not a number")
    return given


def _require_one_place_a_tower(bearings: Sequence[TowerBearing]) -> None:
    first: dict[TowerId, Position] = {}
    for number, b in enumerate(bearings):
        anchor = first.setdefault(b.tower_id, b.position)
        away_m = inverse(anchor, b.position).distance_m
        if away_m >= SAME_MAST_M:
            why = f"tower {b.tower_id!r} stands {away_m:.0f} m away from where an earlier bearing has it"
            raise RefusedInput(f"bearings[{number}].lat_deg", f"{why}; one tower, one place")
