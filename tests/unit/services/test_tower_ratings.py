"""Towers hear the danger of their places when it changes, and never a stale one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, StationId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.optics import Calibration
from firewatch.domain.scales import DangerGrade
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.domain.tower_settings import PlaceRating, PoseCalibration, PoseMask, TowerSettings
from firewatch.errors import BrokerUnavailable
from firewatch.services.findings import Neighbourhood
from firewatch.services.masks import SetMask
from firewatch.services.tower_ratings import RATING_LIFE, TowerRatings
from firewatch.testing import SCENE_START, FrozenClock, MemoryMaskBook, MemoryRatingBook, a_rating

if TYPE_CHECKING:
    from firewatch.domain.danger import DangerRating

CAMERA = Camera(CameraId("north"), (Pose(PoseId("main"), Calibration("s", 0.0, 0.0, 60.0, 0.5)),), 15_000.0)
TOWERS, STATIONS = {"a": 26.9, "b": 27.5}, {"south": 26.8, "north": 27.6}
SITES = SiteMap(
    tuple(Tower(TowerId(key), Name(key, key), Position(lat, 112.5), (CAMERA,)) for key, lat in TOWERS.items()),
    tuple(Station(StationId(key), Name(key, key), Position(lat, 112.5)) for key, lat in STATIONS.items()),
)


class Post:
    def __init__(self) -> None:
        self.sent: list[tuple[str, TowerSettings]] = []
        self.is_down = False

    def send(self, tower_id: TowerId, settings: TowerSettings) -> None:
        if self.is_down:
            raise BrokerUnavailable("127.0.0.1", 1883, "no link")
        self.sent.append((tower_id, settings))


class Centre:
    def __init__(self, *ratings: DangerRating) -> None:
        self.book, self.clock, self.post = MemoryRatingBook(), FrozenClock(), Post()
        self.book.put(ratings)
        neighbourhood = Neighbourhood(SITES, self.book, timezone(timedelta(hours=8)))
        self.towers = TowerRatings(SITES, neighbourhood, self.post, self.clock)


def test_each_tower_hears_its_nearest_station_once_until_it_changes() -> None:
    centre = Centre(a_rating("south", grade=DangerGrade.LOW), a_rating("north", grade=DangerGrade.EXTREME))
    assert [centre.towers.step(), centre.towers.step()] == [2, 0]
    until = SCENE_START + RATING_LIFE
    assert [(tower, each.rating) for tower, each in centre.post.sent] == [
        ("a", PlaceRating(DangerGrade.LOW, until)),
        ("b", PlaceRating(DangerGrade.EXTREME, until)),
    ]
    centre.book.put([a_rating("south", grade=DangerGrade.HIGH)])
    assert centre.towers.step() == 1
    assert centre.post.sent[-1] == ("a", TowerSettings(SCENE_START, PlaceRating(DangerGrade.HIGH, until)))


def test_without_a_rating_and_with_an_expired_one_a_tower_hears_that_there_is_none() -> None:
    centre = Centre()
    assert centre.towers.step() == 2
    assert {each.rating for _, each in centre.post.sent} == {None}
    centre.book.put([a_rating("south"), a_rating("north")])
    assert centre.towers.step() == 2
    centre.clock.advance(RATING_LIFE.total_seconds())
    assert centre.towers.step() == 2
    assert [each.rating for _, each in centre.post.sent[-2:]] == [None, None]


def test_what_could_not_be_sent_is_sent_later() -> None:
    centre = Centre(a_rating("south"))
    centre.post.is_down = True
    assert centre.towers.step() == 0
    centre.post.is_down = False
    assert centre.towers.step() == 2


def test_masks_travel_with_the_rating_and_either_change_brings_both() -> None:
    centre = Centre(a_rating("south", grade=DangerGrade.LOW), a_rating("north", grade=DangerGrade.LOW))
    book = MemoryMaskBook()
    neighbourhood = Neighbourhood(SITES, centre.book, timezone(timedelta(hours=8)))
    towers = TowerRatings(SITES, neighbourhood, centre.post, centre.clock, book)
    assert towers.step() == 2
    mask = PoseMask(CameraId("north"), PoseId("main"), Mask("kiln", "lime kiln", Polygon(((0, 0), (1, 0), (0, 0.1)))))
    book.put(SetMask("01M8BM36570000000000000009", TowerId("a"), mask, SCENE_START, "wang"))
    assert towers.step() == 1
    told = centre.post.sent[-1][1]
    assert (told.masks, told.rating) == ((mask,), centre.post.sent[0][1].rating)
    centre.book.put([a_rating("south", grade=DangerGrade.HIGH)])
    assert towers.step() == 1
    assert centre.post.sent[-1][1].masks == (mask,)
    book.remove("01M8BM36570000000000000009", SCENE_START, "li")
    assert [towers.step(), towers.step()] == [1, 0]
    assert centre.post.sent[-1][1].masks == ()
    # After a start every tower hears the whole again: a broker may have lost it.
    assert TowerRatings(SITES, neighbourhood, centre.post, centre.clock, book).step() == 2


def test_a_tower_hears_which_of_its_calibrations_were_corrected() -> None:
    right = Calibration("landmarks", 3.0, -1.0, 58.0, 0.05)
    pose = replace(CAMERA.poses[0], calibration=right, corrects=("a/north/main",))
    centre = Centre()
    towers = tuple(
        replace(tower, cameras=(replace(CAMERA, poses=(pose,)),)) if tower.tower_id == "a" else tower
        for tower in SITES.towers
    )
    neighbourhood = Neighbourhood(SITES, centre.book, timezone(timedelta(hours=8)))
    told = TowerRatings(SiteMap(towers, SITES.stations), neighbourhood, centre.post, centre.clock)
    assert [told.step(), told.step()] == [2, 0]
    first, second = (settings.calibrations for _, settings in centre.post.sent)
    assert first == (PoseCalibration(CameraId("north"), PoseId("main"), right, ("a/north/main",)),)
    assert second == ()
