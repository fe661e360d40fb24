"""How much likelier some rays are of one fire than each of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from firewatch.fusion.crossings import Candidates
    from firewatch.fusion.plane_fit import Floats
    from firewatch.fusion.rays import AssociationRules
    from firewatch.fusion.sheet import Sheet

__all__ = ["gains"]

_DAY_S = 86_400.0
# Masts sway and stated sigmas are optimistic: one bearing in twenty is three times as wide as it says.
_WIDE_SHARE, _WIDE = 0.05, 3.0
# One tower in five is later than its delay says, evenly over the gap: a turning camera's next round, haze that clears.
_LATE_SHARE = 0.2


def gains(sheet: Sheet, found: Candidates, rules: AssociationRules) -> Floats:
    """Return for each candidate, (m,), by how much one fire is likelier than one for each ray, as log-odds.

    Parameters
    ----------
    sheet : Sheet
        The rays.
    found : Candidates
        Sets of k rays.
    rules : AssociationRules
        How often fires begin, how often alarms are false, and how long one tower is behind another.

    Notes
    -----
    The density of bearings and first frames of one fire, integrated over where it is (Laplace's method: the bearings'
    turns and the area of the error), with how far each tower is behind the first. Against it stand fires and false
    alarms that one mast alone sees, anywhere within its reach. Deciding between sets of passive bearings by such
    densities is the assignment of [1]_. What the other masts do not see, and how far each one sees, decided nothing in
    `benchmarks/location/ghosts.py` and is left out.

    References
    ----------
    .. [1] Deb, Yeddanapudi, Pattipati, Bar-Shalom (1997), A generalized S-D assignment algorithm for multisensor-
       multitarget state estimation, IEEE Trans. Aerospace and Electronic Systems 33 (2), 523-538.
    """
    members, size = found.members, found.members.shape[1]
    since_s = sheet.since_s[members]
    behind_s = np.sort(since_s - since_s.min(axis=1, keepdims=True), axis=1)[:, 1:]
    sigma = sheet.sigma[members]
    together = (
        math.log(_births(rules))
        + np.log(np.maximum(1e-300, found.fit.root_determinant_m2))
        + np.sum(_log_error(found.fit.turns / sigma) - np.log(sigma), axis=1)
        + (1.0 - size / 2.0) * math.log(2.0 * math.pi)
        + np.sum(_log_behind(behind_s, rules), axis=1)
    )
    odds: Floats = together - np.sum(_log_alone(sheet, rules)[members], axis=1)
    return odds


def _log_alone(sheet: Sheet, rules: AssociationRules) -> Floats:
    """Return for each ray, (n,), the log-density of a smoke of its own, a radian and second."""
    false_alarms = rules.false_alarms_per_day / _DAY_S / (2.0 * math.pi)
    logs: Floats = np.log(_births(rules) * sheet.reach_m**2 / 2.0 + false_alarms)
    return logs


def _births(rules: AssociationRules) -> float:
    """Return how many fires begin a square metre and second."""
    return rules.births_per_km2_day / 1e6 / _DAY_S


def _log_error(sigmas: Floats) -> Floats:
    """Return the log of how likely turns of so many sigmas are, that of none being near 0."""
    wide = _WIDE_SHARE / _WIDE * np.exp(-((sigmas / _WIDE) ** 2) / 2.0)
    logs: Floats = np.log(np.maximum(1e-300, (1.0 - _WIDE_SHARE) * np.exp(-(sigmas**2) / 2.0) + wide))
    return logs


def _log_behind(behind_s: Floats, rules: AssociationRules) -> Floats:
    """Return the log-density of a tower's first frame so long after the first tower's [s]."""
    delay_s, gap_s = rules.delay.total_seconds(), max(1.0, rules.gap.total_seconds())
    logs: Floats = np.log((1.0 - _LATE_SHARE) / delay_s * np.exp(-behind_s / delay_s) + _LATE_SHARE / gap_s)
    return logs
