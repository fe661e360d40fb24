"""What each process of the central service does until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from firewatch.bootstrap import build_associator, build_clockwork, build_intake, build_web, new_id
from firewatch.errors import ConfigError
from firewatch.services.duties import Duty, run_duties

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.bootstrap import Central

__all__ = ["run_role"]

logger = logging.getLogger(__name__)

_WATCH_S = 0.2
_REFRESH_S = 1.0
_RATINGS_S = 2.0
# Ratings change once a day; an open incident learns of it within this.
_REVISIT_S = 10.0
_LEASE_S = 5.0
_MOST_OPEN = 1000


def run_role(role: str, central: Central, stop: threading.Event) -> None:
    """Run one process of the central service.

    Parameters
    ----------
    role : "intake", "associator", "clockwork" or "web"
        Which.
    central : Central
        Its store, sites and settings.
    stop : threading.Event
        Ends it.
    """
    roles: dict[str, Callable[[Central, threading.Event], None]] = {
        "intake": _intake,
        "associator": _associator,
        "clockwork": _clockwork,
        "web": _web,
    }
    try:
        roles[role](central, stop)
    finally:
        central.store.close()


def _intake(central: Central, stop: threading.Event) -> None:
    intake = build_intake(central)
    intake.start()
    try:
        stop.wait()
    finally:
        intake.stop()


class _Leased:
    """Does a duty only while this process holds the lease, so that two centres on one database never do it twice."""

    def __init__(self, central: Central, name: str) -> None:
        self._central = central
        self._name = name
        self._holder = new_id(central.clock.now())

    def __call__(self, step: Callable[[], object]) -> Callable[[], object]:
        def leased() -> object:
            now = self._central.clock.now()
            return step() if self._central.store.leases.take(self._name, self._holder, now, _LEASE_S) else None

        return leased


def _associator(central: Central, stop: threading.Event) -> None:
    associator = build_associator(central)
    leased = _Leased(central, "associator")

    def revisit() -> None:
        incidents = central.store.incident_log.incidents(open_only=True, limit=_MOST_OPEN)
        associator.watch(incident.incident_id for incident in incidents)

    duties = [
        Duty("associate", leased(associator.step), _WATCH_S),
        Duty("refresh", leased(associator.refresh), _REFRESH_S),
        Duty("revisit", leased(revisit), _REVISIT_S),
    ]
    run_duties(duties, stop)


def _clockwork(central: Central, stop: threading.Event) -> None:
    clockwork = build_clockwork(central)
    leased = _Leased(central, "clockwork")
    duties = [
        Duty("rate", leased(clockwork.keeper.step), _RATINGS_S),
        Duty("raise alerts", leased(clockwork.raiser.step), _WATCH_S),
        Duty("send notifications", leased(clockwork.sender.step), _WATCH_S),
    ]
    run_duties(duties, stop)


def _web(central: Central, stop: threading.Event) -> None:
    web = central.config.web
    _require_loopback_without_accounts(central)
    server = uvicorn.Server(
        uvicorn.Config(build_web(central), host=web.host, port=web.port, log_config=None, access_log=False)
    )

    def end_with_stop() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=end_with_stop, name="web-stop", daemon=True).start()
    server.run()
    stop.set()


def _require_loopback_without_accounts(central: Central) -> None:
    host = central.config.web.host
    if central.store.accounts.any_configured() or _is_loopback(host):
        return
    why = (
        f"is {host}, but nobody has an account yet: anyone on the network could dismiss a fire. "
        "Use 127.0.0.1, or add an account first: firewatch accounts add ID NAME"
    )
    raise ConfigError("settings", "web.host", why)


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address[4][0])).is_loopback for address in found)
