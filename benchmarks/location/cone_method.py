"""The method of cones, by its published description: the peer of the study.

Each sighting is a cone on the map, from its camera along its azimuth, as wide as its box, from 0.5 to 35 km. Cones of
cameras at least 0.1 km apart are intersected pairwise; where the barycentres of what they share lie within 2 km of one
another, the medians of their coordinates are the position. Written from that description and from the figures of the
shared vectors; the way from a pixel to an azimuth is linear in the picture, as published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely

__all__ = ["Cone", "locate_by_cones"]

_FAR_M, _NEAR_M = 35_000.0, 500.0
_APART_M, _SPREAD_M = 100.0, 2_000.0
_ARC_STEPS = 16


@dataclass(frozen=True, slots=True)
class Cone:
    """What one camera sees: its place on the plane [m], the azimuth of the middle and the opening [deg]."""

    east_m: float
    north_m: float
    azimuth_deg: float
    opening_deg: float

    def outline(self) -> shapely.Polygon:
        """Return the cone on the plane."""
        half = self.opening_deg / 2.0
        azimuths = np.radians(np.linspace(self.azimuth_deg - half, self.azimuth_deg + half, _ARC_STEPS))
        sides = np.column_stack((np.sin(azimuths), np.cos(azimuths)))
        at = np.array((self.east_m, self.north_m))
        return shapely.Polygon(np.vstack((at + _NEAR_M * sides, at + _FAR_M * sides[::-1])))


def locate_by_cones(cones: list[Cone]) -> tuple[float, float] | None:
    """Return east and north of the position [m], or None where the method has none."""
    outlines = [cone.outline() for cone in cones]
    middles = []
    for one, other in combinations(range(len(cones)), 2):
        apart_m = math.hypot(cones[one].east_m - cones[other].east_m, cones[one].north_m - cones[other].north_m)
        shared = outlines[one].intersection(outlines[other])
        if apart_m >= _APART_M and not shared.is_empty:
            middles.append((shared.centroid.x, shared.centroid.y))
    if not middles:
        return None
    if any(math.dist(one, other) > _SPREAD_M for one, other in combinations(middles, 2)):
        return None
    east, north = np.median(np.array(middles), axis=0)
    return float(east), float(north)
