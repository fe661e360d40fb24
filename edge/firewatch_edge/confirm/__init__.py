"""From detections to sightings: pure, the state is a value."""

from __future__ import annotations

from firewatch_edge.confirm.confirmer import Confirmer, ConfirmState, Viewpoint, base_bearing
from firewatch_edge.confirm.masking import MASKED_FROM, MaskSet
from firewatch_edge.confirm.matching import affinity, grown, touches
from firewatch_edge.confirm.rules import CARRY_ON, DangerShift, Rules
from firewatch_edge.confirm.tracks import Found, Track, associate

__all__ = [
    "CARRY_ON",
    "MASKED_FROM",
    "ConfirmState",
    "Confirmer",
    "DangerShift",
    "Found",
    "MaskSet",
    "Rules",
    "Track",
    "Viewpoint",
    "affinity",
    "associate",
    "base_bearing",
    "grown",
    "touches",
]
