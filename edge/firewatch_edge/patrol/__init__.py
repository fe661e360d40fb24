"""Where a turning camera looks next: pure, time comes in as an argument."""

from __future__ import annotations

from firewatch_edge.patrol.acts import (
    Act,
    Ask,
    Compare,
    Event,
    Go,
    Judged,
    Look,
    LookFree,
    Pause,
    Paused,
    Recognise,
    Refused,
    Standing,
    Strayed,
    Told,
    View,
    Viewed,
    Went,
)
from firewatch_edge.patrol.heading import Heading
from firewatch_edge.patrol.likeness import Gallery, KnownView, outline_of
from firewatch_edge.patrol.plan import Patrol
from firewatch_edge.patrol.port import Mount, MountPosition, MountStatus, Preset
from firewatch_edge.patrol.rules import PatrolPose, PatrolRules
from firewatch_edge.patrol.state import PatrolReport, PatrolState, Phase

__all__ = [
    "Act",
    "Ask",
    "Compare",
    "Event",
    "Gallery",
    "Go",
    "Heading",
    "Judged",
    "KnownView",
    "Look",
    "LookFree",
    "Mount",
    "MountPosition",
    "MountStatus",
    "Patrol",
    "PatrolPose",
    "PatrolReport",
    "PatrolRules",
    "PatrolState",
    "Pause",
    "Paused",
    "Phase",
    "Preset",
    "Recognise",
    "Refused",
    "Standing",
    "Strayed",
    "Told",
    "View",
    "Viewed",
    "Went",
    "outline_of",
]
