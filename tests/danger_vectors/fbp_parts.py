"""The FBP System's vectors: the reference program's component functions, swept over their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from danger_vectors.comparing import FOUR, Compared, Digits, Vector
from danger_vectors.reading import half_unit, numbers, read_texts
from firewatch.danger.fbp import (
    FuelBed,
    FuelType,
    PerimeterForm,
    consumption,
    crown,
    fuel_codes,
    growth,
    moisture,
    shape,
    slope,
    spread,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Columns: TypeAlias = dict[str, npt.NDArray[Any]]

__all__ = ["PRINTED", "VECTORS"]

REFERENCE = PerimeterForm.CFFDRS
NOT_NUMBERS = {"FUELTYPE", "option"}
# The reference's component sweeps print these angles rounded to four digits [deg]; they are multiples of 218.7.
SWEPT_ANGLES_DEG = {-3.142: -180.0, 0.6754: 38.7, 2.026: 116.1, 4.492: 257.4}
# Of 1 - exp(-x) at tiny x, and of sums of winds, in either program.
ROUNDING = 1e-12
PRINTED = Digits(FOUR.label, lambda printed: np.maximum(half_unit(printed), ROUNDING))
WHY = "no fuel, or unphysical"


# --- the reference program's component functions, swept over their inputs


def bed_of(given: Columns) -> FuelBed:
    """Return the bed of a component file's columns."""

    def column(name: str, otherwise: float) -> Numbers:
        return np.maximum(given.get(name, np.full(len(given["FUELTYPE"]), otherwise)), 0.0)

    return FuelBed(
        given["FUELTYPE"],
        *(column("PC", 50.0), column("PDF", 35.0), column("CC", 80.0), column("GFL", 0.35)),
        *(column("CBH", 3.0), column("CFL", 1.0)),
    )


def critical_rate(given: Columns) -> Numbers:
    return crown.critical_spread_rate(crown.critical_surface_intensity(given["FMC"], given["CBH"]), given["SFC"])


def alpha(given: Columns) -> Numbers:
    return growth.acceleration_per_min(given["FUELTYPE"], np.maximum(given["CFB"], 0.0))


def minimum_day(given: Columns) -> Numbers:
    computed = moisture.minimum_foliar_moisture_day(given["LAT"], given["LONG"], given["ELV"])
    return np.where(given["D0"] > 0.0, given["D0"], computed)


def net_wind(given: Columns) -> slope.NetWind:
    to, up = (np.array([SWEPT_ANGLES_DEG[angle] for angle in given[name].tolist()]) for name in ("WAZ", "SAZ"))
    equivalent = slope.slope_equivalent_wind(bed_of(given), given["FFMC"], given["GS"], given["FMC"], given["SFC"])
    return slope.add_winds(given["WS"], to, equivalent, up)


def surface_rate(given: Columns) -> Numbers:
    return spread.surface_rate_of_spread(bed_of(given), given["ISI"], given["BUI"])


COMPUTED: dict[str, Callable[[Columns], Numbers]] = {
    "BackRateOfSpread": lambda t: spread.back_rate_of_spread(
        bed_of(t), t["FFMC"], t["WSV"], t["BUI"], t["FMC"], t["SFC"]
    ),
    "BuildupEffect": lambda t: spread.buildup_effect(t["FUELTYPE"], t["BUI"]),
    "C6CriticalSurfaceIntensity": lambda t: crown.critical_surface_intensity(t["FMC"], t["CBH"]),
    "C6CriticalSurfaceRateOfSpread": critical_rate,
    "C6CrownFractionBurned": lambda t: crown.plantation_crown_fraction(
        surface_rate(t), spread.crown_rate_of_spread(t["ISI"], t["FMC"]), critical_rate(t)
    ),
    "C6CrownRateOfSpread": lambda t: spread.crown_rate_of_spread(t["ISI"], t["FMC"]),
    "C6IntermediateSurfaceRateOfSpread": lambda t: spread.surface_rate_of_spread(bed_of(t), t["ISI"], 0.0),
    "C6SurfaceRateOfSpread": surface_rate,
    "CriticalSurfaceIntensity": lambda t: crown.critical_surface_intensity(t["FMC"], t["CBH"]),
    "CriticalSurfaceRateOfSpread": critical_rate,
    "CrownBaseHeight": lambda t: crown.crown_base_height(t["FUELTYPE"], t["CBH"], t["SD"], t["SH"]),
    "CrownFractionBurned": lambda t: crown.crown_fraction_burned(t["ROS"], critical_rate(t)),
    "CrownFuelConsumption": lambda t: consumption.crown_fuel_consumption(bed_of(t), t["CFB"]),
    "DistanceAtTime": lambda t: growth.distance_at_time(t["ROSeq"], alpha(t), t["HR"]),
    "FireIntensity": lambda t: consumption.fire_intensity(t["FC"], t["ROS"]),
    "FlankRateOfSpread": lambda t: shape.flank_rate_of_spread(t["ROS"], t["BROS"], t["LB"]),
    "FoliarMoistureContent": lambda t: np.where(
        t["FMCo"] > 0.0, t["FMCo"], moisture.foliar_moisture_content(t["DJ"], minimum_day(t))
    ),
    "LengthToBreadthRatio": lambda t: shape.length_to_breadth(t["FUELTYPE"], t["WSV"]),
    "LengthToBreadthRatioAtTime": lambda t: growth.length_to_breadth_at_time(t["LB"], alpha(t), t["HR"]),
    "RateOfSpread": lambda t: spread.rate_of_spread(bed_of(t), t["ISI"], t["BUI"], t["FMC"], t["SFC"]),
    "RateOfSpreadAtTheta": lambda t: shape.rate_of_spread_at(
        np.degrees(t["THETA"]), t["ROS"], t["FROS"], t["BROS"], form=REFERENCE
    ),
    "RateOfSpreadAtTime": lambda t: growth.rate_of_spread_at_time(t["ROSeq"], alpha(t), t["HR"]),
    "SurfaceFuelConsumption": lambda t: consumption.surface_fuel_consumption(bed_of(t), t["FFMC"], t["BUI"]),
    "TotalFuelConsumption": lambda t: t["SFC"] + consumption.crown_fuel_consumption(bed_of(t), t["CFB"]),
}


