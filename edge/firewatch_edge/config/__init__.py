"""The node's settings: one TOML file; secrets only from the environment."""

from __future__ import annotations

from firewatch_edge.config.camera_sections import CameraSection, PoseSection
from firewatch_edge.config.health_sections import HealthSection, WatchdogSection
from firewatch_edge.config.loading import effective_settings, load_settings
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
from firewatch_edge.config.values import password_from

__all__ = [
    "CameraSection",
    "ConfirmationSection",
    "EdgeSettings",
    "HealthSection",
    "LedgerSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "PoseSection",
    "TemporalSection",
    "TowerSection",
    "VitalsSection",
    "WatchdogSection",
    "effective_settings",
    "load_settings",
    "password_from",
]
