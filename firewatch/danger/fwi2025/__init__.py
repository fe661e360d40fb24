"""FWI2025, the next generation of the Canadian Fire Weather Index System, beside the system of 1987.

`run_fwi2025` computes hours over arrays, `summarise_days` their days, `hours_of_days` hourly weather from a day's least
and greatest values. Its codes and indices are never an input of the Fire Behavior Prediction System: that was fitted to
the codes of 1987.
"""

from firewatch.danger.fwi2025.cover import DEFAULT_GRASS_LOAD_KG_M2, GrassCover, GrassForm, curing_of_days
from firewatch.danger.fwi2025.minmax import MinMaxDays, hours_of_days, minmax_of_noon
from firewatch.danger.fwi2025.state import Fwi2025State
from firewatch.danger.fwi2025.summary import DailySummary, summarise_days
from firewatch.danger.fwi2025.sun import Sites, SunTimes, solar_radiation_kw_m2, sun_times
from firewatch.danger.fwi2025.system import (
    Fwi2025Codes,
    Fwi2025Hours,
    Fwi2025Indices,
    Fwi2025Run,
    Fwi2025Sky,
    run_fwi2025,
)

__all__ = [
    "DEFAULT_GRASS_LOAD_KG_M2",
    "DailySummary",
    "Fwi2025Codes",
    "Fwi2025Hours",
    "Fwi2025Indices",
    "Fwi2025Run",
    "Fwi2025Sky",
    "Fwi2025State",
    "GrassCover",
    "GrassForm",
    "MinMaxDays",
    "Sites",
    "SunTimes",
    "curing_of_days",
    "hours_of_days",
    "minmax_of_noon",
    "run_fwi2025",
    "solar_radiation_kw_m2",
    "summarise_days",
    "sun_times",
]
