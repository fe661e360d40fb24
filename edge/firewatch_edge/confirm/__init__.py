"""From detections to sightings: pure, the state is a value."""

from __future__ import annotations

from firewatch_edge.confirm.confirmer import Confirmer, ConfirmState, Rules, Viewpoint, base_bearing
from firewatch_edge.confirm.matching import affinity, grown, touches
from firewatch_edge.confirm.tracks import Track, associate

__all__ = [
    "ConfirmState",
    "Confirmer",
    "Rules",
    "Track",
    "Viewpoint",
    "affinity",
    "associate",
    "base_bearing",
    "grown",
    "touches",
]
