from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import IncidentId, PersonId, SightingId, TowerId, make_ulid
from firewatch.domain.incident import (
    Accepted,
    AlertRaised,
    BeliefChanged,
    Change,
    Confirmed,
    Incident,
    IncidentEvent,
    IncidentState,
    Located,
    Matched,
    MatchUndone,
    Merged,
    Opened,
    PossiblePlace,
    Rated,
    Rejected,
    RejectReason,
    Reopened,
    SightingEnded,
    SightingJoined,
    SightingLeft,
    Unmatched,
    admit,
    fold,
)
from firewatch.domain.roster import LOCAL_OPERATOR, SYSTEM
from firewatch.errors import IllegalTransition, InvalidValue

T0 = datetime(2026, 4, 4, 3, 0, tzinfo=UTC)


def ulid(number: int) -> str:
    return make_ulid(T0, number.to_bytes(10, "big"))


INCIDENT = IncidentId(ulid(1))
FIRST, SECOND = SightingId(ulid(11)), SightingId(ulid(12))
OPENED = Opened(FIRST, TowerId("t1"))


def log(*changes: Change) -> list[IncidentEvent]:
    return [
        IncidentEvent(ulid(100 + n), INCIDENT, T0 + timedelta(seconds=n), T0 + timedelta(seconds=n), SYSTEM, change)
        for n, change in enumerate(changes)
    ]


def state(*changes: Change) -> Incident:
    incident = fold(log(*changes))
    assert incident is not None
    return incident


def test_no_event_is_no_incident() -> None:
    assert fold([]) is None


def test_the_first_sighting_opens_a_suspected_incident() -> None:
    incident = state(OPENED)
    assert incident.state is IncidentState.SUSPECTED
    assert incident.is_open
    assert incident.towers == ("t1",)
    assert incident.opened_at == incident.changed_at == T0


def test_an_incident_begins_with_opened_and_opens_once() -> None:
    with pytest.raises(IllegalTransition, match="not opened"):
        fold(log(Confirmed()))
    with pytest.raises(IllegalTransition, match="Opened"):
        fold(log(OPENED, OPENED))


def test_sightings_join_leave_and_end() -> None:
    joined = state(OPENED, SightingJoined(SECOND, TowerId("t2")))
    assert joined.towers == ("t1", "t2")
    left = state(OPENED, SightingJoined(SECOND, TowerId("t2")), SightingLeft(FIRST))
    assert left.members == ((SECOND, "t2"),)
    assert state(OPENED, SightingEnded(FIRST)).ended == {FIRST}


def test_a_late_earlier_sighting_makes_the_incident_older() -> None:
    earlier = IncidentEvent(
        ulid(200), INCIDENT, T0 - timedelta(minutes=5), T0, SYSTEM, SightingJoined(SECOND, TowerId("t2"))
    )
    incident = fold([*log(OPENED), earlier])
    assert incident is not None
    assert incident.opened_at == T0 - timedelta(minutes=5)
    assert incident.changed_at == T0


def test_an_incident_is_as_old_as_the_members_that_stay() -> None:
    third = SightingId(ulid(13))
    joined = log(OPENED, SightingJoined(SECOND, TowerId("t2")), SightingJoined(third, TowerId("t3")))
    left = IncidentEvent(ulid(300), INCIDENT, T0 + timedelta(hours=1), T0, SYSTEM, SightingLeft(FIRST))
    for order in ((0, 1, 2), (0, 2, 1)):
        incident = fold([*(joined[n] for n in order), left])
        assert incident is not None
        assert incident.opened_at == T0 + timedelta(seconds=1)
        assert incident.towers == ("t2", "t3")


def test_joining_again_corrects_the_first_frame_and_goes_on() -> None:
    incident = fold(
        [
            *log(OPENED, SightingEnded(FIRST)),
            IncidentEvent(
                ulid(300), INCIDENT, T0 - timedelta(hours=1), T0, SYSTEM, SightingJoined(FIRST, TowerId("t1"))
            ),
        ]
    )
    assert incident is not None
    assert (incident.members, incident.ended) == (((FIRST, "t1"),), frozenset())
    assert incident.opened_at == T0 - timedelta(hours=1)


def test_an_incident_that_all_have_left_keeps_its_age() -> None:
    incident = state(OPENED, SightingEnded(FIRST), SightingLeft(FIRST))
    assert (incident.members, incident.ended, incident.opened_at) == ((), frozenset(), T0)


def test_what_was_found_is_kept_and_the_latest_counts() -> None:
    fix = Fix(Position(26.9, 112.6), ErrorEllipse(120.0, 60.0, 10.0))
    incident = state(
        OPENED,
        Located(None, "one tower"),
        Located(fix),
        BeliefChanged(0.8, (("tower t1", 1.4),)),
        Rated(None),
        AlertRaised("a", "first"),
    )
    assert incident.fix == fix
    assert incident.why_not == ""
    assert incident.probability == 0.8
    assert incident.rating is None
    assert incident.alert_ids == ("a",)


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(InvalidValue, match="probability"):
        BeliefChanged(1.2, ())


