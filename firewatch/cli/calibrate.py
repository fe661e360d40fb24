"""`firewatch calibrate`: how a camera really sees, from pictures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]

# In the order of the help; each module has `add_action(actions)` and `run(args) -> int`.
_ACTIONS = ("chessboard", "landmarks", "skyline", "drift")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "calibrate",
        help="how a camera really sees: its lens, its azimuth, whether it has turned",
        description="A camera's lens from pictures of a chessboard, its azimuth, tilt and roll from landmarks or the "
        "sun in its picture, and whether it has turned since. docs/how-to/calibrate-a-camera.md goes through it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in _ACTIONS:
        importlib.import_module(f"firewatch.cli.calibrate_{action}").add_action(actions)


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    code: int = importlib.import_module(f"firewatch.cli.calibrate_{args.action}").run(args)
    return code
