"""Gridded forecasts in files: GRIB or NetCDF, as ECMWF open data and GFS give them, read through xarray.

Needs the extra ``grid``, for GRIB also ``grib`` (cfgrib, ecCodes). Another program puts the files there; the newest is
read. Names as cfgrib gives them (ECMWF parameter database): ``t2m`` [K], ``d2m`` [K] or ``r2`` [%], ``u10`` and ``v10``
[m/s], ``tp`` (ECMWF: m or kg m-2 since the start of the run; GFS: kg m-2), and their GRIB short names 2t, 2d, 2r, 10u,
10v. Units are read from the file, never guessed. Each station gets the straight line between the four cells around it,
or the nearest cell. Rain since the start is taken apart step by step; a step's rain is spread evenly over its hours.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from firewatch.adapters.feeds.grid_rain import apart, apart_by_six_hours, hourly_rain
from firewatch.danger.vapour import relative_humidity
from firewatch.domain.weather import HourlyReading
from firewatch.errors import FeedError
from firewatch.services.forecasting import ForecastRun, forecast_of
from firewatch.services.weather_ports import Fetched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.danger.noon import NoonRules
    from firewatch.domain.sites import Station

__all__ = ["GriddedFeed"]

_NAMES = {
    "temp": ("t2m", "2t", "TMP_2maboveground"),
    "dew": ("d2m", "2d", "DPT_2maboveground"),
    "rh": ("r2", "2r", "RH_2maboveground"),
    "u": ("u10", "10u", "UGRD_10maboveground"),
    "v": ("v10", "10v", "VGRD_10maboveground"),
    "rain": ("tp", "APCP_surface"),
}
# Factor and offset to our unit, by the file's.
_KELVIN = {"K": (1.0, -273.15), "kelvin": (1.0, -273.15), "degC": (1.0, 0.0), "Celsius": (1.0, 0.0), "°C": (1.0, 0.0)}
_SPEED = dict.fromkeys(("m s**-1", "m s-1", "m/s"), (3.6, 0.0)) | {"km/h": (1.0, 0.0), "km h-1": (1.0, 0.0)}
_DEPTH = dict.fromkeys(("mm", "kg m**-2", "kg m-2", "kg/m^2"), (1.0, 0.0)) | {"m": (1000.0, 0.0)}
_UNITS = {
    "temp": _KELVIN,
    "dew": _KELVIN,
    "rh": {"%": (1.0, 0.0), "percent": (1.0, 0.0)},
    "u": _SPEED,
    "v": _SPEED,
    "rain": _DEPTH,
}
_SUFFIXES = {".nc": "netcdf", ".nc4": "netcdf", ".grib": "grib", ".grib2": "grib", ".grb": "grib", ".grb2": "grib"}
_FULL_TURN_DEG = 360.0

_Series = dict[str, "npt.NDArray[np.float64]"]


@dataclass(frozen=True, slots=True)
class _Grid:
    """One run: values by (time, latitude, longitude), rising in each."""

    issued_at: datetime | None
    times: tuple[datetime, ...]
    lat_deg: npt.NDArray[np.float64]
    lon_deg: npt.NDArray[np.float64]
    fields: dict[str, npt.NDArray[np.float64]]


class GriddedFeed:
    """Fulfils `firewatch.services.weather_ports.WeatherFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    path : Path
        A file, or a folder: of its ``*.nc``, ``*.grib``, ``*.grib2`` the newest is read.
    rules : NoonRules
        Of the noon readings to come.
    cells : "bilinear" or "nearest"
        How a station's values are taken from the cells.
    rain : "since-start", "since-last-step" or "since-six-hours"
        What the file's rain is the sum of; the last begins anew after each sixth hour of the run, as APCP of GFS.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        rules: NoonRules,
        *,
        cells: Literal["bilinear", "nearest"] = "bilinear",
        rain: Literal["since-start", "since-last-step", "since-six-hours"] = "since-start",
    ) -> None:
        self._name = name
        self._path = path
        self._rules = rules
        self._cells = cells
        self._rain = rain

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return the forecast of each station within the grid; raise `FeedError` if there is no usable file."""
        path = self._newest()
        grid = self._read(path, stations)
        forecasts, problems = [], []
        if grid.issued_at is None:
            problems.append(f"{path.name} does not say when its run began; taken is the instant of this look")
        run = ForecastRun(self._name, grid.issued_at or now, now, self._rules)
        for station in stations:
            made, wrong = self._forecast(station, grid, run)
            forecasts += made
            problems += wrong
        return Fetched(forecasts=tuple(forecasts), problems=tuple(problems))

    def _forecast(self, station: Station, grid: _Grid, run: ForecastRun) -> tuple[Any, Any]:
        try:
            series = self._series(station, grid)
            hours = self._hours(station, grid, series)
        except ValueError as err:
            return (), (f"station {station.station_id}: {err}",)
        return forecast_of(station.station_id, hours, run)

    def _newest(self) -> Path:
        if not self._path.is_dir():
            return self._path
        files = [path for path in self._path.iterdir() if path.suffix.lower() in _SUFFIXES]
        if not files:
            self._refuse(f"{self._path} holds no {', '.join('*' + suffix for suffix in _SUFFIXES)}")
        return max(files, key=lambda path: (path.stat().st_mtime, path.name))

    def _read(self, path: Path, stations: Sequence[Station]) -> _Grid:
        try:
            import xarray as xr
        except ModuleNotFoundError as err:
            why = "xarray is not installed; install firewatch with its extra: firewatch[central,grid]"
            raise FeedError(self._name, why, retryable=False) from err
        with ExitStack() as opened:
            try:
                parts = _open(path, xr)
            except ModuleNotFoundError as err:
                why = f"{err.name} is not installed; GRIB needs it: pip install 'firewatch[grib]'"
                raise FeedError(self._name, why, retryable=False) from err
            except (OSError, ValueError, EOFError, RuntimeError) as err:
                why = f"{path.name} cannot be read: {type(err).__name__}: {err!s:.160}"
                raise FeedError(self._name, why, retryable=True) from err
            for part in parts:
                opened.callback(part.close)
            try:
                return _grid(parts, stations)
            except (ValueError, KeyError, IndexError) as err:
                raise FeedError(self._name, f"{path.name}: {err!s:.180}", retryable=True) from err

    def _series(self, station: Station, grid: _Grid) -> _Series:
        lat, lon = station.position.lat_deg, station.position.lon_deg
        weights = (
            _weights(grid.lat_deg, lat, "latitude"),
            _weights(grid.lon_deg, _turned(lon, grid.lon_deg), "longitude"),
        )
        if self._cells == "nearest":
            weights = _nearest(weights[0]), _nearest(weights[1])
        (rows, by_row), (columns, by_column) = weights
        cells = {name: field[:, rows][:, :, columns] for name, field in grid.fields.items()}
        return {name: np.einsum("tij,i,j->t", cell, by_row, by_column) for name, cell in cells.items()}

    def _hours(self, station: Station, grid: _Grid, series: _Series) -> list[HourlyReading]:
        times = grid.times
        wind_kmh = np.hypot(series["u"], series["v"])
        rh_pct = series["rh"] if "rh" in series else relative_humidity(series["temp"], series["dew"])
        rain = hourly_rain(times, self._steps(grid, series["rain"]))
        at_step = {
            at: (_known(series["temp"][n]), _known(rh_pct[n]), _known(wind_kmh[n])) for n, at in enumerate(times)
        }
        return [
            HourlyReading(station.station_id, at, self._name, *at_step.get(at, (None, None, None)), rain.get(at))
            for at in sorted(at_step.keys() | rain.keys())
        ]

    def _steps(self, grid: _Grid, rain_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        match self._rain:
            case "since-last-step":
                return rain_mm
            case "since-six-hours":
                if grid.issued_at is None:
                    raise ValueError(
                        "the file does not say when its run began: the six hours of its rain are not known"
                    )
                return apart_by_six_hours(grid.issued_at, grid.times, rain_mm)
            case _:
                return apart(rain_mm)

    def _refuse(self, why: str) -> None:
        raise FeedError(self._name, why, retryable=True)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _open(path: Path, xr: Any) -> list[Any]:
    if _SUFFIXES.get(path.suffix.lower()) == "grib":
        import cfgrib

        # Two metres, ten metres and the surface are separate datasets in one file. No index file is left beside it.
        return list(cfgrib.open_datasets(str(path), backend_kwargs={"indexpath": ""}))
    return [xr.open_dataset(path)]


def _grid(parts: list[Any], stations: Sequence[Station]) -> _Grid:
    known = {name: found for name in _NAMES if (found := _variable(parts, name)) is not None}
    missing = [name for name in ("temp", "u", "v", "rain") if name not in known]
    missing += [] if {"rh", "dew"} & {*known} else ["dew"]
    if missing:
        raise ValueError(f"no variable {'; '.join(' or '.join(_NAMES[name]) for name in missing)}")
    axes = _coordinate(known["temp"], ("latitude", "lat")), _coordinate(known["temp"], ("longitude", "lon"))
    arranged = {name: _arranged(variable, name, *axes) for name, variable in known.items()}
    temp = arranged["temp"]
    # A sum has no value at the start of the run in some files: the hour is there, the figure is not.
    arranged = {name: variable.reindex({temp.dims[0]: temp[temp.dims[0]]}) for name, variable in arranged.items()}
    strangers = [name for name, variable in arranged.items() if variable.shape != temp.shape]
    if strangers:
        raise ValueError(f"{', '.join(strangers)} on another grid than the temperature")
    near = _near(temp, axes, stations)
    fields = {name: _converted(variable.isel(near), name) for name, variable in arranged.items()}
    times, issued_at = _times(temp)
    latitude, longitude = (temp[axis].values[near[axis]] for axis in axes)
    return _Grid(issued_at, times, latitude, longitude, fields)


def _near(variable: Any, axes: tuple[str, str], stations: Sequence[Station]) -> dict[str, slice]:
    """Return the part of the axes that holds the cells around the stations: a global file is never read whole."""
    lat, lon = (variable[axis].values for axis in axes)
    wanted = (
        (axes[0], lat, [station.position.lat_deg for station in stations]),
        (axes[1], lon, [_turned(station.position.lon_deg, lon) for station in stations]),
    )
    return {name: _part(values, places) for name, values, places in wanted}


def _part(axis: npt.NDArray[np.float64], places: list[float]) -> slice:
    first, last = (int(np.searchsorted(axis, at)) for at in (min(places, default=0.0), max(places, default=0.0)))
    return slice(min(max(first - 1, 0), max(len(axis) - 2, 0)), max(last + 1, 2))


def _variable(parts: list[Any], name: str) -> Any:
    return next((part[own] for part in parts for own in _NAMES[name] if own in part), None)


def _coordinate(variable: Any, names: tuple[str, str]) -> str:
    name = next((name for name in names if name in variable.coords), None)
    if name is None or variable[name].ndim != 1:
        raise ValueError(f"no axis {' or '.join(names)}: only grids of latitude and longitude are read")
    return name


def _arranged(variable: Any, name: str, latitude: str, longitude: str) -> Any:
    """Return a variable by (time, latitude, longitude), latitude and longitude rising."""
    others = [str(axis) for axis in variable.dims if axis not in {latitude, longitude}]
    long = [axis for axis in others if variable.sizes[axis] > 1] or [axis for axis in others if axis in _TIME_AXES]
    if len(long) != 1 or long[0] not in _TIME_AXES:
        raise ValueError(f"{name} has the axes {', '.join(map(str, variable.dims))}; expected is one of time or step")
    single = variable.squeeze([axis for axis in others if axis != long[0]])
    return single.transpose(long[0], latitude, longitude).sortby([latitude, longitude])


_TIME_AXES = ("step", "time", "valid_time")


def _times(variable: Any) -> tuple[tuple[datetime, ...], datetime | None]:
    axis = str(variable.dims[0])
    start = variable.coords["time"] if axis == "step" else variable.coords.get("forecast_reference_time")
    instants = start.values + _since_start(variable["step"]) if axis == "step" else variable[axis].values
    if not np.issubdtype(instants.dtype, np.datetime64):
        raise ValueError(f"the axis {axis} holds no instants; expected are times by CF conventions")
    times = tuple(_utc(instant) for instant in instants)
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(f"the axis {axis} does not rise")
    return times, None if start is None else _utc(start.values)


def _since_start(step: Any) -> Any:
    if np.issubdtype(step.dtype, np.timedelta64):
        return step.values
    if step.attrs.get("units") not in {"hours", "hour", "h"}:
        raise ValueError(f"the axis step is in {step.attrs.get('units')!r}; expected is 'hours'")
    return np.round(np.asarray(step.values, dtype=np.float64) * 3600.0).astype("timedelta64[s]")


def _utc(instant: Any) -> datetime:
    seconds = (np.datetime64(instant, "s") - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    return datetime.fromtimestamp(float(seconds), UTC)


def _converted(variable: Any, name: str) -> npt.NDArray[np.float64]:
    unit = variable.attrs.get("units")
    if unit not in _UNITS[name]:
        raise ValueError(f"{variable.name} in {unit!r}; expected is {' or '.join(map(repr, _UNITS[name]))}")
    factor, offset = _UNITS[name][unit]
    return np.asarray(variable.values, dtype=np.float64) * factor + offset


def _turned(lon_deg: float, axis: npt.NDArray[np.float64]) -> float:
    """Return a longitude as the axis counts it: from -180 or from 0."""
    return lon_deg if axis[0] <= lon_deg <= axis[-1] else lon_deg % _FULL_TURN_DEG


_Weights = tuple["npt.NDArray[np.intp]", "npt.NDArray[np.float64]"]


def _weights(axis: npt.NDArray[np.float64], at: float, what: str) -> _Weights:
    if not axis[0] <= at <= axis[-1]:
        raise ValueError(f"{what} {at:g} is outside the grid, {axis[0]:g} to {axis[-1]:g}")
    if len(axis) == 1:
        return np.array([0]), np.array([1.0])
    after = int(np.clip(np.searchsorted(axis, at), 1, len(axis) - 1))
    share = (at - axis[after - 1]) / (axis[after] - axis[after - 1])
    return np.array([after - 1, after]), np.array([1.0 - share, share])


def _nearest(weights: _Weights) -> _Weights:
    places, shares = weights
    return places[[int(np.argmax(shares))]], np.array([1.0])
