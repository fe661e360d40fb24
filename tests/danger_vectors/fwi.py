"""The FWI System's vectors: single steps, sweeps, series and grids, in the three families of FFMC constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from danger_vectors.comparing import FOUR, FOUR_SINGLE, FULL, FULL_STEPS, SINGLE, Compared, Digits, Vector
from danger_vectors.reading import physical, read_columns, read_texts
from firewatch.danger import (
    CodeArrays,
    DailyWeather,
    DayLengthBands,
    FfmcFamily,
    FwiMethod,
    fwi,
    indices_of,
    run_days,
    step_day,
)
from firewatch.danger.fbp import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from danger_vectors.reading import Columns, Numbers

__all__ = ["CLASSIC", "SERIES", "VECTORS", "run_columns"]

CLASSIC = FwiMethod(FfmcFamily.CLASSIC)
NORTH = FwiMethod(day_length=DayLengthBands.NORTH)
MIDDLE = FwiMethod(FfmcFamily.CFFDRS_MIDDLE)
STANDARD_START = (85.0, 6.0, 15.0)
SEVEN = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr")
UNPHYSICAL = "unphysical weather"
Start: TypeAlias = "tuple[float, float, float] | tuple[Numbers, Numbers, Numbers]"


def run_columns(given: Columns, method: FwiMethod, start: Start = STANDARD_START) -> Mapping[str, Numbers]:
    """Return all seven outputs of a file's weather, named as cffdrs names its columns."""
    codes, indices = run_days(
        CodeArrays(*(np.asarray(code) for code in start)),
        DailyWeather(given["temp"], np.minimum(given["rh"], 100.0), given["ws"], given["prec"]),
        given["lat"][0],
        given["mon"].astype(int),
        method,
    )
    outputs = (codes.ffmc, codes.dmc, codes.dc, indices.isi, indices.bui, indices.fwi, indices.dsr)
    return dict(zip(SEVEN, outputs, strict=True))


def _with_weather(path: Path) -> Columns:
    """Return a file's columns; one that prints outputs alone is of the standard input."""
    given = read_columns(path)
    if "temp" not in given:
        given |= read_columns(path.parents[1] / "input" / "test_fwi.csv")
    return given


def _series(file: str, method: FwiMethod | None = None, digits: Digits = FULL, start: Start = STANDARD_START) -> Vector:
    chosen = method or FwiMethod()

    def compare(path: Path) -> Compared:
        given = _with_weather(path)
        outputs = run_columns(given, chosen, start)
        return Compared({name: (outputs[name], given[name]) for name in SEVEN})

    return Vector(file, f"FWI System, series ({chosen.label})", digits, compare)


def day_of_places(
    start: Start, given: Columns, lat: Numbers | float, month: npt.ArrayLike, method: FwiMethod | None = None
) -> dict[str, Numbers]:
    """Return all seven outputs of one day at many places."""
    before = CodeArrays(*(np.broadcast_to(np.asarray(code, dtype=np.float64), given["temp"].shape) for code in start))
    weather = DailyWeather(*(given[name] for name in ("temp", "rh", "ws", "prec")))
    codes = step_day(before, weather, lat, month, method)
    indices = indices_of(codes, weather.wind_kmh, method)
    outputs = (codes.ffmc, codes.dmc, codes.dc, indices.isi, indices.bui, indices.fwi, indices.dsr)
    return dict(zip(SEVEN, outputs, strict=True))


def _one_day(path: Path) -> Compared:
    """Compare places of one day, each from the standard start."""
    given = read_columns(path)
    outputs = day_of_places(STANDARD_START, given, given["lat"], given["mon"].astype(int))
    return Compared({name: (outputs[name], given[name]) for name in SEVEN})


def xclim_season(table: Columns, test: int) -> Columns:
    """Return one of xclim's two seasons under cffdrs's names: 13 April to 30 May, as the file's times say."""
    rows = table["test"] == test
    season = {ours: table[name][rows] for ours, name in (("temp", "tas"), ("prec", "pr"))}
    season |= {name: table[name][rows] for name in ("rh", "ws", "lat", *SEVEN[:6])}
    return season | {"mon": np.where(np.arange(rows.sum()) < 18, 4, 5)}


