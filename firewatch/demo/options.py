"""The demo's options: what each may be, and what does not go together, refused before anything is started.

Loads nothing of the demo: the command line asks it for every command.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from typing import TYPE_CHECKING, TypeVar

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["NODES_NEED_S", "bounded", "ignition_s", "require_places", "settle"]

_Number = TypeVar("_Number", int, float)

# Nodes need some seconds to start: fire and frames wait for them, at any speed.
NODES_NEED_S = 10.0
_IGNITES_AT_S = 60.0
_MINUTES = 4.0
_PORT = 8080
_COMMAND = "demo"
# What a run leaves; a second one would add to it, and its report would count both.
_TRACES = ("broker", "cameras.jsonl", "central.toml", "firewatch.db", "phones.jsonl")


def bounded(kind: type[_Number], low: _Number, high: _Number) -> Callable[[str], _Number]:
    """Return what reads an option that is a number from `low` to `high`, for argparse."""

    def read(text: str) -> _Number:
        with contextlib.suppress(ValueError):
            value = kind(text)
            # Neither limit holds for "nan".
            if low <= value <= high:
                return value
        raise argparse.ArgumentTypeError(f"{text!r}: a number from {low:g} to {high:g} is wanted")

    return read


def ignition_s(args: argparse.Namespace) -> float | None:
    """Return the scene second in which the rendered fire starts; None for a quiet day."""
    return max(_IGNITES_AT_S, NODES_NEED_S * args.speed) if args.fire == "one" else None


def settle(args: argparse.Namespace) -> str | None:
    """Fill in the defaults that depend on other options; return what does not go together, or None."""
    wrong = _unused(args)
    if args.frames is None:
        args.fire = args.fire or "one"
    if args.headless and args.minutes is None and args.frames is None:
        args.minutes = _MINUTES
    if args.port is None:
        args.port = 0 if args.headless else _PORT
    return wrong or _never_burns(args) or _one_port(args)


def _unused(args: argparse.Namespace) -> str | None:
    if not args.headless and args.minutes is not None:
        return "--minutes needs --headless: with a person the demo runs until Ctrl-C"
    if not args.headless and args.report is not None:
        return "--report needs --headless: the report is written when the scene is over"
    if args.frames is not None and args.fire is not None:
        return "--fire does not go with --frames: the names of real frames say when it burns"
    return None


def _never_burns(args: argparse.Namespace) -> str | None:
    starts_s = ignition_s(args)
    if starts_s is None or args.minutes is None or args.minutes * 60.0 > starts_s:
        return None
    return (
        f"--minutes {args.minutes:g} at --speed {args.speed:g} ends before the fire starts ({starts_s:g} s of scene "
        f"time): give more than {starts_s / 60.0:g} minutes, or --fire none"
    )


def _one_port(args: argparse.Namespace) -> str | None:
    if args.port and args.port == args.broker_port:
        return f"--port and --broker-port are both {args.port}: give two, or leave one out"
    return None


def require_places(args: argparse.Namespace) -> None:
    """Raise `ConfigError` if a folder or port of the options cannot be used."""
    if args.model is not None and not args.model.is_dir():
        raise ConfigError(_COMMAND, "--model", f"{args.model} is no folder; a detector's folder holds model.toml")
    if args.keep is not None:
        _require_new(args.keep)
    if args.report is not None:
        _require_writable(args.report, args.keep)
    _require_free("--port", args.port, "give another one, or --port 0 for a free one")
    _require_free("--broker-port", args.broker_port, "give another one, or leave it out for a free one")


def _require_new(keep: Path) -> None:
    if keep.exists() and not keep.is_dir():
        raise ConfigError(_COMMAND, "--keep", f"{keep} is a file; a folder is wanted, new or without an earlier run")
    if any((keep / trace).exists() for trace in _TRACES):
        raise ConfigError(_COMMAND, "--keep", f"{keep} holds an earlier run; give a new folder, or empty it")


def _require_writable(report: Path, keep: Path | None) -> None:
    if report.exists() and not report.is_file():
        raise ConfigError(_COMMAND, "--report", f"{report} is no plain file; give a file's name")
    folder = report.absolute().parent
    # The folder to keep is made before the run.
    if keep is not None and folder == keep.absolute() and not keep.exists():
        return
    if not folder.is_dir():
        raise ConfigError(_COMMAND, "--report", f"there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise ConfigError(_COMMAND, "--report", f"{folder} cannot be written")


def _require_free(option: str, port: int, advice: str) -> None:
    with socket.socket() as probe:
        # As the servers do: a connection that lingers from an earlier run is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as err:
            why = f"port {port} of this machine cannot be had ({err.strerror}); {advice}"
            raise ConfigError(_COMMAND, option, why) from err
