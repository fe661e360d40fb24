"""What keeps a node honest: the hour's eyes, states with hysteresis, progress, maintenance, the computer, watchdogs."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.condition import ConditionState
from firewatch.domain.ids import CameraId
from firewatch.domain.node import Machine
from firewatch.errors import InvalidValue
from firewatch_edge.health import (
    CameraMonitor,
    EyesFile,
    HardwareWatchdog,
    MachineReader,
    MaintenanceFile,
    PictureQuality,
    Stage,
    Token,
    stuck_stages,
)
from firewatch_edge.health.eyes import EyesLog, Run
from firewatch_edge.health.judging import Judge, Limits
from firewatch_edge.node import Oversight

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
NORTH, SOUTH = CameraId("north"), CameraId("south")
GOOD = PictureQuality(100.0, 0.0)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_blind_minutes_are_told_by_reason_the_longest_first_and_since_when() -> None:
    log = EyesLog(0.0)
    for second in range(1, 3601):
        log.note(float(second), "frozen" if 1000 < second <= 1060 else "dark" if second > 3480 else "")
    eyes = log.eyes(NOON)
    assert (eyes.seen_s, eyes.span_s, eyes.share) == (3420.0, 3600.0, 0.95)
    assert [(part.reason, part.seconds) for part in eyes.blind] == [("dark", 120.0), ("frozen", 60.0)]
    assert (eyes.reason, eyes.since) == ("dark", later(-2))


def test_a_blindness_of_many_hours_keeps_its_beginning_though_the_share_is_of_one() -> None:
    log = EyesLog(0.0)
    for minute in range(1, 6 * 360 + 1):
        log.note(minute * 10.0, "" if minute <= 6 else ("silent" if minute % 2 else "frozen"))
    eyes = log.eyes(NOON)
    assert eyes.seen_s == 0.0
    assert eyes.span_s == pytest.approx(3600.0)
    assert eyes.since == NOON - timedelta(seconds=6 * 3600 - 60)


def test_time_in_which_nobody_watched_is_no_time_seen() -> None:
    log = EyesLog(0.0)
    log.note(1.0)
    log.note(100.0)
    assert log.eyes(NOON).blind[0].reason == "stalled"
    assert log.eyes(NOON).seen_s == 1.0


def test_a_node_that_is_restarted_all_the_time_does_not_look_well(tmp_path: Path) -> None:
    file = EyesFile(tmp_path / "eyes.json")
    first = EyesLog(50.0)
    first.note(55.0)
    file.save({NORTH: first.runs()}, 1000.0)
    again = EyesLog(2.0, file.load(1653.0)[NORTH])
    eyes = again.eyes(NOON)
    assert eyes.seen_s == 5.0
    assert [(part.reason, part.seconds) for part in eyes.blind] == [("stopped", 600.0)]
    (tmp_path / "eyes.json").write_text("{", encoding="utf-8")
    assert file.load(0.0) == {}


@given(st.lists(st.tuples(st.floats(0.01, 9.0), st.sampled_from(["", "dark", "silent"])), max_size=60))
def test_seen_and_blind_are_all_of_the_time(steps: list[tuple[float, str]]) -> None:
    log, at_s = EyesLog(0.0), 0.0
    for step_s, reason in steps:
        at_s += step_s
        log.note(at_s, reason)
    eyes = log.eyes(NOON)
    assert eyes.span_s == pytest.approx(at_s)
    assert eyes.seen_s + sum(part.seconds for part in eyes.blind) == pytest.approx(eyes.span_s)


def test_runs_that_overlap_a_clock_step_are_left_out() -> None:
    assert EyesLog(10.0, [Run(0.0, 5.0, ""), Run(5.0, 99.0, "")]).eyes(NOON).seen_s == 5.0


def camera(period_s: float = 10.0) -> CameraMonitor:
    return CameraMonitor(NORTH, period_s, 0.0)


def test_eyes_are_open_only_while_new_pictures_are_judged() -> None:
    monitor = camera()
    assert monitor.look_at_eyes(1.0) == "starting"
    monitor.saw_new(0.0, GOOD, 2.0)
    monitor.scored(3.0)
    assert monitor.look_at_eyes(10.0) == ""
    assert monitor.look_at_eyes(20.0, "night") == "night"
    assert monitor.look_at_eyes(23.5) == "silent"


@pytest.mark.parametrize(("counted", "reason"), [("repeated", "frozen"), ("stale", "stale"), ("failed", "unscored")])
def test_frames_that_come_and_are_no_use_do_not_open_the_eyes(counted: str, reason: str) -> None:
    """pyro-engine#421, #422, #385: hours blind, and healthy by every heartbeat."""
    monitor = camera()
    monitor.saw_new(0.0, GOOD, 1.0)
    monitor.scored(1.0)
    for second in range(2, 60):
        monitor.count(counted)
        monitor.look_at_eyes(float(second))
    eyes = monitor.vitals(60.0, NOON).eyes
    assert eyes is not None
    assert eyes.reason == reason
    assert eyes.seen_s == pytest.approx(21.0)


