"""Hotspots become a list of places to verify: those that no camera sees, until somebody says what they are."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hotspot_example import KNOWN, UNSEEN, WORKS, example_desk, kept_hotspot, seen_by_satellites

from firewatch.domain.geo import Position
from firewatch.domain.hotspot import HotspotConfidence, HotspotId, VerdictReason
from firewatch.domain.incident import Rejected, RejectReason
from firewatch.errors import FeedError, InvalidValue
from firewatch.services.hotspot_feeds import HotspotKeeper, PacedHotspots
from firewatch.services.hotspots import HeatState
from firewatch.services.weather_ports import Spotted
from firewatch.testing import SCENE_START, ExampleBoard, FrozenClock, MemoryHotspotBook

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.services.hotspots import HotspotDesk

NOW = SCENE_START + timedelta(hours=2)
HOUR = timedelta(hours=1)


class Scene:
    def __init__(self) -> None:
        self.clock = FrozenClock(NOW)
        self.example = ExampleBoard(NOW)
        self.ids = self.example.quarter_of_an_hour()
        self.book = MemoryHotspotBook()
        self.desk: HotspotDesk = example_desk(self.book, self.example.board, self.example.sites, self.clock)

    def states(self) -> list[tuple[HeatState, Position]]:
        return [(one.state, one.position) for one in self.desk.items(self.clock.now())]


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.book.put(seen_by_satellites(NOW))
    return scene


def test_what_no_camera_sees_is_to_be_verified_and_the_known_works_come_after(scene: Scene) -> None:
    unseen, works, matched = scene.desk.items(NOW)
    assert [one.state for one in (unseen, works, matched)] == [HeatState.VERIFY, HeatState.VERIFY, HeatState.MATCHED]
    assert (len(unseen.hotspots), unseen.satellites) == (2, ("Himawari-9", "N20"))
    assert unseen.position == Position(UNSEEN.lat_deg + 0.003, UNSEEN.lon_deg)
    assert (unseen.first_at, unseen.last_at) == (NOW - 1.5 * HOUR, NOW - 0.5 * HOUR)
    assert (unseen.confidence, unseen.frp_mw) == (HotspotConfidence.NOMINAL, 6.5)
    assert works.source is not None
    assert works.source.name.en == "Cement works"
    assert matched.match is not None
    assert (matched.match.incident_id, matched.position) == (scene.ids[0], KNOWN)
    assert matched.vantages == ()
    assert scene.desk.items(NOW + timedelta(days=2)) == ()


def test_the_towers_that_could_look_are_named(scene: Scene) -> None:
    unseen = scene.desk.items(NOW)[0]
    assert {one.tower.tower_id for one in unseen.vantages} == {"yumu"}
    assert all(one.distance_m <= one.reach_m for one in unseen.vantages)


def test_a_heat_on_the_line_of_a_camera_is_seen(scene: Scene) -> None:
    # The second incident is a bearing alone: a hotspot on it is no place to verify.
    card = scene.example.board.card(scene.ids[1])
    assert card is not None
    scene.book.put([kept_hotspot(NOW - 0.2 * HOUR, Position(26.9085, 112.413))])
    found = next(one for one in scene.desk.items(NOW) if one.last_at == NOW - 0.2 * HOUR)
    assert found.match is not None
    assert found.match.incident_id == scene.ids[1]


def test_a_verdict_closes_it_and_undo_opens_it_again(scene: Scene) -> None:
    item = scene.desk.items(NOW)[0]
    before = scene.desk.changes()
    verdict = scene.desk.close(item.item_id, VerdictReason.FARM_BURNING, "王力", "稻田")
    assert scene.desk.changes() > before
    closed = next(one for one in scene.desk.items(NOW) if one.item_id == item.item_id)
    assert (closed.state, closed.verdict) == (HeatState.CLOSED, verdict)
    with pytest.raises(InvalidValue, match="one of those to verify"):
        scene.desk.close(item.item_id, VerdictReason.OTHER, "李")
    with pytest.raises(InvalidValue):
        scene.desk.close(HotspotId("01M8BM36570000000000000009"), VerdictReason.OTHER, "李")
    scene.desk.undo(verdict.verdict_id, "李")
    assert scene.states()[0] == (HeatState.VERIFY, item.position)
    with pytest.raises(InvalidValue, match="one that stands"):
        scene.desk.undo(verdict.verdict_id, "李")


def test_a_closed_heat_that_goes_on_for_hours_is_to_be_verified_again(scene: Scene) -> None:
    item = scene.desk.items(NOW)[0]
    scene.desk.close(item.item_id, VerdictReason.NOTHING_FOUND, "王力")
    for hours, state in ((5.0, HeatState.CLOSED), (7.0, HeatState.VERIFY)):
        scene.book.put([kept_hotspot(NOW + hours * HOUR, UNSEEN)])
        at = NOW + (hours + 0.5) * HOUR
        found = next(one for one in scene.desk.items(at) if one.last_at == NOW + hours * HOUR)
        assert (found.state, found.item_id) == (state, item.item_id)


def test_a_satellite_that_contradicts_a_dismissal_is_to_be_verified(scene: Scene) -> None:
    board = scene.example.board
    board.happen(scene.ids[0], Rejected(RejectReason.FOG_CLOUD), NOW)
    found = next(one for one in scene.desk.items(NOW) if one.position == KNOWN)
    assert (found.state, found.dismissed) == (HeatState.VERIFY, scene.ids[0])


def test_an_exercise_matches_nothing(scene: Scene) -> None:
    sighting = replace(scene.example.sighting("yumu", WORKS, 60, 0.9), is_exercise=True)
    scene.example.board.open(sighting, NOW - 0.1 * HOUR)
    assert (HeatState.VERIFY, WORKS) in scene.states()


class SpotFeed:
    def __init__(self, name: str, *answers: Spotted | Exception) -> None:
        self.name = name
        self.answers = list(answers)

    def fetch(self, now: datetime) -> Spotted:
        del now
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class AtOnce:
    """Runs what it is given at once, or never."""

    def __init__(self) -> None:
        self.is_held = False

    def submit(self, fn: Any, *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.is_held:
            return future
        try:
            future.set_result(fn(*args))
        except Exception as err:  # noqa: BLE001 - as an executor does
            future.set_exception(err)
        return future


class Keeping:
    def __init__(self, *feeds: SpotFeed) -> None:
        self.book, self.executor, self.passed_s = MemoryHotspotBook(), AtOnce(), 0.0
        paced = [PacedHotspots(feed, 1800.0) for feed in feeds]
        self.keeper = HotspotKeeper(paced, self.book, FrozenClock(NOW), self.executor, lambda: self.passed_s)  # type: ignore[arg-type]

    def look(self, after_s: float = 0.0) -> int:
        self.passed_s += after_s
        return self.keeper.step() + self.keeper.step()


SPOTS = Spotted(tuple(one.hotspot for one in seen_by_satellites(NOW)), ("row 7: no latitude",))


class Never(Executor):
    """Never comes to what it is given."""

    def submit(self, _fn: object, /, *_args: object, **_: object) -> Future[Spotted]:  # type: ignore[override]
        return Future()


def test_a_feed_that_does_not_answer_is_told() -> None:
    desk = Keeping(SpotFeed("firms", SPOTS))
    desk.keeper = HotspotKeeper(
        [PacedHotspots(SpotFeed("firms", SPOTS), 1800.0)],  # type: ignore[arg-type]
        desk.book,
        FrozenClock(NOW),
        Never(),
        lambda: desk.passed_s,
    )
    assert (desk.look(), desk.keeper.states[0].failure) == (0, "")
    assert desk.look(901.0) == 0
    assert desk.keeper.states[0].failure == "no answer for 15 minutes; it is waited for"


def test_what_a_feed_gives_is_kept_once_at_its_pace() -> None:
    desk = Keeping(SpotFeed("firms", SPOTS))
    assert desk.look() == 1
    assert len(desk.book.between(NOW - 3 * HOUR, NOW)) == 4
    assert (desk.look(900.0), desk.book.changes()) == (0, 1)
    assert (desk.look(900.0), desk.book.changes()) == (1, 1)
    (state,) = desk.keeper.states
    assert (state.name, state.failure, state.problems) == ("firms", "", ("row 7: no latitude",))
    assert state.last_success_at == NOW


def test_a_feed_that_fails_is_told_and_the_other_goes_on() -> None:
    later = FeedError("firms", "no answer", retryable=True)
    never = FeedError("himawari", "no such folder", retryable=False)
    desk = Keeping(SpotFeed("firms", later, SPOTS), SpotFeed("himawari", never), SpotFeed("odd", ValueError("what")))
    assert desk.look() == 3
    assert [state.failure for state in desk.keeper.states] == ["no answer", "no such folder", "ValueError: what"]
    assert desk.look(300.0) == 2
    assert desk.keeper.states[0].failure == ""
    assert len(desk.book.between(NOW - 3 * HOUR, NOW)) == 4


def test_hotspots_of_instants_to_come_are_left_out_and_a_look_that_hangs_holds_nothing_up() -> None:
    ahead = kept_hotspot(NOW + 2 * HOUR, UNSEEN).hotspot
    desk = Keeping(SpotFeed("firms", Spotted((*SPOTS.hotspots, ahead))))
    desk.executor.is_held = True
    assert desk.look() == 0
    desk = Keeping(SpotFeed("firms", Spotted((*SPOTS.hotspots, ahead))))
    desk.look()
    assert len(desk.book.between(NOW - 9 * HOUR, NOW + 9 * HOUR)) == 4
    assert desk.keeper.states[0].problems == ("1 hotspots of instants to come are left out; is this clock right?",)
