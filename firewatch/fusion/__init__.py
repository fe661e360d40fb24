"""Sightings -> where -> which incident -> how likely."""

from firewatch.fusion.associate import ONE_PLACE_ONLY, SEVERAL_PLACES, AssociationRules, Group, Placed, partition
from firewatch.fusion.belief import Belief, BeliefPart, Evidence, TowerScore, believe
from firewatch.fusion.chi_square import chi_square_tail, region_scale
from firewatch.fusion.intersect import CrossedFix, Residual, TowerBearing, cross, intersect
from firewatch.fusion.links import NO_LINKS, Links, Ruling, link
from firewatch.fusion.posterior import Disagreement, Posterior, locate_fire
from firewatch.fusion.prior import LAND_COVER_WEIGHTS, RasterPrior, prior_over
from firewatch.fusion.priority import Priority, prioritise
from firewatch.fusion.regions import Square, as_geometry, region, shares, squares
from firewatch.fusion.sight import ElevationAngle, Eye, Ground, NotSeen, SightLine, SightRules
from firewatch.fusion.triage import TriageModel, TriageWeights

__all__ = [
    "LAND_COVER_WEIGHTS",
    "NO_LINKS",
    "ONE_PLACE_ONLY",
    "SEVERAL_PLACES",
    "AssociationRules",
    "Belief",
    "BeliefPart",
    "CrossedFix",
    "Disagreement",
    "ElevationAngle",
    "Evidence",
    "Eye",
    "Ground",
    "Group",
    "Links",
    "NotSeen",
    "Placed",
    "Posterior",
    "Priority",
    "RasterPrior",
    "Residual",
    "Ruling",
    "SightLine",
    "SightRules",
    "Square",
    "TowerBearing",
    "TowerScore",
    "TriageModel",
    "TriageWeights",
    "as_geometry",
    "believe",
    "chi_square_tail",
    "cross",
    "intersect",
    "link",
    "locate_fire",
    "partition",
    "prior_over",
    "prioritise",
    "region",
    "region_scale",
    "shares",
    "squares",
]
