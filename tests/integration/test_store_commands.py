"""Commands and replies in the store: every answer once, strangers' answers aside; the fake promises the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from firewatch.domain.ids import CameraId, CommandId, IncidentId, MessageId, TowerId
from firewatch.domain.remote import Attachment, Command, LookAt, Reply, ReplyState, Snapshot
from firewatch.domain.roster import Actor
from firewatch.services.command_ports import CommandRecord, CommandsWanted, StoredReply
from firewatch.services.intake import Intake
from firewatch.services.ports import Arrived
from firewatch.testing.builders import a_ulid
from firewatch.testing.clocks import SCENE_START
from firewatch.wire.remote_codec import encode_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store
    from firewatch.domain.remote import Action

YUNFENG, SHIGU = TowerId("yunfeng"), TowerId("shigu")
CHEN = Actor("chen", "陈值班")
MINUTE = timedelta(minutes=1)
HEARD_AT = SCENE_START + timedelta(seconds=3)
LOG = Attachment(name="log.gz", media_type="application/gzip", content=b"\x1f\x8b\x00lines")


def asked(number: int, tower_id: TowerId = YUNFENG, action: Action | None = None) -> CommandRecord:
    at = SCENE_START + number * MINUTE
    command = Command(
        command_id=CommandId(a_ulid("command", number)),
        tower_id=tower_id,
        issued_at=at,
        expires_at=at + 2 * MINUTE,
        issued_by="陈值班",
        action=action or Snapshot(camera_id=CameraId("north")),
    )
    return CommandRecord(command, CHEN)


def answer(record: CommandRecord, ordinal: int = 1, **said: Any) -> Reply:
    command = record.command
    facts = {"state": ReplyState.DONE, "tower_id": command.tower_id} | said
    return Reply(command_id=command.command_id, at=SCENE_START, ordinal=ordinal, **facts)


def hear(store: Store, *replies: Reply) -> dict[str, str]:
    """Take replies as they come from the broker; return the receipts."""
    batch = [
        Arrived(
            f"firewatch/v1/towers/{one.tower_id}/replies",
            encode_reply(one, MessageId(a_ulid("message", place))),
            HEARD_AT,
        )
        for place, one in enumerate(replies, start=1)
    ]
    receipts = Intake(store.intake_writer, store.evidence_files, store.quarantine_book).take(batch)
    return {one.message_id: one.outcome for of_tower in receipts.values() for one in of_tower}


def test_a_command_is_kept_whole_and_once(any_store: Store) -> None:
    book = any_store.command_book
    incident = IncidentId(a_ulid("incident", 1))
    record = replace(asked(1, action=LookAt(bearing_deg=12.5)), incident_id=incident, through="program")
    assert book.add(record)
    assert not book.add(replace(record, actor=Actor("liu", "刘")))
    assert book.command(record.command.command_id) == record
    assert book.command(CommandId(a_ulid("command", 9))) is None
    assert book.latest(CommandsWanted(incident_id=incident), 5) == (record,)


def test_the_latest_come_first_of_all_or_of_one_tower(any_store: Store) -> None:
    book = any_store.command_book
    first, other, last = asked(1), asked(2, SHIGU), asked(3)
    for record in (last, first, other):
        book.add(record)
    assert book.latest(CommandsWanted(), 2) == (last, other)
    assert book.latest(CommandsWanted(YUNFENG), 5) == (last, first)


def test_what_waits_is_sent_oldest_first_and_leaves_the_queue(any_store: Store) -> None:
    book = any_store.command_book
    for number in (2, 1, 3):
        book.add(asked(number))
    at = SCENE_START + 3 * MINUTE
    assert book.unsent(at, 5) == (asked(2).command, asked(3).command)
    assert book.unsent(at, 1) == (asked(2).command,)
    book.mark_sent(asked(2).command.command_id, at)
    book.mark_sent(asked(2).command.command_id, at + MINUTE)
    assert book.unsent(at, 5) == (asked(3).command,)
    assert book.latest(CommandsWanted(), 5)[1].sent_at == at


def test_answers_come_in_any_order_and_more_than_once(any_store: Store) -> None:
    book, record = any_store.command_book, asked(1)
    book.add(record)
    accepted, done = answer(record, 1, state=ReplyState.ACCEPTED), answer(record, 2, code="", text="done, 云")
    assert set(hear(any_store, done, accepted, done).values()) == {"stored"}
    hear(any_store, accepted)
    found = book.command(record.command.command_id)
    assert found is not None
    assert found.replies == (StoredReply(accepted, HEARD_AT), StoredReply(done, HEARD_AT))
    assert any_store.quarantine_book.quarantined(5)[0] == 0


def test_a_file_is_kept_beside_its_answer(any_store: Store) -> None:
    book, record = any_store.command_book, asked(1)
    book.add(record)
    hear(any_store, answer(record, attachment=LOG))
    found = book.command(record.command.command_id)
    assert found is not None
    assert found.replies == (StoredReply(answer(record), HEARD_AT, "log.gz"),)
    assert book.attachment(record.command.command_id) == LOG
    assert book.attachment(CommandId(a_ulid("command", 2))) is None


def test_an_answer_that_nobody_asked_for_is_quarantined_and_harms_nothing(any_store: Store) -> None:
    book, record = any_store.command_book, asked(1)
    book.add(record)
    stranger, another = answer(asked(7)), answer(record, tower_id=SHIGU)
    outcomes = hear(any_store, stranger, another, answer(record))
    assert len(outcomes) == 3
    count, held = any_store.quarantine_book.quarantined(5)
    assert count == 2
    assert all("was not asked of this tower" in one.reason for one in held)
    found = book.command(record.command.command_id)
    assert found is not None
    assert [one.reply for one in found.replies] == [answer(record)]


def test_a_tower_that_answers_without_end_fills_no_disk(any_store: Store) -> None:
    book, record = any_store.command_book, asked(1)
    book.add(record)
    hear(any_store, *(answer(record, ordinal) for ordinal in range(1, 24)))
    found = book.command(record.command.command_id)
    assert found is not None
    assert len(found.replies) == 20
    assert any_store.quarantine_book.quarantined(5)[0] == 3


def test_old_commands_go_with_their_answers_and_a_leap_of_the_clock_takes_none(any_store: Store) -> None:
    book, old = any_store.command_book, asked(1)
    assert book.drop_older(timedelta(days=30), SCENE_START, 10) == 0
    book.add(old)
    hear(any_store, answer(old))
    assert book.drop_older(timedelta(days=30), SCENE_START + timedelta(days=900), 10) == 0
    fresh = asked(60 * 24 * 31)
    book.add(fresh)
    assert book.drop_older(timedelta(days=30), SCENE_START + timedelta(days=32), 10) == 1
    assert book.latest(CommandsWanted(), 5) == (fresh,)


def test_two_intakes_that_hear_the_same_answer_keep_it_once(store: Store, open_again: Callable[[], Store]) -> None:
    record = asked(1)
    store.command_book.add(record)
    for one in (store, open_again()):
        assert list(hear(one, answer(record)).values()) == ["stored"]
    found = store.command_book.command(record.command.command_id)
    assert found is not None
    assert len(found.replies) == 1
