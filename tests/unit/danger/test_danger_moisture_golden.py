"""Hourly, sheltered and grass moisture codes, and the overwintered DC, against the outputs of reference programs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from firewatch.danger import (
    CarryOver,
    DayLengthBands,
    FfmcFamily,
    StepWeather,
    WinterWetting,
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
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Columns: TypeAlias = dict[str, Numbers]

EXACT = 1e-9  # relative, of files with 15 digits
ROUNDING = 1e-9
# Every number below without a file was printed by cffdrs 1.10.0; the files are that program's own.
HOURS = [(16.5, 75.0, 5.0, 0.0), (15.5, 80.0, 3.3, 0.0), (15.0, 97.0, 5.5, 0.0)]
HOURLY_FFMC = [84.8592688653157, 84.5906327866496, 83.369960499385]


def columns(path: Path, delimiter: str = ",") -> Columns:
    """Return the numeric columns of a CSV file by lower-case name; NA is NaN."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter=delimiter))
    numeric = {}
    for name in rows[0]:
        try:
            numeric[name.lower()] = np.array([np.nan if row[name] == "NA" else float(row[name]) for row in rows])
        except ValueError:
            continue
    return numeric


def physical(given: Columns) -> npt.NDArray[np.bool_]:
    """Return the rows of a sweep whose weather can be."""
    is_hot = np.abs(given["temp"]) > 60.0
    return (given["rh"] >= 0.0) & (given["rh"] <= 100.0) & (given["prec"] >= 0.0) & ~is_hot


def half_unit(printed: Numbers) -> Numbers:
    """Return half a unit of the last printed digit: four significant ones, and at least two decimals."""
    size = np.where(printed == 0.0, 1.0, np.abs(printed))
    return 0.5 * 10.0 ** np.minimum(np.floor(np.log10(size)) - 3.0, -2.0) + ROUNDING


def weather(given: Columns, rows: npt.NDArray[np.bool_] | None = None, hours: float | Numbers = 1.0) -> StepWeather:
    """Return the weather of a file's rows."""
    chosen = np.ones(len(given["temp"]), dtype=bool) if rows is None else rows
    return StepWeather(*(given[name][chosen] for name in ("temp", "rh", "ws", "prec")), hours=hours)


def test_the_first_hours_of_the_reference_series_are_reproduced() -> None:
    step = StepWeather(*np.array(HOURS).T)
    np.testing.assert_allclose(run_hourly_ffmc(85.0, step), HOURLY_FFMC, rtol=EXACT)


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ((3.1, 34.6, 13.7, 4.2, 32.56, 1.0), 15.9363995479401),
        ((39.5, 78.6, 2.5, 4.1, 72.92, 1.0), 32.9964750928871),
        ((20.1, 23.7, 17.4, 0.0, 54.07, 3.0), 67.9511837990792),
    ],
)
def test_single_hours_of_the_reference_program_are_reproduced(row: tuple[float, ...], want: float) -> None:
    temp, rh, wind, rain, before, hours = row
    step = StepWeather(*(np.array(value) for value in (temp, rh, wind, rain)), hours=hours)
    np.testing.assert_allclose(hourly_fine_fuel_moisture_code(before, step), want, rtol=EXACT)


