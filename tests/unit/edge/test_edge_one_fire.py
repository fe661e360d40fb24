"""One fire is one sighting: drifting, growing, flickering, hidden, beside another one, over restarts and long turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Detections, FrameStamp, Sighting, SightingPhase
from firewatch.errors import InvalidValue
from firewatch_edge.confirm import CARRY_ON, Confirmer, ConfirmState, Rules, Viewpoint

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
VIEW = Viewpoint(
    TowerId("a"), CameraId("north"), PoseId("main"), Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3), "f" * 64
)
RULES = Rules(0.4)
Row = tuple[float, float, float, float, float]
SMOKE: Row = (600.0, 300.0, 640.0, 340.0, 0.8)


def found(*rows: Row) -> Detections:
    table = np.array(sorted(rows, key=lambda row: -row[4]), np.float32).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


@dataclass
class Watch:
    """Plays frames and keeps what was reported, by sighting."""

    rules: Rules = RULES
    period_s: float = 10.0
    at_s: float = 0.0
    state: ConfirmState = field(default_factory=ConfirmState)
    said: dict[str, list[Sighting]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.confirmer = Confirmer(self.rules, VIEW, np.random.default_rng(7))

    def frame(self, *rows: Row, may_open: bool = True, after_s: float | None = None) -> list[SightingPhase]:
        self.at_s += self.period_s if after_s is None else after_s
        at = FrameStamp(START + timedelta(seconds=self.at_s), f"{int(self.at_s * 1000):064x}", 1280, 720)
        self.state, changes = self.confirmer.step(self.state, at, found(*rows), may_open=may_open)
        for change in changes:
            self.said.setdefault(change.sighting_id, []).append(change)
        return [change.phase for change in changes]

    def restart(self) -> None:
        """Start anew with what was reported last of each sighting that is open."""
        last = [story[-1] for story in self.said.values() if story[-1].phase is not SightingPhase.ENDED]
        self.confirmer = Confirmer(self.rules, VIEW, np.random.default_rng(8))
        self.state = self.confirmer.resume(last)

    def stories(self) -> list[list[SightingPhase]]:
        for story in self.said.values():
            assert [change.revision for change in story] == list(range(1, len(story) + 1))
        return [[change.phase for change in story] for story in self.said.values()]


@dataclass(frozen=True)
class Plume:
    """How a simulated plume behaves."""

    x: float
    lean: float
    rise: float
    jitter: int

    def box(self, number: int, score: float, rng: np.random.Generator) -> Row:
        height = 40.0 + self.rise * number
        width = 40.0 + abs(self.lean) * height
        middle = self.x + 0.5 * self.lean * height
        shake = rng.uniform(-0.1, 0.1, 4) * self.jitter / 10 * (width, height, width, height)
        base = np.array([middle - width / 2, 500.0 - height, middle + width / 2, 500.0])
        x0, y0, x1, y1 = (base + shake).tolist()
        return (x0, y0, x1, y1, score)


plumes = st.builds(Plume, st.just(300.0), st.floats(-0.6, 0.6), st.floats(0.0, 8.0), st.integers(0, 10))
# For each frame: the score, None where the detector sees nothing; at most two in a row are missed.
flicker = st.lists(st.one_of(st.floats(0.33, 0.39), st.floats(0.33, 0.95), st.none()), min_size=4, max_size=40).map(
    lambda scores: [
        0.7 if s is None and i >= 2 and scores[i - 1] is None and scores[i - 2] is None else s
        for i, s in enumerate(scores)
    ]
)


def watched(watch: Watch, frames: list[list[Row]], restart_at: int | None = None) -> list[list[SightingPhase]]:
    """Play three sure frames of all plumes first, then what was drawn, then twelve empty ones."""
    for number, rows in enumerate(frames):
        if number == restart_at:
            watch.restart()
        watch.frame(*rows)
    for _ in range(12):
        watch.frame()
    return watch.stories()


@given(plumes, flicker, st.integers(0, 2**31), st.one_of(st.none(), st.integers(3, 20)))
def test_one_plume_is_one_sighting_that_ends_once(
    plume: Plume, scores: list[float | None], seed: int, restart_at: int | None
) -> None:
    rng = np.random.default_rng(seed)
    frames = [[plume.box(n, 0.7, rng)] for n in range(3)]
    frames += [[] if s is None else [plume.box(n + 3, s, rng)] for n, s in enumerate(scores)]
    watch = Watch()
    (story,) = watched(watch, frames, restart_at)
    assert story[0] is SightingPhase.OPENED
    assert story.count(SightingPhase.ENDED) == 1
    assert story[-1] is SightingPhase.ENDED
    assert not watch.state.tracks


@given(plumes, plumes, flicker, flicker, st.integers(0, 2**31))
def test_two_fires_side_by_side_are_two_sightings(
    left: Plume, right: Plume, left_scores: list[float | None], right_scores: list[float | None], seed: int
) -> None:
    """Five degrees of a camera's sixty apart, upright: their plumes do not touch."""
    rng = np.random.default_rng(seed)
    left = Plume(300.0, 0.1, left.rise, left.jitter)
    right = Plume(460.0, 0.1, right.rise, right.jitter)
    frames = [[left.box(n, 0.7, rng), right.box(n, 0.6, rng)] for n in range(3)]
    for number, (a, b) in enumerate(zip(left_scores, right_scores, strict=False), 3):
        frames.append([plume.box(number, s, rng) for plume, s in ((left, a), (right, b)) if s is not None])
    stories = watched(Watch(), frames)
    assert [story[0] for story in stories] == [SightingPhase.OPENED] * 2
    assert [story[-1] for story in stories] == [SightingPhase.ENDED] * 2


