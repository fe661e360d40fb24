"""The FBP System as a whole: from cases to the primary and secondary outputs.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.fbp import consumption, crown, growth, moisture, shape, slope, spread
from firewatch.danger.fbp.cases import FbpCases, arrays_of, with_each
from firewatch.danger.fbp.crown import FireKind
from firewatch.danger.fbp.fuels import CROWN_LOAD_KG_M2, FuelType
from firewatch.danger.fbp.shape import PerimeterForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FbpMethod", "PrimaryOutputs", "SecondaryOutputs", "predict_behaviour", "predict_primary"]

# Rows computed at once: their arrays stay in the processor's cache.
_BLOCK = 8192
_MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, slots=True)
class FbpMethod:
    """The named choices of one prediction.

    Parameters
    ----------
    ffmc_family : FfmcFamily
        Constants of the FFMC scale; by default those of today's cffdrs.
    perimeter : PerimeterForm
        How the rate towards an azimuth is computed; by default as the ellipse.
    """

    ffmc_family: FfmcFamily = FfmcFamily.CFFDRS
    perimeter: PerimeterForm = PerimeterForm.ELLIPSE


@dataclass(frozen=True, slots=True, eq=False)
class PrimaryOutputs:
    """The primary outputs: arrays of the cases' shape.

    Parameters
    ----------
    cfb, cfc, fd, hfi, raz, ros, sfc, tfc : ndarray
        Crown fraction burned 0 to 1, crown fuel consumption [kg/m2], kind of fire (values of `FireKind`), head fire
        intensity [kW/m], azimuth of the head [deg], its rate of spread [m/min], surface and total fuel consumption
        [kg/m2]. Where nothing burns: 0, and ``NA``.
    """

    cfb: Numbers
    cfc: Numbers
    fd: npt.NDArray[np.str_]
    hfi: Numbers
    raz: Numbers
    ros: Numbers
    sfc: Numbers
    tfc: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class SecondaryOutputs:
    """The secondary outputs: arrays of the cases' shape, 0 where nothing burns.

    Parameters
    ----------
    be, sf, isi, ffmc, fmc, d0, rso, csi : ndarray, float64
        Buildup effect, slope factor, ISI by the net effective wind, FFMC, foliar moisture [%], its least day, critical
        rate of spread [m/min] and surface intensity [kW/m].
    fros, bros, hros_t, fros_t, bros_t : ndarray, float64
        Rate of spread of flank and back at equilibrium, and of head, flank and back at the time [m/min].
    fcfb, bcfb, ffi, bfi, ftfc, btfc : ndarray, float64
        Crown fraction burned, intensity [kW/m] and fuel consumption [kg/m2] of flank and back.
    ti, fti, bti : ndarray, float64
        Minutes until the crowns take fire at head, flank and back; 0 where they do not.
    lb, lb_t, wsv : ndarray, float64
        Length-to-breadth ratio at equilibrium and at the time; net effective wind [km/h].
    dh, db, df : ndarray, float64
        Distance spread at head, back and flank [m].
    tros, tros_t, tcfb, tfi, ttfc, tti : ndarray, float64
        The same towards the azimuth that was asked.
    """

    be: Numbers
    sf: Numbers
    isi: Numbers
    ffmc: Numbers
    fmc: Numbers
    d0: Numbers
    rso: Numbers
    csi: Numbers
    fros: Numbers
    bros: Numbers
    hros_t: Numbers
    fros_t: Numbers
    bros_t: Numbers
    fcfb: Numbers
    bcfb: Numbers
    ffi: Numbers
    bfi: Numbers
    ftfc: Numbers
    btfc: Numbers
    ti: Numbers
    fti: Numbers
    bti: Numbers
    lb: Numbers
    lb_t: Numbers
    wsv: Numbers
    dh: Numbers
    db: Numbers
    df: Numbers
    tros: Numbers
    tros_t: Numbers
    tcfb: Numbers
    tfi: Numbers
    ttfc: Numbers
    tti: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """What the head's computation leaves for the rest."""

    cases: FbpCases
    d0: Numbers
    fmc: Numbers
    be: Numbers
    isi: Numbers
    wind: slope.NetWind
    csi: Numbers
    rso: Numbers
    primary: PrimaryOutputs


@dataclass(frozen=True, slots=True, eq=False)
class _Edge:
    """Crown, fuel and intensity of one part of the perimeter."""

    fraction: Numbers
    consumed: Numbers
    intensity: Numbers
    minutes: Numbers


