"""Where the fire of some sightings is, by all that the centre knows: directions, heights, silences, where fires start.

One posterior for everybody: its most likely point is the position of an incident, its regions are what the map shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from firewatch.errors import NoFixError
from firewatch.fusion import ElevationAngle, Eye, SightLine, locate_fire
from firewatch.fusion.agreement import masts_of
from firewatch.fusion.rays import AssociationRules, gather_rays
from firewatch.fusion.sight import mean_angle
from firewatch.geodesy import inverse
from firewatch.services.seen_rasters import rasters_of, with_views
from firewatch.services.sight_lines import calm, line_today, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.domain.sites import Camera, SiteMap, Tower
    from firewatch.domain.vision import Sighting
    from firewatch.fusion import Ground, NotSeen, Posterior
    from firewatch.fusion.posterior import Prior
    from firewatch.fusion.rays import Placed, Ray
    from firewatch.services.sight_lines import WindOf
    from firewatch.terrain import TerrainGrid

    # From some towers, at least one, to heights around them and what each sees; None without a model, or not yet.
    GroundOf: TypeAlias = Callable[[Sequence[Tower]], Ground | None]

__all__ = ["FirePrior", "Location", "Locator", "Silences", "flat", "likely_place"]

# Where nobody measured the tilt it was set by eye, or left at 0 in a file: several degrees wrong is usual [deg].
_GUESSED_TILT_DEG = 3.0
# Silent towers that are asked at most, the nearest first: those farther off say little, and each costs a viewshed.
_MOST_LOOKERS = 3
_KEPT = 500
# The common ground of more towers than this is too wide to be kept for each; then bearings alone divide fires.
_MOST_TOGETHER = 12
# A wedge without a range has two thirds.
_RANGED = 1.0 / 3.0


class Silences(Protocol):
    """Who looked and reported nothing."""

    def of(self, sightings: Sequence[Sighting], towers: Sequence[Tower]) -> tuple[NotSeen, ...]:
        """Return the views of these towers that were looking while some sightings, at least one, lasted."""
        ...


class FirePrior(Protocol):
    """Where fires start before anybody sees smoke."""

    def over(self, grid: TerrainGrid, at: datetime) -> Prior | None:
        """Return the logarithm of fires per km2 over a plane at an instant; None where nothing is known.

        The same object comes for the same knowledge, so that whoever keeps results can tell that nothing changed.
        """
        ...


def flat(_towers: Sequence[Tower]) -> None:
    """Return no ground: everything lies on the plane."""


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """Where one fire may be, and by what.

    Parameters
    ----------
    posterior : Posterior
        The probability over the map.
    is_flat : bool
        Whether no terrain model was there: hills may hide places that are within the regions.
    masts : int
        From how many places it is seen.
    is_ranged : bool
        Whether an elevation angle and the ground told how far it is, to a third of the distance.
    """

    posterior: Posterior
    is_flat: bool
    masts: int
    is_ranged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of a fire; `grounds` is the ground of the towers that see it, and that with each silent one."""

    lines: tuple[SightLine, ...]
    silences: tuple[NotSeen, ...]
    grounds: tuple[Ground, ...]
    prior: Prior | None

    def is_the_same(self, other: _Known) -> bool:
        is_same_map = rasters_of(self.grounds) == rasters_of(other.grounds) and self.prior is other.prior
        return is_same_map and (self.lines, self.silences) == (other.lines, other.silences)

    def locate(self) -> Posterior:
        ground = with_views(*self.grounds) if self.grounds else None
        return locate_fire(self.lines, self.silences, ground, self.prior)