def test_plumes_that_flow_together_stay_two_sightings_and_part_as_the_two() -> None:
    left, right = (300.0, 300.0, 360.0, 400.0, 0.8), (420.0, 300.0, 480.0, 400.0, 0.7)
    both = (300.0, 250.0, 480.0, 400.0, 0.9)
    watch = Watch()
    for rows in ([left, right],) * 3 + ([both],) * 20 + ([left, right],) * 4:
        watch.frame(*rows)
    assert all(SightingPhase.ENDED not in story for story in watch.stories())
    assert len(watch.said) == 2
    latest = sorted(story[-1].looks[-1].box.centre_x for story in watch.said.values())
    assert latest == [330.0, 450.0]
    assert [watched(watch, [])[i][-1] for i in range(2)] == [SightingPhase.ENDED] * 2


def test_a_hidden_sighting_reports_nothing_old_as_new() -> None:
    left, right = (300.0, 300.0, 360.0, 400.0, 0.8), (420.0, 300.0, 480.0, 400.0, 0.7)
    both = (300.0, 250.0, 480.0, 400.0, 0.9)
    watch = Watch()
    for rows in ([left, right],) * 3 + ([both],) * 30:
        watch.frame(*rows)
    ends = [story[-1].observed_at for story in watch.said.values()]
    for story in watch.said.values():
        times = [change.observed_at for change in story]
        assert times == sorted(set(times))
    assert max(ends) - min(ends) > timedelta(seconds=200)


def test_a_plume_in_pieces_stays_one_sighting() -> None:
    low, high = (600.0, 320.0, 640.0, 400.0, 0.8), (610.0, 200.0, 680.0, 310.0, 0.75)
    whole = (600.0, 200.0, 680.0, 400.0, 0.85)
    watch = Watch()
    for rows in ([whole],) * 4 + ([low, high],) * 6 + ([high],) * 3 + ([low],) * 3 + ([whole],) * 3:
        watch.frame(*rows)
    assert len(watch.stories()) == 1


def test_a_smoke_around_the_threshold_is_one_sighting() -> None:
    """Once open it is carried on from 0.8 of the threshold; by the threshold alone it would end and open again."""
    around = [(*SMOKE[:4], score) for score in [0.45] * 3 + [0.35] * 12 + [0.45] * 3]
    watch = Watch()
    for row in around:
        watch.frame(row)
    assert len(watch.stories()) == 1
    assert SightingPhase.ENDED not in watch.stories()[0]
    strict = Watch(Rules(0.4, carry_on=1.0))
    for row in around:
        strict.frame(row)
    assert [story[-1] for story in strict.stories()] == [SightingPhase.ENDED, SightingPhase.OPENED]


