"""Codes and indices of a gridded dataset, by xarray; lazily and in chunks by Dask where its arrays are chunked.

Space may be cut anywhere: cells do not know each other. Time is cut where the arrays are: each piece starts from the
codes that the one before ended with, so that cutting changes no bit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from firewatch.danger.conventions import FwiMethod
from firewatch.danger.daily import CodeArrays, months_of
from firewatch.danger.grid import CODES, OUTPUTS, Engine, GridDays, best_engine, find_outside, run_grid
from firewatch.danger.grid_gaps import LastReadings, fill_grid_gaps
from firewatch.danger.series import GapPolicy
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from firewatch.adapters.grid_weather import GridWeather

__all__ = ["ESTIMATED", "LONG_NAMES", "GridChoices", "compute_danger"]

ESTIMATED = "estimated"

LONG_NAMES = {
    "ffmc": "Fine Fuel Moisture Code",
    "dmc": "Duff Moisture Code",
    "dc": "Drought Code",
    "isi": "Initial Spread Index",
    "bui": "Buildup Index",
    "fwi": "Fire Weather Index",
    "dsr": "Daily Severity Rating",
}
_REFERENCES = (
    "Van Wagner and Pickett (1985), Canadian Forestry Service, Forestry Technical Report 33; "
    "Van Wagner (1987), Forestry Technical Report 35"
)


@dataclass(frozen=True, slots=True)
class GridChoices:
    """How a grid is computed.

    Parameters
    ----------
    method : FwiMethod
        The named choices.
    wanted : tuple of str
        Outputs.
    engine : Engine or None
        By default the best there is.
    threads : int
        For arrays in memory; chunked ones are computed by Dask's own scheduler.
    fills_gaps : bool
        Whether a cell's missing day gets its last reading, dry (`fill_grid_gaps`); by default it is missing from then
        on.
    """

    method: FwiMethod = field(default_factory=FwiMethod)
    wanted: tuple[str, ...] = OUTPUTS
    engine: Engine | None = None
    threads: int = 1
    fills_gaps: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the result."""
        return (*self.wanted, ESTIMATED) if self.fills_gaps else self.wanted


def compute_danger(
    weather: GridWeather,
    start: Mapping[str, xr.DataArray | float],
    choices: GridChoices | None = None,
) -> xr.Dataset:
    """Return codes and indices of a grid's days, with CF metadata.

    Parameters
    ----------
    weather : GridWeather
        Over (time, ...); lazy arrays give a lazy result.
    start : mapping
        FFMC, DMC and DC of the day before the first, by name: numbers, or arrays over (...).
    choices : GridChoices, optional
        Method, outputs, engine, threads.

    Returns
    -------
    Dataset
        Of the wanted outputs over (time, ...), of the kind of the weather; and `estimated`, where gaps are filled.

    Raises
    ------
    InvalidValue
        If a reading is out of range, with its day and its place; of lazy arrays when they are computed.
    """
    chosen = choices or GridChoices()
    time = weather.time
    arrays = xr.unify_chunks(*(_bare(array) for array in weather.arrays()))
    kind = arrays[0].dtype
    zeros = xr.zeros_like(_bare(weather.lat_deg))
    state = [(zeros + _bare(start[name])).astype(kind) for name in CODES]
    if chosen.fills_gaps:
        state += [*[(zeros + np.nan).astype(kind)] * 3, zeros.astype(np.int32)]
    cells = _Cells.of(weather)
    pieces, first = [], 0
    for length in arrays[0].chunksizes.get(time, (len(weather.days),)):
        days = slice(first, first + length)
        found = _run_lazily([array.isel({time: days}) for array in arrays], state, cells, chosen, weather.days[days])
        pieces.append(xr.Dataset(dict(zip(chosen.names, found, strict=False))))
        state = list(found[len(chosen.names) :])
        first += length
    whole = xr.concat(pieces, time) if len(pieces) > 1 else pieces[0]
    return _described(whole.transpose(*weather.temp_c.dims), weather, chosen)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The cells of a grid: latitude and number of each, and the labels of their dimensions for an error's words."""

    lat_deg: xr.DataArray
    number: xr.DataArray
    labels: Mapping[str, npt.NDArray[Any]]
    time: str

    @classmethod
    def of(cls, weather: GridWeather) -> _Cells:
        lat = weather.lat_deg
        number = xr.DataArray(np.arange(lat.size).reshape(lat.shape), dims=lat.dims)
        labels = {
            str(dim): lat.coords[dim].to_numpy() if dim in lat.coords else np.arange(lat.sizes[dim]) for dim in lat.dims
        }
        return cls(_bare(lat), number, labels, weather.time)

    def name(self, number: int) -> str:
        """Return where a cell is, as `lat=26.9 lon=112.6`."""
        at = np.unravel_index(number, [len(values) for values in self.labels.values()])
        return (
            " ".join(f"{dim}={values[i]}" for (dim, values), i in zip(self.labels.items(), at, strict=True))
            or "the cell"
        )


