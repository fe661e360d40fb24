"""A broker for the demo and for tests: Mosquitto where it is installed, else amqtt, as a child process on loopback."""

from __future__ import annotations

import base64
import contextlib
import getpass
import hashlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from firewatch.adapters.broker_child import hash_password
from firewatch.errors import BrokerUnavailable
from firewatch.mqtt import MqttSession, MqttSettings
from firewatch.wire import topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import StationId, TowerId

__all__ = ["BrokerAccount", "EmbeddedBroker", "find_mosquitto"]

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_READY_S = 20.0
_STOP_S = 5.0
_PORT_POLL_S = 0.02
_LOOK_S = 0.5
_PORT_TRIES = 5
# Mosquitto's own format for password hashes: PBKDF2 with SHA-512; version 2.0 reads salts of 12 bytes only.
_PBKDF2_ROUNDS = 1000
_SALT_BYTES = 12


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """Who may connect, and what for.

    Parameters
    ----------
    username, password : str
        Credentials.
    rights : Rights
        Topic filters for publishing and subscribing.
    """

    username: str
    password: str
    rights: topics.Rights

    @classmethod
    def of_centre(cls, username: str = "central") -> BrokerAccount:
        """Return an account of the central service with a fresh password."""
        return cls(username, secrets.token_urlsafe(18), topics.rights_of_centre())

    @classmethod
    def of_tower(cls, tower_id: TowerId) -> BrokerAccount:
        """Return an account of a tower, named like it, with a fresh password."""
        return cls(tower_id, secrets.token_urlsafe(18), topics.rights_of_tower(tower_id))

    @classmethod
    def of_station(cls, station_id: StationId) -> BrokerAccount:
        """Return an account of a weather station, named like it, with a fresh password."""
        return cls(station_id, secrets.token_urlsafe(18), topics.rights_of_station(station_id))

    def __repr__(self) -> str:
        """Name the user; never the password."""
        return f"BrokerAccount({self.username})"


