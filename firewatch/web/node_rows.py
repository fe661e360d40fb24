"""The Nodes page's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.services.eyes import MEANT, camera_sees, node_state, unheard_since
from firewatch.web.camera_health import eyes_words, machine_words, model_notes
from firewatch.web.node_troubles import certificate_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.services.feed_states import FeedBoard, FeedView
    from firewatch.services.views import NodeView, QuarantinedView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import CameraVitalsV1

__all__ = ["CameraRow", "FeedRow", "NodeRow", "QuarantineRow", "feed_rows", "node_rows", "quarantine_rows"]

_GIB = 1 << 30
_SHOWN_BYTES = 400
_SHOWN_PROBLEMS = 5
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class CameraRow:
    """One camera in words; `aside` says how many detections were masked or held back, where there were any."""

    name: str
    status: str
    dot: str
    aside: str
    frame: str
    fps: str
    eyes: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One tower's node in words."""

    tower_id: str
    name: str
    is_known: bool
    state: str
    status: str
    since: str
    vitals: str
    outbox: str
    oldest: str
    held: int
    machine: tuple[str, ...]
    disk: str
    clock: str
    model: str
    model_notes: tuple[str, ...]
    refused: str
    cameras: tuple[CameraRow, ...]
    is_claimed: bool
    certificate: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One source of weather in words; `problems` are what its last look met, at most five, and `more` were left out."""

    name: str
    dot: str
    status: str
    is_overdue: bool
    success: str
    success_at: str
    every: str
    problems: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One kind of unreadable message in words."""

    topic: str
    reason: str
    count: int
    last: str
    raw: str


def node_rows(
    nodes: Sequence[NodeView], speaker: Speaker, at: datetime, certificates: Mapping[TowerId, datetime]
) -> list[NodeRow]:
    """Return a row for every node."""
    return [_node_row(node, speaker, at, certificates) for node in nodes]


def _node_row(node: NodeView, speaker: Speaker, at: datetime, certificates: Mapping[TowerId, datetime]) -> NodeRow:
    state = node_state(node, at)
    vitals = node.vitals.vitals if node.vitals else None
    offset = vitals.clock_offset_s if vitals else None
    days = certificate_days(node, at, certificates)
    since = unheard_since(node, at) or (node.status.status.at if node.status else None)
    return NodeRow(
        tower_id=node.tower_id,
        name=speaker.tower(node.tower_id),
        is_known=speaker.sites.tower(node.tower_id) is not None,
        state=state,
        status=speaker.texts.text(f"nodes.status.{state}"),
        since=speaker.short_stamp(since) if since else "",
        vitals=speaker.age((at - node.vitals.received_at).total_seconds()) if node.vitals else "",
        outbox=str(vitals.outbox_depth) if vitals else "",
        oldest=speaker.age(vitals.outbox_oldest_s) if vitals and vitals.outbox_oldest_s is not None else "",
        held=vitals.held if vitals else 0,
        machine=machine_words(vitals.machine, speaker) if vitals else (),
        disk=f"{vitals.disk_free_bytes / _GIB:.1f} GiB" if vitals else "",
        clock=f"{offset:+.2f} s" if offset is not None else "",
        model=f"{vitals.model_version} {vitals.model_sha256[:8]}".strip() if vitals else "",
        model_notes=model_notes(vitals, speaker) if vitals else (),
        refused=vitals.settings_refused if vitals else "",
        cameras=tuple(_camera_row(node, camera, speaker, at) for camera in vitals.cameras) if vitals else (),
        is_claimed=bool(node.status and node.status.status.claimant_boot_id),
        certificate="" if days is None else speaker.texts.text("node.days", count=days),
    )


def _camera_row(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> CameraRow:
    is_heard = node_state(node, at) == "online"
    return CameraRow(
        name=camera.camera_id,
        status=_camera_status(node, camera, speaker, at),
        dot=_dot(node, camera, at),
        aside=_aside(camera, speaker),
        frame=_frame_words(node, camera, speaker, at),
        fps=f"{camera.fps:.2f}" if is_heard else "",
        # The share is of the hour before the node was last heard: of a node that is away it would be a lie.
        eyes=eyes_words(camera) if is_heard else "",
    )


def _dot(node: NodeView, camera: CameraVitalsV1, at: datetime) -> str:
    if not camera_sees(node, camera, at):
        return "planned" if node_state(node, at) == "online" and _blind_for(camera) in MEANT else "lost"
    return "stale" if any(one.state != "ok" for one in camera.conditions) else "online"


def _camera_status(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> str:
    texts, state = speaker.texts, node_state(node, at)
    if state != "online":
        return texts.text(f"nodes.status.{state}")
    wrong = [one.kind for one in camera.conditions if one.state != "ok"]
    reason = _blind_for(camera) or next(iter(wrong), "")
    if not reason:
        return texts.text("nodes.camera.sees")
    if not texts.has(f"health.what.{reason}"):
        return texts.text("health.unknown", reason=reason)
    return texts.text(f"health.what.{reason}")


def _blind_for(camera: CameraVitalsV1) -> str:
    """Return why a camera does not see, by its node's word; empty where it does."""
    reason = (camera.eyes.reason if camera.eyes is not None else "") or camera.not_detecting_reason
    return reason or ("silent" if camera.is_silent or camera.frame_age_s is None else "")


def _aside(camera: CameraVitalsV1, speaker: Speaker) -> str:
    masked, held = camera.detections_masked, camera.detections_held_back
    return speaker.texts.text("nodes.aside", masked=masked, held=held) if masked or held else ""


def _frame_words(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> str:
    if node.vitals is None or camera.frame_age_s is None:
        return ""
    # The node's word is as old as its vitals: since a node was lost its last frame has grown older.
    return speaker.age(camera.frame_age_s + (at - node.vitals.received_at).total_seconds())


def feed_rows(board: FeedBoard | None, speaker: Speaker, at: datetime) -> list[FeedRow]:
    """Return a row for every feed of the settings."""
    return [] if board is None else [_feed_row(feed, speaker, at) for feed in board.feeds()]


def _feed_row(feed: FeedView, speaker: Speaker, at: datetime) -> FeedRow:
    state = feed.state
    last = None if state is None else state.last_success_at
    is_overdue = feed.is_overdue(at)
    key = "none" if state is None else "overdue" if is_overdue else "failing" if state.failure else "works"
    problems = () if state is None else ((state.failure,) if state.failure else state.problems)
    return FeedRow(
        name=feed.name,
        dot="online" if key == "works" else "stale",
        status=speaker.texts.text(f"feeds.status.{key}"),
        is_overdue=is_overdue,
        success=speaker.age((at - last).total_seconds()) if last else "",
        success_at=speaker.short_stamp(last) if last else "",
        every=speaker.texts.text("feeds.every", minutes=f"{feed.every_s / _MINUTE_S:g}"),
        problems=problems[:_SHOWN_PROBLEMS],
        more=max(0, len(problems) - _SHOWN_PROBLEMS),
    )


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
