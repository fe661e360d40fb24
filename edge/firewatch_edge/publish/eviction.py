"""What an outbox gives up when there is no room: whole frames, then crops, oldest first; sightings only after 30 days.

See docs/adr/0025-what-an-outbox-gives-up.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["AT_ONCE", "SIGHTING_KEPT_MS", "drop_old_sightings", "drop_pictures"]

# So many at once: each time costs the disk two commits.
AT_ONCE = 20
# A sighting waits at least so long, in the node's running time: a wall clock that jumps a month gives up none [ms].
SIGHTING_KEPT_MS = 30 * 86_400_000


def drop_pictures(base: sqlite3.Connection) -> int:
    """Give up some frames, or where there are none some crops, in the caller's transaction; return how many."""
    return base.execute(
        "DELETE FROM messages WHERE seq IN"
        " (SELECT seq FROM messages WHERE priority > 0 AND priority = (SELECT max(priority) FROM messages)"
        " ORDER BY put_at_ms, seq LIMIT ?)",
        (AT_ONCE,),
    ).rowcount


def drop_old_sightings(base: sqlite3.Connection, run_ms: int) -> int:
    """Give up some sightings that have waited for 30 days or more of running time, oldest first; return how many."""
    return base.execute(
        "DELETE FROM messages WHERE seq IN"
        " (SELECT seq FROM messages WHERE priority = 0 AND run_at_ms <= ? ORDER BY put_at_ms, seq LIMIT ?)",
        (run_ms - SIGHTING_KEPT_MS, AT_ONCE),
    ).rowcount
