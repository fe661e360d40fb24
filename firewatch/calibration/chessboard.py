"""A lens from pictures of a chessboard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from firewatch.calibration.board_views import FEWEST_VIEWS, coverage_of, require_many_sided
from firewatch.domain.checks import require_between
from firewatch.domain.lens import Lens, LensKind
from firewatch.errors import CalibrationError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Singles: TypeAlias = npt.NDArray[np.float32]

__all__ = ["Board", "LensFit", "calibrate_lens", "find_corners"]

_WHAT = "chessboard"
# OpenCV counts from the middle of the first pixel, we from its corner.
_HALF_PX = 0.5
# The focal length is estimated anew so often without a part of the views: their scatter is its error (jackknife).
_PARTS = 6
# A picture whose corners miss by more than both is blurred, or its board bent.
_WORSE_THAN_MEDIAN, _WORSE_THAN_PX = 3.0, 1.0
# A focal length less sure than this helps nobody: the bearing at the picture's edge would be off by 0.6 degrees.
_MOST_FOCAL_SHARE = 0.02
# A good board seen by a good lens; above it the pictures are blurred or the model is wrong.
_MOST_RMS_PX = 2.0
# A third radial term that its scatter does not tell from nothing bends the corners at random.
_TOLD_SIGMAS = 3.0


@dataclass(frozen=True, slots=True)
class Board:
    """A chessboard by its inner corners.

    Parameters
    ----------
    columns, rows : int
        Inner corners along and down, 3 to 50.
    square_mm : float
        Side of a square, 1 to 1000 [mm]. The lens does not depend on it.
    """

    columns: int
    rows: int
    square_mm: float = 25.0

    def __post_init__(self) -> None:
        require_between("inner corners along the board", self.columns, 3, 50)
        require_between("inner corners down the board", self.rows, 3, 50)
        require_between("square of the board (mm)", self.square_mm, 1.0, 1000.0)

    def corners_mm(self) -> npt.NDArray[np.float32]:
        """Return the corners on the board, row by row, shape (rows * columns, 3) [mm]."""
        down, along = np.mgrid[: self.rows, : self.columns]
        flat = np.stack([along.ravel(), down.ravel(), np.zeros(down.size)], axis=1)
        return np.asarray(flat * self.square_mm, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class LensFit:
    """A lens, and how far it is to be trusted.

    Parameters
    ----------
    lens : Lens
        The fit.
    width_px, height_px : int
        Of the pictures.
    rms_px : float
        By how much the corners miss, root mean square [px].
    view_rms_px : tuple of float
        The same of each view; those left out too.
    left_out : tuple of int
        Views that did not agree with the others, by number.
    coverage : float
        Share of the picture, in cells of an eighth by a sixth, in which corners were seen: outside it the distortion
        is a guess.
    focal_share : float
        Standard deviation of the focal length over itself, by leaving out parts of the views.
    """

    lens: Lens
    width_px: int
    height_px: int
    rms_px: float
    view_rms_px: tuple[float, ...]
    left_out: tuple[int, ...]
    coverage: float
    focal_share: float

    @property
    def hfov_sigma_deg(self) -> float:
        """Standard deviation of the horizontal field of view [deg]."""
        wider, narrower = (self.lens.zoomed(1.0 + by).hfov_deg() for by in (-0.001, 0.001))
        return abs(wider - narrower) / 0.002 * self.focal_share


def find_corners(grey: npt.NDArray[np.uint8], board: Board) -> Numbers | None:
    """Return the inner corners of a board in a picture.

    Parameters
    ----------
    grey : ndarray, shape (h, w), uint8
        The picture.
    board : Board
        Its numbers of corners.

    Returns
    -------
    ndarray, shape (rows * columns, 2), or None
        x and y from the top-left corner [px]; None where the whole board is not found.

    References
    ----------
    .. [1] Duda, A., Frese, U. (2018), Accurate detection and localization of checkerboard corners for calibration,
       BMVC (by OpenCV).
    """
    flags = cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE
    is_found, corners = cv2.findChessboardCornersSB(grey, (board.columns, board.rows), flags=flags)
    return np.asarray(corners.reshape(-1, 2), np.float64) + _HALF_PX if is_found else None


def calibrate_lens(
    views: Sequence[Numbers], board: Board, width_px: int, height_px: int, kind: LensKind = LensKind.RECTILINEAR
) -> LensFit:
    """Fit a lens to views of a board.

    Parameters
    ----------
    views : sequence of ndarray, each of shape (rows * columns, 2), length n >= 5
        The board's corners in each picture, from the top-left corner [px].
    board : Board
        The board.
    width_px, height_px : int
        Size of all pictures.
    kind : LensKind
        Of the lens.

    Returns
    -------
    LensFit
        Lens and its error. Views that disagree with the others are left out and named.

    Raises
    ------
    CalibrationError
        If the views are too few, too much alike, cover too little of the picture or do not agree.

    References
    ----------
    .. [1] Zhang, Z. (2000), A flexible new technique for camera calibration, IEEE TPAMI 22, 1330-1334 (by OpenCV).
    """
    job = _Job([np.asarray(view, np.float64) for view in views], board, (width_px, height_px), kind)
    coverage = coverage_of(job.views, width_px, height_px)
    every = tuple(range(len(views)))
    first = job.fit(every)
    misses = [first.misses[number] for number in every]
    worst = max(_WORSE_THAN_PX, _WORSE_THAN_MEDIAN * float(np.median(misses)))
    kept = tuple(number for number in every if misses[number] <= worst)
    fitted = first if kept == every else job.fit(kept)
    require_many_sided(fitted.normals)
    focal_share = _focal_share(job, kept, fitted)
    _require_trusted(fitted, focal_share, width_px, height_px)
    shown = tuple(fitted.misses.get(number, misses[number]) for number in every)
    left_out = tuple(number for number in every if number not in kept)
    return LensFit(fitted.lens, width_px, height_px, fitted.rms_px, shown, left_out, coverage, focal_share)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    lens: Lens
    rms_px: float
    misses: dict[int, float]
    normals: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    views: list[Numbers]
    board: Board
    size: tuple[int, int]
    kind: LensKind

    def __post_init__(self) -> None:
        wanted = (self.board.rows * self.board.columns, 2)
        for view in self.views:
            if view.shape != wanted:
                raise InvalidValue("corners of a view", view.shape, f"shape {wanted}")

    def fit(self, numbers: Sequence[int], *, may_bend_more: bool = True) -> _Fitted:
        if len(numbers) < FEWEST_VIEWS:
            why = f"{len(numbers)} pictures agree, {FEWEST_VIEWS} are needed"
            raise CalibrationError(_WHAT, why, "take about 15, the board tilted to all sides and in every corner")
        places = [self.board.corners_mm()[:, None] for _ in numbers]
        seen = [(self.views[number] - _HALF_PX).astype(np.float32)[:, None] for number in numbers]
        try:
            if self.kind is LensKind.FISHEYE:
                matrix, terms, turns, moves = self._fisheye(places, seen)
            else:
                matrix, terms, turns, moves = self._rectilinear(places, seen, may_bend_more=may_bend_more)
        except cv2.error as err:
            raise CalibrationError(_WHAT, f"OpenCV finds no lens ({err.err or err.msg})", _ANEW) from err
        lens = self._lens(matrix, terms)
        misses = {}
        for number, turn, move in zip(numbers, turns, moves, strict=True):
            far = places[0][:, 0] @ _rotation(turn).T + np.ravel(move)
            off = lens.pixels(np.asarray(far, np.float64), *self.size) - self.views[number]
            misses[number] = math.sqrt(float(np.mean(np.sum(off * off, axis=1))))
        rms = math.sqrt(float(np.mean([each * each for each in misses.values()])))
        normals = np.stack([_rotation(turn)[:, 2] for turn in turns])
        return _Fitted(lens, rms if math.isfinite(rms) else math.inf, misses, normals)

    def _rectilinear(
        self, places: list[Singles], seen: list[Singles], *, may_bend_more: bool
    ) -> tuple[Numbers, Numbers, Sequence[Numbers], Sequence[Numbers]]:
        flags = 0 if may_bend_more else cv2.CALIB_FIX_K3
        calibrate: Callable[..., Any] = cv2.calibrateCameraExtended  # its stubs do not know that None may be given
        found = calibrate(places, seen, self.size, None, None, flags=flags)
        _, matrix, terms, turns, moves, spread, _, _ = found
        # OpenCV's order: fx, fy, cx, cy, k1, k2, p1, p2, k3.
        if may_bend_more and abs(float(terms.ravel()[4])) < _TOLD_SIGMAS * float(spread.ravel()[8]):
            return self._rectilinear(places, seen, may_bend_more=False)
        return matrix, terms.ravel()[:5], turns, moves

    def _fisheye(
        self, places: list[Singles], seen: list[Singles]
    ) -> tuple[Numbers, Numbers, Sequence[Numbers], Sequence[Numbers]]:
        flags = _fisheye_flag("RECOMPUTE_EXTRINSIC") | _fisheye_flag("FIX_SKEW")
        wide = [
            [np.asarray(each, np.float64).reshape(1, -1, each.shape[2]) for each in kind] for kind in (places, seen)
        ]
        calibrate: Callable[..., Any] = cv2.fisheye.calibrate
        _, matrix, terms, turns, moves = calibrate(*wide, self.size, None, None, flags=flags)
        return matrix, terms.ravel(), turns, moves

    def _lens(self, matrix: Numbers, terms: Numbers) -> Lens:
        width, height = self.size
        fx, fy, cx, cy = (float(each) for each in (matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]))
        try:
            return Lens(
                self.kind,
                fx / width,
                tuple(float(term) for term in terms),
                (cx + _HALF_PX) / width,
                (cy + _HALF_PX) / height,
                fy / fx,
            )
        except InvalidValue as err:
            raise CalibrationError(_WHAT, f"the pictures fit no real lens ({err})", _ANEW) from err


_ANEW = "take the pictures anew: the board flat, sharp, tilted to all sides and in every corner of the picture"


def _focal_share(job: _Job, kept: Sequence[int], fitted: _Fitted) -> float:
    """Return the error of the focal length over itself, by the delete-a-part jackknife (Efron and Tibshirani, 1993)."""
    if len(kept) < _PARTS:  # nothing can be left out: what five views are worth
        return 0.01
    bends = job.kind is LensKind.FISHEYE or (fitted.lens.distortion[4] != 0.0)
    focals = []
    for part in range(_PARTS):
        # Of six views one is left out, of more a sixth: five remain.
        rest = [number for place, number in enumerate(kept) if place % _PARTS != part]
        focals.append(job.fit(rest, may_bend_more=bends).lens.focal)
    count = len(focals)
    scatter = float(np.sum(np.square(np.array(focals) - np.mean(focals)))) * (count - 1) / count
    return max(1e-5, math.sqrt(scatter) / fitted.lens.focal)


def _require_trusted(fitted: _Fitted, focal_share: float, width_px: int, height_px: int) -> None:
    if not fitted.rms_px <= _MOST_RMS_PX:
        why = f"its corners miss by {fitted.rms_px:.1f} px, more than {_MOST_RMS_PX:g}"
        raise CalibrationError(_WHAT, why, f"{_ANEW}, or say --fisheye where the lens is one")
    if focal_share > _MOST_FOCAL_SHARE:
        why = f"the focal length is known to {100.0 * focal_share:.1f} % only"
        raise CalibrationError(_WHAT, why, _ANEW)
    edges = np.array([[0.0, 0.5], [1.0, 0.5]]) * (width_px, height_px)
    try:
        fitted.lens.rays(edges, width_px, height_px)
    except InvalidValue as err:
        raise CalibrationError(_WHAT, f"the distortion folds over within the picture ({err})", _ANEW) from err


def _rotation(turn: Numbers) -> Numbers:
    return np.asarray(cv2.Rodrigues(turn)[0], np.float64)


def _fisheye_flag(name: str) -> int:
    """Return a flag of OpenCV's fisheye calibration, which lies elsewhere since version 5."""
    return int(getattr(cv2.fisheye, f"CALIB_{name}", None) or getattr(cv2, f"CALIB_{name}"))