def has_a_number(given: Columns) -> npt.NDArray[np.bool_]:
    """Return where the reference always has one: in C6 without surface fuel it divides by 0."""
    return (given["FUELTYPE"] != FuelType.C6) | (given["SFC"] > 0.0)


# Which rows are physical, where the sweeps go beyond, and how many rows of fuels that burn are left to compare.
PHYSICAL: dict[str, Callable[[Columns], npt.NDArray[np.bool_]]] = {
    "BackRateOfSpread": lambda t: (t["WSV"] >= 0.0) & (t["WSV"] <= 300.0) & has_a_number(t),
    "C6CrownFractionBurned": has_a_number,
    "CrownFuelConsumption": lambda t: (t["CFL"] >= 0.0) & (t["CFB"] >= 0.0),
    "DistanceAtTime": lambda t: t["CFB"] >= 0.0,
    "LengthToBreadthRatio": lambda t: t["WSV"] >= 0.0,
    "LengthToBreadthRatioAtTime": lambda t: t["CFB"] >= 0.0,
    "RateOfSpread": has_a_number,
    "RateOfSpreadAtTime": lambda t: t["CFB"] >= 0.0,
    "TotalFuelConsumption": lambda t: (t["CFL"] >= 0.0) & (t["CFB"] >= 0.0),
}


def read_component(path: Path) -> Columns:
    """Return the columns of a component's file, fuels as codes."""
    texts = read_texts(path)
    columns: Columns = {column: numbers(values) for column, values in texts.items() if column not in NOT_NUMBERS}
    if "FUELTYPE" in texts:
        columns["FUELTYPE"] = fuel_codes(texts["FUELTYPE"])
    return columns


def burning(given: Columns) -> npt.NDArray[np.bool_]:
    """Return which rows are of a fuel that burns."""
    some = next(iter(given.values()))
    return given["FUELTYPE"] < FuelType.NF if "FUELTYPE" in given else np.full(some.shape, fill_value=True)


def _component(path: Path) -> Compared:
    given, name = read_component(path), path.stem
    rows = burning(given) & PHYSICAL.get(name, burning)(given)
    with np.errstate(invalid="ignore"):  # the rows that are left out
        ours = COMPUTED[name](given)
    left_out = int((~rows).sum())
    return Compared({name: (ours[rows], given[name][rows])}, left_out, WHY if left_out else "")


def _wind_and_slope(path: Path) -> Compared:
    """Compare speed and azimuth; without any wind the program leaves its sums' rounding as speed, and no azimuth."""
    given = read_component(path)
    net = net_wind(given)
    calm = given["WSV"] < 1e-9
    rows = burning(given) & has_a_number(given) & ~(calm & (net.speed_kmh < 1e-9))
    columns = {
        "WSV": (net.speed_kmh[rows], given["WSV"][rows]),
        "RAZ": (np.radians(net.azimuth_deg[rows]), given["RAZ"][rows]),
    }
    return Compared(columns, int((~rows).sum()), f"{WHY}, or no wind in either")


def _of(name: str, compare: Callable[[Path], Compared]) -> Vector:
    return Vector(f"cffdrs_r/expected/{name}.csv", f"FBP: {name}", PRINTED, compare)


VECTORS = (*(_of(name, _component) for name in COMPUTED), _of("Slope", _wind_and_slope))
