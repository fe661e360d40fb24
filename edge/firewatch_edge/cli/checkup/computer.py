"""Looks at the computer on the mast: disk, clock, time zone, memory, temperature, watchdog, service."""

from __future__ import annotations

import ctypes
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch_edge.cli.checkup.finding import Finding
from firewatch_edge.cli.checkup.link import centre_offset_s
from firewatch_edge.health.machine import MachineReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.node import Machine
    from firewatch_edge.config import EdgeSettings

__all__ = [
    "clock_findings",
    "disk_findings",
    "machine_findings",
    "service_findings",
    "watchdog_findings",
    "zone_findings",
]

_ROOT = Path("/")
_LEAST_FREE_BYTES = 1 << 30
# This program was written then: a clock before it is unset.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
# adjtimex(2): the kernel's clock is kept by nobody. Its struct timex has 208 bytes on 64-bit Linux.
_NOT_KEPT, _TIMEX_BYTES = 5, 512
# The centre tells whole seconds; the desk refuses a tower that is five minutes off [s].
_OFF_S, _FAR_OFF_S = 5.0, 300.0
# China keeps one time from 73 to 135 degrees east: three and a half hours from the sun's at most [h].
_MOST_FROM_SUN_H = 3.6
_DEG_PER_HOUR = 15.0
_MEMORY_FULL = 0.85
# A Raspberry Pi 5 slows down at 85 degC, and a small industrial PC at about 95.
_HOT_C, _TOO_HOT_C = 75.0, 85.0
_IN_MEMORY = {"tmpfs", "ramfs"}
_UNIT = "firewatch-edge.service"
_UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
_MANAGER_FILES = ("etc/systemd/system.conf", "etc/systemd/system.conf.d", "usr/lib/systemd/system.conf.d")


def disk_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Write a probe where the outbox lies, and compare what is free with what the outbox may take."""
    folder = Path(settings.outbox.path).parent
    why = _refusal(folder) or _refusal(Path(settings.health.path))
    if why:
        yield Finding("disk", "fail", "disk.unwritable", {"why": why})
        return
    free = shutil.disk_usage(folder).free
    held = sum(path.stat().st_size for path in folder.glob(f"{Path(settings.outbox.path).name}*") if path.is_file())
    wanted = max(0, settings.outbox.most_bytes - held)
    facts = {"folder": folder, "free": f"{free / 1e9:.1f}", "most": f"{settings.outbox.most_bytes / 1e9:.1f}"}
    if free < _LEAST_FREE_BYTES:
        yield Finding("disk", "fail", "disk.full", facts)
    elif free < wanted:
        yield Finding("disk", "warn", "disk.short", facts)
    elif _file_system(folder) in _IN_MEMORY:
        yield Finding("disk", "warn", "disk.memory", facts)
    else:
        yield Finding("disk", "ok", "disk.free", facts)


def _refusal(folder: Path) -> str:
    """Return why a folder cannot be written to; empty where it can."""
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(b"firewatch")
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as err:
        return f"{folder}: {err.strerror}"
    return ""


def _file_system(folder: Path, mounts: Path = _ROOT / "proc/mounts") -> str:
    """Return the kind of file system that a folder is on; empty where Linux does not tell."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    over = [(len(at), kind) for _, at, kind, *_ in lines if folder.resolve().is_relative_to(at)]
    return max(over, default=(0, ""))[1]


def clock_findings(settings: EdgeSettings, now: datetime | None = None) -> Iterator[Finding]:
    """Ask the kernel whether anybody keeps the clock, and the centre what time it is."""
    at = datetime.now(UTC) if now is None else now
    facts: dict[str, object] = {"here": at.isoformat(timespec="seconds")}
    if at < _EARLIEST:
        yield Finding("clock", "fail", "clock.unset", facts)
        return
    offset_s, is_kept = centre_offset_s(settings), _is_kept()
    if offset_s is not None:
        facts |= {"offset_s": f"{offset_s:+.0f}"}
    if offset_s is not None and abs(offset_s) > _OFF_S:
        yield Finding("clock", "fail" if abs(offset_s) > _FAR_OFF_S else "warn", "clock.off", facts)
    elif is_kept is None:
        yield Finding("clock", "warn", "clock.unknown", facts)
    elif not is_kept:
        yield Finding("clock", "warn", "clock.free", facts)
    else:
        yield Finding("clock", "ok", "clock.kept" if offset_s is None else "clock.agrees", facts)


