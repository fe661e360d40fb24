"""From a camera to fresh frames."""

from __future__ import annotations

from firewatch_edge.capture.backoff import Backoff
from firewatch_edge.capture.exchange import Credentials
from firewatch_edge.capture.folder import FolderSource, StoredFrame, list_frames, load_picture
from firewatch_edge.capture.gate import Gate, Verdict
from firewatch_edge.capture.port import EndOfRecording, Source, decode_frame, pixel_frame, whole_picture
from firewatch_edge.capture.snapshot import SnapshotSource
from firewatch_edge.capture.stream import StreamSource
from firewatch_edge.capture.video import VideoSource

__all__ = [
    "Backoff",
    "Credentials",
    "EndOfRecording",
    "FolderSource",
    "Gate",
    "SnapshotSource",
    "Source",
    "StoredFrame",
    "StreamSource",
    "Verdict",
    "VideoSource",
    "decode_frame",
    "list_frames",
    "load_picture",
    "pixel_frame",
    "whole_picture",
]
