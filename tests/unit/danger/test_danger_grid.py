"""The FWI System over grids: a cell is a station, however the grid is cut, stopped and started, by both engines."""

from __future__ import annotations

import csv
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
from danger_vectors.seasons import GLOBAL_METHOD, PLACES, sample_of_2017
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger import (
    CodeArrays,
    DailyWeather,
    DayLengthBands,
    DmcForm,
    Engine,
    FfmcFamily,
    FwiMethod,
    GridDays,
    GridRun,
    SeasonStart,
    SeasonState,
    best_engine,
    grid,
    indices_of,
    run_days,
    run_grid,
    run_grid_seasons,
    step_day,
)
from firewatch.danger.grid import OUTPUTS
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = 1e-12  # what is promised of the compiled engine, relative to the number or, below 1, to 1
SINGLE = {"ffmc": 2e-3, "dmc": 1e-2, "dc": 1e-2, "isi": 2e-2, "bui": 1e-2, "fwi": 2e-2, "dsr": 2e-2}
COLD = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))
METHODS = [FwiMethod(family, bands, form) for family in FfmcFamily for bands in DayLengthBands for form in DmcForm]
Array = npt.NDArray[np.float64]


def weather(days: int, *cells: int, seed: int = 1, kind: Any = np.float64) -> GridDays:
    """Return noon weather with frost, heat, calm, storm, dry and wet days, and saturated air, over all latitudes."""
    rng = np.random.default_rng(seed)
    shape = (days, *cells)
    rain = np.where(rng.uniform(size=shape) < 0.4, rng.gamma(0.7, 9.0, shape), 0.0)
    rh = np.where(rng.uniform(size=shape) < 0.03, 100.0, rng.uniform(0.0, 100.0, shape))
    wind = np.where(rng.uniform(size=shape) < 0.05, 0.0, rng.gamma(2.0, 8.0, shape))
    given = (rng.uniform(-15.0, 42.0, shape), rh, np.minimum(wind, 120.0), np.minimum(rain, 400.0))
    lat = np.linspace(-60.0, 70.0, max(1, cells[0])).reshape(-1, *(1 for _ in cells[1:]))
    temp, rh, wind, rain = (array.astype(kind) for array in given)
    return GridDays(temp, rh, wind, rain, lat, 1 + np.arange(days) // 31 % 12)


def part_of(whole: GridDays, days: slice, *cells: slice) -> GridDays:
    at = (days, *cells)
    lat = np.broadcast_to(whole.lat_deg, whole.temp_c.shape[1:])[tuple(cells)]
    temp, rh, wind, rain = (array[at] for array in whole.weather())
    return GridDays(temp, rh, wind, rain, lat, whole.months[days])


def same(left: GridRun, right: GridRun) -> bool:
    return all(np.array_equal(left.outputs[name], right.outputs[name], equal_nan=True) for name in left.outputs)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.label)
def test_a_cell_is_a_station(method: FwiMethod) -> None:
    days = weather(370, 9, 5)
    by_numpy = run_grid(COLD, days, method, engine=Engine.NUMPY)
    compiled = run_grid(COLD, days, method, engine=Engine.COMPILED)
    lat = np.broadcast_to(days.lat_deg, (9, 5))
    for cell in ((0, 0), (3, 4), (4, 2), (8, 1)):
        alone = DailyWeather(*(array[:, *cell] for array in days.weather()))
        codes, indices = run_days(COLD, alone, lat[cell], days.months, method)
        found = (codes.ffmc, codes.dmc, codes.dc, indices.isi, indices.bui, indices.fwi, indices.dsr)
        for name, expected in zip(OUTPUTS, found, strict=True):
            assert np.array_equal(by_numpy.outputs[name][:, *cell], expected), name
            np.testing.assert_allclose(compiled.outputs[name][:, *cell], expected, rtol=KERNEL, atol=KERNEL)


