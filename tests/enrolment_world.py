"""A centre with an authority and an enrolment desk, as the enrolment's tests need it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ports import free_ports

from firewatch.adapters.ca_folder import CaFolder
from firewatch.adapters.clock import SystemClock
from firewatch.adapters.sites_geojson import read_sites
from firewatch.adapters.store import open_store
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.enrolment_wiring import run_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from firewatch.adapters.bureau_ca import BureauCa
    from firewatch.adapters.store import Store

__all__ = ["PASSPHRASE", "Bureau", "free_ports", "make_bureau", "wait_for_port"]

PASSPHRASE = "a passphrase for tests"  # noqa: S105 - it locks a key that lives for one test
_SITES = Path(__file__).resolve().parents[1] / "configs"
_SETTINGS = """
[centre]
sites = "{sites}/sites.geojson"
roster = "{sites}/roster.toml"
[store]
url = "sqlite:///centre.sqlite"
evidence = "evidence"
[enrolment]
public_host = "127.0.0.1"
host = "127.0.0.1"
port = {port}
ca = "ca"
broker_port = {broker_port}
broker_files = "mosquitto"
"""


class Bureau:
    """The centre's folder: settings, store, authority; its commands, and its desk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.broker_port = free_ports(2)[0], free_ports(1)[0]
        self.settings = folder / "central.toml"
        text = _SETTINGS.format(sites=_SITES, port=self.port, broker_port=self.broker_port)
        self.settings.write_text(text, encoding="utf-8")
        self.config = read_config(self.settings)
        self.store: Store = open_store(self.config.store.url, folder / "evidence")
        self.broker_files = folder / "mosquitto"

    def towers(self, *words: str) -> int:
        """Run `firewatch towers`."""
        return main(["towers", *words, "--config", str(self.settings)])

    def code(self, tower: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
        """Make a code, as an officer would, and return what was printed of it."""
        capsys.readouterr()
        assert self.towers("enrol", tower, *more) == 0
        return next(line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("    "))

    @property
    def ca(self) -> BureauCa:
        """The authority, opened."""
        return CaFolder(self.folder / "ca").open(PASSPHRASE.encode())

    @contextlib.contextmanager
    def desk(self) -> Iterator[None]:
        """Have the desk open, on loopback."""
        stop = threading.Event()
        sites = read_sites(Path(self.config.centre.sites))
        given = (self.config.enrolment, self.store, sites, SystemClock(), stop)
        thread = threading.Thread(target=run_desk, args=given, daemon=True)
        thread.start()
        try:
            for port in (self.port, self.port + 1):
                wait_for_port(port)
            yield
        finally:
            stop.set()
            thread.join(10)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens there."""
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    msg = f"nothing listens on {port}"
    raise AssertionError(msg)


def make_bureau(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """Make a centre with an authority of its own."""
    monkeypatch.setenv("FIREWATCH_CA_PASSPHRASE", PASSPHRASE)
    bureau = Bureau(folder)
    assert bureau.towers("ca", "init") == 0
    return bureau
