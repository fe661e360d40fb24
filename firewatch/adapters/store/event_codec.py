"""The changes of incidents as versioned JSON.

A stored event keeps its kind, the version of its body's form, and the body. When a change's fields alter their meaning
or their names, its version rises by one and an upcaster from the older form joins `UPCASTERS`: events are never
rewritten. Fields added with a default need neither. `tests/contract/corpus/events` keeps bodies of every version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from firewatch.adapters.store.value_codec import read_value, to_json
from firewatch.domain import incident
from firewatch.errors import FirewatchError, StoreError

__all__ = ["KINDS", "UPCASTERS", "VERSIONS", "StoredChange", "decode_change", "encode_change"]

Body = dict[str, Any]
Upcaster = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change as the log keeps it."""

    kind: str
    version: int
    body: str


# The stored name of each change; names are for ever, classes may be renamed.
KINDS: Mapping[str, type[incident.Change]] = {
    "opened": incident.Opened,
    "sighting_joined": incident.SightingJoined,
    "sighting_left": incident.SightingLeft,
    "sighting_ended": incident.SightingEnded,
    "located": incident.Located,
    "belief_changed": incident.BeliefChanged,
    "rated": incident.Rated,
    "alert_raised": incident.AlertRaised,
    "accepted": incident.Accepted,
    "confirmed": incident.Confirmed,
    "rejected": incident.Rejected,
    "reopened": incident.Reopened,
    "merged": incident.Merged,
    "matched": incident.Matched,
    "unmatched": incident.Unmatched,
    "match_undone": incident.MatchUndone,
}
# Where it is not 1: the version in which a kind is written now.
VERSIONS: Mapping[str, int] = {}
# (kind, version) -> the body of the next version.
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}

_NAMES = {change: name for name, change in KINDS.items()}


def encode_change(change: incident.Change) -> StoredChange:
    """Return a change in the newest form of its kind."""
    kind = _NAMES[type(change)]
    return StoredChange(kind, VERSIONS.get(kind, 1), to_json(change))


def decode_change(
    stored: StoredChange,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    versions: Mapping[str, int] = VERSIONS,
) -> incident.Change:
    """Read a change of any version.

    Parameters
    ----------
    stored : StoredChange
        As the log keeps it.
    upcasters, versions : mapping
        The steps between forms, and the newest version of each kind.

    Raises
    ------
    StoreError
        If the kind or version is of a newer program, an upcaster is missing, or the body holds no such change.
    """
    newest = versions.get(stored.kind, 1)
    if stored.kind not in KINDS or stored.version > newest:
        raise StoreError(f"event {stored.kind!r} version {stored.version} was written by a newer firewatch: upgrade")
    try:
        body = msgspec.json.decode(stored.body)
        for version in range(stored.version, newest):
            body = upcasters[stored.kind, version](body)
        return read_value(KINDS[stored.kind], body)
    except (FirewatchError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as err:
        raise StoreError(f"event {stored.kind!r} version {stored.version} cannot be read: {err!r}") from err
