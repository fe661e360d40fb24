"""A belief as people read it: each part's name, the fact behind it, and how it went over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import BeliefChanged
from firewatch.fusion.triage import Term
from firewatch.web.schemas import BeliefPartOut, BeliefPointOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.incident import Incident
    from firewatch.services.ports import LoggedEvent
    from firewatch.web.words import Speaker

__all__ = ["belief_history", "belief_parts"]

# The latest so many: a line on a page is no finer.
_MOST_POINTS = 500
_TERMS = frozenset(term.value for term in Term)


def belief_parts(incident: Incident, speaker: Speaker) -> list[BeliefPartOut]:
    """Return every part of an incident's probability with the fact behind it."""
    return [
        BeliefPartOut(name=_name(name, speaker), log_odds=odds, part=name, fact=_fact(name, incident, speaker))
        for name, odds in incident.belief_parts
    ]


def belief_history(events: Sequence[LoggedEvent]) -> list[BeliefPointOut]:
    """Return how likely it was a fire over time, by when the frames were taken, oldest first."""
    changes = [logged.event for logged in events if isinstance(logged.event.change, BeliefChanged)]
    points = [
        BeliefPointOut(at=event.occurred_at, probability=event.change.probability)
        for event in changes
        if isinstance(event.change, BeliefChanged)
    ]
    return sorted(points, key=lambda point: point.at)[-_MOST_POINTS:]


def _name(name: str, speaker: Speaker) -> str:
    kind, _, tower_id = name.partition(":")
    if kind == Term.TOWER and tower_id:
        return speaker.texts.text("belief.tower", tower=speaker.tower(tower_id))
    key = f"belief.{name}"
    return speaker.texts.text(key) if speaker.texts.has(key) else name


def _fact(name: str, incident: Incident, speaker: Speaker) -> str:
    """Return the fact behind a part in a short sentence; empty where the part's name says all."""
    if name == Term.DANGER and incident.rating is not None:
        return speaker.danger(incident.rating)
    facts = {fact.name: fact for fact in incident.belief_facts if fact.part == name}
    if not facts:
        return speaker.texts.text("belief.fact.none") if name in _TERMS else ""
    numbers = {key: _number(key, fact.number) for key, fact in facts.items() if fact.number is not None}
    if name == Term.SOURCES:
        numbers["name"] = speaker.texts.pick(zh=facts["name_zh"].text, en=facts["name_en"].text)
    if name == Term.GEOMETRY:
        numbers["towers"] = speaker.texts.text("belief.fact.and").join(map(speaker.tower, incident.towers))
    key = f"belief.fact.{name}"
    if "chance" in numbers:
        key = f"{key}.chance"
    return speaker.texts.text(key, **numbers)


def _number(key: str, number: float) -> str:
    if key in {"steadiness", "chance"}:
        return f"{number * 100:.3g}"
    if key == "distance_m":
        return f"{number / 1000:.1f}"
    return f"{number:g}"
