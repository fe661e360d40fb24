"""Vectors of the other moisture codes: hourly, diurnal, sheltered, grass, and the Drought Code after a winter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from danger_vectors.comparing import FOUR, FOUR_SINGLE, FULL, FULL_STEPS, Compared, Vector, decimals
from danger_vectors.reading import half_unit, physical, read_columns, step_weather
from firewatch.adapters.diurnal_tables import load_diurnal_tables
from firewatch.danger import (
    DayLengthBands,
    StepWeather,
    diurnal_fine_fuel_moisture_code,
    fwi,
    grass_fuel_moisture_code,
    grass_fuel_moisture_pct,
    grass_moisture_of_code,
    hourly_fine_fuel_moisture_code,
    overwintered_drought_code,
    run_hourly_ffmc,
    sheltered_duff_moisture_code,
    sheltered_start,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from danger_vectors.comparing import Column
    from danger_vectors.reading import Numbers

__all__ = ["VECTORS"]

UNPHYSICAL = "unphysical weather"
START = 85.0
TOP = 101.0


# --- hourly


def _hourly_series(path: Path) -> Compared:
    given = read_columns(path)
    return Compared({"ffmc": (run_hourly_ffmc(START, step_weather(given)), given["ffmc"])})


def _hourly_from_input(path: Path) -> Compared:
    want = read_columns(path.parents[1] / "full_precision" / "hffmc.csv")["ffmc"]
    return Compared({"ffmc": (run_hourly_ffmc(START, step_weather(read_columns(path))), want)})


def _hourly_steps(path: Path) -> Compared:
    given = read_columns(path)
    weather = step_weather(given, hours=given["time_step"])
    return Compared({"ffmc": (hourly_fine_fuel_moisture_code(given["ffmc_old"], weather), given["ffmc"])})


def _hourly_sweep(path: Path) -> Compared:
    given = read_columns(path)
    printed = given["hourlyfinefuelmoisturecode"]
    rows = physical(given) & (printed <= TOP)
    weather = step_weather(given, rows, hours=given["time.step"][rows])
    code = hourly_fine_fuel_moisture_code(given["ffmc_old"][rows], weather)
    why = f"{UNPHYSICAL}, or printed above the scale's 101"
    return Compared({"ffmc": (code, printed[rows])}, int((~rows).sum()), why)


def _within(low: Numbers, high: Numbers, printed: Numbers) -> Column:
    """Return what of a range lies nearest to the printed numbers, beside them."""
    low, high = np.minimum(low, high), np.maximum(low, high)
    return np.clip(printed, low, high), printed


def _hourly_grid(hour: int, path: Path) -> tuple[Numbers, Numbers]:
    """Return the code of a grid after one or two hours, and the last hour's wind."""
    code: Numbers | float = START
    wind = np.empty(0)
    for number in range(1, hour + 1):
        given = read_columns(path.parent / f"test_rast_hour0{number}.csv")
        temp, rh, wind, rain = (given[f"test_rast_hour0{number}_{band}"] for band in (1, 2, 3, 4))
        # The second hour's rain has -0.0025 mm.
        weather = StepWeather(temp, rh, wind, np.maximum(rain, 0.0))
        code = hourly_fine_fuel_moisture_code(np.broadcast_to(code, temp.shape), weather)
    return np.asarray(code), wind


def _hourly_grid_indices(path: Path) -> Compared:
    """Compare the indices of the second hour, with the build-up index of 50 at which the file was made."""
    want = read_columns(path)
    code, wind = _hourly_grid(2, path)
    isi = fwi.initial_spread_index(code, wind)
    index = fwi.fire_weather_index(isi, 50.0)
    return Compared(
        {
            "hffmc": (code, want["hffmc"]),
            "hisi": (isi, want["hisi"]),
            "hfwi": (index, want["hfwi"]),
            "hdsr": (fwi.daily_severity_rating(index), want["hdsr"]),
        }
    )


