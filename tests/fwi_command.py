"""The verbs of `firewatch danger` called on small files, for the tests of what they do and of their numbers."""

from __future__ import annotations

import argparse
import csv
import io
from typing import TYPE_CHECKING

from firewatch.cli.danger import add_parser

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr")
HEADER = "id,lat,long,yr,mon,day,temp,rh,ws,prec"
ROWS = (
    "hy,26.9,112.6,2026,3,1,18,40,10,0",
    "hy,26.9,112.6,2026,3,2,19,38,12,1.2",
    "hy,26.9,112.6,2026,3,3,21,35,9,0",
    "zz,27.2,113.1,2026,3,1,15,60,20,5",
    "zz,27.2,113.1,2026,3,2,16,55,18,0",
    "zz,27.2,113.1,2026,3,3,17,50,25,0",
)


def fwi(*arguments: str | Path) -> int:
    """Run `fwi`; return its exit code."""
    return danger("fwi", *arguments)


def fbp(*arguments: str | Path) -> int:
    """Run `fbp`; return its exit code."""
    return danger("fbp", *arguments)


def season(*arguments: str | Path) -> int:
    """Run `season`; return its exit code."""
    return danger("season", *arguments)


def plot(*arguments: str | Path) -> int:
    """Run `plot`; return its exit code."""
    return danger("plot", *arguments)


def hourly(*arguments: str | Path) -> int:
    """Run `hourly`; return its exit code."""
    return danger("hourly", *arguments)


def grade(*arguments: str | Path) -> int:
    """Run `grade`; return its exit code."""
    return danger("grade", *arguments)


def danger(*arguments: str | Path) -> int:
    """Run a verb by its name; return its exit code."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["danger", *map(str, arguments)])
    code: int = args.run(args)
    return code


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a table of lines."""
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows by lower-case column, commas or semicolons between them."""
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    delimiter = ";" if ";" in first else ","
    return list(csv.DictReader(io.StringIO(f"{first.lower()}\n{rest}"), delimiter=delimiter))


def codes(path: Path) -> list[tuple[str, ...]]:
    """Return the appended cells of every row, as written."""
    return [tuple(row[name] for name in OUTPUTS) for row in read(path)]
