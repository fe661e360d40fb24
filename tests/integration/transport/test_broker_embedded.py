"""The embedded brokers: only known users, only their own topics, on loopback, and never longer than their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.adapters.broker_child import covers, main
from firewatch.domain.ids import TowerId
from firewatch.errors import BrokerUnavailable
from firewatch.mqtt import Delivery, MqttSession, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Until = Callable[..., None]

pytestmark = [pytest.mark.broker]

SIGHTINGS = "firewatch/v1/towers/{}/cameras/north/sightings"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_wrong_password_is_refused_in_words(rig: Any) -> None:
    session = MqttSession(msgspec.structs.replace(rig.settings("x"), password="wrong"))  # noqa: S106 - wrong on purpose
    session.start()
    with pytest.raises(BrokerUnavailable, match="user name or password"):
        session.wait_ready(3.0)
    session.stop()


def test_a_tower_cannot_speak_for_another(rig: Any, wait_until: Until) -> None:
    heard: list[Delivery] = []
    centre = MqttSession(rig.settings("centre"), subscriptions=[Subscription("firewatch/v1/#")], receiver=heard.append)
    tower = MqttSession(rig.settings("tower", is_tower=True))
    for session in (centre, tower):
        session.start()
        session.wait_ready(10.0)
    tower.publish(SIGHTINGS.format("tower-b"), b"false")
    tower.publish(SIGHTINGS.format("tower-a"), b"true")
    wait_until(lambda: bool(heard))
    time.sleep(0.2)
    assert [(delivery.topic, delivery.payload) for delivery in heard] == [(SIGHTINGS.format("tower-a"), b"true")]
    for session in (centre, tower):
        session.stop()


def test_it_listens_on_loopback_only(rig: Any) -> None:
    with socket.create_connection((rig.broker.host, rig.broker.port), timeout=2.0) as link:
        assert link.getpeername()[0] == "127.0.0.1"
    hosts = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for host in hosts - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((host, rig.broker.port), timeout=2.0)


def test_it_ends_when_it_is_stopped_and_starts_again_on_the_same_port(rig: Any) -> None:
    pid, port = rig.broker.pid, rig.broker.port
    rig.broker.stop()
    rig.broker.stop()
    assert not is_alive(pid)
    rig.broker.start()
    assert (rig.broker.port, rig.broker.pid != pid) == (port, True)


def test_it_ends_when_its_parent_is_killed(
    broker_kind: Literal["mosquitto", "amqtt"], tmp_path: Path, wait_until: Until
) -> None:
    program = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from firewatch.adapters.broker import EmbeddedBroker
        broker = EmbeddedBroker(Path({str(tmp_path)!r}), [], kind={broker_kind!r})
        broker.start()
        print(broker.pid, flush=True)
        time.sleep(60)
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()
    wait_until(lambda: not is_alive(pid), 10.0)


def test_a_taken_port_is_a_clear_error(broker_kind: Literal["mosquitto", "amqtt"], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = EmbeddedBroker(tmp_path, [], kind=broker_kind, port=port)
        with pytest.raises(BrokerUnavailable, match="its log ends"):
            broker.start()


def test_its_files_hold_no_password_and_are_private(rig: Any) -> None:
    for path in (rig.folder / "broker").iterdir():
        if path.name in {"passwords", "rights", "mosquitto.conf", "amqtt.json"}:
            assert path.stat().st_mode & 0o077 == 0
        assert rig.tower.password.encode() not in path.read_bytes()
    assert rig.tower.password not in repr(rig.tower)
    assert rig.tower.password not in repr(rig.settings("x", is_tower=True))


def test_mosquitto_keeps_what_waits_for_an_absent_centre(tmp_path: Path, wait_until: Until) -> None:
    centre = BrokerAccount.of_centre()
    tower = BrokerAccount.of_tower(TowerId("tower-a"))
    try:
        broker = EmbeddedBroker(tmp_path, [centre, tower], kind="mosquitto")
    except BrokerUnavailable as err:
        pytest.skip(str(err))
    heard: list[Delivery] = []
    wanted = [Subscription("firewatch/v1/#")]
    with broker:
        first = MqttSession(broker.settings_for(centre, "centre"), subscriptions=wanted, receiver=heard.append)
        first.start()
        first.wait_ready(10.0)
        first.stop()
        node = MqttSession(broker.settings_for(tower, "node"))
        node.start()
        node.wait_ready(10.0)
        for number in range(300):
            node.publish(SIGHTINGS.format("tower-a"), b"%d" % number)
        node.publish(SIGHTINGS.format("tower-a"), b"last").wait(10.0)
        node.stop()
        broker.stop()
        broker.start()
        again = MqttSession(broker.settings_for(centre, "centre"), subscriptions=wanted, receiver=heard.append)
        again.start()
        wait_until(lambda: len(heard) == 301)
        assert [delivery.payload for delivery in heard] == [*(b"%d" % number for number in range(300)), b"last"]
        again.stop()


@pytest.mark.parametrize(
    ("allowed", "requested", "is_covered"),
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a/+/c", True),
        ("a/#", "a/#", True),
        ("a/#", "#", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/#", False),
        ("a/b", "a/+", False),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_a_filter_covers_what_lies_within_it(allowed: str, requested: str, *, is_covered: bool) -> None:
    assert covers(allowed, requested) is is_covered


def test_the_child_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