def find_mosquitto() -> str | None:
    """Return Mosquitto's program, or None where it is not installed; Debian keeps it off the users' PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


class EmbeddedBroker:
    """A broker as a child process, on loopback, with accounts; a context manager.

    The child ends with this process, even where that is killed. Mosquitto keeps its queues in `folder` and finds them
    again after `kill` and `start`; amqtt keeps nothing.

    Parameters
    ----------
    folder : Path
        For its settings, its log and what it keeps.
    accounts : sequence of BrokerAccount
        Who may connect; nobody else may.
    kind : {"auto", "mosquitto", "amqtt"}
        "auto" takes Mosquitto where it is installed.
    port : int
        0 takes a free one; it stays the same over restarts.
    """

    def __init__(
        self,
        folder: Path,
        accounts: Sequence[BrokerAccount],
        *,
        kind: Literal["auto", "mosquitto", "amqtt"] = "auto",
        port: int = 0,
    ) -> None:
        mosquitto = find_mosquitto()
        if kind == "mosquitto" and mosquitto is None:
            raise BrokerUnavailable(_HOST, port, "mosquitto is not installed (Debian: apt install mosquitto)")
        self.kind: Literal["mosquitto", "amqtt"] = "mosquitto" if mosquitto and kind != "amqtt" else "amqtt"
        self.host = _HOST
        self.port = port
        self._program = mosquitto
        self._folder = folder
        self._accounts = tuple(accounts)
        # Its own account, to see for itself that the broker answers.
        self._probe = BrokerAccount("probe", secrets.token_urlsafe(18), topics.Rights((), ()))
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def pid(self) -> int:
        """The broker's process; 0 while it does not run."""
        return self._pid

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.poll() is None

    def settings_for(self, account: BrokerAccount, client_id: str) -> MqttSettings:
        """Return how a client reaches this broker."""
        return MqttSettings(
            host=self.host,
            port=self.port,
            client_id=client_id,
            username=account.username,
            password=account.password,
            protocol="auto" if self.kind == "mosquitto" else "3.1.1",
        )

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises
        ------
        BrokerUnavailable
            If it does not answer within 20 s; the reason holds the end of its log.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        is_free_choice = self.port == 0
        for tries_left in range(_PORT_TRIES if is_free_choice else 1, 0, -1):
            if is_free_choice:
                self.port = _free_port()
            self._launch()
            try:
                self._await_answer()
            except BrokerUnavailable as err:
                self.stop()
                if tries_left == 1:
                    raise BrokerUnavailable(
                        self.host, self.port, f"{err.why}; its log ends: {self._log_end()}"
                    ) from err
            else:
                logger.info("broker.started", extra={"kind": self.kind, "port": self.port})
                return

    def stop(self) -> None:
        """End it in order; a second call does nothing."""
        child, self._child, self._pid = self._child, None, 0
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_STOP_S)
        if child.stdout is not None:
            child.stdout.close()

    def kill(self) -> None:
        """End it as a power cut does; `start` starts it again on the same port."""
        if self._child is None:
            return
        # Our own child's child, still unreaped by its guard: the id cannot have gone to another process.
        if self._child.poll() is None:
            os.kill(self._pid, signal.SIGKILL)
        self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self) -> None:
        arguments = self._write_mosquitto() if self.kind == "mosquitto" else self._write_amqtt()
        program = Path(__file__).with_name("broker_child.py")
        with (self._folder / "broker.log").open("ab") as log:
            # -P: the folder of the program must not be searched for modules. A clean start of the interpreter.
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(program), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                # Ctrl-C in a terminal is for the program that runs the broker: that one ends it, in its own order.
                process_group=0,
            )
        said = self._child.stdout.readline() if self._child.stdout else b""
        self._pid = int(json.loads(said)["pid"]) if said else 0

    def _await_answer(self) -> None:
        self._await_port()
        probe = MqttSession(self.settings_for(self._probe, "firewatch-probe"))
        probe.start()
        ends_at = time.monotonic() + _READY_S
        try:
            while True:
                try:
                    probe.wait_ready(_LOOK_S)
                except BrokerUnavailable:
                    if time.monotonic() > ends_at or self._child is None or self._child.poll() is not None:
                        raise
                else:
                    return
        finally:
            probe.stop()

    def _await_port(self) -> None:
        # The session would find it too, but only at its next try.
        ends_at = time.monotonic() + _READY_S
        while time.monotonic() < ends_at and self._child is not None and self._child.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1.0):
                return
            time.sleep(_PORT_POLL_S)
        raise BrokerUnavailable(self.host, self.port, "the broker did not open its port")

    def _log_end(self) -> str:
        log = self._folder / "broker.log"
        return log.read_text(encoding="utf-8", errors="replace")[-300:].strip() if log.exists() else "(none)"

    def _write_private(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _write_mosquitto(self) -> list[str]:
        everyone = (*self._accounts, self._probe)
        passwords = self._write_private("passwords", "".join(_mosquitto_password(account) for account in everyone))
        rights = self._write_private("rights", "".join(_mosquitto_rights(account) for account in everyone))
        conf = self._write_private(
            "mosquitto.conf",
            f"listener {self.port} {_HOST}\n"
            f"user {getpass.getuser()}\n"
            "allow_anonymous false\n"
            f"password_file {passwords.absolute()}\n"
            f"acl_file {rights.absolute()}\n"
            "persistence true\n"
            f"persistence_location {self._folder.absolute()}/\n"
            "autosave_interval 5\n"
            # The default of 20 caps the centre's batches; the queues must hold a night without a centre.
            "max_inflight_messages 2000\n"
            "set_tcp_nodelay true\n"
            "max_queued_messages 200000\n"
            "log_dest stderr\n"
            "log_type error\n"
            "log_type warning\n",
        )
        return ["guard", str(self._program), "-c", str(conf.absolute())]

    def _write_amqtt(self) -> list[str]:
        users = {}
        for account in (*self._accounts, self._probe):
            salt = secrets.token_bytes(_SALT_BYTES)
            users[account.username] = {
                "salt": salt.hex(),
                "hash": hash_password(account.password, salt),
                "may_publish": account.rights.may_publish,
                "may_subscribe": account.rights.may_subscribe,
            }
        settings = self._write_private("amqtt.json", json.dumps({"port": self.port, "users": users}))
        return ["amqtt", str(settings.absolute())]


def _mosquitto_password(account: BrokerAccount) -> str:
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, _PBKDF2_ROUNDS)
    hashed = f"$7${_PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
    return f"{account.username}:{hashed}\n"


def _mosquitto_rights(account: BrokerAccount) -> str:
    lines = [f"user {account.username}"]
    lines += [f"topic write {topic}" for topic in account.rights.may_publish]
    lines += [f"topic read {topic}" for topic in account.rights.may_subscribe]
    return "\n".join(lines) + "\n\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
