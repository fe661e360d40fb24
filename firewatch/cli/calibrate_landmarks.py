"""`firewatch calibrate landmarks PICTURE LANDMARKS.json`: how a camera looks."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
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
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from firewatch.adapters.landmarks_json import LandmarkFile, Pointed
    from firewatch.calibration.clicks import Click
    from firewatch.calibration.landmarks import PoseFit
    from firewatch.domain.geo import Position
    from firewatch.domain.optics import Calibration
    from firewatch.terrain import TerrainGrid

__all__ = ["add_action", "run"]

_USUAL_HFOV_DEG = 60.0
_FARTHEST_M = 60_000.0


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "landmarks",
        help="azimuth, tilt and roll, from known places or the sun clicked in a picture",
        description="Fit how a camera looks from places whose coordinates are known (masts, chimneys, summits, the sun "
        "at a known time) and where they are in its picture. One tells azimuth and tilt; four, far apart, field of view"
        " and roll as well, and which click is wrong. Exits 1 where the landmarks contradict each other. Prints the "
        "result as lines for the node's edge.toml too.",
    )
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="JPEG or PNG")
    parser.add_argument("landmarks", type=Path, metavar="LANDMARKS.json", help="places and clicks; see the how-to")
    parser.add_argument("--lens", type=Path, metavar="lens.json", help="of `calibrate chessboard`")
    parser.add_argument("--hfov-deg", type=float, metavar="DEG", help="field of view to begin with")
    parser.add_argument("--png", type=Path, metavar="OUT.png", help="draw the fit over the picture")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="into the sites, under a new calibration; a copy is kept")
    parser.add_argument("--calibration-id", metavar="NAME", help="of the new one (landmarks- and the time)")
    parser.add_argument("--since", type=_instant, metavar="TIME", help="the mast turned then; earlier bearings stay")
    add_pose_options(parser)


def _instant(text: str) -> datetime:
    from firewatch.errors import InvalidValue
    from firewatch.optics_forms import utc_of

    try:
        return utc_of("--since", datetime.fromisoformat(text))
    except InvalidValue as err:
        raise ValueError(str(err)) from err


def run(args: argparse.Namespace) -> int:
    """Fit, print, draw and write."""
    from firewatch.adapters.landmarks_json import read_landmarks
    from firewatch.calibration.landmarks import fit_pose

    if args.write and args.tower is None:
        print("firewatch calibrate landmarks: --write needs --tower", file=sys.stderr)
        return 2
    where = pose_on_map(args)
    told = read_landmarks(args.landmarks)
    picture = read_picture(args.picture)
    height, width = picture.shape[:2]
    start = _start(args, where, told)
    clicks = _clicks(args, told, _eye(args, where, told, start))
    name = args.calibration_id or f"landmarks-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    fit = fit_pose(clicks, start, width, height, name)
    print(json.dumps(_facts(fit), ensure_ascii=False) if args.json else _words(fit, clicks, where))
    if not args.json:
        print(f"\n{FOR_EDGE}\n{edge_lines(fit.calibration)}")
    if args.png is not None:
        _draw(args.png, picture, fit, clicks)
    if args.write and where is not None:
        _write(args, where, fit.calibration)
    return 0


def _start(args: argparse.Namespace, where: PoseOnMap | None, told: LandmarkFile) -> Calibration:
    """Return what is known before: lens, mount and field of view."""
    from firewatch.domain.mounting import AngleErrors
    from firewatch.domain.optics import Calibration
    from firewatch.optics_forms import read_lens

    hfov = args.hfov_deg or told.hfov_deg
    known = None if where is None else where.pose.calibration
    if args.lens is not None:
        lens, sigma = read_lens(args.lens)
        mount = None if known is None else known.mount
        # Roll is open: only the field of view is told.
        errors = AngleErrors(90.0, 90.0, max(sigma, 1e-3))
        return Calibration("start", 0.0, 0.0, lens.hfov_deg(), 1.0, 0.0, lens, mount, errors)
    if known is None:
        return Calibration("start", 0.0, 0.0, hfov or _USUAL_HFOV_DEG, 1.0)
    if hfov is not None and known.lens is None:
        return replace(known, hfov_deg=hfov, errors=None)
    return replace(known, errors=None)


def _eye(args: argparse.Namespace, where: PoseOnMap | None, told: LandmarkFile, start: Calibration) -> Position:
    from firewatch.calibration.clicks import eye_of

    place = told.camera or (None if where is None else where.tower.position)
    if place is None:
        raise ConfigError(
            str(args.landmarks), "camera", "is missing: its lat_deg, lon_deg, elevation_m; or say --tower"
        )
    return eye_of(place, start.mount)


def _clicks(args: argparse.Namespace, told: LandmarkFile, eye: Position) -> list[Click]:
    from firewatch.calibration.clicks import Landmark, click_on_place, click_on_sun

    ground = _ground(args, told, eye)
    clicks = []
    for one in told.pointed:
        if one.sun_at is not None:
            seen = click_on_sun(eye, one.sun_at, one.x_px, one.y_px, one.click_sigma_px)
            clicks.append(replace(seen, name=one.name))
        elif one.place is not None:
            place = replace(one.place, elevation_m=_top_m(one, one.place, ground))
            landmark = Landmark(one.name, place, one.x_px, one.y_px, one.click_sigma_px, one.place_sigma_m)
            clicks.append(click_on_place(eye, landmark))
    return clicks


def _ground(args: argparse.Namespace, told: LandmarkFile, eye: Position) -> TerrainGrid | None:
    """Return the ground, where the settings have a terrain model and a landmark needs it."""
    from firewatch.config import read_config
    from firewatch.geodesy import inverse
    from firewatch.terrain_wiring import terrain_around

    lacking = [one.place for one in told.pointed if one.place is not None and one.place.elevation_m is None]
    if not lacking or eye.elevation_m is None or not args.config.exists():
        return None
    reach_m = max(inverse(eye, place).distance_m for place in lacking) + 1000.0
    return terrain_around(read_config(args.config).terrain, eye, min(_FARTHEST_M, reach_m))


def _top_m(one: Pointed, place: Position, ground: TerrainGrid | None) -> float | None:
    """Return the height of the point clicked: as told, else the ground's and how far above that it is."""
    import numpy as np

    if place.elevation_m is not None:
        return place.elevation_m + one.above_ground_m
    if ground is None:
        return None
    at = ground.plane.project(place)
    found = float(ground.height_at(np.array([at.east_m]), np.array([at.north_m]))[0])
    return None if math.isnan(found) else found + one.above_ground_m


