"""Which camera does not see well, since when, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.web.site_state import node_status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from firewatch.services.views import NodeView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import CameraConditionV1, CameraVitalsV1, MachineV1

__all__ = ["TroubleRow", "eyes_words", "machine_words", "trouble_rows"]

_DEGREES, _SECONDS = {"turned"}, {"clock"}


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One trouble of one camera in words.

    Parameters
    ----------
    dot : str
        ``lost`` where the camera does not see or points wrongly, ``stale`` where that is in doubt.
    """

    tower: str
    camera: str
    dot: str
    what: str
    measure: str
    since: str
    todo: str


def trouble_rows(nodes: Sequence[NodeView], speaker: Speaker, at: datetime) -> list[TroubleRow]:
    """Return the troubles of all cameras whose nodes are heard, those that do not see first."""
    found = [
        row
        for node in nodes
        if node.vitals is not None and node_status(node, at) == "online"
        for camera in node.vitals.vitals.cameras
        for row in _rows(speaker.tower(node.tower_id), camera, speaker)
    ]
    return sorted(found, key=lambda row: row.dot)


def _rows(tower: str, camera: CameraVitalsV1, speaker: Speaker) -> Iterator[TroubleRow]:
    eyes = camera.eyes
    if eyes is not None and eyes.reason:
        what, todo = _words(eyes.reason, speaker)
        since = "" if eyes.since is None else speaker.stamp(eyes.since)
        yield TroubleRow(tower, camera.camera_id, "lost", what, _work(camera, speaker), since, todo)
    for condition in camera.conditions:
        if condition.state != "ok" and (eyes is None or condition.kind != eyes.reason):
            yield _of_condition(tower, camera, condition, speaker)


def _of_condition(tower: str, camera: CameraVitalsV1, condition: CameraConditionV1, speaker: Speaker) -> TroubleRow:
    what, todo = _words(condition.kind, speaker)
    dot = "lost" if condition.state == "bad" else "stale"
    judged = speaker.texts.text(f"health.{condition.state}")
    measure = f"{judged} · {_measure(condition)}" if condition.value is not None else judged
    return TroubleRow(tower, camera.camera_id, dot, what, measure, speaker.stamp(condition.since), todo)


def _words(reason: str, speaker: Speaker) -> tuple[str, str]:
    """Return what it is and what to do; a later node may name a reason that this centre does not know."""
    texts = speaker.texts
    if not texts.has(f"health.what.{reason}"):
        return texts.text("health.unknown", reason=reason), texts.text("health.do.unknown")
    return texts.text(f"health.what.{reason}"), texts.text(f"health.do.{reason}")


def _work(camera: CameraVitalsV1, speaker: Speaker) -> str:
    ends_at, reason = camera.maintenance_until, camera.maintenance_reason
    if ends_at is None:
        ends_at, reason = camera.paused_until, camera.paused_reason
    if ends_at is None:
        return ""
    until = speaker.texts.text("health.until", time=speaker.stamp(ends_at))
    return f"{until} · {reason}" if reason else until


def _measure(condition: CameraConditionV1) -> str:
    value = condition.value or 0.0
    if condition.kind in _DEGREES:
        return f"{value:.1f}°"
    return f"{value:.0f} s" if condition.kind in _SECONDS else f"{value:.0%}"


def eyes_words(camera: CameraVitalsV1) -> str:
    """Return how much of the last hour a camera saw; empty where its node does not count it."""
    eyes = camera.eyes
    return f"{eyes.seen_s / eyes.span_s:.0%}" if eyes is not None and eyes.span_s > 0.0 else ""


def machine_words(machine: MachineV1 | None, speaker: Speaker) -> tuple[str, ...]:
    """Return how a node's computer is, as far as it tells."""
    if machine is None:
        return ()
    texts = speaker.texts
    load, memory, heat = machine.cpu_load, machine.memory_used, machine.temperature_c
    told = (
        None if load is None else texts.text("health.load", load=f"{load:.0%}"),
        None if memory is None else texts.text("health.memory", share=f"{memory:.0%}"),
        None if heat is None else f"{heat:.0f} °C",
        texts.text("health.throttled") if machine.is_throttled else None,
    )
    return tuple(words for words in told if words is not None)
