"""Sightings -> where -> which incident -> how likely."""

from firewatch.fusion.associate import (
    ONE_PLACE_ONLY,
    SEVERAL_PLACES,
    AssociationRules,
    Group,
    Placed,
    partition,
)
from firewatch.fusion.belief import Belief, BeliefPart, BeliefRules, TowerScore, believe
from firewatch.fusion.chi_square import chi_square_tail, region_scale
from firewatch.fusion.intersect import CrossedFix, Residual, TowerBearing, cross, intersect
from firewatch.fusion.links import NO_LINKS, Links, Ruling, link

__all__ = [
    "NO_LINKS",
    "ONE_PLACE_ONLY",
    "SEVERAL_PLACES",
    "AssociationRules",
    "Belief",
    "BeliefPart",
    "BeliefRules",
    "CrossedFix",
    "Group",
    "Links",
    "Placed",
    "Residual",
    "Ruling",
    "TowerBearing",
    "TowerScore",
    "believe",
    "chi_square_tail",
    "cross",
    "intersect",
    "link",
    "partition",
    "region_scale",
]
