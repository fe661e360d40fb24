"""The fuel types of the FBP System, their parameters, and a fuel bed: arrays that say what lies on each place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns, require_range
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Fuels: TypeAlias = npt.NDArray[np.intp]

__all__ = ["FuelBed", "FuelParameters", "FuelType", "fuel_codes"]


class FuelType(IntEnum):
    """The 16 fuel types that burn, O-1 as its two forms, and two that do not: Forestry Canada (1992), table 1.

    ``C1`` spruce-lichen woodland, ``C2`` boreal spruce, ``C3`` mature and ``C4`` immature jack or lodgepole pine,
    ``C5`` red and white pine, ``C6`` conifer plantation, ``C7`` ponderosa pine and Douglas-fir, ``D1`` leafless aspen,
    ``M1`` boreal mixedwood leafless and ``M2`` green, ``M3`` dead balsam fir mixedwood leafless and ``M4`` green,
    ``O1A`` matted and ``O1B`` standing grass, ``S1`` to ``S3`` slash of pine, of spruce and balsam, of coastal cedar,
    hemlock and Douglas-fir; ``NF`` no fuel, ``WA`` water.
    """

    C1 = 0
    C2 = 1
    C3 = 2
    C4 = 3
    C5 = 4
    C6 = 5
    C7 = 6
    D1 = 7
    M1 = 8
    M2 = 9
    M3 = 10
    M4 = 11
    O1A = 12
    O1B = 13
    S1 = 14
    S2 = 15
    S3 = 16
    NF = 17
    WA = 18

    @property
    def parameters(self) -> FuelParameters:
        """The numbers of the type; all 0 for those that do not burn."""
        return _PARAMETERS[self]

    @property
    def burns(self) -> bool:
        """Whether a fire can spread in it."""
        return self < FuelType.NF


@dataclass(frozen=True, slots=True)
class FuelParameters:
    """The parameters of one fuel type.

    Parameters
    ----------
    a, b, c : float
        Of the curve from ISI to rate of spread [m/min]: Forestry Canada (1992), table 6; of M1 and M2 the conifer part
        (C2), of M3 and M4 the part of dead fir (Wotton and others 2009, eqs. 29 to 32).
    q : float
        Proportion of the greatest rate of spread at a BUI of 50: table 7.
    average_bui : float
        BUI0, the BUI of the fires behind the curve: table 7.
    crown_base_height_m, crown_load_kg_m2 : float
        Defaults of height to live crown base [m] and crown fuel load [kg/m2]: table 8; 0 where there is no crown fuel.
    """

    a: float
    b: float
    c: float
    q: float
    average_bui: float
    crown_base_height_m: float
    crown_load_kg_m2: float


_NONE = FuelParameters(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_PARAMETERS = {
    FuelType.C1: FuelParameters(90.0, 0.0649, 4.5, 0.90, 72.0, 2.0, 0.75),
    FuelType.C2: FuelParameters(110.0, 0.0282, 1.5, 0.70, 64.0, 3.0, 0.80),
    FuelType.C3: FuelParameters(110.0, 0.0444, 3.0, 0.75, 62.0, 8.0, 1.15),
    FuelType.C4: FuelParameters(110.0, 0.0293, 1.5, 0.80, 66.0, 4.0, 1.20),
    FuelType.C5: FuelParameters(30.0, 0.0697, 4.0, 0.80, 56.0, 18.0, 1.20),
    FuelType.C6: FuelParameters(30.0, 0.0800, 3.0, 0.80, 62.0, 7.0, 1.80),
    FuelType.C7: FuelParameters(45.0, 0.0305, 2.0, 0.85, 106.0, 10.0, 0.50),
    FuelType.D1: FuelParameters(30.0, 0.0232, 1.6, 0.90, 32.0, 0.0, 0.0),
    FuelType.M1: FuelParameters(110.0, 0.0282, 1.5, 0.80, 50.0, 6.0, 0.80),
    FuelType.M2: FuelParameters(110.0, 0.0282, 1.5, 0.80, 50.0, 6.0, 0.80),
    FuelType.M3: FuelParameters(120.0, 0.0572, 1.4, 0.80, 50.0, 6.0, 0.80),
    FuelType.M4: FuelParameters(100.0, 0.0404, 1.48, 0.80, 50.0, 6.0, 0.80),
    FuelType.O1A: FuelParameters(190.0, 0.0310, 1.4, 1.0, 1.0, 0.0, 0.0),
    FuelType.O1B: FuelParameters(250.0, 0.0350, 1.7, 1.0, 1.0, 0.0, 0.0),
    FuelType.S1: FuelParameters(75.0, 0.0297, 1.3, 0.75, 38.0, 0.0, 0.0),
    FuelType.S2: FuelParameters(40.0, 0.0438, 1.7, 0.75, 63.0, 0.0, 0.0),
    FuelType.S3: FuelParameters(55.0, 0.0829, 3.2, 0.75, 31.0, 0.0, 0.0),
    FuelType.NF: _NONE,
    FuelType.WA: _NONE,
}
_CODES = {fuel.name: fuel.value for fuel in FuelType}


def fuel_codes(names: Iterable[str]) -> Fuels:
    """Return the codes of fuel types by name.

    Parameters
    ----------
    names : iterable of str, length n
        As ``C2``, ``c-2``, ``O-1a``.

    Returns
    -------
    ndarray (n,), intp

    Raises
    ------
    InvalidValue
        If a name is none of a fuel type; the message names its row.
    """
    given = list(names)
    known = {name: _CODES.get(name.strip().replace("-", "").replace(" ", "").upper()) for name in set(given)}
    for row, name in enumerate(given, start=1):
        if known[name] is None:
            raise InvalidValue(f"fuel type of row {row}", name, ", ".join(_CODES))
    return np.array([known[name] for name in given], dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class FuelBed:
    """What lies on many places: arrays of equal shapes.

    Parameters
    ----------
    fuel : ndarray, intp
        Values of `FuelType`.
    conifer_pct, dead_fir_pct, cured_pct : ndarray, float64
        PC: conifers in M1 and M2; PDF: dead balsam fir in M3 and M4; C: cured grass in O1A and O1B, 0 to 100 [%].
    grass_load_kg_m2 : ndarray, float64
        GFL: grass fuel load in O1A and O1B [kg/m2], at least 0.
    crown_base_height_m, crown_load_kg_m2 : ndarray, float64
        CBH [m] and CFL [kg/m2], at least 0.

    Raises
    ------
    InvalidValue
        If the shapes differ, a code is no fuel type, or a value is out of range. NaN is missing: it gives NaN in the
        fuel types that need the value.
    """

    fuel: Fuels
    conifer_pct: Numbers
    dead_fir_pct: Numbers
    cured_pct: Numbers
    grass_load_kg_m2: Numbers
    crown_base_height_m: Numbers
    crown_load_kg_m2: Numbers

    def __post_init__(self) -> None:
        shapes = {getattr(self, name).shape for name in self.__slots__}
        if len(shapes) != 1:
            raise InvalidValue("shapes of the fuel bed's arrays", sorted(shapes), "one shape for all")
        if self.fuel.size and not 0 <= self.fuel.min() <= self.fuel.max() < len(FuelType):
            raise InvalidValue("fuel codes", (int(self.fuel.min()), int(self.fuel.max())), f"0 to {len(FuelType) - 1}")
        for name in ("conifer_pct", "dead_fir_pct", "cured_pct"):
            require_range(name, getattr(self, name), 0.0, 100.0)
        for name in ("grass_load_kg_m2", "crown_base_height_m", "crown_load_kg_m2"):
            require_range(name, getattr(self, name), 0.0, np.inf)

    @classmethod
    def of(
        cls,
        fuel: npt.ArrayLike,
        *,
        conifer_pct: npt.ArrayLike = 50.0,
        dead_fir_pct: npt.ArrayLike = 35.0,
        cured_pct: npt.ArrayLike = 80.0,
        grass_load_kg_m2: npt.ArrayLike = 0.35,
        crown_base_height_m: npt.ArrayLike | None = None,
    ) -> FuelBed:
        """Return the bed of fuel types, by default as the types' tables and the reference program have it.

        Parameters
        ----------
        fuel : array_like of int
            Values of `FuelType`.
        conifer_pct, dead_fir_pct, cured_pct, grass_load_kg_m2 : array_like
            Broadcast with `fuel`; by default those of the reference program [%, %, %, kg/m2].
        crown_base_height_m : array_like, optional
            By default the types' [m].

        Returns
        -------
        FuelBed
        """
        codes = np.asarray(fuel, dtype=np.intp)
        heights = CROWN_BASE_HEIGHT_M[codes] if crown_base_height_m is None else crown_base_height_m
        values = (conifer_pct, dead_fir_pct, cured_pct, grass_load_kg_m2, heights, CROWN_LOAD_KG_M2[codes])
        full, *rest = np.broadcast_arrays(codes, *(np.asarray(value, dtype=np.float64) for value in values))
        return cls(full, *rest)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every array."""
        return self.fuel.shape

    def rows(self, part: slice | Fuels) -> FuelBed:
        """Return some rows of a one-dimensional bed."""
        return FuelBed(*(getattr(self, name)[part] for name in self.__slots__))

    def align(self, *values: npt.ArrayLike) -> tuple[FuelBed, tuple[Numbers, ...], tuple[int, ...]]:
        """Return the bed and the values broadcast and one-dimensional, and the shape that they had.

        A bed and values that already are of one shape of one dimension come back as they are.
        """
        arrays = [np.asarray(value, dtype=np.float64) for value in values]
        if self.fuel.ndim == 1 and all(array.shape == self.fuel.shape for array in arrays):
            return self, tuple(arrays), self.fuel.shape
        flat, shape = columns(*arrays, *(getattr(self, name) for name in self.__slots__))
        fuel, *rest = flat[len(arrays) :]
        return FuelBed(fuel.astype(np.intp), *rest), flat[: len(arrays)], shape


def _by_fuel(name: str) -> Numbers:
    """Return one parameter of all fuel types, by code, never to be written to."""
    table = np.array([getattr(_PARAMETERS[fuel], name) for fuel in FuelType], dtype=np.float64)
    table.flags.writeable = False
    return table


# One parameter by fuel code, for looking up whole arrays of codes.
CURVE_A = _by_fuel("a")
CURVE_B = _by_fuel("b")
CURVE_C = _by_fuel("c")
BUILDUP_Q = _by_fuel("q")
AVERAGE_BUI = _by_fuel("average_bui")
CROWN_BASE_HEIGHT_M = _by_fuel("crown_base_height_m")
CROWN_LOAD_KG_M2 = _by_fuel("crown_load_kg_m2")
