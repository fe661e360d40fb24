"""Two nodes under one tower's name: found out before the second one speaks, and settled where both do.

See docs/adr/0025-what-an-outbox-gives-up.md.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from firewatch.errors import BrokerUnavailable, TransportError, WireError
from firewatch.mqtt import MqttSession, Subscription
from firewatch.wire import codec
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from firewatch.domain.ids import TowerId
    from firewatch.mqtt import Delivery, LinkState, MqttSettings
    from firewatch.wire.v1 import StatusV1

__all__ = ["Claim", "ClaimWatch"]

logger = logging.getLogger(__name__)

# The broker sends what it keeps right behind its word on the subscription.
_KEPT_COMES_WITHIN_S = 0.25
_POLL_S = 0.5
# A broker takes a client for lost after one and a half keep-alives; then it says so by the client's last will.
_LOST_AFTER_KEEPALIVES = 1.5
_MARGIN_S = 5.0


class Claim:
    """Asks, under a client id of its own, whether another node lives under the tower's name.

    The broker keeps each node's last status. Where that is "online" of a start that is not one of our own earlier ones,
    the other is asked, by a status that names it: a living node answers at once, an older one shows by its vitals, a
    dead one by its last will or by silence.

    Parameters
    ----------
    mqtt : MqttSettings
        The broker.
    tower_id : TowerId
        The tower.
    boot_id : str
        This start.
    own_boots : collection of str
        Earlier starts of this same node, by its outbox.
    question : callable taking str and returning bytes
        Builds the status that asks the start named.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        tower_id: TowerId,
        boot_id: str,
        own_boots: Collection[str],
        question: Callable[[str], bytes],
    ) -> None:
        self._boot_id = boot_id
        self._own = {boot_id, *own_boots}
        self._question = question
        self._patience_s = _LOST_AFTER_KEEPALIVES * mqtt.keepalive_s + _MARGIN_S
        self._status_topic = str(Topic.of_tower(Kind.STATUS, tower_id))
        self._suspect = ""
        self._is_alive = False
        self._heard = threading.Event()
        # Under a name of its own: under the node's it would throw out the other one.
        named = msgspec.structs.replace(mqtt, client_id=f"{mqtt.client_id[:120]}-claim", clean_start=True)
        wanted = (self._status_topic, str(Topic.of_tower(Kind.VITALS, tower_id)))
        self._session = MqttSession(named, subscriptions=[Subscription(one) for one in wanted], receiver=self._hear)

    def start(self) -> None:
        """Begin to connect; raise `BrokerUnavailable` where the files of an encrypted link cannot be used."""
        self._session.start()

    def state(self) -> LinkState:
        """Return how its link is."""
        return self._session.state()

    def settle(self, stopping: threading.Event) -> str | None:
        """Wait for the broker, ask, and return the other's start where one lives; None where the name is free.

        Returns None also when told to stop. The link is ended when it returns.
        """
        try:
            if not self._is_ready(stopping):
                return None
            self._heard.wait(_KEPT_COMES_WITHIN_S)
            return self._ask(stopping) if self._suspect else None
        finally:
            self._session.stop()

    def _is_ready(self, stopping: threading.Event) -> bool:
        while not stopping.is_set():
            try:
                self._session.wait_ready(_POLL_S)
            except BrokerUnavailable as err:
                if self._session.state().is_connected and "may not subscribe" in err.why:
                    logger.error("node.cannot_look_for_claimants", extra={"why": err.why})  # noqa: TRY400 - its words say all
                    return False
            else:
                return True
        return False

    def _ask(self, stopping: threading.Event) -> str | None:
        suspect, ends_at = self._suspect, time.monotonic() + self._patience_s
        logger.warning("node.name_in_use", extra={"claimant_boot_id": suspect, "waits_at_most_s": self._patience_s})
        try:
            self._session.publish(self._status_topic, self._question(suspect), qos=1)
        except TransportError as err:
            logger.warning("node.claimant_not_asked", extra={"why": str(err)})
        while self._suspect == suspect and not self._is_alive and time.monotonic() < ends_at:
            if stopping.wait(0.05):
                return None
        return self._suspect if self._is_alive else None

    def _hear(self, delivery: Delivery) -> None:
        try:
            if delivery.topic == self._status_topic:
                self._hear_status(codec.decode_status(delivery.payload), is_kept=delivery.retain)
            elif self._suspect and codec.decode_vitals(delivery.payload).boot_id == self._suspect:
                self._is_alive = True
        except WireError as err:
            logger.warning("node.unreadable_status", extra={"why": str(err)})
        self._heard.set()

    def _hear_status(self, status: StatusV1, *, is_kept: bool) -> None:
        if status.boot_id in self._own:
            return
        if status.state == "online":
            self._suspect = status.boot_id
            self._is_alive = self._is_alive or not is_kept
        elif status.boot_id == self._suspect:
            self._suspect = ""  # it stopped, or the broker has given it up


class ClaimWatch:
    """Hears, on a node's own status topic, whether another one speaks there.

    Of two that speak the later start yields; the other says its status again, with the claimant's start in it, so that
    the centre shows the tower claimed twice.

    Parameters
    ----------
    boot_id : str
        This start.
    own_boots : collection of str
        Earlier starts of this same node.
    say_again : callable taking str or None
        Publishes this node's status, with the claimant's start where there is one.
    yield_to : callable taking str
        Ends this node's speaking.
    """

    def __init__(
        self,
        boot_id: str,
        own_boots: Collection[str],
        say_again: Callable[[str | None], None],
        yield_to: Callable[[str], None],
    ) -> None:
        self._boot_id = boot_id
        self._own = {boot_id, *own_boots}
        self._say_again = say_again
        self._yield_to = yield_to

    def hear(self, delivery: Delivery) -> None:
        """Take a status that somebody published on this tower's topic."""
        try:
            status = codec.decode_status(delivery.payload)
        except WireError as err:
            logger.warning("node.unreadable_status", extra={"why": str(err)})
            return
        if delivery.retain or status.boot_id == self._boot_id:
            return
        is_other = status.boot_id not in self._own and (status.state == "online" or bool(status.claimant_boot_id))
        if is_other and status.state == "online" and status.boot_id < self._boot_id:
            logger.critical("node.yields", extra={"claimant_boot_id": status.boot_id})
            self._yield_to(status.boot_id)
            return
        if is_other:
            logger.error("node.claimant", extra={"claimant_boot_id": status.boot_id, "claimant_says": status.state})
        # Whatever another start says, the broker must keep that this one lives.
        self._say_again(status.boot_id if is_other else None)
