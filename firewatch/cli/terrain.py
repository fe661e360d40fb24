"""`firewatch terrain`: bring an elevation model, and see what each tower sees over it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.cli.raster_import import Taking, Telling, extent_facts, extent_told, take_in, tell_tiles
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

    taking = Taking("terrain", "elevation", TILE_SUFFIXES, TerrainFolder(into).add, _TELLING)
    return take_in(args, into, taking)


def _facts(tile: StoredTile) -> dict[str, object]:
    heights = {"lowest_m": tile.lowest_m, "highest_m": tile.highest_m}
    return extent_facts(tile) | heights | {"void_pct": round(100.0 * tile.voids, 3)}


def _told(tile: StoredTile) -> str:
    return f"{extent_told(tile)}; {tile.lowest_m:.0f} to {tile.highest_m:.0f} m, {100.0 * tile.voids:.2f} % void"


_TELLING = Telling("towers and stations", _facts, _told)


def _info(args: argparse.Namespace, config: CentralConfig) -> int:
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.adapters.terrain_folder import TerrainFolder

    tiles = TerrainFolder(Path(config.terrain.folder)).tiles()
    sites = read_sites(Path(config.centre.sites))
    places = [(f"tower {tower.tower_id}", tower.position) for tower in sites.towers]
    places += [(f"station {station.station_id}", station.position) for station in sites.stations]
    return tell_tiles(args, config.terrain.folder, tiles, places, _TELLING)
