"""The fires where bearings cross, as `firewatch locate` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.ids import SightingId
from firewatch.fusion import AssociationRules, Eye, Placed, SightLine, as_geometry, locate_fire, partition, region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.cli.bearings_file import FileBearing
    from firewatch.cli.bearings_ground import SeenGround
    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import TowerId
    from firewatch.fusion import Group, Posterior

__all__ = ["GroundSource", "LocatedBearings", "locate"]

# No camera sees smoke farther: the bound that `intersect` has.
_RANGE_M = 40_000.0
# A file tells no times: all bearings are taken as of one instant.
_AT = datetime(2000, 1, 1, tzinfo=UTC)
# Each bearing of a file stands by its own sigma: no allowance for a plume that drifts between sightings.
_RULES = AssociationRules(same_direction_deg=0.0)
_REGIONS = {"region50": 0.5, "region90": 0.9}
_RATHER_WRONG = 0.5


@dataclass(frozen=True, slots=True)
class LocatedBearings:
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


class GroundSource(Protocol):
    """Where the ground comes from."""

    def around(self, members: Sequence[FileBearing]) -> SeenGround | None:
        """Return the ground around the towers of some bearings, or None where nobody knows it."""


def locate(bearings: Sequence[FileBearing], source: GroundSource | None = None) -> LocatedBearings:
    """Return the answer of `firewatch locate`: fires and what could not be located.

    Parameters
    ----------
    bearings : sequence of FileBearing
        In any order: it does not change the answer.
    source : GroundSource, optional
        The ground; it counts where a bearing has an elevation angle.

    Returns
    -------
    LocatedBearings
    """
    # Names follow the content, so that the file's order does not matter even where everything else is equal.
    ordered = {SightingId(f"{number:06d}"): one for number, one in enumerate(sorted(bearings, key=_canonical))}
    groups = _divided(ordered, source)
    fires, unlocated = [], []
    for group in groups:
        members = [ordered[name] for name in group.members]
        if group.fix is not None:
            fires.append(_fire(group, group.fix, members, source))
        else:
            unlocated.append(_unlocated(group) | _alone(members, source))
    ambiguous = sum(group.fix is None and group.rivals > 0 for group in groups)
    return LocatedBearings({"fires": fires, "unlocated": unlocated}, ambiguous)


def _divided(ordered: Mapping[SightingId, FileBearing], source: GroundSource | None) -> tuple[Group, ...]:
    """Return the fires by the bearings; where these leave a doubt and there is ground, by it and the angles too."""
    groups = partition([_placed(name, one, {}) for name, one in ordered.items()], _RULES)
    doubtful = [ordered[name] for group in groups if group.possible_places or group.rivals for name in group.members]
    seen = _ground(doubtful, source)
    if seen is None:
        return groups
    placed = [_placed(name, one, seen.lens_m) for name, one in ordered.items()]
    return partition(placed, _RULES, ground_of=lambda _towers: seen.ground)


def _canonical(one: FileBearing) -> tuple[object, ...]:
    angle = (one.elevation.angle_deg, one.elevation.sigma_deg) if one.elevation else ()
    at = one.seen.position
    height = () if one.height_m is None else (one.height_m,)
    bearing = one.seen.bearing
    return one.seen.tower_id, bearing.azimuth_deg, bearing.sigma_deg, at.lat_deg, at.lon_deg, angle, height


def _placed(name: SightingId, one: FileBearing, lens_m: Mapping[TowerId, float]) -> Placed:
    tower_id, height_m = one.seen.tower_id, lens_m.get(one.seen.tower_id)
    angle = None if height_m is None else one.elevation
    return Placed(name, tower_id, one.seen.position, one.seen.bearing, _RANGE_M, _AT, _AT, angle, height_m)


def _ground(members: Sequence[FileBearing], source: GroundSource | None) -> SeenGround | None:
    has_angle = any(one.elevation is not None for one in members)
    return source.around(members) if source is not None and has_angle else None


def _posterior(members: Sequence[FileBearing], seen: SeenGround | None) -> Posterior:
    lens_m = seen.lens_m if seen else {}
    eyes = [Eye(one.seen.tower_id, one.seen.position, _RANGE_M, lens_m.get(one.seen.tower_id)) for one in members]
    lines = [SightLine(eye, one.seen.bearing, one.elevation) for eye, one in zip(eyes, members, strict=True)]
    return locate_fire(lines, ground=seen.ground if seen else None)


def _fire(group: Group, fix: Fix, members: Sequence[FileBearing], source: GroundSource | None) -> dict[str, object]:
    seen = _ground(members, source)
    posterior = _posterior(members, seen)
    if seen is not None:
        fix = posterior.fix
    wrong = [told for told in posterior.disagreements if told.probability > _RATHER_WRONG]
    told = [
        {"tower": w.tower_id, "probability": round(w.probability, 3), "turn_deg": round(w.turn_deg, 2)} for w in wrong
    ]
    return {
        "lat_deg": round(fix.position.lat_deg, 7),
        "lon_deg": round(fix.position.lon_deg, 7),
        "towers": list(group.towers),
        "ellipse": {
            "major_m": round(fix.ellipse.major_m, 2),
            "minor_m": round(fix.ellipse.minor_m, 2),
            "azimuth_deg": round(fix.ellipse.azimuth_deg, 2),
        },
        **_regions(posterior),
        **({"disagreement": told} if told else {}),
    }


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
    told: dict[str, object] = {"towers": list(group.towers), "reason": group.why_not}
    if places:
        told["could_be"] = places
    return told


def _alone(members: Sequence[FileBearing], source: GroundSource | None) -> dict[str, object]:
    """Return the regions of what one place sees: only the ground can say how far along its line the fire is."""
    seen = _ground(members, source)
    return {} if seen is None else _regions(_posterior(members, seen))


def _regions(posterior: Posterior) -> dict[str, object]:
    return {name: as_geometry(posterior, region(posterior, share)) for name, share in _REGIONS.items()}
