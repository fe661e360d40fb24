"""`firewatch check-config`: whether the settings are usable, and what they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from firewatch.config import CentralConfig
    from firewatch.danger.class_tables import RatingTable

__all__ = ["add_parser", "require_authority", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "check-config",
        help="check the settings and print those in effect",
        description="Reads the settings, the sites and the roster as `firewatch serve` would, prints every setting in "
        "effect, and exits 1 with the file, the key and what is allowed if one cannot be used. Starts nothing.",
    )
    add_config_option(parser)


def run(args: argparse.Namespace) -> int:
    """Check and print."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.roster_toml import FileRoster
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.adapters.townships_geojson import read_townships
    from firewatch.bootstrap import danger_rules
    from firewatch.config import describe, read_config, read_feed_secrets
    from firewatch.danger_wiring import class_tables, ignition_board, surface_parameters
    from firewatch.feed_wiring import build_feeds, feed_warnings
    from firewatch.spread_wiring import check_spread
    from firewatch.terrain_wiring import terrain_told
    from firewatch.triage_wiring import smoke_sources, triage_model

    config = read_config(args.config)
    sites = read_sites(Path(config.centre.sites))
    townships = read_townships(Path(config.centre.townships)) if config.centre.townships else ()
    on_duty = FileRoster(Path(config.centre.roster)).on_duty(SystemClock().now())
    reachable = sum(1 for person in on_duty if person.channels)
    rules = danger_rules(config, str(args.config))
    surface_parameters(config.danger)
    ignition_board(config.danger)
    class_tables(config.danger)
    triage, sources = triage_model(config.triage), smoke_sources(config.triage)
    check_spread(config.spread)
    require_authority(config, args.config)
    build_feeds(config, sites, read_feed_secrets())
    terrain, terrain_warnings = terrain_told(config.terrain, sites)
    print(describe(config))
    print(f"sites: {len(sites.towers)} towers, {len(sites.stations)} stations, {len(townships)} townships")
    print(f"danger grade by {_in_effect(rules.table)} ({config.danger.table})")
    learned = "the expert table" if triage.record is None else f"weights learned from {triage.record.source}"
    print(f"belief by {learned}; {len(sources)} known sources of smoke")
    print(f"feeds: {', '.join(feed.called for feed in config.feeds) or 'none; stations send over MQTT'}")
    print(terrain)
    for warning in (*feed_warnings(config, sites), *terrain_warnings):
        print(warning, file=sys.stderr)
    print(f"roster: {len(on_duty)} on duty, {reachable} of them with a channel")
    if not reachable:
        print("nobody would be told of a fire: give someone on duty a channel in the roster", file=sys.stderr)
    return 0


def _in_effect(table: RatingTable) -> str:
    """Return which standard rates, who answers for its numbers, and what of it is still to be confirmed."""
    from firewatch.danger.sum_table import SumTable

    said = [table.scheme]
    if isinstance(table, SumTable):
        copy = table.copy
        said = [f"{table.scheme} {table.name_en} / {table.name_zh}", f"from {copy.document}"]
        said.append(f"filled by {copy.filled_by}, checked by {copy.checked_by}, {copy.filled_on}")
    if table.to_be_confirmed:
        said.append(f"to be confirmed: {', '.join(table.to_be_confirmed)}")
    return "; ".join(said)


def require_authority(config: CentralConfig, source: Path) -> None:
    """Raise `ConfigError` if the broker's certificate could not be checked with the file that the settings name."""
    import ssl

    ca = config.mqtt.tls_ca
    if not ca:
        return
    try:
        ssl.create_default_context(cafile=ca)
    except OSError as err:
        why = f"{ca} is no certificate file in PEM form that can be read ({err.strerror or err})"
        raise ConfigError(str(source), "mqtt.tls_ca", why) from err
