"""The session: it comes back, presents itself, and never acknowledges what another link brought."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from ports import free_port

from firewatch.adapters.broker import find_mosquitto
from firewatch.errors import BrokerUnavailable, PublishTimeout
from firewatch.mqtt import Delivery, LinkState, MqttSession, MqttSettings, Presence, Subscription, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Until = Callable[..., None]

pytestmark = [pytest.mark.broker]

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"
STATUS = "firewatch/v1/towers/tower-a/status"


@pytest.fixture
def begin() -> Iterator[Callable[..., MqttSession]]:
    """Begin sessions and stop them at the end."""
    begun: list[MqttSession] = []

    def one(settings: MqttSettings, *, ready_s: float = 10.0, **parts: Any) -> MqttSession:
        session = MqttSession(settings, **parts)
        begun.append(session)
        session.start()
        if ready_s:
            session.wait_ready(ready_s)
        return session

    yield one
    for session in reversed(begun):
        session.stop()


def listen(begin: Callable[..., MqttSession], rig: Any, **parts: Any) -> tuple[MqttSession, list[Delivery]]:
    heard: list[Delivery] = []
    session = begin(
        rig.settings("centre"), subscriptions=[Subscription("firewatch/v1/#")], receiver=heard.append, **parts
    )
    return session, heard


def test_it_comes_back_and_hears_again_after_the_broker_was_killed(
    rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    states: list[LinkState] = []
    session, heard = listen(begin, rig, on_link=states.append)
    rig.broker.kill()
    wait_until(lambda: not session.state().is_connected)
    assert session.state().reason
    with pytest.raises(BrokerUnavailable):
        session.publish(TOPIC, b"x")
    rig.broker.start()
    session.wait_ready(20.0)
    session.publish(TOPIC, b"again").wait(5.0)
    wait_until(lambda: [delivery.payload for delivery in heard] == [b"again"])
    assert [state.is_connected for state in states if state.is_connected] == [True, True]
    assert session.state().connects == 2


def test_messages_are_delivered_in_the_order_in_which_they_were_sent(
    rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    _, heard = listen(begin, rig)
    node = begin(rig.settings("node", is_tower=True))
    for number in range(500):
        node.publish(TOPIC, b"%d" % number)
    wait_until(lambda: len(heard) == 500)
    assert [int(delivery.payload) for delivery in heard] == list(range(500))


def test_an_error_in_the_receiver_does_not_end_the_session(
    rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    heard: list[bytes] = []

    def receive(delivery: Delivery) -> None:
        heard.append(delivery.payload)
        if delivery.payload == b"bad":
            raise ValueError(delivery.payload)

    session = begin(rig.settings("centre"), subscriptions=[Subscription("firewatch/v1/#")], receiver=receive)
    session.publish(TOPIC, b"bad")
    session.publish(TOPIC, b"good")
    wait_until(lambda: heard == [b"bad", b"good"])
    assert session.counts().failed_in_receiver == 1


def test_birth_farewell_and_last_will_are_kept_by_the_broker(
    rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    _, heard = listen(begin, rig)
    presence = Presence(STATUS, birth=lambda: b"online", will=lambda: b"lost", farewell=lambda: b"stopped")
    node = begin(rig.settings("node", is_tower=True), presence=presence)
    wait_until(lambda: [delivery.payload for delivery in heard] == [b"online"])
    node._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # a cut cable
    wait_until(lambda: [delivery.payload for delivery in heard] == [b"online", b"lost", b"online"])
    node.stop()
    wait_until(lambda: heard[-1].payload == b"stopped")
    late: list[Delivery] = []
    begin(rig.settings("late"), subscriptions=[Subscription(STATUS)], receiver=late.append)
    # amqtt sends a retained message twice.
    wait_until(lambda: {(delivery.payload, delivery.retain) for delivery in late} == {(b"stopped", True)})


# amqtt does not bring again what was not acknowledged: there the node's outbox does.
def test_what_was_not_acknowledged_comes_again_from_mosquitto(
    mosquitto_rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    session, heard = listen(begin, mosquitto_rig, manual_ack=True)
    node = begin(mosquitto_rig.settings("node", is_tower=True))
    node.publish(TOPIC, b"1").wait(5.0)
    node.publish(TOPIC, b"2").wait(5.0)
    wait_until(lambda: len(heard) == 2)
    first, second = heard
    assert session.acknowledge(first)
    time.sleep(0.3)  # until it is on the wire
    session._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # a cut cable
    wait_until(lambda: len(heard) == 3)
    assert heard[2].payload == b"2"
    assert not session.acknowledge(second)  # its link is gone: its number may mean another message now
    assert session.acknowledge(heard[2])


def test_a_broken_link_ends_the_wait_for_the_brokers_word(rig: Any, begin: Callable[..., MqttSession]) -> None:
    node = begin(rig.settings("node", is_tower=True))
    os.kill(rig.broker.pid, signal.SIGSTOP)
    handle = node.publish(TOPIC, b"x")
    with pytest.raises(PublishTimeout):
        handle.wait(0.3)
    assert not handle.is_taken
    node._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # a cut cable
    with pytest.raises(BrokerUnavailable):
        handle.wait(5.0)
    os.kill(rig.broker.pid, signal.SIGCONT)


# amqtt lets two clients of one name live side by side.
def test_two_clients_of_one_name_are_told_what_is_wrong(
    mosquitto_rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    first = begin(mosquitto_rig.settings("node", is_tower=True))
    reasons: list[str] = []
    second = begin(mosquitto_rig.settings("node", is_tower=True), on_link=lambda state: reasons.append(state.reason))
    wait_until(lambda: any("client id" in reason for reason in [*reasons, first.state().reason]), 25.0)
    assert second.state().connects >= 1


def test_auto_goes_down_to_3_1_1_where_the_broker_speaks_no_5(rig: Any, begin: Callable[..., MqttSession]) -> None:
    settings = msgspec.structs.replace(rig.settings("centre"), protocol="auto")
    session = begin(settings, ready_s=20.0)
    assert session.state().protocol == ("5" if rig.broker.kind == "mosquitto" else "3.1.1")


def test_a_small_limit_of_an_mqtt_5_broker_is_respected(
    mosquitto_rig: Any, begin: Callable[..., MqttSession], wait_until: Until
) -> None:
    settings = msgspec.structs.replace(mosquitto_rig.settings("centre"), max_inflight=60_000)
    session = begin(settings)
    assert session._plan.max_inflight == 2000
    handles = [session.publish(TOPIC, b"x") for _ in range(4000)]
    handles[-1].wait(20.0)
    assert session.state().connects == 1
    wait_until(lambda: all(handle.is_taken for handle in handles))


def test_nobody_there_is_said_in_words(begin: Callable[..., MqttSession]) -> None:
    port = free_port()
    session = begin(MqttSettings(port=port, client_id="x"), ready_s=0.0)
    with pytest.raises(BrokerUnavailable, match="connection refused"):
        session.wait_ready(1.0)


def test_stopping_does_not_wait_for_a_peer_that_reads_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        session = MqttSession(MqttSettings(port=deaf.getsockname()[1], client_id="x", protocol="3.1.1"))
        session.start()
        link, _ = deaf.accept()
        began = time.monotonic()
        session.stop()
        link.close()
    assert time.monotonic() - began < 8.0
    assert not [thread for thread in threading.enumerate() if thread.name == "mqtt-x"]


def test_files_of_tls_that_are_not_there_are_a_clear_error() -> None:
    session = MqttSession(MqttSettings(client_id="x", tls=TlsSettings(ca_file="/nowhere/ca.pem")))
    with pytest.raises(BrokerUnavailable, match="TLS"):
        session.start()


@pytest.fixture
def tls_broker(tmp_path: Path, wait_until: Until) -> Iterator[tuple[int, Path]]:
    """Start Mosquitto with a certificate of its own; return its port and the certificate."""
    openssl, mosquitto = shutil.which("openssl"), find_mosquitto()
    if not openssl or not mosquitto:
        pytest.skip("openssl and mosquitto are needed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nuser {getpass.getuser()}\nallow_anonymous true\n"
        f"certfile {cert}\nkeyfile {key}\nlog_dest none\n"
    )
    broker = subprocess.Popen([mosquitto, "-c", str(conf)], stderr=subprocess.DEVNULL)

    def is_open() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(is_open, 10.0)
    yield port, cert
    broker.terminate()
    broker.wait(10)


def test_an_encrypted_link_is_made_when_the_certificate_is_trusted(
    tls_broker: tuple[int, Path], begin: Callable[..., MqttSession]
) -> None:
    port, cert = tls_broker
    session = begin(MqttSettings(port=port, client_id="x", tls=TlsSettings(ca_file=str(cert))))
    session.publish("a", b"x").wait(5.0)
    assert session.state().is_connected


# The client library leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_untrusted_certificate_is_said_in_words(
    tls_broker: tuple[int, Path], begin: Callable[..., MqttSession]
) -> None:
    port, _ = tls_broker
    session = begin(MqttSettings(port=port, client_id="x", tls=TlsSettings()), ready_s=0.0)
    with pytest.raises(BrokerUnavailable, match=r"authority that ca_file does not hold|is signed by itself"):
        session.wait_ready(2.0)
