"""How cameras are counted, pictures measured and systemd told."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from firewatch.domain.ids import CameraId
from firewatch_edge.health import CameraMonitor, PictureQuality, Supervisor, judge_picture, watchdog

SHARP = PictureQuality(100.0, 0.1)
NOON = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


def monitor() -> CameraMonitor:
    return CameraMonitor(CameraId("north"), 10.0, 1000.0)


def test_a_camera_is_silent_after_two_periods_without_a_new_frame() -> None:
    camera = monitor()
    assert not camera.is_silent(1020.0)
    assert camera.is_silent(1020.1)
    camera.saw_new(0.5, SHARP, 1021.0)
    assert not camera.is_silent(1041.0)
    assert camera.is_silent(1041.1)


def test_repeats_do_not_keep_a_camera_awake() -> None:
    camera = monitor()
    for _ in range(10):
        camera.count("repeated")
    assert camera.is_silent(1030.0)
    assert camera.vitals(1030.0, NOON).frames_repeated == 10


def test_a_recording_that_is_over_is_not_silent() -> None:
    camera = monitor()
    camera.end()
    assert not camera.is_silent(9999.0)


def test_vitals_say_how_old_the_last_new_frame_is_from_its_capture() -> None:
    camera = monitor()
    assert camera.vitals(1001.0, NOON).frame_age_s is None
    camera.saw_new(4.0, SHARP, 1010.0)
    vitals = camera.vitals(1013.0, NOON)
    assert vitals.frame_age_s == 7.0
    assert (vitals.blur, vitals.darkness) == (100.0, 0.1)
    assert vitals.fps == pytest.approx(1 / 12)
    assert camera.vitals(1023.0, NOON).fps == 0.0


def test_a_camera_whose_clock_is_ahead_has_no_negative_age() -> None:
    camera = monitor()
    camera.saw_new(-30.0, SHARP, 1010.0)
    assert camera.vitals(1010.0, NOON).frame_age_s == 0.0


def test_vitals_of_no_time_have_no_rate() -> None:
    assert monitor().vitals(1000.0, NOON).fps == 0.0


def test_blur_lowers_the_measure_and_night_raises_darkness() -> None:
    rng = np.random.default_rng(3)
    sharp = rng.integers(60, 200, (1080, 1920, 3)).astype(np.uint8)
    sharp = cv2.resize(cv2.resize(sharp, (320, 180)), (1920, 1080), interpolation=cv2.INTER_NEAREST)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 15)
    assert judge_picture(blurred).blur < judge_picture(sharp).blur / 10
    assert judge_picture(sharp).darkness == 0.0
    assert judge_picture(np.zeros((20, 20, 3), np.uint8)).darkness == 1.0


def test_systemd_is_told_over_its_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5.0)
        supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
        supervisor.ready()
        supervisor.pet()
        supervisor.status("silent cameras: north")
        supervisor.stopping()
        supervisor.reloading()
        told = [systemd.recv(200).decode() for _ in range(5)]
    assert told[:4] == ["READY=1", "WATCHDOG=1", "STATUS=silent cameras: north", "STOPPING=1"]
    reloading, at = told[4].split("\n")
    assert reloading == "RELOADING=1"
    assert 0.0 <= time.monotonic() - int(at.removeprefix("MONOTONIC_USEC=")) / 1e6 < 60.0
    assert supervisor.pet_every_s == 15.0


def test_an_abstract_socket_works_too() -> None:
    name = f"firewatch-test-{id(object())}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name)
        systemd.settimeout(5.0)
        Supervisor({"NOTIFY_SOCKET": "@" + name}).pet()
        assert systemd.recv(200) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    assert Supervisor({}).pet_every_s is None
    Supervisor({}).ready()
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_supervisor_that_nobody_reads_stops_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "_MOST_WAIT_S", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        most = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text(encoding="ascii"))
        done = threading.Thread(target=lambda: [supervisor.pet() for _ in range(most + 3)], daemon=True)
        done.start()
        done.join(30.0)
        assert not done.is_alive()
        assert notify.recv(100) == b"WATCHDOG=1"
