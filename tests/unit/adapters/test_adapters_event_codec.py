"""Stored events of every age can be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.adapters.store.event_codec import KINDS, StoredChange, decode_change, encode_change
from firewatch.adapters.store.value_codec import read_value, to_json, value_from
from firewatch.domain.danger import DangerRating, HtzParts, SumParts
from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.incident import Change, Incident, Located, Opened, Rated, Rejected, RejectReason, apply
from firewatch.domain.mounting import HeadOffset
from firewatch.domain.vision import Sighting
from firewatch.errors import StoreError
from firewatch.testing.builders import a_rating, a_sighting, an_event, an_incident_id

CORPUS = sorted((Path(__file__).parents[2] / "contract" / "corpus" / "events").rglob("*.json"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_event_of_the_corpus_still_says_what_it_said(path: Path) -> None:
    kept = json.loads(path.read_text())
    stored = StoredChange(kept["kind"], kept["version"], json.dumps(kept["body"]))
    change = decode_change(stored)
    assert type(change) is KINDS[kept["kind"]]
    if kept["version"] == encode_change(change).version:
        now = json.loads(encode_change(change).body)
        assert {name: now[name] for name in kept["body"]} == kept["body"]


def test_the_corpus_and_the_codec_know_every_kind_of_change() -> None:
    assert set(KINDS.values()) == set(get_args(Change))
    assert {json.loads(path.read_text())["kind"] for path in CORPUS} == set(KINDS)


def test_an_older_form_is_cast_up_step_by_step() -> None:
    def rename_why(body: dict[str, Any]) -> dict[str, Any]:
        return {"cause": body["why"]}

    def rename_cause(body: dict[str, Any]) -> dict[str, Any]:
        return {"reason": body["cause"]}

    upcasters = {("rejected", 1): rename_why, ("rejected", 2): rename_cause}
    for version, field in ((1, "why"), (2, "cause"), (3, "reason")):
        stored = StoredChange("rejected", version, json.dumps({field: "dust"}))
        assert decode_change(stored, upcasters, {"rejected": 3}) == Rejected(RejectReason.DUST)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (StoredChange("burnt", 1, "{}"), "newer firewatch"),
        (StoredChange("confirmed", 2, "{}"), "newer firewatch"),
        (StoredChange("rejected", 1, "{}"), "cannot be read"),
        (StoredChange("rejected", 1, '{"reason": "aliens"}'), "cannot be read"),
        (StoredChange("rejected", 1, "{"), "cannot be read"),
        (StoredChange("rejected", 1, "[]"), "cannot be read"),
        (StoredChange("belief_changed", 1, '{"probability": 2.0, "parts": []}'), "cannot be read"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_in_words(stored: StoredChange, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        decode_change(stored)


def test_a_missing_upcaster_is_told_in_words() -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        decode_change(StoredChange("confirmed", 1, "{}"), {}, {"confirmed": 2})


def test_a_field_of_a_newer_minor_form_is_ignored() -> None:
    assert read_value(Rejected, {"reason": "dust", "note": "", "photo": "x"}) == Rejected(RejectReason.DUST)


def test_a_whole_incident_reads_back_equal() -> None:
    sighting = a_sighting(1)
    incident = apply(None, an_event(1, Opened(sighting.sighting_id, sighting.tower_id)))
    incident = apply(incident, an_event(2, Rated(a_rating(), 12.5)))
    incident = replace(incident, ended=frozenset({sighting.sighting_id}), merged_into=an_incident_id(2))
    assert value_from(Incident, to_json(incident)) == incident


@pytest.mark.parametrize(("name", "kind", "total"), [("rated", HtzParts, 65), ("rated_filled_standard", SumParts, 4.5)])
def test_the_parts_of_either_form_of_table_are_told_apart(name: str, kind: type, total: float) -> None:
    (path,) = (path for path in CORPUS if path.stem == name)
    kept = json.loads(path.read_text())
    change = decode_change(StoredChange(kept["kind"], kept["version"], json.dumps(kept["body"])))
    assert isinstance(change, Rated)
    assert change.rating is not None
    assert isinstance(change.rating.parts, kind)
    assert change.rating.parts.total == total
    assert value_from(DangerRating, to_json(change.rating)) == change.rating


PART = {"name": "heat", "role": "added", "reading": "max_temp_c", "points": 1.0}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"a": 1, "b": 2, "c": 3, "d": 4},
        {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "parts": [PART]},
        {"parts": []},
        {"parts": [PART, PART]},
        {"parts": [PART | {"role": "guessed"}]},
        {"parts": [PART | {"points": None}]},
        "abcde",
        7,
    ],
)
def test_parts_of_neither_form_are_told_in_words(parts: object) -> None:
    rating = json.loads(to_json(a_rating())) | {"parts": parts}
    with pytest.raises(StoreError, match="DangerRating cannot be read"):
        value_from(DangerRating, json.dumps(rating))


@dataclass
class More:
    lat_deg: float
    lon_deg: float
    more: int


@dataclass
class Unclear:
    place: Position | More


def test_classes_that_cannot_be_told_apart_are_refused_before_anything_is_read() -> None:
    with pytest.raises(TypeError):
        read_value(Unclear, {"place": {"lat_deg": 1.0, "lon_deg": 1.0}})


LAT, LON = st.floats(-90.0, 90.0), st.floats(-180.0, 180.0)


@given(LAT, LON, st.none() | st.floats(-500.0, 9000.0), st.floats(0.0, 1e6), st.text(max_size=50))
def test_every_position_reads_back_exactly(
    lat: float, lon: float, elevation: float | None, size: float, why: str
) -> None:
    change = Located(Fix(Position(lat, lon, elevation), ErrorEllipse(size, size, 0.0)), why)
    assert decode_change(encode_change(change)) == change


@pytest.mark.parametrize(
    "text", ['{"lat_deg": "26", "lon_deg": null}', "7", "null", '{"lat_deg": 91.0, "lon_deg": 0.0}']
)
def test_a_text_that_holds_no_such_value_is_told_in_words(text: str) -> None:
    with pytest.raises(StoreError, match="Position cannot be read"):
        value_from(Position, text)


def test_a_whole_sighting_reads_back_equal_also_of_a_head_beside_its_pose() -> None:
    seen = a_sighting()
    beside = replace(seen.looks[0].stamp, aside=HeadOffset(1.5, -0.25, 2.0))
    seen = replace(seen, looks=(replace(seen.looks[0], stamp=beside), *seen.looks[1:]))
    assert value_from(Sighting, to_json(seen)) == seen
