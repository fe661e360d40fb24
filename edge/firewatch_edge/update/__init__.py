"""Models that came after the shipped one: kept whole on the disk, switched in one step, taken back when they fail."""

from __future__ import annotations

from firewatch_edge.update.centre import CentreModels, Credentials
from firewatch_edge.update.installer import Installer, TriedModel, roll_back_model
from firewatch_edge.update.keeper import ModelKeeper, RunningModel, boot_of_this_computer
from firewatch_edge.update.recent_frames import RecentFrames
from firewatch_edge.update.shelf import SHIPPED, ModelShelf, stated_model
from firewatch_edge.update.state import ModelState, Probation, ProbationRules, TakenBack

__all__ = [
    "SHIPPED",
    "CentreModels",
    "Credentials",
    "Installer",
    "ModelKeeper",
    "ModelShelf",
    "ModelState",
    "Probation",
    "ProbationRules",
    "RecentFrames",
    "RunningModel",
    "TakenBack",
    "TriedModel",
    "boot_of_this_computer",
    "roll_back_model",
    "stated_model",
]
