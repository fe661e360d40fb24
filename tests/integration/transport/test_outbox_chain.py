"""From the node's decision to the centre's commit nothing is lost, on either broker."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from firewatch.domain.node import Vitals
from firewatch.mqtt import MqttSession, Subscription
from firewatch.testing.builders import a_sighting, a_ulid, an_evidence
from firewatch.wire import codec, topics
from firewatch_edge.node import Handover
from firewatch_edge.publish import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    Until = Callable[..., None]

    from firewatch.domain.ids import MessageId

pytestmark = [pytest.mark.broker]

CHILD = Path(__file__).with_name("node_child.py")


def test_what_is_put_is_stored_and_forgotten(rig: Any, taker: Any, wait_until: Until) -> None:
    intake = rig.begin_intake(taker)
    node = rig.begin_node(resend_after_s=30.0)  # so that a slow machine is no reason to send twice
    sent = [a_sighting(number) for number in range(50)]
    for sighting in sent:
        node.sighting(sighting)
    node.evidence(an_evidence(1))
    wait_until(lambda: node.depth() == 0)
    assert taker.sightings() == sorted((sighting.sighting_id, 1) for sighting in sent)
    assert len(taker.messages) == 51
    wait_until(lambda: intake.counts().taken >= 52)  # and the birth
    assert set(taker.arrivals.values()) == {1}


def test_what_is_put_while_the_broker_is_dead_arrives_when_it_is_back(rig: Any, taker: Any, wait_until: Until) -> None:
    rig.begin_intake(taker)
    node = rig.begin_node()
    node.sighting(a_sighting(0))
    wait_until(lambda: node.depth() == 0)
    rig.broker.kill()
    for number in range(1, 40):
        node.sighting(a_sighting(number))
    assert node.depth() == 39
    time.sleep(1.5)
    assert not node.link().is_connected
    rig.broker.start()
    wait_until(lambda: node.depth() == 0)
    assert taker.sightings() == sorted((a_sighting(number).sighting_id, 1) for number in range(40))


def test_a_broker_killed_between_publish_and_receipt_loses_nothing(rig: Any, taker: Any, wait_until: Until) -> None:
    taker.failures_left = 10**9  # the centre takes nothing: what the broker has stays without a receipt
    rig.begin_intake(taker)
    node = rig.begin_node()
    for number in range(30):
        node.sighting(a_sighting(number))
    wait_until(lambda: bool(taker.batches))
    rig.broker.kill()
    taker.failures_left = 0
    assert node.depth() == 30
    rig.broker.start()
    wait_until(lambda: node.depth() == 0)
    assert taker.sightings() == sorted((a_sighting(number).sighting_id, 1) for number in range(30))


def test_a_node_killed_while_it_sends_loses_and_doubles_nothing(
    rig: Any, taker: Any, wait_until: Until, tmp_path: Path
) -> None:
    rig.begin_intake(taker)
    settings, ledger = tmp_path / "node.json", tmp_path / "ledger"
    settings.write_bytes(
        msgspec.json.encode(
            {"outbox": str(rig.outbox), "mqtt": msgspec.json.encode(rig.publish_settings().mqtt).decode()}
        )
    )
    kills = 2
    for start in range(kills + 1):
        count = 10 if start == kills else 100_000
        command = [sys.executable, str(CHILD), str(settings), str(ledger), str(start * 100_000), str(count)]
        child = subprocess.Popen(command)
        before = len(taker.messages)
        if start < kills:
            wait_until(lambda before=before: len(taker.messages) >= before + 60)
            child.kill()
        assert child.wait(60) == (-9 if start < kills else 0)
    noted = sorted((line.split()[0], int(line.split()[1])) for line in ledger.read_text().splitlines())
    stored = taker.sightings()
    assert not set(noted) - set(stored)
    assert len(set(stored)) == len(stored)
    # A kill may fall between the outbox and the ledger, once each.
    assert len(stored) - len(noted) <= kills


def test_a_lost_receipt_brings_the_message_again_and_it_is_still_one(rig: Any, taker: Any, wait_until: Until) -> None:
    taker.receipts_to_lose = 1
    rig.begin_intake(taker)
    node = rig.begin_node()
    node.sighting(a_sighting(1))
    wait_until(lambda: node.depth() == 0)
    assert list(taker.arrivals.values()) == [2]
    assert taker.sightings() == [(a_sighting(1).sighting_id, 1)]


def test_a_failing_store_is_tried_again_without_haste_and_nothing_is_receipted_meanwhile(
    rig: Any, taker: Any, wait_until: Until
) -> None:
    taker.failures_left = 3
    intake = rig.begin_intake(taker)
    node = rig.begin_node(resend_after_s=30.0)
    node.sighting(a_sighting(1))
    wait_until(lambda: intake.counts().store_failures == 3)
    assert node.depth() == 1
    wait_until(lambda: node.depth() == 0)
    assert intake.counts().store_failures == 3
    # Not once more than the failures and the batches that were taken.
    assert len(taker.batches) <= 3 + intake.counts().batches + 1


def test_a_centre_that_was_away_finds_everything(rig: Any, taker: Any, wait_until: Until) -> None:
    first = rig.begin_intake(taker)
    node = rig.begin_node()
    node.sighting(a_sighting(1))
    wait_until(lambda: node.depth() == 0)
    first.stop()
    for number in range(2, 200):
        node.sighting(a_sighting(number))
    rig.begin_intake(taker)
    wait_until(lambda: node.depth() == 0)
    assert taker.sightings() == sorted((a_sighting(number).sighting_id, 1) for number in range(1, 200))


def test_late_sightings_take_the_other_way_and_fresh_ones_go_first(rig: Any, taker: Any, wait_until: Until) -> None:
    for hours_ago, numbers in ((2, range(20)), (0, range(100, 101))):  # all wait before the node gets its link
        outbox = Outbox(rig.outbox, clock=lambda hours=hours_ago: datetime.now(UTC) - timedelta(hours=hours))
        for number in numbers:
            put(outbox, number)
        outbox.close()
    # The intake hears the two ways over two connections, so that only one listener to both can tell their order.
    ways: list[str] = []
    both = [Subscription(topics.ALL_OF[kind]) for kind in (topics.Kind.SIGHTINGS, topics.Kind.BACKFILL)]
    listener = MqttSession(
        rig.settings("listener"), subscriptions=both, receiver=lambda delivery: ways.append(delivery.topic)
    )
    listener.start()
    listener.wait_ready(20.0)
    rig.begin_intake(taker)
    node = rig.begin_node()
    wait_until(lambda: node.depth() == 0)
    wait_until(lambda: len(ways) >= 21)
    listener.stop()
    assert [way.rsplit("/", 1)[1] for way in ways[:21]] == ["sightings", *["backfill"] * 20]
    assert len(taker.sightings()) == 21


def test_a_sighting_that_the_disk_refuses_is_at_the_centre_all_the_same(
    rig: Any, taker: Any, wait_until: Until
) -> None:
    rig.begin_intake(taker)
    node = rig.begin_node()
    wait_until(lambda: node.link().is_connected)
    other = sqlite3.connect(rig.outbox, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else may write, as on a full disk
    one = a_sighting(1)
    handover = Handover(node)
    handover.give(one, ())
    wait_until(lambda: taker.sightings() == [(one.sighting_id, 1)])
    assert (handover.waiting, node.depth()) == (1, 0)
    other.execute("ROLLBACK")
    other.close()
    assert handover.retry() is True
    wait_until(lambda: node.depth() == 0 and len(taker.sightings()) == 2)
    # Twice under two message ids: the centre's store takes a revision once.
    assert set(taker.sightings()) == {(one.sighting_id, 1)}
    assert node.counts().refused == node.counts().quarantined == 0


def put(outbox: Outbox, number: int) -> MessageId:
    from firewatch.testing.builders import a_message_id

    message_id = a_message_id(number)
    topic = "firewatch/v1/towers/tower-a/cameras/north/sightings"
    outbox.put(message_id, topic, codec.encode_sighting(a_sighting(number), message_id), Priority.SIGHTING)
    return message_id


def test_what_cannot_be_read_is_set_aside_by_the_node_and_harms_nothing(
    rig: Any, taker: Any, wait_until: Until
) -> None:
    outbox = Outbox(rig.outbox)
    bad, topic = a_ulid("message", 9), "firewatch/v1/towers/tower-a/cameras/north/sightings"
    outbox.put(
        bad, topic, b'{"schema":"firewatch/v1/sighting","message_id":"' + bad.encode() + b'"}', Priority.SIGHTING
    )
    outbox.close()
    rig.begin_intake(taker)
    node = rig.begin_node()
    node.sighting(a_sighting(1))
    wait_until(lambda: node.depth() == 0)
    counts = node.counts()
    assert (counts.quarantined, counts.refused) == (1, 0)
    assert [arrived.payload[:20] for arrived in taker.unreadable] == [b'{"schema":"firewatch']


def test_what_is_too_large_leaves_its_first_bytes_its_size_and_its_hash(
    rig: Any, taker: Any, wait_until: Until
) -> None:
    import hashlib

    outbox = Outbox(rig.outbox)
    huge_id, topic = a_ulid("message", 9), "firewatch/v1/towers/tower-a/cameras/north/sightings"
    huge = (
        b'{"schema":"firewatch/v1/sighting","message_id":"' + huge_id.encode() + b'","x":"' + b"x" * 1_500_000 + b'"}'
    )
    outbox.put(huge_id, topic, huge, Priority.SIGHTING)
    outbox.close()
    intake = rig.begin_intake(taker)
    node = rig.begin_node(resend_after_s=10.0)
    wait_until(lambda: node.depth() == 0)
    (arrived,) = taker.unreadable
    assert arrived.payload == huge[:65_536]
    assert (arrived.oversize.size_bytes, arrived.oversize.sha256) == (len(huge), hashlib.sha256(huge).hexdigest())
    assert intake.counts().oversized >= 1
    assert node.counts().quarantined == 1


def test_birth_farewell_and_vitals_are_heard(rig: Any, taker: Any, wait_until: Until) -> None:
    rig.begin_intake(taker)
    node = rig.begin_node()
    wait_until(lambda: len(taker.unnamed) >= 1)
    node.vitals(Vitals(datetime.now(UTC), a_ulid("boot", 1), (), 10**9, 0, "a" * 64))
    wait_until(lambda: len(taker.unnamed) >= 2)
    node.close()
    wait_until(lambda: len(taker.unnamed) >= 3)
    birth, vitals, farewell = taker.unnamed[:3]
    assert codec.decode_status(birth.payload).state == "online"
    assert codec.decode_vitals(vitals.payload).disk_free_bytes == 10**9
    assert codec.decode_status(farewell.payload).state == "stopped"


def test_the_last_will_of_a_killed_node_is_heard(rig: Any, taker: Any, wait_until: Until, tmp_path: Path) -> None:
    rig.begin_intake(taker)
    settings, ledger = tmp_path / "node.json", tmp_path / "ledger"
    mqtt = msgspec.json.encode(rig.publish_settings().mqtt).decode()
    settings.write_bytes(msgspec.json.encode({"outbox": str(rig.outbox), "mqtt": mqtt}))
    child = subprocess.Popen([sys.executable, str(CHILD), str(settings), str(ledger), "0", "100000"])
    wait_until(lambda: len(taker.messages) > 5)
    child.kill()
    child.wait(10)
    states: Callable[[], list[str]] = lambda: [  # noqa: E731 - read anew at each look
        codec.decode_status(arrived.payload).state for arrived in taker.unnamed if arrived.topic.endswith("/status")
    ]
    wait_until(lambda: states()[-1:] == ["lost"])


def test_vitals_without_a_link_are_dropped_in_silence(rig: Any) -> None:
    node = rig.begin_node()
    rig.broker.kill()
    node.vitals(Vitals(datetime.now(UTC), a_ulid("boot", 1), (), 10**9, 0, "a" * 64))
    assert node.depth() == 0
