"""From a frame to detections: the network, its input and what is done with its output."""

from __future__ import annotations

from firewatch_edge.detect.boxes import overlaps, suppress
from firewatch_edge.detect.clips import CLIP_FRAMES, CLIP_SIDE, at_working_size, clip_window, cut_clips
from firewatch_edge.detect.detector import Detector, FrameScore
from firewatch_edge.detect.letterbox import Letterbox
from firewatch_edge.detect.model import ModelSpec, load_spec
from firewatch_edge.detect.past import AGES_S, Past, ViewMemory
from firewatch_edge.detect.shipped import shipped_model

__all__ = [
    "AGES_S",
    "CLIP_FRAMES",
    "CLIP_SIDE",
    "Detector",
    "FrameScore",
    "Letterbox",
    "ModelSpec",
    "Past",
    "ViewMemory",
    "at_working_size",
    "clip_window",
    "cut_clips",
    "load_spec",
    "overlaps",
    "shipped_model",
    "suppress",
]
