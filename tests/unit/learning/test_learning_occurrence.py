"""Fitting: the frozen model says what scikit-learn's says, finds what is there, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from occurrence_history import history

from firewatch.danger.occurrence import CurveTerm, LinearTerm, Link, occurrence_of
from firewatch.errors import InvalidValue
from firewatch.learning.candidates import (
    CANDIDATES,
    Candidate,
    Kind,
    OccurrenceData,
    average_model,
    design_of,
    freeze,
    pipeline_of,
)
from firewatch.learning.occurrence import (
    climatology,
    fit_model,
    fit_occurrence,
    forecast_left_out,
    harder_to_beat,
    require_enough,
)

RNG = np.random.default_rng


@pytest.mark.parametrize("link", list(Link))
@pytest.mark.parametrize("candidate", CANDIDATES[1:], ids=lambda each: each.label)
def test_the_frozen_model_says_what_scikit_learn_says(candidate: Candidate, link: Link) -> None:
    data, other = (history(seed, at_most=1 if link is Link.LOGIT else None) for seed in (1, 2))
    pipeline = pipeline_of(candidate, data, link, design_of(candidate.kind, data))
    model = freeze(pipeline, data, link)
    # Also beyond the values that it was fitted on.
    columns = {name: 3.0 * column for name, column in other.columns.items()}
    table = np.column_stack(list(columns.values()))
    said = occurrence_of(model, columns)
    if link is Link.LOGIT:
        assert np.abs(said.probability - pipeline.predict_proba(table)[:, 1]).max() < 1e-12
    else:
        assert np.abs(said.expected / pipeline.predict(table) - 1.0).max() < 1e-12


@pytest.mark.parametrize("candidate", [Candidate(Kind.LINEAR, 1.0), Candidate(Kind.CURVES, 1.0)], ids=str)
def test_each_part_is_nothing_on_average_over_the_days_of_the_fit(candidate: Candidate) -> None:
    data = history(1)
    model = freeze(pipeline_of(candidate, data, Link.LOGIT, design_of(candidate.kind, data)), data, Link.LOGIT)
    parts = occurrence_of(model, data.columns).parts
    assert max(abs(float(part.mean())) for part in parts.values()) < 1e-12
    kinds = {term.column: type(term) for term in model.terms}
    assert kinds["feast"] is LinearTerm, "a column of two values needs no curve"
    assert kinds["dry"] is (CurveTerm if candidate.kind is Kind.CURVES else LinearTerm)


@pytest.mark.parametrize("link", list(Link))
def test_what_is_there_is_found_and_is_reliable(link: Link) -> None:
    data = history(3, days=3000, blocks=5, at_most=1 if link is Link.LOGIT else None)
    fit = fit_occurrence(data, link, RNG(1))
    assert fit.skill.is_shown
    assert fit.skill.brier_skill > 0.2
    assert fit.skill.auc > 0.75
    assert sum(each.is_consistent for each in fit.bins) >= len(fit.bins) - 3
    slopes = occurrence_of(fit.model, {name: np.array([0.0, 1.0]) for name in data.columns}).parts
    steps = {name: float(part[1] - part[0]) for name, part in slopes.items()}
    assert steps["dry"] == pytest.approx(1.5, abs=0.35)
    assert steps["feast"] == pytest.approx(0.8, abs=0.35)
    assert abs(steps["noise"]) < 0.15


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_is_no_skill_is_shown(seed: int) -> None:
    fit = fit_occurrence(history(seed, slope=0.0), Link.LOGIT, RNG(seed))
    assert not fit.skill.is_shown
    assert abs(fit.skill.brier_skill) < 0.05


def test_forecasts_do_not_depend_on_what_happened_in_their_block() -> None:
    """The whole way of making a model, choice and calibration too, is blind to the block that it is judged on."""
    data = history(4)
    said, _, _ = forecast_left_out(data, Link.LOGIT)
    last = data.block == data.block.max()
    turned = replace(data, count=np.where(last, 1.0 - data.count, data.count))
    again, _, _ = forecast_left_out(turned, Link.LOGIT)
    assert np.array_equal(said[last], again[last])
    assert not np.array_equal(said[~last], again[~last])


def test_the_simplest_of_equals_is_chosen() -> None:
    assert fit_model(history(5, slope=0.0), Link.LOGIT)[1].kind is Kind.AVERAGE
    assert fit_model(history(5), Link.LOGIT)[1].kind is Kind.LINEAR
    data = history(6, days=3000, slope=0.0)
    bent = (np.abs(data.columns["dry"]) > 1.0).astype(np.float64)
    chosen = fit_model(replace(data, count=np.where(RNG(1).random(3000) < 0.05, 1.0 - bent, bent)), Link.LOGIT)[1]
    assert chosen.kind is Kind.CURVES


def test_an_order_that_turns_round_in_every_block_teaches_nothing() -> None:
    data = history(7, blocks=2, slope=3.0)
    turned = replace(data, count=np.where(data.block == 0, 1.0 - data.count, data.count))
    model, candidate = fit_model(turned, Link.LOGIT)
    assert candidate.kind is Kind.AVERAGE
    assert model.terms == ()


def test_a_block_without_any_fire_does_not_stop_the_fit() -> None:
    data = history(8)
    quiet = replace(data, count=np.where(data.block < 2, 0.0, data.count))
    said, reference, _ = forecast_left_out(quiet, Link.LOGIT)
    assert np.isfinite(said).all()
    assert ((reference > 0) & (reference < 1)).all()


def test_climatology_counts_by_month_and_place_and_leans_to_the_whole() -> None:
    data = history(9, days=2400)
    summer = replace(data, count=((data.month == 7) & (data.place == "a")).astype(np.float64))
    rate = climatology(summer, summer)
    # July lies on even days only, so all of its days are at place a.
    assert rate[data.month == 7].min() > 0.5
    assert 0.0 < rate[data.month != 7].max() < 0.05
    stranger = replace(summer, place=np.full(2400, "c"), month=np.full(2400, 13))
    assert np.allclose(climatology(summer, stranger), (summer.fire.sum() + 0.5) / 2401)


def test_skill_is_claimed_against_the_harder_reference() -> None:
    data = history(9)
    good, bad = np.where(data.fire == 1, 0.6, 0.2), np.full(len(data.count), 0.5)
    assert harder_to_beat(data, bad, good) is good


def test_the_average_of_nothing_but_fires_stays_finite() -> None:
    data = history(1)
    for link in Link:
        for value in (0.0, 1.0):
            assert np.isfinite(average_model(replace(data, count=np.full(1200, value)), link).base)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (history(1, days=200), "days with fire.*at least 100"),
        (history(1, days=1200, blocks=2), "fire years with fires is 2"),
        (replace(history(1), count=np.ones(1200)), "days without fire.*also those with 0 fires"),
    ],
)
def test_too_little_data_is_refused_with_what_it_lacks(data: OccurrenceData, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        require_enough(data)


def test_more_columns_need_more_fires() -> None:
    data = history(1)
    require_enough(data)
    many = {f"c{n}": data.columns["dry"] for n in range(60)}
    with pytest.raises(InvalidValue, match=r"at least 600 \(10 for each of 60 columns"):
        require_enough(replace(data, columns=many, parts=dict.fromkeys(many, "x")))


def test_two_blocks_are_too_few_to_judge() -> None:
    with pytest.raises(InvalidValue, match="blocks of days is 2"):
        fit_occurrence(history(1, blocks=2), Link.LOGIT, RNG(1))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"columns": {"dry": np.full(1200, np.nan)}}, "column dry"),
        ({"columns": {"dry": np.zeros(7)}}, "column dry"),
        ({"count": np.full(1200, -1.0)}, "counts of fires"),
        ({"count": np.full(1200, np.nan)}, "counts of fires"),
    ],
)
def test_data_that_cannot_be_are_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        replace(history(1), **change)
