"""`firewatch terrain view` and `skyline`: what one tower sees over the elevation model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.cli.named_tower import named_tower
from firewatch.errors import InvalidValue, TerrainError

if TYPE_CHECKING:
    import argparse

    from firewatch.config import CentralConfig
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.terrain import AboveGround, TerrainGrid

__all__ = ["add_view_actions", "show_skyline", "show_view"]

# Heights of smoke that are told: the ground itself, above the trees, a young column, one that stands.
HEIGHTS_M = (0.0, 20.0, 50.0, 100.0, 200.0)
_LANGUAGES = ("zh", "en")
_LONGEST_KM = 60.0
_USUAL_RANGE_M = 15_000.0


def add_view_actions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> list[argparse.ArgumentParser]:
    """Declare both; return their parsers."""
    view = actions.add_parser(
        "view",
        help="how tall smoke must be, place by place, for a tower to see it",
        description="Without --json or --png prints the shares of the ground over which smoke of some heights is seen.",
    )
    skyline = actions.add_parser(
        "skyline",
        help="the horizon around a tower, as the model has it",
        description="Without --json or --png prints a line for every 10 degrees of true azimuth.",
    )
    skyline.add_argument(
        "--step", type=float, default=0.25, metavar="DEG", help="between azimuths, 0.01 to 10 (default: 0.25)"
    )
    for action in (view, skyline):
        action.add_argument("--tower", required=True, metavar="TOWER", help="its id in the sites file")
        action.add_argument("--range-km", type=float, metavar="KM", help="default: the longest range of its cameras")
        action.add_argument("--mast", type=float, metavar="M", help="as if its cameras were so high above the ground")
        action.add_argument("--json", action="store_true", help="one JSON object")
        action.add_argument("--png", type=Path, metavar="FILE", help="a picture; needs the extra plot")
        action.add_argument("--lang", choices=_LANGUAGES, default=_LANGUAGES[0], help="of the picture's words (zh)")
    return [view, skyline]


def show_view(args: argparse.Namespace, config: CentralConfig) -> int:
    """Print, or draw, what a tower sees."""
    from firewatch.terrain import least_visible_height
    from firewatch.terrain.reach import reach_of

    sites, tower, range_m = _asked(args, config)
    grid, eye = _ground(args, config, tower, range_m)
    least_m = least_visible_height(grid, eye, max_range_m=range_m)
    reach = reach_of(grid, eye, least_m, HEIGHTS_M, range_m)
    facts = _facts(tower, grid, eye, range_m) | {
        "known_km2": round(reach.known_km2, 3),
        "void_km2": round(reach.void_km2, 3),
        "smoke_height_m": reach.heights_m.tolist(),
        "seen_share": reach.share.round(4).tolist(),
        "sectors": [
            {"from_deg": 30 * number, "to_deg": 30 * number + 30, "seen_share": _rounded(shares, 4)}
            for number, shares in enumerate(reach.sector_share)
        ],
    }
    if args.png is not None:
        from firewatch.adapters.terrain_picture import draw_view

        draw_view(args.png, _language(args), sites, tower, (grid, least_m, range_m))
    if args.json:
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(_heading(facts))
    print(f"of {reach.known_km2:.0f} km2 of ground within {range_m / 1000:g} km ({reach.void_km2:.1f} km2 unknown):")
    for height, share in zip(HEIGHTS_M, reach.share, strict=True):
        what = "the ground itself" if height == 0.0 else f"smoke {height:.0f} m above the ground"
        print(f"  {what:<30} is seen over {100.0 * share:5.1f} %")
    _say_picture(args)
    return 0


def show_skyline(args: argparse.Namespace, config: CentralConfig) -> int:
    """Print, or draw, the horizon around a tower."""
    import numpy as np

    from firewatch.terrain import skyline

    if not 0.01 <= args.step <= 10.0:  # noqa: PLR2004 - as the help says
        raise InvalidValue("--step", args.step, "0.01 to 10")
    _, tower, range_m = _asked(args, config)
    grid, eye = _ground(args, config, tower, range_m)
    found = skyline(grid, eye, np.arange(0.0, 360.0, args.step), range_m)
    if args.png is not None:
        from firewatch.adapters.terrain_picture import draw_skyline

        draw_skyline(args.png, _language(args), tower, found)
    facts = _facts(tower, grid, eye, range_m) | {
        "azimuth_deg": _rounded(found.azimuth_deg, 6),
        "elevation_deg": _rounded(found.elevation_deg, 4),
        "distance_m": _rounded(found.distance_m, 1),
    }
    if args.json:
        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(_heading(facts))
    coarse = skyline(grid, eye, np.arange(0.0, 360.0, 10.0), range_m)
    for azimuth, elevation, distance in zip(coarse.azimuth_deg, coarse.elevation_deg, coarse.distance_m, strict=True):
        horizon = "unknown" if np.isnan(distance) else f"{elevation:+6.2f} deg, {distance / 1000.0:5.1f} km away"
        print(f"  {azimuth:3.0f} deg  {horizon}")
    _say_picture(args)
    return 0


def _asked(args: argparse.Namespace, config: CentralConfig) -> tuple[SiteMap, Tower, float]:
    """Return the sites, the tower that is meant, and how far it looks [m]."""
    from firewatch.adapters.sites_geojson import read_sites

    sites = read_sites(Path(config.centre.sites))
    tower = named_tower(sites, args.tower)
    if args.range_km is not None and not 0.1 <= args.range_km <= _LONGEST_KM:  # noqa: PLR2004 - as a camera's range
        raise InvalidValue("--range-km", args.range_km, f"0.1 to {_LONGEST_KM:g}")
    usual_m = max((camera.range_m for camera in tower.cameras), default=_USUAL_RANGE_M)
    return sites, tower, usual_m if args.range_km is None else args.range_km * 1000.0


def _ground(
    args: argparse.Namespace, config: CentralConfig, tower: Tower, range_m: float
) -> tuple[TerrainGrid, AboveGround]:
    """Return the ground around the tower, and its eye."""
    from firewatch.terrain import AboveGround
    from firewatch.terrain_wiring import terrain_around

    grid = terrain_around(config.terrain, tower.position, range_m)
    if grid is None:  # pragma: no cover - `run` has asked for the folder
        raise TerrainError("terrain.folder is empty")
    return grid, AboveGround(0.0, 0.0, tower.mast_m if args.mast is None else args.mast)


def _facts(tower: Tower, grid: TerrainGrid, eye: AboveGround, range_m: float) -> dict[str, Any]:
    from firewatch.terrain.sight import REFRACTION, level_m

    camera_m = level_m(grid, eye)
    return {
        "tower": tower.tower_id,
        "lat_deg": tower.position.lat_deg,
        "lon_deg": tower.position.lon_deg,
        "ground_m": round(camera_m - eye.above_ground_m, 1),
        "camera_m": round(camera_m, 1),
        "stated_camera_m": tower.position.elevation_m,
        "range_m": range_m,
        "cell_m": grid.cell_m,
        "refraction": REFRACTION,
    }


def _heading(facts: dict[str, Any]) -> str:
    stated = facts["stated_camera_m"]
    said = "" if stated is None else f"; the sites file says {stated:g} m"
    return f"{facts['tower']}: ground at {facts['ground_m']:.0f} m, cameras at {facts['camera_m']:.0f} m{said}"


def _rounded(values: Any, digits: int) -> list[float | None]:
    """Return numbers for JSON, which has no NaN."""
    return [None if value != value else round(value, digits) for value in values.tolist()]  # noqa: PLR0124


def _language(args: argparse.Namespace) -> Any:
    from firewatch.texts import Language

    return Language.ZH_CN if args.lang == "zh" else Language.EN


def _say_picture(args: argparse.Namespace) -> None:
    if args.png is not None:
        print(f"drawn: {args.png}")
