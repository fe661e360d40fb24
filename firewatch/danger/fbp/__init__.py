"""The Canadian Forest Fire Behavior Prediction System: from fuel, codes, wind and slope to how a fire behaves.

`behaviour_table` takes and returns columns as cffdrs names them; `predict_behaviour` takes arrays; the modules hold the
equations, each as a function over arrays: `fuels`, `moisture`, `spread`, `consumption`, `crown`, `slope`, `shape`,
`growth`.
"""

from firewatch.danger.fbp.cases import FbpCases, FbpWeather, FireRun, FoliarSeason, Terrain
from firewatch.danger.fbp.crown import FireKind
from firewatch.danger.fbp.fuels import FuelBed, FuelParameters, FuelType, fuel_codes
from firewatch.danger.fbp.shape import PerimeterForm
from firewatch.danger.fbp.system import (
    FbpMethod,
    PrimaryOutputs,
    SecondaryOutputs,
    predict_behaviour,
    predict_primary,
)
from firewatch.danger.fbp.table import FBP_COLUMNS, FBP_OUTPUTS, ColumnRule, InputPolicy, behaviour_table

__all__ = [
    "FBP_COLUMNS",
    "FBP_OUTPUTS",
    "ColumnRule",
    "FbpCases",
    "FbpMethod",
    "FbpWeather",
    "FireKind",
    "FireRun",
    "FoliarSeason",
    "FuelBed",
    "FuelParameters",
    "FuelType",
    "InputPolicy",
    "PerimeterForm",
    "PrimaryOutputs",
    "SecondaryOutputs",
    "Terrain",
    "behaviour_table",
    "fuel_codes",
    "predict_behaviour",
    "predict_primary",
]
