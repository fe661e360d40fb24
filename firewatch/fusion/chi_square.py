"""How likely a sum of squared, standardised errors is by chance."""

from __future__ import annotations

import math

from firewatch.domain.checks import require_at_least, require_between

__all__ = ["chi_square_tail", "region_scale"]


def chi_square_tail(chi_square: float, freedom: int) -> float:
    """Return the probability that chance gives at least this much.

    Parameters
    ----------
    chi_square : float
        Sum of squared standardised residuals, at least 0.
    freedom : int
        Degrees of freedom, at least 1: residuals less fitted numbers.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidValue
        If either is out of range.

    References
    ----------
    .. [1] Abramowitz and Stegun (1964), eqs. 26.4.4 and 26.4.5: finite sums for whole degrees of freedom.
    """
    require_at_least("chi-square", chi_square, 0.0)
    require_at_least("degrees of freedom", freedom, 1)
    half = chi_square / 2.0
    if freedom % 2 == 0:
        term, total, start = math.exp(-half), math.exp(-half), 1.0
    else:
        total = math.erfc(math.sqrt(half))
        term, start = math.exp(-half) / math.sqrt(math.pi * half) if half else 0.0, 0.5
    for step in range((freedom - 1) // 2 if freedom % 2 == 0 else freedom // 2):
        term *= half / (start + step)
        total += term
    return min(1.0, total)


def region_scale(probability: float) -> float:
    """Return by how much a 1-sigma ellipse grows to hold a share of the probability.

    Parameters
    ----------
    probability : float
        Above 0 and below 1.

    Returns
    -------
    float
        The root of the chi-square quantile at 2 degrees of freedom: 1.177 for 0.5, 2.146 for 0.9. A 1-sigma ellipse
        itself holds 39 %.

    Raises
    ------
    InvalidValue
        If the probability is out of range.
    """
    require_between("probability", probability, 1e-9, 1.0 - 1e-9)
    return math.sqrt(-2.0 * math.log1p(-probability))
