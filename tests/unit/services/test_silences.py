"""A camera that looked with open eyes and reported nothing speaks; where that is not known, it is silent about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_states import a_condition
from seen_boxes import NORTH, SOUTH, WEST, lasting, looking, seen, tower

from firewatch.domain.ids import PoseId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.tower_settings import PoseMask
from firewatch.errors import InvalidValue
from firewatch.services.eyes_record import EyesHour, eyes_hours, minutes_of
from firewatch.services.masks import SetMask
from firewatch.services.ports import SightingArrived
from firewatch.services.silences import OpenEyes
from firewatch.testing import SCENE_START, MemoryArrivals, MemoryMaskBook, Ulids, a_message_id
from firewatch.wire.v1 import PatrolVitalsV1

A, B, C = tower("a", WEST), tower("b", SOUTH), tower("c", NORTH)
SMOKE = lasting(seen(1, A), 12)
MINUTE = timedelta(minutes=1)


def eyes(*arrived, masks=()):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN201
    book, drawn = MemoryArrivals(), MemoryMaskBook()
    book.write(arrived)
    for mask in masks:
        drawn.put(mask)
    return OpenEyes(book, book, drawn)


def test_a_camera_that_looked_all_the_time_is_a_silence_of_its_view() -> None:
    (silence,) = eyes(*looking(B)).of([SMOKE], [B, C])
    look = B.cameras[0].poses[0].calibration
    assert silence.eye.tower_id == "b"
    assert silence.middle_deg == look.azimuth_deg
    assert look.hfov_deg / 2.0 - 2.0 < silence.half_width_deg < look.hfov_deg / 2.0
    assert silence.chance == pytest.approx(0.7)
    assert 500.0 < silence.nearest_m < 3_000.0


@pytest.mark.parametrize(("minutes", "chance"), [(2.9, None), (3, 0.3), (5, 0.5), (9.9, 0.5), (10, 0.7), (600, 0.7)])
def test_the_longer_it_looked_the_surer_it_would_have_found_it(minutes: float, chance: float | None) -> None:
    found = eyes(*looking(B, 90)).of([lasting(SMOKE, minutes)], [B])
    assert [one.chance for one in found] == ([] if chance is None else [pytest.approx(chance)])


@pytest.mark.parametrize(
    "told",
    [
        {"blind": "night"},
        {"blind": "maintenance"},
        {"light": "night"},
        {"is_silent": True, "eyes": None},
        {"eyes": None},
        {"detections_masked": 1},
        {"exercise_until": SCENE_START + timedelta(hours=1)},
        {"conditions": (a_condition("fogged", 0.5, SCENE_START, "suspect"),)},
        {"patrol": PatrolVitalsV1(phase="manual", pose_id="fixed")},
        {"patrol": PatrolVitalsV1(phase="dwelling", pose_id="fixed", blind=("fixed",))},
        {"patrol": PatrolVitalsV1(phase="dwelling", pose_id="fixed", is_late=True)},
    ],
)
def test_what_keeps_a_camera_from_seeing_its_whole_round_makes_it_say_nothing(told: dict[str, object]) -> None:
    assert eyes(*looking(B, **told)).of([SMOKE], [B]) == ()
    # Also where it was so for a minute only.
    some = [*looking(B), *looking(B, 1, from_minute=4, **told)]
    assert len(eyes(*some).of([SMOKE], [B])) == ("eyes" in told)


def test_a_turning_camera_on_its_round_looks_at_each_pose_for_its_share() -> None:
    (camera,) = B.cameras
    (pose,) = camera.poses
    other = replace(pose, pose_id=PoseId("other"), calibration=replace(pose.calibration, azimuth_deg=200.0))
    turning = replace(B, cameras=(replace(camera, poses=(pose, other)),))
    vitals = looking(B, patrol=PatrolVitalsV1(phase="turning", pose_id="fixed"))
    assert [one.chance for one in eyes(*vitals).of([SMOKE], [turning])] == [pytest.approx(0.5)] * 2


def test_who_was_not_heard_most_of_the_time_is_not_known_to_have_looked() -> None:
    vitals = looking(B)
    assert eyes(*vitals[::3]).of([SMOKE], [B]) == ()
    assert len(eyes(*vitals[::2]).of([SMOKE], [B])) == 1
    assert eyes(*looking(B, 10)).of([SMOKE], [B]) == ()
    assert eyes().of([SMOKE], [B]) == ()
    assert eyes(*vitals).of([SMOKE], []) == ()


def test_a_node_whose_messages_wait_may_have_seen_it() -> None:
    vitals = looking(B)
    from msgspec.structs import replace as replace_struct

    waiting = replace(vitals[20], vitals=replace_struct(vitals[20].vitals, outbox_oldest_s=61.0))
    assert eyes(*vitals, waiting).of([SMOKE], [B]) == ()


def test_a_camera_that_reported_anything_around_that_time_is_no_silence() -> None:
    other = replace(seen(7, B, (5_000.0, 5_000.0)), tower_id=B.tower_id)
    arrived = SightingArrived(a_message_id(7), lasting(other, 1), SCENE_START)
    assert eyes(*looking(B), arrived).of([SMOKE], [B]) == ()


def test_of_an_exercise_nobody_is_silent() -> None:
    assert eyes(*looking(B)).of([replace(SMOKE, is_exercise=True)], [B]) == ()


def a_mask(*, pose: str = "fixed", camera: str = "north", set_min: int = -60, until: date | None = None) -> SetMask:
    mask = Mask("kiln", "石灰窑", Polygon(((0.1, 0.1), (0.3, 0.1), (0.1, 0.3))), until)
    at = SCENE_START + set_min * MINUTE
    return SetMask(Ulids(3).make(at), B.tower_id, PoseMask(camera, PoseId(pose), mask), at, "王力")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mask", "is_masked"),
    [
        (a_mask(), True),
        (a_mask(pose="elsewhere"), False),
        (a_mask(camera="south"), False),
        (a_mask(set_min=11), True),
        (a_mask(set_min=13), False),
        (replace(a_mask(), removed_at=SCENE_START - MINUTE), False),
        (replace(a_mask(), removed_at=SCENE_START + MINUTE), True),
        (a_mask(until=SCENE_START.date() - timedelta(days=1)), False),
        (a_mask(until=SCENE_START.date()), True),
    ],
)
def test_a_pose_with_a_mask_of_that_time_says_nothing(mask: SetMask, is_masked: bool) -> None:  # noqa: FBT001
    assert (eyes(*looking(B), masks=[mask]).of([SMOKE], [B]) == ()) is is_masked


@pytest.mark.parametrize(("tilt_deg", "hfov_deg"), [(-20.0, 62.0), (20.0, 62.0), (0.0, 2.0)])
def test_a_view_without_the_horizon_or_as_narrow_as_its_error_says_nothing(tilt_deg: float, hfov_deg: float) -> None:
    (camera,) = B.cameras
    (pose,) = camera.poses
    look = replace(pose.calibration, tilt_deg=tilt_deg, hfov_deg=hfov_deg)
    aside = replace(B, cameras=(replace(camera, poses=(replace(pose, calibration=look),)),))
    assert eyes(*looking(B)).of([SMOKE], [aside]) == ()


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_neither_order_nor_repetition_of_vitals_matters(random: object, twice: int) -> None:
    vitals = looking(B, 20) + looking(C, 8) + looking(C, 2, from_minute=3, blind="dark")
    shuffled = vitals + vitals[:twice]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    start, end = SCENE_START - 5 * MINUTE, SCENE_START + 30 * MINUTE
    one, other = MemoryArrivals(), MemoryArrivals()
    one.write(vitals)
    other.write(shuffled)
    assert one.hours_between(start, end) == other.hours_between(start, end)
    assert set(one.hours_between(start, end)) == set(eyes_hours(vitals))


def test_minutes_go_over_the_hour_and_hours_are_in_utc() -> None:
    at = SCENE_START.replace(minute=59, second=30)
    assert minutes_of(at, at + MINUTE) == [
        (at.replace(minute=0, second=0), 1 << 59),
        (at.replace(minute=0, second=0) + timedelta(hours=1), 1),
    ]
    with pytest.raises(InvalidValue, match="UTC"):
        EyesHour(B.tower_id, "north", at.replace(tzinfo=None))
