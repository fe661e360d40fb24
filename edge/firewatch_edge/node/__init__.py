"""The node: cameras, detector, confirmation, outbox, put together and watched over."""

from __future__ import annotations

from firewatch_edge.node.assembly import (
    assemble,
    load_eyes,
    model_folder,
    open_publisher,
    source_opener,
)
from firewatch_edge.node.camera import Cadence, CameraWorker
from firewatch_edge.node.evidence import MOST_CROP_BYTES, MOST_FRAME_BYTES, crop_jpeg, frame_jpeg
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.node.held_back import Held, HeldBack, HeldDetection
from firewatch_edge.node.holding import HeldFile, Holding
from firewatch_edge.node.inbox import Inbox
from firewatch_edge.node.looking import pose_terms, rules_of, verified_rules_of
from firewatch_edge.node.open_sightings import OpenSightings
from firewatch_edge.node.oversight import Oversight
from firewatch_edge.node.pace import Pace
from firewatch_edge.node.patrol_assembly import mount_of
from firewatch_edge.node.patroller import PatrolWorker, TurningCamera
from firewatch_edge.node.pipeline import Pipeline, Watch, Watching, pictures_of
from firewatch_edge.node.replaying import Replayer, replay_view, replay_window_s
from firewatch_edge.node.service import Node, NodeIdentity
from firewatch_edge.node.settings_book import SettingsBook
from firewatch_edge.node.terms import PoseTerms, RulePair, Terms
from firewatch_edge.node.tiling import plan_of, reduction_for, sight_of, tile_time, tiles_of
from firewatch_edge.node.turning import Outcomes, PosedFrame, TurningWatch, standing_of
from firewatch_edge.node.watcher import Watched, Watcher

__all__ = [
    "MOST_CROP_BYTES",
    "MOST_FRAME_BYTES",
    "Cadence",
    "CameraWorker",
    "Handover",
    "Held",
    "HeldBack",
    "HeldDetection",
    "HeldFile",
    "Holding",
    "Inbox",
    "Ledger",
    "Node",
    "NodeIdentity",
    "OpenSightings",
    "Outcomes",
    "Oversight",
    "Pace",
    "PatrolWorker",
    "Pipeline",
    "PoseTerms",
    "PosedFrame",
    "Replayer",
    "RulePair",
    "SettingsBook",
    "Terms",
    "TurningCamera",
    "TurningWatch",
    "Watch",
    "Watched",
    "Watcher",
    "Watching",
    "assemble",
    "crop_jpeg",
    "frame_jpeg",
    "load_eyes",
    "model_folder",
    "mount_of",
    "open_publisher",
    "pictures_of",
    "plan_of",
    "pose_terms",
    "reduction_for",
    "replay_view",
    "replay_window_s",
    "rules_of",
    "sight_of",
    "source_opener",
    "standing_of",
    "tile_time",
    "tiles_of",
    "verified_rules_of",
]
