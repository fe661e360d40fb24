"""`firewatch terrain`: bring an elevation model, and see what each tower sees over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.cli.raster_import import Taking, take_in
from firewatch.cli.terrain_view import add_view_actions, show_skyline, show_view
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    import argparse

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
    from firewatch.adapters.terrain_folder import TerrainFolder
    from firewatch.adapters.terrain_tiles import TILE_SUFFIXES

    taking = Taking("terrain", "elevation", TILE_SUFFIXES, TerrainFolder(into).add, _facts, _told)
    return take_in(args, into, taking)


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
