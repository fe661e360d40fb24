"""How late frames come, by the camera's time beside ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch_edge.capture import Lateness, Ruler


def test_frames_that_come_as_they_are_made_are_not_late_whatever_the_cameras_clock_says() -> None:
    ruler = Ruler()
    assert [ruler.late_s(5000.0 + n, 100.0 + n) for n in range(5)] == [0.0] * 5


def test_frames_that_gather_on_their_way_are_late_by_what_they_waited() -> None:
    ruler = Ruler()
    ruler.late_s(0.0, 10.0)
    assert ruler.late_s(1.0, 11.0) == 0.0
    assert ruler.late_s(2.0, 42.0) == pytest.approx(30.0, abs=0.01)
    assert ruler.late_s(3.0, 42.1) == pytest.approx(29.1, abs=0.01)
    assert ruler.late_s(33.0, 43.0) == 0.0


def test_a_delay_that_stays_is_not_forgotten_in_an_hour() -> None:
    ruler = Ruler()
    ruler.late_s(0.0, 0.0)
    late = [ruler.late_s(n - 30.0, float(n)) for n in range(31, 3600)]
    assert min(late) > 29.0


def test_a_crystal_that_runs_slow_makes_no_lateness() -> None:
    ruler = Ruler()
    assert max(ruler.late_s(n * (1.0 - 50e-6), float(n)) for n in range(0, 86_400, 5)) < 0.01


def test_a_clock_that_is_set_back_makes_no_frame_late() -> None:
    ruler = Ruler()
    ruler.late_s(1000.0, 0.0)
    assert ruler.late_s(1001.0, 3.0) == pytest.approx(2.0, abs=0.01)
    assert ruler.late_s(500.0, 4.0) == pytest.approx(2.0, abs=0.01)
    assert ruler.late_s(503.0, 5.0) == pytest.approx(0.0, abs=0.01)


def test_frames_out_of_order_are_no_clock_set_back() -> None:
    ruler = Ruler()
    ruler.late_s(1.0, 0.0)
    assert ruler.late_s(0.96, 0.04) == pytest.approx(0.08, abs=1e-4)
    assert ruler.late_s(1.08, 0.08) == pytest.approx(0.0, abs=1e-4)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0.0, 100.0)), min_size=1, max_size=30))
def test_no_frame_is_of_the_future(frames: list[tuple[float, float]]) -> None:
    ruler, arrived_s = Ruler(), 0.0
    for stream_s, passed_s in frames:
        arrived_s += passed_s
        assert ruler.late_s(stream_s, arrived_s) >= 0.0


@given(st.lists(st.floats(0.0, 60.0), min_size=2, max_size=30), st.floats(-1e9, 1e9))
def test_lateness_does_not_depend_on_where_the_cameras_time_begins(delays: list[float], begins_s: float) -> None:
    here, there = Ruler(), Ruler()
    arrived_s = 0.0
    for number, delay_s in enumerate(delays):
        arrived_s = max(arrived_s, number + delay_s)
        one, other = here.late_s(float(number), arrived_s), there.late_s(begins_s + number, arrived_s)
        assert one == pytest.approx(other, abs=1e-5)


def test_what_had_gathered_before_the_first_frame_is_passed_over() -> None:
    lateness = Lateness(Ruler())
    settled = []
    for stream_s, arrived_s in [(0.0, 5.0), (1.0, 5.0), (4.9, 5.0), (5.0, 5.1), (5.1, 5.2)]:
        lateness.saw(stream_s, None, arrived_s)
        settled.append(lateness.is_settled)
    assert settled == [False, False, False, True, True]


def test_a_stream_without_times_is_taken_as_it_comes() -> None:
    lateness = Lateness(Ruler())
    assert lateness.saw(None, None, 7.0) == 0.0
    assert lateness.is_settled


def test_the_cameras_own_clock_shows_a_backlog_that_a_new_connection_begins_with() -> None:
    sender = Ruler()
    before = Lateness(sender)
    assert before.saw(0.0, 1_000_000.0, 50.0) == 0.0
    again = Lateness(sender)
    assert again.saw(0.0, 1_000_010.0, 80.0) == pytest.approx(20.0, abs=0.01)
    assert Lateness(Ruler()).saw(0.0, None, 80.0) == 0.0


def test_the_cameras_clock_takes_over_where_the_streams_time_stood() -> None:
    lateness = Lateness(Ruler())
    lateness.saw(0.0, None, 0.0)
    assert lateness.saw(1.0, None, 4.0) == pytest.approx(3.0, abs=0.01)
    assert lateness.saw(2.0, 9_000.0, 5.0) == pytest.approx(3.0, abs=0.01)
    assert lateness.saw(6.0, 9_004.0, 6.0) == pytest.approx(0.0, abs=0.01)
