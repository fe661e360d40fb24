"""The daily FWI System over a grid: days x stations, days x rows x columns, or any other shape behind the days.

Cells are computed in parts of bounded size, so that memory beyond inputs and outputs stays small, by one of two
engines: the equations of `firewatch.danger.fwi` in NumPy, or the compiled kernel (extra `fast`), which gives the same
numbers to 1e-12 in float64. Each engine gives a cell the same bits wherever it stands, however the grid is cut, and
however often the run is stopped and started again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import Enum
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from firewatch.danger import fwi
from firewatch.danger.columns import require_range
from firewatch.danger.conventions import FwiMethod
from firewatch.danger.daily import CodeArrays
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    Cells: TypeAlias = npt.NDArray[np.floating[Any]]

__all__ = ["CODES", "OUTPUTS", "Engine", "GridDays", "GridRun", "OutOfRange", "best_engine", "find_outside", "run_grid"]

CODES = ("ffmc", "dmc", "dc")
OUTPUTS = (*CODES, "isi", "bui", "fwi", "dsr")
# What a day's noon can be: outside lies a wrong unit or a broken sensor.
_LIMITS = (
    ("temp_c", "temperature (deg C)", -60.0, 60.0),
    ("rh_pct", "relative humidity (%)", 0.0, 100.0),
    ("wind_kmh", "wind at 10 m (km/h)", 0.0, 400.0),
    ("rain_mm", "rain of 24 h (mm)", 0.0, 2000.0),
)
# A part: whole blocks of the kernel; for NumPy so much work a call that calling does not count.
_PART_CELLS = {"numpy": 10_240, "compiled": 2048}
_PART_CELL_DAYS = 400_000
_MONTHS = 12


class Engine(Enum):
    """What computes: NumPy, or the compiled kernel of the extra `fast`."""

    NUMPY = "numpy"
    COMPILED = "compiled"


def best_engine() -> Engine:
    """Return the compiled engine where numba is installed, else NumPy."""
    return Engine.NUMPY if find_spec("numba") is None else Engine.COMPILED


@dataclass(frozen=True, slots=True, eq=False)
class GridDays:
    """Noon weather of consecutive days over a grid.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh, rain_mm : ndarray, shape (days, ...), all float64 or all float32
        As in `DailyWeather`, with its ranges, which `run_grid` checks part by part. NaN is missing: a code is NaN from
        the first day that misses a reading which it needs (FFMC all four, DMC no wind, DC no wind and no humidity), and
        so are the indices: never a low danger. To go on after a gap, fill it first (`fill_grid_gaps`), or start the
        cell anew.
    lat_deg : ndarray
        Latitude, -90 to 90 [deg], broadcast to (...).
    months : ndarray, shape (days,)
        Month of each day, 1 to 12.

    Raises
    ------
    InvalidValue
        If shapes or kinds differ, or a latitude or a month is out of range.
    """

    temp_c: Cells
    rh_pct: Cells
    wind_kmh: Cells
    rain_mm: Cells
    lat_deg: npt.NDArray[np.float64]
    months: npt.NDArray[np.integer]

    def __post_init__(self) -> None:
        given = self.weather()
        shapes, kinds = {array.shape for array in given}, {str(array.dtype) for array in given}
        if len(shapes) != 1 or not given[0].ndim or self.months.shape != given[0].shape[:1]:
            allowed = "one shape (days, ...) for all four, and (days,) for the months"
            raise InvalidValue("shapes of weather and months", [*sorted(shapes), self.months.shape], allowed)
        if len(kinds) != 1 or not kinds <= {"float64", "float32"}:
            raise InvalidValue("kinds of the weather arrays", sorted(kinds), "all float64, or all float32")
        try:
            np.broadcast_to(self.lat_deg, given[0].shape[1:])
        except ValueError as err:
            raise InvalidValue("shape of the latitudes", np.shape(self.lat_deg), f"{given[0].shape[1:]}") from err
        if not np.all(np.abs(self.lat_deg) <= 90.0):  # noqa: PLR2004 - degrees
            wrong = np.asarray(self.lat_deg)[~(np.abs(self.lat_deg) <= 90.0)]  # noqa: PLR2004
            raise InvalidValue("latitude (deg)", float(wrong.flat[0]), "-90 to 90")
        require_range("month", self.months, 1, _MONTHS)

    def weather(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return the four arrays, in the order of the parameters."""
        return self.temp_c, self.rh_pct, self.wind_kmh, self.rain_mm