def _diurnal(path: Path) -> Compared:
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    ffmc, rh, hour, minute, want = table.T
    code = diurnal_fine_fuel_moisture_code(ffmc, rh, hour * 60.0 + minute, load_diurnal_tables())
    return Compared({"ffmc": (code, want)})


# --- sheltered


def _sheltered_series(path: Path) -> Compared:
    given = read_columns(path)
    hours = DayLengthBands.NORTH.dmc_day_length_h(given["lat"], given["mon"].astype(int))
    code = sheltered_start(given["dmc"][0])
    codes = []
    for index in range(len(given["sdmc"])):
        temp, rh, rain = (given[name][index] for name in ("temp", "rh", "prec"))
        code = sheltered_duff_moisture_code(code, temp, rh, rain, hours[index])
        codes.append(float(code))
    return Compared({"sdmc": (np.array(codes), given["sdmc"])})


def _sheltered_chain(path: Path) -> Compared:
    """Compare each day of a sweep with the printed day before: the digits of that one bound it from both sides."""
    given = read_columns(path)
    # The program puts its days in order and prints the codes beside the days as they were given.
    order = np.lexsort((given["day"], given["mon"]))
    days = {name: given[name][order] for name in ("temp", "rh", "prec", "mon")}
    printed = given["sdmc"]
    rows = np.flatnonzero(physical(days))[1:]
    hours = DayLengthBands.NORTH.dmc_day_length_h(50.0, days["mon"].astype(int))
    low, high = (
        sheltered_duff_moisture_code(
            np.maximum(printed[rows - 1] + sign * half_unit(printed[rows - 1]), 0.0),
            *(days[name][rows] for name in ("temp", "rh", "prec")),
            hours[rows],
        )
        for sign in (-1.0, 1.0)
    )
    return Compared({"sdmc": _within(low, high, printed[rows])}, len(printed) - len(rows), UNPHYSICAL)


# --- grass


def _grass_series(path: Path) -> Compared:
    given = read_columns(path)
    moisture: Numbers | float = grass_moisture_of_code(START)
    weather, found = step_weather(given), []
    for index, sun in enumerate(given["isol"]):
        moisture = grass_fuel_moisture_pct(moisture, weather.step(index), sun)
        found.append(float(moisture))
    moistures = np.array(found)
    codes = grass_fuel_moisture_code(moistures)
    return Compared({"moisture": (moistures, given["gfmc.mc"]), "code": (codes, given["gfmc.gfmc"])})


def _grass_sweep(path: Path) -> Compared:
    """Compare one hour of a sweep: of the moisture, or of the code that the file's name says."""
    given = read_columns(path)
    printed = given[path.stem.lower()]
    of_code = path.stem.endswith("GFMC")
    rows = physical(given) & (given["isol"] <= 2.0) & ((printed <= TOP) if of_code else (printed >= 0.0))
    moisture = grass_fuel_moisture_pct(grass_moisture_of_code(START), step_weather(given, rows), given["isol"][rows])
    ours = grass_fuel_moisture_code(moisture) if of_code else moisture
    why = f"{UNPHYSICAL} or sun, or printed beyond the scale"
    return Compared({path.stem: (ours, printed[rows])}, int((~rows).sum()), why)


# --- winter


def _winters(path: Path) -> Compared:
    given = read_columns(path)
    code = overwintered_drought_code(
        given["dc_fall"], given["rw"], carry_over=given["a"], wetting=given["b"], lowest=15.0
    )
    return Compared({"dc": (code, given["dc_spring"])})


def _winter_sweep(path: Path) -> Compared:
    given = read_columns(path)
    code = overwintered_drought_code(given["dcf"], given["rw"], carry_over=given["a"], wetting=given["b"])
    return Compared({"dc": (code, given["overwinterdroughtcode"])})


