"""Models as JSON and histories as CSV."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firewatch.adapters.fire_history_csv import ONLY_PLACE, read_fire_history
from firewatch.adapters.occurrence_json import read_occurrence_model, write_occurrence_model
from firewatch.danger.occurrence import CurveTerm, FitRecord, LinearTerm, Link, OccurrenceModel, Skill
from firewatch.errors import ConfigError, InvalidValue, ObservationError

if TYPE_CHECKING:
    from pathlib import Path

SKILL = Skill(0.1, 0.2, 0.5, 0.4, 0.6, 0.3, 0.2, 0.4, 0.8)
RECORD = FitRecord("fires.csv", "2005-06-01", "2020-05-31", 100, 50, 15, "linear, C=1", SKILL, "ours", ("a", "b"))
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(Link), FINITE, FINITE, FINITE, st.sampled_from([None, RECORD]))
def test_a_model_read_is_the_model_written(
    tmp_path: Path, link: Link, base: float, centre: float, slope: float, record: FitRecord | None
) -> None:
    terms = (LinearTerm("fwi", "fwi", centre, slope), CurveTerm("dc", "dc", (0.0, math.pi), (slope, centre)))
    model = OccurrenceModel(link, base, terms, record)
    write_occurrence_model(tmp_path / "m.json", model)
    assert read_occurrence_model(tmp_path / "m.json") == model
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": "firewatch/occurrence/2"}, "schema"),
        ({"base": "low"}, "base"),
        ({"terms": [{"form": "line", "column": "c", "part": "", "centre": 0.0, "slope": 1.0}]}, "part of a term"),
        ({"terms": [{"form": "tree"}]}, "tree"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path, change: dict[str, object], why: str) -> None:
    path = tmp_path / "m.json"
    write_occurrence_model(path, OccurrenceModel(Link.LOGIT, 0.0, (), RECORD))
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        read_occurrence_model(path)
    assert refused.value.source == str(path)


def test_a_model_that_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_occurrence_model(tmp_path / "absent.json")
    (tmp_path / "bytes.json").write_bytes(b'{"schema": "\xff"}')
    with pytest.raises(ConfigError):
        read_occurrence_model(tmp_path / "bytes.json")
    with pytest.raises(ObservationError, match="cannot be written"):
        write_occurrence_model(tmp_path / "no" / "m.json", OccurrenceModel(Link.LOGIT, 0.0, ()))


def a_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "fires.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_history_is_read_with_its_places_fires_and_readings(tmp_path: Path) -> None:
    path = a_file(tmp_path, "Place;DATE;fires;fwi;note;dc\na;2024-04-04;2;10.5;x;100\nb;2024-04-08;0;1;y;90\n")
    history = read_fire_history(path, needs_fires=True, without=("dc",))
    assert [str(day) for day in history.days] == ["2024-04-04", "2024-04-08"]
    assert history.places == ("a", "b")
    assert history.fires is not None
    assert history.fires.tolist() == [2, 0]
    assert {name: column.tolist() for name, column in history.readings.items()} == {"fwi": [10.5, 1.0]}
    assert history.missing_days == 0


def test_a_history_of_one_place_needs_no_column_for_it(tmp_path: Path) -> None:
    history = read_fire_history(a_file(tmp_path, "date\n2024-04-04\n2024-04-08\n"), needs_fires=False)
    assert history.places == (ONLY_PLACE, ONLY_PLACE)
    assert history.fires is None
    assert history.missing_days == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("date,fires\n2024-04-31,1\n", "row 2 column date is '2024-04-31'"),
        ("date,fires\n1949-04-01,1\n", "from 1950 to 2100"),
        ("date,fires\n2024-04-01,1\n2024-04-01,0\n", "row 3 column date.*one row a place and day"),
        ("date,place,fires\n2024-04-01,,1\n", "row 2 column place.*a name"),
        ("date,fires\n2024-04-01,0.5\n", "row 2 column fires is '0.5'.*whole number"),
        ("date,fires\n2024-04-01,-1\n", "row 2 column fires is '-1'"),
        ("date,fires\n2024-04-01,\n", "row 2 column fires is ''"),
        ("date,fires,ffmc\n2024-04-01,0,102\n", "row 2 column ffmc is '102'; allowed is 0 to 101"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        read_fire_history(a_file(tmp_path, text), needs_fires=True)


@pytest.mark.parametrize(("text", "column"), [("fires\n1\n", "date"), ("date\n2024-04-01\n", "fires")])
def test_a_column_that_is_needed_is_named(tmp_path: Path, text: str, column: str) -> None:
    with pytest.raises(ObservationError, match=f"no column for {column}"):
        read_fire_history(a_file(tmp_path, text), needs_fires=True)
