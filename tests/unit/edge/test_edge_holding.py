"""A technician waves at the camera: listed, not alarmed; a fire that goes on is reported when the work is over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.geo import Position
from firewatch.domain.vision import SightingPhase
from firewatch.testing import ExampleBoard, FakePublisher
from firewatch_edge.node import Handover, HeldFile, Holding

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.vision import Sighting


def opened() -> Sighting:
    board = ExampleBoard(datetime(2026, 4, 5, 4, 0, tzinfo=UTC))
    return replace(board.sighting("jiuguan", Position(27.09, 112.8), 20, 0.8), phase=SightingPhase.OPENED)


def revision(sighting: Sighting, number: int, phase: SightingPhase) -> Sighting:
    return replace(sighting, revision=number, phase=phase)


def test_what_begins_and_ends_during_the_work_is_listed_and_not_sent(tmp_path: Path) -> None:
    publisher, listed = FakePublisher(), tmp_path / "held.jsonl"
    holding = Holding(Handover(publisher), lambda _: True, HeldFile(listed))
    first = opened()
    holding.give(first, ())
    holding.give(revision(first, 2, SightingPhase.ENDED), ())
    assert publisher.sightings == []
    assert (holding.count, holding.waiting) == (1, 0)
    rows = [json.loads(line) for line in listed.read_text(encoding="utf-8").splitlines()]
    assert [(row["revision"], row["phase"]) for row in rows] == [(1, "opened"), (2, "ended")]


def test_a_fire_that_outlasts_the_work_is_sent_at_once_when_it_is_over() -> None:
    publisher, works = FakePublisher(), [True]
    holding = Holding(Handover(publisher), lambda _: works[0])
    first = opened()
    holding.give(first, ())
    holding.give(revision(first, 2, SightingPhase.GROWING), ())
    assert holding.waiting == 0
    works[0] = False
    assert holding.waiting == 1
    assert holding.retry()
    assert [(one.sighting_id, one.revision) for one in publisher.sightings] == [(first.sighting_id, 2)]
    holding.give(revision(first, 3, SightingPhase.ENDED), ())
    assert [one.revision for one in publisher.sightings] == [2, 3]


def test_a_sighting_of_before_the_work_goes_on_being_reported() -> None:
    publisher, works = FakePublisher(), [False]
    holding = Holding(Handover(publisher), lambda _: works[0])
    first = opened()
    holding.give(first, ())
    works[0] = True
    holding.give(revision(first, 2, SightingPhase.GROWING), ())
    holding.give(revision(first, 3, SightingPhase.ENDED), ())
    assert [one.revision for one in publisher.sightings] == [1, 2, 3]
    assert holding.count == 0
