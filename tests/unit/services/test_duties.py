"""Duties are done at their own pace, and one that fails ends no other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.services.duties import Duty, run_duties, run_side_by_side

if TYPE_CHECKING:
    import pytest


def test_a_failing_duty_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    stop, done = threading.Event(), []

    def work() -> None:
        done.append(1)
        if len(done) == 5:
            stop.set()

    def fail() -> None:
        raise ValueError("no")

    run_duties([Duty("fails", fail, 0.0), Duty("works", work, 0.01)], stop)
    assert len(done) == 5
    failures = [record for record in caplog.records if record.getMessage() == "duty.failed"]
    # It rests after a failure: within these few hundredths of a second it was asked once.
    assert len(failures) == 1
    assert vars(failures[0])["duty"] == "fails"


def test_a_stopped_loop_does_nothing() -> None:
    stop = threading.Event()
    stop.set()
    run_duties([Duty("never", lambda: 1 / 0, 0.0)], stop)


def test_a_slow_duty_aside_delays_no_other() -> None:
    stop, began, let_go = threading.Event(), threading.Event(), threading.Event()
    done: list[int] = []
    slow: list[bool] = []
    beside = threading.Event()

    def feed() -> None:
        beside.set()

    def work() -> None:
        assert began.wait(20)
        assert beside.wait(20), "a slow duty aside delays no other aside"
        done.append(1)
        if len(done) == 5:
            stop.set()
            let_go.set()

    def rate() -> None:
        began.set()
        slow.append(let_go.wait(20))

    run_side_by_side([Duty("raise alerts", work, 0.01)], [[Duty("rate", rate, 0.0)], [Duty("feeds", feed, 0.0)]], stop)
    assert (len(done), slow) == (5, [True])