def _bare(array: Any) -> Any:
    """Return an array without its coordinates: the dimensions are one grid's already."""
    return array.drop_vars(list(array.coords)) if isinstance(array, xr.DataArray) else array


def _run_lazily(
    arrays: list[xr.DataArray],
    state: list[xr.DataArray],
    cells: _Cells,
    chosen: GridChoices,
    days: npt.NDArray[np.datetime64],
) -> tuple[xr.DataArray, ...]:
    """Return the outputs of some days, and the state after the last of them; lazily where arrays are lazy."""
    kind = arrays[0].dtype
    kinds = [np.dtype(np.int8) if name == ESTIMATED else kind for name in chosen.names]
    found: tuple[xr.DataArray, ...] = xr.apply_ufunc(
        partial(_run, chosen, cells, days),
        *arrays,
        *state,
        cells.lat_deg,
        cells.number,
        input_core_dims=[[cells.time]] * len(arrays) + [[]] * (len(state) + 2),
        output_core_dims=[[cells.time]] * len(kinds) + [[]] * len(state),
        dask="parallelized",
        output_dtypes=[*kinds, *(array.dtype for array in state)],
    )
    return found


def _run(
    chosen: GridChoices, cells: _Cells, days: npt.NDArray[np.datetime64], *given: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], ...]:
    """Run one block of cells, whose arrays have the time last."""
    weather = tuple(np.moveaxis(array, -1, 0) for array in given[:4])
    *state, lat_deg, number = given[4:]
    months = months_of(days)
    temp, rh, wind, rain = weather
    days_given, filled = GridDays(temp, rh, wind, rain, lat_deg, months), None
    if chosen.fills_gaps:
        filled = fill_grid_gaps(days_given, LastReadings(*state[3:]))
        days_given = filled.days
    try:
        with ThreadPoolExecutor(chosen.threads) as pool:
            run = run_grid(
                CodeArrays(*state[:3]),
                days_given,
                chosen.method,
                wanted=chosen.wanted,
                engine=chosen.engine,
                each=pool.map,
            )
    except InvalidValue as err:
        wrong = find_outside(weather)
        if wrong is None:
            raise
        where = cells.name(int(np.broadcast_to(number, temp.shape[1:])[wrong.cell]))
        raise InvalidValue(f"{wrong.what} on {days[wrong.day]} at {where}", wrong.value, wrong.allowed) from err
    found: list[npt.NDArray[Any]] = [run.outputs[name] for name in chosen.wanted]
    last: list[npt.NDArray[Any]] = [run.last.ffmc, run.last.dmc, run.last.dc]
    if filled is not None:
        found.append(filled.is_estimated.astype(np.int8))
        last += [filled.last.temp_c, filled.last.rh_pct, filled.last.wind_kmh, filled.last.missing_days]
    return (*(np.moveaxis(array, 0, -1) for array in found), *last)


def _described(found: xr.Dataset, weather: GridWeather, chosen: GridChoices) -> xr.Dataset:
    """Return the outputs with coordinates and CF metadata."""
    described = found.assign_coords(weather.temp_c.coords)
    engine = (chosen.engine or best_engine()).value
    kind = weather.temp_c.dtype
    for name in chosen.wanted:
        described[name].attrs = {
            "long_name": LONG_NAMES[name],
            "units": "1",
            "cell_methods": f"{weather.time}: point (daily, of noon weather)",
        }
    if chosen.fills_gaps:
        described[ESTIMATED].attrs = {
            "long_name": "weather estimated: the last reading again, without rain",
            "flag_values": np.array([0, 1], dtype=np.int8),
            "flag_meanings": "read estimated",
        }
    described.attrs = {
        "Conventions": "CF-1.11",
        "title": "Canadian Forest Fire Weather Index System, daily",
        "method": chosen.method.label,
        "engine": f"{engine} {kind}",
        "gaps": GapPolicy.LAST_READING_DRY.value if chosen.fills_gaps else "missing",
        "references": _REFERENCES,
    }
    return described
