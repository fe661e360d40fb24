"""Pages are told from the books; decisions become events with their actor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.alert import Acknowledgement, NotifyReason
from firewatch.domain.geo import Position
from firewatch.domain.ids import NotificationId, PersonId, StationId, TowerId
from firewatch.domain.incident import (
    Accepted,
    Confirmed,
    IncidentState,
    Merged,
    Opened,
    Rated,
    Rejected,
    RejectReason,
    Reopened,
    SightingJoined,
)
from firewatch.domain.roster import Actor
from firewatch.domain.sites import Name, SiteMap, Station, Tower
from firewatch.errors import IllegalTransition
from firewatch.services.board import Books, IncidentPages, SitePages
from firewatch.services.calls import Calls
from firewatch.services.ports import (
    EvidenceArrived,
    ObservationArrived,
    Quarantined,
    SightingArrived,
    StatusArrived,
)
from firewatch.services.review import Review
from firewatch.testing.builders import (
    a_message_id,
    a_notification,
    a_person,
    a_rating,
    a_sighting,
    a_ulid,
    an_alert,
    an_event,
    an_evidence,
    an_incident_id,
    an_observation,
)
from firewatch.testing.clocks import SCENE_START, FrozenClock
from firewatch.testing.memory_books import MemoryAlertBook, MemoryRatingBook, RosterFake
from firewatch.testing.memory_intake import MemoryArrivals
from firewatch.testing.memory_log import MemoryIncidentLog
from firewatch.wire.v1 import StatusV1

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.alert import Notification
    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Change, Incident

OFFICER = Actor("wang-fang", "Wang Fang")
PLACE = Position(26.9, 112.6)
SITES = SiteMap(
    towers=(
        Tower(TowerId("tower-b"), Name("乙", "B"), PLACE, ()),
        Tower(TowerId("tower-a"), Name("甲", "A"), PLACE, ()),
    ),
    stations=(
        Station(StationId("hengyang"), Name("衡阳", "Hengyang"), PLACE),
        Station(StationId("leiyang"), Name("耒阳", "Leiyang"), PLACE),
    ),
)


def later(minutes: float) -> datetime:
    return SCENE_START + timedelta(minutes=minutes)


@dataclass
class Centre:
    log: MemoryIncidentLog = field(default_factory=MemoryIncidentLog)
    arrivals: MemoryArrivals = field(default_factory=MemoryArrivals)
    alerts: MemoryAlertBook = field(default_factory=MemoryAlertBook)
    ratings: MemoryRatingBook = field(default_factory=MemoryRatingBook)
    clock: FrozenClock = field(default_factory=FrozenClock)
    numbers: int = 0

    def new_id(self, at: datetime) -> str:
        self.numbers += 1
        return a_ulid("made", self.numbers, at)

    def happen(self, change: Change, incident: int = 1, at: datetime = SCENE_START) -> None:
        self.numbers += 1
        self.log.append([an_event(self.numbers, change, incident=incident, at=at)])

    def see(self, number: int, tower: str = "tower-a", first_seen_at: datetime = SCENE_START) -> None:
        sighting = a_sighting(number, tower=tower, first_seen_at=first_seen_at)
        self.arrivals.write([SightingArrived(a_message_id(number), sighting, first_seen_at)])

    def open(self, number: int = 1, at: datetime = SCENE_START) -> None:
        self.see(number, first_seen_at=at)
        self.happen(Opened(a_sighting(number).sighting_id, TowerId("tower-a")), number, at)

    def tell(self, number: int = 1, incident: int = 1, person: str = "li-wei") -> Notification:
        alert = an_alert(number, incident=incident)
        notification = a_notification(number, alert=alert, person=person)
        self.alerts.raise_alert(alert, [notification])
        return notification

    @property
    def books(self) -> Books:
        roster = RosterFake([a_person("li-wei")])
        return Books(self.log, self.log, self.arrivals, self.arrivals, self.alerts, self.arrivals, roster)

    @property
    def pages(self) -> IncidentPages:
        return IncidentPages(self.books)

    @property
    def review(self) -> Review:
        return Review(self.log, self.log, self.clock, self.new_id)

    @property
    def calls(self) -> Calls:
        return Calls(self.books, self.alerts, self.clock, self.new_id)

    @property
    def state(self) -> IncidentState:
        incident = self.log.incident(an_incident_id())
        assert incident is not None
        return incident.state


@pytest.fixture
def centre() -> Centre:
    return Centre()


# Incidents


def test_open_incidents_come_before_closed_ones_the_latest_first(centre: Centre) -> None:
    for number, minutes in ((1, 0), (2, 10), (3, 20), (4, 30)):
        centre.open(number, later(minutes))
    for number in (2, 4):
        centre.happen(Rejected(RejectReason.DUST), number, later(40))
    order = [card.incident.incident_id for card in centre.pages.incidents(10)]
    assert order == [an_incident_id(number) for number in (3, 1, 4, 2)]
    assert [card.incident.incident_id for card in centre.pages.incidents(3)] == order[:3]
    assert [card.incident.incident_id for card in centre.pages.incidents(1)] == order[:1]


def test_a_card_shows_its_own_sightings_pictures_deliveries_and_latest_event(centre: Centre) -> None:
    centre.open(1, later(1))
    centre.see(2, "tower-b")
    centre.happen(SightingJoined(a_sighting(2).sighting_id, TowerId("tower-b")), 1)
    centre.open(3)
    centre.arrivals.write([EvidenceArrived(a_message_id(9), an_evidence(2), SCENE_START)])
    notification = centre.tell()
    card = centre.pages.card(an_incident_id(1))
    assert card is not None
    assert [sighting.sighting_id for sighting in card.sightings] == [
        a_sighting(2).sighting_id,
        a_sighting(1).sighting_id,
    ]
    assert [picture.evidence_id for picture in card.pictures] == [an_evidence(2).evidence_id]
    assert [(told.notification, told.person_name) for told in card.told] == [(notification, "Li Wei")]
    assert card.seq == 2


def test_what_an_incident_would_do_is_on_its_card_and_hides_none(centre: Centre) -> None:
    class Grave:
        def of(self, incidents: Sequence[Incident]) -> dict[IncidentId, float]:
            return {each.incident_id: 2.5 for each in incidents if each.incident_id == an_incident_id(1)}

    for number in (1, 2):
        centre.open(number, later(number))
    plain, weighed = centre.pages.incidents(10), IncidentPages(centre.books, Grave()).incidents(10)
    assert [card.consequence for card in plain] == [1.0, 1.0]
    assert [(card.incident.incident_id, card.consequence) for card in weighed] == [
        (an_incident_id(2), 1.0),
        (an_incident_id(1), 2.5),
    ]
    assert [replace(card, consequence=1.0) for card in weighed] == list(plain)


def test_someone_who_left_the_roster_is_told_by_id(centre: Centre) -> None:
    centre.open()
    centre.tell(person="chen-jie")
    (told,) = centre.pages.incidents(1)[0].told
    assert (told.person_name, told.role) == ("chen-jie", None)


def test_an_unknown_incident_is_none(centre: Centre) -> None:
    assert centre.pages.card(an_incident_id(7)) is None
    assert centre.pages.incident(an_incident_id(7)) is None
    assert centre.pages.incidents(10) == ()


def test_the_details_hold_the_time_line_and_the_reading_behind_the_rating(centre: Centre) -> None:
    centre.open()
    reading = an_observation()
    centre.arrivals.write([ObservationArrived(a_message_id(5), reading, later(1))])
    centre.happen(Rated(a_rating(), 500.0))
    detail = centre.pages.incident(an_incident_id())
    assert detail is not None
    assert [type(logged.event.change) for logged in detail.events] == [Opened, Rated]
    assert detail.weather == replace(reading, received_at=later(1))


def test_without_a_rating_there_is_no_reading(centre: Centre) -> None:
    centre.open()
    detail = centre.pages.incident(an_incident_id())
    assert detail is not None
    assert detail.weather is None


# Sites


def test_sites_show_every_station_and_every_tower_also_strangers(centre: Centre) -> None:
    pages = SitePages(SITES, centre.ratings, centre.arrivals, centre.arrivals, centre.arrivals)
    status = StatusV1(state="online", at=SCENE_START, boot_id=a_ulid("boot", 1))
    centre.ratings.put([a_rating("leiyang")])
    centre.arrivals.write(
        [
            ObservationArrived(a_message_id(1), an_observation("leiyang"), SCENE_START),
            StatusArrived(TowerId("stranger"), status, SCENE_START),
            StatusArrived(TowerId("tower-a"), status, SCENE_START),
            Quarantined(None, "x", b"y", SCENE_START, "no JSON"),
        ]
    )
    readings = pages.readings()
    assert [item.station_id for item in readings] == ["hengyang", "leiyang"]
    assert (readings[0].rating, readings[0].weather) == (None, None)
    assert readings[1].rating == a_rating("leiyang")
    assert readings[1].weather is not None
    nodes = pages.nodes()
    assert [(node.tower_id, node.status is not None) for node in nodes] == [
        ("tower-b", False),
        ("tower-a", True),
        ("stranger", True),
    ]
    assert pages.sites() is SITES
    assert pages.quarantined(5)[0] == 1


# Review


def test_a_decision_is_an_event_with_its_actor_and_both_instants(centre: Centre) -> None:
    centre.open()
    centre.clock.advance(60)
    centre.review.confirm(an_incident_id(), OFFICER, later(0.5))
    (_, logged) = centre.log.events_of(an_incident_id())
    event = logged.event
    assert (event.change, event.actor) == (Confirmed(), OFFICER)
    assert (event.occurred_at, event.recorded_at) == (later(0.5), later(1))
    assert centre.state is IncidentState.CONFIRMED


def test_the_same_decision_again_writes_nothing(centre: Centre) -> None:
    centre.open()
    desk = centre.review
    for _ in range(2):
        desk.reject(an_incident_id(), RejectReason.DUST, OFFICER, SCENE_START)
    for _ in range(2):
        desk.reopen(an_incident_id(), OFFICER, SCENE_START)
    for _ in range(2):
        desk.confirm(an_incident_id(), OFFICER, SCENE_START)
    changes = [logged.event.change for logged in centre.log.events_of(an_incident_id())][1:]
    assert changes == [Rejected(RejectReason.DUST), Reopened(), Confirmed()]


def test_another_reason_corrects_the_first(centre: Centre) -> None:
    centre.open()
    for reason in (RejectReason.DUST, RejectReason.FOG_CLOUD):
        centre.review.reject(an_incident_id(), reason, OFFICER, SCENE_START)
    incident = centre.log.incident(an_incident_id())
    assert incident is not None
    assert incident.reject_reason is RejectReason.FOG_CLOUD


def test_a_decision_that_the_state_does_not_allow_is_refused(centre: Centre) -> None:
    centre.open()
    with pytest.raises(IllegalTransition, match="reopening is not possible"):
        centre.review.reopen(an_incident_id(), OFFICER, SCENE_START)
    centre.review.confirm(an_incident_id(), OFFICER, SCENE_START)
    with pytest.raises(IllegalTransition, match="rejecting is not possible"):
        centre.review.reject(an_incident_id(), RejectReason.DUST, OFFICER, SCENE_START)
    with pytest.raises(IllegalTransition, match="unknown"):
        centre.review.confirm(an_incident_id(9), OFFICER, SCENE_START)
    assert centre.log.last_seq() == 2


# Calls


def test_a_call_shows_its_person_and_its_incident(centre: Centre) -> None:
    centre.open()
    notification = centre.tell()
    call = centre.calls.call(notification.notification_id)
    assert call is not None
    assert (call.person, call.notification) == (a_person("li-wei"), notification)
    assert call.card.incident.incident_id == an_incident_id()


def test_a_call_about_a_merged_fire_shows_where_it_goes_on(centre: Centre) -> None:
    centre.open(1)
    centre.open(2)
    notification = centre.tell(2, incident=2)
    centre.happen(Merged(an_incident_id(1)), 2)
    centre.happen(SightingJoined(a_sighting(2).sighting_id, TowerId("tower-a")), 1)
    call = centre.calls.call(notification.notification_id)
    assert call is not None
    assert call.card.incident.incident_id == an_incident_id(1)
    assert call.alert.incident_id == an_incident_id(2)
    centre.calls.accept(Acknowledgement(notification.notification_id, PersonId("li-wei"), later(1)))
    incident = centre.log.incident(an_incident_id(1))
    assert incident is not None
    assert incident.accepted_by == ("li-wei",)


def test_a_call_that_is_unknown_or_about_no_incident_or_nobody_is_none(centre: Centre) -> None:
    assert centre.calls.call(NotificationId(a_ulid("notification", 5))) is None
    alert = replace(an_alert(6), incident_id=None, reason=NotifyReason.NODE_LOST)
    centre.alerts.raise_alert(alert, [a_notification(6, alert=alert)])
    assert centre.calls.call(a_notification(6).notification_id) is None
    centre.calls.accept(Acknowledgement(a_notification(6).notification_id, PersonId("li-wei"), later(1)))
    assert centre.log.last_seq() == 0
    centre.open()
    assert centre.calls.call(centre.tell(person="chen-jie").notification_id) is None


def test_opening_and_accepting_are_recorded_once_each(centre: Centre) -> None:
    centre.open()
    notification = centre.tell()
    for minutes in (1, 2):
        centre.calls.opened(notification.notification_id, later(minutes))
    for minutes in (3, 4):
        centre.calls.accept(Acknowledgement(notification.notification_id, PersonId("li-wei"), later(minutes)))
    found = centre.alerts.notification(notification.notification_id)
    assert found is not None
    assert (found[1].reached_at, found[1].acknowledged_at) == (later(1), later(3))
    changes = [logged.event for logged in centre.log.events_of(an_incident_id())][1:]
    assert [(event.change, event.actor.name) for event in changes] == [(Accepted(PersonId("li-wei")), "Li Wei")]


def test_accepting_again_writes_the_event_that_a_crash_left_out(centre: Centre) -> None:
    centre.open()
    notification = centre.tell()
    answer = Acknowledgement(notification.notification_id, PersonId("li-wei"), later(3))
    centre.alerts.acknowledge(answer)
    centre.calls.accept(answer)
    incident = centre.log.incident(an_incident_id())
    assert incident is not None
    assert incident.accepted_by == ("li-wei",)
