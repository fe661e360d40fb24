"""Codes and indices over several years: fire seasons, the winters between them, and how each season starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.conventions import FwiMethod
from firewatch.danger.daily import CodeArrays, IndexArrays, indices_of, step_day
from firewatch.danger.overwinter import WinterWetting, overwintered_drought_code
from firewatch.danger.series import COLD_START
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.daily import DailyWeather
    from firewatch.danger.overwinter import CarryOver
    from firewatch.domain.danger import MoistureCodes

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]

__all__ = ["SeasonStart", "SeasonState", "codes_to_step_from", "run_seasons", "where_codes"]


@dataclass(frozen=True, slots=True)
class SeasonStart:
    """How a season's first day is computed, and by which method all days are.

    Parameters
    ----------
    codes : MoistureCodes
        Of the day before a season's first; by default 85, 6, 15.
    carry_over : CarryOver or None
        What the soil keeps of the autumn's moisture. None: the Drought Code starts anew, too.
    wetting : WinterWetting
        What it takes up of the winter's precipitation; not read where nothing is carried over.
    method : FwiMethod
        FFMC constants and day-length bands.
    """

    codes: MoistureCodes = COLD_START
    carry_over: CarryOver | None = None
    wetting: WinterWetting = WinterWetting.MODERATELY_DRAINED
    method: FwiMethod = field(default_factory=FwiMethod)


@dataclass(frozen=True, slots=True, eq=False)
class SeasonState:
    """What a run remembers from one day to the next; the state after a run is where the next one goes on exactly.

    Parameters
    ----------
    codes : CodeArrays, shape (...)
        Of the last day on which the season was on.
    is_on : ndarray of bool, shape (...)
        Whether it was on the day before.
    winter_mm : ndarray, shape (...)
        Precipitation since that last day [mm]: 0 in season, infinite where no season is known.
    """

    codes: CodeArrays
    is_on: Flags
    winter_mm: Numbers

    @classmethod
    def of_nothing(cls, shape: tuple[int, ...] = ()) -> SeasonState:
        """Return the state of places of which no season is known: the first one starts from the standard codes."""
        return cls(CodeArrays.of(COLD_START, shape), np.zeros(shape, dtype=np.bool_), np.full(shape, np.inf))


def run_seasons(
    state: SeasonState,
    weather: DailyWeather,
    is_on: Flags,
    lat_deg: npt.ArrayLike,
    months: npt.NDArray[np.integer],
    rules: SeasonStart | None = None,
) -> tuple[CodeArrays, IndexArrays, SeasonState]:
    """Return codes and indices of consecutive days in and out of season.

    Parameters
    ----------
    state : SeasonState, shape (...)
        After the day before the first; `SeasonState.of_nothing` where nothing is known.
    weather : DailyWeather, shape (days, ...)
        Consecutive days, none left out, the winters' too: their rain counts where a Drought Code is carried over.
    is_on : ndarray of bool, shape (days, ...)
        `SeasonDays.is_on` of the same days.
    lat_deg : array_like
        Latitude [deg], broadcast to (...).
    months : ndarray, shape (days,)
        Month of each day, 1 to 12.
    rules : SeasonStart, optional
        How a season starts; by default from the standard codes.

    Returns
    -------
    CodeArrays, IndexArrays
        Of shape (days, ...), NaN off season.
    SeasonState
        After the last day: two runs give the same bits as one over all days.

    Raises
    ------
    InvalidValue
        If the flags have another shape than the weather.
    """
    if is_on.shape != weather.temp_c.shape:
        raise InvalidValue("shape of the season's flags", is_on.shape, f"{weather.temp_c.shape}, the weather's")
    chosen = rules or SeasonStart()
    codes = CodeArrays(*(np.full(is_on.shape, np.nan) for _ in range(3)))
    for index, month in enumerate(months):
        today, now = weather.day(index), is_on[index]
        before = codes_to_step_from(state, now, chosen)
        stepped = step_day(before, today, lat_deg, int(month), chosen.method)
        kept = where_codes(now, stepped, state.codes)
        state = SeasonState(kept, now, np.where(now, 0.0, state.winter_mm + today.rain_mm))
        for name in ("ffmc", "dmc", "dc"):
            getattr(codes, name)[index] = np.where(now, getattr(stepped, name), np.nan)
    return codes, indices_of(codes, weather.wind_kmh, chosen.method), state


def codes_to_step_from(state: SeasonState, now: Flags, rules: SeasonStart) -> CodeArrays:
    """Return the codes to step from: the day before's, or where a season starts those that it starts from."""
    dc: npt.ArrayLike = rules.codes.dc
    if rules.carry_over is not None:
        dc = overwintered_drought_code(
            state.codes.dc, state.winter_mm, carry_over=rules.carry_over, wetting=rules.wetting, lowest=rules.codes.dc
        )
    start = CodeArrays(np.asarray(rules.codes.ffmc), np.asarray(rules.codes.dmc), np.asarray(dc))
    return where_codes(now & ~state.is_on, start, state.codes)


def where_codes(flags: Flags, yes: CodeArrays, no: CodeArrays) -> CodeArrays:
    """Return the codes of the one where a flag is set, else those of the other."""
    return CodeArrays(*(np.where(flags, getattr(yes, name), getattr(no, name)) for name in ("ffmc", "dmc", "dc")))
