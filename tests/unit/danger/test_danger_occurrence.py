"""A frozen model: what it says, in parts that sum; what it refuses."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger.ignition_calendar import IgnitionCalendar
from firewatch.danger.occurrence import (
    CurveTerm,
    FitRecord,
    LinearTerm,
    Link,
    OccurrenceModel,
    Skill,
    multipliers,
    occurrence_of,
)
from firewatch.danger.occurrence_columns import model_columns, part_of
from firewatch.errors import InvalidValue

SKILL = Skill(0.1, 0.2, 0.5, 0.4, 0.6, 0.3, 0.2, 0.4, 0.8)
TERMS = (
    LinearTerm("fwi", "fwi", 10.0, 0.1),
    LinearTerm("occasion.qingming", "occasion.qingming", 0.05, 1.5),
    LinearTerm("occasion.qingming.closeness", "occasion.qingming", 0.02, 0.5),
    CurveTerm("dc", "dc", (0.0, 100.0, 300.0), (-1.0, 0.0, 0.5)),
)
NUMBERS = st.floats(-100.0, 1000.0)


def columns_of(*rows: tuple[float, float, float, float]) -> dict[str, np.ndarray]:
    return dict(zip([term.column for term in TERMS], np.array(rows).T, strict=True))


def test_a_day_by_hand() -> None:
    said = occurrence_of(OccurrenceModel(Link.LOGIT, -3.0, TERMS), columns_of((30.0, 1.0, 1.0, 200.0)))
    parts = {"fwi": 2.0, "occasion.qingming": 1.5 * 0.95 + 0.5 * 0.98, "dc": 0.25}
    assert {name: float(part[0]) for name, part in said.parts.items()} == pytest.approx(parts, abs=1e-15)
    assert said.base == -3.0
    assert float(said.probability[0]) == pytest.approx(1 / (1 + math.exp(3.0 - sum(parts.values()))), abs=1e-15)
    assert said.expected is said.probability


@given(st.sampled_from(Link), st.floats(-20, 20), st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1))
def test_the_parts_sum_to_what_is_said(link: Link, base: float, rows: list[tuple[float, float, float, float]]) -> None:
    said = occurrence_of(OccurrenceModel(link, base, TERMS), columns_of(*rows))
    total = np.clip(said.base + sum(said.parts.values()), -700, 700)
    chance = 1 / (1 + np.exp(-total)) if link is Link.LOGIT else -np.expm1(-np.exp(total))
    assert np.allclose(said.probability, chance, rtol=1e-12, atol=0.0)
    assert ((said.probability >= 0) & (said.probability <= 1)).all()
    assert (said.expected >= said.probability - 1e-15).all()


@given(NUMBERS, st.floats(0.0, 500.0))
def test_more_of_a_rising_column_never_lowers_the_chance(fwi: float, more: float) -> None:
    model = OccurrenceModel(Link.LOG, -3.0, TERMS)
    low = occurrence_of(model, columns_of((fwi, 0, 0, 50))).probability
    high = occurrence_of(model, columns_of((fwi + more, 0, 0, 50))).probability
    assert (high >= low).all()


def test_a_curve_is_level_beyond_its_points() -> None:
    assert TERMS[3].values(np.array([-5.0, 0.0, 50.0, 300.0, 9000.0])).tolist() == [-1.0, -1.0, -0.5, 0.5, 0.5]


def test_a_missing_reading_gives_no_number() -> None:
    said = occurrence_of(OccurrenceModel(Link.LOGIT, 0.0, TERMS), columns_of((math.nan, 0, 0, 0), (1, 0, 0, 0)))
    assert np.isnan(said.probability).tolist() == [True, False]


def test_a_model_without_terms_calls_every_day_the_average() -> None:
    said = occurrence_of(OccurrenceModel(Link.LOG, math.log(0.25), ()), {"fwi": np.zeros(3)})
    assert np.allclose(said.expected, 0.25)
    assert np.allclose(said.probability, 1 - math.exp(-0.25))
    assert said.parts == {}


def test_multipliers_compare_with_the_day_without_the_reason() -> None:
    model = OccurrenceModel(Link.LOGIT, -3.0, TERMS)
    names = ("occasion.qingming", "occasion.qingming.closeness")
    today, otherwise = ({name: np.array([value]) for name in names} for value in (1.0, 0.0))
    found = multipliers(model, today, otherwise)
    assert {name: float(number[0]) for name, number in found.items()} == {
        "occasion.qingming": pytest.approx(math.exp(2.0), rel=1e-14)
    }
    # For a model of days with fire it is the ratio of the odds, whatever the rest of the day is.
    rest = {"fwi": np.array([40.0]), "dc": np.array([250.0])}
    chances = [float(occurrence_of(model, {**columns, **rest}).probability[0]) for columns in (today, otherwise)]
    odds = [chance / (1 - chance) for chance in chances]
    assert odds[0] / odds[1] == pytest.approx(math.exp(2.0), rel=1e-12)


def test_a_model_names_its_columns_and_parts_once() -> None:
    model = OccurrenceModel(Link.LOGIT, 0.0, (*TERMS, TERMS[0]))
    assert model.columns == ("fwi", "occasion.qingming", "occasion.qingming.closeness", "dc")
    assert model.parts == ("fwi", "occasion.qingming", "dc")


def test_columns_that_do_not_serve_are_refused() -> None:
    model = OccurrenceModel(Link.LOGIT, 0.0, TERMS)
    with pytest.raises(InvalidValue, match="also dc"):
        occurrence_of(model, {name: column for name, column in columns_of((1, 1, 1, 1)).items() if name != "dc"})
    with pytest.raises(InvalidValue, match="one length"):
        occurrence_of(model, {**columns_of((1, 1, 1, 1)), "dc": np.zeros(2)})
    with pytest.raises(InvalidValue, match="one length"):
        occurrence_of(OccurrenceModel(Link.LOGIT, 0.0, ()), {})


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: LinearTerm("", "p", 0.0, 1.0), "column of a term"),
        (lambda: LinearTerm("c", "", 0.0, 1.0), "part of a term"),
        (lambda: LinearTerm("c", "p", math.nan, 1.0), "centre of c"),
        (lambda: LinearTerm("c", "p", 0.0, math.inf), "slope of c"),
        (lambda: CurveTerm("c", "p", (0.0,), (1.0,)), "at least 2"),
        (lambda: CurveTerm("c", "p", (0.0, 1.0), (1.0,)), "as many heights"),
        (lambda: CurveTerm("c", "p", (0.0, 0.0), (1.0, 2.0)), "ascending"),
        (lambda: CurveTerm("c", "p", (0.0, 1.0), (1.0, math.nan)), "point of c"),
        (lambda: OccurrenceModel(Link.LOG, math.nan, ()), "base of an occurrence model"),
        (lambda: FitRecord("", "a", "b", 1, 1, 1, "x", SKILL, "c"), "source of a fit"),
        (lambda: FitRecord("f", "a", "b", 0, 1, 1, "x", SKILL, "c"), "rows of a fit"),
        (lambda: FitRecord("f", "a", "b", 1, 0, 1, "x", SKILL, "c"), "fire days"),
    ],
)
def test_what_cannot_be_is_refused(make: object, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        make()  # type: ignore[operator]


def test_skill_is_shown_only_beyond_its_interval() -> None:
    assert SKILL.is_shown
    assert not Skill(0.2, 0.2, 0.01, -0.01, 0.03, 0.0, 0.0, 0.0, 0.5).is_shown


def test_places_have_columns_but_the_first() -> None:
    days, calendar = [date(2027, 1, 4)] * 3, IgnitionCalendar("none", ())
    columns = model_columns(days, ["b", "a", "c"], {"fwi": np.array([1, 2, 3])}, calendar, ["a", "b", "c"])
    assert columns["place.b"].tolist() == [1, 0, 0]
    assert columns["place.c"].tolist() == [0, 0, 1]
    assert "place.a" not in columns
    assert columns["fwi"].dtype == np.float64
    with pytest.raises(InvalidValue, match="fitted on: a, b"):
        model_columns(days, ["a", "b", "x"], {}, calendar, ["a", "b"])


@pytest.mark.parametrize(
    ("column", "part"),
    [
        ("fwi", "fwi"),
        ("occasion.qingming.closeness", "occasion.qingming"),
        ("occasion.qingming", "occasion.qingming"),
        ("season.cos", "season"),
        ("place.west", "place"),
        ("weekend", "weekend"),
    ],
)
def test_a_column_counts_for_a_reason(column: str, part: str) -> None:
    assert part_of(column) == part
