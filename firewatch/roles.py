"""What each process of the central service does until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING

from firewatch.adapters.mqtt_commands import MqttCommands
from firewatch.adapters.mqtt_live import MqttLive
from firewatch.adapters.mqtt_tower_settings import MqttTowerSettings
from firewatch.bootstrap import (
    build_associator,
    build_clockwork,
    build_intake,
    mqtt_settings,
    new_id,
)
from firewatch.command_wiring import command_sender
from firewatch.errors import ConfigError
from firewatch.eyes_wiring import build_tower_ratings
from firewatch.ground_wiring import GroundKeeper
from firewatch.page_wiring import build_web
from firewatch.services.duties import Duty, run_duties, run_side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.bootstrap import Central

__all__ = ["require_loopback_without_accounts", "run_role"]

logger = logging.getLogger(__name__)

_WATCH_S = 0.2
_REFRESH_S = 1.0
_RATINGS_S = 2.0
_TOWERS_S = 10.0
_FEEDS_S = 1.0
_EYES_S = 10.0
_PRUNE_S = 5.0
# Ratings change once a day; an open incident learns of it within this.
_REVISIT_S = 10.0
# What each tower sees of the ground is computed once, a tower at a time.
_GROUND_S = 0.5
_LEASE_S = 5.0
# A lease is renewed this often, not at each step: a renewal is a write to the disk.
_RENEW_S = 1.0
# Browsers hold the live stream open for ever: a stopping server waits this long for it.
_LAST_ANSWERS_S = 2
_MOST_OPEN = 1000


def run_role(role: str, central: Central, stop: threading.Event) -> None:
    """Run one process of the central service.

    Parameters
    ----------
    role : "intake", "associator", "clockwork", "web" or "enrolment"
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
        "enrolment": _enrolment,
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
        self._held_until = 0.0

    def __call__(self, step: Callable[[], object]) -> Callable[[], object]:
        def leased() -> object:
            return step() if self._is_held() else None

        return leased

    def _is_held(self) -> bool:
        if monotonic() < self._held_until:
            return True
        if self._central.store.leases.take(self._name, self._holder, self._central.clock.now(), _LEASE_S):
            self._held_until = monotonic() + _RENEW_S
            return True
        return False


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
        Duty("raise alerts", leased(clockwork.raiser.step), _WATCH_S),
        Duty("send notifications", leased(clockwork.sender.step), _WATCH_S),
        Duty("watch the eyes", leased(clockwork.lookout.step), _EYES_S),
    ]
    # The whole records of all stations are rated after a start: a dozen of three years take some seconds. Feeds are
    # looked at in threads of their own; what they gave is stored here: after a start, months of many stations.
    feeds = [
        Duty("feeds", leased(clockwork.feeds.step), _FEEDS_S),
        Duty("hotspots", leased(clockwork.hotspots.step), _FEEDS_S),
        Duty("prune", leased(clockwork.pruner.step), _PRUNE_S),
    ]
    sender = MqttTowerSettings(mqtt_settings(central.config, central.secrets, "clockwork"))
    ratings = build_tower_ratings(central.store, central.sites, central.clock, zone=central.zone, sender=sender)
    towers = [Duty("tell towers", leased(ratings.step), _TOWERS_S)]
    post = MqttCommands(mqtt_settings(central.config, central.secrets, "commands"))
    asked = [Duty("send commands", leased(command_sender(central.store, post, central.clock).step), _WATCH_S)]
    # Not leased: it is kept in files, and two centres on one database need not share them.
    ground = [Duty("prepare terrain", GroundKeeper(central.config.terrain, central.sites).step, _GROUND_S)]
    aside = [[Duty("rate", leased(clockwork.keeper.step), _RATINGS_S)], feeds, towers, asked, ground]
    try:
        run_side_by_side(duties, aside, stop)
    finally:
        sender.close()
        post.close()


def _web(central: Central, stop: threading.Event) -> None:
    import uvicorn

    web = central.config.web
    require_loopback_without_accounts(central)
    live = MqttLive(mqtt_settings(central.config, central.secrets, "web"), central.clock)
    settings = uvicorn.Config(
        build_web(central, live),
        host=web.host,
        port=web.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    server = uvicorn.Server(settings)

    def end_with_stop() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=end_with_stop, name="web-stop", daemon=True).start()
    try:
        server.run()
    finally:
        live.close()
    stop.set()


def _enrolment(central: Central, stop: threading.Event) -> None:
    from firewatch.enrolment_wiring import run_desk

    run_desk(central.config.enrolment, central.store, central.sites, central.clock, stop)


def require_loopback_without_accounts(central: Central) -> None:
    """Raise `ConfigError` if the pages would be open to the network with nobody asked who they are."""
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
