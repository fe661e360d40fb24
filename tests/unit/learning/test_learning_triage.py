"""Learned weights keep their signs and bounds, lean to the expert table, and are refused where they teach accidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from firewatch.errors import InvalidValue
from firewatch.fusion.triage import LIMITS, TERMS, Term, TriageCase, TriageWeights
from firewatch.learning.triage import (
    TriageData,
    TriageFit,
    fit_triage,
    fit_weights,
    forecast_left_out,
    probability_of,
    require_better,
    require_enough,
    scores_of,
)
from firewatch.testing import simulate_cases

TRUE = TriageWeights(base=-0.5, tower=2.0, persistence=0.5, growth=1.2, sources=-1.0, history=0.3, hour=-0.3)


def world(seed: int, count: int = 600, of: TriageWeights = TRUE) -> TriageData:
    """Return decisions that follow known weights, at 40 places over 30 weeks."""
    rng = np.random.default_rng(seed)
    strengths = rng.uniform(-1.0, 1.0, (count, len(TERMS)))
    for term in (Term.PERSISTENCE, Term.TOWERS, Term.HOTSPOTS, Term.SOURCES):
        strengths[:, TERMS.index(term)] = np.abs(strengths[:, TERMS.index(term)])
    fire = (rng.random(count) < probability_of(of.log_odds(strengths))).astype(float)
    place = np.array([f"place {n}" for n in rng.integers(0, 40, count)])
    week = np.array([f"week {n}" for n in rng.integers(0, 30, count)])
    return TriageData(strengths, fire, place, week)


@pytest.fixture(scope="module")
def fitted() -> tuple[TriageData, TriageFit]:
    data = TriageData.of(simulate_cases(np.random.default_rng(7), 400))
    return data, fit_triage(data, np.random.default_rng(1))


def test_without_a_lean_and_within_the_bounds_it_is_scikit_learns_logistic_regression() -> None:
    inner = TriageWeights(0.2, 1.5, 1.0, 0.7, 0.8, 0.8, 1.5, 0.5, 0.1, 0.2, -1.0, 0.7)
    data = world(1, 8000, inner)
    ours = fit_weights(data, 1e-9, TriageWeights()).as_array()
    theirs = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(data.strengths, data.fire)
    assert all(LIMITS[t][0] < w < LIMITS[t][1] for t, w in zip(TERMS, theirs.coef_[0], strict=True))
    assert ours[1:] == pytest.approx(theirs.coef_[0], abs=5e-3)
    # The base leans a little in any case.
    assert ours[0] == pytest.approx(float(theirs.intercept_[0]), abs=0.01)


def test_known_weights_are_found_again() -> None:
    found = fit_weights(world(2, 20_000), 1.0, TriageWeights())
    assert found.as_array() == pytest.approx(TRUE.as_array(), abs=0.15)


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0), st.integers(0, 60))
def test_whatever_the_decisions_the_weights_keep_signs_and_bounds(seed: int, shrinkage: float, count: int) -> None:
    data = world(seed, count)
    noise = replace_fire(data, 1.0 - data.fire)  # the opposite of the truth
    found = fit_weights(noise, shrinkage, TriageWeights())
    for term in TERMS:
        low, high = LIMITS[term]
        assert low <= found.of(term) <= high


def replace_fire(data: TriageData, fire: np.ndarray) -> TriageData:
    return TriageData(data.strengths, fire, data.place, data.week)


def test_no_decisions_and_terms_that_never_vary_leave_the_expert_table() -> None:
    expert = TriageWeights(hotspots=1.3)
    assert fit_weights(world(1, 0), 1.0, expert).as_array() == pytest.approx(expert.as_array(), abs=1e-6)
    data = world(3)
    data.strengths[:, TERMS.index(Term.HOTSPOTS)] = 0.0
    assert fit_weights(data, 1.0, expert).hotspots == pytest.approx(1.3, abs=1e-6)


def test_the_stronger_the_lean_the_nearer_the_expert_table() -> None:
    data, expert = world(4), TriageWeights().as_array()
    off = [np.abs(fit_weights(data, s, TriageWeights()).as_array()[1:] - expert[1:]).sum() for s in (1.0, 10.0, 1e4)]
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.1


def test_a_term_that_is_left_out_weighs_nothing() -> None:
    assert fit_weights(world(5), 1.0, TriageWeights(), without=(Term.TOWER,)).tower == 0.0


def test_what_is_judged_was_not_seen(fitted: tuple[TriageData, TriageFit]) -> None:
    data, _ = fitted
    flipped = data.fire.copy()
    chosen = data.place == data.place[0]
    flipped[chosen] = 1.0 - flipped[chosen]
    said, other = (
        forecast_left_out(replace_fire(data, fire), data.place, TriageWeights()) for fire in (data.fire, flipped)
    )
    # Its own labels change nothing of what is said of a place (the shrinkage is chosen on others, too).
    assert said[chosen] == pytest.approx(other[chosen], abs=1e-12)
    assert not np.allclose(said[~chosen], other[~chosen])


def test_simulated_decisions_teach_more_than_the_expert_table_knows(fitted: tuple[TriageData, TriageFit]) -> None:
    data, fit = fitted
    require_enough(data)
    require_better(fit)
    assert fit.by_place.groups == len(set(data.place.tolist()))
    assert fit.by_week.learned.calibration_error < fit.by_week.expert.calibration_error
    assert scores_of(data.fire, fit.probability) == fit.by_place.learned


def test_decisions_by_the_expert_table_itself_leave_nothing_to_learn() -> None:
    data = world(6, 400, TriageWeights())
    with pytest.raises(InvalidValue, match=r"places left out.*whole 90 % interval"):
        require_better(fit_triage(data, np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d.rows(np.arange(0)), r"confirmed incidents is 0; allowed is at least 50"),
        (lambda d: d.rows(np.arange(150)), r"confirmed incidents is \d+; allowed is at least 120 \(10 for each of 12"),
        (lambda d: replace_fire(d, np.ones(len(d.fire))), "dismissed incidents is 0"),
        (lambda d: TriageData(d.strengths, d.fire, np.full(600, "one"), d.week), "places of the decisions is 1"),
        (lambda d: TriageData(d.strengths, d.fire, d.place, np.full(600, "one")), "weeks of the decisions is 1"),
    ],
)
def test_too_little_is_refused_with_what_there_is_and_what_is_needed(change, match: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(InvalidValue, match=match):
        require_enough(change(world(1)))


def test_scores_know_right_from_wrong() -> None:
    fire = np.array([0.0, 1.0, 1.0, 0.0])
    right, half = scores_of(fire, fire), scores_of(fire, np.full(4, 0.5))
    assert right.brier == right.calibration_error == 0.0
    assert half.brier == 0.25
    assert half.log_loss == pytest.approx(np.log(2.0))


def test_weeks_are_of_the_calendar_over_the_turn_of_the_year() -> None:
    zeros = (0.0,) * len(TERMS)
    one = TriageCase("a", date(2024, 12, 30), "p", was_fire=True, verdict="confirmed", strengths=zeros)
    data = TriageData.of([one, replace(one, incident_id="b", day=date(2025, 1, 3), was_fire=False)])
    assert data.week.tolist() == ["2025-W01", "2025-W01"]
    assert data.fire.tolist() == [1.0, 0.0]


def test_the_same_seed_simulates_the_same_decisions() -> None:
    one, two = (simulate_cases(np.random.default_rng(5), 60) for _ in range(2))
    assert one == two
    assert 0 < sum(case.was_fire for case in one) < 60
