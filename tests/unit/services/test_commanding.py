"""Who may ask a tower for what, for how long it stands, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, IncidentId, MessageId, TowerId
from firewatch.domain.remote import Reply, ReplyState
from firewatch.domain.roster import Actor, Role
from firewatch.errors import CommandRefused, InvalidValue
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.command_sending import CommandSender
from firewatch.services.commanding import Asking, CommandDesk, CommandState, life_of, may_ask, state_of
from firewatch.services.ports import ReplyArrived
from firewatch.testing import CommandPostFake, FrozenClock, MemoryCommandBook, Ulids, a_ulid

if TYPE_CHECKING:
    from firewatch.domain.ids import CommandId
    from firewatch.domain.remote import Action, Command
    from firewatch.services.command_ports import CommandRecord

TOWER, NORTH = TowerId("tower-a"), CameraId("north")
CHEN = Actor("chen", "陈值班")
SNAPSHOT = remote.Snapshot(camera_id=NORTH)
LOOKING = (remote.Snapshot, remote.LookAt, remote.LiveLook, remote.FetchHeldBack, remote.Resume, remote.EndExercise)
TENDING = (remote.Pause, remote.Reload, remote.FetchLogs, remote.UpdateModel, remote.Exercise)


class Centre:
    def __init__(self) -> None:
        self.clock, self.book, self.post = FrozenClock(), MemoryCommandBook(), CommandPostFake()
        self.desk = CommandDesk(self.book, self.clock, Ulids(5).make)
        self.sender = CommandSender(self.book, self.post, self.clock)

    def ask(self, action: Action = SNAPSHOT, role: Role | None = Role.ADMIN) -> Command:
        return self.desk.issue(Asking(CHEN, role), TOWER, action)

    def hear(self, command_id: CommandId, state: ReplyState, ordinal: int = 1) -> None:
        now = self.clock.now()
        reply = Reply(command_id=command_id, tower_id=TOWER, at=now, state=state, ordinal=ordinal)
        assert self.book.take(ReplyArrived(MessageId(a_ulid("message", ordinal)), reply, now)) == ""

    def state(self, command: Command) -> CommandState:
        return state_of(self.record(command), self.clock.now())

    def record(self, command: Command) -> CommandRecord:
        record = self.book.command(command.command_id)
        assert record is not None
        return record


@pytest.fixture
def centre() -> Centre:
    return Centre()


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CHIEF, Role.LEADER])
def test_everybody_on_duty_may_look_and_open_eyes_but_close_none(role: Role) -> None:
    assert {kind for kind in (*LOOKING, *TENDING) if may_ask(role, kind)} == set(LOOKING)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMIN, None])
def test_who_cares_for_the_towers_may_ask_for_all(role: Role | None) -> None:
    assert all(may_ask(role, kind) for kind in (*LOOKING, *TENDING))


def test_a_ranger_may_ask_for_nothing() -> None:
    assert not any(may_ask(Role.RANGER, kind) for kind in (*LOOKING, *TENDING))


def test_what_a_role_may_not_ask_is_refused_and_not_taken_down(centre: Centre) -> None:
    with pytest.raises(CommandRefused, match="only a technician or an administrator") as refused:
        centre.ask(remote.Reload(), Role.OFFICER)
    assert refused.value.reason == "role"
    assert centre.book.latest(CommandsWanted(), 10) == ()


def test_a_command_is_taken_down_with_who_asked_and_ends_after_its_time(centre: Centre) -> None:
    command = centre.ask()
    assert (command.issued_by, command.expires_at - command.issued_at) == ("陈值班", timedelta(minutes=2))
    assert (centre.record(command).actor, centre.record(command).through) == (CHEN, "page")
    assert life_of(remote.FetchLogs()) == timedelta(minutes=10)


def test_a_long_name_is_cut_to_what_the_wire_carries(centre: Centre) -> None:
    asking = Asking(Actor("chen", "字" * 80))
    assert centre.desk.issue(asking, TOWER, SNAPSHOT).issued_by == "字" * 64


@pytest.mark.parametrize("ends_in", [timedelta(), timedelta(hours=-1), timedelta(hours=24, seconds=1)])
def test_a_pause_ends_within_a_day_from_now(centre: Centre, ends_in: timedelta) -> None:
    pause = remote.Pause(camera_id=NORTH, until=centre.clock.now() + ends_in, reason="lens")
    with pytest.raises(InvalidValue, match="24 hours"):
        centre.ask(pause)


def test_a_tower_that_answers_nothing_is_not_asked_without_end(centre: Centre) -> None:
    for _ in range(20):
        centre.ask()
    with pytest.raises(CommandRefused, match="20 commands wait") as refused:
        centre.ask()
    assert refused.value.reason == "waiting"
    centre.clock.advance(121)
    centre.ask()


def test_commands_go_out_once_with_the_time_that_is_left(centre: Centre) -> None:
    first = centre.ask()
    centre.clock.advance(1)
    second = centre.ask(remote.FetchLogs())
    centre.clock.advance(29.5)
    assert centre.state(first) is CommandState.QUEUED
    assert centre.sender.step() == 2
    assert centre.sender.step() == 0
    assert [(one.command_id, left) for one, left in centre.post.sent] == [
        (first.command_id, 90),
        (second.command_id, 571),
    ]
    assert centre.state(first) is CommandState.SENT


def test_without_a_link_a_command_waits_and_is_never_sent_late(centre: Centre) -> None:
    command, centre.post.fails = centre.ask(), True
    assert centre.sender.step() == 0
    centre.clock.advance(60)
    assert centre.state(command) is CommandState.QUEUED
    centre.clock.advance(60)
    centre.post.fails = False
    assert centre.sender.step() == 0
    assert (centre.state(command), centre.post.sent) == (CommandState.UNSENT, [])


def test_what_expires_while_others_are_sent_is_left_out(centre: Centre) -> None:
    command = centre.ask()

    class Slow(MemoryCommandBook):
        def unsent(self, at: datetime, limit: int) -> tuple[Command, ...]:  # noqa: ARG002 - as the port says
            centre.clock.advance(120)
            return (command,)

    assert CommandSender(Slow(), centre.post, centre.clock).step() == 0
    assert centre.post.sent == []


def test_silence_is_told_after_the_end_and_a_late_answer_counts_after_all(centre: Centre) -> None:
    command = centre.ask()
    centre.sender.step()
    centre.clock.advance(149)
    assert centre.state(command) is CommandState.SENT
    centre.clock.advance(1)
    assert centre.state(command) is CommandState.UNANSWERED
    assert not CommandState.UNANSWERED.is_open
    centre.hear(command.command_id, ReplyState.DONE)
    assert centre.state(command) is CommandState.DONE


def test_of_several_answers_the_highest_ordinal_counts_in_whatever_order_they_come(centre: Centre) -> None:
    command = centre.ask()
    centre.sender.step()
    centre.hear(command.command_id, ReplyState.DONE, 2)
    centre.hear(command.command_id, ReplyState.ACCEPTED, 1)
    assert centre.state(command) is CommandState.DONE


def test_what_was_accepted_and_never_finished_is_told(centre: Centre) -> None:
    command = centre.ask()
    centre.hear(command.command_id, ReplyState.ACCEPTED)
    centre.clock.advance(44 * 60)
    assert centre.state(command) is CommandState.ACCEPTED
    centre.clock.advance(60)
    assert centre.state(command) is CommandState.UNFINISHED


def test_an_incidents_commands_are_found_by_it(centre: Centre) -> None:
    incident = IncidentId(a_ulid("incident", 1))
    about = centre.desk.issue(Asking(CHEN), TOWER, SNAPSHOT, incident)
    centre.ask()
    assert [one.command for one in centre.book.latest(CommandsWanted(incident_id=incident), 10)] == [about]
    assert centre.book.latest(CommandsWanted(TowerId("other")), 10) == ()


def test_the_same_command_is_taken_down_once(centre: Centre) -> None:
    record = centre.record(centre.ask())
    assert not centre.book.add(replace(record, actor=Actor("liu", "刘")))
    assert centre.record(record.command).actor == CHEN
