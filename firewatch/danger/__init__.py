"""Fire danger: a day's weather to moisture codes, to indices, to a rating.

Pure: class tables, method and gap policy come in as arguments. `rate_series` rates a station day by day; `run_days`
computes codes and indices over arrays; `firewatch.danger.fwi` holds the equations.
"""

from firewatch.danger.class_tables import DangerTable, EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.danger.conventions import DayLengthBands, FfmcFamily, FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, run_days, step_day
from firewatch.danger.diurnal import DiurnalGrid, DiurnalTables, HumidityLimits, diurnal_fine_fuel_moisture_code
from firewatch.danger.grass import (
    NOMINAL_GRASS_LOAD_KG_M2,
    grass_fuel_moisture_code,
    grass_fuel_moisture_pct,
    grass_moisture_of_code,
)
from firewatch.danger.hourly import hourly_fine_fuel_moisture_code, run_hourly_ffmc
from firewatch.danger.htz import RainMemory, grade_of, rate_parts
from firewatch.danger.overwinter import CarryOver, WinterWetting, overwintered_drought_code
from firewatch.danger.rating import (
    DangerRules,
    RatedSeries,
    StationState,
    rate_day,
    rate_series,
    rate_stations,
    start_station,
)
from firewatch.danger.season import SeasonDays, SeasonRule, SeasonSpan, season_days, season_spans
from firewatch.danger.season_rules import (
    AlwaysOn,
    FirePreventionPeriod,
    GfwedSeason,
    MonthDay,
    SeasonWeather,
    SnowSeason,
    TemperatureSeason,
)
from firewatch.danger.season_run import SeasonStart, SeasonState, run_seasons
from firewatch.danger.series import COLD_START, CodeDay, GapPolicy, SeriesRules, day_of, run, step
from firewatch.danger.sheltered import sheltered_duff_moisture_code, sheltered_start
from firewatch.danger.sorption import StepWeather

__all__ = [
    "COLD_START",
    "NOMINAL_GRASS_LOAD_KG_M2",
    "AlwaysOn",
    "CarryOver",
    "CodeArrays",
    "CodeDay",
    "DailyWeather",
    "DangerRules",
    "DangerTable",
    "DayLengthBands",
    "DiurnalGrid",
    "DiurnalTables",
    "EmptyTable",
    "FfmcFamily",
    "FirePreventionPeriod",
    "FwiMethod",
    "GapPolicy",
    "GfwedSeason",
    "HtzTable",
    "HumidityLimits",
    "IndexArrays",
    "LimitSide",
    "MonthDay",
    "RainMemory",
    "RainTable",
    "RatedSeries",
    "SeasonDays",
    "SeasonRule",
    "SeasonSpan",
    "SeasonStart",
    "SeasonState",
    "SeasonWeather",
    "SeriesRules",
    "SnowSeason",
    "StationState",
    "StepTable",
    "StepWeather",
    "TemperatureSeason",
    "WinterWetting",
    "day_of",
    "diurnal_fine_fuel_moisture_code",
    "grade_of",
    "grass_fuel_moisture_code",
    "grass_fuel_moisture_pct",
    "grass_moisture_of_code",
    "hourly_fine_fuel_moisture_code",
    "indices_of",
    "overwintered_drought_code",
    "rate_day",
    "rate_parts",
    "rate_series",
    "rate_stations",
    "run",
    "run_days",
    "run_hourly_ffmc",
    "run_seasons",
    "season_days",
    "season_spans",
    "sheltered_duff_moisture_code",
    "sheltered_start",
    "start_station",
    "step",
    "step_day",
]
