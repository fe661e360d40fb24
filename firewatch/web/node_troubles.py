"""All that is wrong with the towers, the most urgent first: of their cameras, and of each node as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.eyes import node_state, unheard_since
from firewatch.web.camera_health import TroubleRow, camera_troubles, machine_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.services.views import NodeView
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import VitalsV1

__all__ = ["CERTIFICATE_WARNING", "certificate_days", "count_levels", "trouble_rows"]

# A node renews with a third of its certificate's life to come: so short before the end its renewals fail.
CERTIFICATE_WARNING = timedelta(days=30)
# Older than this and the node is catching up, not sending.
_LATE_S = 600.0
_LITTLE_DISK_BYTES = 1 << 30
# Bearings of two towers are joined by their times; a camera's frame comes every few seconds.
_CLOCK_OFF_S = 5.0
_HOT_C = 80.0
_GIB = 1 << 30
_LEVELS = ("lost", "stale", "planned")


def trouble_rows(
    nodes: Sequence[NodeView], speaker: Speaker, at: datetime, certificates: Mapping[TowerId, datetime]
) -> list[TroubleRow]:
    """Return all troubles: blind towers and cameras, wrong bearings, then what is in doubt, then what was meant."""
    found = [
        row
        for node in nodes
        for rows in (_of_node(node, speaker, at, certificates), camera_troubles(node, speaker, at))
        for row in rows
    ]
    return sorted(
        found,
        key=lambda row: (_LEVELS.index(row.dot), bool(row.camera), row.sees, row.order, row.tower, row.camera),
    )


def count_levels(rows: Sequence[TroubleRow]) -> list[tuple[str, int]]:
    """Return how many troubles there are of each level, the most urgent level first."""
    return [(level, sum(row.dot == level for row in rows)) for level in _LEVELS]


def _of_node(
    node: NodeView, speaker: Speaker, at: datetime, certificates: Mapping[TowerId, datetime]
) -> Iterator[TroubleRow]:
    """Yield the troubles of one node."""
    state = node_state(node, at)
    if state != "online":
        yield _away(node, state, speaker, at)
    if node.status is not None and node.status.status.claimant_boot_id:
        yield _row(node, speaker, "lost", "twice", detail=node.status.status.claimant_boot_id)
    if state == "online" and node.vitals is not None:
        yield from _of_vitals(node, node.vitals.vitals, speaker)
    yield from _of_certificate(node, speaker, at, certificates)


def _away(node: NodeView, state: str, speaker: Speaker, at: datetime) -> TroubleRow:
    if state == "none":
        return _row(node, speaker, "stale", state)
    tower, since = speaker.sites.tower(node.tower_id), unheard_since(node, at)
    count = len(tower.cameras) if tower else len(node.vitals.vitals.cameras) if node.vitals else 0
    row = _row(node, speaker, "lost", state, speaker.texts.text("node.blind", count=count))
    return row if since is None else row.began(since, speaker, at)


def _row(node: NodeView, speaker: Speaker, dot: str, kind: str, measure: str = "", detail: str = "") -> TroubleRow:
    what, todo = speaker.texts.text(f"node.what.{kind}"), speaker.texts.text(f"node.do.{kind}")
    return TroubleRow(speaker.tower(node.tower_id), "", dot, what, todo, measure=measure, detail=detail)


def _of_vitals(node: NodeView, vitals: VitalsV1, speaker: Speaker) -> Iterator[TroubleRow]:
    oldest, offset, machine = vitals.outbox_oldest_s, vitals.clock_offset_s, vitals.machine
    if oldest is not None and oldest > _LATE_S:
        age = speaker.texts.text("health.oldest", age=speaker.age(oldest))
        yield _row(node, speaker, "stale", "late", f"{vitals.outbox_depth} · {age}")
    if vitals.disk_free_bytes < _LITTLE_DISK_BYTES:
        yield _row(node, speaker, "stale", "disk", f"{vitals.disk_free_bytes / _GIB:.1f} GiB")
    if offset is not None and abs(offset) > _CLOCK_OFF_S:
        yield _row(node, speaker, "stale", "clock", f"{offset:+.1f} s")
    if machine is not None and (machine.is_throttled or (machine.temperature_c or 0.0) >= _HOT_C):
        yield _row(node, speaker, "stale", "hot", " · ".join(machine_words(machine, speaker)))
    if vitals.settings_refused:
        yield _row(node, speaker, "stale", "refused", detail=vitals.settings_refused)


def certificate_days(node: NodeView, at: datetime, certificates: Mapping[TowerId, datetime]) -> int | None:
    """Return how many whole days a tower's certificate is still good, below 0 once it is not; None without one."""
    until = certificates.get(node.tower_id)
    return None if until is None else (until - at).days


def _of_certificate(
    node: NodeView, speaker: Speaker, at: datetime, certificates: Mapping[TowerId, datetime]
) -> Iterator[TroubleRow]:
    until = certificates.get(node.tower_id)
    if until is None or until - at > CERTIFICATE_WARNING:
        return
    if until <= at:
        yield _row(node, speaker, "lost", "certificate_over", speaker.stamp(until))
    else:
        yield _row(node, speaker, "stale", "certificate", speaker.texts.text("node.days", count=(until - at).days))
