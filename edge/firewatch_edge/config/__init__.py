"""The node's settings: one TOML file; secrets only from the environment."""

from __future__ import annotations

from firewatch_edge.config.camera_sections import CameraSection
from firewatch_edge.config.health_sections import HealthSection, WatchdogSection
from firewatch_edge.config.loading import effective_settings, load_settings
from firewatch_edge.config.looking_sections import DangerSection, MaskSection
from firewatch_edge.config.patrol_checks import FREE_POSE, MOST_POSES
from firewatch_edge.config.patrol_sections import (
    MountSection,
    PatrolSection,
    PoseSection,
    SweepSection,
    TurningPoseSection,
)
from firewatch_edge.config.sections import (
    ConfirmationSection,
    EdgeSettings,
    LedgerSection,
    ModelSection,
    MqttSection,
    OutboxSection,
    TemporalSection,
    TowerSection,
    VitalsSection,
)
from firewatch_edge.config.tile_section import TilesSection
from firewatch_edge.config.values import password_from

__all__ = [
    "FREE_POSE",
    "MOST_POSES",
    "CameraSection",
    "ConfirmationSection",
    "DangerSection",
    "EdgeSettings",
    "HealthSection",
    "LedgerSection",
    "MaskSection",
    "ModelSection",
    "MountSection",
    "MqttSection",
    "OutboxSection",
    "PatrolSection",
    "PoseSection",
    "SweepSection",
    "TemporalSection",
    "TilesSection",
    "TowerSection",
    "TurningPoseSection",
    "VitalsSection",
    "WatchdogSection",
    "effective_settings",
    "load_settings",
    "password_from",
]
