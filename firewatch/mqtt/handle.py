"""A published message on its way to the broker."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.errors import BrokerUnavailable, PublishTimeout

if TYPE_CHECKING:
    from firewatch.mqtt.settings import MqttSettings

__all__ = ["HandleBook", "PublishHandle"]


class PublishHandle:
    """Tells when the broker has taken a message: QoS 0 when it was written, QoS 1 when it was acknowledged."""

    __slots__ = ("_done", "_failure", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._done = threading.Event()
        self._failure: BrokerUnavailable | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the broker has it."""
        return self._done.is_set() and self._failure is None

    @property
    def has_ended(self) -> bool:
        """Whether the broker has it, or never will."""
        return self._done.is_set()

    def wait(self, timeout_s: float) -> None:
        """Wait until the broker has it.

        Raises
        ------
        PublishTimeout
            If it was not acknowledged in time; it may still arrive.
        BrokerUnavailable
            If the link broke first or the broker refused it; it may have arrived.
        """
        if not self._done.wait(timeout_s):
            raise PublishTimeout(self.topic, timeout_s)
        if self._failure is not None:
            raise self._failure

    def end(self, failure: BrokerUnavailable | None = None) -> None:
        """Note how it ended; for the session."""
        self._failure = failure
        self._done.set()


class HandleBook:
    """The handles by packet id; lock-free, because the client library calls back while it holds its own locks.

    An acknowledgement may come before `publish` has told its packet id. So whoever comes first leaves a handle and
    whoever comes second takes it away, which `dict.setdefault` and `dict.pop` decide in one step.
    """

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._handles: dict[int, PublishHandle] = {}

    def enter(self, packet_id: int, handle: PublishHandle) -> PublishHandle:
        """Keep a handle; return the one that counts, which has ended already if the broker was quicker."""
        kept = self._handles.setdefault(packet_id, handle)
        if kept is not handle:
            self._handles.pop(packet_id, None)
        return kept

    def acknowledge(self, packet_id: int, refusal: str = "") -> None:
        """End a handle; `refusal` says in words why the broker refused, where it did."""
        mine = PublishHandle("")
        handle = self._handles.setdefault(packet_id, mine)
        failure = BrokerUnavailable(self._settings.host, self._settings.port, refusal) if refusal else None
        handle.end(failure)
        if handle is not mine:
            self._handles.pop(packet_id, None)

    def lose(self, why: str) -> None:
        """End all handles: the link broke."""
        while self._handles:
            try:
                _, handle = self._handles.popitem()
            except KeyError:  # another thread took the last one
                return
            handle.end(BrokerUnavailable(self._settings.host, self._settings.port, why))
