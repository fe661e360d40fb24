"""How the computer is, from what Linux tells in its files; what is not told is None."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from firewatch.domain.node import Machine

__all__ = ["MachineReader"]

_KB = 1024
_VCGENCMD_S = 2.0
# Bits 0 to 3 of get_throttled: too little voltage, capped, throttled, soft limit; the others tell of the past.
_NOW_BITS = 0xF


class MachineReader:
    """Reads load, memory, temperature and throttling.

    Parameters
    ----------
    root : Path
        In place of ``/``: where ``proc`` and ``sys`` lie.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._vcgencmd = shutil.which("vcgencmd") if root == Path("/") else None

    def read(self) -> Machine:
        """Return how the computer is; never raises."""
        return Machine(
            cpu_load=self._cpu_load(),
            memory_used=self._memory_used(),
            process_bytes=self._process_bytes(),
            temperature_c=self._temperature_c(),
            is_throttled=self._is_throttled(),
        )

    def _cpu_load(self) -> float | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return float(self._text("proc/loadavg").split()[0]) / max(1, os.cpu_count() or 1)
        return None

    def _memory_used(self) -> float | None:
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError, ZeroDivisionError):
            lines = (line.split() for line in self._text("proc/meminfo").splitlines())
            told = {parts[0]: int(parts[1]) for parts in lines if len(parts) > 1}
            return min(1.0, max(0.0, 1.0 - told["MemAvailable:"] / told["MemTotal:"]))
        return None

    def _process_bytes(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
            lines = self._text("proc/self/status").splitlines()
            return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * _KB
        return None

    def _temperature_c(self) -> float | None:
        hottest: float | None = None
        for zone in sorted(self._root.glob("sys/class/thermal/thermal_zone*/temp")):
            with contextlib.suppress(OSError, ValueError):
                found = int(zone.read_text(encoding="ascii")) / 1000.0
                # Sensors that are not there tell nonsense as -273.
                if -50.0 < found < 150.0:  # noqa: PLR2004 - no computer runs outside
                    hottest = found if hottest is None else max(hottest, found)
        return hottest

    def _is_throttled(self) -> bool | None:
        """Ask a Raspberry Pi; elsewhere there is nobody to ask."""
        if self._vcgencmd is None:
            return None
        command = [self._vcgencmd, "get_throttled"]
        with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_VCGENCMD_S)  # noqa: S603 - a fixed command
            return bool(int(done.stdout.strip().rpartition("=")[2], 0) & _NOW_BITS)
        return None

    def _text(self, name: str) -> str:
        return (self._root / name).read_text(encoding="ascii", errors="replace")
