"""A store of an older program is brought to this one's tables, and says the same."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update
from store_versions import back_to_second_version

from firewatch.adapters.store.migrate import _MIGRATIONS, _known
from firewatch.adapters.store.schema import incident_states
from firewatch.domain.incident import Confirmed, Merged, Opened, SightingEnded, SightingJoined, SightingLeft
from firewatch.services.ports import EvidenceArrived, SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_event, an_evidence, an_incident_id
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store


def _fill(store: Store) -> None:
    first, second, third, fourth = (a_sighting(number) for number in (1, 2, 3, 4))
    at = [SCENE_START + timedelta(microseconds=1 + 60_000_000 * minute) for minute in range(9)]
    store.incident_log.append(
        [
            an_event(1, Opened(first.sighting_id, first.tower_id), at=at[3]),
            an_event(2, SightingJoined(second.sighting_id, second.tower_id), at=at[1]),
            an_event(3, SightingJoined(third.sighting_id, third.tower_id), at=at[2]),
            an_event(4, SightingEnded(second.sighting_id), at=at[4]),
            an_event(5, SightingEnded(third.sighting_id), at=at[4]),
            an_event(6, SightingLeft(second.sighting_id), at=at[5]),
            an_event(7, Opened(second.sighting_id, second.tower_id), incident=2, at=at[1]),
            an_event(8, Opened(fourth.sighting_id, fourth.tower_id), incident=3, at=at[6]),
            an_event(9, Confirmed(), at=at[7]),
            an_event(10, Merged(an_incident_id(1)), incident=2, at=at[7]),
            an_event(11, SightingJoined(second.sighting_id, second.tower_id), at=at[1]),
            an_event(12, SightingLeft(second.sighting_id), at=at[8]),
        ]
    )


def test_states_of_the_first_version_are_added_up_again(store: Store, open_again: Callable[[], Store]) -> None:
    _fill(store)
    expected = {one.incident_id: one for one in store.incident_log.incidents(open_only=False, limit=9)}
    columns = incident_states.c
    with store.database.writing() as connection:
        # As the first version wrote them: in the order of joining, as old as whoever had ever been a member.
        for row in connection.execute(select(columns.incident_id, columns.body)).all():
            body = json.loads(row.body)
            del body["first_seen_at"]
            body |= {"members": body["members"][::-1], "opened_at": SCENE_START.isoformat()}
            this = columns.incident_id == row.incident_id
            connection.execute(update(incident_states).where(this).values(opened_at=1, body=json.dumps(body)))
        back_to_second_version(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert len(store.incident_log.recheck()) == 3
    again = open_again()
    assert again.incident_log.recheck() == ()
    assert {one.incident_id: one for one in again.incident_log.incidents(open_only=False, limit=9)} == expected
    order = [one.incident_id for one in again.incident_log.incidents(open_only=False, limit=9)]
    assert order == [an_incident_id(3), an_incident_id(1), an_incident_id(2)]


def test_what_was_stored_before_there_were_exercises_is_none(store: Store, open_again: Callable[[], Store]) -> None:
    sighting = a_sighting(1)
    arrived = [
        SightingArrived(a_message_id(1), sighting, SCENE_START),
        EvidenceArrived(a_message_id(2), an_evidence(1, sighting=sighting), SCENE_START),
    ]
    store.intake_writer.write(arrived)
    opened = an_event(1, Opened(sighting.sighting_id, sighting.tower_id))
    store.incident_log.append([opened])
    columns = incident_states.c
    with store.database.writing() as connection:
        # As the version before wrote them: without the word.
        for row in connection.execute(select(columns.incident_id, columns.body)).all():
            body = json.loads(row.body)
            del body["is_exercise"]
            this = columns.incident_id == row.incident_id
            connection.execute(update(incident_states).where(this).values(body=json.dumps(body)))
        without = text("UPDATE events SET body = REPLACE(body, :mark, '')")
        connection.execute(without.bindparams(mark=',"is_exercise":false'))
        bodies = connection.execute(text("SELECT body FROM events")).scalars().all()
        assert not any("exercise" in body for body in bodies)
        back_to_second_version(connection)
    again = open_again()
    assert again.incident_log.recheck() == ()
    incident = again.incident_log.incident(opened.incident_id)
    assert incident is not None
    assert incident.is_exercise is False
    assert [each.is_exercise for each in again.evidence_index.records([sighting.sighting_id])] == [False]
    assert [each.sighting.is_exercise for each in again.sighting_book.sightings([sighting.sighting_id])] == [False]


def test_the_names_of_the_files_tell_the_migrations_and_their_order() -> None:
    """So that a program that finds its tables need not load what makes them."""
    newest_first = [script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()]
    assert _known() == newest_first[::-1]
