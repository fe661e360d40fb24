"""The FWI System against published numbers: a printed table, and the outputs of reference programs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from firewatch.danger import CodeArrays, DailyWeather, DayLengthBands, FfmcFamily, FwiMethod, fwi, run_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
CLASSIC = FwiMethod(FfmcFamily.CLASSIC)
STEP = 1e-11  # the reference files print 15 digits; the Drought Code reaches 1200
SERIES = 1e-11
Columns: TypeAlias = "dict[str, npt.NDArray[np.float64]]"


def read_columns(path: Path) -> Columns:
    """Return the numeric columns of a CSV file by lower-case name; comments start with #."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    columns = {}
    for name in rows[0]:
        try:
            columns[name.lower()] = np.array([float(row[name]) for row in rows])
        except ValueError:
            continue
    return columns


def run_columns(
    given: Columns, method: FwiMethod, start: tuple[float, float, float] = (85.0, 6.0, 15.0)
) -> Mapping[str, npt.NDArray[np.float64]]:
    """Return all seven outputs of a file's weather, named as cffdrs names its columns."""
    codes, indices = run_days(
        CodeArrays(*(np.asarray(code) for code in start)),
        DailyWeather(given["temp"], np.minimum(given["rh"], 100.0), given["ws"], given["prec"]),
        given["lat"][0],
        given["mon"].astype(int),
        method,
    )
    named = {"ffmc": codes.ffmc, "dmc": codes.dmc, "dc": codes.dc}
    return named | {"isi": indices.isi, "bui": indices.bui, "fwi": indices.fwi, "dsr": indices.dsr}


def test_the_published_table_of_1985_is_reproduced_to_its_last_printed_digit() -> None:
    table = read_columns(GOLDEN / "danger_van_wagner_pickett_1985.csv")
    names = {"temp": "temp_c", "rh": "rh_pct", "ws": "wind_kmh", "prec": "rain_mm", "mon": "month"}
    given = {short: table[ours] for short, ours in names.items()} | {"lat": np.full(len(table["month"]), 46.0)}
    outputs = run_columns(given, CLASSIC)
    for name in ("ffmc", "dmc", "dc", "isi", "bui", "fwi"):
        # Half a unit of the printed digit; the report's single precision arithmetic may round the other way.
        np.testing.assert_allclose(outputs[name], table[name], rtol=0.0, atol=0.05 + 1e-4, err_msg=name)


@pytest.mark.shared
class TestSingleSteps:
    """4000 random steps of each part, over all physical inputs, by cffdrs 1.10.0."""

    def columns(self, shared_data: Path, part: str) -> Columns:
        return read_columns(shared_data / "danger" / "cffdrs_r" / "full_precision" / f"step_{part}.csv")

    def test_ffmc(self, shared_data: Path) -> None:
        given = self.columns(shared_data, "ffmc")
        code = fwi.fine_fuel_moisture_code(given["ffmc_yda"], given["temp"], given["rh"], given["ws"], given["prec"])
        np.testing.assert_allclose(code, given["ffmc"], rtol=0.0, atol=STEP)

    @pytest.mark.parametrize(
        ("bands", "column"), [(DayLengthBands.CFFDRS, "dmc"), (DayLengthBands.NORTH, "dmc_nolatadj")]
    )
    def test_dmc(self, shared_data: Path, bands: DayLengthBands, column: str) -> None:
        given = self.columns(shared_data, "dmc")
        hours = bands.dmc_day_length_h(given["lat"], given["mon"].astype(int))
        code = fwi.duff_moisture_code(given["dmc_yda"], given["temp"], given["rh"], given["prec"], hours)
        np.testing.assert_allclose(code, given[column], rtol=0.0, atol=STEP)

    @pytest.mark.parametrize(
        ("bands", "column"), [(DayLengthBands.CFFDRS, "dc"), (DayLengthBands.NORTH, "dc_nolatadj")]
    )
    def test_dc(self, shared_data: Path, bands: DayLengthBands, column: str) -> None:
        given = self.columns(shared_data, "dc")
        factor = bands.dc_day_length_factor(given["lat"], given["mon"].astype(int))
        code = fwi.drought_code(given["dc_yda"], given["temp"], given["prec"], factor)
        np.testing.assert_allclose(code, given[column], rtol=0.0, atol=STEP)

    def test_isi(self, shared_data: Path) -> None:
        given = self.columns(shared_data, "isi")
        np.testing.assert_allclose(
            fwi.initial_spread_index(given["ffmc"], given["ws"]), given["isi"], rtol=0.0, atol=STEP
        )

    def test_bui(self, shared_data: Path) -> None:
        given = self.columns(shared_data, "bui")
        np.testing.assert_allclose(fwi.buildup_index(given["dmc"], given["dc"]), given["bui"], rtol=0.0, atol=STEP)

    def test_fwi_and_dsr(self, shared_data: Path) -> None:
        given = self.columns(shared_data, "fwi")
        index = fwi.fire_weather_index(given["isi"], given["bui"])
        np.testing.assert_allclose(index, given["fwi"], rtol=0.0, atol=STEP)
        np.testing.assert_allclose(fwi.daily_severity_rating(index), given["dsr"], rtol=0.0, atol=STEP)


