"""A node that falls behind its cameras looks at fewer places, says so, and looks at all again later."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from firewatch.domain.vision import Detections
from firewatch_edge.confirm import Rules
from firewatch_edge.detect import Candidates
from firewatch_edge.node import Pace, RulePair, Terms, Watched

FOUND = Candidates(np.zeros((3, 4), np.float32), *(np.zeros(3, np.float32) for _ in range(3)), from_detector=2)
TERMS = Terms.of_rules(RulePair(Rules(0.5)))
WATCHED = Watched(0.1, FOUND, (), 40.0, 60.0, Detections.none(), TERMS)


def after(pace: Pace, *overtaken: int) -> list[int | None]:
    most = []
    for number in overtaken:
        pace.saw(WATCHED, number, 1.0)
        most.append(pace.most)
    return most


def test_with_time_for_all_nothing_is_cut() -> None:
    assert after(Pace(8, 0.0), *[0] * 100) == [None] * 100


def test_one_overtaken_frame_is_a_hiccup_and_two_are_a_slow_node(caplog: pytest.LogCaptureFixture) -> None:
    pace = Pace(8, 0.0)
    assert after(pace, 1, 0, 0, 1) == [None, None, None, 4]
    assert after(pace, 2, 5, 5) == [2, 2, 2]
    told = [record for record in caplog.records if record.msg == "temporal.places"]
    assert [(line.levelno, line.__dict__["most"]) for line in told] == [(logging.WARNING, 4), (logging.WARNING, 2)]


def test_after_thirty_calm_frames_more_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    pace = Pace(8, 0.0)
    after(pace, 2, 2)
    assert after(pace, *[0] * 30)[-2:] == [2, 4]
    assert after(pace, *[0] * 30)[-2:] == [4, None]
    assert caplog.records[-1].__dict__["most"] == 8


def test_a_hiccup_is_forgotten_after_thirty_calm_frames() -> None:
    assert after(Pace(8, 0.0), 1, *[0] * 30, 1)[-1] is None


@pytest.mark.parametrize("full", [1, 2, 3])
def test_a_model_that_looks_at_few_is_never_told_to_look_at_more(full: int) -> None:
    pace = Pace(full, 0.0)
    assert (after(pace, *[5] * 10)[-1] or full) == min(2, full)


def test_every_ten_minutes_the_log_says_what_the_stages_cost(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    pace = Pace(8, 0.0)
    for at_s in (100.0, 599.0, 600.0, 700.0, 1199.0):
        pace.saw(WATCHED, 0, at_s)
    pace.saw(Watched(0.1, None, (), 40.0, 0.0, Detections.none(), TERMS), 0, 1200.0)
    told = [record.__dict__ for record in caplog.records if record.msg == "temporal.pace"]
    assert [(line["frames"], line["verified"], line["places"]) for line in told] == [(3, 3, 9), (3, 2, 6)]
    assert (told[0]["detector_ms"], told[0]["temporal_ms"], told[0]["worst_temporal_ms"]) == (40.0, 60.0, 60.0)


def test_without_a_verifier_there_is_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    pace = Pace(0, 0.0)
    pace.saw(WATCHED, 9, 9999.0)
    assert pace.most is None
    assert caplog.records == []
