"""A durable put into the node's outbox, beside the disk's own sync."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId, make_ulid
from firewatch_edge.publish.outbox import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]

_PUTS = 100
_BYTES = 1200


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:
    """Yield the rows of the outbox: milliseconds a message."""
    outbox = Outbox(folder / "outbox.sqlite")
    payload = bytes(_BYTES)

    def ours() -> None:
        for _ in range(_PUTS):
            message_id = MessageId(make_ulid(datetime.now(UTC), os.urandom(10)))
            outbox.put(message_id, "firewatch/v1/towers/a/cameras/b/sightings", payload, Priority.SIGHTING)

    file = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def limit() -> None:
        for _ in range(_PUTS):
            os.write(file, payload)
            os.fsync(file)

    yield (
        "outbox, a durable put",
        "append and fsync of the same bytes",
        "ms",
        *(seconds(work) / _PUTS * 1000.0 for work in (ours, limit)),
    )
    outbox.close()
    os.close(file)
