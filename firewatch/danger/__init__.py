"""Fire danger: a day's weather to moisture codes, to indices, to a rating.

Pure: class tables, method and gap policy come in as arguments. `rate_series` rates a station day by day; `run_days`
computes codes and indices over arrays; `firewatch.danger.fwi` holds the equations.
"""

from firewatch.danger.class_tables import DangerTable, EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.danger.conventions import DayLengthBands, FfmcFamily, FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, run_days, step_day
from firewatch.danger.fbp import (
    FbpCases,
    FbpMethod,
    FuelBed,
    FuelType,
    behaviour_table,
    predict_behaviour,
    predict_primary,
)
from firewatch.danger.htz import RainMemory, grade_of, rate_parts
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

__all__ = [
    "COLD_START",
    "CodeArrays",
    "CodeDay",
    "DailyWeather",
    "DangerRules",
    "DangerTable",
    "DayLengthBands",
    "EmptyTable",
    "FbpCases",
    "FbpMethod",
    "FfmcFamily",
    "FuelBed",
    "FuelType",
    "FwiMethod",
    "GapPolicy",
    "HtzTable",
    "IndexArrays",
    "LimitSide",
    "RainMemory",
    "RainTable",
    "RatedSeries",
    "SeriesRules",
    "StationState",
    "StepTable",
    "behaviour_table",
    "day_of",
    "grade_of",
    "indices_of",
    "predict_behaviour",
    "predict_primary",
    "rate_day",
    "rate_parts",
    "rate_series",
    "rate_stations",
    "run",
    "run_days",
    "start_station",
    "step",
    "step_day",
]
