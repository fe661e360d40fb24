"""What a probation comes to, whatever happens to the node and its computer."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_packages import AT

from firewatch_edge.update.state import (
    SHIPPED,
    ModelState,
    Probation,
    ProbationRules,
    begun,
    decoded,
    encoded,
    judged,
    passed,
    rolled_back,
    switched,
    without_failing,
)

RULES = ProbationRules(watch_s=600.0, least_frames=10)
NEW, NEWER = "0.4.0-0123456789ab", "0.5.0-0123456789ab"
FRESH = Probation(since=AT)


def ended(probation: Probation) -> Probation:
    return msgspec.structs.replace(probation, running=None)


def test_a_switch_keeps_the_way_back_and_a_roll_back_remembers_what_failed() -> None:
    first = switched(ModelState(), NEW, AT)
    assert (first.current, first.previous, first.probation) == (NEW, SHIPPED, FRESH)
    second = switched(passed(first), NEWER, AT)
    assert (second.current, second.previous) == (NEWER, NEW)
    back = rolled_back(second, NEW, "it crashed", AT)
    assert (back.current, back.previous, back.probation, back.refused) == (NEW, SHIPPED, None, (NEWER,))
    assert back.taken_back is not None
    assert (back.taken_back.model, back.taken_back.why) == (NEWER, "it crashed")
    shipped = rolled_back(back, SHIPPED, "x" * 5000, AT)
    assert (shipped.current, shipped.previous, shipped.refused) == (SHIPPED, None, (NEWER, NEW))
    assert shipped.taken_back is not None
    assert len(shipped.taken_back.why) == 300
    assert switched(shipped, NEW, AT).refused == (NEWER,)


def test_it_is_proved_by_time_and_frames_together() -> None:
    half = judged(FRESH, 300.0, 100, 0, RULES)
    assert not without_failing(half, RULES)
    whole = judged(half, 300.0, 0, 0, RULES)
    assert without_failing(whole, RULES)
    assert passed(ModelState(current=NEW, probation=whole)).probation is None


def test_a_time_without_frames_is_no_proof() -> None:
    assert "judged 9 frames in 10 minutes" in judged(FRESH, 600.0, 9, 0, RULES).failed
    assert not judged(FRESH, 599.0, 0, 0, RULES).failed


def test_frames_that_cannot_be_judged_end_it_but_not_a_few_of_many() -> None:
    assert "6 of 16 frames could not be judged" in judged(FRESH, 1.0, 10, 6, RULES).failed
    assert not judged(FRESH, 1.0, 10, 5, RULES).failed
    assert not judged(FRESH, 1.0, 1000, 6, RULES).failed


def test_a_run_that_was_killed_fails_and_one_that_ended_in_order_does_not() -> None:
    running = begun(FRESH, "boot-1", RULES)
    assert (running.failed, running.running) == ("", "boot-1")
    assert "crashed, hung or was killed" in begun(running, "boot-1", RULES).failed
    assert not begun(ended(running), "boot-1", RULES).failed


def test_one_power_cut_proves_nothing_and_a_second_does() -> None:
    once = begun(begun(FRESH, "boot-1", RULES), "boot-2", RULES)
    assert (once.failed, once.power_cuts) == ("", 1)
    assert "went down 2 times" in begun(once, "boot-3", RULES).failed


def test_where_the_computer_does_not_tell_its_boot_a_run_that_did_not_end_has_failed() -> None:
    assert begun(begun(FRESH, "", RULES), "", RULES).failed
    assert begun(begun(FRESH, "boot-1", RULES), "", RULES).failed


def test_a_loop_of_starts_without_a_frame_ends() -> None:
    probation = FRESH
    for _ in range(RULES.most_starts):
        probation = ended(begun(probation, "boot", RULES))
        assert not probation.failed
    assert "started 5 times without judging a frame" in begun(probation, "boot", RULES).failed
    assert not begun(judged(probation, 1.0, 1, 0, RULES), "boot", RULES).failed


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("start"), st.sampled_from(["a", "b", ""])),
            st.tuples(st.just("watch"), st.floats(0.0, 400.0), st.integers(0, 30), st.integers(0, 5)),
            st.tuples(st.just("end")),
        ),
        max_size=30,
    )
)
@settings(max_examples=40)
def test_what_has_failed_never_passes_and_every_long_probation_is_decided(steps: list[tuple[object, ...]]) -> None:
    probation = FRESH
    for step in steps:
        had_failed = probation.failed
        if step[0] == "start":
            probation = begun(probation, str(step[1]), RULES)
        elif step[0] == "watch":
            probation = judged(probation, *step[1:], RULES)  # type: ignore[arg-type]
        else:
            probation = ended(probation)
        assert probation.failed == had_failed or not had_failed
        assert not (probation.failed and without_failing(probation, RULES))
        if probation.watched_s >= RULES.watch_s:
            assert bool(probation.failed) != without_failing(probation, RULES)
        assert decoded(encoded(ModelState(current=NEW, probation=probation))).probation == probation


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b'{"current": "../../etc"}', b'{"schema": "firewatch-models/2"}', b'{"previous": "x"}'],
)
def test_a_state_that_says_anything_else_is_not_believed(content: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decoded(content)