def test_both_engines_give_the_same_numbers_over_many_cells_and_any_codes_to_start_from() -> None:
    days = weather(40, 130, 101, seed=5)
    rng = np.random.default_rng(2)
    shape = (130, 101)
    start = CodeArrays(rng.uniform(0, 101, shape), rng.uniform(0, 400, shape), rng.uniform(0, 1200, shape))
    by_numpy = run_grid(start, days, engine=Engine.NUMPY)
    compiled = run_grid(start, days, engine=Engine.COMPILED)
    single = run_grid(start, weather(40, 130, 101, seed=5, kind=np.float32), engine=Engine.COMPILED)
    for name in OUTPUTS:
        expected = by_numpy.outputs[name]
        np.testing.assert_allclose(compiled.outputs[name], expected, rtol=KERNEL, atol=KERNEL, err_msg=name)
        off = np.abs(single.outputs[name] - expected) / np.maximum(1.0, expected)
        # A reading that is rounded to float32 may cross a limit of the equations: a few cells of half a million.
        assert np.quantile(off, 0.9999) < SINGLE[name], name
        assert single.outputs[name].dtype == np.float32


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("engine", Engine)
def test_cutting_the_grid_and_the_days_changes_no_bit(engine: Engine, kind: Any) -> None:
    days = weather(30, 50, 61, kind=kind)
    whole = run_grid(COLD, days, engine=engine)
    for rows in (slice(0, 1), slice(7, 50)):
        piece = run_grid(COLD, part_of(days, slice(None), rows, slice(3, 40)), engine=engine)
        for name in OUTPUTS:
            assert np.array_equal(piece.outputs[name], whole.outputs[name][:, rows, 3:40]), name
    every = slice(None)
    first = run_grid(COLD, part_of(days, slice(0, 11), every, every), engine=engine)
    rest = run_grid(first.last, part_of(days, slice(11, None), every, every), engine=engine)
    for name in OUTPUTS:
        assert np.array_equal(rest.outputs[name], whole.outputs[name][11:]), name
    assert np.array_equal(rest.last.dc, whole.outputs["dc"][-1])


@pytest.mark.parametrize("engine", Engine)
def test_threads_change_no_bit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    days = weather(5, 30_000)
    monkeypatch.setattr(grid, "_PART_CELL_DAYS", 1)
    with ThreadPoolExecutor(3) as pool:
        cut = run_grid(COLD, days, engine=engine, each=pool.map)
    monkeypatch.setattr(grid, "_PART_CELL_DAYS", 10**9)
    assert same(cut, run_grid(COLD, days, engine=engine))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(METHODS),
    st.lists(
        st.tuples(st.floats(-60, 60), st.floats(0, 100), st.floats(0, 400), st.floats(0, 2000), st.floats(-90, 90)),
        min_size=1,
        max_size=20,
    ),
    st.tuples(st.floats(0, 101), st.floats(0, 1000), st.floats(0, 2000)),
    st.integers(1, 12),
)
def test_the_kernel_agrees_with_the_equations_anywhere_in_the_allowed_ranges(
    method: FwiMethod, cells: list[tuple[float, ...]], codes: tuple[float, float, float], month: int
) -> None:
    temp, rh, wind, rain, lat = (np.array(column)[None] for column in zip(*cells, strict=True))
    start = CodeArrays(*(np.full(len(cells), code) for code in codes))
    days = GridDays(temp, rh, wind, rain, lat[0], np.array([month]))
    found = run_grid(start, days, method, engine=Engine.COMPILED).outputs
    alone = DailyWeather(temp[0], rh[0], wind[0], rain[0])
    stepped = step_day(start, alone, lat[0], month, method)
    for name in ("ffmc", "dmc", "dc"):
        np.testing.assert_allclose(found[name][0], getattr(stepped, name), rtol=1e-11, atol=1e-11, err_msg=name)
    # Of the kernel's own codes: an index may be steep in them, and that is no error of the kernel.
    own = CodeArrays(found["ffmc"][0], found["dmc"][0], found["dc"][0])
    isi = indices_of(own, wind[0], method)
    for name in ("isi", "bui"):
        np.testing.assert_allclose(found[name][0], getattr(isi, name), rtol=KERNEL, atol=KERNEL, err_msg=name)
    near_one = np.abs(np.log(np.maximum(isi.fwi, 1e-300))) < 1e-3  # eq. 30 is infinitely steep where B passes 1
    near_eighty = np.abs(isi.bui - 80.0) < 1e-9  # eq. 28 jumps there
    calm = ~(near_one | near_eighty)
    for name in ("fwi", "dsr"):
        expected = getattr(isi, name)[calm]
        np.testing.assert_allclose(found[name][0][calm], expected, rtol=1e-11, atol=KERNEL, err_msg=name)


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_missing_reading_is_never_a_low_danger(engine: Engine, kind: Any) -> None:
    needs = {"temp_c": {"ffmc", "dmc", "dc"}, "rh_pct": {"ffmc", "dmc"}, "wind_kmh": {"ffmc"}}
    needs["rain_mm"] = needs["temp_c"]
    follows = {"ffmc": {"isi", "fwi", "dsr"}, "dmc": {"bui", "fwi", "dsr"}, "dc": {"bui", "fwi", "dsr"}}
    for name, codes in needs.items():
        days = weather(6, 20, kind=kind)
        getattr(days, name)[2, 7] = np.nan
        outputs = run_grid(COLD, days, engine=engine).outputs
        missing = codes.union(*(follows[code] for code in codes))
        for output in OUTPUTS:
            gone = np.isnan(outputs[output])
            assert not gone[:2].any(), (name, output)
            assert not np.delete(gone, 7, axis=1).any(), (name, output)
            assert gone[2:, 7].all() == (output in missing), (name, output)
            assert gone[2:, 7].any() == (output in missing), (name, output)


