"""`firewatch locate FILE.json`: bearings in, fires with their error out."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    import argparse

    from firewatch.cli.bearings_ground import FileGround

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `locate` to the command line."""
    parser = subparsers.add_parser(
        "locate",
        help="bearings -> position with error (JSON)",
        description="Read bearings from a JSON file, print the fires where they cross: position, 1-sigma error "
        "ellipse, and the regions that hold the fire with 50 % and 90 % probability. With an elevation model in the "
        "file and elevation angles of the plume's base, the ground counts too, and a tower alone gets a region.",
    )
    parser.add_argument(
        "file",
        metavar="FILE.json",
        help='{"bearings": [{"tower", "lat_deg", "lon_deg", "bearing_deg", "sigma_deg", and if known "elevation_deg", '
        '"elevation_sigma_deg", "height_m"}, ...], and if there is one "terrain": path}',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the fires of `args.file`; return 0, or 1 where the file is refused."""
    from firewatch.cli.bearings_file import read_bearings
    from firewatch.cli.located_bearings import locate

    try:
        given = read_bearings(Path(args.file))
        with tempfile.TemporaryDirectory(prefix="firewatch-locate-") as scratch:
            source = _ground_of(given.terrain, Path(scratch))
            located = locate(given.bearings, source)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch locate: {args.file}: {err}\n")
        return 1
    for note in source.notes if source else ():
        sys.stderr.write(f"firewatch locate: note: {note}\n")
    if located.ambiguous:
        sys.stderr.write(
            f"firewatch locate: note: {located.ambiguous} of the unlocated could be at one of several places, because "
            "their bearings could be paired otherwise; a third tower would tell\n"
        )
    sys.stdout.write(json.dumps(located.answer, ensure_ascii=False) + "\n")
    return 0


def _ground_of(terrain: Path | None, scratch: Path) -> FileGround | None:
    from firewatch.cli.bearings_ground import open_ground

    return None if terrain is None else open_ground(terrain, scratch)
