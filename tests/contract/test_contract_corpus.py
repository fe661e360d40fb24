"""Every message that was ever sent decodes for ever, and every schema says the same as the decoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from firewatch import errors
from firewatch.domain.ids import CameraId, TowerId
from firewatch.wire import codec
from firewatch.wire.enrolment import Enrolled, read_message
from firewatch.wire.remote_codec import decode_command, decode_reply
from firewatch.wire.settings_codec import decode_settings

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parent / "corpus"
SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "v1"
EXPECTED = json.loads((CORPUS / "malformed/v1/expected.json").read_text(encoding="utf-8"))

DECODERS: dict[str, Callable[[bytes], Any]] = {
    "sighting": codec.decode_sighting,
    "evidence": lambda payload: codec.decode_evidence(payload, TowerId("xianglushan"), CameraId("north")),
    "receipts": codec.decode_receipts,
    "status": codec.decode_status,
    "vitals": codec.decode_vitals,
    "settings": decode_settings,
    "command": decode_command,
    "reply": decode_reply,
    "observation": codec.decode_observation,
    "incident": codec.decode_incident,
}
GOOD = sorted((CORPUS / "v1").iterdir())


def kind_of(path: Path) -> str:
    return path.stem.split("-")[0]


def validator(kind: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def json_part(payload: bytes) -> bytes:
    if not payload.startswith(b"FWE1"):
        return payload
    return payload[6 : 6 + int.from_bytes(payload[4:6], "big")]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_message_once_sent_decodes_for_ever(path: Path) -> None:
    assert DECODERS[kind_of(path)](path.read_bytes()) is not None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_message_once_sent_fits_its_schema(path: Path) -> None:
    validator(kind_of(path)).validate(json.loads(json_part(path.read_bytes())))


def test_every_kind_of_message_is_in_the_corpus_and_has_a_schema() -> None:
    assert {kind_of(path) for path in GOOD} == set(DECODERS) == {path.stem for path in SCHEMAS.glob("*.json")}


def test_every_malformed_message_has_its_expectation() -> None:
    kept = {path.name for path in (CORPUS / "malformed/v1").iterdir()} - {"expected.json"}
    assert kept == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_malformed_message_is_refused_with_a_reason(name: str) -> None:
    expected = EXPECTED[name]
    payload = (CORPUS / "malformed/v1" / name).read_bytes()
    with pytest.raises(getattr(errors, expected["error"])) as caught:
        DECODERS[expected["read_as"]](payload)
    assert expected["says"] in str(caught.value)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_id_of_a_malformed_message_is_found_where_it_has_one(name: str) -> None:
    payload = (CORPUS / "malformed/v1" / name).read_bytes()
    assert codec.message_id_of(payload) == EXPECTED[name]["message_id"]


def test_a_message_of_the_centre_round_trips() -> None:
    payload = (CORPUS / "v1/incident-of-an-exercise.json").read_bytes()
    assert msgspec.json.decode(codec.encode(codec.decode_incident(payload))) == msgspec.json.decode(payload)
    # One of before the word is of something real.
    assert codec.decode_incident((CORPUS / "v1/incident.json").read_bytes()).is_exercise is False


@pytest.mark.parametrize("path", sorted((CORPUS / "enrolment/v1").iterdir()), ids=lambda path: path.name)
def test_an_answer_of_the_desk_once_given_is_read_for_ever(path: Path) -> None:
    enrolled = read_message(path.read_bytes(), Enrolled)
    assert (enrolled.tower, enrolled.broker_port) == ("yunfeng", 8883)
    assert bool(enrolled.package_keys) is ("with-package-keys" in path.name)