@dataclass(frozen=True, slots=True, eq=False)
class GridRun:
    """What a run gives.

    Parameters
    ----------
    outputs : mapping of str to ndarray, shape (days, ...)
        What was wanted, of the kind of the weather.
    last : CodeArrays, shape (...)
        Codes of the last day, of the same kind: from them another run goes on to the same bits.
    """

    outputs: Mapping[str, Cells]
    last: CodeArrays


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A reading that no noon can have: what it is, its day and cell counted from 0, its value, what is allowed."""

    what: str
    day: int
    cell: tuple[int, ...]
    value: float
    allowed: str


class _Map(Protocol):
    """What applies a function to each of many things, as the built-in `map` does, or an executor's."""

    def __call__(self, function: Callable[[slice], None], things: Iterable[slice], /) -> Iterable[None]: ...


def run_grid(
    start: CodeArrays,
    given: GridDays,
    method: FwiMethod | None = None,
    *,
    wanted: Iterable[str] | Mapping[str, Cells] = OUTPUTS,
    engine: Engine | None = None,
    each: _Map = map,
) -> GridRun:
    """Return codes and indices of consecutive days over a grid.

    Parameters
    ----------
    start : CodeArrays, broadcast to (...)
        Of the day before the first.
    given : GridDays, shape (days, ...)
        Weather, latitudes and months. Arrays in C order are read where they are; others are copied.
    method : FwiMethod, optional
        The named choices; by default those of cffdrs.
    wanted : iterable of str, or mapping of str to ndarray, shape (days, ...)
        Which of `OUTPUTS`; the codes are computed in any case and come back in `last`. A mapping names the arrays to
        fill, of the weather's kind and in C order: memory that is there already need not come from the system.
    engine : Engine, optional
        By default `best_engine()`. In float32 the kernel computes in float32 throughout; NumPy computes in float64 and
        rounds the codes of each day.
    each : callable
        Applies a function to each part of the grid, as `map` does. The `map` of a `ThreadPoolExecutor` computes parts
        side by side: the compiled engine holds no interpreter lock.

    Returns
    -------
    GridRun

    Raises
    ------
    InvalidValue
        If a value is out of range (named with the day and the cell; an array to fill is then filled in part), an output
        is not known, or an array to fill has another shape, kind or order.
    """
    days, *shape = given.temp_c.shape
    cells = int(np.prod(shape, dtype=np.int64))
    kind = given.temp_c.dtype
    state = np.empty((len(CODES), cells), kind)
    for row, code in zip(state, (start.ffmc, start.dmc, start.dc), strict=True):
        row[:] = np.broadcast_to(code, shape).reshape(-1)
    work = _Work(
        tuple(np.ascontiguousarray(array).reshape(days, cells) for array in given.weather()),
        np.broadcast_to(np.asarray(given.lat_deg, dtype=np.float64), shape).reshape(-1),
        np.asarray(given.months, dtype=np.int64),
        state,
        {name: array.reshape(days, cells) for name, array in _places(wanted, given.temp_c).items()},
    )
    chosen = engine or best_engine()
    compute = _compute_compiled if chosen is Engine.COMPILED else _compute_numpy
    for _ in each(partial(compute, work, tuple(shape), method or FwiMethod()), _parts(days, cells, chosen)):
        pass
    found = {name: array.reshape(days, *shape) for name, array in work.outputs.items()}
    return GridRun(found, _codes(state, shape))


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """The grid with its cells in one line; `state` and `outputs` are filled part by part."""

    weather: tuple[Cells, ...]
    lat_deg: npt.NDArray[np.float64]
    months: npt.NDArray[np.int64]
    state: Cells
    outputs: dict[str, Cells]


def _places(wanted: Iterable[str] | Mapping[str, Cells], like: Cells) -> dict[str, Cells]:
    """Return an array for each output, of the shape and kind of the weather: one that is given, or a new one."""
    if isinstance(wanted, Mapping):
        places = dict(wanted)
    else:
        places = {name: np.empty(like.shape, like.dtype) for name in _known(wanted)}
    for name, array in zip(_known(places), places.values(), strict=True):
        if array.shape != like.shape or array.dtype != like.dtype or not array.flags.carray:
            raise InvalidValue(
                f"array for {name}", f"{array.dtype} {array.shape}", f"{like.dtype} {like.shape}, writable, in C order"
            )
    return places


