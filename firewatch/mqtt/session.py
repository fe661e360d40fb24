"""One session with a broker: it connects, comes back, presents itself, publishes and delivers."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from firewatch.errors import BrokerUnavailable
from firewatch.mqtt import words
from firewatch.mqtt.client import Plan, build_client, expiry, show_newest, tls_context, topic_of
from firewatch.mqtt.handle import HandleBook, PublishHandle
from firewatch.mqtt.link import Delivery, LinkState, SessionCounts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from paho.mqtt import client as paho

    from firewatch.mqtt.link import Presence, Subscription
    from firewatch.mqtt.settings import MqttSettings

__all__ = ["MqttSession"]

logger = logging.getLogger(__name__)

# A broker that knows only MQTT 3.1.1 may close the link instead of answering; one closed link may be an accident.
_SILENT_CLOSURES_BEFORE_311 = 2
# MQTT 3.1.1 cannot say that another client of the same id took over: the link is just lost, again and again.
_SHORT_LIFE_S = 5.0
_SHORT_LIVES_BEFORE_SUSPICION = 3
_STOP_JOIN_S = 7.0
_LOOK_AFTER_S = 1.0
# amqtt neither answers nor closes a link on which MQTT 5 is spoken.
_ANSWER_S = 4.0
_REFUSED_FROM = 0x80


class MqttSession:
    """A session with a broker that outlives links.

    Messages are delivered to `receiver` one after the other on the session's thread. With `manual_ack` the broker
    keeps each QoS 1 message until `acknowledge`; without, it is acknowledged when `receiver` returns. Nothing is
    published across a broken link: what the broker had not acknowledged fails, and its owner decides.

    Parameters
    ----------
    settings : MqttSettings
        The broker, and as whom.
    subscriptions : sequence of Subscription
        Asked for after each connection whose session the broker had forgotten, and once in each run of the program.
    receiver : callable taking a Delivery, optional
        Must not block for long: the link is served by the same thread.
    on_link : callable taking a LinkState, optional
        Told of each change of the link, on the session's thread.
    presence : Presence, optional
        Birth, last will and farewell.
    manual_ack : bool
        Whether `acknowledge` decides when the broker may forget.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        subscriptions: Sequence[Subscription] = (),
        receiver: Callable[[Delivery], None] | None = None,
        on_link: Callable[[LinkState], None] | None = None,
        presence: Presence | None = None,
        manual_ack: bool = False,
    ) -> None:
        self._settings = settings
        self._subscriptions = tuple(subscriptions)
        self._receiver = receiver
        self._on_link = on_link
        self._presence = presence
        self._manual_ack = manual_ack
        self._plan = Plan("3.1.1" if settings.protocol == "3.1.1" else "5", settings.max_inflight)
        self._handles = HandleBook(settings)
        self._client: paho.Client | None = None
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._link = 0
        self._is_connected = False
        self._has_subscribed = False
        self._reason = "not started"
        self._connects = 0
        self._opened_at = 0.0
        self._connected_at = 0.0
        self._silent_closures = self._short_lives = 0
        self._tls_alert = ""
        self._counts = SessionCounts()
        self._awaited_subacks: set[int] = set()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._rebuild = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name=f"mqtt-{settings.client_id}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and return at once; the session goes on trying until `stop`.

        Raises
        ------
        BrokerUnavailable
            If the files of an encrypted link cannot be used: that does not mend itself.
        """
        try:
            self._tls = None if self._settings.tls is None else tls_context(self._settings.tls)
        except OSError as err:
            raise self._unavailable(f"TLS: the certificate or key files cannot be used: {err}") from err
        self._reason = "connecting"
        self._keeper.start()

    def stop(self, farewell_s: float | None = 2.0) -> None:
        """Say farewell (unless its time is None), end the link and return within seconds; twice does nothing."""
        if self._stopping.is_set():
            return
        if self._presence is not None and self._is_connected and farewell_s is not None:
            self._say(self._presence.farewell, farewell_s)
        self._stopping.set()
        self._rebuild.set()
        if self._keeper.is_alive():
            self._keeper.join(_STOP_JOIN_S)
        self._lose_link("stopped")

    def state(self) -> LinkState:
        """Return how the link is."""
        return LinkState(self._is_connected, self._reason, self._plan.protocol, self._connects)

    def counts(self) -> SessionCounts:
        """Return what could not be handed on."""
        return self._counts

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until connected and subscribed.

        Raises
        ------
        BrokerUnavailable
            If that did not happen in time, with the reason in words.
        """
        if not self._ready.wait(timeout_s):
            raise self._unavailable(self._reason or "the broker did not confirm the subscriptions")

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expires_s: int | None = None
    ) -> PublishHandle:
        """Hand a message to the broker, which on MQTT 5 drops it after `expires_s`.

        Returns
        -------
        PublishHandle
            To wait on; it need not be.

        Raises
        ------
        BrokerUnavailable
            If there is no link now, or `max_queued` messages wait for the broker already.
        """
        client, link = self._client, self._link
        if client is None or not self._is_connected:
            raise self._unavailable(self._reason)
        info = client.publish(topic, payload, qos, retain, expiry(self._plan, expires_s))
        if info.rc != 0:
            raise self._unavailable(words.of_publish(info.rc))
        handle = self._handles.enter(info.mid, PublishHandle(topic))
        if link != self._link:
            self._handles.lose("the link broke")
        return handle

    def acknowledge(self, delivery: Delivery) -> bool:
        """Let the broker forget a message; return False where its link is gone (the broker will bring it again)."""
        with self._lock:
            if self._client is None or delivery.link != self._link or not self._is_connected:
                return False
            if delivery.qos > 0:
                self._client.ack(delivery.packet_id, delivery.qos)
            return True

    def _unavailable(self, why: str) -> BrokerUnavailable:
        return BrokerUnavailable(self._settings.host, self._settings.port, why)

    def _say(self, words_of: Callable[[], bytes], wait_s: float) -> None:
        if self._presence is None:
            return
        try:
            handle = self.publish(self._presence.topic, words_of(), qos=1, retain=True)
            if wait_s > 0.0:
                handle.wait(wait_s)
        except Exception as err:  # noqa: BLE001 - presence is a courtesy: it must not end the session
            logger.warning("mqtt.presence_not_said", extra={"client_id": self._settings.client_id, "why": str(err)})

    # The keeper: one client at a time; a new one where the broker wants another version or less in flight.

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._rebuild.clear()
            client = build_client(self._settings, self._plan, self._tls, manual_ack=self._manual_ack)
            self._listen_to(client)
            self._client = client
            client.loop_start()
            while not self._rebuild.wait(_LOOK_AFTER_S) and not self._stopping.is_set():
                self._look_after(client)
            self._end(client)

    def _listen_to(self, client: paho.Client) -> None:
        client.on_pre_connect = self._before_connect
        client.on_socket_open = self._after_open
        client.on_connect = self._after_connect
        client.on_connect_fail = self._after_failure
        client.on_disconnect = self._after_disconnect
        client.on_subscribe = self._after_subscribe
        client.on_publish = self._after_publish
        client.on_message = self._after_message
        client.on_log = self._after_log

    def _look_after(self, client: paho.Client) -> None:
        if self._opened_at and time.monotonic() - self._opened_at > _ANSWER_S and self._can_go_down():
            self._replan(Plan("3.1.1", self._plan.max_inflight))
        # `loop_start` starts nothing while the client's thread lives; a thread that died of an unforeseen error is
        # started again.
        if client.loop_start() == 0:
            logger.error("mqtt.thread_restarted", extra={"client_id": self._settings.client_id})

    def _end(self, client: paho.Client) -> None:
        client.disconnect()
        ender = threading.Thread(target=client.loop_stop, name=f"mqtt-end-{self._settings.client_id}", daemon=True)
        ender.start()
        ender.join(_STOP_JOIN_S / 2)
        sock = client.socket()
        if ender.is_alive() and sock is not None:  # the peer reads nothing: the farewell packet is stuck in the socket
            sock.close()
        self._lose_link(self._reason)
        # The client closes its sockets when the last reference to it goes: its calls to us are one.
        self._client = client.on_pre_connect = client.on_socket_open = client.on_connect = client.on_connect_fail = None
        client.on_disconnect = client.on_subscribe = client.on_publish = client.on_message = client.on_log = None

    def _before_connect(self, client: paho.Client, _userdata: object) -> None:
        show_newest(self._tls, self._settings.tls)
        if self._presence is not None:
            client.will_set(self._presence.topic, self._presence.will(), qos=1, retain=True)

    def _after_open(self, _client: paho.Client, _userdata: object, sock: Any) -> None:
        # Small packets one after the other: without this each waits 40 ms for the other side's delayed acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened_at = time.monotonic()
        self._tls_alert = ""

    def _after_log(self, _client: paho.Client, _userdata: object, _level: int, text: str) -> None:
        # In TLS 1.3 a broker refuses a client's certificate after the handshake; the client library only logs it.
        if "[SSL" in text:
            self._tls_alert = words.of_tls(text)

    def _after_connect(self, client: paho.Client, _userdata: object, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._after_refusal(code.getName())
            return
        allowed = getattr(properties, "ReceiveMaximum", None)
        if allowed is not None and allowed < self._plan.max_inflight:
            self._replan(Plan(self._plan.protocol, allowed))
            return
        self._reason, self._silent_closures = "", 0
        self._connects += 1
        self._connected_at = time.monotonic()
        # Subscribed before anybody may publish: the answer to a message must not come before its subscription.
        is_subscribed = self._subscribe(client, is_remembered=bool(flags.session_present))
        with self._lock:
            self._link += 1
            self._is_connected = True
        if is_subscribed:
            self._ready.set()
        logger.info("mqtt.connected", extra={"client_id": self._settings.client_id, "mqtt": self._plan.protocol})
        if self._presence is not None:
            self._say(self._presence.birth, 0.0)
        self._tell_link()

    def _subscribe(self, client: paho.Client, *, is_remembered: bool) -> bool:
        """Ask for the subscriptions; return whether there are none to wait for."""
        if not self._subscriptions or (is_remembered and self._has_subscribed):
            return True
        result, packet_id = client.subscribe([(s.topic_filter, s.qos) for s in self._subscriptions])
        if result == 0 and packet_id is not None:
            self._awaited_subacks = {packet_id}
        return False

    def _after_subscribe(
        self, _client: paho.Client, _userdata: object, packet_id: int, codes: list[Any], _properties: Any
    ) -> None:
        if packet_id not in self._awaited_subacks:
            return
        refused = [s.topic_filter for s, code in zip(self._subscriptions, codes, strict=False) if code.is_failure]
        if refused:
            self._reason = f"this user may not subscribe to {', '.join(refused)}"
            logger.error("mqtt.subscription_refused", extra={"filters": refused})
            return
        self._has_subscribed = True
        self._ready.set()

    def _after_refusal(self, name: str) -> None:
        self._note_failure(words.of_refusal(name))
        if name == "Unsupported protocol version" and self._settings.protocol == "auto":
            self._replan(Plan("3.1.1", self._plan.max_inflight))

    def _after_failure(self, _client: paho.Client, _userdata: object) -> None:
        # The client library calls this while it handles the error, and does not hand it over.
        self._note_failure(words.of_error(sys.exc_info()[1], is_tls=self._tls is not None))

    def _after_disconnect(
        self, _client: paho.Client, _userdata: object, flags: Any, code: Any, _properties: Any
    ) -> None:
        self._opened_at = 0.0
        if self._is_connected:
            said = code.getName() if flags.is_disconnect_packet_from_server else ""
            self._lose_link(words.DISCONNECT_IN_WORDS.get(said, said) or self._suspect())
        elif not self._stopping.is_set() and not self._rebuild.is_set():
            self._after_silent_closure()

    def _after_silent_closure(self) -> None:
        if self._tls_alert:
            self._note_failure(self._tls_alert)
            return
        if not words.is_refusal(self._reason):
            self._note_failure(f"the broker closed the link before it answered{self._tls_hint()}")
            self._silent_closures += 1
        if self._silent_closures >= _SILENT_CLOSURES_BEFORE_311 and self._can_go_down():
            self._replan(Plan("3.1.1", self._plan.max_inflight))

    def _tls_hint(self) -> str:
        return "" if self._tls is not None else ": does this port want TLS (the block [mqtt.tls])?"

    def _can_go_down(self) -> bool:
        return self._settings.protocol == "auto" and self._plan.protocol == "5" and self._connects == 0

    def _suspect(self) -> str:
        is_short = time.monotonic() - self._connected_at < _SHORT_LIFE_S
        self._short_lives = self._short_lives + 1 if is_short else 0
        if self._short_lives >= _SHORT_LIVES_BEFORE_SUSPICION:
            return (
                "the link breaks again and again soon after it is made: is another client using "
                f"the client id {self._settings.client_id!r}?"
            )
        return "the link broke"

    def _replan(self, plan: Plan) -> None:
        logger.info("mqtt.replanned", extra={"mqtt": plan.protocol, "max_inflight": plan.max_inflight})
        self._plan = plan
        self._rebuild.set()

    def _note_failure(self, why: str) -> None:
        if why != self._reason:
            logger.warning("mqtt.no_link", extra={"client_id": self._settings.client_id, "why": why})
        self._reason = why
        self._tell_link()

    def _lose_link(self, why: str) -> None:
        with self._lock:
            was_connected, self._is_connected = self._is_connected, False
            self._link += 1
        self._ready.clear()
        self._reason = why
        if self._client is not None:
            self._client.drop_out_messages()
        self._handles.lose(why)
        if was_connected:
            level = logging.INFO if self._stopping.is_set() else logging.WARNING
            logger.log(level, "mqtt.link_lost", extra={"client_id": self._settings.client_id, "why": why})
            self._tell_link()

    def _tell_link(self) -> None:
        if self._on_link is None:
            return
        try:
            self._on_link(self.state())
        except Exception:
            logger.exception("mqtt.link_listener_failed")

    def _after_publish(self, _client: paho.Client, _userdata: object, packet_id: int, code: Any, _props: Any) -> None:
        is_refused = code is not None and code.value >= _REFUSED_FROM
        self._handles.acknowledge(packet_id, f"the broker refused the message: {code.getName()}" if is_refused else "")

    def _after_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        if self._receiver is None:
            return
        payload = bytes(message.payload)
        delivery = Delivery(topic_of(message), payload, message.qos, message.retain, self._link, message.mid)
        try:
            self._receiver(delivery)
        except Exception:
            # The client library's thread ends on an error of ours; a message must not end the session.
            self._counts = SessionCounts(self._counts.dropped, self._counts.failed_in_receiver + 1)
            logger.exception("mqtt.receiver_failed", extra={"topic": delivery.topic})
