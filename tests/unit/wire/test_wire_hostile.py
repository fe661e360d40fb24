"""Messages that are well-formed JSON and yet must not get further than the codec."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from firewatch.errors import MalformedMessage
from firewatch.testing.builders import a_sighting
from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "01JQZ7W8000000000000000001"
NEAR_THE_END_OF_TIME = "9999-12-31T23:59:59-14:00"
BEFORE_TIME = "0001-01-01T00:00:00+14:00"


def sighting(**changes: object) -> bytes:
    message: dict[str, Any] = json.loads(codec.encode_sighting(a_sighting(), codec.MessageId(ID)))
    return json.dumps({**message, **changes}).encode()


def vitals(**changes: object) -> bytes:
    message = {
        "schema": "firewatch/v1/vitals",
        "at": "2026-04-05T04:00:00Z",
        "boot_id": ID,
        "cameras": [],
        "disk_free_bytes": 1,
        "outbox_depth": 0,
        "model_sha256": "f" * 64,
    }
    return json.dumps({**message, **changes}).encode()


def status(at: str, software: str = "") -> bytes:
    return json.dumps(
        {"schema": "firewatch/v1/status", "state": "online", "at": at, "boot_id": ID, "software": software}
    ).encode()


def observation(at: str) -> bytes:
    reading = {"temp_c": 1, "rh_pct": 1, "wind_kmh": 1, "rain_mm": 0}
    return json.dumps(
        {"schema": "firewatch/v1/observation", "message_id": ID, "station_id": "s", "observed_at": at, **reading}
    ).encode()


def incident(at: str) -> bytes:
    times = {"opened_at": at, "changed_at": at}
    rest = {"state": "SUSPECTED", "towers": [], "sighting_ids": [], "probability": 0.5}
    return json.dumps({"schema": "firewatch/v1/incident", "incident_id": ID, **times, **rest}).encode()


def test_the_examples_are_sound_as_they_are() -> None:
    codec.decode_sighting(sighting())
    codec.decode_vitals(vitals())
    codec.decode_status(status("2026-04-05T04:00:00Z", "firewatch-edge 1"))
    codec.decode_observation(observation("2026-04-05T04:00:00Z"))
    codec.decode_incident(incident("2026-04-05T04:00:00Z"))


@pytest.mark.parametrize(
    ("decode", "make"),
    [
        (codec.decode_sighting, lambda at: sighting(first_seen_at=at, observed_at=at)),
        (codec.decode_vitals, lambda at: vitals(at=at)),
        (codec.decode_status, status),
        (codec.decode_observation, observation),
        (codec.decode_incident, incident),
    ],
    ids=["sighting", "vitals", "status", "observation", "incident"],
)
@pytest.mark.parametrize("at", [NEAR_THE_END_OF_TIME, BEFORE_TIME])
def test_an_instant_whose_utc_no_calendar_has_is_malformed(
    decode: Callable[[bytes], object], make: Callable[[str], bytes], at: str
) -> None:
    with pytest.raises(MalformedMessage, match="years 1 to 9999"):
        decode(make(at))


@pytest.mark.parametrize("closing", ["", "]" * 400_000 + "}"])
def test_a_message_that_nests_without_end_is_malformed(closing: str) -> None:
    payload = sighting()[:-1] + b', "later_field": ' + b"[" * 400_000 + closing.encode()
    with pytest.raises(MalformedMessage, match="recursion"):
        codec.decode_sighting(payload)


@pytest.mark.parametrize(
    ("decode", "payload", "field"),
    [
        (codec.decode_sighting, sighting(revision=2**31), "revision"),
        (codec.decode_sighting, sighting(revision=10**30), "revision"),
        (codec.decode_sighting, sighting(frames_hit=2**31, frames_seen=2**31), "frames_hit"),
        (codec.decode_vitals, vitals(disk_free_bytes=2**63), "disk_free_bytes"),
        (codec.decode_vitals, vitals(outbox_depth=10**30), "outbox_depth"),
    ],
)
def test_a_number_that_no_column_holds_is_malformed(
    decode: Callable[[bytes], object], payload: bytes, field: str
) -> None:
    with pytest.raises(MalformedMessage, match=field):
        decode(payload)


@pytest.mark.parametrize("text", ["a\0b", "line\nline", "\x1b[2J"])
def test_names_hold_no_control_characters(text: str) -> None:
    """PostgreSQL takes no NUL in a text: such a sighting would come back to its centre for ever."""
    with pytest.raises(MalformedMessage, match="calibration_id"):
        codec.decode_sighting(sighting(calibration_id=text))
    with pytest.raises(MalformedMessage, match="software"):
        codec.decode_status(status("2026-04-05T04:00:00Z", text))


def test_a_name_in_chinese_is_a_name() -> None:
    assert codec.decode_sighting(sighting(calibration_id="南岳 1 号")).value.calibration_id == "南岳 1 号"


def test_what_a_sender_may_say_is_in_the_schema_too() -> None:
    definitions = msgspec.json.schema(codec.v1.SightingV1)["$defs"]["SightingV1"]["properties"]
    assert definitions["revision"]["maximum"] == 2**31 - 1
