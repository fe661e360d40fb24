"""Odd polynomials of lenses, and their inverse as far as they grow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["OddPolynomial"]

_MOST_STEPS = 100
_CLOSE = 1e-15


@dataclass(frozen=True, slots=True)
class OddPolynomial:
    """r + k1 r^3 + k2 r^5 + ..., from 0 to where it ceases to grow.

    Parameters
    ----------
    terms : tuple of float
        k1, k2, ...
    most : float
        Largest argument that has a meaning, above 0.

    Attributes
    ----------
    limit : float
        Smallest argument at which it does not grow any more, at most `most`.
    reach : float
        Its value there.
    """

    terms: tuple[float, ...]
    most: float
    limit: float = field(init=False)
    reach: float = field(init=False)

    def __post_init__(self) -> None:
        slope = (1.0, *((2 * i + 3) * k for i, k in enumerate(self.terms)))
        limit = min(self.most, _first_root(slope))
        object.__setattr__(self, "limit", limit)
        object.__setattr__(self, "reach", float(self.value(np.array([limit]))[0]))

    def value(self, r: Numbers) -> Numbers:
        """Return its values."""
        return np.asarray(r * _in_squares((1.0, *self.terms), r * r), np.float64)

    def slope(self, r: Numbers) -> Numbers:
        """Return its derivatives."""
        return _in_squares((1.0, *((2 * i + 3) * k for i, k in enumerate(self.terms))), r * r)

    def inverse(self, values: Numbers) -> Numbers:
        """Return the arguments, from 0 to `limit`, at which it has these values; each from 0 to below `reach`.

        Newton's method within a bracket that shrinks: it grows there, so that there is one answer.
        """
        low, high = np.zeros_like(values), np.full_like(values, self.limit)
        r, moved, steps = np.minimum(values, 0.5 * high), math.inf, 0
        while moved > _CLOSE and steps < _MOST_STEPS:
            missing = values - self.value(r)
            low, high = np.where(missing >= 0.0, r, low), np.where(missing <= 0.0, r, high)
            with np.errstate(divide="ignore", invalid="ignore"):
                guess = r + missing / self.slope(r)
            # Written so that a guess that is no number is outside, too.
            following = np.where((guess >= low) & (guess <= high), guess, 0.5 * (low + high))
            moved = float((np.abs(following - r) / (1.0 + r)).max(initial=0.0))
            r, steps = following, steps + 1
        return r


def _in_squares(terms: tuple[float, ...], squares: Numbers) -> Numbers:
    total = np.zeros_like(squares)
    for term in reversed(terms):
        total = total * squares + term
    return total


def _first_root(terms: tuple[float, ...]) -> float:
    """Return the smallest positive r at which the polynomial in r squared is 0; infinite where there is none.

    It is sought as the largest root in 1 / r squared: the constant term, 1, leads there, so that coefficients that
    hardly count do not blur it.
    """
    roots = np.roots(terms)
    real = roots.real[(np.abs(roots.imag) < 1e-9 * (1.0 + np.abs(roots))) & (roots.real > 0.0)]
    return 1.0 / math.sqrt(float(real.max())) if real.size else math.inf
