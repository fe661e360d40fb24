"""From a frame to detections: the networks, their input and what is done with their output."""

from __future__ import annotations

from firewatch_edge.detect.boxes import overlaps, suppress
from firewatch_edge.detect.change import changed_places
from firewatch_edge.detect.clips import CLIP_FRAMES, CLIP_SIDE, at_working_size, clip_window, cut_clips
from firewatch_edge.detect.detector import Detector, FrameScore, Scan
from firewatch_edge.detect.eyes import MOST_CHANGES, Candidates, Eyes
from firewatch_edge.detect.letterbox import Letterbox
from firewatch_edge.detect.model import ModelSpec, Precision, TemporalSpec, load_spec
from firewatch_edge.detect.past import AGES_S, Past, ViewMemory
from firewatch_edge.detect.session import Provider, available_providers, provider_in_use
from firewatch_edge.detect.shipped import shipped_model
from firewatch_edge.detect.sight import Sight, TilesWanted, TileTime
from firewatch_edge.detect.tiling import (
    FAR_PLUME_PX,
    TilePlan,
    far_plume_px,
    plan_tiles,
    whole_reduction,
    without_tiles,
)
from firewatch_edge.detect.verifier import Verifier

__all__ = [
    "AGES_S",
    "CLIP_FRAMES",
    "CLIP_SIDE",
    "FAR_PLUME_PX",
    "MOST_CHANGES",
    "Candidates",
    "Detector",
    "Eyes",
    "FrameScore",
    "Letterbox",
    "ModelSpec",
    "Past",
    "Precision",
    "Provider",
    "Scan",
    "Sight",
    "TemporalSpec",
    "TilePlan",
    "TileTime",
    "TilesWanted",
    "Verifier",
    "ViewMemory",
    "at_working_size",
    "available_providers",
    "changed_places",
    "clip_window",
    "cut_clips",
    "far_plume_px",
    "load_spec",
    "overlaps",
    "plan_tiles",
    "provider_in_use",
    "shipped_model",
    "suppress",
    "whole_reduction",
    "without_tiles",
]
