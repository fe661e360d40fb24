"""Commands are done once, refused with a reason, and always answered, whatever hands, disk and clock do."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, TowerId, make_ulid
from firewatch.domain.remote import ReplyState
from firewatch.domain.vision import ClockState
from firewatch.errors import StoreError
from firewatch.mqtt import Delivery
from firewatch.wire.remote_codec import encode_command
from firewatch_edge.node.hands import CommandMemory, Dispatcher, Hand, Mailbox, Outcome, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from firewatch.domain.remote import Command, Reply
    from firewatch.domain.vision import Evidence

AT = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
TOWER = TowerId("yunfeng")


class Sender:
    """A publisher that remembers replies, and whose disk may be full."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.is_full = False
        self.clock = ClockState.KEPT

    def reply(self, reply: Reply) -> None:
        if self.is_full:
            raise StoreError("the disk is full")
        self.replies.append(reply)

    def evidence(self, evidence: Evidence) -> None: ...

    def live(self, picture: Evidence) -> bool:
        return bool(picture)

    def clock_state(self) -> ClockState:
        return self.clock

    def of(self, number: int) -> list[tuple[str, str, int]]:
        command_id = an_id(number)
        return [(each.state.value, each.code, each.ordinal) for each in self.replies if each.command_id == command_id]


class Gate:
    """A hand that waits until it is let go."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def do(self, _: Command) -> Outcome:
        self.open.wait(20.0)
        return Outcome()


class Tower:
    """A dispatcher at work, begun anew as often as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sender, self.mailbox = folder, Sender(), Mailbox()
        self.now = AT
        self.done: list[Command] = []
        self.hands: dict[type[remote.Action], Hand] = {remote.Snapshot: Hand(self._do, 30.0)}
        self.dispatcher: Dispatcher | None = None

    def _do(self, command: Command) -> Outcome:
        self.done.append(command)
        return Outcome(facts={"width_px": 8})

    def start(self) -> None:
        memory = CommandMemory(self.folder / "commands.json")
        self.dispatcher = Dispatcher(TOWER, self.mailbox, self.hands, memory, self.sender, lambda: self.now)
        self.dispatcher.start()

    def stop(self) -> None:
        if self.dispatcher is not None:
            self.dispatcher.stop(10.0)
            self.dispatcher.keep_rest()
            self.dispatcher = None

    def give(self, payload: bytes, *, retain: bool = False) -> None:
        self.mailbox.take(Delivery("t", payload, 1, retain, 1, 1))

    def wait(self, fact: Callable[[], bool], within_s: float = 20.0) -> None:
        ends_s = time.monotonic() + within_s
        while not fact():
            assert time.monotonic() < ends_s, self.sender.replies
            time.sleep(0.01)


def an_id(number: int) -> CommandId:
    return CommandId(make_ulid(AT, number.to_bytes(10, "big")))


def a_command(number: int, action: remote.Action | None = None, **fields: Any) -> bytes:
    whole: dict[str, Any] = {
        "command_id": an_id(number),
        "tower_id": TOWER,
        "issued_at": AT,
        "expires_at": AT + timedelta(minutes=5),
        "issued_by": "duty officer",
        "action": action or remote.Snapshot(camera_id=CameraId("north")),
    }
    return encode_command(remote.Command(**{**whole, **fields}))


@pytest.fixture
def tower(tmp_path: Path) -> Iterator[Tower]:
    made = Tower(tmp_path)
    yield made
    made.stop()


def test_a_command_that_comes_again_is_done_once_also_over_a_restart(tower: Tower) -> None:
    tower.start()
    tower.give(a_command(1))
    tower.give(a_command(1))
    tower.wait(lambda: bool(tower.sender.of(1)))
    tower.stop()
    tower.start()
    tower.give(a_command(1))
    tower.give(a_command(2))
    tower.wait(lambda: bool(tower.sender.of(2)))
    assert [command.command_id for command in tower.done] == [an_id(1), an_id(2)]
    assert tower.sender.of(1) == [("done", "", 1)]
    assert tower.sender.replies[0].facts == {"width_px": 8}
    assert tower.sender.replies[0].clock is ClockState.KEPT


