"""`firewatch check-config`: whether the settings are usable, and what they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "check-config",
        help="check the settings and print those in effect",
        description="Reads the settings, the sites and the roster as `firewatch serve` would, prints every setting in "
        "effect, and exits 1 with the file, the key and what is allowed if one cannot be used. Starts nothing.",
    )
    parser.add_argument("--config", type=Path, default=Path("configs/central.toml"), help="settings (TOML)")


def run(args: argparse.Namespace) -> int:
    """Check and print."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.roster_toml import FileRoster
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.bootstrap import danger_rules
    from firewatch.config import describe, read_config

    config = read_config(args.config)
    sites = read_sites(Path(config.centre.sites))
    on_duty = FileRoster(Path(config.centre.roster)).on_duty(SystemClock().now())
    reachable = sum(1 for person in on_duty if person.channels)
    rules = danger_rules(config)
    print(describe(config))
    print(f"sites: {len(sites.towers)} towers, {len(sites.stations)} stations")
    print(f"danger grade by {rules.table.scheme}")
    print(f"roster: {len(on_duty)} on duty, {reachable} of them with a channel")
    if not reachable:
        print("nobody would be told of a fire: give someone on duty a channel in the roster", file=sys.stderr)
    return 0