def _is_kept() -> bool | None:
    """Ask the kernel, which chrony, ntpd and systemd-timesyncd tell alike; None where it cannot be asked."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _NOT_KEPT


def zone_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Compare the time zone with the sun's at the tower: who reads a log on the mast reads local time."""
    local = datetime.now().astimezone()
    offset = local.utcoffset()
    hours = 0.0 if offset is None else offset.total_seconds() / 3600.0
    facts = {"zone": local.tzname() or "?", "hours": f"{hours:+g}"}
    longitude = settings.tower.lon_deg
    is_far = longitude is not None and abs(hours - longitude / _DEG_PER_HOUR) > _MOST_FROM_SUN_H
    yield Finding("zone", "warn" if is_far else "ok", "zone.far" if is_far else "zone.local", facts)


def machine_findings(reader: MachineReader | None = None) -> Iterator[Finding]:
    """Look at memory and temperature as they are now."""
    found: Machine = (reader or MachineReader()).read()
    memory, hot = found.memory_used, found.temperature_c
    facts = {
        "memory": "?" if memory is None else f"{memory:.0%}",
        "temperature": "?" if hot is None else f"{hot:.0f}",
        "load": "?" if found.cpu_load is None else f"{found.cpu_load:.0%}",
    }
    if hot is not None and hot > _TOO_HOT_C:
        yield Finding("computer", "fail", "computer.hot", facts)
    elif found.is_throttled:
        yield Finding("computer", "warn", "computer.throttled", facts)
    elif hot is not None and hot > _HOT_C:
        yield Finding("computer", "warn", "computer.hot", facts)
    elif memory is not None and memory > _MEMORY_FULL:
        yield Finding("computer", "warn", "computer.memory", facts)
    else:
        yield Finding("computer", "ok", "computer.well", facts)


def watchdog_findings(settings: EdgeSettings, root: Path = _ROOT) -> Iterator[Finding]:
    """Look who starts the computer anew when even its kernel hangs: the node, systemd, or nobody."""
    device = settings.watchdog.device
    if device:
        is_there = (root / device.lstrip("/")).exists()
        facts: dict[str, object] = {"device": device}
        yield Finding("watchdog", "ok" if is_there else "fail", f"watchdog.{'own' if is_there else 'missing'}", facts)
    elif not any((root / "dev").glob("watchdog*")):
        yield Finding("watchdog", "warn", "watchdog.none")
    elif _systemd_keeps_it(root):
        yield Finding("watchdog", "ok", "watchdog.systemd")
    else:
        yield Finding("watchdog", "warn", "watchdog.idle")


def _systemd_keeps_it(root: Path) -> bool:
    files: list[Path] = []
    for name in _MANAGER_FILES:
        place = root / name
        files += sorted(place.glob("*.conf")) if place.is_dir() else [place] * place.is_file()
    wanted = ""
    for path in files:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.strip().startswith("RuntimeWatchdogSec="):
                wanted = line.partition("=")[2].strip()
    return wanted not in {"", "0", "off", "0s"}


def service_findings(root: Path = _ROOT) -> Iterator[Finding]:
    """Look whether the node starts by itself after a power cut."""
    installed = next((root / name / _UNIT for name in _UNIT_FOLDERS if (root / name / _UNIT).exists()), None)
    wants = [root / name / "multi-user.target.wants" / _UNIT for name in _UNIT_FOLDERS]
    facts = {"path": installed or f"/etc/systemd/system/{_UNIT}"}
    if installed is None:
        yield Finding("service", "warn", "service.none", facts)
    elif not any(link.is_symlink() or link.exists() for link in wants):
        yield Finding("service", "warn", "service.disabled", facts)
    else:
        yield Finding("service", "ok", "service.enabled", facts)