WINTERS = {
    "OverwinterDroughtCode_test_wDC_1": ([300.0], [110.0], 0.75, 0.75),
    "OverwinterDroughtCode_test_wDC_2": ([300.0], [110.0], 1.0, 0.9),
    "OverwinterDroughtCode_test_wDC_3": (
        [400.0, 300.0, 250.0],
        [99.0, 110.0, 200.0],
        [0.75, 1.0, 0.75],
        [0.75, 0.9, 0.75],
    ),
}
MEASURED_WINTERS = {"OverwinterDroughtCode_test_wDc_4": 500.0, "OverwinterDroughtCode_test_wDc_5": 250.0}


def _given_winters(path: Path) -> Compared:
    fall, rain, a, b = WINTERS[path.stem]
    return Compared(
        {"dc": (overwintered_drought_code(fall, rain, carry_over=a, wetting=b), read_columns(path)["data"])}
    )


def _measured_winter(path: Path) -> Compared:
    """Compare the winter of station 2, from the end of its season to the day before the next (test_wDC_fs.csv)."""
    given = read_columns(path.parents[1] / "input" / "test_wDC.csv")
    day = given["yr"] * 10000 + given["mon"] * 100 + given["day"]
    winter = (given["id"] == 2) & (day > 19801006) & (day < 19810528)
    code = overwintered_drought_code(MEASURED_WINTERS[path.stem], given["prec"][winter].sum())
    return Compared({"dc": (np.atleast_1d(code), read_columns(path)["data"])})


def _hourly() -> Iterator[Vector]:
    name = "hourly FFMC"
    yield Vector("cffdrs_r/full_precision/hffmc.csv", name, FULL, _hourly_series)
    yield Vector("cffdrs_r/input/test_hffmc.csv", name, FULL, _hourly_from_input, "against full_precision/hffmc.csv")
    yield Vector("cffdrs_r/full_precision/step_hffmc.csv", name, FULL_STEPS, _hourly_steps)
    yield Vector("cffdrs_r/expected/HourlyFineFuelMoistureCode.csv", name, FOUR, _hourly_sweep)
    for hour in (1, 2):
        yield Vector(f"cffdrs_r/raster/hffmcRaster_test{hour}.csv", name, FOUR_SINGLE, _grid_layer(hour))
    yield Vector("cffdrs_r/raster/hffmcRaster_test3.csv", f"{name}, and its indices", FOUR_SINGLE, _hourly_grid_indices)
    yield Vector("lawson/lawson_vectors.csv", "diurnal FFMC", decimals(6), _diurnal)


def _grid_layer(hour: int) -> Callable[[Path], Compared]:
    return lambda path: Compared({"ffmc": (_hourly_grid(hour, path)[0], read_columns(path)["layer"])})


def _others() -> Iterator[Vector]:
    yield Vector("cffdrs_r/full_precision/sdmc.csv", "sheltered DMC", FULL, _sheltered_series)
    day_before = "each day from the printed one before"
    yield Vector("cffdrs_r/expected/sdmc.csv", "sheltered DMC", FOUR, _sheltered_chain, day_before)
    yield Vector("cffdrs_r/full_precision/gfmc.csv", "grass fuel moisture", FULL, _grass_series)
    for file in ("gfmcMC", "gfmcGFMC"):
        yield Vector(f"cffdrs_r/expected/{file}.csv", "grass fuel moisture", FOUR, _grass_sweep)
    winter = "overwintered DC"
    yield Vector("cffdrs_r/full_precision/step_overwinter_dc.csv", winter, FULL, _winters)
    yield Vector("cffdrs_r/expected/OverwinterDroughtCode.csv", winter, decimals(2), _winter_sweep)
    for file in WINTERS:
        yield Vector(f"cffdrs_r/expected/{file}.csv", winter, decimals(2), _given_winters)
    for file in MEASURED_WINTERS:
        yield Vector(f"cffdrs_r/expected/{file}.csv", winter, decimals(2), _measured_winter)


VECTORS = (*_hourly(), *_others())
