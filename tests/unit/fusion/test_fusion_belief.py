"""A belief's parts sum exactly, each is bounded, and what physics knows the sign of never turns."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.ids import SightingId, TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import Belief, BeliefPart, Evidence, TowerScore, TriageWeights, believe, prioritise
from firewatch.fusion.belief import strengths_of
from firewatch.fusion.evidence import (
    Agreement,
    Growth,
    Ignitions,
    LocalHour,
    NearHotspot,
    NearSource,
    Persistence,
    PlaceHistory,
)
from firewatch.fusion.priority import Priority
from firewatch.fusion.triage import BASE_LIMIT, LIMITS, TERMS, Term, TriageCase, TriageRecord, TriageScores


def score(tower: str, sighting: str, value: float, revision: int = 1) -> TowerScore:
    return TowerScore(TowerId(tower), SightingId(sighting), revision, value)


scores = st.lists(
    st.builds(score, st.sampled_from("abc"), st.sampled_from("stuvw"), st.floats(0.0, 1.0), st.integers(1, 4)),
    max_size=6,
).map(tuple)
shares, positive = st.floats(0.0, 1.0), st.floats(0.0, 1e6)
agreements = st.builds(Agreement, st.integers(2, 6), st.floats(0.0, 90.0), st.none() | shares)
sources = st.builds(NearSource, st.just("砖厂"), st.just("Brickworks"), st.floats(0.0, 50.0), st.booleans())
evidences = st.builds(
    Evidence,
    scores,
    st.none() | st.builds(Persistence, positive, shares),
    st.none() | st.builds(Growth, st.floats(1e-3, 1e3)),
    st.none() | agreements,
    st.none() | st.builds(NearHotspot, positive, positive, positive, positive, shares, st.booleans()),
    st.none() | shares,
    st.none() | st.builds(LocalHour, st.floats(0.0, 24.0)),
    st.none() | st.builds(Ignitions, st.floats(1e-3, 1e3)),
    st.none() | sources,
    st.none() | st.builds(PlaceHistory, positive, positive),
)
weights = st.builds(
    TriageWeights, st.floats(-BASE_LIMIT, BASE_LIMIT), *(st.floats(low, high) for low, high in LIMITS.values())
)


def parts(evidence: Evidence, of: TriageWeights | None = None) -> dict[str, float]:
    return {part.name: part.log_odds for part in believe(evidence, of).parts}


@settings(max_examples=60)
@given(evidences, weights)
def test_the_shown_parts_sum_to_the_result_each_within_its_limit(evidence: Evidence, of: TriageWeights) -> None:
    belief = believe(evidence, of)
    total = math.fsum(part.log_odds for part in belief.parts)
    assert belief.log_odds == total
    assert belief.probability == pytest.approx(1.0 / (1.0 + math.exp(-total)), abs=1e-12)
    if abs(total) < 10.0:  # beyond, a probability holds fewer digits of its log-odds than that
        assert math.log(belief.probability / (1.0 - belief.probability)) == pytest.approx(total, abs=1e-9)
    assert 0.0 < belief.probability < 1.0
    for part in belief.parts[1:]:
        assert abs(part.log_odds) <= max(map(abs, LIMITS[Term(part.name.partition(":")[0])])) + 1e-12, part
    # What weights are learned from is what is shown.
    strengths = strengths_of(evidence)
    assert tuple(strengths) == TERMS
    row = np.array([[strengths[term] for term in TERMS]])
    assert of.log_odds(row)[0] == pytest.approx(total, abs=1e-9)


@settings(max_examples=30)
@given(scores, st.randoms())
def test_order_and_repetition_do_not_change_a_belief(given_scores: tuple[TowerScore, ...], r: Any) -> None:
    shuffled = [*given_scores, *given_scores]
    r.shuffle(shuffled)
    assert believe(Evidence(tuple(shuffled))) == believe(Evidence(given_scores))


@settings(max_examples=30)
@given(weights)
def test_missing_information_adds_exactly_nothing(of: TriageWeights) -> None:
    for name, log_odds in parts(Evidence(), of).items():
        assert name == "base" or (log_odds == 0.0 and math.copysign(1.0, log_odds) == 1.0)


@settings(max_examples=30)
@given(evidences, weights, st.sampled_from([f.name for f in fields(Evidence) if f.name not in {"scores", "agreement"}]))
def test_one_missing_fact_changes_no_other_part(evidence: Evidence, of: TriageWeights, missing: str) -> None:
    name = {"danger_level": "danger", "ignitions": "calendar", "source": "sources", "hotspot": "hotspots"}
    known, unknown = parts(evidence, of), parts(replace(evidence, **{missing: None}), of)
    gone = name.get(missing, missing)
    assert unknown.pop(gone) == 0.0
    known.pop(gone)
    assert known == unknown


@settings(max_examples=30)
@given(evidences, st.floats(0.0, 1.0), st.floats(0.0, 1.0), weights)
def test_a_surer_camera_never_makes_a_fire_less_likely(
    evidence: Evidence, one: float, two: float, of: TriageWeights
) -> None:
    low, high = (replace(evidence, scores=(score("a", "s", value),)) for value in sorted((one, two)))
    assert believe(low, of).log_odds <= believe(high, of).log_odds


@settings(max_examples=30)
@given(evidences, st.floats(0.5, 1.0), agreements, weights)
def test_one_more_mast_that_is_sure_never_makes_a_fire_less_likely(
    evidence: Evidence, value: float, agreement: Agreement, of: TriageWeights
) -> None:
    fewer = replace(evidence, scores=(score("a", "s", 0.8),), agreement=agreement)
    more = replace(fewer, scores=(*fewer.scores, score("b", "t", value)))
    grown = replace(more, agreement=replace(agreement, masts=agreement.masts + 1))
    assert believe(fewer, of).log_odds <= believe(more, of).log_odds + 1e-9
    assert believe(more, of).log_odds <= believe(grown, of).log_odds + 1e-9


@given(shares, shares)
def test_more_danger_never_makes_a_fire_less_likely_and_only_re_orders(one: float, two: float) -> None:
    low, high = (parts(Evidence(danger_level=level))["danger"] for level in sorted((one, two)))
    assert -1.0 <= low <= high <= 1.0


@settings(max_examples=30)
@given(evidences, sources, weights)
def test_a_known_source_lowers_and_one_good_tower_outweighs_it(
    evidence: Evidence, source: NearSource, of: TriageWeights
) -> None:
    without, beside = replace(evidence, source=None), replace(evidence, source=source)
    assert -2.0 - 1e-9 <= believe(beside, of).log_odds - believe(without, of).log_odds <= 1e-9
    at_the_chimney = Evidence((score("a", "s", 0.95),), source=NearSource("砖", "Bricks", 0.0, is_located=True))
    assert believe(at_the_chimney, TriageWeights(base=0.0, sources=-2.0)).probability > 0.5


def test_two_revisions_of_a_sighting_count_once_and_the_later_one_counts() -> None:
    both = Evidence((score("a", "s", 0.9, revision=1), score("a", "s", 0.6, revision=2)))
    assert believe(both) == believe(Evidence((score("a", "s", 0.6),)))


def test_two_cameras_of_one_tower_count_once() -> None:
    both = Evidence((score("a", "s", 0.8), score("a", "t", 0.7)))
    assert believe(both) == believe(Evidence((score("a", "s", 0.8),)))


def test_towers_are_independent_witnesses() -> None:
    belief = believe(Evidence((score("b", "t", 0.8), score("a", "s", 0.9))), TriageWeights(base=0.0))
    assert belief.probability == pytest.approx(36.0 / 37.0)
    names = [part.name for part in belief.parts]
    assert names == ["base", "tower:a", "tower:b", *(term.value for term in TERMS[1:])]


def test_a_doubtful_second_tower_lowers_the_belief() -> None:
    sure = score("a", "s", 0.9)
    assert believe(Evidence((sure, score("b", "t", 0.3)))).probability < believe(Evidence((sure,))).probability


@pytest.mark.parametrize(("value", "log_odds"), [(1.0, 3.0), (0.9999, 3.0), (0.0, -3.0), (1e-6, -3.0), (0.5, 0.0)])
def test_no_tower_says_more_than_its_cap(value: float, log_odds: float) -> None:
    assert parts(Evidence((score("a", "s", value),)))["tower:a"] == pytest.approx(log_odds)


@pytest.mark.parametrize("level", [-0.1, 1.1, math.nan])
def test_a_danger_level_out_of_range_is_refused(level: float) -> None:
    with pytest.raises(InvalidValue, match="danger level"):
        Evidence(danger_level=level)


@pytest.mark.parametrize("term", TERMS)
def test_no_table_can_cross_the_limits(term: Term) -> None:
    low, high = LIMITS[term]
    for beyond in (low - 0.01, high + 0.01, math.nan):
        with pytest.raises(InvalidValue, match=f"weight of {term}"):
            TriageWeights(**{term.value: beyond})
    with pytest.raises(InvalidValue, match="base"):
        TriageWeights(base=BASE_LIMIT + 0.1)


@settings(max_examples=30)
@given(weights)
def test_weights_go_through_an_array_and_back(of: TriageWeights) -> None:
    assert TriageWeights.of_array(of.as_array()) == of


def test_a_belief_that_its_parts_do_not_explain_is_refused() -> None:
    with pytest.raises(InvalidValue, match="probability"):
        Belief(0.9, (BeliefPart("base", 0.0),))


@pytest.mark.parametrize("bad", [{"tower": ""}, {"sighting": ""}, {"revision": 0}, {"value": 1.1}])
def test_a_score_that_is_none_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        score(**({"tower": "a", "sighting": "s", "value": 0.5} | bad))


@given(shares, st.floats(1e-3, 1e3))
def test_a_priority_is_the_product_of_its_parts_and_never_nothing_for_what_is_likely(p: float, c: float) -> None:
    priority = prioritise(p, c)
    assert priority.parts == (("belief", p), ("consequence", c))
    assert priority.value == p * c
    assert prioritise(p).value == p


def test_what_nobody_has_weighed_counts_as_certain() -> None:
    assert prioritise(None).value == 1.0


@pytest.mark.parametrize(("p", "c"), [(1.1, 1.0), (0.5, 0.0), (0.5, 2000.0), (0.5, math.nan)])
def test_a_priority_out_of_range_is_refused(p: float, c: float) -> None:
    with pytest.raises(InvalidValue):
        prioritise(p, c)
    with pytest.raises(InvalidValue, match="priority"):
        Priority(0.5, (("belief", 0.4),))


def test_a_case_needs_a_strength_of_each_term_within_its_range() -> None:
    from datetime import date

    zeros = (0.0,) * len(TERMS)
    good = TriageCase("i", date(2026, 3, 1), "26.94 112.55", was_fire=True, verdict="confirmed", strengths=zeros)
    assert replace(good, strengths=(4.5, *zeros[1:])).strengths[0] == 4.5
    for bad in (zeros[1:], (0.0, 1.5, *zeros[2:]), (math.inf, *zeros[1:])):
        with pytest.raises(InvalidValue, match="strength"):
            replace(good, strengths=bad)


def test_a_record_counts_both_labels() -> None:
    nothing = TriageScores(0.7, 0.25, 0.1)
    with pytest.raises(InvalidValue, match="false alarms"):
        TriageRecord("store", "2026-01-01", "2026-12-31", 1, 0, 1, 1, 1.0, nothing, nothing)
