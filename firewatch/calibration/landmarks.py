"""A camera's pose from known places clicked in a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.pose_problem import PoseProblem
from firewatch.domain.geo import wrap_deg
from firewatch.domain.mounting import AngleErrors
from firewatch.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.calibration.clicks import Click
    from firewatch.calibration.pose_problem import Solution
    from firewatch.domain.optics import Calibration

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["LandmarkResidual", "PoseFit", "fit_pose"]

_WHAT = "landmarks"
# A right click lies beyond once in a thousand: chi-square with two degrees of freedom.
_FAR = 13.8
# So many pairs are tried where landmarks contradict each other: all of nine. Of more a third may be wrong, and still a
# dozen pairs of right ones are among them; so many agreeing then are enough.
_MOST_PAIRS = 40
_MANY, _ENOUGH = 9, 0.75
_FEWEST_AGREEING = 3
# Landmarks within this share of the picture's width are one: they tell neither roll nor field of view.
_ONE_SPOT = 0.02
# Wind, heat and where exactly the camera hangs: no survey is better [deg].
_LEAST_SIGMA_DEG = 0.02


@dataclass(frozen=True, slots=True)
class LandmarkResidual:
    """By how much one landmark misses the fit.

    Parameters
    ----------
    name : str
        Of the landmark.
    across_px, down_px : float
        From the click to where the fit has it [px]; NaN where that is behind the camera. Down is NaN where the
        landmark's elevation is not known.
    sigmas : float
        How unlikely that is, in standard deviations.
    is_wrong : bool
        Whether it contradicts the others and was left out.
    """

    name: str
    across_px: float
    down_px: float
    sigmas: float
    is_wrong: bool


@dataclass(frozen=True, slots=True, eq=False)
class PoseFit:
    """A pose, and how far it is to be trusted.

    Parameters
    ----------
    calibration : Calibration
        The fit, with its errors.
    residuals : tuple of LandmarkResidual
        In the order of the clicks.
    rms_px : float
        Root mean square of the residuals that were used [px].
    chi_square, freedom : float, int
        How well they agree: about equal where the errors are as stated. Larger, the fit's errors are enlarged.
    """

    calibration: Calibration
    residuals: tuple[LandmarkResidual, ...]
    rms_px: float
    chi_square: float
    freedom: int

    @property
    def wrong(self) -> tuple[str, ...]:
        """The landmarks that contradict the others."""
        return tuple(each.name for each in self.residuals if each.is_wrong)


def fit_pose(
    clicks: Sequence[Click], start: Calibration, width_px: int, height_px: int, calibration_id: str | None = None
) -> PoseFit:
    """Find how a camera looks from landmarks in its picture.

    Azimuth and tilt come from the clicks alone. Roll is taken as 0 to 3 degrees (or as `start` states it) and the
    field of view as `start` has it, to 5 % (1 % of a lens from a chessboard, or as `start` states), until the clicks
    know better: from two that are far apart, well from four. One click tells azimuth and tilt.

    Parameters
    ----------
    clicks : sequence of Click, length n >= 1
        What was clicked.
    start : Calibration
        Lens and mount. Its azimuth and tilt do not matter.
    width_px, height_px : int
        Size of the picture.
    calibration_id : str, optional
        Name of the result; by default that of `start`.

    Returns
    -------
    PoseFit
        The pose with its covariance, each landmark's residual, and which of them is a wrong click.

    Raises
    ------
    CalibrationError
        If there are no clicks, they all lie on one spot, or contradict each other so that nobody can tell which is
        wrong.
    """
    if not clicks:
        raise CalibrationError(_WHAT, "there are none", "click on at least one, better four, far apart")
    problem = PoseProblem(clicks, start, width_px, height_px)
    _require_apart(clicks, width_px)
    used, solution = _agreeing(problem, clicks)
    freedom = int(sum(1 + bool(problem.has_elevation[number]) for number in used)) + 2 - 4
    inflation = max(1.0, solution.cost / freedom) if freedom > 0 else 1.0
    calibration = _calibrated(start, solution, inflation, calibration_id or start.calibration_id)
    residuals = _residuals(problem, solution, used, clicks, calibration, (width_px, height_px))
    squares = [r.across_px**2 + (0.0 if math.isnan(r.down_px) else r.down_px**2) for r in residuals if not r.is_wrong]
    rms = math.sqrt(sum(squares) / len(squares))
    return PoseFit(calibration, residuals, rms, solution.cost, max(0, freedom))


def _require_apart(clicks: Sequence[Click], width_px: int) -> None:
    places = np.array([[click.x_px, click.y_px] for click in clicks])
    widest = float(np.max(np.linalg.norm(places[:, None] - places[None, :], axis=2)))
    if len(clicks) > 1 and widest < _ONE_SPOT * width_px:
        why = f"all lie on one spot, within {widest:.0f} px"
        raise CalibrationError(_WHAT, why, "take some that are far apart in the picture, left and right")


def _agreeing(problem: PoseProblem, clicks: Sequence[Click]) -> tuple[tuple[int, ...], Solution]:
    """Return the clicks that agree, and their solution; raise `CalibrationError` where nobody can tell which."""
    every = tuple(range(problem.count))
    whole = problem.solve(every, problem.guess(every))
    if (problem.misfits(whole, every) <= _FAR).all():
        return every, whole
    best, found = _best_agreeing(problem, whole)
    if len(best) < _FEWEST_AGREEING or 2 * len(best) <= problem.count:
        misses = np.sqrt(problem.misfits(whole, every))
        told = ", ".join(f"{click.name} {miss:.0f} sigmas" for click, miss in zip(clicks, misses, strict=True))
        why = f"they contradict each other, and nobody can tell which is wrong ({told})"
        raise CalibrationError(_WHAT, why, "look again at each click and place, and add landmarks")
    return best, found


def _best_agreeing(problem: PoseProblem, whole: Solution) -> tuple[tuple[int, ...], Solution]:
    """Return the most clicks that agree with each other, begun from every pair (or, of many landmarks, some)."""
    best: tuple[int, ...] = ()
    found = whole
    pairs = list(combinations(range(problem.count), 2))
    # Those far apart in the list, which people click from left to right, tell most.
    for pair in sorted(pairs, key=lambda pair: pair[0] - pair[1])[:: max(1, len(pairs) // _MOST_PAIRS)]:
        is_enough = problem.count > _MANY and len(best) >= _ENOUGH * problem.count
        if not is_enough and not set(pair) <= set(best):
            agreeing, solution = _grown(problem, pair)
            if (len(agreeing), -solution.cost) > (len(best), -found.cost):
                best, found = agreeing, solution
    return best, found


def _grown(problem: PoseProblem, seed: tuple[int, ...]) -> tuple[tuple[int, ...], Solution]:
    """Return all clicks that agree with those of a seed, and their solution."""
    agreeing, solution, rounds = seed, problem.solve(seed, problem.guess(seed)), 0
    near = _near(problem, solution, agreeing)
    while near != agreeing and len(near) >= len(seed) and rounds < problem.count:
        agreeing, solution, rounds = near, problem.solve(near, solution.at), rounds + 1
        near = _near(problem, solution, agreeing)
    return agreeing, solution


def _near(problem: PoseProblem, solution: Solution, agreeing: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(number) for number in np.flatnonzero(problem.misfits(solution, agreeing) <= _FAR))


def _calibrated(start: Calibration, solution: Solution, inflation: float, calibration_id: str) -> Calibration:
    azimuth, tilt, roll, stretch = solution.at
    lens = start.effective_lens.zoomed(math.exp(stretch))
    to_angles = np.diag([1.0, 1.0, 1.0, 1.0 / lens.focal_gain()])
    covariance = to_angles @ solution.covariance @ to_angles * inflation
    sigmas = np.degrees(np.sqrt(np.diag(covariance)))
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    between = tuple(float(np.clip(each, -1.0, 1.0)) for each in correlation[np.triu_indices(4, 1)])
    least = np.minimum(90.0, np.maximum(sigmas, [_LEAST_SIGMA_DEG, _LEAST_SIGMA_DEG, _LEAST_SIGMA_DEG, 0.0]))
    a, b, c, d, e, f = between
    return replace(
        start,
        calibration_id=calibration_id,
        azimuth_deg=wrap_deg(math.degrees(azimuth)),
        tilt_deg=max(-90.0, min(90.0, math.degrees(tilt))),
        roll_deg=math.degrees(math.remainder(roll, 2.0 * math.pi)),
        hfov_deg=lens.hfov_deg(),
        sigma_deg=float(least[0]),
        lens=None if start.lens is None else lens,
        errors=AngleErrors(float(least[1]), float(least[2]), float(least[3]), (a, b, c, d, e, f)),
    )


def _residuals(
    problem: PoseProblem,
    solution: Solution,
    used: tuple[int, ...],
    clicks: Sequence[Click],
    fitted: Calibration,
    size: tuple[int, int],
) -> tuple[LandmarkResidual, ...]:
    misfits = np.sqrt(problem.misfits(solution, used))
    seen = fitted.directions(np.array([[click.x_px, click.y_px] for click in clicks]), *size)
    elevations = np.where(problem.has_elevation, np.degrees(problem.elevations), seen.elevation_deg)
    where = fitted.pixels(np.degrees(problem.azimuths), elevations, *size)
    residuals = []
    for number, click in enumerate(clicks):
        across, down = float(where[number, 0] - click.x_px), float(where[number, 1] - click.y_px)
        told = down if problem.has_elevation[number] else math.nan
        residuals.append(LandmarkResidual(click.name, across, told, float(misfits[number]), number not in used))
    return tuple(residuals)