@pytest.mark.shared
class TestHourlyFfmc:
    def test_a_series(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/full_precision/hffmc.csv")
        assert len(given["ffmc"]) == 480
        np.testing.assert_allclose(run_hourly_ffmc(85.0, weather(given)), given["ffmc"], rtol=EXACT)

    def test_the_same_series_from_its_input_file(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/input/test_hffmc.csv", ";")
        want = columns(shared_data / "danger/cffdrs_r/full_precision/hffmc.csv")
        np.testing.assert_allclose(run_hourly_ffmc(85.0, weather(given)), want["ffmc"], rtol=EXACT)

    def test_4000_single_steps(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/full_precision/step_hffmc.csv")
        code = hourly_fine_fuel_moisture_code(given["ffmc_old"], weather(given, hours=given["time_step"]))
        np.testing.assert_allclose(code, given["ffmc"], rtol=EXACT, atol=1e-11)

    def test_a_sweep(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/expected/HourlyFineFuelMoistureCode.csv")
        rows = physical(given)
        assert rows.sum() == 2070
        step = weather(given, rows, hours=given["time.step"][rows])
        code = hourly_fine_fuel_moisture_code(given["ffmc_old"][rows], step)
        # Seven rows at 60 deg C print up to 101.19, above the scale.
        printed = np.minimum(given["hourlyfinefuelmoisturecode"][rows], 101.0)
        assert (np.abs(code - printed) <= half_unit(printed)).all()

    def test_a_grid_over_two_hours(self, shared_data: Path) -> None:
        folder = shared_data / "danger/cffdrs_r/raster"
        code: Numbers = np.full(2500, 85.0)
        for hour in (1, 2):
            given = columns(folder / f"test_rast_hour0{hour}.csv")
            bands = [given[f"test_rast_hour0{hour}_{band}"] for band in (1, 2, 3, 4)]
            bands[3] = np.maximum(bands[3], 0.0)  # the second hour's rain has -0.0025 mm
            code = hourly_fine_fuel_moisture_code(code, StepWeather(*bands))
            layer = columns(folder / f"hffmcRaster_test{hour}.csv")["layer"]
            np.testing.assert_allclose(code, layer, rtol=0.0, atol=0.005 + 5e-6)  # two decimals, in single precision
        # The same hour's indices, with the build-up index of 50 at which the file was made.
        want = columns(folder / "hffmcRaster_test3.csv")
        isi = fwi.initial_spread_index(code, bands[2])
        index = fwi.fire_weather_index(isi, 50.0)
        for name, ours in [("hisi", isi), ("hfwi", index), ("hdsr", fwi.daily_severity_rating(index))]:
            assert (np.abs(ours - want[name]) <= half_unit(want[name]) + 1e-6).all(), name


def test_the_first_days_of_the_sheltered_reference_series_are_reproduced() -> None:
    code = sheltered_start(12.0)
    assert code == pytest.approx(17.0)
    for temp, rh, rain, want in [(17, 42, 0.0, 20.5003364363473), (20, 21, 2.4, 24.1459986629066)]:
        code = sheltered_duff_moisture_code(code, temp, rh, rain, 12.8)
        np.testing.assert_allclose(code, want, rtol=EXACT)
    wet = sheltered_duff_moisture_code(36.9009872355901, 7.0, 93.0, 9.0, 12.8)
    np.testing.assert_allclose(wet, 25.5671217401607, rtol=EXACT)


@pytest.mark.shared
class TestShelteredDuffMoistureCode:
    def test_a_series(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/full_precision/sdmc.csv")
        assert len(given["sdmc"]) == 48
        hours = DayLengthBands.NORTH.dmc_day_length_h(given["lat"], given["mon"].astype(int))
        code = sheltered_start(given["dmc"][0])
        for index, want in enumerate(given["sdmc"]):
            code = sheltered_duff_moisture_code(
                code, given["temp"][index], given["rh"][index], given["prec"][index], hours[index]
            )
            np.testing.assert_allclose(code, want, rtol=EXACT, err_msg=str(index))

    def test_a_sweep(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/expected/sdmc.csv")
        # The program puts its days in order and prints the codes beside the days as they were given.
        order = np.lexsort((given["day"], given["mon"]))
        days = {name: given[name][order] for name in ("temp", "rh", "prec", "mon")}
        printed = given["sdmc"]
        rows = np.flatnonzero(physical(days))[1:]
        rows = rows[rows > 0]
        assert len(rows) == 1213
        hours = DayLengthBands.NORTH.dmc_day_length_h(50.0, days["mon"].astype(int))
        # Each day from the four printed digits of the day before, which bound it from both sides.
        before = printed[rows - 1] + np.outer([-1.0, 1.0], half_unit(printed[rows - 1]))
        low, high = np.sort(
            sheltered_duff_moisture_code(
                np.maximum(before, 0.0), days["temp"][rows], days["rh"][rows], days["prec"][rows], hours[rows]
            ),
            axis=0,
        )
        half = half_unit(printed[rows])
        assert (printed[rows] >= low - half).all()
        assert (printed[rows] <= high + half).all()


GRASS_HOURS = [
    (15.8, 54.6, 5.0, 0.34, 12.5912203746353, 88.359038670985),
    (16.3, 52.9, 5.0, 0.38, 10.7228394044427, 90.1075000428489),
    (18.8, 45.1, 5.0, 0.626, 6.40387673831506, 94.3119805450135),
]


def test_the_first_hours_of_the_grass_reference_series_are_reproduced() -> None:
    moisture = grass_moisture_of_code(85.0)
    for temp, rh, wind, sun, want, want_code in GRASS_HOURS:
        step = StepWeather(*(np.array(value) for value in (temp, rh, wind, 0.0)))
        moisture = grass_fuel_moisture_pct(moisture, step, sun)
        np.testing.assert_allclose(moisture, want, rtol=EXACT)
        np.testing.assert_allclose(grass_fuel_moisture_code(moisture), want_code, rtol=EXACT)


@pytest.mark.shared
class TestGrassFuelMoisture:
    def test_a_series(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/full_precision/gfmc.csv")
        assert len(given["temp"]) == 198
        moisture = grass_moisture_of_code(85.0)
        steps = weather(given)
        for index, want in enumerate(given["gfmc.mc"]):
            moisture = grass_fuel_moisture_pct(moisture, steps.step(index), given["isol"][index])
            np.testing.assert_allclose(moisture, want, rtol=EXACT, err_msg=str(index))
            np.testing.assert_allclose(
                grass_fuel_moisture_code(moisture), given["gfmc.gfmc"][index], rtol=EXACT, err_msg=str(index)
            )

    def test_a_sweep(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/expected/gfmcMC.csv")
        codes = columns(shared_data / "danger/cffdrs_r/expected/gfmcGFMC.csv")
        rows = physical(given) & (given["isol"] <= 2.0)
        assert rows.sum() == 2078
        moisture = grass_fuel_moisture_pct(grass_moisture_of_code(85.0), weather(given, rows), given["isol"][rows])
        # Six rows near 60 deg C print less than no moisture, and a code above the scale.
        for ours, printed in [
            (moisture, np.maximum(given["gfmcmc"][rows], 0.0)),
            (grass_fuel_moisture_code(moisture), np.minimum(codes["gfmcgfmc"][rows], 101.0)),
        ]:
            assert (np.abs(ours - printed) <= half_unit(printed)).all()


@pytest.mark.parametrize(
    ("fall", "rain", "a", "b", "lowest", "want"),
    [
        # The four published cases of the data's `fire_season_and_overwinter.yaml`, to its seven digits.
        (300.0, 110.0, CarryOver.STOPPED_BEFORE, WinterWetting.MODERATELY_DRAINED, 15.0, 109.4657),
        (300.0, 110.0, CarryOver.CALCULATED_TO_FREEZE_UP, WinterWetting.POORLY_DRAINED, 15.0, 16.35315),
        (100.0, 50.0, 0.75, 0.75, 15.0, 105.176),
        (1.0, 550.0, 0.75, 0.75, 10.0, 10.0),
        # Of the single steps.
        (546.3, 17.2, 0.72, 0.75, 15.0, 558.911818617718),
        (759.8, 173.6, 0.99, 0.89, 15.0, 38.1292292309618),
        (656.8, 1.1, 0.71, 0.91, 15.0, 779.700670119469),
        (471.7, 248.4, 0.43, 1.0, 15.0, 15.0),
    ],
)
def test_published_overwintered_codes_are_reproduced(
    fall: float, rain: float, a: CarryOver | float, b: WinterWetting | float, lowest: float, want: float
) -> None:
    code = overwintered_drought_code(fall, rain, carry_over=a, wetting=b, lowest=lowest)
    np.testing.assert_allclose(code, want, rtol=6e-7)


@pytest.mark.shared
class TestOverwinteredDroughtCode:
    def test_4000_single_winters(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/full_precision/step_overwinter_dc.csv")
        code = overwintered_drought_code(
            given["dc_fall"], given["rw"], carry_over=given["a"], wetting=given["b"], lowest=15.0
        )
        np.testing.assert_allclose(code, given["dc_spring"], rtol=EXACT)

    def test_a_sweep(self, shared_data: Path) -> None:
        given = columns(shared_data / "danger/cffdrs_r/expected/OverwinterDroughtCode.csv")
        code = overwintered_drought_code(given["dcf"], given["rw"], carry_over=given["a"], wetting=given["b"])
        printed = given["overwinterdroughtcode"]
        assert len(printed) == 4324
        np.testing.assert_allclose(code, printed, rtol=0.0, atol=0.005 + ROUNDING)  # infinity, too, is equal

    @pytest.mark.parametrize(
        ("file", "given"),
        [
            ("wDC_1", ([300.0], [110.0], 0.75, 0.75)),
            ("wDC_2", ([300.0], [110.0], 1.0, 0.9)),
            ("wDC_3", ([400.0, 300.0, 250.0], [99.0, 110.0, 200.0], [0.75, 1.0, 0.75], [0.75, 0.9, 0.75])),
        ],
    )
    def test_given_winters(self, shared_data: Path, file: str, given: tuple[list[float], ...]) -> None:
        want = columns(shared_data / f"danger/cffdrs_r/expected/OverwinterDroughtCode_test_{file}.csv")["data"]
        fall, rain, a, b = given
        code = overwintered_drought_code(fall, rain, carry_over=a, wetting=b)
        np.testing.assert_allclose(code, want, rtol=0.0, atol=0.005 + ROUNDING)

    @pytest.mark.parametrize(("file", "fall"), [("wDc_4", 500.0), ("wDc_5", 250.0)])
    def test_a_winters_measured_rain(self, shared_data: Path, file: str, fall: float) -> None:
        want = columns(shared_data / f"danger/cffdrs_r/expected/OverwinterDroughtCode_test_{file}.csv")["data"]
        given = columns(shared_data / "danger/cffdrs_r/input/test_wDC.csv", ";")
        day = given["yr"] * 10000 + given["mon"] * 100 + given["day"]
        # Station 2, from the end of its season to the day before the next, as test_wDC_fs.csv dates them.
        winter = (given["id"] == 2) & (day > 19801006) & (day < 19810528)
        code = overwintered_drought_code(fall, given["prec"][winter].sum())
        np.testing.assert_allclose(code, want[0], rtol=0.0, atol=0.005 + ROUNDING)


def test_the_families_are_named_choices_of_the_hourly_code_too() -> None:
    step = StepWeather(*(np.array(value) for value in (20.0, 40.0, 10.0, 0.0)))
    codes = {
        family: round(float(hourly_fine_fuel_moisture_code(85.0, step, family=family)), 6) for family in FfmcFamily
    }
    assert len(set(codes.values())) == len(FfmcFamily)
