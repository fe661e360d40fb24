"""Sightings -> where -> which incident -> how likely."""

from firewatch.fusion.associate import ONE_PLACE_ONLY, AssociationRules, Group, Placed, partition
from firewatch.fusion.belief import Belief, BeliefPart, BeliefRules, TowerScore, believe
from firewatch.fusion.chi_square import chi_square_tail, region_scale
from firewatch.fusion.intersect import CrossedFix, Residual, TowerBearing, cross, intersect

__all__ = [
    "ONE_PLACE_ONLY",
    "AssociationRules",
    "Belief",
    "BeliefPart",
    "BeliefRules",
    "CrossedFix",
    "Group",
    "Placed",
    "Residual",
    "TowerBearing",
    "TowerScore",
    "believe",
    "chi_square_tail",
    "cross",
    "intersect",
    "partition",
    "region_scale",
]
