"""How much fuel burns, and what intensity that makes.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.fbp.fuels import FuelBed, FuelType

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "LEAST_CONSUMPTION_KG_M2",
    "crown_fuel_consumption",
    "fire_intensity",
    "surface_fuel_consumption",
]

# The reference program's consumption in place of 0 in fuels that burn: nothing is divided by 0 [kg/m2].
LEAST_CONSUMPTION_KG_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer that burns as load (1 - exp(-rate BUI))^power [kg/m2]."""

    load: float
    rate: float
    power: float = 1.0


_BOREAL_SPRUCE = _Layer(5.0, 0.0115)  # eq. 10
_PINE = _Layer(5.0, 0.0164, 2.24)  # eq. 11
_PLANTED_PINE = _Layer(5.0, 0.0149, 2.48)  # eq. 12
_ASPEN = _Layer(1.5, 0.0183)  # eq. 16
# The layers of each fuel type that depend on the BUI: ST-X-3, eqs. 10 to 25, M1 and M2 with their conifers only.
_FOREST_FLOOR = {
    FuelType.C2: _BOREAL_SPRUCE,
    FuelType.C3: _PINE,
    FuelType.C4: _PINE,
    FuelType.C5: _PLANTED_PINE,
    FuelType.C6: _PLANTED_PINE,
    FuelType.D1: _ASPEN,
    FuelType.M1: _BOREAL_SPRUCE,
    FuelType.M2: _BOREAL_SPRUCE,
    FuelType.M3: _BOREAL_SPRUCE,
    FuelType.M4: _BOREAL_SPRUCE,
    FuelType.S1: _Layer(4.0, 0.025),  # eq. 19
    FuelType.S2: _Layer(10.0, 0.013),  # eq. 21
    FuelType.S3: _Layer(12.0, 0.0166),  # eq. 23
}
_WOODY = {
    FuelType.C7: _Layer(1.5, 0.0201),  # eq. 14
    FuelType.S1: _Layer(4.0, 0.034),  # eq. 20
    FuelType.S2: _Layer(6.0, 0.060),  # eq. 22
    FuelType.S3: _Layer(20.0, 0.0210),  # eq. 24
}


def surface_fuel_consumption(bed: FuelBed, ffmc: npt.ArrayLike, bui: npt.ArrayLike) -> Numbers:
    """Return SFC, the surface fuel that burns [kg/m2].

    Parameters
    ----------
    bed : FuelBed
        What lies there.
    ffmc, bui : array_like
        FFMC 0 to 101 (asked in C1 and C7 only) and BUI, at least 0.

    Returns
    -------
    ndarray, broadcast shape, float64
        1e-6 in place of 0 in fuels that burn; 0 where nothing burns.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 10 to 25; Wotton, Alexander and Taylor (2009), eqs. 9a and 9b.
    """
    flat, (f, u), shape = bed.align(ffmc, bui)
    fuel = flat.fuel
    with np.errstate(invalid="ignore"):
        burnt = _LOADS[fuel] * np.power(1.0 - np.exp(-_RATES[fuel] * u), _POWERS[fuel])
    _add_to(burnt, np.flatnonzero(_HAS_WOODY[fuel]), fuel, u)
    mixed = np.flatnonzero((fuel == FuelType.M1) | (fuel == FuelType.M2))
    conifer = flat.conifer_pct[mixed] / 100.0
    aspen = _ASPEN.load * (1.0 - np.exp(-_ASPEN.rate * u[mixed]))
    burnt[mixed] = conifer * burnt[mixed] + (1.0 - conifer) * aspen  # eq. 17
    lichen = np.flatnonzero(fuel == FuelType.C1)
    burnt[lichen] = _spruce_lichen(f[lichen])
    ponderosa = np.flatnonzero(fuel == FuelType.C7)
    needles = 2.0 * (1.0 - np.exp(-0.104 * (f[ponderosa] - 70.0)))  # eq. 13
    burnt[ponderosa] += np.where(f[ponderosa] <= 70.0, 0.0, needles)  # eq. 15
    grass = np.flatnonzero((fuel == FuelType.O1A) | (fuel == FuelType.O1B))
    burnt[grass] = flat.grass_load_kg_m2[grass]  # eq. 18
    return np.where(fuel >= FuelType.NF, 0.0, np.where(burnt <= 0.0, LEAST_CONSUMPTION_KG_M2, burnt)).reshape(shape)


def _add_to(burnt: Numbers, rows: npt.NDArray[np.intp], fuel: npt.NDArray[np.intp], u: Numbers) -> None:
    """Add the woody layer, eqs. 14, 20, 22 and 24, to the rows that have one."""
    kinds = fuel[rows]
    burnt[rows] += _WOODY_LOADS[kinds] * (1.0 - np.exp(-_WOODY_RATES[kinds] * u[rows]))


def _spruce_lichen(f: Numbers) -> Numbers:
    """Return the consumption of C1 [kg/m2]: GLC-X-10, eqs. 9a and 9b, symmetric about an FFMC of 84."""
    change = 0.75 * np.sqrt(1.0 - np.exp(-0.23 * np.abs(f - 84.0)))
    return np.where(f > 84.0, 0.75 + change, 0.75 - change)


def crown_fuel_consumption(bed: FuelBed, crown_fraction: npt.ArrayLike) -> Numbers:
    """Return CFC, the crown fuel that burns [kg/m2].

    Parameters
    ----------
    bed : FuelBed
        What lies there: the crown fuel load, and in mixed stands the share of conifers or dead fir that carries it.
    crown_fraction : array_like
        CFB, 0 to 1.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 66a to 66c.
    """
    flat, (fraction,), shape = bed.align(crown_fraction)
    burnt = flat.crown_load_kg_m2 * fraction  # eq. 66a
    conifers = np.flatnonzero((flat.fuel == FuelType.M1) | (flat.fuel == FuelType.M2))
    burnt[conifers] *= flat.conifer_pct[conifers] / 100.0  # eq. 66b
    dead_fir = np.flatnonzero((flat.fuel == FuelType.M3) | (flat.fuel == FuelType.M4))
    burnt[dead_fir] *= flat.dead_fir_pct[dead_fir] / 100.0  # eq. 66c
    return burnt.reshape(shape)


def fire_intensity(consumed_kg_m2: npt.ArrayLike, rate_m_min: npt.ArrayLike) -> Numbers:
    """Return the frontal fire intensity [kW/m] of fuel consumption [kg/m2] and rate of spread [m/min].

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 69.
    """
    (consumed, rate), shape = columns(consumed_kg_m2, rate_m_min)
    return (300.0 * consumed * rate).reshape(shape)


def _of(layers: dict[FuelType, _Layer], name: str, otherwise: float = 0.0) -> Numbers:
    table = np.array([getattr(layers[fuel], name) if fuel in layers else otherwise for fuel in FuelType])
    table.flags.writeable = False
    return table


_LOADS, _RATES, _POWERS = (
    _of(_FOREST_FLOOR, "load"),
    _of(_FOREST_FLOOR, "rate"),
    _of(_FOREST_FLOOR, "power", otherwise=1.0),
)
_WOODY_LOADS, _WOODY_RATES = _of(_WOODY, "load"), _of(_WOODY, "rate")
_HAS_WOODY = _WOODY_LOADS > 0.0
