"""Weather, ratings, alerts, leases, cursors, nodes and pictures in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.alert import Acknowledgement, NotifyReason
from firewatch.domain.danger import DangerGrade
from firewatch.domain.ids import NotificationId, PersonId, StationId, TowerId
from firewatch.errors import InvalidValue, StoreError
from firewatch.services.ports import (
    Arrived,
    EvidenceArrived,
    ObservationArrived,
    Quarantined,
    StatusArrived,
    VitalsArrived,
)
from firewatch.testing.builders import (
    a_message_id,
    a_notification,
    a_person,
    a_rating,
    a_sighting,
    a_ulid,
    an_alert,
    an_evidence,
    an_incident_id,
    an_observation,
)
from firewatch.testing.clocks import SCENE_START
from firewatch.wire.v1 import CameraVitalsV1, StatusV1, VitalsV1

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from firewatch.adapters.store import Store
    from firewatch.domain.weather import Observation

HENGYANG = StationId("hengyang")
TOWER = TowerId("tower-a")


LONGEST_WAIT = timedelta(minutes=1)


def later(minutes: float) -> datetime:
    return SCENE_START + timedelta(minutes=minutes)


def read(number: int, observation: Observation, at: datetime = SCENE_START) -> ObservationArrived:
    return ObservationArrived(a_message_id(number), observation, at)


# Weather


def test_of_two_readings_for_one_instant_the_later_received_counts(any_store: Store) -> None:
    second = an_observation(temp_c=31.0)
    any_store.intake_writer.write([read(1, second, later(5)), read(2, an_observation(temp_c=11.0), later(1))])
    any_store.intake_writer.write([read(3, an_observation(at=later(-1440)), later(6))])
    found = any_store.weather_book.observations(HENGYANG)
    assert [item.observed_at for item in found] == [later(-1440), SCENE_START]
    assert found[1] == replace(second, received_at=later(5))
    assert any_store.weather_book.observation_at(HENGYANG, SCENE_START) == found[1]
    assert any_store.weather_book.observation_at(HENGYANG, later(1)) is None


def test_a_reading_sent_twice_is_stored_once(any_store: Store) -> None:
    any_store.intake_writer.write([read(1, an_observation()), read(1, an_observation())])
    any_store.intake_writer.write([read(1, an_observation())])
    assert any_store.weather_book.changes_after(0) == (1, {HENGYANG: SCENE_START})


def test_stations_with_new_readings_are_told_by_mark(any_store: Store) -> None:
    any_store.intake_writer.write([read(1, an_observation("hengyang")), read(2, an_observation("leiyang"))])
    mark, _ = any_store.weather_book.changes_after(0)
    any_store.intake_writer.write([read(3 + n, an_observation("leiyang", at=later(1440 - n))) for n in (0, 1)])
    assert any_store.weather_book.changes_after(mark) == (mark + 2, {StationId("leiyang"): later(1439)})
    assert any_store.weather_book.changes_after(mark + 2) == (mark + 2, {})


def test_a_later_rating_of_the_same_day_replaces_it(any_store: Store) -> None:
    today, tomorrow = a_rating(), a_rating(at=later(1440))
    any_store.rating_book.put([today, tomorrow])
    any_store.rating_book.put([replace(today, grade=DangerGrade.EXTREME)])
    any_store.rating_book.put([])
    assert any_store.rating_book.rating(HENGYANG, today.weather_day) == replace(today, grade=DangerGrade.EXTREME)
    assert any_store.rating_book.latest(HENGYANG) == tomorrow
    assert any_store.rating_book.latest(StationId("nowhere")) is None


# Alerts


def test_an_alert_of_a_known_key_is_not_raised_again(any_store: Store) -> None:
    alert = an_alert(1)
    assert any_store.alert_book.raise_alert(alert, [a_notification(1, alert=alert)])
    again = an_alert(2)
    assert not any_store.alert_book.raise_alert(again, [a_notification(2, alert=again)])
    assert [item for _, item in any_store.alert_book.of_incident(an_incident_id())] == [a_notification(1, alert=alert)]


def test_a_notification_is_due_until_it_is_sent_or_given_up(any_store: Store) -> None:
    book, alert = any_store.alert_book, an_alert()
    told = [a_notification(number, alert=alert, person=f"person-{number}") for number in (1, 2, 3)]
    book.raise_alert(alert, told)
    assert {item.notification_id for _, item in book.due(SCENE_START, 10, LONGEST_WAIT)} == {
        item.notification_id for item in told
    }
    book.record(replace(told[0], sent_at=later(1), attempts=1), None)
    book.record(replace(told[1], attempts=1, failed="refused"), None)
    book.record(replace(told[2], attempts=1, failed="busy"), later(2))
    assert book.due(later(1), 10, LONGEST_WAIT) == ()
    ((_, waiting),) = book.due(later(2), 10, LONGEST_WAIT)
    assert (waiting.notification_id, waiting.attempts, waiting.failed) == (told[2].notification_id, 1, "busy")


def test_a_notification_answered_before_it_was_sent_is_not_due_any_more(any_store: Store) -> None:
    alert = an_alert()
    any_store.alert_book.raise_alert(alert, [a_notification(1, alert=alert)])
    any_store.alert_book.acknowledge(Acknowledgement(a_notification(1).notification_id, PersonId("li-wei"), later(1)))
    assert any_store.alert_book.due(later(5), 10, LONGEST_WAIT) == ()


def test_the_first_answer_and_the_first_opening_count(any_store: Store) -> None:
    book, alert = any_store.alert_book, an_alert()
    told = a_notification(1, alert=alert)
    book.raise_alert(alert, [told])
    assert book.acknowledge(Acknowledgement(told.notification_id, told.person_id, later(2)))
    assert not book.acknowledge(Acknowledgement(told.notification_id, told.person_id, later(3)))
    book.mark_reached(told.notification_id, later(1))
    book.mark_reached(told.notification_id, later(4))
    book.record(replace(told, sent_at=later(5), attempts=1), None)
    found = book.notification(told.notification_id)
    assert found == (
        alert,
        replace(told, sent_at=later(5), reached_at=later(1), acknowledged_at=later(2), attempts=1),
    )


def test_a_channels_odd_words_are_kept_as_far_as_they_can_be(any_store: Store) -> None:
    alert = an_alert()
    any_store.alert_book.raise_alert(alert, [a_notification(1, alert=alert)])
    any_store.alert_book.record(replace(a_notification(1), failed="no\0 \ud800", attempts=1), later(1))
    found = any_store.alert_book.notification(a_notification(1).notification_id)
    assert found is not None
    assert found[1].failed.startswith("no")


def test_an_unknown_notification_is_refused_in_words(any_store: Store) -> None:
    unknown = NotificationId(a_ulid("notification", 9))
    assert any_store.alert_book.notification(unknown) is None
    for attempt in (
        lambda: any_store.alert_book.acknowledge(Acknowledgement(unknown, PersonId("li-wei"), SCENE_START)),
        lambda: any_store.alert_book.mark_reached(unknown, SCENE_START),
        lambda: any_store.alert_book.record(a_notification(9), None),
    ):
        with pytest.raises(StoreError, match=unknown):
            attempt()


def test_notifications_of_many_incidents_come_by_incident_oldest_first(any_store: Store) -> None:
    alerts = [
        an_alert(1, incident=1, at=later(3)),
        an_alert(2, incident=1, reason=NotifyReason.CONFIRMED, at=later(1)),
        an_alert(3, incident=2),
    ]
    for number, alert in enumerate(alerts, start=1):
        people = [a_notification(10 * number + place, alert=alert, person=f"p{place}") for place in (2, 1)]
        any_store.alert_book.raise_alert(alert, people)
    told = any_store.alert_book.of_incidents([an_incident_id(1), an_incident_id(2), an_incident_id(3)])
    assert [(alert.alert_id, item.person_id) for alert, item in told[an_incident_id(1)]] == [
        (alerts[1].alert_id, "p2"),
        (alerts[1].alert_id, "p1"),
        (alerts[0].alert_id, "p2"),
        (alerts[0].alert_id, "p1"),
    ]
    assert told[an_incident_id(1)] == any_store.alert_book.of_incident(an_incident_id(1))
    assert set(told) == {an_incident_id(1), an_incident_id(2)}


# Duties


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up_for_long(any_store: Store) -> None:
    leases = any_store.leases
    assert leases.take("clockwork", "dead", later(60), 5.0)
    assert leases.take("clockwork", "b", later(0), 5.0)
    assert leases.take("associator", "clock ahead", later(0.9), 5.0)
    assert not leases.take("associator", "b", later(0), 5.0)


def test_a_notification_from_before_the_clock_was_set_back_is_due(any_store: Store) -> None:
    alert = an_alert(at=later(60))
    any_store.alert_book.raise_alert(alert, [a_notification(1, alert=alert)])
    assert any_store.alert_book.due(later(59.5), 10, LONGEST_WAIT) == ()
    assert len(any_store.alert_book.due(later(58), 10, LONGEST_WAIT)) == 1


def test_a_lease_has_one_holder_until_it_expires(open_again: Callable[[], Store]) -> None:
    ours, theirs = open_again().leases, open_again().leases
    assert ours.take("clockwork", "a", SCENE_START, 60.0)
    assert not theirs.take("clockwork", "b", later(0.5), 60.0)
    assert ours.take("clockwork", "a", later(0.9), 60.0)
    assert not theirs.take("clockwork", "b", later(1.8), 60.0)
    assert theirs.take("clockwork", "b", later(1.9), 60.0)
    assert not ours.take("clockwork", "a", later(2), 60.0)
    ours.release("clockwork", "a")
    assert not ours.take("clockwork", "a", later(2), 60.0)
    theirs.release("clockwork", "b")
    assert ours.take("clockwork", "a", later(2), 60.0)


def test_a_cursor_never_goes_back(any_store: Store) -> None:
    assert any_store.cursors.cursor("alerting") == 0
    for place in (7, 3):
        any_store.cursors.advance("alerting", place)
    assert any_store.cursors.cursor("alerting") == 7
    assert any_store.cursors.cursor("board") == 0


def test_a_key_is_claimed_once_until_it_is_forgotten(store: Store) -> None:
    assert store.idempotency_keys.claim("k", SCENE_START)
    assert not store.idempotency_keys.claim("k", later(1))
    store.idempotency_keys.forget_before(later(1))
    assert store.idempotency_keys.claim("k", later(2))


# Nodes and quarantine


def status(state: str) -> StatusV1:
    return StatusV1(state=state, at=SCENE_START, boot_id=a_ulid("boot", 1), software="0.1")  # type: ignore[arg-type] # a test's word


def vitals(depth: int) -> VitalsV1:
    camera = CameraVitalsV1(camera_id="north", frame_age_s=1.5, fps=0.1)
    return VitalsV1(
        at=SCENE_START,
        boot_id=a_ulid("boot", 1),
        cameras=(camera,),
        disk_free_bytes=10**12,
        outbox_depth=depth,
        model_sha256="c" * 64,
    )


def test_what_a_node_said_last_by_receipt_is_kept(any_store: Store) -> None:
    any_store.intake_writer.write(
        [StatusArrived(TOWER, status("online"), later(1)), VitalsArrived(TOWER, vitals(3), later(1))]
    )
    any_store.intake_writer.write(
        [
            StatusArrived(TOWER, status("lost"), later(2)),
            StatusArrived(TOWER, status("stopped"), later(0)),
            VitalsArrived(TOWER, vitals(5), later(2)),
        ]
    )
    assert any_store.node_book.statuses() == (StatusArrived(TOWER, status("lost"), later(2)),)
    assert any_store.node_book.vitals() == (VitalsArrived(TOWER, vitals(5), later(2)),)


def test_what_cannot_be_read_is_kept_whole_and_counted(any_store: Store) -> None:
    payload = bytes(range(256)) * 10
    any_store.intake_writer.write([Quarantined(None, "a/b", payload, SCENE_START, "no\0 JSON \ud800")])
    any_store.intake_writer.write([Quarantined(None, "a/b", payload, later(1), "no JSON")] * 2)
    any_store.intake_writer.write([Quarantined(a_message_id(1), "a/c", payload, later(2), "no JSON")])
    count, (latest, first) = any_store.quarantine_book.quarantined(10)
    assert count == 4
    assert (latest.topic, latest.count) == ("a/c", 1)
    assert (first.count, first.payload, first.first_at, first.last_at) == (3, payload, SCENE_START, later(1))
    held = any_store.quarantine_book.held_after("", 10)
    assert {item.message for item in held} == {
        Arrived("a/b", payload, SCENE_START),
        Arrived("a/c", payload, later(2)),
    }
    assert any_store.quarantine_book.held_after(held[0].digest, 10) == held[1:]
    assert any_store.quarantine_book.held_after(held[1].digest, 10) == ()


def test_what_is_released_from_quarantine_is_gone_unless_it_came_again_since(any_store: Store) -> None:
    items = [Quarantined(None, f"a/{name}", b"x", SCENE_START, "no JSON") for name in "bc"]
    any_store.intake_writer.write(items)
    held = any_store.quarantine_book.held_after("", 10)
    any_store.intake_writer.write(items[:1])
    assert any_store.quarantine_book.release(held) == 1
    count, (left,) = any_store.quarantine_book.quarantined(10)
    assert (count, left.topic) == (2, "a/b")
    assert left.digest in {item.digest for item in held}


def test_what_the_quarantine_is_read_again_for_never_turns_its_last_instant_back(any_store: Store) -> None:
    for minutes in (5, 0):
        any_store.intake_writer.write([Quarantined(None, "a/b", b"x", later(minutes), "no JSON")])
    (_, (held,)) = any_store.quarantine_book.quarantined(10)
    assert (held.count, held.first_at, held.last_at) == (2, later(5), later(5))


def test_a_kind_is_found_by_the_start_of_its_digest(store: Store) -> None:
    store.intake_writer.write([Quarantined(None, "a/b", b"%d" % n, SCENE_START, "no JSON") for n in range(40)])
    book = store.quarantine_book
    everything = book.found("", 100)
    assert [kind.digest for kind in everything] == [held.digest for held in book.held_after("", 100)]
    for kind in everything:
        assert book.found(kind.digest, 2) == (kind,)
    start = everything[0].digest[0]
    assert book.found(start, 100) == tuple(kind for kind in everything if kind.digest.startswith(start))
    assert book.found("_", 100) == book.found("%", 100) == ()


# Pictures


def test_a_picture_may_come_before_its_sighting_and_twice(any_store: Store) -> None:
    sighting = a_sighting(1)
    evidence = an_evidence(1, sighting=sighting)
    for _ in range(2):
        any_store.evidence_files.keep(evidence)
        any_store.intake_writer.write([EvidenceArrived(a_message_id(1), evidence, SCENE_START)])
    (picture,) = any_store.evidence_index.pictures([sighting.sighting_id])
    assert any_store.evidence_files.read(picture.evidence_id) == evidence.jpeg
    assert any_store.evidence_index.pictures([]) == ()


# People


def test_only_the_right_password_of_a_standing_account_lets_in(store: Store) -> None:
    person = a_person()
    assert not store.accounts.any_configured()
    store.accounts.create(person, "correct horse", SCENE_START)
    assert store.accounts.any_configured()
    assert store.accounts.authenticate("li-wei", "correct horse") == person
    assert store.accounts.authenticate("li-wei", "wrong horse") is None
    assert store.accounts.authenticate("li-wei", "") is None
    assert store.accounts.authenticate("nobody", "nobody's password") is None
    store.accounts.disable(person.person_id)
    assert store.accounts.authenticate("li-wei", "correct horse") is None
    assert store.accounts.person(person.person_id) is None
    assert store.accounts.people() == ()


@pytest.mark.parametrize("name", ["", "Li Wei", "li-wei\0", "\ud800", "x" * 10_000, "' OR 1=1 --"])
def test_a_name_that_is_none_lets_nobody_in(store: Store, name: str) -> None:
    store.accounts.create(a_person(), "correct horse", SCENE_START)
    assert store.accounts.authenticate(name, "correct horse") is None


@pytest.mark.parametrize("password", ["\0", "\ud800" * 10, "x" * 100_000])
def test_a_password_of_any_characters_is_only_wrong(store: Store, password: str) -> None:
    store.accounts.create(a_person(), "correct horse", SCENE_START)
    assert store.accounts.authenticate("li-wei", password) is None


def test_an_account_needs_a_free_name_and_a_password_of_some_length(store: Store) -> None:
    store.accounts.create(a_person(), "correct horse", SCENE_START)
    with pytest.raises(InvalidValue, match="not taken"):
        store.accounts.create(a_person(), "another horse", SCENE_START)
    for password in ("short", "x" * 201):
        with pytest.raises(InvalidValue, match="password length"):
            store.accounts.create(a_person("chen-jie"), password, SCENE_START)
    with pytest.raises(InvalidValue, match="existing"):
        store.accounts.disable(PersonId("chen-jie"))


def test_a_session_ends_by_time_by_word_and_with_its_account(store: Store) -> None:
    person = a_person()
    store.accounts.create(person, "correct horse", SCENE_START)
    for token, minutes in (("a", 10), ("b", 60), ("c", 60)):
        store.sessions.start(token, person.person_id, SCENE_START, later(minutes))
    assert store.sessions.person("a", later(9)) == person
    assert store.sessions.person("a", later(10)) is None
    store.sessions.end("b")
    assert store.sessions.person("b", later(1)) is None
    assert store.sessions.person("unknown", later(1)) is None
    store.accounts.set_password(person.person_id, "another horse")
    assert store.sessions.person("c", later(1)) is None
    assert store.accounts.authenticate("li-wei", "another horse") == person


def test_no_token_is_readable_in_the_database(store: Store, tmp_path: Path) -> None:
    store.accounts.create(a_person(), "correct horse", SCENE_START)
    store.sessions.start("a-secret-token", a_person().person_id, SCENE_START, later(10))
    from sqlalchemy import select

    from firewatch.adapters.store.schema import accounts, web_sessions

    with store.database.reading() as connection:
        kept = repr(connection.execute(select(web_sessions)).all()) + repr(connection.execute(select(accounts)).all())
    assert "a-secret-token" not in kept
    assert "correct horse" not in kept
