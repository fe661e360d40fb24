"""How steep the ground is, and where it faces, where a fire may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.geo import Position
    from firewatch.terrain.grid import TerrainGrid

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Hillside", "hillside_at"]

# Half the way over which a slope is taken, at least [m]: the hillside that a fire climbs, not one terrace of it.
_HALF_WAY_M = 45.0
# Where the FBP System ends [%].
_STEEPEST_PCT = 200.0


@dataclass(frozen=True, slots=True, eq=False)
class Hillside:
    """The ground at many places: arrays of equal shapes.

    Parameters
    ----------
    slope_pct : ndarray, float64
        Rise over run, 0 to 200 [%]; 0 where nobody knows.
    aspect_deg : ndarray, float64
        Azimuth that the slope faces, downhill, [0, 360) [deg].
    is_known : ndarray, bool
        Whether the terrain model has these places.
    """

    slope_pct: Numbers
    aspect_deg: Numbers
    is_known: npt.NDArray[np.bool_]


def hillside_at(terrain: TerrainGrid | None, place: Position, east_m: Numbers, north_m: Numbers) -> Hillside:
    """Return slope and aspect at points around a place.

    Parameters
    ----------
    terrain : TerrainGrid or None
        The heights; None where there are none: then the ground is taken for flat.
    place : Position
        Where the points count from.
    east_m, north_m : ndarray, shape (n,)
        From the place [m].

    Returns
    -------
    Hillside
        By central differences over at least 90 m.
    """
    if terrain is None:
        flat = np.zeros(east_m.shape)
        return Hillside(flat, flat.copy(), np.zeros(east_m.shape, dtype=np.bool_))
    origin = terrain.plane.project(place)
    half = max(_HALF_WAY_M, terrain.cell_m)
    east, north = east_m + origin.east_m, north_m + origin.north_m
    by_east = (terrain.height_at(east + half, north) - terrain.height_at(east - half, north)) / (2.0 * half)
    by_north = (terrain.height_at(east, north + half) - terrain.height_at(east, north - half)) / (2.0 * half)
    is_known = np.isfinite(by_east) & np.isfinite(by_north)
    rise_east, rise_north = (np.where(is_known, rise, 0.0) for rise in (by_east, by_north))
    slope = np.minimum(100.0 * np.hypot(rise_east, rise_north), _STEEPEST_PCT)
    aspect = np.degrees(np.arctan2(-rise_east, -rise_north)) % 360.0
    return Hillside(slope, np.where(aspect >= 360.0, 0.0, aspect), is_known)  # noqa: PLR2004 - -1e-15 % 360 is 360