def _facts(fit: PoseFit) -> dict[str, Any]:
    look = fit.calibration
    errors = look.effective_errors
    return {
        "calibration_id": look.calibration_id,
        "azimuth_deg": look.azimuth_deg,
        "tilt_deg": look.tilt_deg,
        "roll_deg": look.roll_deg,
        "hfov_deg": look.hfov_deg,
        "sigma_deg": {
            "azimuth": look.sigma_deg,
            "tilt": errors.tilt_deg,
            "roll": errors.roll_deg,
            "hfov": errors.hfov_deg,
        },
        "rms_px": fit.rms_px,
        "chi_square": fit.chi_square,
        "freedom": fit.freedom,
        "wrong": list(fit.wrong),
        "landmarks": [
            {
                "name": each.name,
                "across_px": _number(each.across_px),
                "down_px": _number(each.down_px),
                "sigmas": each.sigmas,
                "is_wrong": each.is_wrong,
            }
            for each in fit.residuals
        ],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _words(fit: PoseFit, clicks: Sequence[Click], where: PoseOnMap | None) -> str:
    look, lines = fit.calibration, []
    errors = look.effective_errors
    for number, (click, each) in enumerate(zip(clicks, fit.residuals, strict=True), start=1):
        note = "  WRONG: left out; look again at its click and its place" if each.is_wrong else ""
        told = "" if click.elevation_deg is not None else " (azimuth only: no height)"
        down = "" if math.isnan(each.down_px) else f", {each.down_px:+.1f} px down"
        miss = "not in front of the camera" if math.isnan(each.across_px) else f"{each.across_px:+.1f} px across{down}"
        lines.append(f"{number} {click.name}: {miss} ({each.sigmas:.1f} sigmas){told}{note}")
    lines += [
        f"azimuth {look.azimuth_deg:8.3f} deg  sigma {look.sigma_deg:.3f}",
        f"tilt    {look.tilt_deg:8.3f} deg  sigma {errors.tilt_deg:.3f}",
        f"roll    {look.roll_deg:8.3f} deg  sigma {errors.roll_deg:.3f}",
        f"hfov    {look.hfov_deg:8.3f} deg  sigma {errors.hfov_deg:.3f}",
        f"the landmarks miss by {fit.rms_px:.2f} px; chi-square {fit.chi_square:.1f} of {fit.freedom} free",
    ]
    if fit.freedom > 0 and fit.chi_square > 3.0 * fit.freedom:
        lines.append("they miss by more than they should: a wrong place, a wrong lens, or clicks worse than stated")
    if where is not None:
        from firewatch.domain.geo import difference_deg

        turn = difference_deg(look.azimuth_deg, where.pose.calibration.azimuth_deg)
        lines.append(f"the sites say azimuth {where.pose.calibration.azimuth_deg:.3f}: a correction of {turn:+.3f} deg")
    return "\n".join(lines)


def _draw(path: Path, picture: Any, fit: PoseFit, clicks: Sequence[Click]) -> None:
    from firewatch.calibration.overlay import draw_directions, draw_landmarks

    write_picture(path, draw_landmarks(draw_directions(picture, fit.calibration), clicks, fit.residuals))


def _write(args: argparse.Namespace, where: PoseOnMap, calibration: Calibration) -> None:
    from firewatch.adapters.sites_edit import write_calibration

    names = where.tower.tower_id, where.camera.camera_id, where.pose.pose_id
    # What a node calls its angles where its settings give them no name.
    corrects = ("/".join(names)[:64],)
    copy = write_calibration(where.sites, *names, calibration, corrects=corrects, since=args.since)
    print(f"written: {where.sites}, as {calibration.calibration_id}; as it was: {copy}", file=sys.stderr)
    print("restart `firewatch serve`: fixes of open incidents then move to the new calibration", file=sys.stderr)
