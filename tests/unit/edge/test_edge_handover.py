"""The hand-over to the outbox, and the ledger: what the disk refuses is not lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Bearing
from firewatch.domain.ids import CameraId, EvidenceId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.vision import Box, Evidence, EvidenceKind, FrameStamp, Look, Sighting, SightingPhase
from firewatch.testing import FakePublisher
from firewatch_edge.node import Handover, Ledger

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NORTH = CameraId("north")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


def sighting(number: int = 1, phase: SightingPhase = SightingPhase.OPENED) -> Sighting:
    stamp = FrameStamp(START + timedelta(seconds=10 * number), f"{number:064x}", 256, 192)
    return Sighting(
        sighting_id=SightingId(make_ulid(START, bytes(10))),
        revision=number,
        phase=phase,
        tower_id=TowerId("a"),
        camera_id=NORTH,
        pose_id=PoseId("main"),
        calibration_id="c",
        first_seen_at=stamp.captured_at,
        observed_at=stamp.captured_at,
        looks=(Look(stamp, Box(0, 0, 10, 10), 0.9),),
        bearing=Bearing(10.0, 0.5),
        score=0.9,
        frames_hit=3,
        frames_seen=3,
        model_sha256="f" * 64,
    )


def evidence(number: int) -> Evidence:
    made = EvidenceId(make_ulid(START, number.to_bytes(10, "big")))
    one = sighting()
    return Evidence(
        made, one.sighting_id, one.tower_id, NORTH, EvidenceKind.CROP, one.looks[0].stamp, None, b"\xff\xd8\xff"
    )


def test_a_full_disk_loses_no_sighting_and_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    publisher = FakePublisher(is_full=True)
    handover = Handover(publisher)
    handover.give(sighting(1), (evidence(1),))
    handover.give(sighting(2), ())
    assert handover.waiting == 3
    assert {record.levelname for record in caplog.records if record.msg == "outbox.refused"} == {"CRITICAL"}
    publisher.is_full = False
    assert handover.retry() is True
    assert [one.revision for one in publisher.sightings] == [1, 2]
    assert len(publisher.pictures) == 1
    assert handover.waiting == 0


def test_a_sighting_that_the_disk_refuses_goes_out_past_it_once_there_is_a_link() -> None:
    """A full disk must not keep an alarm on the tower; each revision goes once, and stays for the disk all the same."""
    publisher = FakePublisher(is_full=True, has_link=False)
    handover = Handover(publisher)
    handover.give(sighting(1), (evidence(1),))
    handover.give(sighting(2), ())
    assert publisher.unkept == []
    publisher.has_link = True
    for _ in range(3):
        handover.retry()
    handover.give(sighting(3), ())
    assert [one.revision for one in publisher.unkept] == [1, 2, 3]
    publisher.is_full = False
    handover.retry()
    assert [one.revision for one in publisher.sightings] == [1, 2, 3]
    publisher.is_full = True
    handover.give(sighting(4), ())
    assert [one.revision for one in publisher.unkept] == [1, 2, 3, 4]


def test_while_the_disk_is_full_pictures_go_before_sightings() -> None:
    publisher = FakePublisher(is_full=True)
    handover = Handover(publisher)
    for number in range(1, 50):
        handover.give(sighting(number), (evidence(number),))
    publisher.is_full = False
    handover.retry()
    assert [one.revision for one in publisher.sightings] == list(range(1, 50))
    assert len(publisher.pictures) == 32
    assert publisher.pictures[-1] == evidence(49)


def test_the_ledger_lists_what_the_outbox_took_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.jsonl"
    publisher = FakePublisher()
    handover = Handover(publisher, Ledger(path))
    handover.give(sighting(1), ())
    publisher.is_full = True
    handover.give(sighting(2), ())
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1
    publisher.is_full = False
    handover.retry()
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    one = sighting().sighting_id
    assert [(line["sighting_id"], line["revision"]) for line in lines] == [(one, 1), (one, 2)]


def test_a_ledger_that_cannot_be_written_stops_no_sighting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "ledger").mkdir()
    publisher = FakePublisher()
    Handover(publisher, Ledger(tmp_path / "ledger")).give(sighting(), ())
    assert len(publisher.sightings) == 1
    assert "ledger.refused" in caplog.messages
