"""One vector: a file of a reference program, the function of ours that it tests, and how far apart the two are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from danger_vectors.reading import half_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "DIGIT_NOISE",
    "FOUR",
    "FOUR_SINGLE",
    "FULL",
    "FULL_STEPS",
    "SINGLE",
    "Column",
    "Compared",
    "Difference",
    "Digits",
    "Vector",
    "decimals",
    "same",
]

# A number below this is compared by its difference only: what its last digits are is rounding in either program.
SMALLEST_RELATIVE = 1e-6


# What an exponential's last bits may add, between processors and versions of NumPy, to numbers up to 1000.
DIGIT_NOISE = 1e-11


@dataclass(frozen=True, slots=True)
class Digits:
    """How a file's numbers are printed, and how far from them one may be."""

    label: str
    allowed: Callable[[Numbers], Numbers]
    is_full: bool = False


FULL = Digits("15 to 17", lambda printed: 1e-9 * np.abs(printed) + 1e-13, is_full=True)
# Single steps reach values near 0 by taking large numbers from each other.
FULL_STEPS = Digits("15 to 17", lambda printed: 1e-9 * np.abs(printed) + 1e-11, is_full=True)
FOUR = Digits("4, at least 2 decimals", lambda printed: np.maximum(half_unit(printed), 1e-9))
# Grids that went through files of single precision.
FOUR_SINGLE = Digits(
    "4, at least 2 decimals, single precision",
    lambda printed: np.maximum(half_unit(printed), 1e-9) + 2e-7 * np.abs(printed),
)

SINGLE = Digits("7, single precision", lambda printed: 2e-6 * np.abs(printed) + 1e-9)


def decimals(count: int, single: float = 0.0) -> Digits:
    """Return the kind of numbers printed with so many decimals; `single` is the relative error of single precision."""
    label = f"{count} decimals" + (", single precision" if single else "")
    return Digits(label, lambda printed: 0.5000001 * 10.0**-count + single * np.abs(printed))


Column: TypeAlias = "tuple[Numbers, Numbers]"


@dataclass(frozen=True, slots=True)
class Compared:
    """What one vector gives: by name our numbers and the printed ones, and how many rows are left out, and why."""

    columns: Mapping[str, Column]
    left_out: int = 0
    why: str = ""

    def __post_init__(self) -> None:
        assert bool(self.left_out) == bool(self.why), "rows are left out for a reason, and a reason is for rows"


@dataclass(frozen=True, slots=True)
class Difference:
    """How far apart the two are, at most."""

    rows: int
    left_out: int
    absolute: float
    absolute_in: str
    relative: float
    relative_in: str
    share: float  # of what the printed digits allow: up to 1 the printed number is reproduced

    @property
    def is_reproduced(self) -> bool:
        """Whether every number is."""
        return self.share <= 1.0


@dataclass(frozen=True, slots=True)
class Vector:
    """One file, or a part of it.

    Parameters
    ----------
    file : str
        Below `danger` of the shared data, or below `tests/golden`.
    function : str
        What of ours is tested, as a person would look for it.
    digits : Digits
        As the file prints them.
    compare : callable
        From the folder that `file` lies in to `Compared`.
    part : str
        What of the file, where it is not all.
    """

    file: str
    function: str
    digits: Digits
    compare: Callable[[Path], Compared]
    part: str = ""

    @property
    def name(self) -> str:
        """Names the vector."""
        return " ".join(filter(None, (self.function, self.file, self.part)))

    def label(self, column: str) -> str:
        """Return what one output is of: the vector's function, or, of a whole system, that output of it."""
        if self.function.startswith("FWI System"):
            return column.upper()
        if self.function.startswith("FWI2025"):
            return f"{self.function}: {column}"
        return f"FBP: {column}" if self.function.startswith("FBP System") else self.function

    def difference(self, compared: Compared) -> Difference:
        """Return how far apart the numbers are."""
        columns = [(name, self._of(*pair)) for name, pair in compared.columns.items()]
        absolute = max(columns, key=lambda one: one[1].absolute)
        relative = max(columns, key=lambda one: one[1].relative)
        return Difference(
            max(one.rows for _, one in columns),
            compared.left_out,
            absolute[1].absolute,
            absolute[0],
            relative[1].relative,
            relative[0],
            max(one.share for _, one in columns),
        )

    def _of(self, ours: Numbers, printed: Numbers) -> Difference:
        off, ratio = _apart(ours, printed)
        with np.errstate(invalid="ignore"):
            allowed = self.digits.allowed(np.where(np.isfinite(printed), printed, 0.0))
            used = np.where(off == 0.0, 0.0, off / np.where(off == 0.0, 1.0, allowed))
        worst = (float(values.max(initial=0.0)) for values in (off, ratio, used))
        absolute, relative, share = worst
        return Difference(len(printed), 0, absolute, "", relative, "", share)


def _apart(ours: Numbers, printed: Numbers) -> Column:
    """Return the absolute and the relative differences; none where both are missing or infinite alike."""
    with np.errstate(invalid="ignore"):
        off = np.abs(ours - printed)
    alike = (ours == printed) | (np.isnan(ours) & np.isnan(printed))
    off = np.where(alike, 0.0, np.where(np.isnan(off), np.inf, off))
    size = np.abs(printed)
    counts = np.isfinite(size) & (size >= SMALLEST_RELATIVE)
    return off, np.where(counts, off / np.where(counts, size, 1.0), 0.0)


def same(ours: Sequence[object], printed: Sequence[object]) -> Column:
    """Return a column of words or dates: 0 where the two are equal, infinitely far apart where they are not."""
    if len(ours) != len(printed):
        return np.array([np.inf]), np.zeros(1)
    return np.array([0.0 if one == other else np.inf for one, other in zip(ours, printed, strict=True)]), np.zeros(
        len(ours)
    )
