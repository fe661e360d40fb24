"""The codec: what goes in comes out, and what cannot be read says why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.condition import BlindTime, CameraCondition, ConditionState, EyesOpen
from firewatch.domain.geo import Bearing
from firewatch.domain.ids import CameraId, EvidenceId, MessageId, PoseId, SightingId, StationId, TowerId, make_ulid
from firewatch.domain.mounting import HeadOffset
from firewatch.domain.node import CameraVitals, Machine, PatrolVitals, Vitals
from firewatch.domain.vision import Box, Evidence, EvidenceKind, FrameStamp, Look, Sighting, SightingPhase
from firewatch.domain.weather import Observation
from firewatch.errors import MalformedMessage, UnsupportedVersion, WireError
from firewatch.wire import codec, v1

AT = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 smoke"

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by the library's rule
ulids = st.builds(make_ulid, instants, st.binary(min_size=10, max_size=10))
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
hashes = st.binary(max_size=8).map(lambda seed: hashlib.sha256(seed).hexdigest())
fractions = st.floats(0.0, 1.0)
offsets = st.none() | st.builds(HeadOffset, st.floats(-180.0, 180.0), st.floats(-90.0, 90.0), st.floats(0.1, 10.0))
stamps = st.builds(FrameStamp, instants, hashes, st.integers(1, 100_000), st.integers(1, 100_000), offsets)
boxes = st.tuples(*[st.floats(-1000.0, 90_000.0)] * 2, *[st.floats(0.5, 5000.0)] * 2).map(
    lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
looks = st.builds(Look, stamps, boxes, fractions, st.lists(ulids.map(EvidenceId), max_size=8).map(tuple))


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    seen = draw(st.integers(1, 20))
    first = draw(instants)
    return Sighting(
        sighting_id=SightingId(draw(ulids)),
        revision=draw(st.integers(1, 2**31 - 1)),
        phase=draw(st.sampled_from(SightingPhase)),
        tower_id=TowerId(draw(slugs)),
        camera_id=CameraId(draw(slugs)),
        pose_id=PoseId(draw(slugs)),
        calibration_id=draw(st.from_regex(r"[^\x00-\x1f\x7f]{1,64}", fullmatch=True)),
        first_seen_at=first,
        observed_at=first + timedelta(seconds=draw(st.floats(0.0, 1e6))),
        looks=tuple(draw(st.lists(looks, min_size=1, max_size=3))),
        bearing=Bearing(draw(st.floats(0.0, 359.999)), draw(st.floats(1e-6, 90.0))),
        score=draw(fractions),
        frames_hit=draw(st.integers(1, seen)),
        frames_seen=seen,
        model_sha256=draw(hashes),
    )


observations = st.builds(
    Observation,
    slugs.map(StationId),
    instants,
    temp_c=st.floats(-60.0, 60.0),
    rh_pct=fractions.map(lambda share: 100.0 * share),
    wind_kmh=st.floats(0.0, 400.0),
    rain_mm=st.floats(0.0, 2000.0),
    max_temp_c=st.one_of(st.none(), st.just(60.0)),
    min_rh_pct=st.one_of(st.none(), st.just(0.0)),
    max_wind_ms=st.one_of(st.none(), st.floats(0.0, 120.0)),
)


def an_observation_message() -> dict[str, object]:
    message: dict[str, object] = {
        "schema": "firewatch/v1/observation",
        "message_id": make_ulid(AT, b"0123456789"),
        "station_id": "hengyang",
        "observed_at": "2026-04-04T12:00:00+08:00",
        "temp_c": 24.0,
        "rh_pct": 31.0,
        "wind_kmh": 18.0,
        "rain_mm": 0.0,
    }
    return message


def a_picture(jpeg: bytes = JPEG) -> Evidence:
    return Evidence(
        EvidenceId(make_ulid(AT, b"evidence-1")),
        SightingId(make_ulid(AT, b"sighting-1")),
        TowerId("a"),
        CameraId("north"),
        EvidenceKind.CROP,
        FrameStamp(AT, "0" * 64, 1920, 1080),
        Box(1.0, 2.0, 3.0, 4.0),
        jpeg,
    )


@given(sightings(), ulids)
def test_a_sighting_comes_out_as_it_went_in(sighting: Sighting, message_id: str) -> None:
    payload = codec.encode_sighting(sighting, MessageId(message_id))
    assert codec.decode_sighting(payload) == codec.Received(MessageId(message_id), sighting)
    assert codec.message_id_of(payload) == message_id


@given(ulids, ulids, slugs, slugs, st.sampled_from(EvidenceKind), stamps, st.none() | boxes, st.binary())
def test_a_picture_comes_out_as_it_went_in(  # noqa: PLR0917 - hypothesis fills them
    message_id: str, ulid: str, tower: str, camera: str, kind: EvidenceKind, stamp: FrameStamp, box: Box, rest: bytes
) -> None:
    jpeg = b"\xff\xd8\xff" + rest
    evidence = Evidence(EvidenceId(ulid), SightingId(ulid), TowerId(tower), CameraId(camera), kind, stamp, box, jpeg)
    payload = codec.encode_evidence(evidence, MessageId(message_id))
    received = codec.decode_evidence(payload, TowerId(tower), CameraId(camera))
    assert received == codec.Received(MessageId(message_id), evidence)
    assert codec.message_id_of(payload) == message_id


@given(observations, ulids)
def test_a_reading_comes_out_as_it_went_in(observation: Observation, message_id: str) -> None:
    payload = codec.encode_observation(observation, MessageId(message_id))
    assert codec.decode_observation(payload) == codec.Received(MessageId(message_id), observation)


@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_harms_nothing(payload: bytes) -> None:
    for decode in (codec.decode_sighting, codec.decode_observation, codec.decode_receipts, codec.decode_status):
        with pytest.raises(WireError):
            decode(payload)
    with pytest.raises(WireError):
        codec.decode_evidence(payload, TowerId("a"), CameraId("north"))
    assert codec.message_id_of(payload) is None


@given(st.binary(max_size=100), st.binary(max_size=100), ulids)
def test_an_id_is_found_amid_rubbish(before: bytes, after: bytes, message_id: str) -> None:
    payload = before + b'"message_id" : "' + message_id.encode() + b'"' + after
    assert codec.message_id_of(payload) == message_id


def test_an_id_is_not_looked_for_beyond_the_limit() -> None:
    named = b'{"message_id":"' + make_ulid(AT, b"0123456789").encode() + b'"}'
    assert codec.message_id_of(b" " * codec.MOST_BYTES + named) is None
    assert codec.message_id_of(b'{"message_id":"SHORT"}') is None


def test_vitals_come_out_as_they_went_in() -> None:
    camera = CameraVitals(CameraId("north"), 4.2, 0.1, 212.5, 0.01, 360, 1, 2, 3, is_silent=True)
    vitals = Vitals(AT, make_ulid(AT, b"0123456789"), (camera,), 1000, 3, "a" * 64, -0.5)
    message = codec.decode_vitals(codec.encode_vitals(vitals))
    assert msgspec.structs.asdict(message.cameras[0]) == {
        field: getattr(camera, field) for field in CameraVitals.__slots__
    }
    assert (message.at, message.boot_id, message.outbox_depth) == (vitals.at, vitals.boot_id, vitals.outbox_depth)
    assert (message.disk_free_bytes, message.model_sha256, message.clock_offset_s) == (1000, "a" * 64, -0.5)


def test_the_round_of_a_turning_camera_comes_out_as_it_went_in() -> None:
    patrol = PatrolVitals("dwelling", PoseId("east"), (PoseId("north"), PoseId("west")), 2000.5, is_late=True)
    camera = CameraVitals(CameraId("dome"), 4.2, 0.1, patrol=patrol)
    vitals = Vitals(AT, make_ulid(AT, b"0123456789"), (camera,), 1000, 3, "a" * 64)
    told = codec.decode_vitals(codec.encode_vitals(vitals)).cameras[0].patrol
    assert told is not None
    assert msgspec.structs.asdict(told) == {field: getattr(patrol, field) for field in PatrolVitals.__slots__}


def test_receipts_and_status_come_out_as_they_went_in() -> None:
    receipt = v1.ReceiptV1(message_id=make_ulid(AT, b"0123456789"), outcome="refused", reason="unknown tower")
    assert codec.decode_receipts(codec.encode_receipts([receipt])) == (receipt,)
    status = codec.decode_status(codec.encode_status("lost", AT, receipt.message_id, "firewatch-edge 0.1"))
    assert (status.state, status.at, status.software) == ("lost", AT, "firewatch-edge 0.1")


def test_an_instant_with_an_offset_is_kept_as_utc() -> None:
    payload = json.dumps(an_observation_message()).encode()
    observed_at = codec.decode_observation(payload).value.observed_at
    assert observed_at == datetime(2026, 4, 4, 12, tzinfo=timezone(timedelta(hours=8)))
    assert observed_at.utcoffset() == timedelta(0)


def test_a_value_that_the_trade_does_not_allow_is_malformed() -> None:
    payload = json.dumps(an_observation_message() | {"station_id": "hengyang\n"}).encode()
    with pytest.raises(MalformedMessage, match="starting with a letter or digit"):
        codec.decode_observation(payload)


def test_a_message_that_is_too_large_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="at most 1000000 are read"):
        codec.decode_sighting(b" " * (codec.MOST_BYTES + 1))
    picture = codec.encode_evidence(a_picture(JPEG + bytes(codec.MOST_BYTES)), MessageId(make_ulid(AT, b"0123456789")))
    with pytest.raises(MalformedMessage, match="at most 1000000 are read"):
        codec.decode_evidence(picture, TowerId("a"), CameraId("north"))


def test_a_message_of_another_version_says_what_to_do() -> None:
    payload = json.dumps(an_observation_message() | {"schema": "firewatch/v2/observation"}).encode()
    with pytest.raises(UnsupportedVersion, match="Upgrade"):
        codec.decode_observation(payload)


def test_a_picture_that_is_no_jpeg_is_malformed() -> None:
    good = codec.encode_evidence(a_picture(), MessageId(make_ulid(AT, b"0123456789")))
    other = b"GIF89a"
    header = good[6 : -len(JPEG)].replace(
        hashlib.sha256(JPEG).hexdigest().encode(), hashlib.sha256(other).hexdigest().encode()
    )
    payload = b"FWE1" + len(header).to_bytes(2, "big") + header + other
    with pytest.raises(MalformedMessage, match="a JPEG picture"):
        codec.decode_evidence(payload, TowerId("a"), CameraId("north"))


def test_what_a_node_tells_of_its_cameras_health_comes_across_whole() -> None:
    since = AT - timedelta(hours=1)
    eyes = EyesOpen(3000.0, 3600.0, (BlindTime("frozen", 600.0),), "frozen", since)
    turned = CameraCondition("turned", ConditionState.BAD, since, 2.4)
    plain = CameraVitals(CameraId("north"), 4.2, 0.1, frames_failed=2, glare=0.1, clock_offset_s=-3.0)
    worked_on = replace(plain, maintenance_until=AT, maintenance_reason="new housing")
    worked_on = replace(worked_on, paused_until=AT, paused_reason="lens")
    camera = replace(worked_on, conditions=(turned,), eyes=eyes)
    machine = Machine(0.5, 0.4, 1 << 20, 60.0, is_throttled=True)
    whole = Vitals(AT, make_ulid(AT, b"0123456789"), (camera,), 1, 3, "a" * 64, machine=machine)
    vitals = replace(whole, uptime_s=5.0, outbox_oldest_s=1.0, held=2, model_version="0.4.0")
    vitals = replace(vitals, model_state="probation", model_note="0.5.0 was taken back: it crashed")
    told = codec.decode_vitals(codec.encode_vitals(vitals))
    assert msgspec.structs.asdict(told.cameras[0].conditions[0]) == {
        "kind": "turned",
        "state": "bad",
        "since": since,
        "value": 2.4,
    }
    seen = told.cameras[0].eyes
    assert seen is not None
    assert (seen.seen_s, seen.span_s, seen.reason, seen.since) == (3000.0, 3600.0, "frozen", since)
    assert [(part.reason, part.seconds) for part in seen.blind] == [("frozen", 600.0)]
    assert (told.cameras[0].maintenance_until, told.cameras[0].maintenance_reason) == (AT, "new housing")
    assert (told.cameras[0].paused_until, told.cameras[0].paused_reason) == (AT, "lens")
    assert told.machine is not None
    assert msgspec.structs.asdict(told.machine) == {name: getattr(machine, name) for name in Machine.__slots__}
    assert (told.uptime_s, told.outbox_oldest_s, told.held) == (5.0, 1.0, 2)
    assert (told.model_version, told.model_state) == ("0.4.0", "probation")
    assert told.model_note == vitals.model_note


def test_an_instant_deep_in_the_vitals_that_has_no_utc_is_refused() -> None:
    condition = v1.CameraConditionV1(kind="turned", state="bad", since=AT)
    camera = v1.CameraVitalsV1(camera_id="north", frame_age_s=None, fps=0.0, conditions=(condition,))
    message = v1.VitalsV1(
        at=AT,
        boot_id=make_ulid(AT, bytes(10)),
        cameras=(camera,),
        disk_free_bytes=1,
        outbox_depth=0,
        model_sha256="a" * 64,
    )
    since = msgspec.json.encode(AT)
    payload = codec.encode(message).replace(b'"since":' + since, b'"since":"0001-01-01T00:00:00+05:00"')
    assert b"0001" in payload
    with pytest.raises(MalformedMessage):
        codec.decode_vitals(payload)
