"""Masks of the centre: whose word, how large, and how to take them back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from node_states import state_sites

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.tower_settings import PoseMask
from firewatch.errors import InvalidValue
from firewatch.services.masks import MaskDesk, SetMask, masked_share, masks_at
from firewatch.testing import FrozenClock, MemoryMaskBook, Ulids

TOWER = TowerId("sick")


def square(x: float, y: float, side: float) -> Polygon:
    return Polygon(((x, y), (x + side, y), (x + side, y + side), (x, y + side)))


def placed(
    name: str = "kiln", polygon: Polygon | None = None, *, camera: str = "c1", until: date | None = None
) -> PoseMask:
    mask = Mask(name, "lime kiln", polygon or square(0.1, 0.1, 0.2), until)
    return PoseMask(CameraId(camera), PoseId("home"), mask)


class Desk:
    def __init__(self) -> None:
        self.clock, self.book = FrozenClock(), MemoryMaskBook()
        self.desk = MaskDesk(self.book, state_sites(), self.clock, Ulids(3).make)


def test_a_mask_is_drawn_taken_away_and_put_back_and_nothing_is_forgotten() -> None:
    desk = Desk()
    mask = desk.desk.draw(TOWER, placed(), "wang")
    assert [one.placed for one in desk.book.standing()] == [placed()]
    desk.clock.advance(60)
    desk.desk.remove(TOWER, mask.mask_id, "li")
    assert desk.book.standing() == ()
    with pytest.raises(InvalidValue, match="one that stands"):
        desk.desk.remove(TOWER, mask.mask_id, "li")
    desk.clock.advance(60)
    again = desk.desk.restore(TOWER, mask.mask_id, "wang")
    assert [(one.set_by, one.removed_by) for one in desk.desk.of_tower(TOWER)] == [("wang", ""), ("wang", "li")]
    with pytest.raises(InvalidValue, match="taken away"):
        desk.desk.restore(TOWER, again.mask_id, "wang")
    with pytest.raises(InvalidValue, match="id of a mask"):
        desk.desk.remove(TOWER, "01M8BM36570000000000000009", "li")


@pytest.mark.parametrize(
    ("tower", "what", "words"),
    [
        ("sick", placed(camera="c99"), "c1/home"),
        ("nowhere", placed(), "none"),
        ("sick", placed(until=date(2020, 1, 1)), "today"),
    ],
)
def test_what_no_camera_could_obey_is_refused(tower: str, what: PoseMask, words: str) -> None:
    desk = Desk()
    with pytest.raises(InvalidValue, match=words):
        desk.desk.draw(TowerId(tower), what, "wang")
    assert desk.book.standing() == ()


def test_a_name_stands_once_in_a_view() -> None:
    desk = Desk()
    desk.desk.draw(TOWER, placed(), "wang")
    with pytest.raises(InvalidValue, match="no other mask"):
        desk.desk.draw(TOWER, placed(polygon=square(0.5, 0.5, 0.1)), "wang")
    desk.desk.draw(TOWER, placed(camera="c2"), "wang")


def test_more_than_a_fifth_of_a_picture_is_masked_only_by_who_says_so() -> None:
    desk = Desk()
    desk.desk.draw(TOWER, placed("west", square(0.0, 0.0, 0.4)), "wang")
    with pytest.raises(InvalidValue, match=r"25%.*at most 20%"):
        desk.desk.draw(TOWER, placed("east", square(0.6, 0.0, 0.3)), "wang")
    # Over the same place: nothing more is lost.
    desk.desk.draw(TOWER, placed("within", square(0.1, 0.1, 0.2)), "wang")
    desk.desk.draw(TOWER, placed("east", square(0.6, 0.0, 0.3)), "wang", is_sure=True)


def test_a_tower_holds_two_hundred() -> None:
    desk = Desk()
    ulids = Ulids(4)
    for number in range(200):
        one = SetMask(ulids.make(desk.clock.now()), TOWER, placed(f"m{number}"), desk.clock.now(), "wang")
        desk.book.put(one)
    with pytest.raises(InvalidValue, match="at most 200"):
        desk.desk.draw(TOWER, placed("last", camera="c2"), "wang")


def test_the_share_counts_what_overlaps_once() -> None:
    assert masked_share([]) == 0.0
    assert masked_share([square(0.0, 0.0, 1.0)]) == pytest.approx(1.0)
    assert masked_share([square(0.0, 0.0, 0.5), square(0.25, 0.25, 0.5)]) == pytest.approx(0.4375, abs=2e-3)
    bent = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.2), (0.0, 1.0)))
    assert masked_share([bent]) == pytest.approx(bent.area, abs=2e-3)


def test_a_tower_obeys_its_own_masks_until_their_last_day() -> None:
    desk = Desk()
    today = desk.clock.now().date()
    desk.desk.draw(TOWER, placed("today", until=today), "wang")
    desk.desk.draw(TowerId("well"), placed("other"), "wang")
    now = desk.clock.now()
    assert [one.mask.name for one in masks_at(desk.book.standing(), TOWER, now)] == ["today"]
    assert masks_at(desk.book.standing(), TOWER, now + timedelta(days=1)) == ()