def predict_primary(cases: FbpCases, method: FbpMethod | None = None) -> PrimaryOutputs:
    """Return the primary outputs of many cases.

    Parameters
    ----------
    cases : FbpCases
        Of any shape and any mixture of fuel types.
    method : FbpMethod, optional
        The named choices.

    Returns
    -------
    PrimaryOutputs
        Of the cases' shape.
    """
    chosen = method or FbpMethod()
    blocks = (arrays_of(_without_fuel_nothing(part, _head(part, chosen).primary)) for part in cases.blocks(_BLOCK))
    return PrimaryOutputs(*_gathered(blocks, cases.shape))


def predict_behaviour(cases: FbpCases, method: FbpMethod | None = None) -> tuple[PrimaryOutputs, SecondaryOutputs]:
    """Return all outputs of many cases.

    Parameters
    ----------
    cases : FbpCases
        Of any shape and any mixture of fuel types.
    method : FbpMethod, optional
        The named choices.

    Returns
    -------
    PrimaryOutputs, SecondaryOutputs
        Of the cases' shape.
    """
    chosen = method or FbpMethod()
    arrays = _gathered((_all_of(part, chosen) for part in cases.blocks(_BLOCK)), cases.shape)
    first = len(fields(PrimaryOutputs))
    return PrimaryOutputs(*arrays[:first]), SecondaryOutputs(*arrays[first:])


def _all_of(cases: FbpCases, method: FbpMethod) -> tuple[npt.NDArray[Any], ...]:
    """Return the arrays of both kinds of outputs of flat cases."""
    head = _head(cases, method)
    first = _without_fuel_nothing(cases, head.primary)
    return (*arrays_of(first), *arrays_of(_without_fuel_nothing(cases, _secondary(head, method))))


def _head(cases: FbpCases, method: FbpMethod) -> _Head:
    """Return the head's behaviour of flat cases."""
    bed, weather = cases.bed, cases.weather
    d0, fmc = _foliage(cases)
    sfc = consumption.surface_fuel_consumption(bed, weather.ffmc, weather.bui)
    wind = _net_wind(cases, fmc, sfc, method)
    isi = spread.spread_index(weather.ffmc, wind.speed_kmh, family=method.ffmc_family)
    isi = np.where(weather.ffmc <= 0.0, weather.isi, isi)
    bui = np.where(cases.run.with_buildup, weather.bui, 0.0)
    csi = crown.critical_surface_intensity(fmc, bed.crown_base_height_m)
    rso = crown.critical_spread_rate(csi, sfc)
    be = spread.buildup_effect(bed.fuel, bui)
    rates = spread.with_plantations(bed, spread.initial_rate(bed, isi) * be, isi, fmc, sfc)
    cfb = crown.crown_fraction_burned(rates.ros_m_min, rso)
    cfb[rates.plantations] = rates.plantation_fraction
    cfb[bed.crown_load_kg_m2 <= 0.0] = 0.0
    cfc = consumption.crown_fuel_consumption(bed, cfb)
    hfi = consumption.fire_intensity(sfc + cfc, rates.ros_m_min)
    kinds = crown.fire_kinds(cfb)
    primary = PrimaryOutputs(cfb, cfc, kinds, hfi, wind.azimuth_deg, rates.ros_m_min, sfc, sfc + cfc)
    return _Head(cases, d0, fmc, be, isi, wind, csi, rso, primary)


def _foliage(cases: FbpCases) -> tuple[Numbers, Numbers]:
    """Return D0 and FMC [%]: those given, else computed; 0 in fuel types without crowns."""
    season = cases.season
    computed = moisture.minimum_foliar_moisture_day(season.lat_deg, season.west_long_deg, season.elevation_m)
    d0 = np.where(season.minimum_day <= 0.0, computed, season.minimum_day)
    fmc = moisture.foliar_moisture_content(season.day_of_year, d0)
    fmc = np.where(season.fmc_pct <= 0.0, fmc, season.fmc_pct)
    has_crown = CROWN_LOAD_KG_M2[cases.bed.fuel] > 0.0
    return np.where(has_crown, d0, 0.0), np.where(has_crown, fmc, 0.0)


def _net_wind(cases: FbpCases, fmc: Numbers, sfc: Numbers, method: FbpMethod) -> slope.NetWind:
    """Return wind and slope as one; on flat ground, and at an FFMC of 0, the wind alone."""
    weather, terrain = cases.weather, cases.terrain
    speed = weather.wind_kmh.copy()
    azimuth = (weather.wind_from_deg + 180.0) % 360.0
    rows = np.flatnonzero(~((terrain.slope_pct <= 0.0) | (weather.ffmc <= 0.0)))
    some = cases.bed.rows(rows)
    wse = slope.slope_equivalent_wind(
        some, weather.ffmc[rows], terrain.slope_pct[rows], fmc[rows], sfc[rows], family=method.ffmc_family
    )
    upslope = terrain.aspect_deg[rows] + 180.0
    net = slope.add_winds(weather.wind_kmh[rows], weather.wind_from_deg[rows] + 180.0, wse, upslope)
    speed[rows], azimuth[rows] = net.speed_kmh, net.azimuth_deg
    return slope.NetWind(speed, azimuth)


