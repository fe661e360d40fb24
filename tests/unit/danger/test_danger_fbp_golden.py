"""The FBP System against the outputs of reference programs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from firewatch.danger import FfmcFamily
from firewatch.danger.fbp import (
    FBP_OUTPUTS,
    FbpMethod,
    FuelBed,
    FuelType,
    PerimeterForm,
    behaviour_table,
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

REFERENCE = PerimeterForm.CFFDRS
FULL_PRECISION = 1e-9
NOT_NUMBERS = {"FUELTYPE", "option"}
ROUNDING = 1e-12  # of 1 - exp(-x) at tiny x, and of sums of winds, in either program
# The reference's component sweeps print these angles rounded to four digits [deg]; they are multiples of 218.7.
SWEPT_ANGLES_DEG = {-3.142: -180.0, 0.6754: 38.7, 2.026: 116.1, 4.492: 257.4}


def read_texts(path: Path, delimiter: str = ",") -> dict[str, list[str]]:
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader((line for line in stream if not line.startswith("#")), delimiter=delimiter))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(texts: list[str]) -> Numbers:
    return np.array([np.nan if text in {"NA", ""} else float(text) for text in texts])


def half_unit(printed: Numbers) -> Numbers:
    """Return half a unit of the last digit of numbers printed with 4 digits and at least 2 decimals."""
    with np.errstate(divide="ignore"):
        decimals = np.where(printed == 0.0, 12.0, np.maximum(2.0, 3.0 - np.floor(np.log10(np.abs(printed)))))
    return 0.5000001 * 10.0**-decimals


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
COMPARED = {
    "BackRateOfSpread": 1088,
    "BuildupEffect": 2103,
    "C6CriticalSurfaceIntensity": 4102,
    "C6CriticalSurfaceRateOfSpread": 4102,
    "C6CrownFractionBurned": 3078,
    "C6CrownRateOfSpread": 4102,
    "C6IntermediateSurfaceRateOfSpread": 4102,
    "C6SurfaceRateOfSpread": 4102,
    "CriticalSurfaceIntensity": 1869,
    "CriticalSurfaceRateOfSpread": 1869,
    "CrownBaseHeight": 2795,
    "CrownFractionBurned": 1869,
    "CrownFuelConsumption": 1472,
    "DistanceAtTime": 1866,
    "FireIntensity": 2966,
    "FlankRateOfSpread": 2964,
    "FoliarMoistureContent": 2284,
    "LengthToBreadthRatio": 3145,
    "LengthToBreadthRatioAtTime": 1596,
    "RateOfSpread": 3271,
    "RateOfSpreadAtTheta": 1757,
    "RateOfSpreadAtTime": 1866,
    "SurfaceFuelConsumption": 1890,
    "TotalFuelConsumption": 1472,
}


def read_component(shared_data: Path, name: str) -> Columns:
    """Return the columns of a component's file, fuels as codes."""
    texts = read_texts(shared_data / "danger" / "cffdrs_r" / "expected" / f"{name}.csv")
    columns: Columns = {column: numbers(values) for column, values in texts.items() if column not in NOT_NUMBERS}
    if "FUELTYPE" in texts:
        columns["FUELTYPE"] = fuel_codes(texts["FUELTYPE"])
    return columns


def burning(given: Columns) -> npt.NDArray[np.bool_]:
    some = next(iter(given.values()))
    return given["FUELTYPE"] < FuelType.NF if "FUELTYPE" in given else np.full(some.shape, fill_value=True)


def assert_printed(got: Numbers, printed: Numbers) -> None:
    """Fail unless each number rounds to the printed one, or neither is one."""
    with np.errstate(invalid="ignore"):
        agrees = (np.abs(got - printed) <= np.maximum(half_unit(printed), ROUNDING)) | (got == printed)
    agrees |= np.isnan(got) & np.isnan(printed)
    first = int(np.argmin(agrees))
    assert agrees.all(), f"{(~agrees).sum()} of {got.size}, first row {first}: {got[first]} for {printed[first]}"


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(COMPUTED))
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # the rows that are left out
def test_a_component_is_the_reference_programs(shared_data: Path, name: str) -> None:
    given = read_component(shared_data, name)
    rows = burning(given) & PHYSICAL.get(name, burning)(given)
    assert rows.sum() == COMPARED[name]
    assert_printed(COMPUTED[name](given)[rows], given[name][rows])


@pytest.mark.shared
def test_wind_and_slope_together_are_the_reference_programs(shared_data: Path) -> None:
    given = read_component(shared_data, "Slope")
    rows = burning(given) & has_a_number(given)
    assert rows.sum() == 1793
    net = net_wind(given)
    # Without any wind the reference leaves the rounding of its sums as speed, and as azimuth what comes of that.
    speed, printed = net.speed_kmh[rows], given["WSV"][rows]
    calm = printed < 1e-9
    assert (speed[calm] < 1e-9).all()
    assert_printed(speed[~calm], printed[~calm])
    assert_printed(np.radians(net.azimuth_deg[rows])[~calm], given["RAZ"][rows][~calm])


