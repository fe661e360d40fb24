"""Fire danger: a day's weather to moisture codes, to indices, to a rating; and how a fire would behave.

Pure: class tables, method and gap policy come in as arguments. `rate_series` rates a station day by day; `run_days`
computes codes and indices over arrays, `run_grid` over whole grids in bounded memory, `run_stations` over rows of many
stations; `firewatch.danger.fwi` holds the daily equations. Hourly, diurnal, sheltered and grass moisture, seasons and
winters stand beside them, the simple indices (`kbdi`, `mcarthur`, `simple`) too; classes by agencies' limits and by a
station's own percentiles are in `index_classes` and `percentiles`; `firewatch.danger.fbp` is the Fire Behavior
Prediction System, and `firewatch.danger.fwi2025` the hourly system of 2025, whose codes never go into it; `wang` is the
spread model used in China. `index_surface` and `weather_surface` lead from stations to a map.
"""

from firewatch.danger.arrivals import ObservedSpread, spread_from_arrivals
from firewatch.danger.chains import StationDays, StationGap, run_stations
from firewatch.danger.class_tables import DangerTable, EmptyTable, HtzTable, LimitSide, RainTable, StepTable
from firewatch.danger.conventions import DayLengthBands, DmcForm, FfmcFamily, FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, run_days, step_day
from firewatch.danger.diurnal import DiurnalGrid, DiurnalTables, HumidityLimits, diurnal_fine_fuel_moisture_code
from firewatch.danger.fbp import (
    FbpCases,
    FbpMethod,
    FuelBed,
    FuelType,
    behaviour_table,
    predict_behaviour,
    predict_primary,
)
from firewatch.danger.forest_fuels import ForestFuel, ForestFuels, NamedFuels, fuels_by_name
from firewatch.danger.grass import (
    NOMINAL_GRASS_LOAD_KG_M2,
    grass_fuel_moisture_code,
    grass_fuel_moisture_pct,
    grass_moisture_of_code,
)
from firewatch.danger.grid import Engine, GridDays, GridRun, best_engine, run_grid
from firewatch.danger.grid_gaps import FilledDays, LastReadings, fill_grid_gaps
from firewatch.danger.grid_season import run_grid_seasons
from firewatch.danger.hourly import hourly_fine_fuel_moisture_code, run_hourly_ffmc
from firewatch.danger.htz import RainMemory, grade_of, rate_parts
from firewatch.danger.htz_days import HtzColumns, HtzDays, dry_spells, run_htz
from firewatch.danger.index_classes import (
    NO_CLASS,
    Classified,
    ClassTable,
    DangerClass,
    DangerIndex,
    IndexLimits,
    Provenance,
    SourceMark,
    classify,
    classify_all,
)
from firewatch.danger.kbdi import KbdiForm, KbdiState, run_kbdi, step_kbdi
from firewatch.danger.mcarthur import (
    DroughtLimit,
    RainAge,
    drought_factor,
    drought_factor_days,
    drought_factor_noble,
    forest_fire_danger_index,
)
from firewatch.danger.noon import NoonReadings, NoonRules, missing_hours, noon_instant, noon_readings
from firewatch.danger.overwinter import CarryOver, WinterWetting, overwintered_drought_code
from firewatch.danger.percentiles import (
    IndexRecord,
    PercentileScheme,
    RecordRules,
    percentile_rank,
    percentile_table,
)
from firewatch.danger.quality import FieldLimits, QualityLimits, Span, check_hours, check_noon
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
from firewatch.danger.signals import hunan_signal
from firewatch.danger.simple import (
    angstroem_index,
    fosberg_index,
    goodrick_index,
    hot_dry_windy_index,
    nesterov_index,
    run_nesterov,
)
from firewatch.danger.sorption import StepWeather
from firewatch.danger.sum_table import LicensedCopy, StepPart, SumRatings, SumTable, rate_sums
from firewatch.danger.surface import SurfaceIndex, index_surface, weather_surface
from firewatch.danger.surface_grid import SurfaceAxes, SurfaceGrid
from firewatch.danger.vapour import dew_point, vapour_pressure_deficit
from firewatch.danger.wang import WangFire, WangSpread, wang_rate_of_spread

