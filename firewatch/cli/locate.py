"""`firewatch locate FILE.json`: bearings in, fires with their error out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `locate` to the command line."""
    parser = subparsers.add_parser(
        "locate",
        help="bearings -> position with error (JSON)",
        description="Read bearings from a JSON file, print the fires where they cross: position, 1-sigma error "
        "ellipse, and the regions that hold the fire with 50 % and 90 % probability (from the covariance of the "
        "bearings' errors: a chi-square with 2 degrees of freedom). Terrain and elevation angles in the file are "
        "accepted and not used yet.",
    )
    parser.add_argument(
        "file",
        metavar="FILE.json",
        help='{"bearings": [{"tower", "lat_deg", "lon_deg", "bearing_deg", "sigma_deg"}, ...]}',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the fires of `args.file`; return 0, or 1 where the file is refused."""
    from firewatch.cli.bearings_file import read_bearings
    from firewatch.cli.located_bearings import locate

    try:
        given = read_bearings(Path(args.file))
        located = locate(given.bearings)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch locate: {args.file}: {err}\n")
        return 1
    if located.ambiguous:
        sys.stderr.write(
            f"firewatch locate: note: {located.ambiguous} of the fires rest on two towers whose bearings could be "
            "paired otherwise; a third tower would tell\n"
        )
    sys.stdout.write(json.dumps(located.answer, ensure_ascii=False) + "\n")
    return 0
