"""Bearings from a JSON file, and the fires where they cross, as `firewatch locate` prints them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import SightingId, TowerId
from firewatch.errors import FirewatchError, InvalidValue
from firewatch.fusion import AssociationRules, Placed, TowerBearing, partition, region_scale
from firewatch.fusion.intersect import SAME_MAST_M
from firewatch.geodesy import as_geojson_polygon, ellipse_polygon, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firewatch.domain.geo import Fix
    from firewatch.fusion import Group

__all__ = ["Located", "RefusedInput", "locate", "read_bearings"]

# No camera sees smoke farther: the bound that `intersect` has.
_RANGE_M = 40_000.0
# A file tells no times: all bearings are taken as of one instant.
_AT = datetime(2000, 1, 1, tzinfo=UTC)
# Each bearing of a file stands by its own sigma: no allowance for a plume that drifts between sightings.
_RULES = AssociationRules(same_direction_deg=0.0)
_NUMBERS = ("lat_deg", "lon_deg", "bearing_deg", "sigma_deg")


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
class Located:
    """What is printed.

    Parameters
    ----------
    answer : dict
        As docs/reference/commands.md has it.
    ambiguous : int
        How many of the unlocated could be at one of several places, as their bearings are paired.
    """

    answer: dict[str, object]
    ambiguous: int


def read_bearings(path: Path) -> list[TowerBearing]:
    """Return the bearings of a file.

    Parameters
    ----------
    path : Path
        JSON as in `firewatch locate --help`.

    Returns
    -------
    list of TowerBearing
        In the file's order.

    Raises
    ------
    RefusedInput
        If the file cannot be read, is not JSON, or a field is missing, of the wrong type or out of range.
    """
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
    entries = document.get("bearings")
    if not isinstance(entries, list):
        raise RefusedInput("bearings", "missing or not a list")
    bearings = [_read_bearing(f"bearings[{number}]", entry) for number, entry in enumerate(entries)]
    _require_one_place_a_tower(bearings)
    return bearings


def locate(bearings: Sequence[TowerBearing]) -> Located:
    """Return the answer of `firewatch locate`: fires and what could not be located.

    Parameters
    ----------
    bearings : sequence of TowerBearing
        In any order: it does not change the answer.

    Returns
    -------
    Located
    """
    groups = partition(_as_placed(bearings), _RULES)
    fires = [_fire(group, group.fix) for group in groups if group.fix is not None]
    unlocated = [_unlocated(group) for group in groups if group.fix is None]
    return Located({"fires": fires, "unlocated": unlocated}, sum(g.fix is None and g.rivals > 0 for g in groups))


def _unlocated(group: Group) -> dict[str, object]:
    places = [
        {
            "lat_deg": round(place.fix.position.lat_deg, 7),
            "lon_deg": round(place.fix.position.lon_deg, 7),
            "towers": list(place.towers),
            "probability": round(place.chance, 3),
        }
        for place in group.possible_places
    ]
    could_be = {"could_be": places} if places else {}
    return {"towers": list(group.towers), "reason": group.why_not} | could_be


def _as_placed(bearings: Sequence[TowerBearing]) -> list[Placed]:
    # Names follow the content, so that the file's order does not matter even where everything else is equal.
    ordered = sorted(bearings, key=lambda b: (b.tower_id, b.bearing.azimuth_deg, b.bearing.sigma_deg))
    return [
        Placed(SightingId(f"{number:06d}"), b.tower_id, b.position, b.bearing, _RANGE_M, _AT, _AT)
        for number, b in enumerate(ordered)
    ]


def _fire(group: Group, fix: Fix) -> dict[str, object]:
    return {
        "lat_deg": round(fix.position.lat_deg, 7),
        "lon_deg": round(fix.position.lon_deg, 7),
        "towers": list(group.towers),
        "ellipse": {
            "major_m": round(fix.ellipse.major_m, 2),
            "minor_m": round(fix.ellipse.minor_m, 2),
            "azimuth_deg": round(fix.ellipse.azimuth_deg, 2),
        },
        "region50": _region(fix, 0.5),
        "region90": _region(fix, 0.9),
    }


def _region(fix: Fix, probability: float) -> dict[str, object]:
    return as_geojson_polygon(ellipse_polygon(fix.position, fix.ellipse, region_scale(probability)))


def _read_bearing(where: str, entry: Any) -> TowerBearing:
    if not isinstance(entry, dict):
        raise RefusedInput(where, "an object is wanted")
    tower = entry.get("tower")
    if not isinstance(tower, str) or not _is_text(tower):
        raise RefusedInput(f"{where}.tower", "missing or not a text")
    lat, lon, azimuth, sigma = (_read_number(f"{where}.{key}", entry.get(key)) for key in _NUMBERS)
    try:
        position = Position(lat, lon)
        return TowerBearing(TowerId(tower), position, Bearing(_true_azimuth(azimuth), sigma))
    except InvalidValue as err:
        raise RefusedInput(f"{where}.{_field_of(err)}", str(err)) from err


def _true_azimuth(azimuth_deg: float) -> float:
    """Allow what people write for north-west, -45, and for north, 360; refuse what is surely a mistake."""
    if not -180.0 <= azimuth_deg <= 360.0:  # noqa: PLR2004 - a full turn
        raise InvalidValue("bearing (deg)", azimuth_deg, "-180 to 360, true, clockwise from north")
    return wrap_deg(azimuth_deg)


def _field_of(err: InvalidValue) -> str:
    fields = {"latitude": "lat_deg", "longitude": "lon_deg", "tower": "tower", "bearing (deg)": "bearing_deg"}
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
