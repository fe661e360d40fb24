"""Which camera does not see well, since when, why, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.services.eyes import MEANT, node_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from firewatch.services.views import NodeView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import CameraConditionV1, CameraVitalsV1, MachineV1, VitalsV1

__all__ = ["TroubleRow", "camera_troubles", "eyes_words", "machine_words", "model_notes", "span_words"]

_DEGREES, _SECONDS = {"turned"}, {"clock"}
# Unit, its length, and from when on it is used [s].
_SPANS = (("days", 86_400, 172_800), ("hours", 3600, 7200), ("minutes", 60, 0))


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One trouble of one camera, or of a whole node, in words.

    Parameters
    ----------
    tower, camera : str
        Where; no camera for the node itself.
    dot : str
        ``lost`` where nothing is seen or a position would be wrong, ``stale`` where that is in doubt or near,
        ``planned`` where a person or the hour decided so.
    what, todo : str
        What it is, what to do.
    measure : str
        How much of it.
    since, age : str
        When it began, and how long ago.
    detail : str
        As the node wrote it, for the technician.
    order : float
        Seconds since 1970 of its beginning; infinity where nobody knows it.
    sees : bool
        Whether smoke is still found: then it waits for those where it is not.
    """

    tower: str
    camera: str
    dot: str
    what: str
    todo: str
    measure: str = ""
    since: str = ""
    age: str = ""
    detail: str = ""
    order: float = math.inf
    sees: bool = False

    def began(self, since: datetime, speaker: Speaker, at: datetime) -> TroubleRow:
        """Return the same with its beginning."""
        age = span_words((at - since).total_seconds(), speaker)
        return replace(self, since=speaker.short_stamp(since), age=age, order=since.timestamp())


def camera_troubles(node: NodeView, speaker: Speaker, at: datetime) -> Iterator[TroubleRow]:
    """Yield the troubles of a heard node's cameras.

    What was meant is told in one line for all cameras of a tower: by night it is every camera's.
    """
    if node.vitals is not None and node_state(node, at) == "online":
        tower = speaker.tower(node.tower_id)
        rows = [row for camera in node.vitals.vitals.cameras for row in _rows(tower, camera, speaker, at)]
        yield from _joined(rows, speaker)


def _joined(rows: Sequence[TroubleRow], speaker: Speaker) -> Iterator[TroubleRow]:
    """Yield the rows, with those that were meant and differ in their camera only as one."""
    meant: dict[tuple[str, str], list[TroubleRow]] = {}
    for row in rows:
        if row.dot == "planned":
            meant.setdefault((row.what, row.measure), []).append(row)
        else:
            yield row
    for same in meant.values():
        names = speaker.texts.pick(zh="、", en=", ").join(row.camera for row in same)
        yield replace(min(same, key=lambda row: row.order), camera=names)


def _rows(tower: str, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> Iterator[TroubleRow]:
    eyes = camera.eyes
    if eyes is not None and eyes.reason:
        what, todo = _words(eyes.reason, speaker)
        dot = "planned" if eyes.reason in MEANT else "lost"
        row = TroubleRow(tower, camera.camera_id, dot, what, todo, measure=_work(camera, speaker))
        yield row if eyes.since is None else row.began(eyes.since, speaker, at)
    if camera.exercise_until is not None:
        what, todo = _words("exercise", speaker)
        until = speaker.texts.text("health.until", time=speaker.stamp(camera.exercise_until))
        yield TroubleRow(tower, camera.camera_id, "planned", what, todo, measure=until, sees=True)
    for condition in camera.conditions:
        if condition.state != "ok" and (eyes is None or condition.kind != eyes.reason):
            yield _of_condition(tower, camera, condition, speaker, at)


def _of_condition(
    tower: str, camera: CameraVitalsV1, condition: CameraConditionV1, speaker: Speaker, at: datetime
) -> TroubleRow:
    what, todo = _words(condition.kind, speaker)
    dot = "lost" if condition.state == "bad" else "stale"
    judged = speaker.texts.text(f"health.{condition.state}")
    measure = f"{judged} · {_measure(condition)}" if condition.value is not None else judged
    row = TroubleRow(tower, camera.camera_id, dot, what, todo, measure=measure, sees=True)
    return row.began(condition.since, speaker, at)


def span_words(seconds: float, speaker: Speaker) -> str:
    """Return for how long something has been so: minutes, from two hours on hours, from two days on days."""
    unit, length_s = next(((unit, s) for unit, s, least_s in _SPANS if seconds >= least_s), _SPANS[-1][:2])
    return speaker.texts.text(f"health.for.{unit}", count=int(max(0.0, seconds) // length_s))


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


def model_notes(vitals: VitalsV1, speaker: Speaker) -> tuple[str, ...]:
    """Return what is to be known of a node's model: that it is on probation, and which was taken back last."""
    texts = speaker.texts
    told = (
        texts.text("nodes.model.probation") if vitals.model_state == "probation" else "",
        texts.text("nodes.model.taken_back", note=vitals.model_note) if vitals.model_note else "",
    )
    return tuple(words for words in told if words)