# --- the reference program as a whole


def standard_cases(shared_data: Path) -> dict[str, list[str]]:
    return read_texts(shared_data / "danger" / "cffdrs_r" / "input" / "test_fbp.csv", delimiter=";")


def assert_table(outputs: Columns, path: Path, relative: float | None = None) -> None:
    """Fail unless outputs agree with those in a file: to a relative error, or to the last printed digit."""
    wanted = read_texts(path)
    for name in wanted:
        if name == "FD":
            assert outputs[name].tolist() == wanted[name]
        elif name != "ID" and relative is not None:
            np.testing.assert_allclose(outputs[name], numbers(wanted[name]), rtol=relative, atol=1e-13, err_msg=name)
        elif name != "ID":
            assert_printed(outputs[name].astype(float), numbers(wanted[name]))


FILES: dict[str, tuple[slice, str | None]] = {
    **{f"fbp_0{number}": (slice(None), None) for number in range(1, 8)},
    "fbp_08": (slice(6, 7), None),
    "fbp_09": (slice(7, 13), None),
    "fbp_11": (slice(None), "NF"),
    "fbp_12": (slice(None), "WA"),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(FILES))
def test_the_standard_cases_are_the_reference_programs(shared_data: Path, name: str) -> None:
    rows, fuel = FILES[name]
    given = {column: texts[rows] for column, texts in standard_cases(shared_data).items()}
    if fuel:
        given["FuelType"] = [fuel] * len(given["FuelType"])
    assert_table(behaviour_table(given), shared_data / "danger" / "cffdrs_r" / "expected" / f"{name}.csv")


@pytest.mark.shared
def test_no_table_at_all_is_the_reference_programs_default_case(shared_data: Path) -> None:
    assert_table(behaviour_table({}), shared_data / "danger" / "cffdrs_r" / "expected" / "fbp_10.csv")


@pytest.mark.shared
@pytest.mark.parametrize(("name", "accel"), [("fbp_all", None), ("fbp_all_accel0", 0), ("fbp_all_accel1", 1)])
def test_the_standard_cases_agree_to_full_precision(shared_data: Path, name: str, accel: int | None) -> None:
    given: dict[str, Any] = standard_cases(shared_data)
    if accel is not None:
        given["Accel"] = [accel] * 20
    path = shared_data / "danger" / "cffdrs_r" / "full_precision" / f"{name}.csv"
    assert_table(behaviour_table(given), path, FULL_PRECISION)


@pytest.mark.shared
def test_an_older_version_of_the_program_agrees_with_its_own_constants(shared_data: Path) -> None:
    outputs = behaviour_table(standard_cases(shared_data), method=FbpMethod(FfmcFamily.CFFDRS_MIDDLE, REFERENCE))
    path = shared_data / "danger" / "cffdrs_r" / "expected" / "test_fbp_out_Rdata_test_fbp_out.csv"
    assert_table(outputs, path, FULL_PRECISION)


@pytest.mark.shared
def test_three_thousand_random_cases_agree_to_full_precision(shared_data: Path) -> None:
    table = read_texts(shared_data / "danger" / "cffdrs_r" / "full_precision" / "fbp_sweep.csv")
    assert len(table["id"]) == 3000
    outputs = behaviour_table({name: texts for name, texts in table.items() if name not in FBP_OUTPUTS} | inputs(table))
    for name in FBP_OUTPUTS:
        wanted = table.get(f"{name}_out", table[name])
        if name == "FD":
            assert outputs[name].tolist() == wanted
        else:
            np.testing.assert_allclose(outputs[name], numbers(wanted), rtol=FULL_PRECISION, atol=1e-13, err_msg=name)


def inputs(table: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the inputs of the sweep that share their names with outputs."""
    return {name: table[name] for name in ("FFMC", "ISI", "D0")}


@pytest.mark.shared
@pytest.mark.parametrize(("name", "column", "relative"), [("ROS", 18, 1e-9), ("HFI", 21, 1e-9), ("CFB", 24, 1e-8)])
def test_a_second_program_agrees_but_in_its_plantations(
    shared_data: Path, name: str, column: int, relative: float
) -> None:
    with (shared_data / "danger" / "gagreene" / "Wotton2009_reference_results.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[2:]
    # Its C6 (cases 6, 19, 20) is another; it prints ten digits.
    others = np.array([row[1] != "C6" for row in rows])
    assert others.sum() == 17
    got = behaviour_table(standard_cases(shared_data))[name][others]
    printed = numbers([row[column + 1] for row in rows])[others]
    np.testing.assert_allclose(got, printed, rtol=relative, atol=6e-10)
