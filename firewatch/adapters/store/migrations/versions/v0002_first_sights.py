"""The instants of the first frames of an incident's members, and its age by those that stayed.

The states are what the events add up to, so they are added up again here, for the fields that are new or told otherwise
now. The events stay as they are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Sequence

revision = "0002"
down_revision = "0001"

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS = sa.table(
    "events",
    sa.column("seq", sa.BigInteger),
    sa.column("incident_id", sa.String),
    sa.column("occurred_at", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("body", sa.Text),
)
_STATES = sa.table(
    "incident_states",
    sa.column("incident_id", sa.String),
    sa.column("opened_at", sa.BigInteger),
    sa.column("body", sa.Text),
)
_KINDS = ("opened", "sighting_joined", "sighting_left", "sighting_ended", "merged")


def upgrade() -> None:
    """Rewrite each state's members, their first frames, which of them ended, and its age."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_STATES.c.incident_id, _STATES.c.opened_at, _STATES.c.body)).all():
        of_incident = (_EVENTS.c.incident_id == row.incident_id) & _EVENTS.c.kind.in_(_KINDS)
        events = connection.execute(sa.select(_EVENTS).where(of_incident).order_by(_EVENTS.c.seq)).all()
        opened_us, parts = _added_up(row.opened_at, events)
        body = json.dumps(json.loads(row.body) | parts, ensure_ascii=False)
        this = _STATES.c.incident_id == row.incident_id
        connection.execute(sa.update(_STATES).where(this).values(opened_at=opened_us, body=body))


def _added_up(opened_us: int, events: Sequence[Any]) -> tuple[int, dict[str, object]]:
    seen: dict[str, tuple[int, str, str]] = {}
    ended: set[str] = set()
    for event in events:
        change = json.loads(event.body)
        sighting_id = change.get("sighting_id", "")
        if event.kind == "merged":
            seen = {}
        elif event.kind == "sighting_ended":
            ended.add(sighting_id)
        else:
            ended.discard(sighting_id)
            seen.pop(sighting_id, None)
            if event.kind != "sighting_left":
                seen[sighting_id] = (event.occurred_at, sighting_id, change["tower_id"])
        opened_us = min((at for at, _, _ in seen.values()), default=opened_us)
    members = sorted(seen.values())
    return opened_us, {
        "members": [[sighting_id, tower_id] for _, sighting_id, tower_id in members],
        "first_seen_at": [_instant(at) for at, _, _ in members],
        "ended": sorted(ended),
        "opened_at": _instant(opened_us),
    }


def _instant(at_us: int) -> str:
    return (_BEGINNING + timedelta(microseconds=at_us)).isoformat()
