"""The page says what a belief rests on, how it went, and in which order the queue stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from firewatch.domain.incident import BeliefChanged, BeliefFact
from firewatch.fusion.triage import TERMS, Term
from firewatch.texts import Language, catalogue
from firewatch.web.belief_words import belief_history, belief_parts
from firewatch.web.cards import card_out
from firewatch.web.words import Speaker

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

FACTS = (
    BeliefFact("persistence", "minutes", 4.0),
    BeliefFact("persistence", "steadiness", 0.9),
    BeliefFact("growth", "ratio", 1.4),
    BeliefFact("towers", "masts", 2.0),
    BeliefFact("geometry", "crossing_deg", 60.0),
    BeliefFact("hotspots", "distance_m", 700.0),
    BeliefFact("hotspots", "minutes", 30.0),
    BeliefFact("hour", "hour", 14.0),
    BeliefFact("calendar", "times", 3.1),
    BeliefFact("sources", "name_zh", text="窑"),
    BeliefFact("sources", "name_en", text="Kiln"),
    BeliefFact("sources", "sigmas", 1.5),
    BeliefFact("history", "fires", 0.0),
    BeliefFact("history", "false_alarms", 3.5),
)
PARTS = (("base", -1.0), *((term.value, 0.25) for term in TERMS[1:]))


def speaker(centre: Centre) -> Speaker:
    return Speaker(catalogue(Language.EN), ZoneInfo("Asia/Shanghai"), centre.example.sites)


def told(centre: Centre, incident_id: IncidentId, facts: tuple[BeliefFact, ...], lang: str = "en") -> dict[str, str]:
    centre.board.happen(incident_id, BeliefChanged(0.8175744761936437, PARTS, facts), centre.clock.now())
    with centre.browser() as browser:
        detail = browser.get(f"/api/v1/incidents/{incident_id}?lang={lang}").json()
    return {part["part"]: part["fact"] for part in detail["belief"]}


def test_each_part_says_its_fact(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    said = told(centre, ids[0], FACTS)
    assert said["base"] == ""
    assert said["persistence"] == "seen for 4 min, in 90% of the frames"
    assert said["growth"] == "1.4 times its earlier area"
    assert said["towers"] == "seen from 2 places"
    assert said["geometry"].endswith("cross at 60°")
    assert said["hotspots"] == "heat 0.7 km away, 30 min apart"
    assert said["hour"] == "first seen around 14:00"
    assert said["calendar"] == "3.1 times the usual ignitions on this day"
    assert said["sources"] == "Kiln, 1.5 standard deviations off"
    assert said["history"].startswith("near here: 0 fires, 3.5 false alarms")
    assert said["danger"] not in {"", "nothing known; adds nothing"}
    zh = told(centre, ids[0], (*FACTS, BeliefFact("geometry", "chance", 0.03)), "zh-CN")
    assert zh["sources"].startswith("窑")
    assert "有 3% 的机会" in zh["geometry"]


def test_what_is_not_known_says_so(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    said = told(centre, ids[0], ())
    assert {said[term] for term in ("persistence", "growth", "hotspots", "history")} == {"nothing known; adds nothing"}


@pytest.mark.parametrize("term", [term for term in Term if term is not Term.TOWER])
def test_every_term_has_a_name_in_both_languages(term: Term) -> None:
    assert all(catalogue(language).has(f"belief.{term}") for language in Language)


def test_the_belief_over_time_and_the_priority_come_with_the_incident(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    told(centre, ids[0], FACTS)
    with centre.browser() as browser:
        detail = browser.get(f"/api/v1/incidents/{ids[0]}").json()
    points = detail["belief_history"]
    assert len(points) == 2
    assert [point["at"] for point in points] == sorted(point["at"] for point in points)
    assert points[-1]["probability"] == detail["card"]["probability"] == pytest.approx(0.8175744761936437)
    assert detail["card"]["priority"] == detail["card"]["probability"]
    assert [part["value"] for part in detail["priority_parts"]] == [detail["card"]["probability"], 1.0]


def test_a_card_with_a_consequence_goes_before_its_equal(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    card = centre.services.incidents.card(ids[0])
    assert card is not None
    one, other = (card_out(replace(card, consequence=c), speaker(centre)) for c in (1.0, 2.5))
    assert other.priority == pytest.approx(2.5 * one.priority)
    assert one.probability == other.probability


def test_a_long_history_keeps_its_end(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    for n in range(510):
        at = centre.clock.now() + timedelta(seconds=n)
        centre.board.happen(ids[0], BeliefChanged(n / 1000.0, ()), at)
    detail = centre.services.incidents.incident(ids[0])
    assert detail is not None
    points = belief_history(detail.events)
    assert len(points) == 500
    assert points[-1].probability == 0.509
    assert belief_parts(detail.card.incident, speaker(centre)) == []
