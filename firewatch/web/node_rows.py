"""The Nodes page's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.web.site_state import camera_is_online, node_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.services.views import NodeView, QuarantinedView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import CameraVitalsV1

__all__ = ["CameraRow", "NodeRow", "QuarantineRow", "node_rows", "quarantine_rows"]

_GIB = 1 << 30
_SHOWN_BYTES = 400


@dataclass(frozen=True, slots=True)
class CameraRow:
    """One camera in words."""

    name: str
    status: str
    is_online: bool
    frame: str
    fps: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One tower's node in words."""

    name: str
    is_known: bool
    state: str
    status: str
    since: str
    vitals: str
    outbox: str
    disk: str
    clock: str
    model: str
    cameras: tuple[CameraRow, ...]


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One kind of unreadable message in words."""

    topic: str
    reason: str
    count: int
    last: str
    raw: str


def node_rows(nodes: Sequence[NodeView], speaker: Speaker, at: datetime) -> list[NodeRow]:
    """Return a row for every node."""
    return [_node_row(node, speaker, at) for node in nodes]


def _node_row(node: NodeView, speaker: Speaker, at: datetime) -> NodeRow:
    state = node_status(node, at)
    vitals = node.vitals.vitals if node.vitals else None
    offset = vitals.clock_offset_s if vitals else None
    return NodeRow(
        name=speaker.tower(node.tower_id),
        is_known=speaker.sites.tower(node.tower_id) is not None,
        state=state,
        status=speaker.texts.text(f"nodes.status.{state}"),
        since=speaker.stamp(node.status.status.at) if node.status else "",
        vitals=speaker.stamp(node.vitals.received_at) if node.vitals else "",
        outbox=str(vitals.outbox_depth) if vitals else "",
        disk=f"{vitals.disk_free_bytes / _GIB:.1f} GiB" if vitals else "",
        clock=f"{offset:+.2f} s" if offset is not None else "",
        model=vitals.model_sha256[:8] if vitals else "",
        cameras=tuple(_camera_row(node, camera, speaker, at) for camera in vitals.cameras) if vitals else (),
    )


def _camera_row(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> CameraRow:
    is_online = camera_is_online(node, camera, at)
    is_silent = camera.is_silent or camera.frame_age_s is None
    state = "online" if is_online else ("silent" if is_silent else node_status(node, at))
    return CameraRow(
        name=camera.camera_id,
        status=speaker.texts.text(f"nodes.status.{state}"),
        is_online=is_online,
        frame=_frame_words(node, camera, speaker, at),
        fps=f"{camera.fps:.2f}",
    )


def _frame_words(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> str:
    if node.vitals is None or camera.frame_age_s is None:
        return ""
    # The node's word is as old as its vitals: since a node was lost its last frame has grown older.
    return speaker.age(camera.frame_age_s + (at - node.vitals.received_at).total_seconds())


def quarantine_rows(quarantined: Sequence[QuarantinedView], speaker: Speaker) -> list[QuarantineRow]:
    """Return a row for every kind of message in quarantine; bytes that are no text are shown escaped."""
    return [
        QuarantineRow(
            topic=one.topic,
            reason=one.reason,
            count=one.count,
            last=speaker.stamp(one.last_at),
            raw=one.payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace"),
        )
        for one in quarantined
    ]
