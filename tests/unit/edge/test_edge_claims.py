"""Who yields where two nodes speak for one tower, and what is said again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firewatch.errors import TowerClaimed
from firewatch.mqtt import Delivery
from firewatch.wire import codec
from firewatch_edge.publish.claims import ClaimWatch

OLDER, MINE, NEWER, BEFORE = (f"01M8BM3657000000000000000{digit}" for digit in "1592")
NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


class Said:
    """A node's watch, and what it did."""

    def __init__(self) -> None:
        self.again: list[str | None] = []
        self.yielded: list[str] = []
        self.watch = ClaimWatch(MINE, [BEFORE], self.again.append, self.yielded.append)

    def hear(self, payload: bytes, *, retain: bool = False) -> Said:
        self.watch.hear(Delivery("status", payload, qos=1, retain=retain, link=1, packet_id=1))
        return self


def status(state: str, boot_id: str, claimant: str | None = None) -> bytes:
    return codec.encode_status(state, NOW, boot_id, "x", claimant)  # type: ignore[arg-type]


def test_the_later_start_yields_and_the_earlier_one_says_its_word_again() -> None:
    assert Said().hear(status("online", OLDER)).yielded == [OLDER]
    earlier = Said().hear(status("online", NEWER))
    assert (earlier.yielded, earlier.again) == ([], [NEWER])


@pytest.mark.parametrize("boot_id", [OLDER, NEWER])
def test_a_node_that_asks_is_answered_whatever_its_start(boot_id: str) -> None:
    """It was never online: there is nothing to yield to."""
    said = Said().hear(status("stopped", boot_id, MINE))
    assert (said.yielded, said.again) == ([], [boot_id])


@pytest.mark.parametrize("boot_id", [BEFORE, OLDER])
def test_a_last_will_that_comes_late_does_not_stand(boot_id: str) -> None:
    said = Said().hear(status("lost", boot_id))
    assert (said.yielded, said.again) == ([], [None])


@pytest.mark.parametrize("payload", [status("online", MINE), b"rubbish"])
def test_its_own_word_and_what_it_cannot_read_change_nothing(payload: bytes) -> None:
    said = Said().hear(payload)
    assert (said.yielded, said.again) == ([], [])


def test_what_the_broker_had_kept_changes_nothing() -> None:
    said = Said().hear(status("online", OLDER), retain=True)
    assert (said.yielded, said.again) == ([], [])


def test_the_error_says_what_to_do() -> None:
    words = str(TowerClaimed("yunfeng", OLDER))
    assert words.startswith(f"tower yunfeng: another node (start {OLDER})")
    assert "tower.id" in words
    assert "stays in its outbox" in words
