"""What `doctor` says of each part: ok, look at it, or failed, with what to do; one that hangs delays no other."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.node import Machine
from firewatch_edge.cli.checkup import Finding, Job, gather
from firewatch_edge.cli.checkup import computer as parts
from firewatch_edge.cli.checkup.cameras import same_cameras
from firewatch_edge.cli.checkup.model import model_findings
from firewatch_edge.cli.checkup.optics import optics_findings
from firewatch_edge.cli.checkup.site import secrets_findings, tower_findings
from firewatch_edge.cli.say import padded
from firewatch_edge.cli.words import Words
from firewatch_edge.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

CAMERA = '[[camera]]\nid = "{0}"\nkind = "{1}"\n{2}\n[camera.pose]\nazimuth_deg = 0.0\nhfov_deg = 50.0\n'
NORTH = CAMERA.format("north", "folder", 'path = "frames"')


def settings(folder: Path, cameras: str = NORTH, tower: str = "", more: str = "") -> EdgeSettings:
    path = folder / "edge.toml"
    path.write_text(f'[tower]\nid = "a"\n{tower}\n{cameras}\n{more}\n', encoding="utf-8")
    return load_settings(path)


def told(findings: Iterable[Finding]) -> tuple[str, str]:
    """Return level and key of the only finding; its words exist in both languages, and what to do where it is due."""
    (finding,) = findings
    for words in (Words("en"), Words("zh")):
        assert finding.words(words)
        assert finding.level == "ok" or finding.to_do(words)
    return finding.level, finding.key


def test_one_part_that_hangs_or_breaks_delays_and_spoils_no_other() -> None:
    forever = threading.Event()

    def hang() -> Iterator[Finding]:
        forever.wait(30.0)
        yield Finding("camera", "ok", "camera.seen")

    def break_down() -> Iterator[Finding]:
        msg = "a library's own"
        raise RuntimeError(msg)
        yield

    def be_well() -> Iterator[Finding]:
        yield Finding("disk", "ok", "disk.free")

    jobs = [Job("camera", hang, 0.2, name) for name in ("a", "b", "c")]
    started = time.monotonic()
    found = list(gather([*jobs, Job("mount", break_down, 5.0), Job("disk", be_well, 5.0)]))
    assert time.monotonic() - started < 2.0
    forever.set()
    assert [(each.label, each.level, each.key) for each in found] == [
        ("camera a", "fail", "late"),
        ("camera b", "fail", "late"),
        ("camera c", "fail", "late"),
        ("mount", "fail", "error"),
        ("disk", "ok", "disk.free"),
    ]
    assert "RuntimeError: a library's own" in found[3].words(Words("en"))


def test_the_place_of_the_tower_is_asked_for(tmp_path: Path) -> None:
    place = "lat_deg = 26.9\nlon_deg = 112.5\n"
    assert told(tower_findings(settings(tmp_path))) == ("warn", "tower.nowhere")
    assert told(tower_findings(settings(tmp_path, tower=place))) == ("warn", "tower.flat")
    assert told(tower_findings(settings(tmp_path, tower=place + "ground_m = 310.0"))) == ("ok", "tower.placed")


def test_two_cameras_that_are_one_are_named(tmp_path: Path) -> None:
    url = 'url = "rtsp://{0}:554/1"'
    cameras = [("a", "10.0.0.9"), ("b", "10.0.0.9"), ("c", "10.0.0.8")]
    text = "".join(CAMERA.format(name, "stream", url.format(host)) for name, host in cameras)
    (finding,) = same_cameras(settings(tmp_path, text))
    assert (finding.level, finding.facts["names"]) == ("fail", "a, b")
    assert not list(same_cameras(settings(tmp_path)))


def test_passwords_that_others_may_read_fail(tmp_path: Path) -> None:
    config, secrets = tmp_path / "edge.toml", tmp_path / "edge.env"
    assert not list(secrets_findings(config))
    secrets.write_text("A=1\n", encoding="utf-8")
    secrets.chmod(0o640)
    assert told(secrets_findings(config)) == ("fail", "secrets.open")
    secrets.chmod(0o600)
    assert told(secrets_findings(config)) == ("ok", "secrets.closed")


def test_a_model_is_measured_against_its_cameras_and_its_nights_are_told(tmp_path: Path, squares_model: Path) -> None:
    model = f'[model]\npath = "{squares_model}"\nthreads = 1\n'
    speed, night = model_findings(settings(tmp_path, more=model))
    assert (speed.level, speed.key, speed.facts["cameras"]) == ("ok", "model.alone", 1)
    assert told([night]) == ("warn", "night.unknown")
    place = "lat_deg = 26.9\nlon_deg = 112.5\n"
    fast = "".join(CAMERA.format(f"c{number}", "folder", f'path = "{number}"\nperiod_s = 0.05') for number in range(60))
    speed, night = model_findings(settings(tmp_path, fast, place, model))
    assert told([speed]) == ("fail", "model.alone.slow")
    assert told([night]) == ("warn", "night.off")
    night_too = tmp_path / "model"
    shutil.copytree(squares_model, night_too)
    toml = night_too / "model.toml"
    toml.write_text('light = ["day", "night"]\n' + toml.read_text(encoding="utf-8"), encoding="utf-8")
    _, night = model_findings(settings(tmp_path, more=f'[model]\npath = "{night_too}"\nthreads = 1\n'))
    assert told([night]) == ("ok", "night.measured")
    (missing,) = model_findings(settings(tmp_path, more='[model]\npath = "none"\n'))
    assert (missing.level, "give the folder" in missing.words(Words("zh"))) == ("fail", True)


def test_the_disk_is_compared_with_what_the_outbox_may_take(tmp_path: Path) -> None:
    level, key = told(parts.disk_findings(settings(tmp_path)))
    assert (level, key) in {("ok", "disk.free"), ("warn", "disk.memory")}
    assert told(parts.disk_findings(settings(tmp_path, more="[outbox]\nmost_bytes = 900_000_000_000_000\n"))) == (
        "warn",
        "disk.short",
    )
    (tmp_path / "file").write_text("", encoding="utf-8")
    blocked = settings(tmp_path, more='[outbox]\npath = "file/outbox.sqlite"\n')
    assert told(parts.disk_findings(blocked)) == ("fail", "disk.unwritable")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"tmpfs {tmp_path} tmpfs rw 0 0\nroot / ext4 rw 0 0\n", encoding="utf-8")
    assert parts._file_system(tmp_path / "var", mounts) == "tmpfs"
    assert parts._file_system(tmp_path, tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("offset_s", "is_kept", "level", "key"),
    [
        (None, True, "ok", "clock.kept"),
        (0.4, True, "ok", "clock.agrees"),
        (None, False, "warn", "clock.free"),
        (None, None, "warn", "clock.unknown"),
        (-12.0, True, "warn", "clock.off"),
        (3600.0, False, "fail", "clock.off"),
    ],
)
def test_the_clock_is_compared_with_the_centres_and_the_kernel_is_asked_who_keeps_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    offset_s: float | None,
    is_kept: bool | None,  # noqa: FBT001 - of the table
    level: str,
    key: str,
) -> None:
    monkeypatch.setattr(parts, "centre_offset_s", lambda _: offset_s)
    monkeypatch.setattr(parts, "_is_kept", lambda: is_kept)
    assert told(parts.clock_findings(settings(tmp_path))) == (level, key)


def test_a_clock_that_was_never_set_fails(tmp_path: Path) -> None:
    assert told(parts.clock_findings(settings(tmp_path), datetime(1970, 1, 2, tzinfo=UTC))) == ("fail", "clock.unset")
    assert parts._is_kept() in {True, False, None}


def test_a_time_zone_far_from_the_suns_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = settings(tmp_path, tower="lat_deg = 26.9\nlon_deg = 112.5\n")
    for zone, level in (("UTC", "warn"), ("Asia/Shanghai", "ok")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert told(parts.zone_findings(here))[0] == level
        assert told(parts.zone_findings(settings(tmp_path)))[0] == "ok"
        here = settings(tmp_path, tower="lat_deg = 26.9\nlon_deg = 112.5\n")
    monkeypatch.delenv("TZ")
    time.tzset()


@pytest.mark.parametrize(
    ("temperature_c", "memory_used", "is_throttled", "level", "key"),
    [
        (50.0, 0.4, None, "ok", "computer.well"),
        (None, None, None, "ok", "computer.well"),
        (80.0, 0.4, None, "warn", "computer.hot"),
        (90.0, 0.4, True, "fail", "computer.hot"),
        (50.0, 0.9, None, "warn", "computer.memory"),
        (60.0, 0.4, True, "warn", "computer.throttled"),
    ],
)
def test_memory_and_temperature(
    temperature_c: float | None,
    memory_used: float | None,
    is_throttled: bool | None,  # noqa: FBT001 - of the table
    level: str,
    key: str,
) -> None:
    class Reader:
        def read(self) -> Machine:
            return Machine(
                cpu_load=0.5,
                memory_used=memory_used,
                process_bytes=None,
                temperature_c=temperature_c,
                is_throttled=is_throttled,
            )

    assert told(parts.machine_findings(Reader())) == (level, key)  # type: ignore[arg-type]  # reads as one


def test_who_pets_the_watchdog(tmp_path: Path) -> None:
    here = settings(tmp_path)
    assert told(parts.watchdog_findings(here, tmp_path)) == ("warn", "watchdog.none")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "watchdog").touch()
    assert told(parts.watchdog_findings(here, tmp_path)) == ("warn", "watchdog.idle")
    folder = tmp_path / "etc" / "systemd" / "system.conf.d"
    folder.mkdir(parents=True)
    (folder / "watchdog.conf").write_text("[Manager]\nRuntimeWatchdogSec=30s\n", encoding="utf-8")
    assert told(parts.watchdog_findings(here, tmp_path)) == ("ok", "watchdog.systemd")
    (folder / "z.conf").write_text("[Manager]\nRuntimeWatchdogSec=off\n", encoding="utf-8")
    assert told(parts.watchdog_findings(here, tmp_path)) == ("warn", "watchdog.idle")
    own = settings(tmp_path, more='[watchdog]\ndevice = "/dev/watchdog"\n')
    assert told(parts.watchdog_findings(own, tmp_path)) == ("ok", "watchdog.own")
    other = settings(tmp_path, more='[watchdog]\ndevice = "/dev/watchdog9"\n')
    assert told(parts.watchdog_findings(other, tmp_path)) == ("fail", "watchdog.missing")


def test_whether_the_node_starts_by_itself(tmp_path: Path) -> None:
    assert told(parts.service_findings(tmp_path)) == ("warn", "service.none")
    unit = tmp_path / "usr/lib/systemd/system/firewatch-edge.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert told(parts.service_findings(tmp_path)) == ("warn", "service.disabled")
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / unit.name).symlink_to("/usr/lib/systemd/system/firewatch-edge.service")
    assert told(parts.service_findings(tmp_path)) == ("ok", "service.enabled")


def test_columns_hold_in_chinese_too() -> None:
    assert padded("磁盘", 6) + "|" == "磁盘  |"
    assert padded("disk", 6) + "|" == "disk  |"


WIDE_LENS = 'lens = {{ kind = "rectilinear", focal = 0.6, distortion = [{k1}, 0.01, 0.0, 0.0, 0.0]{rms} }}'


def with_lens(k1: float = -0.12, rms: str = "") -> str:
    return NORTH.replace("[camera.pose]", WIDE_LENS.format(k1=k1, rms=rms) + "\n[camera.pose]").replace(
        "hfov_deg = 50.0\n", ""
    )


@pytest.mark.parametrize(
    ("cameras", "level", "key"),
    [
        (NORTH, "ok", "optics.assumed"),
        (NORTH.replace("50.0", "71.0"), "warn", "optics.assumed"),
        (with_lens(), "ok", "optics.stated"),
        (with_lens(rms=", rms_px = 0.31"), "ok", "optics.fitted"),
        (with_lens(rms=", rms_px = 1.31"), "warn", "optics.rough"),
        (with_lens(-0.2), "warn", "optics.folds"),
    ],
)
def test_a_lens_is_known_or_taken_as_straight(tmp_path: Path, cameras: str, level: str, key: str) -> None:
    assert told(optics_findings(settings(tmp_path, cameras))) == (level, key)


TURNS = """
[[camera]]
id = "dome"
kind = "snapshot"
url = "http://10.0.0.1/s.jpg"
{zooms}
[camera.mount]
url = "http://10.0.0.1"
[[camera.poses]]
id = "north"
azimuth_deg = 0.0
hfov_deg = 60.0
preset = "North"
{lens}
[[camera.poses]]
id = "east"
azimuth_deg = 90.0
hfov_deg = 30.0
preset = "East"
"""
ZOOMS = "[[camera.zooms]]\nzoom = 0.0\nhfov_deg = 60.0\n[[camera.zooms]]\nzoom = 1.0\nhfov_deg = 3.0\n"


def test_of_a_camera_that_turns_the_lenses_of_all_poses_should_be_known(tmp_path: Path) -> None:
    own = 'lens = { kind = "rectilinear", focal = 0.8660254 }'
    some = settings(tmp_path, TURNS.format(zooms="", lens=own))
    assert told(optics_findings(some)) == ("warn", "optics.some")
    every = settings(tmp_path, TURNS.format(zooms=ZOOMS, lens=""))
    assert told(optics_findings(every)) == ("ok", "optics.zooms")
