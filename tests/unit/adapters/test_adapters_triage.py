"""Files of the belief: what stands there is what is used, and a mistake or damage is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from firewatch.adapters.reliability_chart import draw_reliability
from firewatch.adapters.smoke_sources_geojson import read_smoke_sources
from firewatch.adapters.triage_cases_json import read_triage_cases, write_triage_cases
from firewatch.adapters.triage_files import read_triage_model, write_triage_model
from firewatch.domain.smoke_source import SmokeKind
from firewatch.errors import ConfigError, InvalidValue, ObservationError
from firewatch.fusion.triage import TriageModel, TriageRecord, TriageScores, TriageWeights
from firewatch.learning.skill import ReliabilityBin
from firewatch.testing import simulate_cases
from firewatch.triage_settings import TriageConfig
from firewatch.triage_wiring import triage_model

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
WORSE, BETTER = TriageScores(0.7, 0.25, 0.1), TriageScores(0.5, 0.2, 0.03)
RECORD = TriageRecord("the centre's store", "2026-01-01", "2026-12-31", 140, 260, 90, 40, 3.0, WORSE, BETTER)
LEARNED = TriageModel(TriageWeights(base=-1.7, tower=1.25, sources=-2.0), RECORD)


def test_the_shipped_table_is_the_built_in_one() -> None:
    assert read_triage_model(CONFIGS / "triage.toml") == TriageModel(TriageWeights())


def test_learned_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    write_triage_model(path, LEARNED)
    assert read_triage_model(path) == LEARNED
    assert [each.name for each in tmp_path.iterdir()] == ["triage.json"]


def changed(content: dict[str, Any], *, weight: float | None = None, **more: Any) -> dict[str, Any]:
    if weight is not None:
        content["weights"]["tower"] = weight
    return content | more


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda c: changed(c, weight=1.5), "sha256.*not those that were written; train anew"),
        (lambda c: changed(c, weight=9.0), r"weight of tower.*is 9\.0.*0 to 3.*expert table"),
        (lambda c: changed(c, schema="firewatch/triage/2"), "schema"),
        (lambda c: changed(c, more=1), "more"),
        (lambda c: {k: v for k, v in c.items() if k != "record"}, "record"),
    ],
)
def test_damaged_weights_are_refused_with_what_to_do(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], match: str
) -> None:
    path = tmp_path / "triage.json"
    write_triage_model(path, LEARNED)
    path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")
    with pytest.raises(ConfigError, match=match):
        read_triage_model(path)


def test_half_a_file_no_text_no_file_and_no_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    write_triage_model(path, LEARNED)
    half = path.read_bytes()[:200]
    for content, match in ((half, "truncated"), (b"\xff\xfe", "")):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=f"(?s).*{match}.*expert table"):
            read_triage_model(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_triage_model(tmp_path / "none.json")
    with pytest.raises(ConfigError, match=r"\.toml or \.json"):
        read_triage_model(tmp_path / "triage.yaml")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [("sources = -1.5", "sources = 0.5", "weight of sources.*-2 to 0"), ("hour = 0.2", "our = 0.2", "our")],
)
def test_a_table_of_ones_own_is_checked(tmp_path: Path, old: str, new: str, match: str) -> None:
    path = tmp_path / "triage.toml"
    text = (CONFIGS / "triage.toml").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=match):
        read_triage_model(path)


def test_weights_without_a_record_or_a_name_of_their_own_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="record"):
        write_triage_model(tmp_path / "triage.json", TriageModel(TriageWeights()))
    with pytest.raises(InvalidValue, match=r"\.json"):
        write_triage_model(tmp_path / "triage.toml", LEARNED)
    assert list(tmp_path.iterdir()) == []


def test_what_was_learned_from_a_simulation_watches_no_forest(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    write_triage_model(path, replace(LEARNED, record=replace(RECORD, is_simulated=True)))
    with pytest.raises(ConfigError, match="simulated decisions"):
        triage_model(TriageConfig(weights=str(path)))
    write_triage_model(path, LEARNED)
    assert triage_model(TriageConfig(weights=str(path))) == LEARNED
    assert triage_model(TriageConfig()).record is None


def test_cases_come_back_as_they_were_written(tmp_path: Path) -> None:
    path, cases = tmp_path / "cases.json", simulate_cases(np.random.default_rng(3), 30)
    write_triage_cases(path, cases, simulated=True)
    assert read_triage_cases(path) == (cases, True)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"verdict": "confirmed"', '"verdict": "perhaps"', "verdict of simulated-.*confirmed, or rejected:REASON"),
        ('"hour": ', '"our": ', "strengths of simulated-0"),
        ('"firewatch/triage-cases/1"', '"firewatch/triage-cases/9"', "schema"),
        ('"growth": ', '"growth": 9e9, "x": ', "strengths of simulated-0"),
        ('"danger": 0.0', '"danger": 1.5', "strength of danger"),
    ],
)
def test_a_case_that_cannot_be_is_named(tmp_path: Path, old: str, new: str, match: str) -> None:
    path = tmp_path / "cases.json"
    write_triage_cases(path, simulate_cases(np.random.default_rng(3), 30))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ObservationError, match=match):
        read_triage_cases(path)


def test_no_cases_to_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ObservationError, match="cannot be read"):
        read_triage_cases(tmp_path / "none.json")


def test_the_shipped_sources_are_read_and_their_permit_ends() -> None:
    chimney, cemetery, permit = read_smoke_sources(CONFIGS / "smoke_sources.geojson")
    assert [each.kind for each in (chimney, cemetery, permit)] == [
        SmokeKind.CHIMNEY,
        SmokeKind.SACRIFICE,
        SmokeKind.PERMITTED_BURN,
    ]
    assert (len(chimney.outline), len(cemetery.outline)) == (1, 4)
    assert permit.valid_until == date(2026, 3, 4)
    assert permit.smokes_at(datetime(2026, 3, 3, 9, 0))  # noqa: DTZ001 - the bureau's clock
    assert not permit.smokes_at(datetime(2026, 3, 5, 9, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"08:00-11:30"', '"8 to 11"', r"features\[2\] \(permit-2026-031\).*hours.*08:00-18:00"),
        ('"valid_until": "2026-03-04",', "", "valid_until of permit-2026-031"),
        ('"cemetery-north"', '"brickworks-east"', r"features\[1\].*each id once"),
        ('"kind": "chimney"', '"kind": "kitchen"', "kitchen"),
        ("[112.5902, 26.9411]]", "[112.5903, 26.9411]]", "first corner again"),
        ('"radius_m": 150.0', '"radius": 150.0', "radius"),
        ('"FeatureCollection"', '"Topology"', "Topology"),
    ],
)
def test_a_source_that_cannot_be_is_named(tmp_path: Path, old: str, new: str, match: str) -> None:
    path = tmp_path / "sources.geojson"
    text = (CONFIGS / "smoke_sources.geojson").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=match):
        read_smoke_sources(path)


def test_no_file_of_sources_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_smoke_sources(tmp_path / "none.geojson")


def test_reliability_is_drawn_whole_or_not_at_all(tmp_path: Path) -> None:
    bins = (ReliabilityBin(0.1, 0.12, 0.05, 0.2, 50), ReliabilityBin(0.8, 0.7, 0.65, 0.9, 50))
    draw_reliability({"learned": bins, "expert": bins}, tmp_path / "r.svg", "Reliability", ("told", "true"))
    assert b"<svg" in (tmp_path / "r.svg").read_bytes()
    with pytest.raises(InvalidValue, match=r"\.png or \.svg"):
        draw_reliability({"learned": bins}, tmp_path / "r.gif", "Reliability", ("told", "true"))
    with pytest.raises(ObservationError, match="cannot be written"):
        draw_reliability({"learned": bins}, tmp_path / "none" / "r.png", "Reliability", ("told", "true"))
    assert [each.name for each in tmp_path.iterdir()] == ["r.svg"]
