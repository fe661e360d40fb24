"""Ports of this machine for servers of tests, also for those that come and go."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack

__all__ = ["free_port", "free_ports"]

# Below those that the system gives to connections that leave (Linux: from 32768 on): while a server is away, as in a
# test of what happens then, nobody's connection takes its port, and no client that tries again meets itself there.
_FIRST, _LAST = 12_000, 32_000
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """Return a port that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return so many ports in a row that nobody listens on."""
    while True:
        first = _CHANCE.randrange(_FIRST, _LAST - count)
        ports = list(range(first, first + count))
        with ExitStack() as stack:
            try:
                for port in ports:
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return ports
