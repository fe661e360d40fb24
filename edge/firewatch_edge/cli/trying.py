"""Tries one camera, and says what is wrong with it in terms of what a technician can touch."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import EndOfRecording
from firewatch_edge.node import source_opener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection

__all__ = ["Trial", "Trouble", "trouble_of", "try_camera"]

_CONNECT_S = 3.0
_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
_MOST_BYTES = 4096
# How long frames are counted [s], and how many snapshots are taken at most.
_COUNT_S, _MOST_SHOTS = 3.0, 4
_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a camera gives no picture: the text ``doctor.trouble.KEY``, and its facts."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a camera that was tried gives.

    Parameters
    ----------
    frame : Frame
        Its first frame.
    age_s : float
        How old that was when it was here [s].
    fps : float or None
        New frames a second; None of a recording.
    is_changing : bool
        Whether two of its frames differ.
    """

    frame: Frame
    age_s: float
    fps: float | None
    is_changing: bool


def try_camera(camera: CameraSection, environment: Mapping[str, str] | None = None) -> Trial | Trouble:
    """Take some frames of a camera within its `timeout_s` and three seconds; raise `ConfigError` for a bad setting."""
    opener = source_opener(camera, environment)
    try:
        source = opener()
        try:
            return _tried(camera, source)
        finally:
            source.close()
    except EndOfRecording:
        return Trouble("empty", {"where": camera.path})
    except FrameUnavailableError as err:
        return trouble_of(camera, err)


def _tried(camera: CameraSection, source: Source) -> Trial:
    first = source.read(camera.timeout_s)
    age_s = (datetime.now(UTC) - first.stamp.captured_at).total_seconds()
    if camera.is_recorded:
        return Trial(first, 0.0, None, is_changing=True)
    hashes, began_s, shots = {first.stamp.sha256}, time.monotonic(), 0
    while (elapsed_s := time.monotonic() - began_s) < _COUNT_S and shots < _most(camera):
        if not camera.is_live_stream:
            time.sleep(max(0.0, _COUNT_S / _MOST_SHOTS - 0.1))
        try:
            hashes.add(source.read(min(camera.timeout_s, _COUNT_S)).stamp.sha256)
        except FrameUnavailableError:
            break
        shots += 1
    elapsed_s = max(1e-3, time.monotonic() - began_s)
    return Trial(first, age_s, (len(hashes) - 1) / elapsed_s, is_changing=len(hashes) > 1)


def _most(camera: CameraSection) -> int:
    return 10_000 if camera.is_live_stream else _MOST_SHOTS


def trouble_of(camera: CameraSection, err: FrameUnavailableError) -> Trouble:
    """Return why a camera gave no frame; asks its host once more where the reason is not plain."""
    if camera.has_path:
        return _of_path(camera, err)
    parts = urlsplit(camera.url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    facts = {"host": host, "port": port, "why": err.why, "url": camera.url}
    unreachable = _unreachable(host, port)
    if unreachable:
        return Trouble(unreachable, facts)
    status = _describe(camera.url, host, port) if parts.scheme == "rtsp" else _http_status(err)
    if status == _UNAUTHORISED:
        return Trouble("account" if camera.username else "account_missing", facts)
    if status == _FORBIDDEN:
        return Trouble("forbidden", facts)
    if status == _NOT_FOUND:
        return Trouble("path", facts)
    return Trouble(_by_words(err.why), facts)


def _by_words(why: str) -> str:
    """Return the kind of a reason that the sources give in words of their own."""
    known = {
        "no RTSP server": "not_rtsp",
        "web page": "web_page",
        "are no picture": "no_picture",
        "is it a stream": "is_stream",
        "came in place of multipart": "is_snapshot",
        "cut off": "cut_off",
        "within": "silent",
        "in time": "silent",
    }
    return next((key for part, key in known.items() if part in why), "other")


def _of_path(camera: CameraSection, err: FrameUnavailableError) -> Trouble:
    facts = {"where": camera.path, "why": err.why}
    if not Path(camera.path).exists():
        return Trouble("device_missing" if camera.kind == "device" else "path_missing", facts)
    return Trouble("device_busy" if camera.kind == "device" else "unreadable", facts)


def _unreachable(host: str, port: int) -> str:
    """Return what keeps a host's port from being reached; empty where it is."""
    try:
        with socket.create_connection((host, port), _CONNECT_S):
            return ""
    except socket.gaierror:
        return "unknown_host"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "no_answer"
    except OSError:
        return "no_route"


def _http_status(err: FrameUnavailableError) -> int:
    found = re.search(r"\bHTTP (\d{3})\b", err.why)
    return int(found[1]) if found else 0


def _describe(url: str, host: str, port: int) -> int:
    """Ask an RTSP server for a stream, without an account (RFC 2326, 10.2); return its answer's number, or 0."""
    question = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    try:
        with socket.create_connection((host, port), _CONNECT_S) as link:
            link.settimeout(_CONNECT_S)
            link.sendall(question.encode())
            answer = link.recv(_MOST_BYTES)
    except OSError:
        return 0
    found = re.match(rb"RTSP/1\.\d (\d{3})", answer)
    return int(found[1]) if found else 0
