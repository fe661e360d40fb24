"""`firewatch land-cover`: bring a map of what covers the ground, and see what it says around a place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.cli.config_option import add_config_option
from firewatch.cli.named_tower import named_tower
from firewatch.cli.raster_import import Taking, Telling, extent_facts, extent_told, take_in, tell_tiles
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from firewatch.adapters.land_cover_tiles import StoredCover
    from firewatch.config import CentralConfig
    from firewatch.domain.geo import Position
    from firewatch.domain.sites import SiteMap

__all__ = ["add_parser", "run"]

_LANGUAGES = ("zh", "en")
_LONGEST_KM = 60.0
# Beyond it the picture's cells are wider: it has no more pixels to show them.
_CELL_M, _MOST_CELLS = 20.0, 1200


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "land-cover",
        help="bring a map of forest, fields and water; see what it says around a place",
        description="`import` takes files of a map of land cover (ESA WorldCover, or any single-band raster of codes) "
        "into the folder that the settings name in land_cover.folder, `info` says what they cover, `view` what covers "
        "the ground around a place. Needs the extra terrain: pip install 'firewatch[terrain]'. "
        "docs/how-to/bring-a-land-cover-map.md leads through it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    bring = actions.add_parser("import", help="check files and take them in; the same file again does nothing")
    bring.add_argument("files", nargs="+", type=Path, metavar="FILES|FOLDER", help=".tif, ...; folders are searched")
    bring.add_argument("--into", type=Path, metavar="DIR", help="the folder (default: land_cover.folder)")
    bring.add_argument("--codes", metavar="NAME|FILE.toml", help="what the codes mean (default: land_cover.codes)")
    info = actions.add_parser("info", help="the tiles, and which towers lie outside them")
    view = actions.add_parser("view", help="what covers the ground around a place")
    middle = view.add_mutually_exclusive_group(required=True)
    middle.add_argument("--tower", metavar="TOWER", help="its id in the sites file")
    middle.add_argument("--at", metavar="LAT,LON", help="in degrees, WGS 84")
    view.add_argument("--range-km", type=float, default=5.0, metavar="KM", help="0.1 to 60 (5)")
    view.add_argument("--png", type=Path, metavar="FILE", help="a picture; needs the extra plot")
    view.add_argument("--lang", choices=_LANGUAGES, default=_LANGUAGES[0], help="of the picture's words (zh)")
    for action in (bring, info, view):
        action.add_argument("--json", action="store_true", help="one JSON object")
    add_config_option(parser, bring, info, view)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.config import CentralConfig, read_config

    # A folder and a legend of one's own need no settings.
    is_free = args.action == "import" and args.into is not None and args.codes is not None
    config = CentralConfig() if is_free else read_config(args.config)
    if args.action == "import":
        return _import(args, config)
    if not config.land_cover.folder:
        raise ConfigError(str(args.config), "land_cover.folder", "is empty: name a folder for the tiles there")
    done: dict[str, Callable[[argparse.Namespace, CentralConfig], int]] = {"info": _info, "view": _view}
    return done[args.action](args, config)


def _import(args: argparse.Namespace, config: CentralConfig) -> int:
    from firewatch.adapters.land_cover import LandCoverFolder
    from firewatch.adapters.land_cover_tiles import COVER_SUFFIXES, WHAT
    from firewatch.land_settings import LandCoverConfig
    from firewatch.land_wiring import land_codes

    folder = args.into or (Path(config.land_cover.folder) if config.land_cover.folder else None)
    if folder is None:
        raise ConfigError(str(args.config), "land_cover.folder", "is empty: name a folder there, or give --into")
    legend = land_codes(config.land_cover if args.codes is None else LandCoverConfig(codes=args.codes))
    cover = LandCoverFolder(folder)

    def add(path: Path, told: Callable[[str, int, int], None]) -> tuple[StoredCover, bool]:
        return cover.add(path, legend, told)

    return take_in(args, folder, Taking("land-cover", WHAT, COVER_SUFFIXES, add, _TELLING))


def _facts(tile: StoredCover) -> dict[str, object]:
    return extent_facts(tile) | {"shares": {name: round(share, 5) for name, share in tile.shares.items()}}


def _told(tile: StoredCover) -> str:
    return f"{extent_told(tile)}; {_in_words(tile.shares)}"


_TELLING = Telling("towers", _facts, _told)


def _in_words(shares: dict[str, float]) -> str:
    known = sorted(shares.items(), key=lambda pair: -pair[1])
    named = [f"{name} {100.0 * share:.1f} %" for name, share in known]
    missing = 1.0 - sum(shares.values())
    return ", ".join([*named, *([f"unknown {100.0 * missing:.1f} %"] if missing > 5e-4 else [])])  # noqa: PLR2004


def _info(args: argparse.Namespace, config: CentralConfig) -> int:
    from firewatch.adapters.land_cover import LandCoverFolder
    from firewatch.adapters.sites_geojson import read_sites

    tiles = LandCoverFolder(Path(config.land_cover.folder)).tiles()
    towers = [(tower.tower_id, tower.position) for tower in read_sites(Path(config.centre.sites)).towers]
    return tell_tiles(args, config.land_cover.folder, tiles, towers, _TELLING)


def _view(args: argparse.Namespace, config: CentralConfig) -> int:
    import numpy as np

    from firewatch.adapters.land_cover import LandCoverFolder
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.domain.land import LandClass
    from firewatch.geodesy import LocalPlane
    from firewatch.terrain import TerrainGrid

    if not 0.1 <= args.range_km <= _LONGEST_KM:  # noqa: PLR2004 - as the help says
        raise InvalidValue("--range-km", args.range_km, f"0.1 to {_LONGEST_KM:g}")
    sites = read_sites(Path(config.centre.sites))
    name, place = _place(args, sites)
    half_m = args.range_km * 1000.0
    cell_m = max(_CELL_M, 2.0 * half_m / _MOST_CELLS)
    half = int(half_m // cell_m)
    flat = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    grid = TerrainGrid(LocalPlane(place), -half * cell_m, half * cell_m, cell_m, flat)
    codes = LandCoverFolder(Path(config.land_cover.folder)).majority_over(grid)
    shares = {kind.slug: float(np.mean(codes == kind)) for kind in LandClass if np.any(codes == kind)}
    if args.png is not None:
        from firewatch.adapters.land_cover_picture import draw_cover
        from firewatch.texts import Language

        language = Language.ZH_CN if args.lang == "zh" else Language.EN
        draw_cover(args.png, language, sites, name, (grid, codes))
    if args.json:
        facts: dict[str, Any] = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "range_km": args.range_km}
        print(json.dumps(facts | {"cell_m": cell_m, "shares": shares}, ensure_ascii=False))
        return 0
    print(f"around {name}, {args.range_km:g} km to each side: {_in_words(shares)}")
    if args.png is not None:
        print(f"drawn: {args.png}")
    return 0


def _place(args: argparse.Namespace, sites: SiteMap) -> tuple[str, Position]:
    from firewatch.domain.geo import Position

    if args.at is not None:
        try:
            lat, lon = (float(part) for part in args.at.split(","))
        except ValueError as err:
            raise InvalidValue("--at", args.at, "latitude and longitude in degrees, as 26.9,112.6") from err
        return f"{lat:.4f}, {lon:.4f}", Position(lat, lon)
    found = named_tower(sites, args.tower)
    return found.tower_id, found.position
