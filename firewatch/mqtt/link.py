"""What a session says of its link, what it brings, and how it presents itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Delivery", "LinkState", "Presence", "SessionCounts", "Subscription"]


@dataclass(frozen=True, slots=True)
class LinkState:
    """How the link to the broker is.

    Parameters
    ----------
    is_connected : bool
        Whether the broker has accepted this client.
    reason : str
        Why not, in words; empty while connected.
    protocol : {"3.1.1", "5"}
        What is spoken, or tried.
    connects : int
        Times that the broker accepted this client since the start.
    """

    is_connected: bool
    reason: str
    protocol: str
    connects: int


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """What a session could not hand on since its start."""

    dropped: int = 0
    failed_in_receiver: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic filter and the quality of service asked for."""

    topic_filter: str
    qos: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the broker brought it.

    Parameters
    ----------
    topic, payload, qos, retain
        As it came.
    link : int
        The connection that brought it: an acknowledgement on a later one would name another message.
    packet_id : int
        The broker's number for it on that connection.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    link: int
    packet_id: int


@dataclass(frozen=True, slots=True)
class Presence:
    """The retained message by which others know whether this client is there.

    Parameters
    ----------
    topic : str
        Where it is kept.
    birth, will, farewell : callable returning bytes
        Its payload once connected, after a lost link, and after an orderly stop; called anew for each connection.
    """

    topic: str
    birth: Callable[[], bytes]
    will: Callable[[], bytes]
    farewell: Callable[[], bytes]
