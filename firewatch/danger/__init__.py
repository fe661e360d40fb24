"""Fire danger: a day's weather to moisture codes, to indices, to a grade; and how a fire would behave.

Pure: weather, class tables, method and gap policy come in as arguments; nothing is read and no clock is asked. Tables
that ship are read by `firewatch.adapters.danger_tables` (Chinese grades) and `class_tables` (agencies' limits). Units
are in the names: [deg C], [%], [km/h] for the FWI System, [m/s] for HTZ, [mm].

============================  ============================================================================
one equation of 1987          `fine_fuel_moisture_code` ... `daily_severity_rating`
arrays, consecutive days      `run_days`, from `CodeArrays.of(COLD_START, shape)`
a grid, in bounded memory     `run_grid`
rows of many stations         `run_stations`
a station of `Observation`    `run` (codes and indices), `rate_series` (with the Chinese grade)
the Chinese grade alone       `run_htz`, `grade_day`; a standard filled in: `rate_sums`
agencies' classes             `classify`; of the station's own record: `percentile_table`
seasons and winters           `season_days`, `run_seasons`, `overwintered_drought_code`
other hours, litter, grass    `run_hourly_ffmc`, `diurnal_...`, `sheltered_...`, `grass_...`
simple indices                `run_kbdi`, `forest_fire_danger_index`, `nesterov_index`, `fosberg_index`, ...
how a fire would behave       `behaviour_table`, `predict_behaviour` (FBP); `wang_rate_of_spread`
from stations to a map        `index_surface`, `weather_surface`
============================  ============================================================================

`firewatch.danger.fwi2025` is the hourly system of 2025: another scale, whose codes never go into grades or FBP. The
page docs/tutorial/fire-danger.md leads through it.
"""

from firewatch.danger.arrivals import ObservedSpread, spread_from_arrivals
from firewatch.danger.chains import StationDays, StationGap, run_stations
from firewatch.danger.class_tables import (
    DangerTable,
    EmptyTable,
    HtzTable,
    LimitSide,
    RainTable,
    RatingTable,
    StepTable,
)
from firewatch.danger.conventions import DayLengthBands, DmcForm, FfmcFamily, FwiMethod
from firewatch.danger.daily import CodeArrays, DailyWeather, IndexArrays, indices_of, months_of, run_days, step_day
from firewatch.danger.day_grade import DayGrade, grade_day
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
from firewatch.danger.fwi import (
    buildup_index,
    daily_severity_rating,
    drought_code,
    duff_moisture_code,
    fine_fuel_moisture_code,
    fire_weather_index,
    initial_spread_index,
)
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
from firewatch.danger.sum_table import LicensedCopy, StepPart, SumRatings, SumTable, rate_sums, sum_parts
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
    "DayGrade",
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
    "RatingTable",
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
    "buildup_index",
    "check_hours",
    "check_noon",
    "classify",
    "classify_all",
    "daily_severity_rating",
    "day_of",
    "dew_point",
    "diurnal_fine_fuel_moisture_code",
    "drought_code",
    "drought_factor",
    "drought_factor_days",
    "drought_factor_noble",
    "dry_spells",
    "duff_moisture_code",
    "fill_grid_gaps",
    "fine_fuel_moisture_code",
    "fire_weather_index",
    "forest_fire_danger_index",
    "fosberg_index",
    "fuels_by_name",
    "goodrick_index",
    "grade_day",
    "grade_of",
    "grass_fuel_moisture_code",
    "grass_fuel_moisture_pct",
    "grass_moisture_of_code",
    "hot_dry_windy_index",
    "hourly_fine_fuel_moisture_code",
    "hunan_signal",
    "index_surface",
    "indices_of",
    "initial_spread_index",
    "missing_hours",
    "months_of",
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
    "sum_parts",
    "vapour_pressure_deficit",
    "wang_rate_of_spread",
    "weather_surface",
]
