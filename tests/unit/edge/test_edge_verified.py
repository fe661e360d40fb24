"""Confirmation of frames that were compared with their past, mixed with frames that could not be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, Detections, FrameStamp, Look, Sighting
from firewatch.errors import InvalidValue
from firewatch_edge.confirm import Confirmer, ConfirmState, Found, Rules, Track, Viewpoint, associate

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
VIEW = Viewpoint(
    TowerId("a"), CameraId("north"), PoseId("main"), Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3), "f" * 64
)
ALONE, VERIFIED = Rules(0.6), Rules(0.5, hits=3, window=6, span_s=20.0)

Row = tuple[float, float, float, float, float]
SMOKE: Row = (600.0, 300.0, 640.0, 340.0, 0.9)


def found(*rows: Row) -> Detections:
    table = np.array(sorted(rows, key=lambda row: -row[4]), np.float32).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


class Play:
    def __init__(self, verified: Rules = VERIFIED, period_s: float = 10.0) -> None:
        self.confirmer = Confirmer(ALONE, VIEW, np.random.default_rng(7), verified)
        self.state, self.number, self.period_s = ConfirmState(), 0, period_s

    def _stamp(self) -> FrameStamp:
        self.number += 1
        return FrameStamp(START + timedelta(seconds=self.period_s * self.number), f"{self.number:064x}", 1280, 720)

    def alone(self, *rows: Row) -> list[str]:
        self.state, changes = self.confirmer.step(self.state, self._stamp(), found(*rows))
        return self._phases(changes)

    def verified(self, *rows: Row, carried: tuple[Row, ...] = (), weak: tuple[Row, ...] = ()) -> list[str]:
        self.state, changes = self.confirmer.step_verified(
            self.state, self._stamp(), found(*rows), found(*carried), found(*weak)
        )
        return self._phases(changes)

    @staticmethod
    def _phases(changes: tuple[Sighting, ...]) -> list[str]:
        return [change.phase.value for change in changes]


def scored(row: Row, score: float) -> Row:
    return (*row[:4], score)


def test_three_verified_hits_confirm() -> None:
    play = Play()
    assert [play.verified(scored(SMOKE, 0.55)) for _ in range(3)] == [[], [], ["opened"]]


def test_two_hits_of_single_frames_and_one_that_is_verified_confirm() -> None:
    play = Play()
    assert [play.alone(SMOKE), play.alone(SMOKE), play.verified(SMOKE)] == [[], [], ["opened"]]


def test_hits_of_single_frames_alone_never_open_where_there_is_a_past() -> None:
    """With two hits wanted, two frames before there was a past would do; the past has the last word."""
    play = Play(Rules(0.5, hits=2, window=4))
    assert [play.alone(SMOKE), play.alone(SMOKE)] == [[], []]
    assert [play.verified(carried=(SMOKE,)) for _ in range(6)] == [[]] * 6


def test_what_may_only_carry_on_begins_nothing() -> None:
    play = Play()
    assert [play.verified(carried=(SMOKE,)) for _ in range(10)] == [[]] * 10
    assert play.state.tracks == ()


def test_a_sighting_is_carried_on_and_has_the_larger_score() -> None:
    play = Play()
    for _ in range(3):
        play.verified(SMOKE, carried=(SMOKE,))
    for _ in range(20):
        assert "ended" not in play.verified(scored(SMOKE, 0.1), carried=(scored(SMOKE, 0.7),))
    (track,) = play.state.tracks
    assert track.latest.score == pytest.approx(0.7)
    ended = [play.verified() for _ in range(8)]
    assert ["ended"] in ended


def test_beside_a_sighting_what_may_only_carry_on_opens_no_second_one() -> None:
    play = Play()
    beside = (700.0, 300.0, 740.0, 340.0, 0.8)
    for _ in range(3):
        play.verified(SMOKE, carried=(SMOKE, beside))
    assert [play.verified(carried=(SMOKE, beside)) for _ in range(5)] == [[], [], [], [], []]
    assert len(play.state.tracks) == 1


def test_a_piece_of_a_plume_carries_it_on_where_nothing_better_is_found() -> None:
    play = Play()
    for _ in range(3):
        play.verified(SMOKE, carried=(SMOKE,))
    piece = (645.0, 200.0, 665.0, 299.0, 0.7)
    assert all("ended" not in play.verified(carried=(piece,)) for _ in range(12))


def test_hits_of_one_moment_are_not_enough() -> None:
    play = Play(VERIFIED, period_s=4.0)
    assert [play.verified(SMOKE) for _ in range(6)] == [[], [], [], [], [], ["opened"]]
    assert VERIFIED.step_s == 4.0


@pytest.mark.parametrize("period_s", [10.0, 60.0])
def test_the_span_costs_cameras_of_ten_and_sixty_seconds_nothing(period_s: float) -> None:
    play = Play(VERIFIED, period_s)
    assert [play.verified(SMOKE) for _ in range(3)] == [[], [], ["opened"]]


def test_a_confirmation_waits_for_a_hit() -> None:
    """The span is reached by a hit, not by waiting."""
    play = Play(Rules(0.5, hits=2, window=6, span_s=20.0), period_s=10.0)
    assert [play.verified(SMOKE), play.verified(SMOKE), play.verified(), play.verified(SMOKE)] == [
        [],
        [],
        [],
        ["opened"],
    ]


@given(st.lists(st.lists(st.sampled_from([0.0, 0.3, 0.55, 0.7, 0.95]), max_size=3), max_size=25))
def test_rules_without_a_span_of_their_own_judge_verified_frames_as_single_ones(frames: list[list[float]]) -> None:
    alone, verified = Play(ALONE), Play(ALONE)
    for scores in frames:
        rows = [(100.0 + 200.0 * i, 300.0, 150.0 + 200.0 * i, 340.0, score) for i, score in enumerate(scores)]
        weak = tuple(row for row in rows if row[4] >= ALONE.carry_threshold)
        assert alone.alone(*rows) == verified.verified(*rows, weak=weak)
        assert alone.state == verified.state


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 4), max_size=4)), max_size=30))
def test_whatever_comes_no_sighting_ends_twice_or_goes_on_after_its_end(frames: list[tuple[bool, list[int]]]) -> None:
    play, ended, open_now = Play(), set[str](), set[str]()
    for is_verified, places in frames:
        rows = [(100.0 + 150.0 * p, 300.0, 150.0 + 150.0 * p, 340.0, 0.9 - 0.1 * i) for i, p in enumerate(places)]
        stamp = play._stamp()
        if is_verified:
            play.state, changes = play.confirmer.step_verified(play.state, stamp, found(*rows[:2]), found(*rows))
        else:
            play.state, changes = play.confirmer.step(play.state, stamp, found(*rows))
        for change in changes:
            assert change.sighting_id not in ended
            assert (change.phase.value == "opened") is (change.sighting_id not in open_now)
            (ended if change.phase.value == "ended" else open_now).add(change.sighting_id)


def test_a_look_that_carries_one_track_goes_to_no_other() -> None:
    stamp = FrameStamp(START, "0" * 64, 1280, 720)
    first, second = (Look(stamp, Box(x, 300.0, x + 40.0, 340.0), 0.9) for x in (600.0, 610.0))
    sure, young = Track((first,), first, START, sighting_id="01J00000000000000000000000"), Track.begin(second)  # type: ignore[arg-type]
    now = Look(stamp, Box(600.0, 300.0, 640.0, 340.0), 0.7)
    hits, fresh = associate([young, sure], Found([now], [now]))
    assert hits == {1: now}
    assert fresh == []


@pytest.mark.parametrize("wrong", [{"span_s": -1.0}, {"span_s": 601.0}, {"span_s": float("nan")}])
def test_a_span_that_no_window_could_meet_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="span"):
        Rules(0.5, **wrong)  # type: ignore[arg-type]
    assert Rules(0.5, hits=1, window=1, span_s=20.0).step_s == 0.0