def test_a_detector_that_hangs_is_no_open_eye_though_frames_are_new() -> None:
    monitor = camera()
    monitor.saw_new(0.0, GOOD, 1.0)
    monitor.scored(1.0)
    monitor.saw_new(0.0, GOOD, 40.0)
    assert monitor.look_at_eyes(41.0) == "unscored"


LIMITS = Limits(0.5, 1.0, 3)


def states(*values: float) -> list[str]:
    judge, found = Judge("turned", LIMITS), []
    for minute, value in enumerate(values):
        judge.note(value, later(minute))
        assert judge.condition is not None
        found.append(judge.condition.state.value)
    return found


def test_one_bad_check_is_no_bad_camera_and_one_good_check_no_good_one() -> None:
    assert states(0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0) == ["ok"] * 5 + ["bad"] * 3 + ["ok"]


def test_a_measure_at_the_edge_does_not_flutter() -> None:
    assert set(states(*([0.0] * 3 + [1.1] * 3 + [0.9, 1.1] * 20))[6:]) == {"bad"}


def test_a_state_keeps_its_since_while_it_holds_and_says_nothing_of_no_measure() -> None:
    judge = Judge("turned", LIMITS)
    judge.note(None, NOON)
    assert judge.condition is None
    for minute in range(9):
        judge.note(2.0, later(minute))
    assert judge.condition is not None
    assert (judge.condition.state, judge.condition.since) == (ConditionState.BAD, later(2))


def test_the_watchdog_is_for_stages_not_for_cameras() -> None:
    alive, hung = Token(100.0, 60.0), Token(10.0, 60.0)
    model, publish = Stage("model", (alive,)), Stage("publish", (alive,))
    assert stuck_stages([Stage("capture", (hung, alive)), model, publish], 120.0) == ()
    assert stuck_stages([Stage("capture", (hung, hung)), model, publish], 120.0) == ("capture",)
    assert stuck_stages([Stage("capture", ()), model, Stage("publish", (hung,))], 120.0) == ("publish",)


def test_maintenance_ends_by_itself_and_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "health" / "maintenance.json"
    MaintenanceFile(path).begin(NORTH, 30.0, "new housing", NOON)
    again = MaintenanceFile(path)
    found = again.of(NORTH, later(29))
    assert found is not None
    assert (found.reason, found.until) == ("new housing", later(30))
    assert again.of(SOUTH, later(1)) is None
    assert again.of(NORTH, later(30)) is None
    assert again.of(NORTH, later(-60)) is None, "a clock that was set back does not prolong it"


