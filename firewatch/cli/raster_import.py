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

    from firewatch.adapters.tile_folder import StoredRaster
    from firewatch.domain.geo import Position

__all__ = ["Taking", "Telling", "extent_facts", "extent_told", "files_of", "take_in", "tell_tiles"]

_Tile = TypeVar("_Tile", bound="StoredRaster")


@dataclass(frozen=True)
class Telling(Generic[_Tile]):
    """How one kind of tiles is told of.

    Parameters
    ----------
    places : str
        Of which it is told whether they lie on tiles.
    facts, told : callable
        A tile for JSON, and as a line.
    """

    places: str
    facts: Callable[[_Tile], dict[str, object]]
    told: Callable[[_Tile], str]


@dataclass(frozen=True)
class Taking(Generic[_Tile]):
    """How one kind of tiles is taken in.

    Parameters
    ----------
    command, what : str
        Name of the command, and of what it takes, for messages.
    suffixes : tuple of str
        By which a folder is searched.
    add : callable
        Takes in a file, telling how far it is; returns the tile and whether it is new.
    telling : Telling
        How it is told of.
    """

    command: str
    what: str
    suffixes: tuple[str, ...]
    add: Callable[[Path, Callable[[str, int, int], None]], tuple[_Tile, bool]]
    telling: Telling[_Tile]


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
            taken.append({"is_new": is_new, **taking.telling.facts(tile)})
            if not args.json:
                print(f"{taking.telling.told(tile)}: {'taken in' if is_new else 'was there before'}")
    if args.json:
        print(json.dumps({"folder": str(into), "tiles": taken, "refused": refused}, ensure_ascii=False))
    for why in refused:
        print(f"firewatch {taking.command}: {why}", file=sys.stderr)
    return 1 if refused else 0


def tell_tiles(
    args: argparse.Namespace,
    folder: str,
    tiles: Sequence[_Tile],
    places: Sequence[tuple[str, Position]],
    telling: Telling[_Tile],
) -> int:
    """Say what tiles there are, and which places lie outside them; as one JSON object if that is asked for."""
    outside = [name for name, at in places if not any(tile.covers(at.lat_deg, at.lon_deg) for tile in tiles)]
    if args.json:
        facts = {"folder": folder, "tiles": [telling.facts(tile) for tile in tiles], "outside": outside}
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(f"{folder}: {len(tiles)} tile(s)")
    for tile in tiles:
        print(f"  {telling.told(tile)}")
    print(f"{len(places) - len(outside)} of {len(places)} {telling.places} lie on them")
    for name in outside:
        print(f"  outside: {name}")
    return 0


def extent_facts(tile: StoredRaster) -> dict[str, object]:
    """Return a tile's file, size of cells and edges, for JSON."""
    return {
        "source": tile.source,
        "resolution_m": round(tile.resolution_m, 1),
        "west_deg": tile.west_deg,
        "south_deg": tile.south_deg,
        "east_deg": tile.east_deg,
        "north_deg": tile.north_deg,
    }


def extent_told(tile: StoredRaster) -> str:
    """Return the same in words."""
    box = f"{tile.south_deg:.3f} to {tile.north_deg:.3f} N, {tile.west_deg:.3f} to {tile.east_deg:.3f} E"
    return f"{tile.source}: {box}; {tile.rows} x {tile.columns} cells of {tile.resolution_m:.0f} m"


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
