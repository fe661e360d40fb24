"""The FWI System over a grid in and out of season: what `season_run` does for stations, by either engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from firewatch.danger.grid import OUTPUTS, GridDays, GridRun, run_grid
from firewatch.danger.season_run import SeasonStart, SeasonState, codes_to_step_from, where_codes
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from firewatch.danger.conventions import FwiMethod
    from firewatch.danger.daily import CodeArrays

__all__ = ["run_grid_seasons"]


class _Compute(Protocol):
    """`run_grid`, or a `functools.partial` of it with an engine and a `map` for its parts."""

    def __call__(
        self, start: CodeArrays, given: GridDays, method: FwiMethod | None, /, *, wanted: Iterable[str]
    ) -> GridRun: ...


def run_grid_seasons(
    state: SeasonState,
    given: GridDays,
    is_on: npt.NDArray[np.bool_],
    rules: SeasonStart | None = None,
    *,
    wanted: Iterable[str] = OUTPUTS,
    compute: _Compute = run_grid,
) -> tuple[GridRun, SeasonState]:
    """Return codes and indices of consecutive days over a grid, in and out of season.

    Parameters
    ----------
    state : SeasonState, shape (...)
        After the day before the first; `SeasonState.of_nothing` where nothing is known.
    given : GridDays, shape (days, ...)
        The winters' days, too: their rain counts where a Drought Code is carried over.
    is_on : ndarray of bool, shape (days, ...) or (days,)
        `SeasonDays.is_on` of each cell, or of all.
    rules : SeasonStart, optional
        How a season starts, and the method; by default from the standard codes.
    wanted : iterable of str
        Which of `OUTPUTS`.
    compute : callable
        `run_grid`, or a partial of it: its engine, its threads.

    Returns
    -------
    GridRun
        NaN off season; `last` holds the codes of each cell's last day in season.
    SeasonState
        After the last day: two runs give the same bits as one over all days.

    Raises
    ------
    InvalidValue
        If the flags have another shape, or as `run_grid`.
    """
    shape = given.temp_c.shape
    if is_on.shape not in {shape, shape[:1]}:
        raise InvalidValue("shape of the season's flags", is_on.shape, f"{shape}, the weather's, or {shape[:1]}")
    chosen, names = rules or SeasonStart(), tuple(wanted)
    outputs = {name: np.full(shape, np.nan, given.temp_c.dtype) for name in names}
    for day in range(shape[0]):
        now = np.broadcast_to(is_on[day], shape[1:])
        found = compute(codes_to_step_from(state, now, chosen), _only(given, day), chosen.method, wanted=names)
        winter_mm = np.where(now, 0.0, state.winter_mm + given.rain_mm[day])
        state = SeasonState(where_codes(now, found.last, state.codes), now, winter_mm)
        for name, values in found.outputs.items():
            outputs[name][day] = np.where(now, values[0], np.nan)
    return GridRun(outputs, state.codes), state


def _only(given: GridDays, day: int) -> GridDays:
    temp, rh, wind, rain = (array[day : day + 1] for array in given.weather())
    return GridDays(temp, rh, wind, rain, given.lat_deg, given.months[day : day + 1])
