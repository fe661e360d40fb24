"""FWI2025, the next generation of the Canadian Fire Weather Index System: hour by hour, many sites at once.

Its codes and indices carry the names of the system of 1987 and other values. They are never an input of the Fire
Behavior Prediction System, which was fitted to the codes of 1987: here they are types of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import numpy as np

from firewatch.danger import fwi
from firewatch.danger.columns import require_range
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.fwi2025.canopy import step_canopy
from firewatch.danger.fwi2025.cover import GrassCover
from firewatch.danger.fwi2025.drying import (
    Air,
    litter_response,
    matted_response,
    standing_response,
    wetted_grass,
)
from firewatch.danger.fwi2025.duff import deep_drying, duff_drying, wetted_deep, wetted_duff
from firewatch.danger.fwi2025.grass import (
    curing_effect,
    grass_code_2025,
    grass_fire_weather_index,
    grass_spread_index,
)
from firewatch.danger.fwi2025.state import Fwi2025State
from firewatch.danger.fwi2025.sun import solar_radiation_kw_m2, sun_times
from firewatch.danger.grass import grass_fuel_moisture_code
from firewatch.danger.hourly import wetted_by_hour
from firewatch.danger.sorption import StepWeather
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt
    from _typeshed import DataclassInstance

    from firewatch.danger.fwi2025.canopy import HourRain
    from firewatch.danger.fwi2025.sun import Sites

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]
    Times: TypeAlias = npt.NDArray[np.datetime64]

_Part = TypeVar("_Part", bound="DataclassInstance")

__all__ = ["Fwi2025Codes", "Fwi2025Hours", "Fwi2025Indices", "Fwi2025Run", "Fwi2025Sky", "run_fwi2025"]

# Rain of an event that the canopy keeps from the litter [mm].
_LITTER_RAIN_MM = 0.5
# Of the rain, what stays on grass that lies and on grass that stands: the second found from the vectors.
_MATTED_SHARE, _STANDING_SHARE = 1.0, 0.06
# As many values as the processor keeps near while it works on them, and as many sites side by side.
_BLOCK_VALUES, _BLOCK_SITES = 8192, 4096


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025Hours:
    """What a run of FWI2025 reads.

    Parameters
    ----------
    hour : ndarray, shape (hours,), datetime64[h]
        Consecutive hours, none left out, by the clock of each site. A reading stands at the end of its hour.
    sites : Sites, shape (sites,)
        Where.
    weather : StepWeather, shape (hours, sites)
        Temperature, humidity and wind at the hour, rain of the hour; steps of one hour.
    grass : GrassCover
        Broadcast to (hours, sites).
    solar_kw_m2 : ndarray, shape (hours, sites), float64, optional
        Measured radiation, 0 to 2 [kW/m2]; estimated from sun and humidity if not given.

    Raises
    ------
    InvalidValue
        If a shape differs, an hour is missing, double or out of order, a step is no hour, or a value is out of range.
    """

    hour: Times
    sites: Sites
    weather: StepWeather
    grass: GrassCover
    solar_kw_m2: Numbers | None = None

    def __post_init__(self) -> None:
        shape = (len(self.hour), len(self.sites.lat_deg))
        if self.weather.temp_c.shape != shape or not self.weather.temp_c.size:
            what = "shape of the weather arrays"
            raise InvalidValue(what, self.weather.temp_c.shape, f"hours by sites {shape}, at least one of each")
        if np.any(np.asarray(self.weather.hours) != 1.0):
            raise InvalidValue("length of a step (h)", self.weather.hours, "1")
        broken = np.flatnonzero(np.diff(self.hour).astype("timedelta64[h]").astype(np.int64) != 1)
        if broken.size:
            before, after = self.hour[broken[0] : broken[0] + 2]
            raise InvalidValue(f"hour after {before}", str(after), f"{before + np.timedelta64(1, 'h')}: none left out")
        for array in (self.grass.cured_pct, self.grass.load_kg_m2, self.solar_kw_m2):
            if array is not None and not _fits(np.shape(array), shape):
                raise InvalidValue("shape of grass or solar radiation", np.shape(array), f"broadcast to {shape}")
        if self.solar_kw_m2 is not None:
            require_range("solar radiation (kW/m2)", self.solar_kw_m2, 0.0, 2.0)

    def part(self, hours: slice, sites: slice) -> Fwi2025Hours:
        """Return some hours of some sites."""
        shape = self.weather.temp_c.shape
        of = self.weather
        weather = StepWeather(
            *(np.ascontiguousarray(a[hours, sites]) for a in (of.temp_c, of.rh_pct, of.wind_kmh, of.rain_mm))
        )
        cured, load = (
            np.ascontiguousarray(np.broadcast_to(array, shape)[hours, sites])
            for array in (self.grass.cured_pct, self.grass.load_kg_m2)
        )
        sun = None
        if self.solar_kw_m2 is not None:
            sun = np.ascontiguousarray(np.broadcast_to(self.solar_kw_m2, shape)[hours, sites])
        return Fwi2025Hours(
            self.hour[hours], self.sites.part(sites), weather, GrassCover(cured, load, self.grass.form), sun
        )


def _fits(given: tuple[int, ...], whole: tuple[int, int]) -> bool:
    """Return whether an array of one shape can be broadcast to the other."""
    return len(given) <= len(whole) and all(
        length in (1, full) for length, full in zip(given[::-1], whole[::-1], strict=False)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025Codes:
    """Moisture codes of FWI2025, and the moisture contents below them [%]: shape (hours, sites).

    Not codes of the system of 1987, and never an input of the Fire Behavior Prediction System.
    """

    litter_pct: Numbers
    ffmc: Numbers
    dmc: Numbers
    dc: Numbers
    matted_pct: Numbers
    standing_pct: Numbers
    gfmc: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025Indices:
    """Indices of FWI2025, of forest and (with g) of grass: shape (hours, sites).

    Not indices of the system of 1987: this ISI and BUI are never an input of the Fire Behavior Prediction System.
    """

    isi: Numbers
    bui: Numbers
    fwi: Numbers
    dsr: Numbers
    gsi: Numbers
    gfwi: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025Sky:
    """What the sky gave: sun and rain, arrays of shape (hours, sites).

    Solar radiation [kW/m2], sunrise and sunset [h after midnight], rain of the event [mm], hours since its last [h].
    """

    solar_kw_m2: Numbers
    sunrise_h: Numbers
    sunset_h: Numbers
    rain_event_mm: Numbers
    dry_hours: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025Run:
    """What a run of FWI2025 gives: arrays of shape (hours, sites), and the state from which the next run goes on."""

    codes: Fwi2025Codes
    indices: Fwi2025Indices
    sky: Fwi2025Sky
    last: Fwi2025State


def run_fwi2025(start: Fwi2025State, given: Fwi2025Hours) -> Fwi2025Run:
    """Return codes and indices of FWI2025 of consecutive hours.

    Parameters
    ----------
    start : Fwi2025State, shape (sites,)
        An hour before the first: `Fwi2025State.of_codes` begins a series, `Fwi2025Run.last` continues one.
    given : Fwi2025Hours, shape (hours, sites)
        Weather, places, grass.

    Returns
    -------
    Fwi2025Run
        A run over the first hours, and another from its last state over the rest, give the same bits; so do the sites
        taken one by one.

    Raises
    ------
    InvalidValue
        If start and weather are of different sites, or the grass goes by date south of the equator.

    References
    ----------
    .. [1] Canadian Forest Service Fire Danger Group (2021). An overview of the next generation of the Canadian Forest
       Fire Danger Rating System. Information Report GLC-X-26. Equations by layer: `drying`, `duff`, `grass`, `canopy`.
    """
    hours, sites = given.weather.temp_c.shape
    if start.dmc.shape != (sites,):
        raise InvalidValue("sites of the start", start.dmc.shape, f"those of the weather, {(sites,)}")
    shape = (hours, sites)
    codes, indices, sky = _empty(Fwi2025Codes, shape), _empty(Fwi2025Indices, shape), _empty(Fwi2025Sky, shape)
    width = min(sites, _BLOCK_SITES)
    height = max(1, _BLOCK_VALUES // width)
    last = []
    for left in range(0, sites, width):
        column = slice(left, left + width)
        state = start.part(column)
        for top in range(0, hours, height):
            row = slice(top, top + height)
            done = _block(state, given.part(row, column))
            for whole, part in ((codes, done.codes), (indices, done.indices), (sky, done.sky)):
                for field in fields(whole):
                    getattr(whole, field.name)[row, column] = getattr(part, field.name)
            state = done.last
        last.append(state)
    return Fwi2025Run(codes, indices, sky, Fwi2025State.joined(last))


def _empty(kind: type[_Part], shape: tuple[int, int]) -> _Part:
    return kind(*(np.empty(shape) for _ in fields(kind)))


def _block(start: Fwi2025State, given: Fwi2025Hours) -> Fwi2025Run:
    """Return the run of a few hours of a few sites: all air at once, then the layers hour by hour, then the indices."""
    day, of_hour = np.unique(given.hour.astype("datetime64[D]"), return_inverse=True)
    times = sun_times(given.sites, day)
    rise, set_ = times.sunrise_h[of_hour], times.sunset_h[of_hour]
    weather, solar = given.weather, given.solar_kw_m2
    if solar is None:
        solar = solar_radiation_kw_m2(given.sites, given.hour, weather.temp_c, weather.rh_pct)
    clock_h = (given.hour - given.hour.astype("datetime64[D]")).astype(np.float64)[:, None]
    layers, event, last = _layers(start, given, solar, (clock_h >= rise) & (clock_h <= set_))
    standing = given.grass.form.is_standing(given.hour.astype("datetime64[D]"), given.sites.lat_deg)
    curing = curing_effect(given.grass.cured_pct)
    moisture = np.where(standing, layers.standing_pct, layers.matted_pct)
    codes = Fwi2025Codes(
        layers.litter_pct,
        grass_fuel_moisture_code(layers.litter_pct),
        layers.dmc,
        layers.dc,
        layers.matted_pct,
        layers.standing_pct,
        grass_code_2025(moisture, weather.wind_kmh, curing),
    )
    isi = fwi.initial_spread_index(codes.ffmc, weather.wind_kmh, family=FfmcFamily.CFFDRS)
    bui = fwi.buildup_index(codes.dmc, codes.dc)
    index = fwi.fire_weather_index(isi, bui)
    gsi = grass_spread_index(moisture, weather.wind_kmh, curing, standing)
    indices = Fwi2025Indices(
        isi,
        bui,
        index,
        fwi.daily_severity_rating(index),
        gsi,
        grass_fire_weather_index(gsi, given.grass.load_kg_m2),
    )
    return Fwi2025Run(codes, indices, Fwi2025Sky(solar, rise, set_, *event), last)


class _Layers(NamedTuple):
    """Moisture contents [%] and codes of the layers, shape (sites,) or (hours, sites)."""

    litter_pct: Numbers
    dmc: Numbers
    dc: Numbers
    matted_pct: Numbers
    standing_pct: Numbers


def _layers(
    start: Fwi2025State, given: Fwi2025Hours, solar_kw_m2: Numbers, is_sunlit: Flags
) -> tuple[_Layers, tuple[Numbers, Numbers], Fwi2025State]:
    """Return the layers after each hour, rain and dry hours of the event, and the state at the end."""
    weather, load = given.weather, given.grass.load_kg_m2
    root_wind = np.sqrt(weather.wind_kmh)
    air = Air.of(weather.temp_c, weather.rh_pct, root_wind)
    litter = litter_response(air)
    matted = matted_response(air, weather.wind_kmh, root_wind, solar_kw_m2)
    standing = standing_response(air)
    duff = duff_drying(weather.temp_c, weather.rh_pct, is_sunlit)
    deep = deep_drying(weather.temp_c, is_sunlit)
    done = tuple(np.empty(solar_kw_m2.shape) for _ in fields(Fwi2025State))
    layers = _Layers(start.litter_pct, start.dmc, start.dc, start.matted_pct, start.standing_pct)
    event, dry = start.rain_event_mm, start.dry_hours
    for hour, rain_mm in enumerate(weather.rain_mm):
        event, dry, rain = step_canopy(event, dry, rain_mm)
        if rain.at.size:
            layers = _rained_on(layers, rain, load[hour])
        layers = _Layers(
            litter.after(hour, layers.litter_pct),
            np.maximum(layers.dmc + duff[hour], 0.0),
            layers.dc + deep[hour],
            matted.after(hour, layers.matted_pct),
            standing.after(hour, layers.standing_pct),
        )
        for column, value in zip(done, (*layers, event, dry), strict=True):
            column[hour] = value
    return _Layers(*done[:5]), (done[5], done[6]), Fwi2025State(*layers, event, dry)


def _rained_on(layers: _Layers, rain: HourRain, load_kg_m2: Numbers) -> _Layers:
    """Return the layers after an hour's rain and before its drying, shape (sites,)."""
    at = rain.at
    litter, matted, standing = layers.litter_pct.copy(), layers.matted_pct.copy(), layers.standing_pct.copy()
    litter[at] = wetted_by_hour(litter[at], rain.through(_LITTER_RAIN_MM))
    matted[at] = wetted_grass(matted[at], rain.hour_mm, load_kg_m2[at], _MATTED_SHARE)
    standing[at] = wetted_grass(standing[at], rain.hour_mm, load_kg_m2[at], _STANDING_SHARE)
    return _Layers(litter, wetted_duff(layers.dmc, rain), wetted_deep(layers.dc, rain), matted, standing)
