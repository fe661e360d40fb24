"""`firewatch terrain`: bring an elevation model, and see what each tower sees over it."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.cli.danger_progress import Progress
from firewatch.cli.terrain_view import add_view_actions, show_skyline, show_view
from firewatch.errors import ConfigError, TerrainError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from firewatch.adapters.terrain_tiles import StoredTile
    from firewatch.config import CentralConfig

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "terrain",
        help="bring an elevation model; see what a tower sees over it",
        description="`import` takes files of an elevation model (Copernicus GLO-30, SRTM, any single-band raster in "
        "metres) into the folder that the settings name in terrain.folder, `info` says what they cover, `view` and "
        "`skyline` what a tower sees. Needs the extra terrain: pip install 'firewatch[terrain]'. "
        "docs/how-to/bring-a-terrain-model.md leads through it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    bring = actions.add_parser("import", help="check files and take them in; the same file again does nothing")
    bring.add_argument(
        "files", nargs="+", type=Path, metavar="FILES|FOLDER", help=".tif, .hgt, ...; folders are searched"
    )
    bring.add_argument("--into", type=Path, metavar="DIR", help="the folder (default: terrain.folder of the settings)")
    info = actions.add_parser("info", help="the tiles, and which towers and stations lie outside them")
    for action in (bring, info):
        action.add_argument("--json", action="store_true", help="one JSON object")
    add_config_option(parser, bring, info, *add_view_actions(actions))


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.config import read_config

    if args.action == "import" and args.into is not None:
        return _import(args, args.into)
    config = read_config(args.config)
    if not config.terrain.folder:
        how = "is empty: name a folder for the tiles there"
        raise ConfigError(
            str(args.config), "terrain.folder", f"{how}, or give --into" if args.action == "import" else how
        )
    done = {"info": _info, "view": show_view, "skyline": show_skyline}
    return _import(args, Path(config.terrain.folder)) if args.action == "import" else done[args.action](args, config)


def _import(args: argparse.Namespace, into: Path) -> int:
    """Take in what can be taken; say what cannot, and exit with 1 if there was any."""
    from firewatch.adapters.terrain_folder import TerrainFolder

    folder, files = TerrainFolder(into), _files_of(args.files)
    taken: list[dict[str, object]] = []
    refused: list[str] = []
    with Progress("import", "terrain") as progress:
        for number, path in enumerate(files, 1):
            say = partial(_say_how_far, progress, f"{path.name} ({number} of {len(files)})")
            try:
                tile, is_new = folder.add(path, say)
            except TerrainError as err:
                refused.append(str(err))
                continue
            taken.append({"is_new": is_new, **_facts(tile)})
            if not args.json:
                print(f"{_told(tile)}: {'taken in' if is_new else 'was there before'}")
    if args.json:
        print(json.dumps({"folder": str(into), "tiles": taken, "refused": refused}, ensure_ascii=False))
    for why in refused:
        print(f"firewatch terrain: {why}", file=sys.stderr)
    return 1 if refused else 0


def _say_how_far(progress: Progress, where: str, word: str, done: int, of: int) -> None:
    progress.say(f"{where}: {word} {100 * done // max(of, 1)} %")


def _files_of(given: Sequence[Path]) -> list[Path]:
    from firewatch.adapters.terrain_tiles import TILE_SUFFIXES

    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in TILE_SUFFIXES and one.is_file())
        if not inside:
            raise TerrainError(f"elevation {path}: has no file that ends in {', '.join(TILE_SUFFIXES)}")
        found += inside
    return found


def _facts(tile: StoredTile) -> dict[str, object]:
    return {
        "source": tile.source,
        "resolution_m": round(tile.resolution_m, 1),
        "west_deg": tile.west_deg,
        "south_deg": tile.south_deg,
        "east_deg": tile.east_deg,
        "north_deg": tile.north_deg,
        "lowest_m": tile.lowest_m,
        "highest_m": tile.highest_m,
        "void_pct": round(100.0 * tile.voids, 3),
    }


def _told(tile: StoredTile) -> str:
    box = f"{tile.south_deg:.3f} to {tile.north_deg:.3f} N, {tile.west_deg:.3f} to {tile.east_deg:.3f} E"
    cells = f"{tile.rows} x {tile.columns} cells of {tile.resolution_m:.0f} m"
    heights = f"{tile.lowest_m:.0f} to {tile.highest_m:.0f} m, {100.0 * tile.voids:.2f} % void"
    return f"{tile.source}: {box}; {cells}; {heights}"


def _info(args: argparse.Namespace, config: CentralConfig) -> int:
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.adapters.terrain_folder import TerrainFolder

    tiles = TerrainFolder(Path(config.terrain.folder)).tiles()
    sites = read_sites(Path(config.centre.sites))
    places = [(f"tower {tower.tower_id}", tower.position) for tower in sites.towers]
    places += [(f"station {station.station_id}", station.position) for station in sites.stations]
    outside = [name for name, at in places if not any(tile.covers(at.lat_deg, at.lon_deg) for tile in tiles)]
    if args.json:
        facts = {"folder": config.terrain.folder, "tiles": [_facts(tile) for tile in tiles], "outside": outside}
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(f"{config.terrain.folder}: {len(tiles)} tile(s)")
    for tile in tiles:
        print(f"  {_told(tile)}")
    print(f"{len(places) - len(outside)} of {len(places)} towers and stations lie on them")
    for name in outside:
        print(f"  outside: {name}")
    return 0
