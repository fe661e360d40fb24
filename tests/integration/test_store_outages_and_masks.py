"""Outages and masks in both databases: kept, marked, never deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.alert import NotifyReason
from firewatch.domain.ids import AlertId, CameraId, PoseId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.tower_settings import PoseMask
from firewatch.domain.vision import EvidenceKind
from firewatch.services.masks import SetMask
from firewatch.services.outages import Outage
from firewatch.services.ports import EvidenceArrived, SightingArrived
from firewatch.testing import SCENE_START, Ulids, a_message_id, a_sighting, an_evidence

if TYPE_CHECKING:
    from firewatch.adapters.store import Store

MINUTE = timedelta(minutes=1)


def test_an_outage_is_open_until_it_ends_and_each_alert_is_told_once(store: Store) -> None:
    ids, book = Ulids(9), store.outage_book
    first, second, back = (AlertId(ids.make(SCENE_START + n * MINUTE)) for n in range(3))
    one = Outage(ids.make(SCENE_START), TowerId("a"), "c1", "frozen", SCENE_START, first)
    other = Outage(ids.make(SCENE_START), TowerId("a"), "c2", "dark", SCENE_START, second)
    book.begin([one])
    book.begin([other])
    assert book.open_outages() == (one, other)
    assert book.untold() == ((first, NotifyReason.CAMERA_BLIND), (second, NotifyReason.CAMERA_BLIND))
    book.told(first, SCENE_START)
    book.end([one.outage_id], SCENE_START + MINUTE, back)
    book.end([one.outage_id], SCENE_START + 5 * MINUTE, second)
    ended = replace(one, ended_at=SCENE_START + MINUTE, back_alert_id=back)
    assert book.open_outages() == (other,)
    assert book.untold() == ((second, NotifyReason.CAMERA_BLIND), (back, NotifyReason.CAMERA_BACK))
    book.told(back, SCENE_START)
    book.told(second, SCENE_START)
    assert book.untold() == ()
    assert (book.of_alert(first), book.of_alert(back)) == ((ended,), (ended,))


def a_mask(number: int, tower: str, name: str, until: date | None = None) -> SetMask:
    polygon = Polygon(((0.1, 0.1), (0.3, 0.1), (0.123456789, 0.3)))
    placed = PoseMask(CameraId("c1"), PoseId("home"), Mask(name, "石灰窑", polygon, until))
    at = SCENE_START + number * MINUTE
    return SetMask(Ulids(number).make(at), TowerId(tower), placed, at, "王力")


def test_a_mask_comes_back_as_it_was_drawn_and_stays_in_the_record(store: Store) -> None:
    book = store.mask_book
    one, two, far = a_mask(1, "a", "kiln", date(2026, 5, 1)), a_mask(2, "a", "vent"), a_mask(3, "b", "kiln")
    for mask in (one, two, far):
        book.put(mask)
    assert book.standing() == (one, two, far)
    assert [book.remove(one.mask_id, SCENE_START, "李"), book.remove(one.mask_id, SCENE_START, "赵")] == [True, False]
    assert not book.remove("01M8BM36570000000000000009", SCENE_START, "李")
    assert book.standing() == (two, far)
    assert book.of_tower(TowerId("a")) == (two, replace(one, removed_at=SCENE_START, removed_by="李"))


def test_the_latest_whole_frame_of_a_pose_is_found(store: Store) -> None:
    sighting = a_sighting(1)
    frame, crop = replace(an_evidence(1), kind=EvidenceKind.FRAME), an_evidence(2)
    pose = (frame.tower_id, frame.camera_id, sighting.pose_id)
    assert store.pose_views.latest(*pose) is None
    pictures = [EvidenceArrived(a_message_id(n), one, SCENE_START) for n, one in enumerate((frame, crop))]
    store.intake_writer.write(pictures)
    assert store.pose_views.latest(*pose) is None
    store.intake_writer.write([SightingArrived(a_message_id(9), sighting, SCENE_START)])
    assert store.pose_views.latest(*pose) == (frame.evidence_id, frame.stamp.captured_at)
    assert store.pose_views.latest(pose[0], pose[1], PoseId("elsewhere")) is None
