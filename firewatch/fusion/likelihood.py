"""How much likelier some rays are of one fire than each of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from firewatch.fusion.plane_fit import wrap

if TYPE_CHECKING:
    from firewatch.fusion.crossings import Candidates
    from firewatch.fusion.plane_fit import Floats, Ints
    from firewatch.fusion.rays import AssociationRules
    from firewatch.fusion.sheet import Sheet

__all__ = ["gains", "log_alone"]

_DAY_S = 86_400.0
# How likely a camera that looks at a smoke reports it: near, and this much less at the end of its range.
_SEEN_NEAR, _LESS_FAR = 0.95, 0.45
# How likely a mast in reach of a place looks at it at all, without a ridge, haze or a pause between.
_LOOKS = 0.6
# Masts sway and stated sigmas are optimistic: one bearing in twenty is three times as wide as it says.
_WIDE_SHARE, _WIDE = 0.05, 3.0
# One tower in five is later than its delay says, evenly over the gap: a turning camera's next round, haze that clears.
_LATE_SHARE = 0.2
# Points along a ray at which a fire that nobody else sees is weighed.
_POINTS = 24


def log_alone(sheet: Sheet, rules: AssociationRules) -> Floats:
    """Return for each ray, (n,), the log-density of a fire that this mast alone sees, or of a false alarm."""
    share = (np.arange(_POINTS) + 0.5) / _POINTS
    away_m = share[None, :] * sheet.reach_m[:, None]
    along = np.stack([np.sin(sheet.azimuth), np.cos(sheet.azimuth)], axis=-1)
    at = sheet.at[:, None, :] + away_m[..., None] * along[:, None, :]
    own = np.repeat(sheet.mast, _POINTS)[:, None]
    span_s = np.repeat(np.column_stack([sheet.since_s, sheet.until_s]), _POINTS, axis=0)
    unseen = np.exp(_log_unseen(sheet, rules, at.reshape(-1, 2), own, span_s)).reshape(away_m.shape)
    strip = sheet.reach_m / _POINTS
    fires = _births(rules) * np.sum(_seen(share) * unseen * away_m, axis=1) * strip
    logs: Floats = np.log(fires + rules.false_alarms_per_day / _DAY_S / (2.0 * math.pi))
    return logs


def gains(sheet: Sheet, found: Candidates, alone: Floats, rules: AssociationRules) -> Floats:
    """Return for each candidate, (m,), by how much one fire is likelier than one for each ray, as log-odds.

    Parameters
    ----------
    sheet : Sheet
        The rays.
    found : Candidates
        Sets of k rays.
    alone : array (n,)
        What `log_alone` gave.
    rules : AssociationRules
        How often fires begin, how often alarms are false, and how long one tower is behind another.

    Notes
    -----
    The density of bearings and first frames of one fire, integrated over where it is (Laplace's method: the bearings'
    turns and the area of the error), of how far each tower is behind the first, times
    the chance that those who see it do and that the others in reach do not. The same with one ray is `log_alone`.
    Deciding between sets by such densities is the assignment of passive bearings [1]_.

    References
    ----------
    .. [1] Deb, Yeddanapudi, Pattipati, Bar-Shalom (1997), A generalized S-D assignment algorithm for multisensor-
       multitarget state estimation, IEEE Trans. Aerospace and Electronic Systems 33 (2), 523-538.
    """
    members, size = found.members, found.members.shape[1]
    away = np.minimum(1.0, found.fit.away_m / sheet.reach_m[members])
    since_s = sheet.since_s[members]
    behind_s = np.sort(since_s - since_s.min(axis=1, keepdims=True), axis=1)[:, 1:]
    span_s = np.column_stack([since_s.min(axis=1), sheet.until_s[members].max(axis=1)])
    together = (
        math.log(_births(rules))
        + np.sum(np.log(_seen(away)) - np.log(sheet.sigma[members]), axis=1)
        + _log_unseen(sheet, rules, found.fit.at, sheet.mast[members], span_s)
        + np.log(np.maximum(1e-300, found.fit.root_determinant_m2))
        + (1.0 - size / 2.0) * math.log(2.0 * math.pi)
        + np.sum(_log_error(found.fit.turns / sheet.sigma[members]), axis=1)
        + np.sum(_log_behind(behind_s, rules), axis=1)
    )
    difference: Floats = together - np.sum(alone[members], axis=1)
    return difference


def _births(rules: AssociationRules) -> float:
    """Return how many fires begin a square metre and second."""
    return rules.births_per_km2_day / 1e6 / _DAY_S


def _log_error(sigmas: Floats) -> Floats:
    """Return the log of how likely turns of so many sigmas are, that of none being near 0."""
    wide = _WIDE_SHARE / _WIDE * np.exp(-((sigmas / _WIDE) ** 2) / 2.0)
    logs: Floats = np.log((1.0 - _WIDE_SHARE) * np.exp(-(sigmas**2) / 2.0) + wide)
    return logs


def _log_behind(behind_s: Floats, rules: AssociationRules) -> Floats:
    """Return the log-density of a tower's first frame so long after the first tower's."""
    delay_s, gap_s = rules.delay.total_seconds(), max(1.0, rules.gap.total_seconds())
    logs: Floats = np.log((1.0 - _LATE_SHARE) / delay_s * np.exp(-behind_s / delay_s) + _LATE_SHARE / gap_s)
    return logs


def _seen(share_of_reach: Floats) -> Floats:
    return _SEEN_NEAR - _LESS_FAR * share_of_reach**2


def _log_unseen(sheet: Sheet, rules: AssociationRules, at: Floats, own: Ints, span_s: Floats) -> Floats:
    """Return for each place, (m,), the log-chance that the masts in reach, but for its `own` (m, k), do not see it.

    A mast with a ray that points there within the gap of its time, `span_s` (m, 2), has not missed it.
    """
    gap_s = rules.gap.total_seconds()
    total = np.zeros(len(at))
    widest = np.maximum(math.radians(rules.same_direction_deg), rules.same_direction_sigmas * sheet.sigma)
    eyes = sheet.eyes
    for eye, mast in enumerate(eyes.mast):
        leg = at - eyes.at[eye]
        away_m = np.hypot(leg[:, 0], leg[:, 1])
        places = np.flatnonzero((away_m < eyes.reach_m[eye]) & ~np.any(own == mast, axis=1))
        towards = np.arctan2(leg[places, 0], leg[places, 1])
        looks = np.ones(len(places), dtype=np.bool_)
        if eyes.sectors[eye]:
            looks = np.any([np.abs(wrap(towards - mid)) <= half for mid, half in eyes.sectors[eye]], axis=0)
        since_s, until_s = span_s[places].T
        for ray in np.flatnonzero(sheet.mast == mast):
            is_near = (sheet.since_s[ray] - until_s <= gap_s) & (since_s - sheet.until_s[ray] <= gap_s)
            looks &= ~is_near | (np.abs(wrap(towards - sheet.azimuth[ray])) > widest[ray])
        missed = np.log1p(-_LOOKS * _seen(away_m[places] / eyes.reach_m[eye]))
        total[places] += np.where(looks, missed, 0.0)
    return total