@pytest.mark.parametrize("engine", Engine)
def test_cells_without_a_start_stay_missing(engine: Engine) -> None:
    start = CodeArrays(np.array([85.0, np.nan]), np.array([6.0, np.nan]), np.array([15.0, np.nan]))
    outputs = run_grid(start, weather(3, 2), engine=engine).outputs
    for name in OUTPUTS:
        assert np.isnan(outputs[name]).tolist() == [[False, True]] * 3


@pytest.mark.parametrize("engine", Engine)
def test_only_what_is_wanted_comes_back_and_it_is_the_same(engine: Engine) -> None:
    days = weather(12, 33)
    whole = run_grid(COLD, days, engine=engine)
    for wanted in (("fwi",), ("dsr", "ffmc"), ("isi",), ("bui",), ("dc", "bui"), ()):
        run = run_grid(COLD, days, wanted=wanted, engine=engine)
        assert tuple(run.outputs) == wanted
        assert same(run, GridRun({name: whole.outputs[name] for name in wanted}, run.last))
        assert np.array_equal(run.last.dmc, whole.last.dmc)


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_arrays_that_are_given_are_filled_and_nothing_else_is_made(engine: Engine, kind: Any) -> None:
    days = weather(7, 11, 5, kind=kind)
    places = {name: np.full((7, 11, 5), -1.0, kind) for name in ("fwi", "dc")}
    run = run_grid(COLD, days, wanted=places, engine=engine)
    assert same(run, run_grid(COLD, days, wanted=("fwi", "dc"), engine=engine))
    for name, place in places.items():
        assert np.shares_memory(run.outputs[name], place)
        assert np.array_equal(run.outputs[name], place)


def test_arrays_that_cannot_be_filled_are_refused() -> None:
    days = weather(3, 4, 2)
    wrong = (np.empty((3, 4)), np.empty((3, 4, 2), np.float32), np.asfortranarray(np.empty((3, 4, 2))))
    locked = np.empty((3, 4, 2))
    locked.flags.writeable = False
    for array in (*wrong, locked):
        with pytest.raises(InvalidValue, match=r"array for fwi .* float64 \(3, 4, 2\), writable, in C order"):
            run_grid(COLD, days, wanted={"fwi": array})
    with pytest.raises(InvalidValue, match="output is 'fire'"):
        run_grid(COLD, days, wanted={"fire": locked})


@pytest.mark.parametrize("engine", Engine)
def test_arrays_in_any_order_and_a_single_place_are_taken(engine: Engine) -> None:
    days = weather(9, 6, 4)
    turned = GridDays(*(np.asfortranarray(array) for array in days.weather()), days.lat_deg, days.months)
    assert same(run_grid(COLD, turned, engine=engine), run_grid(COLD, days, engine=engine))
    alone = GridDays(*(array[:, 0, 0] for array in days.weather()), np.asarray(-60.0), days.months)
    found = run_grid(COLD, alone, engine=engine).outputs["fwi"]
    assert np.array_equal(found, run_grid(COLD, days, engine=engine).outputs["fwi"][:, 0, 0])
    empty = GridDays(*(array[:, :0] for array in days.weather()), np.empty((0, 1)), days.months)
    assert run_grid(COLD, empty, engine=engine).outputs["dc"].shape == (9, 0, 4)


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rh_pct", 101.0, r"relative humidity \(%\) of day 3, cell \(4, 2\) is 101.0; allowed is 0 to 100"),
        ("rain_mm", -1.0, r"rain of 24 h .* day 3, cell \(4, 2\)"),
        ("temp_c", 300.0, r"temperature .* day 3, cell \(4, 2\) is 300.0"),
        ("wind_kmh", 500.0, r"wind .* day 3, cell \(4, 2\)"),
    ],
)
def test_a_reading_out_of_range_is_named(engine: Engine, name: str, value: float, words: str) -> None:
    days = weather(5, 6, 3)
    getattr(days, name)[3, 4, 2] = value
    with pytest.raises(InvalidValue, match=words):
        run_grid(COLD, days, engine=engine)


