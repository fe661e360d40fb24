"""`firewatch calibrate chessboard PICTURES...`: the lens of a camera."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from firewatch.calibration.chessboard import Board, LensFit

__all__ = ["add_action", "run"]


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "chessboard",
        help="focal length and distortion, from pictures of a chessboard",
        description="Find a printed chessboard in pictures that the camera took at one zoom, and fit focal length, "
        "principal point and distortion. About 15 pictures, the board flat, tilted to all sides by 20 to 40 degrees, "
        "and in every corner of the picture. Refuses what cannot be trusted.",
    )
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE", help="JPEG or PNG, all of one size")
    parser.add_argument("--columns", type=int, required=True, metavar="N", help="inner corners along the board")
    parser.add_argument("--rows", type=int, required=True, metavar="N", help="inner corners down the board")
    parser.add_argument("--square-mm", type=float, default=25.0, metavar="MM", help="side of a square (25)")
    parser.add_argument("--fisheye", action="store_true", help="a lens wider than about 120 degrees")
    told = "for `calibrate landmarks --lens`, and for the node's edge.toml"
    parser.add_argument("--out", type=Path, required=True, metavar="lens.json", help=told)


def run(args: argparse.Namespace) -> int:
    """Fit, print and write the lens."""
    from firewatch.adapters.lens_json import write_lens
    from firewatch.calibration.chessboard import Board, calibrate_lens
    from firewatch.domain.lens import LensKind
    from firewatch.errors import CalibrationError

    board = Board(args.columns, args.rows, args.square_mm)
    seen, size = _views(args.pictures, board)
    if not seen:
        why = f"no board of {board.columns} by {board.rows} inner corners in {len(args.pictures)} pictures"
        raise CalibrationError("chessboard", why, "count the inner corners, not the squares; the whole board must show")
    kind = LensKind.FISHEYE if args.fisheye else LensKind.RECTILINEAR
    fit = calibrate_lens([corners for _, corners in seen], board, *size, kind)
    write_lens(args.out, fit)
    _tell(fit, [path for path, _ in seen])
    print(f"written: {args.out}")
    print(f'for edge.toml, below its [[camera]], the file beside it: lens = "{args.out.name}"')
    print(f'a camera that zooms: [[camera.zooms]] with zoom = 0 to 1 as its mount tells, lens = "{args.out.name}"')
    return 0


def _views(paths: Sequence[Path], board: Board) -> tuple[list[tuple[Path, npt.NDArray[np.float64]]], tuple[int, int]]:
    import cv2
    import numpy as np

    from firewatch.calibration.chessboard import find_corners
    from firewatch.cli.calibrate_pictures import read_picture
    from firewatch.errors import InvalidValue

    seen, size = [], (0, 0)
    for path in paths:
        grey = np.asarray(cv2.cvtColor(read_picture(path), cv2.COLOR_BGR2GRAY), np.uint8)
        here = (grey.shape[1], grey.shape[0])
        if size not in {(0, 0), here}:
            raise InvalidValue(f"size of {path}", f"{here[0]}x{here[1]}", f"that of the first, {size[0]}x{size[1]}")
        size = here
        corners = find_corners(grey, board)
        if corners is None:
            print(f"{path}: no whole board found; left out", file=sys.stderr)
        else:
            seen.append((path, corners))
    return seen, size


def _tell(fit: LensFit, paths: Sequence[Path]) -> None:
    lens = fit.lens
    for number, (path, rms) in enumerate(zip(paths, fit.view_rms_px, strict=True)):
        note = "  LEFT OUT: disagrees with the others" if number in fit.left_out else ""
        print(f"{path}: corners miss by {rms:.2f} px{note}")
    fx, _, cx, cy = lens.scales_px(fit.width_px, fit.height_px)
    print(f"lens: {lens.kind}, focal length {fx:.1f} px (sigma {100.0 * fit.focal_share:.2f} %)")
    print(f"horizontal field of view {lens.hfov_deg():.2f} deg (sigma {fit.hfov_sigma_deg:.2f})")
    print(f"principal point {cx:.1f}, {cy:.1f} px of {fit.width_px}x{fit.height_px}")
    print(f"distortion {', '.join(f'{term:.5f}' for term in lens.distortion)}")
    print(f"corners miss by {fit.rms_px:.2f} px; they cover {100.0 * fit.coverage:.0f} % of the picture")
