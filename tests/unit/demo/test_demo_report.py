"""The report's figures, from a store and logs whose course is known."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.adapters.store import open_store
from firewatch.demo.clock import SceneClock
from firewatch.demo.report import Course, make_report, read_lines
from firewatch.domain.incident import Merged, Opened, SightingJoined
from firewatch.services.ports import SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_event, an_incident_id
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from firewatch.adapters.store import Store

IGNITED_AT_S = 60.0
# Scene seconds in which the sightings' first and confirming frames were taken; the first one's is before the fire.
SEEN = {1: (10.0, 30.0), 2: (70.0, 90.0), 3: (100.0, 120.0)}


def at(scene_s: float) -> datetime:
    return SCENE_START + timedelta(seconds=scene_s)


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def alert(incident: int, scene_s: float, key: str) -> dict[str, Any]:
    facts = {"incident_id": an_incident_id(incident)}
    return {"received_at": at(scene_s).isoformat(), "person": "duty-1", "idempotency_key": key, "facts": facts}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with a false incident (1), the fire's (2), and one of the fire (3) that was merged into it."""
    opened = open_store(f"sqlite:///{tmp_path / 'firewatch.db'}", tmp_path / "evidence")
    sightings = {n: a_sighting(n, tower=f"tower-{n}", first_seen_at=at(first_s)) for n, (first_s, _) in SEEN.items()}
    opened.intake_writer.write([SightingArrived(a_message_id(n), s, at(130.0)) for n, s in sightings.items()])
    begins = [
        an_event(n, Opened(s.sighting_id, s.tower_id), incident=n, at=s.first_seen_at) for n, s in sightings.items()
    ]
    third = sightings[3]
    opened.incident_log.append(
        [
            *begins,
            an_event(11, Merged(an_incident_id(2)), incident=3, at=at(125.0)),
            an_event(12, SightingJoined(third.sighting_id, third.tower_id), incident=2, at=at(125.0)),
        ]
    )
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the logs of that run; a second revision of each sighting was sent and never stored."""
    for number, (_, confirmed_s) in SEEN.items():
        sighting_id = a_sighting(number).sighting_id
        revisions = [(1, confirmed_s), (2, confirmed_s + 10.0)] if number == 3 else [(1, confirmed_s)]
        ledger = [
            {"sighting_id": sighting_id, "revision": revision, "observed_at": at(seen_s).isoformat()}
            for revision, seen_s in revisions
        ]
        write_lines(tmp_path / f"tower-{number}-ledger.jsonl", ledger)
    cameras = [
        {"camera": f"tower-{number}", "captured_at": at(s).isoformat(), "scene_s": s, "smoke_visible": s >= 65.0}
        # Two requests at once: a later frame may be written down before an earlier one.
        for number, scene_s in ((1, (5.0, 40.0, 20.0)), (2, (80.0, 70.0, 50.0)))
        for s in scene_s
    ]
    write_lines(tmp_path / "cameras.jsonl", cameras)
    return tmp_path


def report(folder: Path, store: Store, rung: list[dict[str, Any]], **course: Any) -> dict[str, Any]:
    write_lines(folder / "phones.jsonl", rung)
    facts = {"ended_at": at(150.0), "ignited_at_s": IGNITED_AT_S, "asked": {"seed": 1}} | course
    made: dict[str, Any] = make_report(Course(folder, SceneClock(SCENE_START), **facts), None, store)
    return made


def test_an_incident_confirmed_before_the_fire_is_a_false_alarm_and_its_alert_finds_nothing(
    folder: Path, store: Store
) -> None:
    told = report(folder, store, [alert(1, 35.0, "a")])
    assert [(one["incident_id"], one["is_true"]) for one in told["incidents"]] == [
        (an_incident_id(1), False),
        (an_incident_id(2), True),
    ]
    assert told["false_alarms"] == 1
    assert told["alert"] is None
    assert not told["found"]


def test_an_alert_of_an_incident_that_was_merged_into_the_fires_is_of_the_fire(folder: Path, store: Store) -> None:
    told = report(folder, store, [alert(3, 122.0, "a"), alert(2, 130.0, "b"), alert(2, 131.0, "b")])
    assert told["found"]
    assert told["alert"] == {
        "first_at_s": 122.0,
        "after_first_visible_s": 52.0,
        "people": ["duty-1"],
        "deliveries": 3,
    }
    assert told["messages"]["alerts_delivered_twice"] == 1


def test_towers_are_told_with_what_is_of_the_fire_only(folder: Path, store: Store) -> None:
    told = report(folder, store, [])
    assert told["towers"] == {
        "tower-1": {"smoke_visible_at_s": None, "first_confirmed_at_s": None},
        "tower-2": {"smoke_visible_at_s": 70.0, "first_confirmed_at_s": 90.0},
        "tower-3": {"smoke_visible_at_s": None, "first_confirmed_at_s": 120.0},
    }
    assert told["scene"]["cadence_s"] == {"mean": 16.25, "longest": 20.0}
    assert told["frames"] == {"served": 6}


def test_what_was_sent_and_never_stored_is_lost(folder: Path, store: Store) -> None:
    messages = report(folder, store, [])["messages"]
    assert (messages["sent"], messages["stored"], messages["lost"], messages["waiting_in_outboxes"]) == (4, 3, 1, 0)


def test_a_quiet_day_has_false_alarms_only(folder: Path, store: Store) -> None:
    told = report(folder, store, [alert(2, 130.0, "a")], ignited_at_s=None)
    assert told["ignition"] is None
    assert told["false_alarms"] == 2
    assert not told["found"]


def test_of_frames_without_times_nothing_is_called_true_or_false(folder: Path, store: Store) -> None:
    told = report(folder, store, [alert(1, 35.0, "a")], ignited_at_s=None, is_judged=False)
    assert {one["is_true"] for one in told["incidents"]} == {None}
    assert told["false_alarms"] is None
    assert told["found"]
    assert told["alert"]["first_at_s"] == 35.0


def test_half_a_line_at_the_end_of_a_log_is_left_for_later(tmp_path: Path) -> None:
    log = tmp_path / "phones.jsonl"
    assert read_lines(log) == []
    log.write_text('{"a": "一"}\n{"a": 2}\n{"a": ', encoding="utf-8")
    assert read_lines(log) == [{"a": "一"}, {"a": 2}]
    log.write_text('{"a"', encoding="utf-8")
    assert read_lines(log) == []
