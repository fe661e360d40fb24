"""The node: cameras, detector, confirmation, outbox, put together and watched over."""

from __future__ import annotations

from firewatch_edge.node.assembly import (
    assemble,
    load_eyes,
    model_folder,
    open_publisher,
    rules_of,
    source_opener,
    verified_rules_of,
)
from firewatch_edge.node.camera import Cadence, CameraWorker
from firewatch_edge.node.evidence import MOST_CROP_BYTES, MOST_FRAME_BYTES, crop_jpeg, frame_jpeg
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.node.holding import HeldFile, Holding
from firewatch_edge.node.inbox import Inbox
from firewatch_edge.node.oversight import Oversight
from firewatch_edge.node.pace import Pace
from firewatch_edge.node.pipeline import Pipeline, Watch, pictures_of
from firewatch_edge.node.replaying import Replayer, replay_view, replay_window_s
from firewatch_edge.node.service import Node, NodeIdentity
from firewatch_edge.node.watcher import Watched, Watcher

__all__ = [
    "MOST_CROP_BYTES",
    "MOST_FRAME_BYTES",
    "Cadence",
    "CameraWorker",
    "Handover",
    "HeldFile",
    "Holding",
    "Inbox",
    "Ledger",
    "Node",
    "NodeIdentity",
    "Oversight",
    "Pace",
    "Pipeline",
    "Replayer",
    "Watch",
    "Watched",
    "Watcher",
    "assemble",
    "crop_jpeg",
    "frame_jpeg",
    "load_eyes",
    "model_folder",
    "open_publisher",
    "pictures_of",
    "replay_view",
    "replay_window_s",
    "rules_of",
    "source_opener",
    "verified_rules_of",
]