def test_maintenance_of_the_node_holds_for_each_camera_and_can_be_ended(tmp_path: Path) -> None:
    file = MaintenanceFile(tmp_path / "maintenance.json")
    file.begin(None, 5.0, "", NOON)
    file.begin(NORTH, 60.0, "", NOON)
    assert [each.until for each in (file.of(NORTH, NOON), file.of(SOUTH, NOON)) if each] == [later(60), later(5)]
    assert file.end(NORTH)
    assert [each.camera_id for each in file.present(NOON)] == [None]
    assert file.end(None)
    assert not file.end(None)
    assert file.present(NOON) == ()


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(0.0, ""), (1440.5, ""), (float("nan"), ""), (5.0, "a\nb"), (5.0, "x" * 201)],
)
def test_no_maintenance_for_ever(tmp_path: Path, minutes: float, reason: str) -> None:
    with pytest.raises(InvalidValue):
        MaintenanceFile(tmp_path / "maintenance.json").begin(NORTH, minutes, reason, NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_maintenance_file_written_by_hand_or_broken_holds_no_fire_back(tmp_path: Path) -> None:
    path = tmp_path / "maintenance.json"
    path.write_text(
        '[{"camera":"","started_at":"2026-04-05T04:00:00Z","until":"2099-01-01T00:00:00Z"}]', encoding="utf-8"
    )
    assert MaintenanceFile(path).of(NORTH, later(24 * 60 + 1)) is None
    path.write_text("[{", encoding="utf-8")
    assert MaintenanceFile(path).of(NORTH, NOON) is None


def test_a_pause_is_told_with_its_end_and_who_asked_and_is_no_open_eye(tmp_path: Path) -> None:
    pauses, monitor, now = MaintenanceFile(tmp_path / "paused.json"), camera(), [NOON]
    oversight = Oversight([monitor], lambda: now[0], pauses=pauses)
    monitor.saw_new(0.0, GOOD, 1.0)
    monitor.scored(1.0)
    oversight.look(2.0)
    assert oversight.status() == "eyes open 1 of 1"
    pauses.begin(NORTH, 60.0, "Liu: lens", NOON)
    assert oversight.look(3.0)
    assert oversight.status() == "eyes open 0 of 1; north: paused until 2026-04-05 05:00 UTC"
    (vitals,) = oversight.cameras(3.0)
    assert (vitals.paused_until, vitals.paused_reason) == (later(60.0), "Liu: lens")
    assert vitals.maintenance_until is None
    assert vitals.eyes is not None
    assert vitals.eyes.reason == "paused"
    now[0] = later(60.0)
    oversight.look(4.0)
    (vitals,) = oversight.cameras(4.0)
    assert vitals.paused_until is None
    assert oversight.status() == "eyes open 1 of 1"


def test_a_camera_that_falls_silent_is_told_at_once_not_with_the_next_vitals() -> None:
    monitor = camera()
    oversight = Oversight([monitor], lambda: NOON)
    monitor.saw_new(0.0, GOOD, 1.0)
    monitor.scored(5.0)
    assert oversight.look(6.0)
    assert not oversight.look(20.0)
    assert oversight.look(21.1), "two periods after the frame, though it was judged later"
    assert oversight.cameras(21.1)[0].is_silent
    assert not oversight.look(22.0)
    monitor.saw_new(0.0, GOOD, 23.0)
    assert oversight.look(23.1)


def test_this_computer_tells_load_and_memory() -> None:
    machine = MachineReader().read()
    assert machine.cpu_load is not None
    assert machine.memory_used is not None
    assert 0.0 < machine.memory_used < 1.0
    assert machine.process_bytes is not None
    assert machine.process_bytes > 10_000_000


def test_the_hottest_sensor_counts_and_one_that_is_not_there_does_not(tmp_path: Path) -> None:
    for zone, text in enumerate(("41000\n", "-273000\n", "66500\n", "nonsense")):
        folder = tmp_path / f"sys/class/thermal/thermal_zone{zone}"
        folder.mkdir(parents=True)
        (folder / "temp").write_text(text, encoding="ascii")
    assert MachineReader(tmp_path).read() == Machine(temperature_c=66.5)
    assert MachineReader(tmp_path / "nothing").read() == Machine()


def test_the_computers_watchdog_is_petted_and_disarmed_in_order(tmp_path: Path) -> None:
    device = tmp_path / "watchdog"
    os.mkfifo(device)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(device.read_bytes()))
    reader.start()
    watchdog = HardwareWatchdog(str(device))
    watchdog.pet()
    watchdog.pet()
    watchdog.disarm()
    reader.join(5.0)
    assert heard == [b"\0\0V"]
    watchdog.disarm()


def test_a_watchdog_that_cannot_be_opened_is_said_and_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    HardwareWatchdog("").pet()
    assert caplog.messages == []
    HardwareWatchdog(str(tmp_path / "none" / "watchdog")).pet()
    assert caplog.messages == ["watchdog.unusable"]
