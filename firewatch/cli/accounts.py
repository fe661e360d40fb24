"""`firewatch accounts`: who may log in."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "accounts",
        help="list, add or disable the people who may log in",
        description="Without any account the pages need no log-in and listen on this machine only. With the first "
        "account, log-in is asked for. The password is read from the terminal (or from standard input).",
    )
    parser.add_argument("--config", type=Path, default=Path("configs/central.toml"), help="settings (TOML)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list them")
    add = actions.add_parser("add", help="add one")
    add.add_argument("id", help="log-in name: a-z, 0-9 and -")
    add.add_argument("name", help="name as people say it")
    add.add_argument("--role", default="officer", choices=("officer", "chief", "leader", "ranger", "admin"))
    disable = actions.add_parser("disable", help="end one's log-ins and refuse new ones")
    disable.add_argument("id", help="log-in name")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.bootstrap import prepare_store
    from firewatch.config import read_config, read_secrets
    from firewatch.domain.ids import PersonId
    from firewatch.domain.roster import Person, Role

    store = prepare_store(read_config(args.config), read_secrets())
    if args.action == "list":
        for person in store.accounts.people():
            print(f"{person.person_id:<20} {person.role:<8} {person.name}")
    elif args.action == "add":
        person = Person(PersonId(args.id), args.name, Role(args.role))
        store.accounts.create(person, _password(), SystemClock().now())
        print(f"{args.id} may log in now")
    else:
        store.accounts.disable(PersonId(args.id))
        print(f"{args.id} may no longer log in")
    return 0


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        sys.exit("The two passwords differ; nothing was changed.")
    return password
