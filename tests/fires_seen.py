"""Four towers, two fires, and what the ones see of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion import Placed
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

if TYPE_CHECKING:
    from firewatch.fusion import Group

PLANE = LocalPlane(Position(26.9, 112.6))
NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)


def place(east_km: float, north_km: float) -> Position:
    return PLANE.unproject(PlanePoint(1000.0 * east_km, 1000.0 * north_km))


TOWERS = {"a": place(-6, 0), "b": place(5, -4), "c": place(0, 9), "d": place(7, 6)}


def sighting(
    name: str, tower: str, azimuth_deg: float, minute: float = 0.0, *, lasts_min: float = 0.0, **other: Any
) -> Placed:
    at = NOON + timedelta(minutes=minute)
    facts: dict[str, Any] = {
        "sighting_id": SightingId(name),
        "tower_id": TowerId(tower),
        "position": TOWERS.get(tower),
        "bearing": Bearing(wrap_deg(azimuth_deg), other.pop("sigma_deg", 0.5)),
        "range_m": 15_000.0,
        "first_seen_at": at,
        "observed_at": at + timedelta(minutes=lasts_min),
    }
    return Placed(**(facts | other))


def of(fire: Position, name: str, tower: str, minute: float = 0.0, **other: Any) -> Placed:
    off_deg = other.pop("off_deg", 0.0)
    at = other.get("position") or TOWERS[tower]
    return sighting(name, tower, inverse(at, fire).azimuth_deg + off_deg, minute, **other)


def members(groups: tuple[Group, ...]) -> list[list[str]]:
    return [list(group.members) for group in groups]


FIRE, SECOND = place(1.5, 0.7), place(-3.0, 3.0)
