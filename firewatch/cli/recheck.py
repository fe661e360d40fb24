"""`firewatch recheck`: whether the stored state of every incident is what its events add up to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from firewatch.cli.centre_store import existing_store
from firewatch.cli.config_option import add_config_option

if TYPE_CHECKING:
    import argparse

    from firewatch.adapters.store.incident_log import Difference

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "recheck",
        help="add up the events of every incident again and compare with the stored state",
        description="The events of an incident are the record; its stored state is what they add up to. This adds them "
        "up again, prints where the two differ, and then exits 1. It changes nothing and may run while `firewatch "
        "serve` does; after a restored backup or a crash of the machine it says whether the store is sound.",
    )
    add_config_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line for each incident that differs")


def run(args: argparse.Namespace) -> int:
    """Compare; return 1 where something differs."""
    from firewatch.config import read_config

    with existing_store(read_config(args.config), args.config) as store:
        differences = store.incident_log.recheck()
        events = store.incident_log.last_seq()
    for difference in differences:
        found = _facts(difference)
        print(json.dumps(found, ensure_ascii=False) if args.json else _words(found))
    if not differences:
        if not args.json:
            print(f"every stored state is what its events add up to ({events} events)")
        return 0
    advice = "the events are the record. Keep a copy of the database before anything is changed"
    print(f"firewatch recheck: incidents that differ: {len(differences)}; {advice}", file=sys.stderr)
    return 1


def _facts(difference: Difference) -> dict[str, Any]:
    stored, folded = _fields(difference.stored), _fields(difference.folded)
    differ = {name: {"stored": stored.get(name), "events": folded.get(name)} for name in stored | folded}
    return {
        "incident_id": difference.incident_id,
        "is_stored": difference.stored is not None,
        "has_events": difference.folded is not None,
        "fields": {name: both for name, both in differ.items() if both["stored"] != both["events"]},
        "members_only_stored": sorted(difference.stored_members - difference.folded_members),
        "members_only_in_events": sorted(difference.folded_members - difference.stored_members),
    }


def _fields(state: object | None) -> dict[str, Any]:
    import msgspec

    return {} if state is None else msgspec.to_builtins(state, order="deterministic")


def _words(found: dict[str, Any]) -> str:
    lines = [f"incident {found['incident_id']}"]
    if not found["is_stored"]:
        lines.append("  has events and no stored state")
    elif not found["has_events"]:
        lines.append("  has a stored state and no events")
    else:
        lines += [
            f"  {name}: stored {_value(both, 'stored')}, its events say {_value(both, 'events')}"
            for name, both in found["fields"].items()
        ]
    lines += [f"  sighting {one} is stored as its member, not by its events" for one in found["members_only_stored"]]
    lines += [f"  sighting {one} is its member by its events, not as stored" for one in found["members_only_in_events"]]
    return "\n".join(lines)


def _value(both: dict[str, Any], which: str) -> str:
    return json.dumps(both[which], ensure_ascii=False)
