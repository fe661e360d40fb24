"""Wiring of enrolment: the desk's process, and what the commands about towers need."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from firewatch.adapters.broker_files import is_still_good
from firewatch.adapters.ca_folder import CaFolder, ca_passphrase, write_private
from firewatch.adapters.package_folder import PackageFolder
from firewatch.errors import ConfigError
from firewatch.services.enrolment import Enrolment
from firewatch.services.offering import Offering
from firewatch.web.enrolment_desk import DeskServices, create_desk, create_public_files
from firewatch.wire.enrolment import plain_port
from firewatch.wire.package_keys import read_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.bureau_ca import BureauCa
    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.store import Store
    from firewatch.domain.sites import SiteMap
    from firewatch.enrolment_settings import EnrolmentConfig

__all__ = ["desk_services", "open_authority", "run_desk"]

logger = logging.getLogger(__name__)

_DESK_LIFE = timedelta(days=90)
_LOOK_S = 3600.0
_LAST_ANSWERS_S = 2


def open_authority(config: EnrolmentConfig) -> BureauCa:
    """Open the authority; raise `EnrolmentError` where it or its passphrase is missing."""
    folder = CaFolder(Path(config.ca))
    folder.chain()
    return folder.open(ca_passphrase())


def desk_services(
    config: EnrolmentConfig, store: Store, sites: SiteMap, ca: BureauCa, clock: SystemClock
) -> DeskServices:
    """Wire the desk; raise `ConfigError` where the keys that towers shall get cannot be read."""
    book = store.enrolment_book
    names = {tower.tower_id: f"{tower.name.zh} {tower.name.en}" for tower in sites.towers}
    enrolment = Enrolment(book, book, ca, clock, timedelta(days=config.certificate_days))
    return DeskServices(
        enrolment=enrolment,
        certificates=book,
        authority=ca,
        clock=clock,
        tower_name=lambda tower_id: names.get(tower_id, tower_id),  # type: ignore[call-overload]
        broker=(config.broker, config.broker_port),
        offering=Offering(PackageFolder(Path(config.models)), enrolment, clock) if config.models else None,
        package_keys=_package_keys(config.package_keys),
    )


def _package_keys(path: str) -> str:
    """Return the public keys in a file, checked now: a tower would refuse a wrong one on its mast."""
    if not path:
        return ""
    try:
        pem = Path(path).read_bytes()
    except OSError as err:
        raise ConfigError("central.toml", "enrolment.package_keys", f"{path} cannot be read: {err.strerror}") from err
    read_trusted(pem, path)
    return pem.decode("ascii", "replace")


def run_desk(config: EnrolmentConfig, store: Store, sites: SiteMap, clock: SystemClock, stop: threading.Event) -> None:
    """Serve the desk over TLS, and the two public files beside it, until told to stop.

    Raises
    ------
    EnrolmentError
        If the authority cannot be opened.
    """
    ca = open_authority(config)
    services = desk_services(config, store, sites, ca, clock)
    identity = Path(config.ca) / "desk.pem"
    _renew(identity, config, ca, clock)
    desk_settings = uvicorn.Config(
        create_desk(services),
        ssl_certfile=identity,
        **_common(config.host, config.port),  # type: ignore[arg-type]
    )
    desk = uvicorn.Server(desk_settings)
    public = uvicorn.Server(
        uvicorn.Config(create_public_files(services), **_common(config.host, plain_port(config.port)))  # type: ignore[arg-type]
    )
    logger.info("desk.started", extra={"port": config.port, "public_host": config.public_host})

    def renew() -> None:
        if _renew(identity, config, ca, clock) and desk_settings.ssl is not None:
            desk_settings.ssl.load_cert_chain(identity)

    _serve_all([desk, public], stop, renew)


def _common(host: str, port: int) -> dict[str, object]:
    return {
        "host": host,
        "port": port,
        "log_config": None,
        "access_log": False,
        "timeout_graceful_shutdown": _LAST_ANSWERS_S,
    }


def _serve_all(servers: list[uvicorn.Server], stop: threading.Event, renew: Callable[[], None]) -> None:
    """Run the servers side by side; when one ends by itself (its port is taken), all do, and the supervisor knows."""

    def serve(server: uvicorn.Server) -> None:
        try:
            server.run()
        finally:
            stop.set()

    threads = [
        threading.Thread(target=serve, args=(server,), name=f"desk-{place}", daemon=True)
        for place, server in enumerate(servers)
    ]
    for thread in threads:
        thread.start()
    while not stop.wait(_LOOK_S):
        renew()
    for server in servers:
        server.should_exit = True
    for thread in threads:
        thread.join(_LAST_ANSWERS_S * 2)


def _renew(identity: Path, config: EnrolmentConfig, ca: BureauCa, clock: SystemClock) -> bool:
    """Give the desk a new certificate of its own where it has none for this host with a third of its life to come."""
    now, hosts = clock.now(), (config.public_host,)
    if is_still_good(identity, hosts, ca, now):
        return False
    write_private(identity, ca.server(hosts, now, _DESK_LIFE))
    return True