class Locator:
    """Makes the posterior of some sightings.

    It is a function of the set of sightings, the sites, and what the ports say of that time: the order of arrival does
    not matter.

    Parameters
    ----------
    sites : SiteMap
        Where towers stand, how their cameras look and how far they see.
    ground_of : callable
        From some towers to heights around them and what each sees, or None; by default there is only the plane.
    silences : Silences or None
        Port; None where nobody knows who looked.
    prior : FirePrior or None
        Port; None where fires are as likely everywhere. It needs the ground.
    wind_of : callable
        From a place and an instant to the wind that smoke leans with, or None; by default nobody knows it.
    """

    def __init__(
        self,
        sites: SiteMap,
        ground_of: GroundOf = flat,
        silences: Silences | None = None,
        prior: FirePrior | None = None,
        wind_of: WindOf = calm,
    ) -> None:
        self._sites = sites
        self._ground_of = ground_of
        self._silences = silences
        self._prior = prior
        self._wind_of = wind_of
        self._fixes: dict[tuple[SightLine, ...], tuple[_Known, Fix | None]] = {}

    def placed(self, sighting: Sighting) -> Placed | None:
        """Return what association needs of a sighting, its foot's height with it; None where it is on no map."""
        found = place(sighting, self._sites, self._wind_of)
        if found is None:
            return None
        tower, camera = self._camera(sighting)
        height_m = _eye_height_m(tower, camera, sighting, self._ground_of([tower]))
        return replace(found, elevation=_elevation(sighting, camera), height_m=height_m)

    def ground(self, towers: Sequence[TowerId]) -> Ground | None:
        """Return the ground around some towers and what each sees; None without a model, or of too many towers."""
        known = [tower for tower in self._sites.towers if tower.tower_id in towers]
        return self._ground_of(known) if 0 < len(known) <= _MOST_TOGETHER else None

    def locate(self, sightings: Iterable[Sighting]) -> Location | None:
        """Return where the fire of some sightings may be; None where none is of a camera on the map.

        Raises
        ------
        NoFixError
            If no place within reach explains them.
        """
        known = self._known(sightings)
        if known is None:
            return None
        masts = set(masts_of({line.eye.tower_id: line.eye.position for line in known.lines}).values())
        is_flat, found = not known.grounds, known.locate()
        has_angle = any(line.elevation is not None and line.eye.height_m is not None for line in known.lines)
        far_m = inverse(known.lines[0].eye.position, found.fix.position).distance_m
        is_ranged = has_angle and not is_flat and found.ellipse.major_m <= _RANGED * far_m
        return Location(found, is_flat, len(masts), is_ranged)

    def fix(self, sightings: Iterable[Sighting]) -> Fix | None:
        """Return the most likely place with its ellipse; None where no place explains the sightings.

        What was found before is kept: open incidents are looked at again and again.
        """
        known = self._known(sightings)
        if known is None:
            return None
        kept = self._fixes.pop(known.lines, None)
        if kept is None or not kept[0].is_the_same(known):
            kept = known, _fix(known)
        self._fixes[known.lines] = kept
        while len(self._fixes) > _KEPT:
            del self._fixes[next(iter(self._fixes))]
        return kept[1]

    def _known(self, sightings: Iterable[Sighting]) -> _Known | None:
        known = {sighting.sighting_id: sighting for sighting in sightings}
        placed = [
            one
            for one in (place(sighting, self._sites, self._wind_of) for sighting in known.values())
            if one is not None
        ]
        if not placed:
            return None
        seen = [known[one.sighting_id] for one in placed]
        seeing = self._towers(placed)
        ground = self._ground_of(seeing)
        lines = tuple(self._line(ray, known, ground) for ray in gather_rays(placed, AssociationRules()))
        if ground is None:
            return _Known(lines, (), (), None)
        silences, views = self._silent(seen, seeing)
        return _Known(lines, silences, (ground, *views), self._prior_of(seen, ground))

    def _towers(self, placed: Sequence[Placed]) -> list[Tower]:
        ids = {one.tower_id for one in placed}
        return [tower for tower in self._sites.towers if tower.tower_id in ids]

    def _lookers(self, seeing: Sequence[Tower]) -> list[Tower]:
        """Return the towers on other masts whose reach overlaps that of those which see it, the nearest first."""
        found = []
        for tower in self._sites.towers:
            gaps_m = [inverse(tower.position, one.position).distance_m - _reach_m(one) for one in seeing]
            masts = masts_of({one.tower_id: one.position for one in (*seeing, tower)})
            is_apart = all(masts[tower.tower_id] != masts[one.tower_id] for one in seeing)
            if tower.cameras and is_apart and min(gaps_m) < _reach_m(tower):
                found.append((min(gaps_m), tower.tower_id, tower))
        return [tower for _, _, tower in sorted(found, key=lambda one: one[:2])][:_MOST_LOOKERS]

    def _silent(self, seen: Sequence[Sighting], seeing: Sequence[Tower]) -> tuple[tuple[NotSeen, ...], list[Ground]]:
        """Return who looked and reported nothing, and the grounds that say what they see.

        Behind a ridge a camera with open eyes sees nothing: only where it is known what it sees its silence counts.
        """
        if self._silences is None:
            return (), []
        silences = self._silences.of(seen, self._lookers(seeing))
        asked = {one.eye.tower_id: self._sites.tower(one.eye.tower_id) for one in silences}
        grounds = {who: self._ground_of([*seeing, tower]) for who, tower in asked.items() if tower is not None}
        views = {who: ground for who, ground in grounds.items() if ground is not None and who in ground.least_visible_m}
        return tuple(one for one in silences if one.eye.tower_id in views), [views[who] for who in sorted(views)]

    def _prior_of(self, seen: Sequence[Sighting], ground: Ground) -> Prior | None:
        if self._prior is None:
            return None
        return self._prior.over(ground.terrain, min(sighting.first_seen_at for sighting in seen))

    def _line(self, ray: Ray, sightings: Mapping[SightingId, Sighting], ground: Ground | None) -> SightLine:
        """Return one line for all that a mast saw in one direction."""
        first = sightings[ray.members[0].sighting_id]
        tower, camera = self._camera(first)
        # Of two towers far apart the common ground may have neither of them in it.
        height_m = None if ground is None else _eye_height_m(tower, camera, first, self._ground_of([tower]))
        # Of the same camera, for another one may hang higher.
        own = [s for s in (sightings[one.sighting_id] for one in ray.members) if _is_of(s, first)]
        angles = [angle for angle in (_elevation(sighting, camera) for sighting in own) if angle is not None]
        eye = Eye(tower.tower_id, tower.position, ray.range_m, height_m)
        return SightLine(eye, ray.bearing, mean_angle(angles) if angles else None)

    def _camera(self, sighting: Sighting) -> tuple[Tower, Camera]:
        tower = self._sites.tower(sighting.tower_id)
        assert tower is not None  # noqa: S101 - for the type checker: it is placed
        return tower, tower.camera(sighting.camera_id)


