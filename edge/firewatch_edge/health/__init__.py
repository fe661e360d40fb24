"""How the node is: counted, measured, told."""

from __future__ import annotations

from firewatch_edge.health.monitor import CameraMonitor
from firewatch_edge.health.picture import PictureQuality, judge_picture
from firewatch_edge.health.watchdog import Supervisor

__all__ = ["CameraMonitor", "PictureQuality", "Supervisor", "judge_picture"]