def _secondary(head: _Head, method: FbpMethod) -> SecondaryOutputs:
    """Return the secondary outputs of flat cases."""
    cases, run, primary = head.cases, head.cases.run, head.primary
    fuel, ros = cases.bed.fuel, primary.ros
    minutes = run.hours * _MINUTES_PER_HOUR
    bros = _back_rate(head, method)
    lb = shape.length_to_breadth(fuel, head.wind.speed_kmh)
    alpha = growth.acceleration_per_min(fuel, primary.cfb)
    ripe = np.where(run.accelerates, 1.0 - np.exp(-alpha * minutes), 1.0)
    reach = np.where(run.accelerates, growth.distance_at_time(1.0, alpha, minutes), minutes)
    lb_t = np.where(run.accelerates, growth.length_to_breadth_at_time(lb, alpha, minutes), lb)
    fros = shape.flank_rate_of_spread(ros, bros, lb)
    raz, towards = primary.raz, run.towards_deg
    tros = shape.rate_of_spread_towards(towards, raz, ros, lb, form=method.perimeter)
    tros_t = shape.rate_of_spread_towards(towards, raz, ros * ripe, lb_t, form=method.perimeter)
    flank, back, aside = _edge(head, fros), _edge(head, bros), _edge(head, tros)
    hros_t, bros_t = ros * ripe, bros * ripe
    sf = slope.slope_factor(cases.terrain.slope_pct)
    ti = growth.time_to_crown_fire(ros, head.rso, primary.cfb)
    dh, db = ros * reach, bros * reach
    return SecondaryOutputs(
        *(head.be, sf, head.isi, cases.weather.ffmc, head.fmc, head.d0, head.rso, head.csi),
        *(fros, bros, hros_t, shape.flank_rate_of_spread(hros_t, bros_t, lb_t), bros_t),
        *(flank.fraction, back.fraction, flank.intensity, back.intensity, flank.consumed, back.consumed),
        *(ti, flank.minutes, back.minutes, lb, lb_t, head.wind.speed_kmh),
        *(dh, db, growth.flank_distance(dh, db, lb_t)),
        *(tros, tros_t, aside.fraction, aside.intensity, aside.consumed, aside.minutes),
    )


def _back_rate(head: _Head, method: FbpMethod) -> Numbers:
    """Return BROS [m/min] of flat cases, with the head's buildup effect."""
    cases = head.cases
    isi = spread.back_spread_index(cases.weather.ffmc, head.wind.speed_kmh, family=method.ffmc_family)
    surface = spread.initial_rate(cases.bed, isi) * head.be
    return spread.with_plantations(cases.bed, surface, isi, head.fmc, head.primary.sfc).ros_m_min


def _edge(head: _Head, rate: Numbers) -> _Edge:
    """Return what burns where the perimeter spreads at a rate; in C6, as in the reference program, no crown."""
    bed = head.cases.bed
    fraction = crown.crown_fraction_burned(rate, head.rso)
    fraction[(bed.crown_load_kg_m2 <= 0.0) | (bed.fuel == FuelType.C6)] = 0.0
    consumed = head.primary.sfc + consumption.crown_fuel_consumption(bed, fraction)
    intensity = consumption.fire_intensity(consumed, rate)
    return _Edge(fraction, consumed, intensity, growth.time_to_crown_fire(rate, head.rso, fraction))


_Outputs = TypeVar("_Outputs", PrimaryOutputs, SecondaryOutputs)


def _without_fuel_nothing(cases: FbpCases, outputs: _Outputs) -> _Outputs:
    """Return the outputs with 0, and no kind of fire, where nothing burns."""
    burns = cases.bed.fuel < FuelType.NF
    if burns.all():
        return outputs
    return with_each(outputs, lambda array: np.where(burns, array, 0.0 if array.dtype.kind == "f" else FireKind.NONE))


def _gathered(blocks: Iterable[tuple[npt.NDArray[Any], ...]], to_shape: tuple[int, ...]) -> list[npt.NDArray[Any]]:
    """Return the blocks' arrays, each as one of a shape, written where it belongs: blocks reuse their memory."""
    whole: list[npt.NDArray[Any]] = []
    first = 0
    for arrays in blocks:
        whole = whole or [np.empty(math.prod(to_shape), array.dtype) for array in arrays]
        last = first + arrays[0].size
        for to, array in zip(whole, arrays, strict=True):
            to[first:last] = array
        first = last
    return [array.reshape(to_shape) for array in whole]