def test_confirming_and_rejecting_twice_changes_nothing_more() -> None:
    assert state(OPENED, Confirmed(), Confirmed()).state is IncidentState.CONFIRMED
    rejected = state(OPENED, Rejected(RejectReason.FARM_BURNING), Rejected(RejectReason.FARM_BURNING))
    assert rejected.state is IncidentState.FALSE_ALARM
    assert not rejected.is_open


def test_a_confirmed_fire_is_never_a_false_alarm() -> None:
    with pytest.raises(IllegalTransition, match="rejecting is not possible now"):
        state(OPENED, Confirmed(), Rejected(RejectReason.OTHER))


def test_a_rejection_can_be_taken_back_and_only_that() -> None:
    reopened = state(OPENED, Rejected(RejectReason.FOG_CLOUD, "valley"), Reopened())
    assert reopened.state is IncidentState.SUSPECTED
    assert reopened.reject_reason is None
    with pytest.raises(IllegalTransition, match="reopening"):
        state(OPENED, Reopened())


def test_a_rejected_incident_says_that_only_reopening_is_possible() -> None:
    with pytest.raises(IllegalTransition, match="possible is reopening"):
        state(OPENED, Rejected(RejectReason.OTHER), Confirmed())


def test_a_ranger_accepts_once() -> None:
    incident = state(OPENED, Accepted(PersonId("li")), Accepted(PersonId("li")), Accepted(PersonId("wang")))
    assert incident.accepted_by == ("li", "wang")


def test_a_merged_incident_names_the_one_that_goes_on() -> None:
    other = IncidentId(ulid(2))
    merged = state(OPENED, Merged(other))
    assert merged.state is IncidentState.MERGED
    assert merged.merged_into == other
    assert not merged.is_open
    with pytest.raises(IllegalTransition, match="possible is nothing"):
        state(OPENED, Merged(other), Confirmed())


def test_an_event_names_its_actor_and_has_utc_times() -> None:
    event = IncidentEvent(ulid(5), INCIDENT, T0, T0, LOCAL_OPERATOR, Confirmed())
    assert event.actor.name == "local operator"
    with pytest.raises(InvalidValue, match="UTC"):
        IncidentEvent(ulid(5), INCIDENT, T0.replace(tzinfo=None), T0, SYSTEM, Confirmed())


def test_what_a_person_says_of_sightings_moves_nothing_by_itself() -> None:
    opened = state(OPENED)
    sighting_id = opened.members[0][0]
    said = Matched(ulid(7), (sighting_id, SightingId(ulid(8))), (INCIDENT, IncidentId(ulid(2))), "one plume")
    ruled_out = Unmatched(ulid(9), sighting_id, (SightingId(ulid(8)),), "chimney")
    assert replace(state(OPENED, said, ruled_out, MatchUndone(ulid(7), "two")), changed_at=T0) == opened


def test_nothing_is_matched_with_a_closed_incident_but_a_word_can_be_taken_back() -> None:
    closed = state(OPENED, Rejected(RejectReason.DUST))
    said = Unmatched(ulid(9), closed.members[0][0], (SightingId(ulid(8)),), "chimney")
    with pytest.raises(IllegalTransition, match="matching"):
        admit(closed, IncidentEvent(ulid(5), INCIDENT, T0, T0, LOCAL_OPERATOR, said))
    undone = IncidentEvent(ulid(6), INCIDENT, T0, T0, LOCAL_OPERATOR, MatchUndone(ulid(9), "two"))
    assert admit(closed, undone).state is IncidentState.FALSE_ALARM


@pytest.mark.parametrize(("ruling", "reason"), [("x", "why"), (ulid(7), " "), (ulid(7), "y" * 201)])
def test_a_word_on_sightings_has_an_id_and_a_reason(ruling: str, reason: str) -> None:
    for make in (
        lambda: Matched(ruling, (), (), reason),
        lambda: Unmatched(ruling, SightingId(ulid(8)), (), reason),
        lambda: MatchUndone(ruling, reason),
    ):
        with pytest.raises(InvalidValue):
            make()


def test_an_incident_keeps_where_it_could_also_be_until_it_is_located_anew() -> None:
    fix = Fix(Position(26.9, 112.6), ErrorEllipse(200.0, 90.0, 0.0))
    places = (PossiblePlace(fix, (TowerId("a"),), 0.5),)
    assert state(OPENED, Located(None, "several", places)).possible_places == places
    assert state(OPENED, Located(None, "several", places), Located(fix)).possible_places == ()
    with pytest.raises(InvalidValue, match="chance"):
        PossiblePlace(fix, (), 1.5)
