"""One Mosquitto with a port for each fault of TLS."""

from __future__ import annotations

import getpass
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from certificates import Authority
from ports import free_ports

from firewatch.adapters.broker import find_mosquitto
from firewatch.mqtt import TlsSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Wall", "stand_wall"]


@dataclass(frozen=True)
class Wall:
    """One Mosquitto with a port for each fault, and what a tower needs to come in."""

    ports: dict[str, int]
    ca_file: str
    other_ca_file: str
    client: tuple[str, str]
    strange_client: tuple[str, str]
    old_client: tuple[str, str]

    def tls(self, ca_file: str = "", client: tuple[str, str] = ("", "")) -> TlsSettings:
        return TlsSettings(ca_file=ca_file or self.ca_file, cert_file=client[0], key_file=client[1])


def stand_wall(folder: Path) -> Iterator[Wall]:
    """Start the broker, and stop it when its fixture ends."""
    program = find_mosquitto()
    if program is None:
        pytest.skip("mosquitto is not installed (Debian: apt install mosquitto)")
    ours, others = Authority(folder, "bureau"), Authority(folder, "strangers")
    servers = {
        "good": ours.issue("good"),
        "expired": ours.issue("expired", days=-1),
        "elsewhere": ours.issue("elsewhere", address="192.0.2.7"),
        "mutual": ours.issue("mutual"),
    }
    names = [*servers, "plain"]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    lines = [f"user {getpass.getuser()}", "per_listener_settings true", f"log_dest file {folder / 'log'}"]
    for name in names:
        lines += [f"listener {ports[name]} 127.0.0.1", "allow_anonymous true"]
        if name in servers:
            cert, key = servers[name]
            lines += [f"certfile {cert}", f"keyfile {key}", f"cafile {ours.ca_file}"]
        if name == "mutual":
            lines += ["require_certificate true"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    broker = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    ends_at = time.monotonic() + 10.0
    while any(socket.socket().connect_ex(("127.0.0.1", port)) for port in ports.values()):
        assert time.monotonic() < ends_at, (folder / "log").read_text()
        time.sleep(0.05)
    issued = [ours.issue("tower"), others.issue("stranger"), ours.issue("old", days=-1)]
    yield Wall(ports, str(ours.ca_file), str(others.ca_file), *((str(c), str(k)) for c, k in issued))
    broker.terminate()
    broker.wait(10)