SERIES_FILES = [
    *(
        f"cffdrs_r/full_precision/fwi_test_lat{lat}.csv"
        for lat in ("40_default", "26.9", "15", "5", "-5", "-15", "-25", "-35")
    ),
    *(f"cffdrs_r/full_precision/fwi_wDC_id{station}.csv" for station in (1, 2, 3)),
    "cffdrs_r/full_precision/fwi_seq_hengyang_lat26.9.csv",
]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "method"),
    [
        *((file, FwiMethod()) for file in SERIES_FILES),
        ("cffdrs_r/full_precision/fwi_test_nolatadjust.csv", FwiMethod(day_length=DayLengthBands.NORTH)),
        ("firedanger/test_fwi_147_2.csv", CLASSIC),
        ("cffdrs_r/expected/test_fwi_out_Rdata_test_fwi_out.csv", FwiMethod(FfmcFamily.CFFDRS_MIDDLE)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.label,
)
def test_a_series_of_a_reference_program_is_reproduced(shared_data: Path, file: str, method: FwiMethod) -> None:
    given = read_columns(shared_data / "danger" / file)
    outputs = run_columns(given, method)
    for name, output in outputs.items():
        np.testing.assert_allclose(output, given[name], rtol=0.0, atol=SERIES, err_msg=name)


@pytest.mark.shared
def test_xclims_two_seasons_are_reproduced_to_their_nine_digits(shared_data: Path) -> None:
    table = read_columns(shared_data / "danger" / "xclim" / "cffdrs_test_fwi.csv")
    start = (85.0, 6.0, 15.0)
    for test in (0, 1):
        rows = table["test"] == test
        given = {"temp": "tas", "rh": "rh", "ws": "ws", "prec": "pr", "lat": "lat"}
        season = {ours: table[theirs][rows] for ours, theirs in given.items()}
        # 13 April to 30 May, as the file's times say (they are no numbers).
        season["mon"] = np.where(np.arange(rows.sum()) < 18, 4, 5)
        outputs = run_columns(season, FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM), start)
        for name in ("ffmc", "dmc", "dc", "isi", "bui", "fwi"):
            np.testing.assert_allclose(outputs[name], table[name][rows], rtol=2e-8, atol=5e-9, err_msg=f"{test} {name}")
        start = tuple(float(outputs[name][-1]) for name in ("ffmc", "dmc", "dc"))


@pytest.mark.shared
def test_the_families_differ_as_their_first_day_says(shared_data: Path) -> None:
    given = read_columns(shared_data / "danger" / "cffdrs_r" / "full_precision" / "fwi_test_lat40_default.csv")
    first = {
        family: tuple(
            round(float(run_columns(given, FwiMethod(family))[name][0]), 7) for name in ("ffmc", "isi", "fwi")
        )
        for family in FfmcFamily
    }
    assert first == {
        FfmcFamily.CLASSIC: (87.6929801, 10.8536611, 10.0963714),
        FfmcFamily.CFFDRS: (87.6493555, 10.7762358, 10.0361864),
        FfmcFamily.CFFDRS_MIDDLE: (87.6915133, 10.8414473, 10.0868876),
    }
