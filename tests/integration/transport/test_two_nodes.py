"""Two nodes of one name: the second is refused loudly, keeps what it has, and the first goes on undisturbed."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from real_node import RealNode, SmokyCamera, wait_for

from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch.wire.v1 import StatusV1

pytestmark = [pytest.mark.broker]


@pytest.fixture
def camera() -> Iterator[SmokyCamera]:
    made = SmokyCamera()
    yield made
    made.stop()


@pytest.fixture
def nodes(mosquitto_rig: Any, squares_model: Path, camera: SmokyCamera) -> Iterator[tuple[RealNode, RealNode]]:
    """Two nodes of one tower, on files of their own, as on two machines."""
    pair = (
        RealNode(mosquitto_rig, squares_model, camera, "first"),
        RealNode(mosquitto_rig, squares_model, camera, "second"),
    )
    yield pair
    for node in pair:
        node.end()


def statuses(taker: Any) -> list[StatusV1]:
    return [codec.decode_status(one.payload) for one in list(taker.unnamed) if one.topic.endswith("/status")]


def waiting_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as base:
        return int(base.execute("SELECT count(*) FROM messages WHERE priority = 0").fetchone()[0])


def test_a_second_node_is_refused_and_takes_over_when_the_first_is_gone(
    mosquitto_rig: Any, taker: Any, nodes: tuple[RealNode, RealNode]
) -> None:
    mosquitto_rig.begin_intake(taker)
    first, second = nodes
    first.start()
    wait_for(lambda: len(taker.sightings()) >= 1, 60.0, "the first node's sighting")
    second.start()
    assert second.process is not None
    assert second.process.wait(60.0) == 1
    log = second.log()
    assert "node.refused" in log
    assert "another node (start" in log
    assert "give each node the tower.id of its own tower, or stop the other one" in log
    assert "session taken over" not in first.log().lower()
    assert "WARNING mqtt.link_lost" not in first.log()
    # The centre is left with the first one's word, and with the other's start in it.
    wait_for(lambda: statuses(taker)[-1].claimant_boot_id is not None, 10.0, "the claimant in the status")
    last = statuses(taker)[-1]
    assert last.state == "online"
    assert f'claimant_boot_id="{last.claimant_boot_id}"' in first.log()
    before = len(taker.sightings())
    wait_for(lambda: len(taker.sightings()) > before, 60.0, "the first node goes on")
    kept = waiting_in(mosquitto_rig.folder / "second.sqlite")
    # A first node that is killed is given up by the broker; then the second may speak, and sends what it had kept.
    assert first.process is not None
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10.0)
    second.start()
    wait_for(lambda: len(second.ledger()) >= 1, 60.0, "a sighting of the second node")
    wait_for(lambda: set(second.ledger()) <= set(taker.sightings()), 60.0, f"all of it, {kept} of before among it")
    assert second.process.poll() is None


def test_a_node_that_was_killed_starts_again_without_waiting_for_itself(
    mosquitto_rig: Any, taker: Any, nodes: tuple[RealNode, RealNode]
) -> None:
    mosquitto_rig.begin_intake(taker)
    node, _ = nodes
    for start in range(2):
        node.start()
        wait_for(lambda start=start: node.log().count("mqtt.connected") >= 2 * (start + 1), 40.0, "its link")
        assert node.process is not None
        node.process.kill()
        node.process.wait(10.0)
    assert "node.name_in_use" not in node.log()


def test_a_second_node_on_the_same_outbox_is_refused(
    mosquitto_rig: Any, squares_model: Path, camera: SmokyCamera, nodes: tuple[RealNode, RealNode]
) -> None:
    first, _ = nodes
    first.start()
    wait_for(lambda: "node.started" in first.log(), 40.0, "the first node")
    same = RealNode(mosquitto_rig, squares_model, camera, "first")
    same.log_path = mosquitto_rig.folder / "same.log"
    same.start()
    assert same.process is not None
    assert same.process.wait(40.0) == 1
    assert first.process is not None
    assert f"another program uses it (process {first.process.pid})" in same.log()