__all__ = [
    "COLD_START",
    "NOMINAL_GRASS_LOAD_KG_M2",
    "NO_CLASS",
    "AlwaysOn",
    "CarryOver",
    "ClassTable",
    "Classified",
    "CodeArrays",
    "CodeDay",
    "DailyWeather",
    "DangerClass",
    "DangerIndex",
    "DangerRules",
    "DangerTable",
    "DayLengthBands",
    "DiurnalGrid",
    "DiurnalTables",
    "DmcForm",
    "DroughtLimit",
    "EmptyTable",
    "Engine",
    "FbpCases",
    "FbpMethod",
    "FfmcFamily",
    "FieldLimits",
    "FilledDays",
    "FirePreventionPeriod",
    "ForestFuel",
    "ForestFuels",
    "FuelBed",
    "FuelType",
    "FwiMethod",
    "GapPolicy",
    "GfwedSeason",
    "GridDays",
    "GridRun",
    "HtzColumns",
    "HtzDays",
    "HtzTable",
    "HumidityLimits",
    "IndexArrays",
    "IndexLimits",
    "IndexRecord",
    "KbdiForm",
    "KbdiState",
    "LastReadings",
    "LicensedCopy",
    "LimitSide",
    "MonthDay",
    "NamedFuels",
    "NoonReadings",
    "NoonRules",
    "ObservedSpread",
    "PercentileScheme",
    "Provenance",
    "QualityLimits",
    "RainAge",
    "RainMemory",
    "RainTable",
    "RatedSeries",
    "RecordRules",
    "SeasonDays",
    "SeasonRule",
    "SeasonSpan",
    "SeasonStart",
    "SeasonState",
    "SeasonWeather",
    "SeriesRules",
    "SnowSeason",
    "SourceMark",
    "Span",
    "StationDays",
    "StationGap",
    "StationState",
    "StepPart",
    "StepTable",
    "StepWeather",
    "SumRatings",
    "SumTable",
    "SurfaceAxes",
    "SurfaceGrid",
    "SurfaceIndex",
    "TemperatureSeason",
    "WangFire",
    "WangSpread",
    "WinterWetting",
    "angstroem_index",
    "behaviour_table",
    "best_engine",
    "check_hours",
    "check_noon",
    "classify",
    "classify_all",
    "day_of",
    "dew_point",
    "diurnal_fine_fuel_moisture_code",
    "drought_factor",
    "drought_factor_days",
    "drought_factor_noble",
    "dry_spells",
    "fill_grid_gaps",
    "forest_fire_danger_index",
    "fosberg_index",
    "fuels_by_name",
    "goodrick_index",
    "grade_of",
    "grass_fuel_moisture_code",
    "grass_fuel_moisture_pct",
    "grass_moisture_of_code",
    "hot_dry_windy_index",
    "hourly_fine_fuel_moisture_code",
    "hunan_signal",
    "index_surface",
    "indices_of",
    "missing_hours",
    "nesterov_index",
    "noon_instant",
    "noon_readings",
    "overwintered_drought_code",
    "percentile_rank",
    "percentile_table",
    "predict_behaviour",
    "predict_primary",
    "rate_day",
    "rate_parts",
    "rate_series",
    "rate_stations",
    "rate_sums",
    "run",
    "run_days",
    "run_grid",
    "run_grid_seasons",
    "run_hourly_ffmc",
    "run_htz",
    "run_kbdi",
    "run_nesterov",
    "run_seasons",
    "run_stations",
    "season_days",
    "season_spans",
    "sheltered_duff_moisture_code",
    "sheltered_start",
    "spread_from_arrivals",
    "start_station",
    "step",
    "step_day",
    "step_kbdi",
    "vapour_pressure_deficit",
    "wang_rate_of_spread",
    "weather_surface",
]
