"""Commands and replies come out as they went in, and bad ones are refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, EvidenceId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.vision import Box, ClockState, FrameStamp
from firewatch.errors import MalformedMessage, UnsupportedVersion
from firewatch.wire import remote_v1
from firewatch.wire.remote_codec import (
    action_name,
    command_id_of,
    decode_command,
    decode_reply,
    encode_command,
    encode_reply,
)

AT = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
ID = make_ulid(AT, b"0123456789")
STAMP = FrameStamp(AT, "ab" * 32, 1920, 1080)

cameras = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True).map(CameraId)
ulids = st.binary(min_size=10, max_size=10).map(lambda some: make_ulid(AT, some))
lines = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x9FFF, exclude_categories=["Cc", "Cs", "Z"]), min_size=1
)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
azimuths = st.floats(0.0, 360.0, exclude_max=True)
actions = st.one_of(
    st.builds(remote.Snapshot, camera_id=cameras),
    st.builds(
        remote.LookAt,
        bearing_deg=azimuths,
        camera_id=st.none() | cameras,
        hold_s=st.floats(0.0, 600.0),
        sighting_id=st.none() | ulids,
        incident_id=st.none() | ulids,
    ),
    st.builds(remote.Pause, camera_id=cameras, until=instants, reason=lines.map(lambda w: w[:200])),
    st.builds(remote.Resume, camera_id=cameras),
    st.builds(remote.FetchHeldBack, since=st.none() | instants, most=st.integers(1, 50)),
    st.builds(remote.LiveLook, camera_id=cameras, for_s=st.floats(1.0, 60.0)),
    st.just(remote.Reload()),
    st.builds(remote.FetchLogs, most_bytes=st.integers(1_000, 200_000)),
    st.builds(
        remote.UpdateModel,
        sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        size_bytes=st.integers(1, 2**31 - 1),
        location=st.sampled_from(["/models/a", "https://centre:8443/a"]),
        version=lines.map(lambda w: w[:64]),
    ),
    st.builds(
        remote.Exercise,
        camera_id=cameras,
        pose_id=st.none() | cameras.map(PoseId),
        minutes=st.floats(0.1, 30.0),
        azimuth_deg=st.none() | azimuths,
    ),
    st.just(remote.EndExercise()),
)


def a_command(action: remote.Action, issued_at: datetime = AT) -> remote.Command:
    return remote.Command(
        command_id=CommandId(ID),
        tower_id=TowerId("yunfeng"),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(minutes=5),
        issued_by="duty officer",
        action=action,
    )


@given(actions, instants)
def test_a_command_comes_out_as_it_went_in(action: remote.Action, issued_at: datetime) -> None:
    command = a_command(action, issued_at)
    assert decode_command(encode_command(command)) == command


def test_every_action_has_its_name_on_the_wire() -> None:
    names = {
        action_name(action)
        for action in (
            remote.Snapshot(camera_id=CameraId("n")),
            remote.LookAt(bearing_deg=1.0),
            remote.Pause(camera_id=CameraId("n"), until=AT, reason="lens"),
            remote.Resume(camera_id=CameraId("n")),
            remote.FetchHeldBack(),
            remote.LiveLook(camera_id=CameraId("n")),
            remote.Reload(),
            remote.FetchLogs(),
            remote.UpdateModel(sha256="ab" * 32, size_bytes=1, location="/a", version="1"),
            remote.Exercise(camera_id=CameraId("n")),
            remote.EndExercise(),
        )
    }
    assert names == {str(kind.__struct_config__.tag) for kind in remote_v1.ActionV1.__args__}


entries = st.builds(
    remote.HeldBackEntry,
    held_id=ulids,
    camera_id=cameras,
    pose_id=cameras.map(PoseId),
    reason=st.sampled_from(["mask", "danger", "night"]),
    box=st.just(Box(1.0, 2.0, 3.5, 4.0)),
    score=st.floats(0.0, 1.0),
    stamp=st.just(STAMP),
    first_at=instants,
    last_at=instants,
    times=st.integers(1, 1000),
    note=lines.map(lambda w: w[:64]) | st.just(""),
    evidence_id=st.none() | ulids.map(EvidenceId),
)
replies = st.builds(
    remote.Reply,
    command_id=ulids.map(CommandId),
    tower_id=cameras.map(TowerId),
    at=instants,
    state=st.sampled_from(remote.ReplyState),
    ordinal=st.integers(1, 9),
    code=st.sampled_from(["", "no-camera"]),
    text=lines.map(lambda w: w[:500]) | st.just(""),
    clock=st.sampled_from([state for state in ClockState if state is not ClockState.RECEIVED]),
    evidence_ids=st.lists(ulids.map(EvidenceId), max_size=3).map(tuple),
    facts=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
        lines
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans()
        | st.none(),
        max_size=4,
    ),
    held_back=st.lists(entries, max_size=2).map(tuple),
    attachment=st.none()
    | st.builds(
        remote.Attachment,
        name=lines.map(lambda w: w[:64]),
        media_type=st.just("application/gzip"),
        content=st.binary(max_size=40),
    ),
)


@given(replies)
def test_a_reply_comes_out_as_it_went_in(reply: remote.Reply) -> None:
    received = decode_reply(encode_reply(reply, MessageId(ID)))
    assert (received.message_id, received.value) == (ID, reply)


def test_the_fullest_reply_is_still_read() -> None:
    entry = remote.HeldBackEntry(
        held_id=ID,
        camera_id=CameraId("n" * 32),
        pose_id=PoseId("p" * 32),
        reason="r" * 32,
        box=Box(1.0, 2.0, 3.0, 4.0),
        score=0.5,
        stamp=STAMP,
        first_at=AT,
        last_at=AT,
        times=2**31 - 1,
        note="m" * 500,
        evidence_id=EvidenceId(ID),
    )
    reply = remote.Reply(
        command_id=CommandId(ID),
        tower_id=TowerId("t" * 32),
        at=AT,
        state=remote.ReplyState.DONE,
        ordinal=2,
        text="x" * 500,
        evidence_ids=(EvidenceId(ID),) * 64,
        facts={f"f{number}": "y" * 500 for number in range(32)},
        held_back=(entry,) * 50,
        attachment=remote.Attachment(name="a", media_type="b", content=bytes(remote.MOST_ATTACHED_BYTES)),
    )
    assert decode_reply(encode_reply(reply, MessageId(ID))).value == reply


def a_message(action: object, **fields: object) -> bytes:
    whole = {
        "schema": "firewatch/v1/command",
        "command_id": ID,
        "tower_id": "yunfeng",
        "issued_at": "2026-04-04T04:00:00Z",
        "expires_at": "2026-04-04T04:05:00Z",
        "action": action,
        **fields,
    }
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (a_message({"name": "dance"}), "dance"),
        (a_message({}), "name"),
        (a_message({"name": "look", "bearing_deg": 360}), "bearing_deg"),
        (a_message({"name": "look", "bearing_deg": 1, "hold_s": 601}), "<= 600"),
        (a_message({"name": "pause", "camera_id": "n", "until": "2026-04-04T05:00:00", "reason": "x"}), "timezone"),
        (a_message({"name": "pause", "camera_id": "n", "until": "0001-01-01T00:00:00+14:00", "reason": "x"}), "UTC"),
        (a_message({"name": "live", "camera_id": "n", "for_s": 61}), "<= 60"),
        (a_message({"name": "logs", "most_bytes": 200_001}), "<= 200000"),
        (a_message({"name": "held_back", "most": 51}), "<= 50"),
        (
            a_message({"name": "update_model", "sha256": "ab" * 32, "size_bytes": 1, "location": "a", "version": "1"}),
            "location",
        ),
        (a_message({"name": "exercise", "camera_id": "n", "minutes": 31}), "<= 30"),
        (a_message({"name": "reload"}, expires_at="2026-04-06T04:00:00Z"), "24 hours"),
        (a_message({"name": "reload"}, issued_by="two\nlines"), "issued_by"),
        (a_message({"name": "reload"}, issued_by="x" * 20_000), "at most 16384"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_bad_command_is_malformed_and_says_why(payload: bytes, says: str) -> None:
    with pytest.raises(MalformedMessage, match=says):
        decode_command(payload)


def test_a_command_of_another_version_says_so() -> None:
    with pytest.raises(UnsupportedVersion):
        decode_command(a_message({"name": "reload"}, schema="firewatch/v2/command"))


def test_a_bad_reply_is_malformed_and_says_why() -> None:
    good = json.loads(
        encode_reply(
            remote.Reply(
                command_id=CommandId(ID), tower_id=TowerId("a"), at=AT, state=remote.ReplyState.DONE, ordinal=1
            ),
            MessageId(ID),
        )
    )
    for fields, says in (
        ({"ordinal": 0}, ">= 1"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "UTC"),
        ({"code": "Two words"}, "code"),
        ({"text": "x" * 500_001}, "at most 500000"),
    ):
        with pytest.raises(MalformedMessage, match=says):
            decode_reply(json.dumps({**good, **fields}).encode())


def test_the_id_of_a_command_that_cannot_be_read_is_found_where_it_has_one() -> None:
    assert command_id_of(a_message({"name": "dance"})) == ID
    assert command_id_of(b'{"message_id": "' + ID.encode() + b'"}') is None
