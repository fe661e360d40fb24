"""`firewatch towers masks`: what a view must not report, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.cli.named_tower import named_tower
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import argparse
    from datetime import date

    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig
    from firewatch.domain.masks import Polygon
    from firewatch.services.masks import MaskDesk, SetMask

__all__ = ["add_masks_parser", "run_masks"]


def add_masks_parser(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="masks_action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the masks of a tower")
    listing.add_argument("--all", action="store_true", help="those that were taken away too")
    listing.add_argument("--json", action="store_true", help="one JSON object a line, times in UTC")
    add = actions.add_parser("add", help="add one: what lies nearly wholly in it is not reported any more")
    for option in ("camera", "pose", "name", "reason"):
        add.add_argument(f"--{option}", required=True, metavar="TEXT" if option == "reason" else "NAME")
    points = "corners, per cent from the left and from the top, as '10,40 20,40 15,60'"
    add.add_argument("--points", required=True, metavar="X,Y ...", help=points)
    add.add_argument("--until", metavar="DATE", help="last day, in UTC (default: for good)")
    add.add_argument("--sure", action="store_true", help="more than a fifth of the picture is meant to be masked")
    remove = actions.add_parser("remove", help="take one away")
    restore = actions.add_parser("restore", help="put back what was taken away")
    for action in (listing, add, remove, restore):
        action.add_argument("tower", metavar="TOWER", help="its id in the sites file")
    for action in (remove, restore):
        action.add_argument("mask", metavar="ID", help="as `list --all` prints it")
    for action in (add, remove, restore):
        action.add_argument("--by", metavar="NAME", help="who asks for it (default: your account on this computer)")
    add_config_option(parser, listing, add, remove, restore)


def run_masks(args: argparse.Namespace, config: CentralConfig, store: Store, by: str) -> int:
    """Do what was asked; the towers hear of it from the running service within 10 s."""
    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.bootstrap import new_id
    from firewatch.domain.ids import TowerId, require_slug
    from firewatch.services.masks import MaskDesk

    sites = read_sites(Path(config.centre.sites))
    tower_id = TowerId(require_slug("tower", args.tower))
    named_tower(sites, tower_id)
    desk = MaskDesk(store.mask_book, sites, SystemClock(), new_id)
    if args.masks_action == "list":
        for one in desk.of_tower(tower_id):
            if args.all or one.removed_at is None:
                print(_line(one, as_json=args.json))
        return 0
    if args.masks_action == "add":
        done, mask = "added", _add(args, desk, tower_id, by)
    elif args.masks_action == "remove":
        done, mask = "taken away", desk.remove(tower_id, args.mask, by)
    else:
        done, mask = "put back", desk.restore(tower_id, args.mask, by)
    print(f"{done}: {_line(mask, as_json=False)}\nthe tower hears of it within 10 s of the running service")
    return 0


def _add(args: argparse.Namespace, desk: MaskDesk, tower_id: str, by: str) -> SetMask:
    from firewatch.domain.ids import CameraId, PoseId, TowerId
    from firewatch.domain.masks import Mask
    from firewatch.domain.tower_settings import PoseMask

    mask = Mask(args.name, args.reason, _polygon(args.points), _day(args.until))
    placed = PoseMask(CameraId(args.camera), PoseId(args.pose), mask)
    return desk.draw(TowerId(tower_id), placed, by, is_sure=args.sure)


def _polygon(given: str) -> Polygon:
    from firewatch.domain.masks import Polygon

    try:
        pairs = [tuple(float(value) / 100.0 for value in corner.split(",")) for corner in given.split()]
        return Polygon(tuple((x, y) for x, y in pairs))
    except ValueError as err:
        raise InvalidValue("--points", given[:80], "corners as '10,40 20,40 15,60', in per cent") from err


def _day(given: str | None) -> date | None:
    from datetime import date

    try:
        return date.fromisoformat(given) if given else None
    except ValueError as err:
        raise InvalidValue("--until", given, "a day as 2026-05-01") from err


def _line(mask: SetMask, *, as_json: bool) -> str:
    placed = mask.placed
    told: dict[str, object] = {
        "mask_id": mask.mask_id,
        "camera": placed.camera_id,
        "pose": placed.pose_id,
        "name": placed.mask.name,
        "reason": placed.mask.reason,
        "share": round(placed.mask.polygon.area, 4),
        "points": [[round(100 * x, 2), round(100 * y, 2)] for x, y in placed.mask.polygon.points],
        "until": None if placed.mask.until is None else placed.mask.until.isoformat(),
        "set_at": mask.set_at.isoformat(),
        "set_by": mask.set_by,
        "removed_at": None if mask.removed_at is None else mask.removed_at.isoformat(),
        "removed_by": mask.removed_by,
    }
    if as_json:
        return json.dumps(told, ensure_ascii=False)
    gone = f", taken away by {mask.removed_by}" if mask.removed_at is not None else ""
    where = f"{placed.camera_id}/{placed.pose_id}"
    share = f"{placed.mask.polygon.area:.1%}"
    return f"{mask.mask_id}  {where}  {placed.mask.name}  {share}  {placed.mask.reason} (by {mask.set_by}{gone})"
