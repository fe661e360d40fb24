"""Noon weather in an xarray Dataset with CF metadata: what each variable is, in which unit, when and where.

A variable is found by the name that the caller gives, else by its CF standard name, else by a customary name. Its unit
must be one that is known: it is converted; a unit that is missing or strange is an error, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import xarray as xr

__all__ = ["QUANTITIES", "GridWeather", "latitude_of", "read_weather", "time_of"]

# A packed file's rounding beyond a physical limit, which is taken as the limit [%], [mm].
_HUMIDITY_ROUNDING_PCT = 0.5
_RAIN_ROUNDING_MM = 0.005
_NOON_H = 12.0
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What one input is: its names, and each known unit as factor and addend to ours."""

    what: str
    standard_names: tuple[str, ...]
    names: tuple[str, ...]
    units: Mapping[str, tuple[float, float]]


def _spelled(*spellings: str, factor: float = 1.0, addend: float = 0.0) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(spellings, (factor, addend))


QUANTITIES: dict[str, _Quantity] = {
    "temp": _Quantity(
        "air temperature at noon",
        ("air_temperature",),
        ("temp", "tas", "t2m"),
        _spelled("degc", "deg c", "deg_c", "celsius", "degree_celsius", "degrees_celsius", "°c")
        | _spelled("k", "kelvin", addend=-273.15),
    ),
    "rh": _Quantity(
        "relative humidity at noon",
        ("relative_humidity",),
        ("rh", "hurs", "rh2m"),
        _spelled("%", "percent") | _spelled("1", factor=100.0),
    ),
    "wind": _Quantity(
        "wind speed at 10 m at noon",
        ("wind_speed",),
        ("wind", "ws", "sfcwind"),
        _spelled("km/h", "km h-1", "km hr-1", "kmh-1", "kph")
        | _spelled("m s-1", "m/s", "ms-1", factor=3.6)
        | _spelled("kn", "kt", "knot", "knots", factor=1.852),
    ),
    "rain": _Quantity(
        "precipitation of the 24 hours to noon",
        (
            "precipitation_amount",
            "lwe_thickness_of_precipitation_amount",
            "precipitation_flux",
            "lwe_precipitation_rate",
            "thickness_of_rainfall_amount",
            "rainfall_amount",
            "rainfall_flux",
        ),
        ("rain", "prec", "pr", "tp"),
        _spelled("mm", "kg m-2", "mm/day", "mm day-1", "mm d-1", "mm/d", "kg m-2 day-1", "kg m-2 d-1", "kg/m2")
        | _spelled("kg m-2 s-1", "kg/m2/s", "mm s-1", "mm/s", factor=_SECONDS_PER_DAY)
        | _spelled("m s-1", "m/s", factor=1000.0 * _SECONDS_PER_DAY)
        | _spelled("m", factor=1000.0)
        | _spelled("cm", factor=10.0),
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class GridWeather:
    """Noon weather over a grid.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh, rain_mm : DataArray, one set of dimensions, the time first
        In our units, of one kind.
    lat_deg : DataArray
        Over all dimensions but the time.
    days : ndarray, shape (days,), datetime64[D]
        Consecutive.
    notes : tuple of str
        What a person should know.
    """

    temp_c: xr.DataArray
    rh_pct: xr.DataArray
    wind_kmh: xr.DataArray
    rain_mm: xr.DataArray
    lat_deg: xr.DataArray
    days: npt.NDArray[np.datetime64]
    notes: tuple[str, ...]

    @property
    def time(self) -> str:
        """The name of the time's dimension."""
        return str(self.temp_c.dims[0])

    def arrays(self) -> tuple[xr.DataArray, ...]:
        """Return temperature, humidity, wind and rain."""
        return self.temp_c, self.rh_pct, self.wind_kmh, self.rain_mm


def read_weather(
    dataset: xr.Dataset,
    names: Mapping[str, str] | None = None,
    *,
    kind: type[np.floating[Any]] = np.float64,
    utc_offset: timedelta = timedelta(hours=8),
    noon_tolerance_h: float = 2.0,
) -> GridWeather:
    """Return the noon weather of a dataset.

    Parameters
    ----------
    dataset : Dataset
        Opened with times decoded; its arrays may be lazy and stay so.
    names : mapping, optional
        Names of variables by quantity (`temp`, `rh`, `wind`, `rain`), and of the latitude (`lat`).
    kind : type
        `numpy.float64` or `numpy.float32`: what the arrays become.
    utc_offset : timedelta
        Local standard time of the grid, by which the stamps must be near noon. Stamps that are all 00:00 are dates.
    noon_tolerance_h : float
        How far from noon a stamp may be [h].

    Returns
    -------
    GridWeather

    Raises
    ------
    ObservationError, InvalidValue
        If a variable or the latitude is missing or ambiguous, a unit is missing or not known, dimensions differ, a
        stamp is not near noon, or a day is missing, doubled or out of order.
    """
    given = names or {}
    if unknown := sorted(set(given) - {*QUANTITIES, "lat"}):
        raise InvalidValue("quantity", unknown[0], f"of {', '.join(QUANTITIES)}, lat")
    found = {quantity: _variable(dataset, quantity, given.get(quantity)) for quantity in QUANTITIES}
    arrays = {quantity: _converted(quantity, array, kind) for quantity, array in found.items()}
    time = _time_dimension(found["temp"])
    dims = (time, *(dim for dim in found["temp"].dims if dim != time))
    for quantity, array in found.items():
        if set(array.dims) != set(dims):
            raise InvalidValue(f"dimensions of {array.name} ({quantity})", array.dims, f"those of temp, {dims}")
    days = _days(found["temp"][time], utc_offset, noon_tolerance_h)
    template = arrays["temp"].isel({time: 0}, drop=True).transpose(*dims[1:])
    return GridWeather(
        arrays["temp"].transpose(*dims),
        arrays["rh"].transpose(*dims),
        arrays["wind"].transpose(*dims),
        arrays["rain"].transpose(*dims),
        latitude_of(dataset, template, given.get("lat")),
        days,
        tuple(_means(found)),
    )


def time_of(dataset: xr.Dataset, name: str | None = None) -> str:
    """Return the dimension of time of a dataset's temperature, or of the variable that is named.

    Raises
    ------
    ObservationError
        If there is no such variable, or it has no decoded times.
    """
    return _time_dimension(_variable(dataset, "temp", name))


def _variable(dataset: xr.Dataset, quantity: str, name: str | None) -> xr.DataArray:
    wanted = QUANTITIES[quantity]
    if name is not None:
        if name not in dataset.variables:
            raise _no_variable(dataset, f"no variable {name}, which is named for {quantity}")
        return dataset[name]
    by_standard = [key for key in dataset.data_vars if dataset[key].attrs.get("standard_name") in wanted.standard_names]
    by_name = [key for key in dataset.data_vars if str(key).lower() in wanted.names]
    candidates = by_standard or by_name
    if len(candidates) != 1:
        asked = f"standard_name {' or '.join(wanted.standard_names[:2])}, or the name {', '.join(wanted.names)}"
        why = f"{len(candidates)} variables" if candidates else "no variable"
        raise _no_variable(dataset, f"{why} for {wanted.what} ({asked}); name it by {quantity}=NAME")
    return dataset[candidates[0]]


def _no_variable(dataset: xr.Dataset, why: str) -> ObservationError:
    have = ", ".join(str(key) for key in dataset.data_vars) or "no variable"
    return ObservationError("(grid)", "variables", f"{why}; the dataset has {have}")


def _converted(quantity: str, array: xr.DataArray, kind: type[np.floating[Any]]) -> xr.DataArray:
    """Return the array in our unit and of the wanted kind; a packed file's rounding is taken as the limit."""
    wanted, unit = QUANTITIES[quantity], array.attrs.get("units")
    if array.dtype.kind not in "fiu":
        raise InvalidValue(f"{array.name} ({quantity}), its kind", str(array.dtype), "numbers")
    plain = " ".join(str(unit).lower().replace("**", "").replace("^", "").split())
    if plain not in wanted.units:
        raise InvalidValue(f"units of {array.name} ({wanted.what})", unit, ", ".join(sorted(wanted.units)))
    factor, addend = wanted.units[plain]
    number = array.astype(kind)
    if factor != 1.0:
        number = number * kind(factor)
    if addend != 0.0:
        number = number + kind(addend)
    if quantity == "rh":
        number = number.where(~((number > 100.0) & (number <= 100.0 + _HUMIDITY_ROUNDING_PCT)), kind(100.0))  # noqa: PLR2004
    if quantity == "rain":
        number = number.where(~((number < 0.0) & (number >= -_RAIN_ROUNDING_MM)), kind(0.0))
    return number


def _time_dimension(array: xr.DataArray) -> str:
    for dim in array.dims:
        if dim in array.coords and np.issubdtype(array[dim].dtype, np.datetime64):
            return str(dim)
    why = f"{array.name} has the dimensions {array.dims}, none with decoded times of the usual calendar"
    raise ObservationError("(grid)", "time", f"{why}; give the time a units attribute, as 'days since 2026-01-01'")


def _days(times: xr.DataArray, utc_offset: timedelta, noon_tolerance_h: float) -> npt.NDArray[np.datetime64]:
    stamps = times.to_numpy().astype("datetime64[s]")
    if not stamps.size or np.isnat(stamps).any():
        raise ObservationError("(grid)", "time", "holds no stamp" if not stamps.size else "a stamp is missing")
    days = stamps.astype("datetime64[D]")
    if (stamps != days).any():
        local = stamps + np.timedelta64(int(utc_offset.total_seconds()), "s")
        days = local.astype("datetime64[D]")
        hours = (local - days).astype(np.int64) / 3600.0
        if (wrong := np.abs(hours - _NOON_H) > noon_tolerance_h).any():
            first = int(wrong.argmax())
            zone = f"UTC{utc_offset.total_seconds() / 3600.0:+g} h"
            raise ObservationError(
                "(grid)",
                f"time {stamps[first]}",
                f"is {hours[first]:.4g} h local standard time ({zone}); the codes need noon, within "
                f"{noon_tolerance_h:g} h: keep one noon value a day, or name the UTC offset",
            )
    steps = np.diff(days).astype(np.int64)
    if (steps != 1).any():
        at = int((steps != 1).argmax())
        what = {0: "is doubled: keep one a day"}.get(int(steps[at]), f"follows {days[at]}: days must be consecutive")
        raise ObservationError("(grid)", str(days[at + 1]), what)
    return days


def _means(found: Mapping[str, xr.DataArray]) -> list[str]:
    return [
        f"{array.name} is a mean over time by its cell_methods; the codes want the value at noon"
        for quantity, array in found.items()
        if quantity != "rain" and "time: mean" in str(array.attrs.get("cell_methods", ""))
    ]


def latitude_of(dataset: xr.Dataset, template: xr.DataArray, name: str | None = None) -> xr.DataArray:
    """Return the latitude of every cell of a template [deg].

    Raises
    ------
    ObservationError
        If there is none, or more than one, or it does not lie over the template's dimensions.
    """
    degrees = {"degrees_north", "degree_north", "degrees_n", "degree_n"}
    by_meta = [
        key
        for key, array in dataset.variables.items()
        if array.attrs.get("standard_name") == "latitude" or str(array.attrs.get("units")).lower() in degrees
    ]
    by_name = [key for key in dataset.variables if str(key).lower() in {"lat", "latitude"}]
    candidates = [name] if name is not None else by_meta or by_name
    if len(candidates) != 1 or candidates[0] not in dataset.variables:
        why = f"{len(candidates)} latitudes" if len(candidates) > 1 else f"no latitude{f' {name}' if name else ''}"
        why += (
            "; wanted is one coordinate with standard_name latitude or units degrees_north (a grid in metres needs one)"
        )
        raise ObservationError("(grid)", "coordinates", f"{why}; name it by lat=NAME")
    latitude = dataset[candidates[0]]
    if not set(latitude.dims) <= set(template.dims):
        why = f"latitude {latitude.name} lies over {latitude.dims}, the weather over {template.dims}"
        raise ObservationError("(grid)", "coordinates", why)
    values = latitude.to_numpy().astype(np.float64)
    if not (np.abs(values) <= 90.0).all():  # noqa: PLR2004 - degrees
        wrong = float(values[~(np.abs(values) <= 90.0)][0])  # noqa: PLR2004 - degrees
        raise InvalidValue(f"latitude {latitude.name} (deg)", wrong, "-90 to 90")
    full: xr.DataArray = (
        latitude.astype(np.float64)
        .drop_vars(list(latitude.coords))
        .broadcast_like(template.drop_vars(list(template.coords)))
    )
    return full.transpose(*template.dims).assign_coords(template.coords)