def test_what_is_not_for_this_node_now_is_refused_with_its_reason_and_not_done(tower: Tower) -> None:
    tower.start()
    tower.give(a_command(1, tower_id=TowerId("other")))
    tower.give(a_command(2), retain=True)
    tower.give(a_command(3, remote.EndExercise()))
    tower.give(a_command(4).replace(b'"snapshot"', b'"dance"'))
    tower.give(a_command(5).replace(b"/v1/command", b"/v2/command"))
    tower.give(a_command(6).replace(b"north", b"NORTH"))
    tower.give(a_command(7)[:-1] + b',"x":"' + b"x" * 20_000 + b'"}')
    tower.give(b"\xff no command")
    tower.wait(lambda: bool(tower.sender.of(7)))
    assert [tower.sender.of(number)[0][:2] for number in range(1, 8)] == [
        ("refused", "other-tower"),
        ("refused", "retained"),
        ("refused", "not-supported"),
        ("refused", "unknown-action"),
        ("refused", "unsupported-version"),
        ("refused", "malformed"),
        ("refused", "malformed"),
    ]
    assert not tower.done
    assert len(tower.sender.replies) == 7


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        (ClockState.KEPT, "it ended 300 s ago by this tower's clock"),
        (ClockState.STEPPED, "it ended 300 s ago by this tower's clock, which was set within the hour"),
        (ClockState.UNSET, "it ended 300 s ago by this tower's clock, which has not been set since the power came"),
        (ClockState.FREE, "it ended 300 s ago by this tower's clock, which no time service keeps"),
    ],
)
def test_what_has_expired_is_not_done_and_a_doubtful_clock_says_so(tower: Tower, clock: ClockState, says: str) -> None:
    tower.now, tower.sender.clock = AT + timedelta(minutes=10), clock
    tower.start()
    tower.give(a_command(1))
    tower.wait(lambda: bool(tower.sender.of(1)))
    (reply,) = tower.sender.replies
    assert (reply.state, reply.code, reply.text, reply.clock) == (ReplyState.EXPIRED, "expired", says, clock)
    assert reply.facts == {"late_s": 300}
    assert not tower.done


def test_a_slow_hand_holds_no_other_and_is_answered_at_its_time(tower: Tower) -> None:
    slow = Gate()
    tower.hands[remote.Reload] = Hand(slow.do, 0.5, says_accepted=True)
    tower.start()
    tower.give(a_command(1, remote.Reload()))
    tower.give(a_command(2))
    tower.wait(lambda: bool(tower.sender.of(2)))
    assert tower.sender.of(1)[:1] == [("accepted", "", 1)]
    tower.wait(lambda: len(tower.sender.of(1)) == 2)
    slow.open.set()
    tower.give(a_command(3))
    tower.wait(lambda: bool(tower.sender.of(3)))
    assert tower.sender.of(1) == [("accepted", "", 1), ("failed", "timed-out", 2)]


def test_whatever_a_hand_raises_or_says_is_answered(tower: Tower) -> None:
    def breaks(command: Command) -> Outcome:
        match command.command_id[-1]:
            case "1":
                raise StoreError("no room\x00 left")
            case "2":
                raise ZeroDivisionError("surprise")
            case "3":
                return Outcome(facts={"Not a name": 1})
            case _:
                return refused("no-log", "none\nhere", bytes_left=3)

    tower.hands[remote.FetchLogs] = Hand(breaks, 30.0)
    tower.start()
    for number in range(1, 5):
        tower.give(a_command(number, remote.FetchLogs()))
    tower.wait(lambda: len(tower.sender.replies) == 4)
    said = {reply.command_id: (reply.state.value, reply.code, reply.text) for reply in tower.sender.replies}
    assert said[an_id(1)] == ("failed", "failed", "no room left")
    assert said[an_id(2)] == ("failed", "failed", "ZeroDivisionError: surprise")
    assert said[an_id(3)][:2] == ("failed", "failed")
    assert "name of a fact" in said[an_id(3)][2]
    assert said[an_id(4)] == ("refused", "no-log", "none here")


