"""`firewatch recheck` on a real store: the stored states are what the events add up to, or it says where not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, event, update

from firewatch.adapters.store.schema import events, incident_states, memberships
from firewatch.adapters.store.value_codec import to_json
from firewatch.cli import main
from firewatch.domain.ids import TowerId
from firewatch.domain.incident import Confirmed, Opened
from firewatch.testing.builders import a_sighting, an_event, an_incident_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.adapters.store import Store


@pytest.fixture
def recheck(
    store: Store,
    store_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    path = tmp_path / "central.toml"
    path.write_text(f'[store]\nurl = "{store_url}"\nevidence = "{tmp_path}/evidence"\n', encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["recheck", "--config", str(path), *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def open_three(store: Store) -> None:
    for number in (1, 2, 3):
        opened = Opened(a_sighting(number).sighting_id, TowerId("tower-a"))
        store.incident_log.append([an_event(number, opened, incident=number)])


def test_a_sound_store_is_said_to_be_sound(store: Store, recheck: Callable[..., tuple[int, str, str]]) -> None:
    open_three(store)
    assert recheck() == (0, "every stored state is what its events add up to (3 events)\n", "")
    assert recheck("--json") == (0, "", "")


def test_what_differs_is_printed_field_by_field_and_exits_1(
    store: Store, recheck: Callable[..., tuple[int, str, str]]
) -> None:
    open_three(store)
    first, second, third = (an_incident_id(number) for number in (1, 2, 3))
    right = store.incident_log.incident(first)
    assert right is not None
    columns = incident_states.c
    with store.database.writing() as connection:
        wrong = to_json(replace(right, probability=0.5))
        connection.execute(update(incident_states).where(columns.incident_id == first).values(body=wrong))
        connection.execute(delete(memberships).where(memberships.c.incident_id.in_((second, third))))
        connection.execute(delete(incident_states).where(columns.incident_id == third))
    code, out, err = recheck()
    assert code == 1
    told_of = {
        first: ["  probability: stored 0.5, its events say null"],
        second: [f"  sighting {a_sighting(2).sighting_id} is its member by its events, not as stored"],
        third: [
            "  has events and no stored state",
            f"  sighting {a_sighting(3).sighting_id} is its member by its events, not as stored",
        ],
    }
    assert out.splitlines() == [line for key in sorted(told_of) for line in (f"incident {key}", *told_of[key])]
    assert "incidents that differ: 3" in err
    code, out, _ = recheck("--json")
    told = {row["incident_id"]: row for row in map(json.loads, out.splitlines())}
    assert (code, set(told)) == (1, {first, second, third})
    assert told[first]["fields"] == {"probability": {"stored": 0.5, "events": None}}
    assert told[second]["members_only_in_events"] == [a_sighting(2).sighting_id]
    assert not told[third]["is_stored"]
    with store.database.writing() as connection:
        connection.execute(delete(events).where(events.c.incident_id == first))
    assert "  has a stored state and no events" in recheck()[1]


def test_an_event_that_cannot_be_read_is_refused_in_words(
    store: Store, recheck: Callable[..., tuple[int, str, str]]
) -> None:
    open_three(store)
    with store.database.writing() as connection:
        connection.execute(update(events).where(events.c.seq == 2).values(body="{"))
    code, out, err = recheck()
    assert (code, out) == (1, "")
    assert err.startswith("firewatch recheck: ")


def test_an_event_that_is_appended_meanwhile_is_no_difference(
    open_again: Callable[[], Store],
) -> None:
    reader, writer = open_again(), open_again()
    open_three(writer)
    appended = []

    def append_before_the_states_are_read(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "incident_states" in statement and not appended:
            appended.append(statement)
            writer.incident_log.append([an_event(4, Confirmed(), incident=1)])

    event.listen(reader.database.engine, "before_cursor_execute", append_before_the_states_are_read)
    assert reader.incident_log.recheck() == ()
    assert appended


def test_a_database_that_is_not_there_is_refused_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "central.toml"
    path.write_text('[store]\nurl = "sqlite:///elsewhere/x.db"\n', encoding="utf-8")
    for words in (["recheck"], ["quarantine"]):
        action = ["list"] if words == ["quarantine"] else []
        assert main([*words, "--config", str(path), *action]) == 1
        assert f"store.url: there is no {tmp_path}/elsewhere/x.db" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()
