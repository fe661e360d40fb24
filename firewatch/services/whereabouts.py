"""Where an incident may be, as a probability over the map, worked out when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.errors import NoFixError
from firewatch.fusion import Disagreement, Square, as_geometry, region, squares
from firewatch.services.locating import likely_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.geo import Fix
    from firewatch.domain.vision import Sighting
    from firewatch.services.locating import Locator
    from firewatch.services.townships import Townships, TownshipShare

__all__ = ["Whereabouts", "whereabouts"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one fire may be.

    Parameters
    ----------
    best : Fix or None
        The most likely point, within the 50 % region, with the ellipse; None where one place alone sees it and nothing
        tells how far it is.
    region50, region90 : dict
        GeoJSON geometries of the smallest places that hold it with 50 and 90 %.
    disagreements : tuple of Disagreement
        Of each direction's azimuth, by tower.
    squares : tuple of Square
        Of 0.01 degrees, the most likely first.
    is_flat : bool
        Whether no terrain model was there: hills may hide places that are within the region.
    likely_point : Fix or None
        The same as `best` where one place alone sees it and the ground told how far it is; else None.
    townships : tuple of TownshipShare
        In which it may lie, the most likely first; none where no outlines are known.
    """

    best: Fix | None
    region50: dict[str, object]
    region90: dict[str, object]
    disagreements: tuple[Disagreement, ...]
    squares: tuple[Square, ...]
    is_flat: bool = True
    likely_point: Fix | None = None
    townships: tuple[TownshipShare, ...] = ()


def whereabouts(
    sightings: Iterable[Sighting], locator: Locator, townships: Townships | None = None
) -> Whereabouts | None:
    """Return where the fire of some sightings may be.

    Parameters
    ----------
    sightings : iterable of Sighting
        The highest revisions, in any order.
    locator : Locator
        Makes the posterior, the same for the position of the incident.
    townships : Townships, optional
        Their outlines.

    Returns
    -------
    Whereabouts or None
        None where no sighting is of a camera on the map, or no place explains them.
    """
    try:
        located = locator.locate(sightings)
    except NoFixError:
        return None
    if located is None:
        return None
    found = located.posterior
    likely = likely_place(located)
    return Whereabouts(
        found.fix if located.masts > 1 else likely,
        as_geometry(found, region(found, 0.5)),
        as_geometry(found, region(found, 0.9)),
        found.disagreements,
        squares(found),
        is_flat=located.is_flat,
        likely_point=likely,
        townships=() if townships is None else townships.shares(found),
    )
