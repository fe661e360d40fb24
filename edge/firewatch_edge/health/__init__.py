"""How the node is: counted, measured, told."""

from __future__ import annotations

from firewatch_edge.health.examiner import ViewedPose
from firewatch_edge.health.eyes_file import EyesFile
from firewatch_edge.health.machine import MachineReader
from firewatch_edge.health.maintenance import MOST_MINUTES, Maintenance, MaintenanceFile
from firewatch_edge.health.monitor import CameraMonitor
from firewatch_edge.health.picture import PictureQuality, judge_picture
from firewatch_edge.health.progress import Stage, Token, stuck_stages
from firewatch_edge.health.reference import ReferenceFolder
from firewatch_edge.health.watchdog import HardwareWatchdog, Supervisor
from firewatch_edge.health.whole_file import write_file_whole

__all__ = [
    "MOST_MINUTES",
    "CameraMonitor",
    "EyesFile",
    "HardwareWatchdog",
    "MachineReader",
    "Maintenance",
    "MaintenanceFile",
    "PictureQuality",
    "ReferenceFolder",
    "Stage",
    "Supervisor",
    "Token",
    "ViewedPose",
    "judge_picture",
    "stuck_stages",
    "write_file_whole",
]
