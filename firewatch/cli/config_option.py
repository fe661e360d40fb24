"""The option `--config` of every command that reads the centre's settings."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_config_option"]


def add_config_option(parser: argparse.ArgumentParser, *actions: argparse.ArgumentParser) -> None:
    """Add the option to a command, and to its actions, so that it may stand before or after the action's name."""
    told = "settings (default: configs/central.toml)"
    parser.add_argument("--config", type=Path, default=Path("configs/central.toml"), metavar="FILE.toml", help=told)
    for action in actions:
        # An action that is not given the option must not undo what its command was given.
        action.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE.toml", help=told)
