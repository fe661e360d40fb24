"""Sightings -> where -> which incident -> how likely."""

from firewatch.fusion.associate import ONE_PLACE_ONLY, AssociationRules, Group, Placed, partition
from firewatch.fusion.belief import Belief, BeliefPart, Evidence, TowerScore, believe
from firewatch.fusion.chi_square import chi_square_tail, region_scale
from firewatch.fusion.intersect import CrossedFix, Residual, TowerBearing, cross, intersect
from firewatch.fusion.priority import Priority, prioritise
from firewatch.fusion.triage import TriageModel, TriageWeights

__all__ = [
    "ONE_PLACE_ONLY",
    "AssociationRules",
    "Belief",
    "BeliefPart",
    "CrossedFix",
    "Evidence",
    "Group",
    "Placed",
    "Priority",
    "Residual",
    "TowerBearing",
    "TowerScore",
    "TriageModel",
    "TriageWeights",
    "believe",
    "chi_square_tail",
    "cross",
    "intersect",
    "partition",
    "prioritise",
    "region_scale",
]
