"""From a frame to detections: the network, its input and what is done with its output."""

from __future__ import annotations

from firewatch_edge.detect.boxes import overlaps, suppress
from firewatch_edge.detect.detector import Detector, FrameScore
from firewatch_edge.detect.letterbox import Letterbox
from firewatch_edge.detect.model import ModelSpec, load_spec
from firewatch_edge.detect.shipped import shipped_model

__all__ = [
    "Detector",
    "FrameScore",
    "Letterbox",
    "ModelSpec",
    "load_spec",
    "overlaps",
    "shipped_model",
    "suppress",
]