def test_a_reading_of_a_single_place_out_of_range_is_named() -> None:
    wet = np.array([140.0])
    days = GridDays(np.array([20.0]), wet, np.array([5.0]), np.array([0.0]), np.asarray(26.9), np.array([3]))
    with pytest.raises(InvalidValue, match=r"day 0, cell \(\)"):
        run_grid(COLD, days)


def test_what_does_not_fit_together_is_refused() -> None:
    good = weather(4, 3)
    temp, rh, wind, rain = good.weather()
    for arrays, lat, months, words in (
        ((temp, rh[:2], wind, rain), good.lat_deg, good.months, "shapes"),
        ((temp, rh, wind, rain), good.lat_deg, good.months[:2], "shapes"),
        ((temp, rh.astype(np.float32), wind, rain), good.lat_deg, good.months, "kinds"),
        (tuple(array.astype(np.int64) for array in good.weather()), good.lat_deg, good.months, "kinds"),
        ((temp, rh, wind, rain), np.zeros(4), good.months, "shape of the latitudes"),
        ((temp, rh, wind, rain), np.array([0.0, 95.0, 0.0]), good.months, "latitude"),
        ((temp, rh, wind, rain), np.array([0.0, np.nan, 0.0]), good.months, "latitude"),
        ((temp, rh, wind, rain), good.lat_deg, good.months + 12, "month"),
    ):
        with pytest.raises(InvalidValue, match=words):
            GridDays(*arrays, lat, months)
    with pytest.raises(InvalidValue, match="output is 'fire'"):
        run_grid(COLD, good, wanted=("fire",))


def test_without_numba_numpy_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert best_engine() is Engine.COMPILED
    days = weather(4, 7)
    expected = run_grid(COLD, days, engine=Engine.NUMPY)
    monkeypatch.setattr(grid, "find_spec", lambda name: None if name == "numba" else importlib.util.find_spec(name))
    assert best_engine() is Engine.NUMPY
    assert same(run_grid(COLD, days), expected)


def test_where_nothing_may_be_kept_the_kernel_compiles_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from firewatch.danger import kernel

    real = kernel.njit

    def read_only(*, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(kernel, "njit", read_only)
    assert kernel._compiled(lambda x: 2.0 * x)(21.0) == 42.0


@pytest.mark.parametrize(("kind", "reach"), [(np.float64, 700.0), (np.float32, 85.0)])
def test_the_polynomials_are_within_two_units_of_the_last_place(kind: Any, reach: float) -> None:
    from firewatch.danger.kernel import exponentials, logarithms

    rng = np.random.default_rng(3)
    x = rng.uniform(-reach, reach, 200_000).astype(kind)
    y = np.r_[np.exp(x), rng.uniform(0.4, 2.5, 200_000).astype(kind)].astype(kind)
    for found, exact in (
        (exponentials(x), np.exp(x.astype(np.longdouble))),
        (logarithms(y), np.log(y.astype(np.longdouble))),
    ):
        assert float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact).astype(kind)))) < 2.0
    assert np.isnan(exponentials(np.array([np.nan], kind))).all()
    assert exponentials(np.array([-1e30, 1e30, 0.0], kind)).tolist()[2] == 1.0


