"""How litter and grass follow each hour's air: computed for many hours at once, applied one after the other.

References
----------
.. [1] Van Wagner, C.E. (1977). A method of computing fine fuel moisture content throughout the diurnal cycle. Canadian
   Forestry Service, Information Report PS-X-69. The rate of FWI2025's litter is twice the one there.
.. [2] Wotton, B.M. (2009). A grass moisture model for the Canadian Forest Fire Danger Rating System. Proceedings of the
   8th Symposium on Fire and Forest Meteorology, Kalispell, paper 3-2. The sun warms FWI2025's matted grass less.
.. [3] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Air", "LayerResponse", "litter_response", "matted_response", "standing_response", "wetted_grass"]

_WETTEST_PCT = 250.0
# Rates at 0 deg C and a log rate of 1, as natural logarithms [1/h]: Van Wagner (1977) twice over, Wotton (2009).
_LITTER_PER_HOUR = np.log(10.0) * 2.0 * 0.0579
_GRASS_PER_HOUR = np.log(10.0) * 0.389633
# How the sun warms matted grass [deg C m2/kW], and how the wind cools it [h/km]. Found from the reference program's
# vectors; Wotton (2009) has 35.07 and 0.06215.
_WARMING_C = 17.9
_COOLING = 0.034


@dataclass(frozen=True, slots=True, eq=False)
class LayerResponse:
    """What each hour's air makes of a layer: arrays of shape (hours, sites).

    A layer wetter than `dry_pct` comes nearer to it, and `dry_left` of the distance is left at the hour's end; so does
    one drier than `wet_pct`, with `wet_left`.
    """

    dry_pct: Numbers
    dry_left: Numbers
    wet_pct: Numbers
    wet_left: Numbers

    def after(self, hour: int, moisture_pct: Numbers) -> Numbers:
        """Return the moisture content [%] at the end of an hour."""
        is_wetter = moisture_pct > self.dry_pct[hour]
        towards = np.where(is_wetter, self.dry_pct[hour], np.maximum(moisture_pct, self.wet_pct[hour]))
        left = np.where(is_wetter, self.dry_left[hour], self.wet_left[hour])
        after: Numbers = towards + (moisture_pct - towards) * left
        return after


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """The air at a fuel, and what several layers need of it: arrays of shape (hours, sites).

    `log_rh` is the logarithm of the humidity in per cent; the two rates are eqs. 6a and 7a, at the humidity and at what
    it lacks.
    """

    temp_c: Numbers
    rh_pct: Numbers
    log_rh: Numbers
    drying: Numbers
    wetting: Numbers
    heat: Numbers
    lag: Numbers

    @classmethod
    def of(cls, temp_c: Numbers, rh_pct: Numbers, root_wind: Numbers) -> Air:
        """Return the air of a temperature [deg C], a humidity [%] and the root of a wind [km/h]."""
        fraction = rh_pct / 100.0
        lacking = 1.0 - fraction
        with np.errstate(divide="ignore"):  # the logarithm of nothing leads to nothing
            log_rh = np.log(rh_pct)
            drying = _log_rate(fraction, log_rh - np.log(100.0), root_wind)
            wetting = _log_rate(lacking, np.log(lacking), root_wind)
        heat = np.exp(0.0365 * temp_c)
        return cls(temp_c, rh_pct, log_rh, drying, wetting, heat, 1.0 - np.exp(-0.115 * rh_pct))


def _log_rate(fraction: Numbers, log_fraction: Numbers, root_wind: Numbers) -> Numbers:
    second = fraction * fraction
    fourth = second * second
    return 0.424 * (1.0 - np.exp(1.7 * log_fraction)) + 0.0694 * root_wind * (1.0 - fourth * fourth)


def _response(air: Air, equilibria: tuple[Numbers, Numbers], per_hour: float) -> LayerResponse:
    heat = -per_hour * air.heat
    dry_left = np.exp(heat * air.drying)
    # A reading that is missing must not leave a layer at rest that needs none but temperature and humidity for it.
    dry_pct = equilibria[0] + 0.0 * dry_left
    return LayerResponse(dry_pct, dry_left, equilibria[1] + 0.0 * dry_left, np.exp(heat * air.wetting))


def litter_response(air: Air) -> LayerResponse:
    """Return what each hour's air makes of litter: Van Wagner and Pickett (1985), eqs. 4 to 9, at the hourly rate."""
    warmth = 0.18 * (21.1 - air.temp_c) * air.lag
    saturation = np.exp((air.rh_pct - 100.0) / 10.0)
    dry = 0.942 * np.exp(0.679 * air.log_rh) + 11.0 * saturation + warmth
    wet = 0.618 * np.exp(0.753 * air.log_rh) + 10.0 * saturation + warmth
    return _response(air, (dry, wet), _LITTER_PER_HOUR)


def standing_response(air: Air) -> LayerResponse:
    """Return what each hour's air makes of grass in it: Wotton (2009)."""
    warmth = 0.27 * (26.7 - air.temp_c) * air.lag
    dry = 1.62 * np.exp(0.532 * air.log_rh) + 13.7 * np.exp((air.rh_pct - 100.0) / 13.0) + warmth
    wet = 1.42 * np.exp(0.512 * air.log_rh) + 12.0 * np.exp((air.rh_pct - 100.0) / 18.0) + warmth
    return _response(air, (dry, wet), _GRASS_PER_HOUR)


def matted_response(air: Air, wind_kmh: Numbers, root_wind: Numbers, solar_kw_m2: Numbers) -> LayerResponse:
    """Return what each hour's air makes of grass on the ground, which the sun warms: Wotton (2009)."""
    fuel_c = air.temp_c + _WARMING_C * solar_kw_m2 * np.exp(-_COOLING * wind_kmh)
    # The air's vapour pressure over the saturated one at the fuel: Tetens's formula, constants of Wotton (2009).
    powers_of_ten = 7.5 * air.temp_c / (237.0 + air.temp_c) - 7.5 * fuel_c / (237.0 + fuel_c)
    fuel_rh_pct = np.minimum(air.rh_pct * np.exp(np.log(10.0) * powers_of_ten), 100.0)
    return standing_response(Air.of(fuel_c, fuel_rh_pct, root_wind))


def wetted_grass(moisture_pct: Numbers, rain_mm: Numbers, load_kg_m2: Numbers, share: float) -> Numbers:
    """Return the moisture content [%] of grass that takes up a share of the rain [mm]: Wotton (2009)."""
    wetted: Numbers = np.minimum(moisture_pct + share * 100.0 * rain_mm / load_kg_m2, _WETTEST_PCT)
    return wetted
