"""Cuts in mid-word, delay and half-open links between tower, broker and centre: what goes in is there once."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from proxy import BadLink

from firewatch.adapters.mqtt_intake import MqttIntake
from firewatch.mqtt import MqttSession, Subscription
from firewatch.testing.builders import a_message_id, a_sighting, a_ulid, an_evidence
from firewatch.wire import codec, topics
from firewatch_edge.publish import Outbox, OutboxPublisher, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Until = Callable[..., None]

pytestmark = [pytest.mark.broker]

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"


@pytest.fixture
def bad_link(mosquitto_rig: Any) -> Iterator[BadLink]:
    """Make a bad link to the broker."""
    link = BadLink(mosquitto_rig.broker.port, seed=11)
    yield link
    link.stop()


def node_over(rig: Any, link: BadLink, keepalive_s: int = 30, resend_after_s: float = 1.0) -> OutboxPublisher:
    settings = rig.publish_settings(resend_after_s=resend_after_s)
    mqtt = msgspec.structs.replace(settings.mqtt, port=link.port, keepalive_s=keepalive_s)
    node = OutboxPublisher(replace(settings, mqtt=mqtt), a_ulid("boot", 1))
    rig._ends.append(node.close)
    return node


def test_a_link_that_is_cut_again_and_again_in_mid_word_loses_and_doubles_nothing(
    mosquitto_rig: Any, bad_link: BadLink, taker: Any, wait_until: Until
) -> None:
    """Both ends go over the bad link, so that messages, acknowledgements and receipts are torn alike."""
    bad_link.cut_after = (4_000, 60_000)
    bad_link.delay_s = 0.002
    settings = msgspec.structs.replace(mosquitto_rig.settings("central"), port=bad_link.port)
    intake = MqttIntake(settings, taker, _Clock())
    intake.start()
    mosquitto_rig._ends.append(intake.stop)
    node = node_over(mosquitto_rig, bad_link)
    for number in range(150):
        node.sighting(a_sighting(number))
        if number % 10 == 0:
            node.evidence(an_evidence(number))
    wait_until(lambda: bad_link.cuts >= 8, 60.0)
    bad_link.cut_after = None
    wait_until(lambda: node.depth() == 0, 60.0)
    assert taker.sightings() == sorted((a_sighting(number).sighting_id, 1) for number in range(150))
    assert len(taker.messages) == 165
    assert node.counts().refused == node.counts().quarantined == 0


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def test_a_half_open_link_is_given_up_and_nothing_is_lost(
    mosquitto_rig: Any, bad_link: BadLink, taker: Any, wait_until: Until
) -> None:
    """The link takes bytes and answers none, as behind a router that lost its state: the keep-alive finds it out."""
    mosquitto_rig.begin_intake(taker)
    node = node_over(mosquitto_rig, bad_link, keepalive_s=2)
    node.sighting(a_sighting(0))
    wait_until(lambda: node.depth() == 0)
    bad_link.is_black_hole = True
    for number in range(1, 20):
        node.sighting(a_sighting(number))
    began = time.monotonic()
    wait_until(lambda: not node.link().is_connected, 20.0)
    assert time.monotonic() - began < 10.0
    assert node.link().reason
    assert node.depth() == 19
    bad_link.is_black_hole = False
    bad_link.cut()
    wait_until(lambda: node.depth() == 0)
    assert taker.sightings() == sorted((a_sighting(number).sighting_id, 1) for number in range(20))


def keep_backlog(rig: Any, old: timedelta, count: int) -> None:
    """Fill the outbox as it was so long ago."""
    outbox = Outbox(rig.outbox, clock=lambda: datetime.now(UTC) - old)
    outbox._base.execute("PRAGMA synchronous = OFF")  # it is the making of the backlog that need not last
    for number in range(count):
        one = a_sighting(number, first_seen_at=datetime.now(UTC) - old)
        outbox.put(a_message_id(number), TOPIC, codec.encode_sighting(one, a_message_id(number)), Priority.SIGHTING)
    outbox.close()


def test_a_fresh_alarm_passes_a_weeks_back_fill(
    mosquitto_rig: Any, taker: Any, wait_until: Until, record_property: Callable[[str, object], None]
) -> None:
    """After a week without a broker: what waits goes newest first, marked late, and a fresh alarm waits for none."""
    old, count = timedelta(days=7), int(os.environ.get("FIREWATCH_BACKLOG", "4000"))
    keep_backlog(mosquitto_rig, old, count)
    heard: list[tuple[float, str, bytes]] = []
    both = [Subscription(topics.ALL_OF[kind]) for kind in (topics.Kind.SIGHTINGS, topics.Kind.BACKFILL)]
    listener = MqttSession(
        mosquitto_rig.settings("listener"),
        subscriptions=both,
        receiver=lambda delivery: heard.append((time.monotonic(), delivery.topic, delivery.payload)),
    )
    listener.start()
    listener.wait_ready(20.0)
    mosquitto_rig._ends.append(listener.stop)
    mosquitto_rig.begin_intake(taker)
    node = mosquitto_rig.begin_node(resend_after_s=30.0)
    wait_until(lambda: len(heard) >= 100, 60.0)
    latencies = []
    for number in range(count, count + 5):
        alarm, before = a_sighting(number, first_seen_at=datetime.now(UTC)), len(taker.messages)
        put_s = time.monotonic()
        node.sighting(alarm)
        wait_until(lambda alarm=alarm, before=before: (alarm.sighting_id, 1) in _stored(taker, before), 30.0)
        latencies.append(time.monotonic() - put_s)
        assert node.depth() > 100, "the back-fill was over before the alarm came"
        time.sleep(0.1)
    record_property("latency_s", [round(one, 3) for one in latencies])
    sys.stdout.write(f"latency of a fresh alarm at the centre's store [s]: {[round(one, 3) for one in latencies]}\n")
    assert max(latencies) < 5.0
    ways = [(topic.rsplit("/", 1)[1], codec.decode_sighting(payload)) for _, topic, payload in list(heard)]
    late = [read for way, read in ways if way == "backfill"]
    assert all(read.age_s > old.total_seconds() - 60 for read in late)
    assert {way for way, read in ways if read.age_s < 60} == {"sightings"}
    # Newest first: each batch of the window begins with the youngest that is left.
    numbers = {a_sighting(number).sighting_id: number for number in range(count - 300, count)}
    assert [numbers[read.value.sighting_id] for read in late[:200]] == list(range(count - 1, count - 201, -1))
    wait_until(lambda: node.depth() == 0, 120.0)
    assert len(taker.messages) == count + 5
    assert node.counts().quarantined == 0


def _stored(taker: Any, since: int) -> list[tuple[str, int]]:
    with taker.lock:
        latest = list(taker.messages.values())[since:]
    kept = [codec.decode_sighting(payload).value for payload in latest]
    return [(sighting.sighting_id, sighting.revision) for sighting in kept]
