"""The node's settings: one TOML file; secrets only from the environment."""

from __future__ import annotations

from firewatch_edge.config.camera_sections import CameraSection, PoseSection
from firewatch_edge.config.loading import effective_settings, load_settings
from firewatch_edge.config.looking_sections import DangerSection, MaskSection
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
    "DangerSection",
    "EdgeSettings",
    "LedgerSection",
    "MaskSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "PoseSection",
    "TemporalSection",
    "TowerSection",
    "VitalsSection",
    "effective_settings",
    "load_settings",
    "password_from",
]
