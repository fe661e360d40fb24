"""The `firewatch` command: one module a subcommand."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys

from firewatch.errors import FirewatchError

__all__ = ["main"]

# In the order of the help; each module has `add_parser(subparsers)` and `run(args) -> int`.
_COMMANDS = (
    "demo",
    "serve",
    "check_config",
    "feeds",
    "accounts",
    "towers",
    "quarantine",
    "recheck",
    "calibrate",
    "labels",
    "triage",
    "model",
    "danger",
    "terrain",
    "land_cover",
    "locate",
)


def main(argv: list[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : list of str, optional
        Without the program's name; by default of this process.

    Returns
    -------
    int
        0 done, 1 refused input (told on stderr), 2 usage.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console or a pipe without Chinese characters gets their numbers, in place of an end in the middle.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as `head` does; else the interpreter complains once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("firewatch: interrupted", file=sys.stderr)
        return 1
    except ModuleNotFoundError as err:
        if (err.name or "").startswith("firewatch"):
            raise
        # A tower's computer has this program too, without the libraries of the centre.
        how = "for the central service install it with its extra: firewatch[central]"
        print(f"firewatch: {err.name} is not installed; {how}", file=sys.stderr)
        return 1
    return code


def _run(argv: list[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="firewatch",
        description="Forest fire watch: smoke sightings from watchtowers, located, weighed with fire danger.",
        epilog="`firewatch COMMAND --help` explains each; `firewatch demo` shows all of it working.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"firewatch.cli.{name}").add_parser(subparsers)
    args = parser.parse_args(argv)
    command = importlib.import_module(f"firewatch.cli.{args.command.replace('-', '_')}")
    try:
        code: int = command.run(args)
    except FirewatchError as err:
        print(f"firewatch {args.command}: {err}", file=sys.stderr)
        return 1
    return code
