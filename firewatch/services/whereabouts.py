"""Where an incident may be, as a probability over the map, worked out when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.fusion import (
    Disagreement,
    Eye,
    SightLine,
    Square,
    as_geometry,
    locate_fire,
    region,
    squares,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.domain.vision import Sighting
    from firewatch.fusion import Ground, NotSeen

__all__ = ["Whereabouts", "whereabouts"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one fire may be.

    Parameters
    ----------
    region50, region90 : dict
        GeoJSON geometries of the smallest places that hold it with 50 and 90 %.
    disagreements : tuple of Disagreement
        Of each sighting's azimuth, by tower.
    squares : tuple of Square
        Of 0.01 degrees, the most likely first.
    is_flat : bool
        Whether no terrain model was there: hills may hide places that are within the region.
    """

    region50: dict[str, object]
    region90: dict[str, object]
    disagreements: tuple[Disagreement, ...]
    squares: tuple[Square, ...]
    is_flat: bool = True


def whereabouts(
    sightings: Iterable[Sighting],
    sites: SiteMap,
    silences: Sequence[NotSeen] = (),
    ground_of: Callable[[Sequence[Tower]], Ground | None] = lambda _towers: None,
) -> Whereabouts | None:
    """Return where the fire of some sightings may be.

    Parameters
    ----------
    sightings : iterable of Sighting
        The highest revisions, in any order.
    sites : SiteMap
        Where towers stand and how far their cameras see.
    silences : sequence of NotSeen
        Cameras that are known to have looked with open eyes, and saw nothing.
    ground_of : callable
        From the towers that see it to heights and visibility around them; None for the plane.

    Returns
    -------
    Whereabouts or None
        None where no sighting is of a camera on the map.
    """
    lines = [line for line in (_line(sighting, sites) for sighting in sightings) if line is not None]
    if not lines:
        return None
    towers = {line.eye.tower_id: sites.tower(line.eye.tower_id) for line in lines}
    ground = ground_of([tower for tower in towers.values() if tower is not None])
    found = locate_fire(lines, silences, ground)
    return Whereabouts(
        as_geometry(found, region(found, 0.5)),
        as_geometry(found, region(found, 0.9)),
        found.disagreements,
        squares(found),
        is_flat=ground is None,
    )


def _line(sighting: Sighting, sites: SiteMap) -> SightLine | None:
    tower = sites.tower(sighting.tower_id)
    camera = None if tower is None else next((c for c in tower.cameras if c.camera_id == sighting.camera_id), None)
    if tower is None or camera is None:
        return None
    return SightLine(Eye(tower.tower_id, tower.position, camera.range_m), sighting.bearing)
