"""What `firewatch terrain import` and `firewatch land-cover import` share: files and folders in, whole tiles out."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from firewatch.cli.danger_progress import Progress
from firewatch.errors import TerrainError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Taking", "files_of", "take_in"]

_Tile = TypeVar("_Tile")


@dataclass(frozen=True)
class Taking(Generic[_Tile]):
    """How one kind of tiles is taken in and told of.

    Parameters
    ----------
    command, what : str
        Name of the command, and of what it takes, for messages.
    suffixes : tuple of str
        By which a folder is searched.
    add : callable
        Takes in a file, telling how far it is; returns the tile and whether it is new.
    facts, told : callable
        A tile for JSON, and as a line.
    """

    command: str
    what: str
    suffixes: tuple[str, ...]
    add: Callable[[Path, Callable[[str, int, int], None]], tuple[_Tile, bool]]
    facts: Callable[[_Tile], dict[str, object]]
    told: Callable[[_Tile], str]


def take_in(args: argparse.Namespace, into: Path, taking: Taking[_Tile]) -> int:
    """Take in what can be taken; say what cannot, and return 1 if there was any."""
    files = files_of(args.files, taking.suffixes, taking.what)
    taken: list[dict[str, object]] = []
    refused: list[str] = []
    with Progress("import", taking.command) as progress:
        for number, path in enumerate(files, 1):
            say = partial(_say_how_far, progress, f"{path.name} ({number} of {len(files)})")
            try:
                tile, is_new = taking.add(path, say)
            except TerrainError as err:
                refused.append(str(err))
                continue
            taken.append({"is_new": is_new, **taking.facts(tile)})
            if not args.json:
                print(f"{taking.told(tile)}: {'taken in' if is_new else 'was there before'}")
    if args.json:
        print(json.dumps({"folder": str(into), "tiles": taken, "refused": refused}, ensure_ascii=False))
    for why in refused:
        print(f"firewatch {taking.command}: {why}", file=sys.stderr)
    return 1 if refused else 0


def _say_how_far(progress: Progress, where: str, word: str, done: int, of: int) -> None:
    progress.say(f"{where}: {word} {100 * done // max(of, 1)} %")


def files_of(given: Sequence[Path], suffixes: tuple[str, ...], what: str) -> list[Path]:
    """Return files, and those in folders that end so; raise `TerrainError` where a folder has none."""
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in suffixes and one.is_file())
        if not inside:
            raise TerrainError(f"{what} {path}: has no file that ends in {', '.join(suffixes)}")
        found += inside
    return found
