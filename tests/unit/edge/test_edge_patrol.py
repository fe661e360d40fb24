"""The round of a turning camera, on a clock that is an argument: where it looks, what it believes, when it waits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patrol_world import PANS, POSES, TURN_S, World

from firewatch.domain.ids import PoseId
from firewatch.errors import InvalidValue
from firewatch_edge.patrol import (
    Ask,
    Event,
    Go,
    Judged,
    Look,
    LookFree,
    MountPosition,
    MountStatus,
    Patrol,
    PatrolPose,
    PatrolRules,
    Pause,
    Paused,
    Phase,
    Recognise,
    Refused,
    Standing,
    Strayed,
    Told,
    View,
    Viewed,
    Went,
)


def world(**facts: object) -> World:
    return World(Patrol(PatrolRules(), POSES), **facts)  # type: ignore[arg-type]


def test_a_round_looks_at_each_pose_twice_and_is_timed() -> None:
    there = world()
    there.run(60.0)
    assert there.sent()[:6] == [0, 1, 2, 0, 1, 2]
    assert there.looked()[:6] == [0, 0, 1, 1, 2, 2]
    report = there.patrol.report(there.state, there.at_s)
    # Three seconds of turning, two of settling, five between two frames; what is left is asking and comparing.
    assert report.cycle_s == pytest.approx(3 * (TURN_S + 2.0 + 5.0), abs=3 * 1.5)
    assert not report.is_late
    assert report.blind == ()


def test_no_frame_is_taken_before_the_camera_has_arrived_and_settled() -> None:
    there = world()
    there.run(60.0)
    went_s = 0.0
    for at_s, act in there.acts:
        if isinstance(act, Go):
            went_s = at_s
        elif isinstance(act, Look):
            assert at_s - went_s >= TURN_S + 2.0 - 0.2


def test_a_round_of_more_than_half_an_hour_is_late_before_it_is_over() -> None:
    there = world()
    state = there.state
    there.run(30.0)
    state = there.state
    assert not there.patrol.report(state, there.at_s).is_late
    report = there.patrol.report(state, there.at_s + 1801.0)
    assert report.is_late
    assert report.cycle_s is not None
    assert report.cycle_s > 1800.0


def test_a_candidate_holds_the_patrol_with_a_frame_every_ten_seconds_until_it_is_confirmed() -> None:
    there = world(standings={1: [Standing.CANDIDATE, Standing.CANDIDATE, Standing.CANDIDATE, Standing.CONFIRMED]})
    there.run(90.0)
    looks = [at_s for at_s, act in there.acts if act == Look(1)][:4]
    assert [round(b - a) for a, b in itertools.pairwise(looks)] == [10, 10, 10]
    assert there.sent()[:3] == [0, 1, 2]


def test_a_dismissed_candidate_lets_the_patrol_go_on() -> None:
    there = world(standings={0: [Standing.CANDIDATE, Standing.CANDIDATE, Standing.CLEAR]})
    there.run(40.0)
    assert there.looked().count(0) == 3


def test_a_candidate_that_stays_one_holds_for_a_minute_and_no_longer() -> None:
    there = world(standings={0: [Standing.CANDIDATE] * 50})
    there.run(75.0)
    looks = [at_s for at_s, act in there.acts if act == Look(0)]
    assert len(looks) == 7
    assert looks[-1] - looks[0] == pytest.approx(60.0, abs=2.0)
    assert there.sent()[:2] == [0, 1]


def test_a_head_that_does_not_turn_is_tried_again_then_passed_over_and_told_as_blind() -> None:
    there = world()
    there.dwell(0)
    there.is_stuck = True
    since = len(there.acts)
    there.run(20.0)
    assert there.sent(since)[:4] == [1, 1, 2, 2]
    assert there.patrol.report(there.state, there.at_s).blind == ("east", "west")
    there.is_stuck = False
    there.run(200.0)
    assert there.patrol.report(there.state, there.at_s).blind == ()


def test_a_head_that_says_it_turned_is_not_believed_when_the_picture_is_another_pose() -> None:
    there = world()
    there.dwell(0)
    there.view = View.ANOTHER
    since = len(there.acts)
    there.run(40.0)
    assert set(there.looked(since)) == {0}
    assert "west" in there.patrol.report(there.state, there.at_s).blind
    there.view = View.AGREES
    there.run(200.0)
    assert there.patrol.report(there.state, there.at_s).blind == ()


@pytest.mark.parametrize("view", [View.DISPLACED, View.UNSTEADY])
def test_a_picture_set_aside_or_never_at_rest_gives_no_bearing(view: View) -> None:
    there = world(view=view)
    there.run(300.0)
    assert there.looked() == []
    assert set(there.patrol.report(there.state, there.at_s).blind) == {"north", "east", "west"}


def test_where_no_pose_can_be_reached_what_is_seen_is_judged_by_the_picture_not_by_what_the_head_says() -> None:
    there = world(view=View.ANOTHER)
    there.run(200.0)
    assert Recognise() in [act for _, act in there.acts]
    assert there.looked() == []


def test_a_pose_is_seen_in_fog_too() -> None:
    there = world(view=View.UNSURE)
    there.run(60.0)
    assert set(there.looked()) == {0, 1, 2}


def test_a_person_who_moves_the_camera_keeps_it_until_it_was_quiet_for_two_minutes() -> None:
    there = world()
    there.dwell(0)
    there.turn_by_hand(0.3)
    there.run(10.0)
    assert there.state.phase is Phase.MANUAL
    since = len(there.acts)
    there.run(60.0)
    there.turn_by_hand(0.33)
    there.run(115.0)
    assert there.sent(since) == []
    free = [act for _, act in there.acts[since:] if isinstance(act, LookFree)]
    assert {act.position.pan for act in free} == {0.3, 0.33}
    there.run(15.0)
    assert there.sent(since)[:1] == [0]


def test_a_candidate_in_what_a_person_left_it_at_is_waited_for_a_minute_and_no_longer() -> None:
    there = world()
    there.dwell(0)
    there.turn_by_hand(0.3)
    there.run(118.0)
    there.free = Standing.CANDIDATE
    since = len(there.acts)
    there.run(50.0)
    assert there.sent(since) == []
    assert sum(isinstance(act, LookFree) for _, act in there.acts[since:]) >= 4
    there.run(30.0)
    assert there.sent(since)[:1] == [0]


def test_a_person_who_stops_at_a_pose_looks_at_that_pose() -> None:
    there = world()
    there.dwell(0)
    there.turn_by_hand(PANS[2])
    since = len(there.acts)
    there.run(60.0)
    assert set(there.looked(since)[1:]) == {2}
    assert there.sent(since) == []


def test_a_command_keeps_the_camera_until_its_time_and_another_gives_it_back_at_once() -> None:
    there = world()
    there.dwell(0)
    there.state = there.patrol.take_over(there.state, there.at_s + 600.0, there.at_s)
    since = len(there.acts)
    there.run(500.0)
    assert there.sent(since) == []
    there.state = there.patrol.hand_back(there.state, there.at_s)
    there.run(15.0)
    assert there.sent(since)[:1] == [0]
    assert there.patrol.hand_back(there.state, there.at_s) is there.state


def test_a_person_who_drives_while_it_is_under_way_is_not_fought() -> None:
    there = world()
    there.dwell(0)
    there.stops_at = 0.3
    there.run(13.0)
    there.stops_at = 0.35
    there.run(10.0)
    assert there.state.phase is Phase.MANUAL
    since = len(there.acts)
    there.run(100.0)
    assert there.sent(since) == []


def test_a_mount_that_falls_silent_leaves_the_picture_and_is_asked_again_ever_more_rarely() -> None:
    there = world()
    there.dwell(0)
    there.is_deaf = True
    since = len(there.acts)
    there.run(300.0)
    acts = [act for _, act in there.acts[since:]]
    assert there.state.phase is Phase.LOST
    assert acts.count(Recognise()) >= 20
    assert acts.count(Ask()) <= 9
    assert set(there.patrol.report(there.state, there.at_s).blind) == {"east", "west"}
    there.is_deaf = False
    there.run(200.0)
    assert there.patrol.report(there.state, there.at_s).blind == ()


def test_a_mount_that_comes_back_elsewhere_may_be_in_someones_hands() -> None:
    there = world()
    there.dwell(0)
    there.is_deaf = True
    there.run(60.0)
    there.is_deaf = False
    there.turn_by_hand(0.9)
    since = len(there.acts)
    there.run(100.0)
    assert there.state.phase is Phase.MANUAL
    assert there.sent(since) == []
    there.run(160.0)
    assert there.sent(since)


def test_a_mount_that_does_not_tell_where_it_is_is_given_time_and_judged_by_the_picture() -> None:
    there = world(tells_position=False)
    there.run(60.0)
    assert set(there.looked()) == {0, 1, 2}
    there.is_deaf = True
    there.run(60.0)
    there.is_deaf = False
    since = len(there.acts)
    there.run(120.0)
    assert set(there.looked(since)) == {0, 1, 2}


def test_a_preset_whose_place_is_not_told_is_learnt_when_it_is_reached() -> None:
    poses = [PatrolPose(PoseId("north"), None, "1"), PatrolPose(PoseId("east"), None, "2")]
    there = World(Patrol(PatrolRules(), poses))
    there.run(60.0)
    assert there.state.targets == (MountPosition(0.0), MountPosition(0.5))
    assert there.sent()[:4] == [0, 1, 0, 1]


def test_a_preset_that_the_mount_tells_is_known_at_once_and_one_that_it_refuses_is_blind() -> None:
    patrol = Patrol(PatrolRules(), [PatrolPose(PoseId("north"), None, "1"), POSES[1]])
    state, act = patrol.step(patrol.begin(0.0), Told(MountStatus(MountPosition(0.2), is_moving=False)), 0.0)
    assert act == Go(0)
    known, _ = patrol.step(state, Went(MountPosition(0.1)), 0.1)
    assert known.targets[0] == MountPosition(0.1)
    for _ in range(2):
        state, act = patrol.step(state, Refused("no such preset", is_answer=True), 0.2)
    assert act == Go(1)
    assert patrol.report(state, 0.3).blind == ("north",)


def test_frames_that_nobody_judges_make_a_pose_blind_not_the_patrol_wait_for_ever() -> None:
    there = world(standings={0: [Standing.UNJUDGED] * 3})
    there.run(40.0)
    assert there.sent()[:2] == [0, 1]
    assert there.patrol.report(there.state, there.at_s).blind == ("north",)


def test_a_single_pose_is_a_round_too() -> None:
    there = World(Patrol(PatrolRules(), POSES[:1]))
    there.run(60.0)
    assert set(there.sent()) == {0}
    assert there.state.rounds > 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Patrol(PatrolRules(), []),
        lambda: PatrolPose(PoseId("north")),
        lambda: PatrolRules(arrive_within_s=1.0),
        lambda: PatrolRules(dwell_frames=0),
        lambda: MountPosition(float("nan")),
    ],
)
def test_a_patrol_that_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(InvalidValue):
        make()  # type: ignore[operator]


def test_an_endless_head_has_one_seam_where_both_ends_meet() -> None:
    assert MountPosition(0.999).is_near(MountPosition(-0.999), 0.005)
    assert not MountPosition(0.9).is_near(MountPosition(-0.999), 0.005)
    assert MountPosition(0.0, 0.0, 0.5).is_near(MountPosition(0.0, 0.0, 0.51), 0.005)
    assert not MountPosition(0.0, 0.0, 0.5).is_near(MountPosition(0.0, 0.0, 0.6), 0.005)


def positions() -> st.SearchStrategy[MountPosition | None]:
    return st.none() | st.builds(MountPosition, st.sampled_from([*PANS, 0.3, 0.9]))


def statuses() -> st.SearchStrategy[MountStatus]:
    return st.builds(MountStatus, positions(), st.none() | st.booleans())


ANSWERS = st.one_of(
    st.builds(Paused),
    st.builds(Went, positions()),
    st.builds(Told, statuses()),
    st.builds(Viewed, st.sampled_from(View)),
    st.builds(Judged, st.sampled_from(Standing)),
    st.builds(Strayed, statuses()),
    st.builds(Refused, st.just("no"), st.booleans()),
)


@given(st.lists(st.tuples(ANSWERS, st.floats(0.0, 100.0)), max_size=60), st.booleans())
def test_whatever_it_is_answered_it_goes_on_and_never_sends_while_a_command_keeps_the_camera(
    answers: list[tuple[Event, float]],
    is_kept: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    patrol = Patrol(PatrolRules(), POSES)
    at_s = 0.0
    state = patrol.begin(at_s)
    if is_kept:
        state = patrol.take_over(state, 1e9, at_s)
    for event, passed_s in answers:
        at_s += passed_s
        state, act = patrol.step(state, event, at_s)
        assert 0 <= state.pose < len(POSES)
        assert state.blind <= {0, 1, 2}
        if isinstance(act, Pause):
            assert 0.0 <= act.s <= 120.0
        assert not (is_kept and isinstance(act, Go))
        patrol.report(state, at_s)
