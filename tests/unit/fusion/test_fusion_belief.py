from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import SightingId, TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import Belief, BeliefPart, BeliefRules, TowerScore, believe


def score(tower: str, sighting: str, value: float, revision: int = 1) -> TowerScore:
    return TowerScore(TowerId(tower), SightingId(sighting), revision, value)


scores = st.lists(
    st.builds(score, st.sampled_from("abc"), st.sampled_from("stuvw"), st.floats(0.0, 1.0), st.integers(1, 4)),
    max_size=12,
)
levels = st.none() | st.floats(0.0, 1.0)


@given(scores, levels)
def test_the_parts_sum_to_the_whole_exactly(given_scores: list[TowerScore], level: float | None) -> None:
    belief = believe(given_scores, level)
    log_odds = math.fsum(part.log_odds for part in belief.parts)
    assert belief.log_odds == log_odds
    assert belief.probability == pytest.approx(1.0 / (1.0 + math.exp(-log_odds)), abs=1e-12)


@given(scores, levels, st.randoms())
def test_order_and_repetition_do_not_change_a_belief(
    given_scores: list[TowerScore], level: float | None, r: Any
) -> None:
    shuffled = given_scores * 2
    r.shuffle(shuffled)
    assert believe(shuffled, level) == believe(given_scores, level)


@given(scores)
def test_without_a_rating_nothing_is_muted(given_scores: list[TowerScore]) -> None:
    assert believe(given_scores).parts[-1] == BeliefPart("danger", 0.0)


@given(scores, st.floats(0.0, 1.0))
def test_danger_only_re_orders(given_scores: list[TowerScore], level: float) -> None:
    unrated, rated = believe(given_scores), believe(given_scores, level)
    assert abs(rated.log_odds - unrated.log_odds) <= 1.0 + 1e-12
    assert 0.0 < rated.probability < 1.0
    assert rated.parts[:-1] == unrated.parts[:-1]


@given(scores, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_danger_never_makes_a_fire_less_likely(given_scores: list[TowerScore], one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert believe(given_scores, low).log_odds <= believe(given_scores, high).log_odds


def test_two_revisions_of_a_sighting_count_once_and_the_later_one_counts() -> None:
    belief = believe([score("a", "s", 0.9, revision=1), score("a", "s", 0.6, revision=2)])
    assert belief == believe([score("a", "s", 0.6)])


def test_two_cameras_of_one_tower_count_once() -> None:
    assert believe([score("a", "s", 0.8), score("a", "t", 0.7)]) == believe([score("a", "s", 0.8)])


def test_towers_are_independent_witnesses() -> None:
    belief = believe([score("b", "t", 0.8), score("a", "s", 0.9)])
    assert belief.probability == pytest.approx(36.0 / 37.0)
    assert [part.name for part in belief.parts] == ["base", "tower:a", "tower:b", "danger"]


def test_a_doubtful_second_tower_lowers_the_belief() -> None:
    assert (
        believe([score("a", "s", 0.9), score("b", "t", 0.3)]).probability < believe([score("a", "s", 0.9)]).probability
    )


@pytest.mark.parametrize(("value", "log_odds"), [(1.0, 3.0), (0.9999, 3.0), (0.0, -3.0), (1e-6, -3.0), (0.5, 0.0)])
def test_no_tower_says_more_than_its_cap(value: float, log_odds: float) -> None:
    assert believe([score("a", "s", value)]).parts[1].log_odds == pytest.approx(log_odds)


def test_the_base_is_a_rule() -> None:
    assert believe([], rules=BeliefRules(base_log_odds=-2.0)).probability == pytest.approx(1.0 / (1.0 + math.exp(2.0)))


@pytest.mark.parametrize("level", [-0.1, 1.1, math.nan])
def test_a_danger_level_out_of_range_is_refused(level: float) -> None:
    with pytest.raises(InvalidValue, match="danger level"):
        believe([], level)


def test_no_rule_can_let_the_weather_hide_a_fire() -> None:
    with pytest.raises(InvalidValue, match="danger"):
        BeliefRules(most_danger_log_odds=1.5)


def test_a_belief_that_its_parts_do_not_explain_is_refused() -> None:
    with pytest.raises(InvalidValue, match="probability"):
        Belief(0.9, (BeliefPart("base", 0.0),))


@pytest.mark.parametrize("bad", [{"tower": ""}, {"sighting": ""}, {"revision": 0}, {"value": 1.1}])
def test_a_score_that_is_none_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        score(**({"tower": "a", "sighting": "s", "value": 0.5} | bad))