@pytest.mark.shared
class TestAgainstReferencePrograms:
    """Rasters of cffdrs, and the series of xclim's tests: as a grid, by both engines."""

    @pytest.mark.parametrize("engine", Engine)
    @pytest.mark.parametrize("expected", ["fwiRaster_test1_and_2.csv", "fwiRaster_test3.csv"])
    def test_the_rasters_of_cffdrs(self, shared_data: Path, engine: Engine, expected: str) -> None:
        folder = shared_data / "danger" / "cffdrs_r" / "raster"
        rows = columns(folder / expected)
        raw = columns(folder / "test_rast_day01.csv")
        inputs = (raw[f"test_rast_day01_{number}"][None] for number in (1, 2, 3, 4))
        outputs = run_grid(COLD, GridDays(*inputs, np.asarray(55.0), np.array([7])), engine=engine).outputs
        compared = 0
        for name in OUTPUTS:
            printed = rows[name.upper()]
            known = ~np.isnan(printed)
            assert np.array_equal(known, ~np.isnan(outputs[name][0])), name
            # Four significant digits, kept in float32.
            size = np.floor(np.log10(np.maximum(np.abs(printed[known]), 1e-9)))
            half = 0.5001 * 10.0 ** np.maximum(size - 3.0, -9.0) + 1e-6
            assert (np.abs(outputs[name][0][known] - printed[known]) <= half).all(), name
            compared += int(known.sum())
        assert compared > 7 * 1000

    @pytest.mark.parametrize("engine", Engine)
    def test_the_raster_of_an_earlier_cffdrs(self, shared_data: Path, engine: Engine) -> None:
        rows = columns(shared_data / "danger" / "cffdrs_r" / "raster" / "test_fwiRaster_out.csv")
        inputs = (rows[name][None] for name in ("TEMP", "RH", "WS", "PREC"))
        method = FwiMethod(FfmcFamily.CFFDRS_MIDDLE)
        days = GridDays(*inputs, np.asarray(55.0), np.array([7]))
        outputs = run_grid(COLD, days, method, engine=engine).outputs
        for name in OUTPUTS:
            np.testing.assert_allclose(outputs[name][0], rows[name.upper()], rtol=3e-6, err_msg=name)

    @pytest.mark.parametrize("engine", Engine)
    def test_the_seasons_of_the_global_sample(self, shared_data: Path, engine: Engine) -> None:
        path = shared_data / "danger" / "xclim" / "GFWED_sample_2017.csv"
        latitudes = {place: lat for place, lat in PLACES.items() if place != "Jamésie"}  # starts from another DMC
        places = [sample_of_2017(path, place) for place in latitudes]
        sample = {name: np.stack([rows[name] for rows, _ in places], axis=1) for name in places[0][0]}
        inputs = (sample["tas"], np.minimum(sample["rh"], 100.0), sample["sfcwind"], sample["prbc"])
        days = GridDays(*(array[1:] for array in inputs), np.array(list(latitudes.values())), places[0][1][1:])
        is_on = ~np.isnan(sample["DC"])
        first = CodeArrays(sample["FFMC"][0], sample["DMC"][0], sample["DC"][0])
        state = SeasonState(first, is_on[0], np.where(is_on[0], 0.0, np.inf))
        rules = SeasonStart(method=GLOBAL_METHOD)
        run, _ = run_grid_seasons(state, days, is_on[1:], rules, compute=partial(run_grid, engine=engine))
        for name in OUTPUTS[:6]:
            np.testing.assert_allclose(run.outputs[name], sample[name.upper()][1:], rtol=2e-4, atol=2e-4, err_msg=name)

    @pytest.mark.parametrize("engine", Engine)
    @pytest.mark.parametrize("station", [1, 2, 3])
    def test_two_years_of_real_stations(self, shared_data: Path, engine: Engine, station: int) -> None:
        path = shared_data / "danger" / "cffdrs_r" / "full_precision" / f"fwi_wDC_id{station}.csv"
        rows = {name.lower(): values for name, values in columns(path).items()}
        rows["rh"] = np.minimum(rows["rh"], 100.0)  # one day of station 2 has 100.01
        inputs = (np.stack([rows[name]] * 3, axis=1) for name in ("temp", "rh", "ws", "prec"))
        days = GridDays(*inputs, np.full(3, rows["lat"][0]), rows["mon"].astype(np.int64))
        outputs = run_grid(COLD, days, engine=engine).outputs
        for name in OUTPUTS:
            for cell in range(3):
                np.testing.assert_allclose(outputs[name][:, cell], rows[name], rtol=1e-11, atol=1e-11, err_msg=name)

    @pytest.mark.parametrize("engine", Engine)
    def test_the_series_of_xclim(self, shared_data: Path, engine: Engine) -> None:
        rows = columns(shared_data / "danger" / "xclim" / "cffdrs_test_fwi.csv")
        first = rows["test"] == 0
        months = np.array([int(text[5:7]) for text in texts(shared_data / "danger" / "xclim" / "cffdrs_test_fwi.csv")])
        inputs = (rows[name][first] for name in ("tas", "rh", "ws", "pr"))
        method = FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM)
        days = GridDays(*inputs, np.asarray(40.0), months[first])
        outputs = run_grid(COLD, days, method, engine=engine).outputs
        for name in OUTPUTS[:6]:
            np.testing.assert_allclose(outputs[name], rows[name][first], rtol=1e-7, atol=1e-7, err_msg=name)


def columns(path: Path) -> dict[str, Array]:
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([number(row[name]) for row in rows]) for name in rows[0] if name != "time"}


def texts(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as stream:
        return [row["time"] for row in csv.DictReader(stream)]


def number(cell: str) -> float:
    return np.nan if cell in {"", "NA"} else float(cell)
