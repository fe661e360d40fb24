"""Remote hands: what is asked and answered is checked where it is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, EvidenceId, IncidentId, PoseId, SightingId, TowerId, make_ulid
from firewatch.domain.vision import Box, ClockState, FrameStamp
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
IN_BEIJING = AT.astimezone(timezone(timedelta(hours=8)))
ID = make_ulid(AT, b"0123456789")
CAMERA = CameraId("north")
A_MODEL: dict[str, Any] = {"sha256": "ab" * 32, "size_bytes": 1, "location": "/m", "version": "1"}


def a_command(**fields: Any) -> remote.Command:
    whole: dict[str, Any] = {
        "command_id": CommandId(ID),
        "tower_id": TowerId("yunfeng"),
        "issued_at": AT,
        "expires_at": AT + timedelta(minutes=5),
        "issued_by": "duty officer",
        "action": remote.Reload(),
    }
    return remote.Command(**{**whole, **fields})


def a_reply(**fields: Any) -> remote.Reply:
    whole: dict[str, Any] = {
        "command_id": CommandId(ID),
        "tower_id": TowerId("yunfeng"),
        "at": AT,
        "state": remote.ReplyState.DONE,
        "ordinal": 1,
    }
    return remote.Reply(**{**whole, **fields})


def an_entry(**fields: Any) -> remote.HeldBackEntry:
    whole: dict[str, Any] = {
        "held_id": ID,
        "camera_id": CAMERA,
        "pose_id": PoseId("main"),
        "reason": "mask",
        "box": Box(1.0, 2.0, 3.0, 4.0),
        "score": 0.5,
        "stamp": FrameStamp(AT, "ab" * 32, 1920, 1080),
        "first_at": AT,
        "last_at": AT,
        "times": 3,
    }
    return remote.HeldBackEntry(**{**whole, **fields})


def test_what_is_right_is_taken() -> None:
    look = remote.LookAt(
        bearing_deg=0.0, camera_id=CAMERA, hold_s=600.0, sighting_id=SightingId(ID), incident_id=IncidentId(ID)
    )
    assert a_command(action=look, expires_at=AT + remote.LONGEST_COMMAND).action == look
    assert remote.FetchHeldBack(since=AT).most == 20
    assert remote.Exercise(camera_id=CAMERA, pose_id=PoseId("ridge"), azimuth_deg=359.9).minutes == 10.0
    attachment = remote.Attachment(name="log.gz", media_type="application/gzip", content=b"x")
    facts: dict[str, remote.Fact] = {"width_px": 3840, "off_deg": 0.5, "is_fixed": True, "why": "无", "pose": None}
    full = a_reply(
        code="no-view",
        text="nothing 什么也没有",
        evidence_ids=(EvidenceId(ID),),
        facts=facts,
        held_back=(an_entry(evidence_id=EvidenceId(ID), note="kiln, 砖窑"),),
        attachment=attachment,
    )
    assert full.facts["width_px"] == 3840


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: remote.Snapshot(camera_id=CameraId("North")), "camera"),
        (lambda: remote.Resume(camera_id=CameraId("")), "camera"),
        (lambda: remote.LookAt(bearing_deg=360.0), "true azimuth"),
        (lambda: remote.LookAt(bearing_deg=float("nan")), "true azimuth"),
        (lambda: remote.LookAt(bearing_deg=1.0, camera_id=CameraId("a/b")), "camera"),
        (lambda: remote.LookAt(bearing_deg=1.0, hold_s=601.0), "0 to 600"),
        (lambda: remote.LookAt(bearing_deg=1.0, sighting_id=SightingId("x")), "sighting"),
        (lambda: remote.LookAt(bearing_deg=1.0, incident_id=IncidentId("x")), "incident"),
        (lambda: remote.Pause(camera_id=CAMERA, until=IN_BEIJING, reason="lens"), "UTC"),
        (lambda: remote.Pause(camera_id=CAMERA, until=AT, reason=" "), "1 to 200"),
        (lambda: remote.Pause(camera_id=CAMERA, until=AT, reason="a\nb"), "one line"),
        (lambda: remote.FetchHeldBack(since=IN_BEIJING), "UTC"),
        (lambda: remote.FetchHeldBack(most=51), "1 to 50"),
        (lambda: remote.LiveLook(camera_id=CAMERA, for_s=61.0), "1 to 60"),
        (lambda: remote.FetchLogs(most_bytes=999), "1000 to 200000"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "sha256": "AB" * 32}), "64 hexadecimal"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "sha256": "ab"}), "64 hexadecimal"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "size_bytes": 0}), "size of the package"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "location": "http://x/m"}), "https"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "location": "/" + "x" * 500}), "https"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "version": ""}), "version of the model"),
        (lambda: remote.UpdateModel(**{**A_MODEL, "version": "1\x7f"}), "one line"),
        (lambda: remote.Exercise(camera_id=CAMERA, minutes=31.0), "0.1 to 30"),
        (lambda: remote.Exercise(camera_id=CAMERA, pose_id=PoseId("A")), "pose"),
        (lambda: remote.Exercise(camera_id=CAMERA, azimuth_deg=-1.0), "true azimuth"),
        (lambda: a_command(command_id=CommandId("x")), "ULID"),
        (lambda: a_command(tower_id=TowerId("X")), "tower"),
        (lambda: a_command(issued_at=IN_BEIJING), "UTC"),
        (lambda: a_command(expires_at=IN_BEIJING), "UTC"),
        (lambda: a_command(expires_at=AT), "24 hours"),
        (lambda: a_command(expires_at=AT + timedelta(hours=24, seconds=1)), "24 hours"),
        (lambda: a_command(issued_by="x" * 65), "at most 64"),
        (lambda: an_entry(reason="no good"), "reason"),
        (lambda: an_entry(score=1.5), "0 to 1"),
        (lambda: an_entry(first_at=IN_BEIJING), "UTC"),
        (lambda: an_entry(last_at=IN_BEIJING), "UTC"),
        (lambda: an_entry(times=0), "number of frames"),
        (lambda: an_entry(note="a\tb"), "one line"),
        (lambda: an_entry(evidence_id=EvidenceId("x")), "evidence"),
        (lambda: remote.Attachment(name="", media_type="a", content=b""), "name of the attachment"),
        (lambda: remote.Attachment(name="a", media_type="a\n", content=b""), "one line"),
        (lambda: remote.Attachment(name="a", media_type="a", content=bytes(250_001)), "bytes attached"),
        (lambda: a_reply(ordinal=0), "ordinal"),
        (lambda: a_reply(at=IN_BEIJING), "UTC"),
        (lambda: a_reply(code="No camera"), "reason of the reply"),
        (lambda: a_reply(text="x" * 501), "at most 500"),
        (lambda: a_reply(clock=ClockState.RECEIVED), "its own clock"),
        (lambda: a_reply(evidence_ids=(EvidenceId("x"),)), "evidence"),
        (lambda: a_reply(evidence_ids=(EvidenceId(ID),) * 65), "0 to 64"),
        (lambda: a_reply(facts={f"f{n}": n for n in range(33)}), "0 to 32"),
        (lambda: a_reply(facts={"Two words": 1}), "name of a fact"),
        (lambda: a_reply(facts={"why": "a\nb"}), "one line"),
        (lambda: a_reply(facts={"off_deg": float("inf")}), "finite"),
        (lambda: a_reply(held_back=(an_entry(),) * 51), "0 to 50"),
    ],
)
def test_what_is_not_allowed_is_refused_and_says_what_is(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        make()