def likely_place(located: Location) -> Fix | None:
    """Return the most likely place of a fire that one place alone sees, where the ground told how far it is."""
    return located.posterior.fix if located.masts == 1 and located.is_ranged else None


def _fix(known: _Known) -> Fix | None:
    try:
        return known.locate().fix
    except NoFixError:
        return None


def _reach_m(tower: Tower) -> float:
    return max((camera.range_m for camera in tower.cameras), default=0.0)


def _is_of(sighting: Sighting, first: Sighting) -> bool:
    return (sighting.tower_id, sighting.camera_id) == (first.tower_id, first.camera_id)


def _eye_height_m(tower: Tower, camera: Camera, sighting: Sighting, ground: Ground | None) -> float | None:
    """Return the height of a camera above the geoid; None where nobody knows."""
    pose = next((one for one in camera.poses if one.pose_id == sighting.pose_id), camera.poses[0])
    up_m = 0.0 if pose.calibration.mount is None else pose.calibration.mount.up_m
    if tower.position.elevation_m is not None:
        return tower.position.elevation_m + up_m
    if ground is None:
        return None
    at = ground.terrain.plane.project(tower.position)
    below_m = float(ground.terrain.height_at(np.array(at.east_m), np.array(at.north_m)))
    return below_m + tower.mast_m + up_m if math.isfinite(below_m) else None


def _elevation(sighting: Sighting, camera: Camera) -> ElevationAngle | None:
    """Return the elevation angle of a smoke's foot; None where it is out of the picture, or nobody knows the tilt."""
    line = line_today(sighting, camera)
    if line is None or not line.is_base_in_view:
        return None
    is_measured = camera.pose(sighting.pose_id).calibration.errors is not None
    sigma_deg = line.elevation_sigma_deg if is_measured else math.hypot(line.elevation_sigma_deg, _GUESSED_TILT_DEG)
    return ElevationAngle(line.elevation_deg, min(90.0, sigma_deg))