def _xclim(path: Path) -> Compared:
    """Compare two seasons, the second continued from the first."""
    table, start, found = read_columns(path), STANDARD_START, []
    method = FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM)
    for test in (0, 1):
        outputs = run_columns(xclim_season(table, test), method, start)
        start = tuple(float(outputs[name][-1]) for name in SEVEN[:3])
        found.append(outputs)
    ours = {name: np.concatenate([outputs[name] for outputs in found]) for name in SEVEN[:6]}
    order = np.argsort(table["test"], kind="stable")
    return Compared({name: (values, table[name][order]) for name, values in ours.items()})


# --- single steps over all physical inputs, and sweeps beyond them


def _hours(bands: DayLengthBands, given: Columns) -> Numbers:
    return bands.dmc_day_length_h(given["lat"], given["mon"].astype(int))


def _factor(bands: DayLengthBands, given: Columns) -> Numbers:
    return bands.dc_day_length_factor(given["lat"], given["mon"].astype(int))


def _ffmc(t: Columns) -> Numbers:
    return fwi.fine_fuel_moisture_code(t["ffmc_yda"], t["temp"], t["rh"], t["ws"], t["prec"])


def _dmc(t: Columns, bands: DayLengthBands = DayLengthBands.CFFDRS) -> Numbers:
    return fwi.duff_moisture_code(t["dmc_yda"], t["temp"], t["rh"], t["prec"], _hours(bands, t))


def _dc(t: Columns, bands: DayLengthBands = DayLengthBands.CFFDRS) -> Numbers:
    return fwi.drought_code(t["dc_yda"], t["temp"], t["prec"], _factor(bands, t))


def _fwi(t: Columns) -> Numbers:
    return fwi.fire_weather_index(t["isi"], t["bui"])


def _step(part: str, column: str, function: str, compute: Callable[[Columns], Numbers], note: str = "") -> Vector:
    def compare(path: Path) -> Compared:
        given = read_columns(path)
        return Compared({column: (compute(given), given[column])})

    return Vector(f"cffdrs_r/full_precision/step_{part}.csv", function, FULL_STEPS, compare, note)


def _sweep(file: str, function: str, compute: Callable[[Columns], Numbers]) -> Vector:
    def compare(path: Path) -> Compared:
        given = read_columns(path) | _choices(path)
        rows = physical(given)
        left_out = int((~rows).sum())
        some = {name: values[rows] for name, values in given.items()}
        columns = {file: (compute(some), some[file.lower()])}
        return Compared(columns, left_out, UNPHYSICAL if left_out else "")

    return Vector(f"cffdrs_r/expected/{file}.csv", function, FOUR, compare)


def _choices(path: Path) -> Columns:
    """Return the columns of TRUE and FALSE as 1 and 0."""
    texts = read_texts(path)
    return {
        name: np.array([float(text == "TRUE") for text in texts[name]])
        for name in ("lat.adjust", "fbpMod")
        if name in texts
    }


def _adjusted(t: Columns, compute: Callable[[Columns, DayLengthBands], Numbers]) -> Numbers:
    return np.where(t["lat.adjust"] == 1.0, compute(t, DayLengthBands.CFFDRS), compute(t, DayLengthBands.NORTH))


def _isi(t: Columns) -> Numbers:
    plain, of_fbp = fwi.initial_spread_index(t["ffmc"], t["ws"]), spread.spread_index(t["ffmc"], t["ws"])
    return np.where(t["fbpMod"] == 1.0, of_fbp, plain)


# --- grids


def _grid(file: str, days: tuple[int, ...], digits: Digits) -> Vector:
    """Return the vector of a grid's last day, run from the standard start; 55 deg N in July, the program's default."""

    def compare(path: Path) -> Compared:
        want = read_columns(path)
        codes: Start = STANDARD_START
        outputs: dict[str, Numbers] = {}
        for day in days:
            bands = read_columns(path.parent / f"test_rast_day0{day}.csv")
            given = {
                name: bands[f"test_rast_day0{day}_{band}"] for band, name in enumerate(("temp", "rh", "ws", "prec"), 1)
            }
            # Interpolated: some cells have a little more than 100 %, or less than no rain.
            given |= {"rh": np.minimum(given["rh"], 100.0), "prec": np.maximum(given["prec"], 0.0)}
            outputs = day_of_places(codes, given, 55.0, 7)
            codes = (outputs["ffmc"], outputs["dmc"], outputs["dc"])
        return Compared({name: (outputs[name], want[name]) for name in SEVEN})

    return Vector(file, "FWI System, grid (cffdrs/cffdrs)", digits, compare)


