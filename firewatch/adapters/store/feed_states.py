"""How the feeds are, as the clockwork last saw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from firewatch.adapters.store.database import storable, upsert
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.adapters.store.schema import feed_states
from firewatch.services.feeding import FeedState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.adapters.store.database import Database

__all__ = ["SqlFeedStateBook"]

_TOLD = ("last_success_at", "failure", "problems")


class SqlFeedStateBook:
    """Fulfils `firewatch.services.feed_states.FeedStateBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, states: Sequence[FeedState]) -> None:
        """Store states by the feed's name; a later one of the same replaces it."""
        if not states:
            return
        rows = [
            {
                "name": one.name,
                "last_success_at": None if one.last_success_at is None else to_us(one.last_success_at),
                "failure": storable(one.failure),
                "problems": storable(msgspec.json.encode(one.problems).decode("utf-8")),
            }
            for one in sorted(states, key=lambda one: one.name)
        ]
        with self._database.writing() as connection:
            statement = upsert(connection, feed_states)
            changed = {name: statement.excluded[name] for name in _TOLD}
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed), rows)

    def states(self) -> tuple[FeedState, ...]:
        """Return the states of all feeds that ever had one, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(feed_states)).all()
        found = (
            FeedState(
                name=row.name,
                last_success_at=None if row.last_success_at is None else from_us(row.last_success_at),
                failure=row.failure,
                problems=msgspec.json.decode(row.problems, type=tuple[str, ...]),
            )
            for row in rows
        )
        return tuple(sorted(found, key=lambda one: one.name))
