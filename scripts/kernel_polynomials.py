"""Where the polynomials of `firewatch/danger/kernel.py` come from: prints the coefficients and their errors.

Interpolation at Chebyshev nodes in 60 decimal digits, which comes within a small factor of the best polynomial:

* exp: on half an octave to each side of 0, exp(r) = 1 + r + r^2 q(r);
* log: on [sqrt(1/2), sqrt(2)], with s = (m - 1) / (m + 1) and z = s^2, log(m) = 2 s + s z p(z).

`python scripts/kernel_polynomials.py` prints them for both precisions, with the largest error of the polynomial alone,
and where numba is installed the error of the compiled functions in units of the last place.
"""

from __future__ import annotations

import sys
from decimal import Decimal, getcontext
from importlib.util import find_spec
from math import cos, pi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DIGITS = 60
_CHECKED = 2001
_SAMPLES = 2_000_000


def interpolate(function: Callable[[Decimal], Decimal], low: Decimal, high: Decimal, degree: int) -> list[Decimal]:
    """Return the coefficients, lowest first, of the polynomial that meets a function at the Chebyshev nodes."""
    count = degree + 1
    nodes = [(low + high + (high - low) * Decimal(cos(pi * (2 * i + 1) / (2 * count)))) / 2 for i in range(count)]
    rows = [[node**power for power in range(count)] + [function(node)] for node in nodes]
    for pivot in range(count):
        best = max(range(pivot, count), key=lambda row: abs(rows[row][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for other in range(count):
            if other != pivot:
                factor = rows[other][pivot]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[pivot], strict=True)]
    return [row[-1] for row in rows]


def value(coefficients: Sequence[Decimal], at: Decimal) -> Decimal:
    """Return a polynomial's value."""
    total = Decimal(0)
    for coefficient in reversed(coefficients):
        total = total * at + coefficient
    return total


def exponential(degree: int) -> tuple[list[Decimal], Decimal]:
    """Return the coefficients of q, and the largest relative error of 1 + r + r^2 q."""
    reach = Decimal(2).ln() / 2 * Decimal("1.0001")

    def rest(r: Decimal) -> Decimal:
        return (r.exp() - 1 - r) / (r * r) if abs(r) > Decimal("1e-20") else Decimal("0.5")

    found = interpolate(rest, -reach, reach, degree)
    points = [reach * (2 * Decimal(i) / (_CHECKED - 1) - 1) for i in range(_CHECKED)]
    return found, max(abs((1 + r + r * r * value(found, r)) / r.exp() - 1) for r in points)


def logarithm(degree: int) -> tuple[list[Decimal], Decimal]:
    """Return the coefficients of p, and the largest relative error of 2 s + s z p."""
    root = Decimal(2).sqrt()
    most = ((root - 1) / (root + 1)) ** 2 * Decimal("1.0001")

    def rest(z: Decimal) -> Decimal:
        s = z.sqrt()
        return (((1 + s) / (1 - s)).ln() / s - 2) / z

    found = interpolate(rest, Decimal(0), most, degree)
    points = [most * Decimal(i) / _CHECKED for i in range(1, _CHECKED + 1)]
    return found, max(abs((2 + z * value(found, z)) / (2 + z * rest(z)) - 1) for z in points)


def compiled_errors() -> None:
    """Print the errors of the compiled functions, in units of the last place, against extended precision."""
    from firewatch.danger.kernel import exponentials, logarithms

    rng = np.random.default_rng(1)
    for kind, reach in ((np.float64, 700.0), (np.float32, 85.0)):
        x = rng.uniform(-reach, reach, _SAMPLES).astype(kind)
        positive = np.exp(rng.uniform(-reach, reach, _SAMPLES)).astype(kind)
        near_one = rng.uniform(0.5, 2.0, _SAMPLES).astype(kind)
        for name, found, exact in (
            ("exp", exponentials(x), np.exp(x.astype(np.longdouble))),
            ("log", logarithms(positive), np.log(positive.astype(np.longdouble))),
            ("log near 1", logarithms(near_one), np.log(near_one.astype(np.longdouble))),
        ):
            ulp = np.abs(found.astype(np.longdouble) - exact) / np.spacing(np.abs(exact).astype(kind))
            print(f"compiled {name}, {kind.__name__}: at most {float(ulp.max()):.2f} ulp")


def main() -> int:
    """Print."""
    getcontext().prec = _DIGITS
    for name, precision, (found, error) in (
        ("exp", "float64", exponential(9)),
        ("exp", "float32", exponential(4)),
        ("log", "float64", logarithm(6)),
        ("log", "float32", logarithm(2)),
    ):
        print(f"{name}, {precision}: relative error of the polynomial {error:.1e}")
        print("".join(f"    {float(coefficient)!r},\n" for coefficient in found), end="")
    if find_spec("numba") is not None:
        compiled_errors()
    return 0


if __name__ == "__main__":
    sys.exit(main())
