"""Confirmation over frames."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import difference_deg
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sight import BASE_SPREAD
from firewatch.domain.vision import Box, Detections, FrameStamp, Look, Sighting, SightingPhase
from firewatch.errors import InvalidValue
from firewatch_edge.confirm import (
    Confirmer,
    ConfirmState,
    Found,
    Rules,
    Track,
    Viewpoint,
    affinity,
    associate,
    base_bearing,
    grown,
    touches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENS = Calibration("a/north/main", 350.0, 0.0, 60.0, 0.3)
VIEW = Viewpoint(TowerId("a"), CameraId("north"), PoseId("main"), LENS, "f" * 64)
RULES = Rules(threshold=0.4)
SMOKE = (600.0, 300.0, 640.0, 340.0, 0.8)

Row = tuple[float, float, float, float, float]


def stamp(at_s: float, number: int | None = None) -> FrameStamp:
    name = int(at_s * 1000) + 10**9 if number is None else number
    return FrameStamp(START + timedelta(seconds=at_s), f"{name:064x}", 1280, 720)


def found(*rows: Row) -> Detections:
    table = np.array(sorted(rows, key=lambda row: -row[4]), np.float32).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


class Play:
    """Plays frames through a confirmer, every 10 s unless said otherwise."""

    def __init__(self, rules: Rules = RULES, period_s: float = 10.0) -> None:
        self.confirmer = Confirmer(rules, VIEW, np.random.default_rng(7))
        self.state = ConfirmState()
        self.period_s = period_s
        self.at_s = 0.0

    def frame(self, *rows: Row, at: FrameStamp | None = None) -> tuple[Sighting, ...]:
        self.at_s += self.period_s
        self.state, changes = self.confirmer.step(self.state, at or stamp(self.at_s), found(*rows))
        return changes

    def frames(self, frames: Sequence[Sequence[Row]]) -> list[tuple[int, Sighting]]:
        return [(i, change) for i, rows in enumerate(frames) for change in self.frame(*rows)]


def phases(changes: list[tuple[int, Sighting]]) -> list[tuple[int, str]]:
    return [(i, change.phase.value) for i, change in changes]


def test_three_frames_open_a_sighting() -> None:
    changes = Play().frames([[SMOKE]] * 3)
    assert phases(changes) == [(2, "opened")]
    sighting = changes[0][1]
    assert sighting.revision == 1
    assert sighting.first_seen_at == START + timedelta(seconds=10)
    assert sighting.observed_at == START + timedelta(seconds=30)
    assert len(sighting.looks) == sighting.frames_hit == sighting.frames_seen == 3
    assert sighting.score == pytest.approx(0.8)
    assert (sighting.tower_id, sighting.camera_id, sighting.calibration_id) == ("a", "north", "a/north/main")


def test_two_frames_and_any_number_of_weak_ones_do_not() -> None:
    weak = (*SMOKE[:4], 0.39)
    assert Play().frames([[SMOKE], [SMOKE], *[[weak]] * 10]) == []


def test_three_hits_outside_one_window_of_frames_do_not() -> None:
    gap: list[list[Row]] = [[], [], []]
    assert Play().frames([[SMOKE], *gap, [SMOKE], *gap, [SMOKE], *gap, [SMOKE]]) == []


def test_three_hits_with_gaps_inside_the_window_do() -> None:
    assert phases(Play().frames([[SMOKE], [], [SMOKE], [], [SMOKE]])) == [(4, "opened")]


def test_hits_hours_apart_prove_nothing() -> None:
    assert Play(Rules(0.4, window_s=600.0), period_s=1800.0).frames([[SMOKE]] * 8) == []


def test_a_window_in_seconds_follows_the_cadence() -> None:
    assert phases(Play(Rules(0.4, window_s=3600.0), period_s=1200.0).frames([[SMOKE]] * 3)) == [(2, "opened")]


def test_a_repeated_frame_does_not_confirm() -> None:
    play = Play()
    changes = [play.frame(SMOKE, at=stamp(10.0 * i, number=1)) for i in range(20)]
    assert changes == [()] * 20


def test_a_frame_out_of_order_changes_nothing() -> None:
    play = Play()
    play.frames([[SMOKE], [SMOKE]])
    before = play.state
    assert play.frame(SMOKE, at=stamp(15.0)) == ()
    assert play.frame(SMOKE, at=stamp(20.0, number=5)) == ()
    assert play.state is before


def test_a_plume_that_rises_and_leans_stays_one_sighting() -> None:
    plume = [[(600.0, 300.0 - 20 * i, 640.0 + 25 * i, 340.0, 0.7)] for i in range(12)]
    changes = Play().frames(plume)
    assert phases(changes)[0] == (2, "opened")
    assert {change.sighting_id for _, change in changes} == {changes[0][1].sighting_id}
    assert [change.revision for _, change in changes] == list(range(1, len(changes) + 1))
    assert "growing" in {phase for _, phase in phases(changes)}


def test_two_fires_are_two_sightings() -> None:
    other = (100.0, 300.0, 140.0, 340.0, 0.6)
    changes = Play().frames([[SMOKE, other]] * 3)
    assert phases(changes) == [(2, "opened"), (2, "opened")]
    assert len({change.sighting_id for _, change in changes}) == 2


def test_pieces_of_one_plume_are_one_sighting() -> None:
    upper = (605.0, 255.0, 660.0, 300.0, 0.6)
    changes = Play().frames([[SMOKE, upper]] * 8)
    assert len({change.sighting_id for _, change in changes}) == 1


def test_a_piece_beside_a_confirmed_plume_opens_nothing_new() -> None:
    beside = (655.0, 240.0, 700.0, 280.0, 0.6)
    changes = Play().frames([*[[SMOKE]] * 3, *[[SMOKE, beside]] * 5])
    assert len({change.sighting_id for _, change in changes}) == 1


def test_a_piece_alone_keeps_a_confirmed_plume_going() -> None:
    beside = (660.0, 240.0, 700.0, 285.0, 0.6)
    changes = Play().frames([*[[SMOKE]] * 3, *[[beside]] * 8])
    assert len({change.sighting_id for _, change in changes}) == 1
    assert "ended" not in {phase for _, phase in phases(changes)}


def test_tracks_that_meet_before_both_are_confirmed_become_one() -> None:
    """Two pieces start apart; when the second has its third hit, it touches the first, which is a sighting."""
    far, near = (690.0, 300.0, 720.0, 340.0, 0.6), (660.0, 300.0, 700.0, 340.0, 0.6)
    changes = Play().frames([[SMOKE, far], [SMOKE], [SMOKE, far], [SMOKE, near]])
    assert phases(changes) == [(2, "opened")]


def test_a_sighting_ends_when_the_window_holds_no_hit() -> None:
    changes = Play().frames([*[[SMOKE]] * 3, *[[]] * 10])
    assert phases(changes) == [(2, "opened"), (8, "ended")]
    ended = changes[-1][1]
    assert ended.revision == 2
    assert ended.observed_at == START + timedelta(seconds=30)
    assert (ended.frames_hit, ended.frames_seen) == (1, 6)


def test_after_its_end_a_smoke_is_a_new_sighting() -> None:
    changes = Play().frames([*[[SMOKE]] * 3, *[[]] * 6, *[[SMOKE]] * 3])
    assert phases(changes) == [(2, "opened"), (8, "ended"), (11, "opened")]
    assert changes[0][1].sighting_id != changes[2][1].sighting_id


def test_a_steady_sighting_is_reported_every_six_frames() -> None:
    assert phases(Play().frames([[SMOKE]] * 15)) == [(2, "opened"), (8, "growing"), (14, "growing")]


def test_a_rise_of_the_score_is_reported_at_once() -> None:
    rows = [[(*SMOKE[:4], 0.5)]] * 3 + [[(*SMOKE[:4], 0.95)]] * 2
    assert phases(Play().frames(rows)) == [(2, "opened"), (4, "growing")]


def test_growth_is_reported_before_its_turn() -> None:
    rules = Rules(0.4, report_every=100)
    growing = [[(600.0, 340.0 - 40 * 1.25**i, 640.0, 340.0, 0.7)] for i in range(10)]
    changes = Play(rules).frames(growing)
    assert phases(changes)[1][1] == "growing"


def test_a_missed_frame_is_no_news() -> None:
    rows: list[list[Row]] = [[SMOKE]] * 3 + [[]] * 5 + [[]]
    assert phases(Play(Rules(0.4, report_every=2)).frames(rows)) == [(2, "opened"), (8, "ended")]


def test_the_same_seed_gives_the_same_sightings() -> None:
    assert Play().frames([[SMOKE]] * 9) == Play().frames([[SMOKE]] * 9)


def test_the_bearing_is_that_of_the_base_with_the_width_as_doubt() -> None:
    look = Look(stamp(0), Box(1200.0, 100.0, 1240.0, 500.0), 0.5)
    bearing = base_bearing(LENS, look)
    exact = LENS.bearing_of(1220.0, 500.0, 1280, 720)
    assert bearing.azimuth_deg == pytest.approx(exact.azimuth_deg, abs=1e-9)
    width_deg = abs(difference_deg(*(LENS.bearing_of(x, 500.0, 1280, 720).azimuth_deg for x in (1240.0, 1200.0))))
    assert bearing.sigma_deg == pytest.approx(np.hypot(exact.sigma_deg, BASE_SPREAD * width_deg), rel=0.1)


def test_state_says_whether_anything_is_confirmed() -> None:
    play = Play()
    play.frames([[SMOKE]] * 2)
    assert not play.state.is_confirmed
    play.frame(SMOKE)
    assert play.state.is_confirmed


@pytest.mark.parametrize(
    "wrong",
    [{"threshold": 1.1}, {"hits": 0}, {"hits": 7}, {"window_s": 0.0}, {"report_every": 0}, {"score_rise": -0.1}],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        Rules(**{"threshold": 0.4, **wrong})  # type: ignore[arg-type]


def test_boxes_match_as_in_the_reference(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    for case in vectors["box_match"]["cases"]:
        a, b = Box(*case["a"]), Box(*case["b"])
        assert touches(a, b, case["tol"]) is case["match"]
        assert touches(b, a, case["tol"]) is case["match"]


def test_growth_is_judged_as_in_the_reference(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    for case in vectors["growth_consensus"]["cases"]:
        assert grown(case["areas"]) is case["growing"]


def temporal_cases(shared_data: Path) -> dict[str, list[list[Row]]]:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))
    size = np.array([1280.0, 720.0, 1280.0, 720.0, 1.0])
    return {
        case["name"]: [[tuple(np.array(row) * size) for row in frame] for frame in case["frames"]]
        for case in vectors["temporal_combination"]["cases"]
    }


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("steady_0.9", 2),
        ("steady_0.6", 2),
        ("single_frame_flash_0.9", None),
        ("two_frames_0.9_then_nothing", None),
        ("alternating_0.7", 4),
        ("drift_right_half_overlap_0.8", 2),
        ("drift_right_no_overlap_between_frames_0.8", None),
        ("two_places_alternate_0.9", 4),
        ("hysteresis_decay", 2),
        # The reference alerts in the second frame, because it counts two boxes of one frame as two frames.
        ("two_overlapping_boxes_same_frame_0.4x2", 2),
    ],
)
def test_frames_combine_as_in_the_reference_but_for_its_defect(shared_data: Path, name: str, first: int | None) -> None:
    play = Play(Rules(threshold=0.25))
    frames = temporal_cases(shared_data)[name]
    opened = [i for i, change in play.frames(frames) if change.phase is SightingPhase.OPENED]
    assert (opened[0] if opened else None) == first


def test_a_dead_camera_confirms_nothing(shared_data: Path) -> None:
    """The reference's finding, reversed: one picture with smoke, shown for ten minutes, is no fire."""
    assert json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))["dead_camera"]
    play = Play(Rules(threshold=0.25))
    picture = stamp(0.0, number=9)
    frozen = [FrameStamp(START + timedelta(seconds=30 * i), picture.sha256, 1280, 720) for i in range(20)]
    assert [play.frame((*SMOKE[:4], 0.3), at=at) for at in frozen] == [()] * 20


