"""systemd's notification protocol: ready, alive, stopping; and the computer's own watchdog."""

from __future__ import annotations

import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

__all__ = ["HardwareWatchdog", "Supervisor"]

logger = logging.getLogger(__name__)

_MOST_WAIT_S = 1.0


class Supervisor:
    """Tells systemd how the service is; does nothing where there is no systemd.

    Parameters
    ----------
    environment : Mapping, optional
        In place of the process's own: ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC``.

    References
    ----------
    .. [1] sd_notify(3), sd_watchdog_enabled(3).
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        known = os.environ if environment is None else environment
        self._address = known.get("NOTIFY_SOCKET", "")
        interval_us = known.get("WATCHDOG_USEC", "")
        self._interval_s = int(interval_us) / 1e6 if interval_us.isdigit() else 0.0

    @property
    def pet_every_s(self) -> float | None:
        """How often `pet` is due: twice in systemd's interval; None where no watchdog is set."""
        return self._interval_s / 2.0 if self._interval_s else None

    def ready(self) -> None:
        """Say that the service has started."""
        self._send("READY=1")

    def pet(self) -> None:
        """Say that the service makes progress."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Give `systemctl status` one line."""
        self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """Say that the service ends in order."""
        self._send("STOPPING=1")

    def reloading(self) -> None:
        """Say that the service reads its settings anew; `ready` ends that.

        References
        ----------
        .. [1] sd_notify(3): RELOADING=1 goes with the monotonic time in microseconds.
        """
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # An abstract socket is written with @ in the environment and with NUL for the kernel.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            # Where nobody reads, a full queue must not stop the node: a word is lost then, and the next may arrive.
            notify.settimeout(_MOST_WAIT_S)
            try:
                notify.sendto(message.encode(), address)
            except OSError:
                # systemd is gone or replaced: it will start us anew if it misses the word.
                return


class HardwareWatchdog:
    """A watchdog of the computer itself: without a pat it starts the machine anew, also when the kernel hangs.

    Where systemd keeps it (``RuntimeWatchdogSec``), leave it to systemd: two cannot hold it.

    Parameters
    ----------
    device : str
        As ``/dev/watchdog``; empty means none.

    References
    ----------
    .. [1] Linux kernel, Documentation/watchdog/watchdog-api.rst: any write pets it, "V" before the close disarms it.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._file: BinaryIO | None = None

    def pet(self) -> None:
        """Pet it, and open it first where it is not open; one that cannot be opened is said, and tried again."""
        if not self._device:
            return
        try:
            if self._file is None:
                self._file = Path(self._device).open("wb", buffering=0)  # noqa: SIM115 - held as long as the node runs
            self._file.write(b"\0")
        except OSError as err:
            logger.error("watchdog.unusable", extra={"device": self._device, "why": str(err)})  # noqa: TRY400 - no fault of ours
            self._file = None

    def disarm(self) -> None:
        """Let go of it in order: the machine is not started anew because somebody stopped the service."""
        if self._file is None:
            return
        try:
            self._file.write(b"V")
            self._file.close()
        except OSError:
            logger.exception("watchdog.not_disarmed")
        self._file = None
