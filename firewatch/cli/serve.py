"""`firewatch serve`: the central service."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.logs import start_logging
from firewatch.stop_signals import stop_with_signals

if TYPE_CHECKING:
    import argparse

    from firewatch.bootstrap import Central

__all__ = ["add_parser", "run"]

logger = logging.getLogger(__name__)

ROLES = ("intake", "associator", "clockwork", "web", "enrolment")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "serve",
        help="run the central service",
        description="Runs the central service: intake (writes what the nodes send), associator (opens and joins "
        "incidents), clockwork (ratings, alerts), web (pages) and, where enrolment.public_host is set, enrolment (the "
        "desk that gives towers their certificates), each a process that is started again if it dies.",
        epilog="The settings' secrets come from the environment: FIREWATCH_SECRET (needed), FIREWATCH_MQTT_PASSWORD, "
        "FIREWATCH_SMTP_PASSWORD, FIREWATCH_DATABASE_PASSWORD. See docs/how-to/run-the-centre.md.",
    )
    add_config_option(parser)
    parser.add_argument("--role", choices=ROLES, help="run only this process, unsupervised")
    parser.add_argument("--logs", choices=("json", "text"), default="text" if sys.stderr.isatty() else "json")
    parser.add_argument("--child", action="store_true", help="(of a parent) end when standard input closes")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()
    stop_with_signals(stop)
    if args.child:
        from firewatch.parent import stop_with_parent

        # Before all that takes long on a busy machine: who starts without a parent ends too.
        stop_with_parent(stop)
    from firewatch.config import read_config, read_secrets

    start_logging(args.logs)
    config, secrets = read_config(args.config), read_secrets()
    from firewatch.bootstrap import open_central
    from firewatch.roles import run_role

    central = open_central(config, secrets)
    if args.role is None:
        _supervise(args, central, stop)
        return 0
    logger.info("role.started", extra={"role": args.role})
    run_role(args.role, central, stop)
    logger.info("role.stopped", extra={"role": args.role})
    return 0


def _supervise(args: argparse.Namespace, central: Central, stop: threading.Event) -> None:
    """Run the processes; what would make one of them end at once is refused here, once, before any starts."""
    from firewatch.adapters.supervisor import ChildSpec, Supervisor
    from firewatch.bootstrap import build_associator, build_clockwork
    from firewatch.cli.check_config import require_authority
    from firewatch.roles import require_loopback_without_accounts

    try:
        require_loopback_without_accounts(central)
        build_clockwork(central)
        build_associator(central)
        require_authority(central.config, args.config)
        if central.config.enrolment.public_host:
            from firewatch.enrolment_wiring import open_authority

            open_authority(central.config.enrolment)
    finally:
        central.store.close()
    command = [sys.executable, "-m", "firewatch", "serve", "--child", "--config", str(args.config), "--logs", args.logs]
    roles = ROLES if central.config.enrolment.public_host else ROLES[:-1]
    specs = [ChildSpec(role, [*command, "--role", role], os.environ) for role in roles]
    supervisor = Supervisor(specs)
    supervisor.run(stop)
