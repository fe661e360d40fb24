"""What is believed of the weather and of fire danger between stations, before a record teaches better.

Set by judgement for noon in hills of a few hundred metres and stations tens of kilometres apart; not measured at any
place. `firewatch.learning.surface.fit_field` moves the first three numbers to what readings show. Temperature
falls with height by 6.5 degC per km (the standard atmosphere's rate, close to that of daily maxima [1]), give or take
1.5; the dew point by 3, give or take 2: a lifted parcel's falls by 1.8, the environment's faster.

References
----------
.. [1] Blandford, T.R. et al. (2008). Seasonal and synoptic variations in near-surface air temperature lapse rates in a
   mountainous basin. Journal of Applied Meteorology and Climatology 47, 249.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.danger.class_tables import LimitSide
from firewatch.danger.kriging import FieldPrior, FieldScale
from firewatch.danger.surface import SurfaceRules
from firewatch.danger.surface_grid import ClassLimits, SurfaceTrust

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EFFIS_FWI", "PRIORS", "WEATHER", "rules_of"]

_PLAIN, _LOG, _RAIN = FieldScale.PLAIN, FieldScale.LOG, FieldScale.RAIN

# The fields of `WeatherFields`, in its order.
WEATHER = ("temp_c", "dew_point_c", "wind_kmh", "rain_mm", "ffmc", "dmc", "dc")

PRIORS: Mapping[str, FieldPrior] = {
    "temp_c": FieldPrior(_PLAIN, 1.2, 80.0, 0.5, -6.5, 1.5, -60.0, 60.0),
    "dew_point_c": FieldPrior(_PLAIN, 1.5, 80.0, 0.7, -3.0, 2.0, -240.0, 60.0),
    "wind_kmh": FieldPrior(_LOG, 0.35, 40.0, 0.25, 0.2, 0.4, 0.0, 400.0),
    "rain_mm": FieldPrior(_RAIN, 0.9, 30.0, 0.2, 0.0, 0.5, 0.0, 2000.0),
    "ffmc": FieldPrior(_PLAIN, 5.0, 50.0, 2.0, 0.0, 3.0, 0.0, 101.0),
    "dmc": FieldPrior(_LOG, 0.4, 60.0, 0.1, 0.0, 0.5, 0.0, 1e4),
    "dc": FieldPrior(_LOG, 0.25, 80.0, 0.05, 0.0, 0.3, 0.0, 1e4),
    "isi": FieldPrior(_LOG, 0.5, 40.0, 0.2, 0.0, 0.6, 0.0, 1e4),
    "bui": FieldPrior(_LOG, 0.4, 60.0, 0.1, 0.0, 0.5, 0.0, 1e4),
    "fwi": FieldPrior(_LOG, 0.5, 45.0, 0.2, 0.0, 0.6, 0.0, 1e4),
    "dsr": FieldPrior(_LOG, 0.7, 45.0, 0.3, 0.0, 0.8, 0.0, 1e4),
    "htz": FieldPrior(_PLAIN, 10.0, 60.0, 5.0, -10.0, 10.0, -100.0, 300.0),
}

# European Forest Fire Information System, classes very low to extreme, for lack of limits published for China: those of
# configs/danger_classes/effis.toml, which no pure layer reads; a test holds the two equal.
EFFIS_FWI = ClassLimits((5.2, 11.2, 21.3, 38.0, 50.0))
# Highest HTZ of grades 1 to 4, LY/T 1172-1995.
_LY_T_1172 = ClassLimits((25.0, 50.0, 72.0, 90.0), LimitSide.LOWER)
_HTZ_TRUST = SurfaceTrust(most_sigma=20.0)  # a grade is about as wide


def rules_of(quantity: str) -> SurfaceRules | None:
    """Return the classes and the trust of a quantity that has published limits, FWI or HTZ; None for others."""
    if quantity == "fwi":
        return SurfaceRules(EFFIS_FWI, FieldScale.LOG)
    return SurfaceRules(_LY_T_1172, FieldScale.PLAIN, _HTZ_TRUST) if quantity == "htz" else None