def test_what_only_carries_on_opens_nothing() -> None:
    watch = Watch()
    for _ in range(20):
        watch.frame((*SMOKE[:4], 0.39))
    assert watch.stories() == []
    assert not watch.state.tracks


def test_a_strong_look_is_preferred_to_a_weak_one_that_fits_better() -> None:
    watch = Watch()
    for _ in range(3):
        watch.frame(SMOKE)
    watch.frame((606.0, 300.0, 646.0, 340.0, 0.9), (*SMOKE[:4], 0.35))
    (track,) = watch.state.tracks
    assert track.latest.score == pytest.approx(0.9)


@pytest.mark.parametrize("share", [0.0, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InvalidValue, match="carry on"):
        Rules(0.4, carry_on=share)
    assert Rules(0.5).carry_threshold == 0.5 * CARRY_ON


class TestACameraThatTurns:
    """It comes back to a pose every half hour, and holds there for a candidate with a frame every ten seconds."""

    def test_a_hold_confirms_within_a_minute_and_not_over_hours(self) -> None:
        watch = Watch()
        watch.frame(SMOKE)
        assert watch.state.has_candidate
        assert [watch.frame(SMOKE), watch.frame(SMOKE)] == [[], [SightingPhase.OPENED]]
        assert not watch.state.has_candidate

    def test_hits_of_two_visits_prove_nothing_together(self) -> None:
        watch = Watch()
        watch.frame(SMOKE)
        watch.frame(SMOKE)
        assert watch.frame(SMOKE, after_s=1800.0) == []

    def test_one_visit_without_smoke_does_not_end_a_fire(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.frame(SMOKE)
        assert watch.frame(after_s=1800.0) == []
        watch.frame(SMOKE, after_s=1800.0)
        assert len(watch.stories()) == 1

    def test_three_visits_without_smoke_do(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.frame(SMOKE)
        assert [watch.frame(after_s=1800.0) for _ in range(3)] == [[], [], [SightingPhase.ENDED]]

    def test_a_candidate_that_is_gone_is_dismissed_and_holds_nothing(self) -> None:
        watch = Watch()
        watch.frame(SMOKE)
        for _ in range(6):
            watch.frame()
        assert not watch.state.has_candidate


class TestAfterARestart:
    def test_a_fire_that_burns_on_is_the_same_sighting(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.frame(SMOKE)
        watch.restart()
        for _ in range(8):
            watch.frame(SMOKE, after_s=60.0)
        (story,) = watch.stories()
        assert story[0] is SightingPhase.OPENED
        assert set(story[1:]) == {SightingPhase.GROWING}

    def test_one_that_went_out_meanwhile_is_ended(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.frame(SMOKE)
        watch.restart()
        assert [watch.frame(after_s=3600.0), watch.frame(), watch.frame()] == [[], [], [SightingPhase.ENDED]]


class TestAtNight:
    """Without a model that was tried at night."""

    def test_nothing_opens(self) -> None:
        watch = Watch()
        assert [watch.frame(SMOKE, may_open=False) for _ in range(10)] == [[]] * 10
        assert not watch.state.has_candidate

    def test_what_is_open_is_carried_on_and_ends_when_it_is_gone(self) -> None:
        watch = Watch()
        for _ in range(3):
            watch.frame(SMOKE)
        for _ in range(20):
            assert SightingPhase.ENDED not in watch.frame(SMOKE, may_open=False)
        assert [SightingPhase.ENDED] in [watch.frame(may_open=False) for _ in range(8)]

    def test_hits_of_the_day_open_nothing_at_night(self) -> None:
        watch = Watch()
        watch.frame(SMOKE)
        watch.frame(SMOKE)
        assert watch.frame(SMOKE, may_open=False) == []
