"""Sightings -> where -> which incident -> how likely."""

from firewatch.fusion.associate import ONE_PLACE_ONLY, AssociationRules, Group, Placed, partition
from firewatch.fusion.chi_square import chi_square_tail, region_scale
from firewatch.fusion.intersect import CrossedFix, Residual, TowerBearing, cross, intersect

__all__ = [
    "ONE_PLACE_ONLY",
    "AssociationRules",
    "CrossedFix",
    "Group",
    "Placed",
    "Residual",
    "TowerBearing",
    "chi_square_tail",
    "cross",
    "intersect",
    "partition",
    "region_scale",
]