def test_matching_prefers_the_closer_box() -> None:
    track = Track.begin(Look(stamp(0), Box(100, 100, 140, 140), 0.5))
    close, far = (Look(stamp(10), Box(x, 100, x + 40, 140), 0.5) for x in (104, 120))
    hits, fresh = associate([track], Found([far, close]))
    assert hits == {0: close}
    assert fresh == []


def test_boxes_far_apart_do_not_belong_together() -> None:
    assert affinity(Box(0, 0, 40, 40), Box(200, 0, 240, 40)) == 0.0
    assert affinity(Box(0, 0, 40, 40), Box(46, 0, 86, 40)) == 0.0


def test_a_common_base_joins_boxes_of_very_different_height() -> None:
    assert affinity(Box(100, 320, 110, 340), Box(90, 40, 200, 340)) > 0.0


rows = st.tuples(st.integers(0, 20), st.integers(0, 10), st.floats(0.0, 1.0))
detected = st.lists(
    rows.map(lambda r: (r[0] * 60.0, r[1] * 60.0, r[0] * 60.0 + 50.0, r[1] * 60.0 + 50.0, r[2])), max_size=4
)


@given(st.lists(st.tuples(detected, st.integers(-2, 3), st.integers(0, 5)), max_size=25))
def test_no_sighting_has_fewer_than_three_distinct_frames_in_order(
    script: list[tuple[list[Row], int, int]],
) -> None:
    """Whatever is repeated or out of order, what opens rests on three pictures, each newer than the one before."""
    play = Play()
    at_s = 0.0
    revisions: dict[str, int] = {}
    ended: set[str] = set()
    for boxes, step, picture in script:
        at_s += 10.0 * step
        at = FrameStamp(START + timedelta(hours=1, seconds=at_s), f"{picture + 16 * len(revisions):064x}", 1280, 720)
        for change in play.frame(*boxes, at=at):
            times = [look.stamp.captured_at for look in change.looks]
            assert times == sorted(set(times))
            assert change.sighting_id not in ended
            assert change.revision == revisions.get(change.sighting_id, 0) + 1
            revisions[change.sighting_id] = change.revision
            if change.phase is SightingPhase.OPENED:
                assert len({look.stamp.sha256 for look in change.looks}) >= 3
            if change.phase is SightingPhase.ENDED:
                ended.add(change.sighting_id)


@given(st.lists(st.tuples(detected, st.booleans()), max_size=20))
def test_repeating_frames_changes_no_sighting(script: list[tuple[list[Row], bool]]) -> None:
    plain, noisy = Play(), Play()
    for number, (boxes, is_repeated) in enumerate(script):
        at = stamp(10.0 * number)
        changes = plain.frame(*boxes, at=at)
        assert noisy.frame(*boxes, at=at) == changes
        if is_repeated:
            assert noisy.frame(*boxes, at=at) == ()
            assert noisy.frame(*boxes, at=FrameStamp(at.captured_at + timedelta(seconds=1), at.sha256, 1280, 720)) == ()
    assert noisy.state == plain.state
