"""One azimuth by several pictures of one head: each skyline may have several places, all must be panned alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.skyline_likelihood import FAR_DEG, shares_of, within
from firewatch.calibration.skyline_match import GOOD_CHANCE, Doubt, in_degrees
from firewatch.domain.checks import require_at_least, require_between
from firewatch.domain.geo import difference_deg, wrap_deg
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.calibration.skyline_likelihood import Peak
    from firewatch.calibration.skyline_match import SkylineFit

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["PAN_SIGMA_DEG", "Joint", "join_skylines"]

PAN_SIGMA_DEG = 0.05  # of a head's own reading
_SHARED = np.ix_((0, 3), (0, 3))  # azimuth and zoom are one for all; each picture has its own tilt and roll
_LOST = 1e-3  # chance that a picture's true pose is none of those that were found
# A lost pose may be anywhere: the density of its azimuth [1/deg] and zoom, a tenth either way.
_ANYWHERE = -math.log(360.0) - 0.5 * math.log(2.0 * math.pi * 0.1**2)
_MOST = 64  # divisions that are followed; the others are a millionth as likely
_HARD = (Doubt.HIDDEN, Doubt.MISFIT, Doubt.EDGE)


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """The pose of the first of some pictures by all of them.

    Parameters
    ----------
    fit : SkylineFit
        Of the first picture, with the azimuth and the field of view of all.
    used : tuple of bool
        Which pictures agree: the others show another skyline, or none.
    own_azimuth_deg : tuple of float
        What each picture by itself says about the first's azimuth [deg].
    """

    fit: SkylineFit
    used: tuple[bool, ...]
    own_azimuth_deg: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """One choice of a peak for each picture: which, how likely, azimuth and zoom with their covariance."""

    peaks: tuple[int | None, ...]
    log_share: float
    middle: Numbers
    covariance: Numbers


def join_skylines(fits: Sequence[SkylineFit], pans_deg: Sequence[float], pan_sigma_deg: float = PAN_SIGMA_DEG) -> Joint:
    """Join the skylines that one head sees to several sides, at one zoom.

    What two pictures say about the head's azimuth and the lens is multiplied: for every choice of one peak of the
    likelihood from each. A picture may also show none of its peaks truly, with a chance of a thousandth.

    Parameters
    ----------
    fits : sequence of SkylineFit, length n >= 2
        Of each picture by itself, begun from the same lens; doubtful ones too.
    pans_deg : sequence of float, length n
        How far each was panned to the right of the first, whose own is 0 [deg].
    pan_sigma_deg : float
        Error of these, 0.001 to 5 [deg].

    Raises
    ------
    InvalidValue
        If there are fewer than two, or not as many pans, or they are no numbers.
    """
    require_at_least("pictures to join", len(fits), 2)
    require_between("sigma of the pan angles (deg)", pan_sigma_deg, 1e-3, 5.0)
    if len(pans_deg) != len(fits) or pans_deg[0] != 0.0 or not np.isfinite(pans_deg).all():
        raise InvalidValue("pan angles (deg)", tuple(pans_deg), f"{len(fits)} numbers, the first 0")
    ways = [_Way((), -_ANYWHERE, np.zeros(2), np.zeros((2, 2)))]
    for place, (fit, pan) in enumerate(zip(fits, pans_deg, strict=True)):
        loose = pan_sigma_deg if place else 0.0
        longer = [each for way in ways for each in _longer(way, fit, pan, loose)]
        ways = sorted(longer, key=lambda each: -each.log_share)[:_MOST]
    best = next((way for way in ways if way.peaks[0] is not None), None)
    own = tuple(wrap_deg(fit.azimuth_deg - pan) for fit, pan in zip(fits, pans_deg, strict=True))
    used = (False,) * len(fits) if best is None else tuple(each is not None for each in best.peaks)
    if best is None or sum(used) < 2:  # noqa: PLR2004 - one is no join
        return Joint(fits[0], used, own)
    return Joint(_together(fits[0], best, _chance_wrong(best, ways)), used, own)


def _longer(way: _Way, fit: SkylineFit, pan_deg: float, loose_deg: float) -> list[_Way]:
    """Return a way with each of the next picture's peaks, and with none of them."""
    found = []
    for place, (peak, share) in enumerate(zip(fit.peaks, shares_of(fit.peaks), strict=True)):
        middle = peak.pose[[0, 3]] - (pan_deg, 0.0)
        covariance = peak.covariance[_SHARED] * fit.peaks[0].together + np.diag((loose_deg**2, 0.0))
        log_share = way.log_share + math.log(max(float(share), 1e-300)) + math.log1p(-_LOST)
        found.append(_multiplied(way, place, log_share, middle, covariance))
    lost = way.log_share + math.log(_LOST) + _ANYWHERE
    return [*found, replace(way, peaks=(*way.peaks, None), log_share=lost)]


def _multiplied(way: _Way, place: int, log_share: float, middle: Numbers, covariance: Numbers) -> _Way:
    peaks = (*way.peaks, place)
    if all(each is None for each in way.peaks):
        return _Way(peaks, log_share + _ANYWHERE, middle, covariance)
    off = middle - way.middle
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    whole = way.covariance + covariance
    gain = way.covariance @ np.linalg.inv(whole)
    density = -0.5 * float(off @ np.linalg.solve(whole, off)) - 0.5 * float(np.linalg.slogdet(2.0 * np.pi * whole)[1])
    return _Way(peaks, log_share + density, way.middle + gain @ off, way.covariance - gain @ way.covariance)


def _chance_wrong(best: _Way, ways: list[_Way]) -> float:
    """Return the probability that the azimuth is off by more than half a degree."""
    high = np.array([each.log_share for each in ways])
    share = np.exp(high - high.max())
    outside = [
        1.0
        - within(difference_deg(float(each.middle[0]), float(best.middle[0])), math.sqrt(float(each.covariance[0, 0])))
        if any(peak is not None for peak in each.peaks)
        else 1.0 - FAR_DEG / 180.0
        for each in ways
    ]
    return float(share @ np.array(outside) / share.sum())


def _together(fit: SkylineFit, best: _Way, chance_wrong: float) -> SkylineFit:
    """Return the first picture's fit with what all know: its own peak, conditioned on the shared azimuth and zoom."""
    place = best.peaks[0] or 0
    peak = _conditioned(fit.peaks[place], fit.peaks[0].together, best)
    azimuth, tilt, roll, zoom = (float(each) for each in peak.pose)
    hfov, covariance = in_degrees(fit.camera, peak)
    hard = tuple(doubt for doubt in fit.doubts if doubt in _HARD)
    doubts = (*hard, *((Doubt.VAGUE,) if chance_wrong > GOOD_CHANCE else ()))
    return replace(
        fit,
        azimuth_deg=wrap_deg(azimuth),
        tilt_deg=tilt,
        roll_deg=roll,
        hfov_deg=hfov,
        covariance_deg2=covariance,
        chance_wrong=chance_wrong,
        doubts=doubts,
        zoom=zoom,
        peaks=(peak, *(each for number, each in enumerate(fit.peaks) if number != place)),
    )


def _conditioned(peak: Peak, together: float, best: _Way) -> Peak:
    """Return a peak whose azimuth and zoom are those of a way: tilt and roll follow by how they hang together."""
    covariance = peak.covariance * together
    follow = covariance[:, [0, 3]] @ np.linalg.inv(covariance[_SHARED])
    off = best.middle - peak.pose[[0, 3]]
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    less = covariance[_SHARED] - best.covariance
    return replace(peak, pose=peak.pose + follow @ off, covariance=covariance - follow @ less @ follow.T, together=1.0)
