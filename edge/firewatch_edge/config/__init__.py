"""The node's settings: one TOML file; secrets only from the environment."""

from __future__ import annotations

from firewatch_edge.config.loading import effective_settings, load_settings
from firewatch_edge.config.sections import (
    CameraSection,
    ConfirmationSection,
    EdgeSettings,
    LedgerSection,
    ModelSection,
    MqttSection,
    OutboxSection,
    PoseSection,
    TemporalSection,
    TowerSection,
    VitalsSection,
    password_from,
)

__all__ = [
    "CameraSection",
    "ConfirmationSection",
    "EdgeSettings",
    "LedgerSection",
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