def _own_grid(path: Path) -> Compared:
    """Compare a grid that carries its own weather."""
    given = read_columns(path)
    outputs = day_of_places(STANDARD_START, given, 55.0, 7, MIDDLE)
    return Compared({name: (outputs[name], given[name]) for name in SEVEN})


LATITUDES = ("40_default", "26.9", "15", "5", "-5", "-15", "-25", "-35")
FULL_FOLDER = "cffdrs_r/full_precision"
SERIES = (
    *(_series(f"{FULL_FOLDER}/fwi_test_lat{lat}.csv") for lat in LATITUDES),
    *(_series(f"{FULL_FOLDER}/fwi_wDC_id{station}.csv") for station in (1, 2, 3)),
    _series(f"{FULL_FOLDER}/fwi_seq_hengyang_lat26.9.csv"),
    _series(f"{FULL_FOLDER}/fwi_test_outonly.csv"),
    _series(f"{FULL_FOLDER}/fwi_test_nolatadjust.csv", NORTH),
    _series("firedanger/test_fwi_147_2.csv", CLASSIC),
    _series("cffdrs_r/expected/test_fwi_out_Rdata_test_fwi_out.csv", MIDDLE),
)


def _all() -> Iterator[Vector]:
    yield _step("ffmc", "ffmc", "FFMC", _ffmc)
    yield _step("dmc", "dmc", "DMC", _dmc)
    yield _step("dmc", "dmc_nolatadj", "DMC", lambda t: _dmc(t, DayLengthBands.NORTH), "day length of 46 N")
    yield _step("dc", "dc", "DC", _dc)
    yield _step("dc", "dc_nolatadj", "DC", lambda t: _dc(t, DayLengthBands.NORTH), "day length of 46 N")
    yield _step("isi", "isi", "ISI", lambda t: fwi.initial_spread_index(t["ffmc"], t["ws"]))
    yield _step("isi", "isi_fbpmod", "ISI of the FBP System", lambda t: spread.spread_index(t["ffmc"], t["ws"]))
    yield _step("bui", "bui", "BUI", lambda t: fwi.buildup_index(t["dmc"], t["dc"]))
    yield _step("fwi", "fwi", "FWI", _fwi)
    yield _step("fwi", "dsr", "DSR", lambda t: fwi.daily_severity_rating(_fwi(t)), "from ISI and BUI")
    yield _sweep("FineFuelMoistureCode", "FFMC", _ffmc)
    yield _sweep("DuffMoistureCode", "DMC", lambda t: _adjusted(t, _dmc))
    yield _sweep("DroughtCode", "DC", lambda t: _adjusted(t, _dc))
    yield _sweep("InitialSpreadIndex", "ISI, and that of the FBP System", _isi)
    yield _sweep("BuildupIndex", "BUI", lambda t: fwi.buildup_index(t["dmc"], t["dc"]))
    yield _sweep("FireWeatherIndex", "FWI", _fwi)
    yield from SERIES
    yield from (_series(f"cffdrs_r/expected/fwi_{n}.csv", digits=FOUR) for n in ("01", "02", "03", "04"))
    yield _series("cffdrs_r/expected/fwi_05.csv", digits=FOUR, start=(0.0, 0.0, 0.0))
    yield _series("cffdrs_r/expected/fwi_06.csv", digits=FOUR, start=(200.0, 1000.0, 10_000.0))
    yield _series("cffdrs_r/expected/fwi_07.csv", NORTH, FOUR)
    yield from (_series(f"cffdrs_r/expected/fwi_{n}.csv", digits=FOUR) for n in ("08", "09", "10"))
    yield Vector("cffdrs_r/expected/fwi_11.csv", "FWI System, 48 places of one day (cffdrs/cffdrs)", FOUR, _one_day)
    yield _grid("cffdrs_r/raster/fwiRaster_test1_and_2.csv", (1,), FOUR_SINGLE)
    yield _grid("cffdrs_r/raster/fwiRaster_test3.csv", (1,), FOUR_SINGLE)
    yield Vector("cffdrs_r/raster/test_fwiRaster_out.csv", f"FWI System, grid ({MIDDLE.label})", SINGLE, _own_grid)
    nine = Digits("9", lambda printed: 2e-8 * np.abs(printed) + 5e-9)
    yield Vector("xclim/cffdrs_test_fwi.csv", "FWI System, series (classic/xclim)", nine, _xclim)


VECTORS = tuple(_all())
