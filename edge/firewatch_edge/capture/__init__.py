"""From a camera to fresh frames."""

from __future__ import annotations

from firewatch_edge.capture.folder import FolderSource, StoredFrame, list_frames, load_picture
from firewatch_edge.capture.gate import Gate, Verdict
from firewatch_edge.capture.port import EndOfRecording, Source, decode_frame, pixel_frame

__all__ = [
    "EndOfRecording",
    "FolderSource",
    "Gate",
    "Source",
    "StoredFrame",
    "Verdict",
    "decode_frame",
    "list_frames",
    "load_picture",
    "pixel_frame",
]
