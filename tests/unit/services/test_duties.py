"""Duties are done at their own pace, and one that fails ends no other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.services.duties import Duty, run_duties

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