def test_more_at_once_than_a_node_bears_is_said_to_be_so(tower: Tower) -> None:
    slow = Gate()
    tower.hands[remote.Reload] = Hand(slow.do, 30.0)
    tower.start()
    for number in range(1, 10):
        tower.give(a_command(number, remote.Reload()))
    tower.wait(lambda: bool(tower.sender.of(9)))
    assert tower.sender.of(9) == [("refused", "busy", 1)]
    slow.open.set()
    tower.wait(lambda: len(tower.sender.replies) == 9)


def test_a_flood_is_answered_too(tower: Tower) -> None:
    for number in range(1, 71):
        tower.give(a_command(number))
    tower.give(b"nameless")
    tower.start()
    tower.wait(lambda: len({reply.command_id for reply in tower.sender.replies}) == 70)
    assert tower.sender.of(70) == [("refused", "busy", 1)]


def test_a_reply_that_the_disk_refuses_is_said_later(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch_edge.node.hands.dispatcher._SAY_AGAIN_S", 0.2)
    tower.sender.is_full = True
    tower.start()
    tower.give(a_command(1))
    tower.wait(lambda: bool(tower.done))
    tower.sender.is_full = False
    tower.wait(lambda: tower.sender.of(1) == [("done", "", 1)])


def test_what_was_being_done_when_the_node_ended_is_answered_by_the_next_start(tower: Tower) -> None:
    slow = Gate()
    tower.hands[remote.FetchLogs] = Hand(slow.do, 30.0)
    tower.hands[remote.Reload] = Hand(
        lambda _: Outcome(state=ReplyState.ACCEPTED), 30.0, after_restart=lambda _: Outcome(facts={"again": True})
    )
    tower.start()
    tower.give(a_command(1, remote.FetchLogs()))
    tower.give(a_command(2, remote.Reload()))
    tower.wait(lambda: tower.sender.of(2) == [("accepted", "", 1)])
    tower.stop()
    tower.give(a_command(3))
    tower.dispatcher = Dispatcher(
        TOWER,
        tower.mailbox,
        tower.hands,
        CommandMemory(tower.folder / "commands.json"),
        tower.sender,
        lambda: tower.now,
    )
    tower.stop()  # what came between the end of one and the start of the next
    tower.start()
    tower.wait(lambda: len(tower.sender.of(2)) == 2 and bool(tower.sender.of(1)) and bool(tower.sender.of(3)))
    assert tower.sender.of(1) == [("failed", "interrupted", 1)]
    assert tower.sender.of(2)[1] == ("done", "", 2)
    assert tower.sender.of(3) == [("failed", "interrupted", 1)]
    assert not tower.done
    slow.open.set()


def test_a_memory_that_cannot_be_read_or_written_stops_nothing(tower: Tower) -> None:
    (tower.folder / "commands.json").write_text("{", encoding="utf-8")
    tower.start()
    (tower.folder / "commands.json").unlink()
    (tower.folder / ".commands.json.new").mkdir()
    tower.give(a_command(1))
    tower.wait(lambda: bool(tower.sender.of(1)))
    assert tower.sender.of(1) == [("done", "", 1)]


def test_the_memory_is_bounded_and_gives_up_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch_edge.node.hands.memory._MOST", 3)
    memory = CommandMemory(tmp_path / "commands.json")
    for number in range(1, 6):
        memory.begin(an_id(number), a_command(number))
        memory.next_ordinal(an_id(number), is_last=number != 4)
    again = CommandMemory(tmp_path / "commands.json")
    assert [again.knows(an_id(number)) for number in range(1, 6)] == [False, False, True, True, True]
    assert [entry.command_id for entry in again.open_ones()] == [an_id(4)]
    assert again.is_open(an_id(4))
    assert not again.is_open(an_id(5))
    assert not again.is_open(an_id(9))
