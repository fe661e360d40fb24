"""A day of FWI2025 in one line: when the forest burns best, and for how long it burns well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger import fwi
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.fwi2025.grass import curing_effect, grass_spread_index

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.fwi2025.system import Fwi2025Hours, Fwi2025Run

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Rows: TypeAlias = npt.NDArray[np.intp]

__all__ = ["DailySummary", "summarise_days"]

# A fire's day goes from this hour to the one before it on the morrow: burning may last into the night.
_FIRST_HOUR = 5
# The hour that stands for a day on which litter is never drier than this FFMC.
_USUAL_PEAK_HOUR, _DRY_FFMC = 17, 85.0
# A fire spreads from this ISI on.
_SPREADING_ISI = 5.0
# Weights of the hour before and after, and of two, by how many hours there are on the shorter side.
_WEIGHTS = ((1.0,), (0.25, 0.5, 0.25), (0.0625, 0.25, 0.375, 0.25, 0.0625))


@dataclass(frozen=True, slots=True, eq=False)
class DailySummary:
    """Days of FWI2025: arrays of shape (days, sites) but for the days themselves.

    Parameters
    ----------
    day : ndarray, shape (days,), datetime64[D]
        From 05:00 to 04:00 on the morrow. A day without its 17:00 is none.
    peak : ndarray of int
        Which hour of the run is the day's peak: the greatest ISI in the smoothed wind, the first of equals; 17:00 on a
        day with no FFMC of 85.
    peak_hour : ndarray of int
        The peak by the clock [h].
    spread_hours : ndarray of int
        Hours with an ISI in the smoothed wind of at least 5.
    wind_smooth_kmh, isi_smooth, gsi_smooth : ndarray
        At the peak: the wind over five hours, weighted 1 4 6 4 1 (fewer at the day's ends), and ISI and GSI in it. All
        else of the peak stands in the run at `peak`.
    """

    day: npt.NDArray[np.datetime64]
    peak: Rows
    peak_hour: Rows
    spread_hours: Rows
    wind_smooth_kmh: Numbers
    isi_smooth: Numbers
    gsi_smooth: Numbers


def summarise_days(given: Fwi2025Hours, run: Fwi2025Run) -> DailySummary:
    """Return the days of a run.

    Parameters
    ----------
    given : Fwi2025Hours, shape (hours, sites)
        What the run read.
    run : Fwi2025Run, shape (hours, sites)
        What it gave.

    Returns
    -------
    DailySummary, shape (days, sites)
    """
    of_day = (given.hour - np.timedelta64(_FIRST_HOUR, "h")).astype("datetime64[D]")
    clock = (given.hour - given.hour.astype("datetime64[D]")).astype(np.int64)
    days, found = [], []
    for day in np.unique(of_day):
        hours = np.flatnonzero(of_day == day)
        usual = hours[clock[hours] == _USUAL_PEAK_HOUR]
        if usual.size:
            days.append(day)
            found.append(_one_day(given, run, hours, int(usual[0])))
    shape = (0, given.weather.temp_c.shape[1])
    columns = zip(*found, strict=True) if found else [np.empty(shape)] * 5
    peak, *others = (np.array(column).reshape(-1, shape[1]) for column in columns)
    peak = peak.astype(np.intp)
    return DailySummary(np.array(days, dtype="datetime64[D]"), peak, clock[peak], *others)


def _one_day(given: Fwi2025Hours, run: Fwi2025Run, hours: Rows, usual: int) -> tuple[Numbers, ...]:
    """Return peak, spread hours, smoothed wind, ISI and GSI of a day, each of shape (sites,)."""
    wind = given.weather.wind_kmh[hours]
    smooth = _smoothed(wind)
    isi = fwi.initial_spread_index(run.codes.ffmc[hours], smooth, family=FfmcFamily.CFFDRS)
    is_dry = (run.codes.ffmc[hours] >= _DRY_FFMC).any(axis=0)
    within = np.where(is_dry, isi.argmax(axis=0), usual - hours[0])
    sites = np.arange(len(within))
    peak = hours[within]
    shape = given.weather.temp_c.shape
    curing = curing_effect(np.broadcast_to(given.grass.cured_pct, shape)[peak, sites])
    standing = given.grass.form.is_standing(given.hour.astype("datetime64[D]"), given.sites.lat_deg)
    upright = standing[peak, 0]
    moisture = np.where(upright, run.codes.standing_pct[peak, sites], run.codes.matted_pct[peak, sites])
    calm = smooth[within, sites]
    gsi = grass_spread_index(moisture, calm, curing, upright)
    return peak, (isi >= _SPREADING_ISI).sum(axis=0), calm, isi[within, sites], gsi


def _smoothed(wind: Numbers) -> Numbers:
    """Return a day's wind over its neighbours, shape (hours, sites)."""
    last = len(wind) - 1
    smooth = np.empty_like(wind)
    for hour in range(len(wind)):
        reach = min(2, hour, last - hour)
        smooth[hour] = np.tensordot(_WEIGHTS[reach], wind[hour - reach : hour + reach + 1], axes=1)
    return smooth
