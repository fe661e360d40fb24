"""`firewatch calibrate skyline PICTURE`: how a camera looks, by the horizon that the terrain predicts."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.cli.calibrate_pictures import (
    PoseOnMap,
    add_pose_options,
    pose_on_map,
    read_picture,
    write_picture,
)
from firewatch.cli.calibrate_toml import FOR_EDGE, edge_lines
from firewatch.errors import CalibrationError, ConfigError, InvalidValue

if TYPE_CHECKING:
    import argparse

    from firewatch.calibration.horizon import Horizon
    from firewatch.calibration.skyline_drift import SkylineDrift
    from firewatch.calibration.skyline_joint import Joint
    from firewatch.calibration.skyline_match import SkylineFit
    from firewatch.calibration.skyline_search import Search
    from firewatch.domain.optics import Calibration
    from firewatch.terrain import Skyline

__all__ = ["add_action", "run"]

_STEP_DEG = 0.05
_WITHIN_DEG = 20.0
_LONGEST_KM = 60.0
_PERCENT_OF_LENS = 0.15  # field of view as a data sheet tells it
_SIGMAS = 2.0
_REMEDIES = {
    "hidden": "too little of the skyline is seen: a clear day, a view that is not behind trees",
    "flat": "this horizon is too level to tell an azimuth by: turn the camera to hills, or use landmarks",
    "misfit": "what is seen does not lie on what the terrain predicts: wrong place or height of the tower, wrong lens,"
    " tiles too small",
    "rival": "another azimuth may be the true one: say --azimuth-near, use a wider picture, or --also to another side",
    "vague": "the azimuth stays uncertain: give the lens of `calibrate chessboard`, or pictures to other sides, --also",
    "edge": "the best fit lies outside of what was searched: widen --within, or correct --hfov-deg",
}


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "skyline",
        help="azimuth, tilt, roll and field of view, from the horizon that the terrain predicts",
        description="Extract the skyline of a picture, lay it on the one that the elevation model predicts around the "
        "tower, and tell azimuth, tilt, roll and field of view with their errors, and whether to trust them. Exits 1 "
        "where the skyline is hidden or the fit is doubtful; nothing is written then. Prints a fit that is to be "
        "trusted as lines for the node's edge.toml too. With --check: whether the camera has turned "
        "since. Needs a terrain model (`firewatch terrain import`). "
        "docs/how-to/calibrate-by-the-skyline.md goes through it.",
    )
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="JPEG or PNG, by day and clear")
    parser.add_argument(
        "--also",
        nargs=2,
        action="append",
        default=[],
        metavar=("PICTURE", "PAN"),
        help="another picture by the same head at the same zoom, panned by PAN degrees to the right of the first",
    )
    parser.add_argument(
        "--pan-sigma", type=float, default=0.05, metavar="DEG", help="with --also: error of the pan angles (0.05)"
    )
    parser.add_argument("--azimuth-near", type=float, metavar="DEG", help="about where it looks; else all round")
    parser.add_argument("--within", type=float, metavar="DEG", help=f"to either side of that ({_WITHIN_DEG:g})")
    parser.add_argument("--hfov-deg", type=float, metavar="DEG", help="field of view to begin with, to 15 per cent")
    parser.add_argument("--lens", type=Path, metavar="lens.json", help="of `calibrate chessboard`")
    parser.add_argument("--range-km", type=float, default=40.0, metavar="KM", help="of terrain around the tower (40)")
    parser.add_argument(
        "--height-sigma", type=float, default=5.0, metavar="M", help="error of the model's heights, trees too (5)"
    )
    parser.add_argument("--png", type=Path, metavar="OUT.png", help="draw both skylines over the picture")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="into the sites, under a new calibration; a copy is kept")
    parser.add_argument("--calibration-id", metavar="NAME", help="of the new one (skyline- and the time)")
    parser.add_argument("--check", action="store_true", help="only tell whether the camera has turned since")
    parser.add_argument("--reference", type=Path, metavar="PICTURE", help="with --check: hold it to this picture's")
    parser.add_argument("--limit-deg", type=float, default=0.3, metavar="DEG", help="with --check: turn allowed (0.3)")
    add_pose_options(parser)


def run(args: argparse.Namespace) -> int:
    """Fit, print, draw and write; return 1 where the result is not to be trusted, or the camera has turned."""
    from firewatch.calibration.horizon import find_horizon

    where = pose_on_map(args)
    if where is None:
        print("firewatch calibrate skyline: --tower is needed: it says where the camera stands", file=sys.stderr)
        return 2
    if (args.reference is not None and not args.check) or (args.also and args.check):
        print("firewatch calibrate skyline: --reference goes with --check, --also without", file=sys.stderr)
        return 2
    _pans(args)  # a wrong one is told at once, not after the first fit
    picture = read_picture(args.picture)
    horizon = find_horizon(picture)
    return _check(args, where, horizon) if args.check else _calibrate(args, where, horizon, picture)


def _calibrate(args: argparse.Namespace, where: PoseOnMap, horizon: Horizon, picture: Any) -> int:
    from firewatch.calibration.skyline_match import match_skyline
    from firewatch.calibration.skyline_overlay import draw_skylines

    camera = _start(args, where)
    known = _predicted(args, where)
    fit = match_skyline(horizon, known, camera, _search(args, camera), args.height_sigma)
    joint = _joined(args, fit, known) if args.also else None
    fit = fit if joint is None else joint.fit
    look = fit.calibration(args.calibration_id or f"skyline-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    print(json.dumps(_facts(fit, look, joint), ensure_ascii=False) if args.json else _words(fit, where, joint))
    if args.png is not None:
        write_picture(args.png, draw_skylines(picture, horizon, known, look))
    if not fit.is_trusted:
        why = "; ".join(_REMEDIES[doubt] for doubt in fit.doubts)
        raise CalibrationError("the skyline", "this fit is not to be trusted", why)
    if not args.json:
        print(f"\n{FOR_EDGE}\n{edge_lines(look)}")
    if args.write:
        _write(where, look)
    return 0


def _joined(args: argparse.Namespace, first: SkylineFit, known: Skyline) -> Joint:
    """Return the fit of all pictures together."""
    from dataclasses import replace

    from firewatch.calibration.horizon import find_horizon
    from firewatch.calibration.skyline_joint import join_skylines
    from firewatch.calibration.skyline_match import match_skyline
    from firewatch.domain.geo import wrap_deg

    pans = _pans(args)
    search, fits = _search(args, first.camera), [first]
    for (name, _), pan in zip(args.also, pans[1:], strict=True):
        camera = replace(first.camera, azimuth_deg=wrap_deg(first.camera.azimuth_deg + pan))
        horizon = find_horizon(read_picture(Path(name)))
        fits.append(match_skyline(horizon, known, camera, search, args.height_sigma))
    return join_skylines(fits, pans, args.pan_sigma)


def _pans(args: argparse.Namespace) -> list[float]:
    """Return by how much each picture was panned to the right of the first [deg]."""
    return [0.0, *(_pan_deg(words) for _, words in args.also)]


def _pan_deg(words: str) -> float:
    """Return a pan angle [deg]."""
    try:
        pan = float(words)
    except ValueError:
        raise InvalidValue("--also PICTURE PAN", words, "a number of degrees to the right of the first") from None
    if not -360.0 <= pan <= 360.0:  # noqa: PLR2004 - a whole turn
        raise InvalidValue("--also PICTURE PAN", words, "-360 to 360 degrees")
    return pan


def _check(args: argparse.Namespace, where: PoseOnMap, horizon: Horizon) -> int:
    from firewatch.calibration.horizon import find_horizon
    from firewatch.calibration.skyline_drift import Motion, skyline_drift, skyline_of_picture

    camera = where.pose.calibration
    if args.reference is None:
        known = _predicted(args, where)
    else:
        known = skyline_of_picture(find_horizon(read_picture(args.reference)), camera)
    drift = skyline_drift(horizon, known, camera, limit_deg=args.limit_deg, height_sigma_m=args.height_sigma)
    print(json.dumps(_drift_facts(drift)) if args.json else _drift_words(drift))
    return 1 if drift.motion is Motion.TURNED else 0


def _start(args: argparse.Namespace, where: PoseOnMap) -> Calibration:
    """Return what is known before: lens, mount, field of view, and about where it looks."""
    from dataclasses import replace

    from firewatch.domain.geo import wrap_deg
    from firewatch.optics_forms import read_lens

    look = where.pose.calibration
    if args.lens is not None:
        lens, _ = read_lens(args.lens)
        look = replace(look, lens=lens, hfov_deg=lens.hfov_deg())
    elif args.hfov_deg is not None:
        look = replace(look, lens=None, hfov_deg=args.hfov_deg)
    near = look.azimuth_deg if args.azimuth_near is None else args.azimuth_near
    return replace(look, azimuth_deg=wrap_deg(near), errors=None)


def _search(args: argparse.Namespace, camera: Calibration) -> Search:
    """Return how far to search: all round, unless somebody says where it looks about."""
    from firewatch.calibration.skyline_search import Search

    usual = 180.0 if args.azimuth_near is None else _WITHIN_DEG
    share = _PERCENT_OF_LENS if camera.lens is None else 0.02
    return Search(azimuth_deg=usual if args.within is None else args.within, hfov_share=share)


def _predicted(args: argparse.Namespace, where: PoseOnMap) -> Skyline:
    """Return the skyline that the terrain predicts at the camera."""
    import numpy as np

    from firewatch.config import read_config
    from firewatch.terrain import AboveGround, skyline
    from firewatch.terrain_wiring import terrain_around

    if not 1.0 <= args.range_km <= _LONGEST_KM:
        raise InvalidValue("--range-km", args.range_km, f"1 to {_LONGEST_KM:g}")
    grid = terrain_around(read_config(args.config).terrain, where.tower.position, 1000.0 * args.range_km)
    if grid is None:
        raise ConfigError(str(args.config), "terrain.folder", "is empty: name a folder and `firewatch terrain import`")
    mount = where.pose.calibration.mount
    east, north, up = (0.0, 0.0, 0.0) if mount is None else (mount.east_m, mount.north_m, mount.up_m)
    eye = AboveGround(east, north, max(0.0, where.tower.mast_m + up))
    return skyline(grid, eye, np.arange(0.0, 360.0, _STEP_DEG), 1000.0 * args.range_km)


def _facts(fit: SkylineFit, look: Calibration, joint: Joint | None) -> dict[str, Any]:
    names = ("azimuth", "tilt", "roll", "hfov")
    return {
        "calibration_id": look.calibration_id,
        "azimuth_deg": fit.azimuth_deg,
        "tilt_deg": fit.tilt_deg,
        "roll_deg": fit.roll_deg,
        "hfov_deg": fit.hfov_deg,
        "sigma_deg": dict(zip(names, fit.sigma_deg.tolist(), strict=True)),
        "residual_px": fit.residual_px,
        "used_share": fit.used_share,
        "relief_px": fit.relief_px,
        "chance_wrong": fit.chance_wrong,
        "rival_azimuth_deg": fit.rival_azimuth_deg,
        "pictures": [] if joint is None else _pictures(joint),
        "is_trusted": fit.is_trusted,
        "doubts": [str(doubt) for doubt in fit.doubts],
    }


def _pictures(joint: Joint) -> list[dict[str, Any]]:
    pairs = zip(joint.own_azimuth_deg, joint.used, strict=True)
    return [{"own_azimuth_deg": own, "is_used": is_used} for own, is_used in pairs]


def _words(fit: SkylineFit, where: PoseOnMap, joint: Joint | None) -> str:
    from firewatch.domain.geo import difference_deg

    angles = (fit.azimuth_deg, fit.tilt_deg, fit.roll_deg, fit.hfov_deg)
    lines = [
        f"{name:<7} {angle:8.3f} deg  sigma {sigma:.3f}"
        for name, angle, sigma in zip(("azimuth", "tilt", "roll", "hfov"), angles, fit.sigma_deg, strict=True)
    ]
    known = where.pose.calibration.azimuth_deg
    turn = difference_deg(fit.azimuth_deg, known)
    wrong = "less than 1 in a million" if fit.chance_wrong < 1e-6 else f"{fit.chance_wrong:.2g}"  # noqa: PLR2004
    next_best = "" if fit.rival_azimuth_deg is None else f"; the next best azimuth is {fit.rival_azimuth_deg:.1f}"
    if joint is not None:
        agree = ("agrees" if each else "DOES NOT AGREE, left out" for each in joint.used)
        pairs = enumerate(zip(joint.own_azimuth_deg, agree, strict=True), start=1)
        lines += [
            f"picture {number} by itself: azimuth {own:.3f} of the first, {word}" for number, (own, word) in pairs
        ]
    lines += [
        f"{fit.used_share:.0%} of the columns lie on the predicted skyline, to {fit.residual_px:.1f} px",
        f"chance that the azimuth is wrong by more than 0.5 deg: {wrong}{next_best}",
        f"the sites say azimuth {known:.3f}: a correction of {turn:+.3f} deg",
    ]
    return "\n".join(lines)


def _drift_facts(drift: SkylineDrift) -> dict[str, Any]:
    import math

    names = ("azimuth", "tilt", "roll")
    told = [
        [None if math.isnan(value) else value for value in part.tolist()] for part in (drift.turn_deg, drift.sigma_deg)
    ]
    turn, sigma = (dict(zip(names, part, strict=True)) for part in told)
    return {"motion": str(drift.motion), "turn_deg": turn, "sigma_deg": sigma, "limit_deg": drift.limit_deg}


def _drift_words(drift: SkylineDrift) -> str:
    verdicts = {
        "steady": "as it was, as far as it matters",
        "turned": "TURNED: calibrate it anew, and correct its pose",
        "hidden": "the skyline is hidden, or the camera looks elsewhere altogether: nothing is said about a turn",
        "unsure": "the skyline is seen, but tells too little: try another picture",
    }
    parts = zip(("azimuth", "tilt", "roll"), drift.turn_deg, drift.sigma_deg, strict=True)
    lines = (
        [] if drift.fit is None else [f"{name:<7} {turn:+.3f} deg  sigma {sigma:.3f}" for name, turn, sigma in parts]
    )
    return "\n".join([*lines, verdicts[drift.motion]])


def _write(where: PoseOnMap, look: Calibration) -> None:
    from firewatch.adapters.sites_edit import write_calibration

    names = where.tower.tower_id, where.camera.camera_id, where.pose.pose_id
    # What a node calls its angles where its settings give them no name.
    copy = write_calibration(where.sites, *names, look, corrects=("/".join(names)[:64],))
    print(f"written: {where.sites}, as {look.calibration_id}; as it was: {copy}", file=sys.stderr)
    print("restart `firewatch serve`: fixes of open incidents then move to the new calibration", file=sys.stderr)
