"""From a coarse division of the map to one that is fine where the fire may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.fusion.patches import Patches

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.fusion.patches import Fan
    from firewatch.fusion.sight_density import SightDensity

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Counts: TypeAlias = npt.NDArray[np.intp]

__all__ = ["log_sum", "refine"]

# Patches that could be cut and whose mass is together below this are not; where there are many, below the second.
_TAIL, _MANY, _TAIL_OF_MANY = 2e-3, 6_000, 2e-2
# So many are cut in one round, the heaviest first; and there is no new round with so many.
_MOST_CUT, _MOST_ROUNDS, _MOST_PATCHES = 4_000, 12, 20_000


@dataclass(frozen=True, slots=True, eq=False)
class _Studied:
    """Patches with their log density, and in how many parts each should be cut: aligned arrays (n,)."""

    patches: Patches
    log_density: Numbers
    across: Counts
    along: Counts

    @classmethod
    def of(cls, model: SightDensity, patches: Patches) -> _Studied:
        return cls(patches, *model.study(patches))

    def take(self, which: npt.NDArray[np.bool_]) -> _Studied:
        return _Studied(self.patches.take(which), self.log_density[which], self.across[which], self.along[which])

    def joined(self, other: _Studied) -> _Studied:
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("log_density", "across", "along"))
        return _Studied(Patches.joined((self.patches, other.patches)), *(np.concatenate(pair) for pair in pairs))

    @property
    def is_coarse(self) -> npt.NDArray[np.bool_]:
        coarse: npt.NDArray[np.bool_] = self.across * self.along > 1
        return coarse

    @property
    def log_mass(self) -> Numbers:
        return self.log_density + np.log(self.patches.area_m2)


def refine(model: SightDensity, fan: Fan) -> tuple[Patches, Numbers]:
    """Return patches over a fan, fine where the fire may be, and their log densities.

    Parameters
    ----------
    model : SightDensity
        How well places explain what was seen.
    fan : Fan
        The coordinates in which patches are cut.

    Returns
    -------
    Patches
        They cover the fan.
    ndarray (n,)
        Of each, the log density [1/m2].
    """
    found = _Studied.of(model, fan.cover())
    fine = [found.take(~found.is_coarse)]
    coarse = found.take(found.is_coarse)
    log_fine, many = log_sum(fine[0].log_mass), len(found.patches)
    rounds = 0
    while rounds < _MOST_ROUNDS and many <= _MOST_PATCHES:
        rounds += 1
        log_mass = coarse.log_mass
        log_whole = np.logaddexp(log_fine, log_sum(log_mass))
        if not math.isfinite(log_whole):
            break
        heavy = _heaviest(np.exp(log_mass - log_whole), _TAIL if many < _MANY else _TAIL_OF_MANY)
        if not heavy.any():
            break
        which = np.flatnonzero(heavy)
        cut = _Studied.of(model, fan.split(coarse.patches, which, coarse.across[which], coarse.along[which]))
        many += len(cut.patches) - which.size
        fine.append(cut.take(~cut.is_coarse))
        log_fine = float(np.logaddexp(log_fine, log_sum(fine[-1].log_mass)))
        coarse = coarse.take(~heavy).joined(cut.take(cut.is_coarse))
    every = [*fine, coarse]
    return Patches.joined([one.patches for one in every]), np.concatenate([one.log_density for one in every])


def _heaviest(mass: Numbers, tail: float) -> npt.NDArray[np.bool_]:
    """Tell which patches are cut: not the lightest, whose mass is together below a tail, nor more than some."""
    ascending = np.sort(mass)
    light = int(np.searchsorted(np.cumsum(ascending), tail))
    first = max(light, mass.size - _MOST_CUT)
    heavy: npt.NDArray[np.bool_] = mass >= ascending[first] if first < mass.size else np.zeros(mass.size, np.bool_)
    return heavy


def log_sum(logs: Numbers) -> float:
    """Return the log of the sum of the exponentials of some numbers, minus infinity for none."""
    most = float(np.max(logs, initial=-math.inf))
    return most + math.log(float(np.sum(np.exp(logs - most)))) if math.isfinite(most) else most
