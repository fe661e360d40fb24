"""`firewatch accounts`: who may log in."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option

if TYPE_CHECKING:
    import argparse

    from firewatch.adapters.store.accounts import SqlAccounts

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "accounts",
        help="list, add or disable the people who may log in",
        description="Without any account the pages need no log-in and listen on this machine only. With the first "
        "account, log-in is asked for. The password is read from the terminal (or from standard input).",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list them")
    add = actions.add_parser("add", help="add one")
    add.add_argument("id", help="log-in name: a-z, 0-9 and -")
    add.add_argument("name", help="name as people say it")
    add.add_argument(
        "--role", default="officer", choices=("officer", "chief", "leader", "ranger", "admin", "technician")
    )
    disable = actions.add_parser("disable", help="end one's log-ins and refuse new ones")
    disable.add_argument("id", help="log-in name")
    add_config_option(parser, listing, add, disable)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.bootstrap import prepare_store
    from firewatch.config import read_config, read_database_secret

    store = prepare_store(read_config(args.config), read_database_secret())
    try:
        print(_done(store.accounts, args), end="")
    finally:
        store.close()
    return 0


def _done(accounts: SqlAccounts, args: argparse.Namespace) -> str:
    from firewatch.adapters.clock import SystemClock
    from firewatch.domain.ids import PersonId
    from firewatch.domain.roster import Person, Role

    if args.action == "list":
        return "".join(f"{person.person_id:<20} {person.role:<10} {person.name}\n" for person in accounts.people())
    if args.action == "add":
        person = Person(PersonId(args.id), args.name, Role(args.role))
        accounts.create(person, _password(), SystemClock().now())
        return f"{args.id} may log in now\n"
    accounts.disable(PersonId(args.id))
    return f"{args.id} may no longer log in\n"


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    try:
        password = getpass.getpass("Password: ")
        again = getpass.getpass("Again: ")
    except EOFError:
        sys.exit("No password was given; nothing was changed.")
    if password != again:
        sys.exit("The two passwords differ; nothing was changed.")
    return password