def _known(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of outputs; raise `InvalidValue` for one that is none."""
    found = tuple(names)
    if unknown := [name for name in found if name not in OUTPUTS]:
        raise InvalidValue("output", unknown[0], f"of {', '.join(OUTPUTS)}")
    return found


def _codes(state: Cells, shape: list[int]) -> CodeArrays:
    ffmc, dmc, dc = (row.reshape(shape) for row in state)
    return CodeArrays(ffmc, dmc, dc)


def _parts(days: int, cells: int, engine: Engine) -> list[slice]:
    least = _PART_CELLS[engine.value]
    size = least * max(1, _PART_CELL_DAYS // (least * max(days, 1)))
    return [slice(first, min(first + size, cells)) for first in range(0, cells, size)]


def find_outside(weather: tuple[Cells, ...]) -> OutOfRange | None:
    """Return the first reading that is out of range in arrays of shape (days, ...); None where all are in range."""
    for array, (_, what, low, high) in zip(weather, _LIMITS, strict=True):
        outside = (array < low) | (array > high)
        if outside.any():
            day, *cell = (int(index) for index in np.argwhere(outside)[0])
            return OutOfRange(what, day, tuple(cell), float(array[(day, *cell)]), f"{low:g} to {high:g}")
    return None


def _is_inside(today: tuple[Cells, ...]) -> bool:
    """Return whether all readings are known to be in range; a missing one makes it unknown."""
    return all(
        bool(array.min(initial=high) >= low) and bool(array.max(initial=low) <= high)
        for array, (_, _, low, high) in zip(today, _LIMITS, strict=True)
    )


def _require_ranges(work: _Work, shape: tuple[int, ...], part: slice) -> None:
    """Raise `InvalidValue` with day and cell if a reading of a part is out of range."""
    found = find_outside(tuple(array[:, part] for array in work.weather))
    if found is not None:
        at = tuple(int(index) for index in np.unravel_index(part.start + found.cell[0], shape)) if shape else ()
        raise InvalidValue(f"{found.what} of day {found.day}, cell {at}", found.value, found.allowed)


def _compute_numpy(work: _Work, shape: tuple[int, ...], method: FwiMethod, part: slice) -> None:
    """Compute the cells of a part, a day at a time, by the equations as functions over arrays."""
    family, bands = method.ffmc_family, method.day_length
    lat_deg = work.lat_deg[part]
    lengths = {
        int(month): (bands.dmc_day_length_h(lat_deg, month), bands.dc_day_length_factor(lat_deg, month))
        for month in np.unique(work.months)
    }
    state = work.state[:, part]
    for day, month in enumerate(work.months.tolist()):
        today = tuple(array[day, part] for array in work.weather)
        if not _is_inside(today):
            _require_ranges(work, shape, part)
        temp, rh, wind, rain = (array.astype(np.float64, copy=False) for array in today)
        ffmc, dmc, dc = (code.astype(np.float64) for code in state)
        rh = np.minimum(rh, family.constants.saturated_rh_pct)
        hours, factor = lengths[month]
        state[0] = fwi.fine_fuel_moisture_code(ffmc, temp, rh, wind, rain, family=family)
        state[1] = fwi.duff_moisture_code(dmc, temp, rh, rain, hours, form=method.dmc_form)
        state[2] = fwi.drought_code(dc, temp, rain, factor)
        for name, values in _day_outputs(state, wind, method, work.outputs).items():
            work.outputs[name][day, part] = values


def _day_outputs(state: Cells, wind: Cells, method: FwiMethod, wanted: Iterable[str]) -> dict[str, Cells]:
    """Return what is wanted of a day's codes and wind, and of the indices no more than that needs."""
    ffmc, dmc, dc = state
    found: dict[str, Cells] = {"ffmc": ffmc, "dmc": dmc, "dc": dc}
    names = set(wanted)
    if names & {"isi", "fwi", "dsr"}:
        found["isi"] = fwi.initial_spread_index(ffmc, wind, family=method.ffmc_family)
    if names & {"bui", "fwi", "dsr"}:
        found["bui"] = fwi.buildup_index(dmc, dc)
    if names & {"fwi", "dsr"}:
        found["fwi"] = fwi.fire_weather_index(found["isi"], found["bui"])
    if "dsr" in names:
        found["dsr"] = fwi.daily_severity_rating(found["fwi"])
    return {name: found[name] for name in names}


def _compute_compiled(work: _Work, shape: tuple[int, ...], method: FwiMethod, part: slice) -> None:
    """Compute the cells of a part by the kernel."""
    from firewatch.danger.kernel import run_part

    bands = method.day_length
    months, of_day = np.unique(work.months, return_inverse=True)
    lat_deg, kind = work.lat_deg[part], work.state.dtype
    outside = run_part(
        work.weather,
        (part.start, part.stop),
        (
            of_day.astype(np.int64),
            np.stack([bands.dmc_day_length_h(lat_deg, month) for month in months]).astype(kind),
            np.stack([bands.dc_day_length_factor(lat_deg, month) for month in months]).astype(kind),
        ),
        np.array([*astuple(method.ffmc_family.constants), *astuple(method.dmc_form.constants)]),
        work.state,
        tuple(work.outputs.get(name, np.empty((0, 0), kind)) for name in OUTPUTS),
    )
    if outside:
        _require_ranges(work, shape, part)
