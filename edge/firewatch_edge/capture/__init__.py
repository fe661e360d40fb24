"""From a camera to fresh frames."""

from __future__ import annotations

from firewatch_edge.capture.backoff import Backoff
from firewatch_edge.capture.connection import Connect, Connection, Dating, Limits
from firewatch_edge.capture.exchange import Credentials
from firewatch_edge.capture.folder import FolderSource, StoredFrame, list_frames, load_picture
from firewatch_edge.capture.gate import Gate, Verdict
from firewatch_edge.capture.lag import Lateness, Ruler
from firewatch_edge.capture.mjpeg import connect_mjpeg
from firewatch_edge.capture.opencv_stream import connect_device, connect_opencv
from firewatch_edge.capture.port import EndOfRecording, Source, decode_frame, pixel_frame, whole_picture
from firewatch_edge.capture.snapshot import SnapshotSource
from firewatch_edge.capture.stream import StreamSource
from firewatch_edge.capture.video import VideoSource

__all__ = [
    "Backoff",
    "Connect",
    "Connection",
    "Credentials",
    "Dating",
    "EndOfRecording",
    "FolderSource",
    "Gate",
    "Lateness",
    "Limits",
    "Ruler",
    "SnapshotSource",
    "Source",
    "StoredFrame",
    "StreamSource",
    "Verdict",
    "VideoSource",
    "connect_device",
    "connect_mjpeg",
    "connect_opencv",
    "decode_frame",
    "list_frames",
    "load_picture",
    "pixel_frame",
    "whole_picture",
]
