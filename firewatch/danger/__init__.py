"""Fire danger: a day's weather to moisture codes, to indices, to a rating.

Pure: class tables, method and gap policy come in as arguments. `rate_series` rates a station day by day; `run_days`
computes codes and indices over arrays; `firewatch.danger.fwi` holds the equations.
"""

from firewatch.danger.chains import StationDays, StationGap, run_stations
from firewatch.danger.class_tables import DangerTable, EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.danger.conventions import DayLengthBands, FfmcFamily, FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, run_days, step_day
from firewatch.danger.htz import RainMemory, grade_of, rate_parts
from firewatch.danger.kbdi import KbdiForm, KbdiState, run_kbdi, step_kbdi
from firewatch.danger.mcarthur import (
    DroughtLimit,
    RainAge,
    drought_factor,
    drought_factor_days,
    drought_factor_noble,
    forest_fire_danger_index,
)
from firewatch.danger.rating import (
    DangerRules,
    RatedSeries,
    StationState,
    rate_day,
    rate_series,
    rate_stations,
    start_station,
)
from firewatch.danger.series import COLD_START, CodeDay, GapPolicy, SeriesRules, day_of, run, step
from firewatch.danger.simple import (
    angstroem_index,
    fosberg_index,
    goodrick_index,
    hot_dry_windy_index,
    nesterov_index,
    run_nesterov,
)
from firewatch.danger.vapour import dew_point, vapour_pressure_deficit

__all__ = [
    "COLD_START",
    "CodeArrays",
    "CodeDay",
    "DailyWeather",
    "DangerRules",
    "DangerTable",
    "DayLengthBands",
    "DroughtLimit",
    "EmptyTable",
    "FfmcFamily",
    "FwiMethod",
    "GapPolicy",
    "HtzTable",
    "IndexArrays",
    "KbdiForm",
    "KbdiState",
    "LimitSide",
    "RainAge",
    "RainMemory",
    "RainTable",
    "RatedSeries",
    "SeriesRules",
    "StationDays",
    "StationGap",
    "StationState",
    "StepTable",
    "angstroem_index",
    "day_of",
    "dew_point",
    "drought_factor",
    "drought_factor_days",
    "drought_factor_noble",
    "forest_fire_danger_index",
    "fosberg_index",
    "goodrick_index",
    "grade_of",
    "hot_dry_windy_index",
    "indices_of",
    "nesterov_index",
    "rate_day",
    "rate_parts",
    "rate_series",
    "rate_stations",
    "run",
    "run_days",
    "run_kbdi",
    "run_nesterov",
    "run_stations",
    "start_station",
    "step",
    "step_day",
    "step_kbdi",
    "vapour_pressure_deficit",
]
