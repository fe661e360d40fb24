"""From stations to the map: danger between stations, with its uncertainty.

Two ways, named because the literature disagrees. `weather_surface` interpolates the noon weather and the moisture codes
of the day before, then computes the day's codes and indices in every cell: better in Alberta, where kriging with
elevation was the best way of interpolating [1]. `index_surface` interpolates an index itself: better in an earlier
study in Ontario, where rain between stations was the weak point [2]. Interpolating the weather alone and running the
codes on it for weeks is not offered: its errors add up in the slow codes [1].

References
----------
.. [1] Jain, P.; Flannigan, M.D. (2017). Comparison of methods for spatial interpolation of fire weather in Alberta,
   Canada. Canadian Journal of Forest Research 47.
.. [2] Flannigan, M.D.; Wotton, B.M.; Ziga, S. (1998). A study on the interpolation of fire danger using radar
   precipitation estimates. International Journal of Wildland Fire 8.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.daily import CodeArrays, DailyWeather, indices_of, step_day
from firewatch.danger.kriging import interpolate
from firewatch.danger.surface_grid import ClassLimits, SurfaceGrid, SurfaceTrust
from firewatch.danger.vapour import saturation_vapour_pressure
from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from firewatch.danger.conventions import FwiMethod
    from firewatch.danger.kriging import FieldModel, FieldScale, Places
    from firewatch.danger.surface_grid import SurfaceAxes

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "SurfaceIndex",
    "SurfaceRules",
    "WeatherFields",
    "index_cases",
    "index_of_weather",
    "index_surface",
    "normal_points",
    "weather_cases",
    "weather_surface",
]

# Cases computed for each cell: the standard deviation of a linear index is exact, a probability good to 1.6 %.
_CASES = 64
# Cells at a time: 64 cases of them, times a dozen arrays, stay in a core's cache and far from a machine's memory.
_BLOCK = 2048
_DRIEST_PCT = 1.0


class SurfaceIndex(StrEnum):
    """What of the FWI System a surface shows."""

    FFMC = "ffmc"
    DMC = "dmc"
    DC = "dc"
    ISI = "isi"
    BUI = "bui"
    FWI = "fwi"
    DSR = "dsr"


_CODES = frozenset({SurfaceIndex.FFMC, SurfaceIndex.DMC, SurfaceIndex.DC})


@dataclass(frozen=True, slots=True)
class SurfaceRules:
    """How a surface is shown.

    Parameters
    ----------
    limits : ClassLimits
        Of the classes.
    scale : FieldScale
        On which the trust is measured.
    trust : SurfaceTrust
        Where the surface ends.
    """

    limits: ClassLimits
    scale: FieldScale
    trust: SurfaceTrust = field(default_factory=SurfaceTrust)


@dataclass(frozen=True, slots=True, eq=False)
class WeatherFields:
    """The fields that a day's danger comes from, all of the same stations.

    Parameters
    ----------
    temp_c, dew_point_c, wind_kmh, rain_mm : FieldModel
        Of the day's noon; humidity goes by its dew point, which varies less from place to place than itself.
    ffmc, dmc, dc : FieldModel
        Moisture codes of the day before.

    Raises
    ------
    InvalidValue
        If they are of different stations.
    """

    temp_c: FieldModel
    dew_point_c: FieldModel
    wind_kmh: FieldModel
    rain_mm: FieldModel
    ffmc: FieldModel
    dmc: FieldModel
    dc: FieldModel

    def __post_init__(self) -> None:
        first = self.temp_c.stations
        for model in self.models:
            same = np.array_equal(model.stations.lat_deg, first.lat_deg)
            if not (same and np.array_equal(model.stations.lon_deg, first.lon_deg)):
                raise InvalidValue("stations of the fields", len(model.stations), "the same stations for every field")

    @property
    def models(self) -> tuple[FieldModel, ...]:
        """All fields, weather first."""
        return (self.temp_c, self.dew_point_c, self.wind_kmh, self.rain_mm, self.ffmc, self.dmc, self.dc)


def normal_points(count: int, dimensions: int) -> Numbers:
    """Return points that stand for a normal distribution, shape (count, dimensions): the same ones every time.

    Of each dimension the mean is 0 and the variance 1; every point has its opposite.

    Parameters
    ----------
    count : int
        Even, at least 2.
    dimensions : int
        1 to 12.

    References
    ----------
    .. [1] Roberts, M. (2018). The unreasonable effectiveness of quasirandom sequences: a Kronecker sequence by the
       powers of the root of x^(d+1) = x + 1.
    """
    require_between("count of points", count, 2, 100_000)
    require_between("dimensions of points", dimensions, 1, 12)
    ratio = 2.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    half = (0.5 + np.outer(np.arange(1, count // 2 + 1), steps)) % 1.0
    inverse = NormalDist().inv_cdf
    normal = np.array([[inverse(min(max(value, 1e-9), 1.0 - 1e-9)) for value in row] for row in half])
    points = np.concatenate([normal, -normal])
    return np.asarray(points / np.sqrt(np.mean(points**2, axis=0)))


def index_surface(quantity: str, model: FieldModel, axes: SurfaceAxes, rules: SurfaceRules) -> SurfaceGrid:
    """Return an index interpolated as it is.

    Parameters
    ----------
    quantity : str
        The index's name.
    model : FieldModel
        Of the stations' values.
    axes : SurfaceAxes
        The cells.
    rules : SurfaceRules
        Classes, scale and trust.

    Returns
    -------
    SurfaceGrid
    """
    return _surface(quantity, model.stations, axes, rules, lambda places: index_cases(model, places))


def index_cases(model: FieldModel, places: Places) -> Numbers:
    """Return what an interpolated index may be at places, shape (64, n), every case as likely as the other."""
    return _drawn(model, places, normal_points(_CASES, 1)[:, 0])


def weather_surface(
    index: SurfaceIndex,
    fields: WeatherFields,
    axes: SurfaceAxes,
    rules: SurfaceRules,
    month: int,
    method: FwiMethod | None = None,
) -> SurfaceGrid:
    """Return an index computed in every cell from interpolated weather and the interpolated codes of the day before.

    Parameters
    ----------
    index : SurfaceIndex
        What to show.
    fields : WeatherFields
        Today's weather and yesterday's codes.
    axes : SurfaceAxes
        The cells.
    rules : SurfaceRules
        Classes, scale and trust.
    month : int
        Of the day, 1 to 12.
    method : FwiMethod, optional
        The named choices; by default those of cffdrs.

    Returns
    -------
    SurfaceGrid
        The errors of the seven fields count as independent.

    Raises
    ------
    InvalidValue
        If the month is none.
    """
    return _surface(
        index.value,
        fields.temp_c.stations,
        axes,
        rules,
        lambda places: weather_cases(index, fields, places, month, method),
    )


def weather_cases(
    index: SurfaceIndex, fields: WeatherFields, places: Places, month: int, method: FwiMethod | None = None
) -> Numbers:
    """Return what an index may be at places, shape (64, n), every case as likely as the other.

    Parameters
    ----------
    index, fields, month, method
        As `weather_surface` takes them.
    places : Places
        n of them.

    Raises
    ------
    InvalidValue
        If the month is none.
    """
    require_between("month", month, 1, 12)
    points = normal_points(_CASES, len(fields.models))
    drawn = [_drawn(model, places, points[:, column]) for column, model in enumerate(fields.models)]
    return index_of_weather(index, drawn, places.lat_deg, month, method)


def index_of_weather(
    index: SurfaceIndex,
    weather_and_codes: Sequence[Numbers],
    lat_deg: Numbers,
    month: int,
    method: FwiMethod | None = None,
) -> Numbers:
    """Return an index of one noon's weather and the codes of the day before.

    Parameters
    ----------
    index, month, method
        As `weather_surface` takes them.
    weather_and_codes : seven ndarrays, shape (..., n)
        As the fields of `WeatherFields`, in their order and units.
    lat_deg : ndarray, shape (n,)
        Latitude [deg].

    Returns
    -------
    ndarray, shape (..., n)
    """
    temp, dew, wind, rain, *codes = weather_and_codes
    vapour = saturation_vapour_pressure(np.minimum(dew, temp)) / saturation_vapour_pressure(temp)
    weather = DailyWeather(temp, np.clip(100.0 * vapour, _DRIEST_PCT, 100.0), wind, rain)
    today = step_day(CodeArrays(*codes), weather, lat_deg, month, method)
    if index in _CODES:
        return np.asarray(getattr(today, index.value))
    return np.asarray(getattr(indices_of(today, wind, method), index.value))


def _drawn(model: FieldModel, places: Places, points: Numbers) -> Numbers:
    """Return cases of a field, shape (cases, places), within what it may be."""
    estimate = interpolate(model, places)
    values = model.prior.scale.backward(estimate.mean + points[:, None] * estimate.sigma)
    return np.clip(values, model.prior.low, model.prior.high)


def _surface(
    quantity: str, stations: Places, axes: SurfaceAxes, rules: SurfaceRules, cases: Callable[[Places], Numbers]
) -> SurfaceGrid:
    """Return the surface of the cases that each block of cells may be."""
    places = axes.places()
    value, sigma = np.empty(len(places)), np.empty(len(places))
    probability = np.empty((rules.limits.count, len(places)))
    for start in range(0, len(places), _BLOCK):
        block = slice(start, start + _BLOCK)
        here = places.take(block)
        drawn = cases(here)
        value[block], sigma[block] = drawn.mean(axis=0), drawn.std(axis=0)
        scaled = rules.scale.forward(drawn).std(axis=0)
        is_near = here.distances_km(stations).min(axis=1) <= rules.trust.most_km
        is_known = is_near & (scaled <= rules.trust.most_sigma)
        value[block] = np.where(is_known, value[block], np.nan)
        classes = rules.limits.classes_of(drawn)
        for number in range(rules.limits.count):
            probability[number, block] = np.where(is_known, np.mean(classes == number + 1, axis=0), np.nan)
    shape = axes.shape
    return SurfaceGrid(
        quantity=quantity,
        axes=axes,
        value=value.reshape(shape),
        sigma=sigma.reshape(shape),
        grade=rules.limits.classes_of(value).reshape(shape),
        probability=probability.reshape(-1, *shape),
        limits=rules.limits,
        stations=len(stations),
    )
