"""Gridded datasets: units and times are read, not guessed; cutting by Dask changes no bit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from grids import dataset

from firewatch.adapters.grid_danger import GridChoices, compute_danger
from firewatch.adapters.grid_files import chunked, open_grid, require_writable_grid, start_after, write_grid
from firewatch.adapters.grid_weather import read_weather, time_of
from firewatch.danger import (
    DailyWeather,
    Engine,
    FfmcFamily,
    FwiMethod,
    GridDays,
    fill_grid_gaps,
    run_days,
    run_grid,
)
from firewatch.danger.daily import CodeArrays
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    from pathlib import Path

COLD = {"ffmc": 85.0, "dmc": 6.0, "dc": 15.0}


def with_units(name: str, units: str | None, factor: float = 1.0, addend: float = 0.0) -> xr.Dataset:
    """Return the dataset with a variable in another unit."""
    given = dataset()
    attrs = {key: value for key, value in given[name].attrs.items() if key != "units"}
    given[name] = given[name] * factor + addend
    given[name].attrs = attrs if units is None else attrs | {"units": units}
    return given


@pytest.mark.parametrize("engine", Engine)
def test_a_cell_is_a_station(engine: Engine) -> None:
    given = dataset(60)
    found = compute_danger(read_weather(given), COLD, GridChoices(engine=engine))
    place = given.isel(lat=3, lon=1)
    weather = DailyWeather(
        place.tas.to_numpy() - 273.15,
        place.hurs.to_numpy() * 100.0,
        place.sfcWind.to_numpy() * 3.6,
        place.pr.to_numpy() * 86_400.0,
    )
    start = CodeArrays(*(np.asarray(code) for code in COLD.values()))
    codes, indices = run_days(start, weather, float(place.lat), given.time.dt.month.to_numpy())
    for name, expected in (("ffmc", codes.ffmc), ("dc", codes.dc), ("fwi", indices.fwi)):
        np.testing.assert_allclose(found[name].isel(lat=3, lon=1), expected, rtol=1e-12, atol=1e-12)
        if engine is Engine.NUMPY:
            assert np.array_equal(found[name].isel(lat=3, lon=1), expected)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize(
    "cuts",
    [{"lat": 2, "lon": 3, "time": -1}, {"time": 1}, {"time": 7, "lat": 3}, {"time": (3, 16, 1), "lon": 1}],
    ids=str,
)
def test_cutting_changes_no_bit(cuts: dict[str, Any], engine: Engine, kind: Any) -> None:
    choices = GridChoices(engine=engine)
    whole = compute_danger(read_weather(dataset(), kind=kind), COLD, choices)
    cut = compute_danger(read_weather(dataset().chunk(cuts), kind=kind), COLD, choices)
    assert cut.chunks
    xr.testing.assert_identical(cut.compute(), whole)
    assert whole.fwi.dtype == kind


def with_gaps() -> xr.Dataset:
    """Return the dataset with days that miss one reading or all, the first one and a long gap among them."""
    given = dataset()
    lost = np.random.default_rng(3).random(given.tas.shape) < 0.15
    given["hurs"] = given.hurs.where(~lost)
    given["tas"][:, 1, 1] = np.nan
    given["pr"][5:18, 2, 2] = np.nan
    return given


@pytest.mark.parametrize("cuts", [{"time": 1}, {"time": (3, 16, 1), "lon": 1}, {"lat": 2, "time": -1}], ids=str)
def test_gaps_are_filled_and_flagged_however_the_days_are_cut(cuts: dict[str, Any]) -> None:
    choices = GridChoices(fills_gaps=True, wanted=("fwi", "dc"))
    given = with_gaps()
    whole = compute_danger(read_weather(given), COLD, choices)
    cut = compute_danger(read_weather(given.chunk(cuts)), COLD, choices)
    xr.testing.assert_identical(cut.compute(), whole)
    assert list(whole.data_vars) == ["fwi", "dc", "estimated"]
    assert whole.attrs["gaps"] == "last-reading-dry"
    weather = read_weather(given)
    temp, rh, wind, rain = (array.to_numpy() for array in weather.arrays())
    filled = fill_grid_gaps(GridDays(temp, rh, wind, rain, weather.lat_deg.to_numpy(), given.time.dt.month.to_numpy()))
    assert np.array_equal(whole.estimated, filled.is_estimated)
    start = CodeArrays(*(np.asarray(code) for code in COLD.values()))
    assert np.array_equal(whole.fwi, run_grid(start, filled.days).outputs["fwi"], equal_nan=True)
    assert whole.estimated.attrs["flag_meanings"] == "read estimated"
    assert not np.isnan(whole.fwi.isel(time=slice(5, 12), lat=2, lon=2)).any()
    assert np.isnan(whole.fwi.isel(time=slice(12, None), lat=2, lon=2)).all()


def test_the_output_says_what_it_is() -> None:
    method = FwiMethod(FfmcFamily.CLASSIC)
    found = compute_danger(read_weather(dataset()), COLD, GridChoices(method, ("fwi", "dc"), threads=2))
    assert list(found.data_vars) == ["fwi", "dc"]
    assert found.fwi.attrs["units"] == "1"
    assert found.fwi.attrs["long_name"] == "Fire Weather Index"
    assert found.fwi.dims == ("time", "lat", "lon")
    assert found.lat.attrs["units"] == "degrees_north"
    assert found.attrs["method"] == "classic/cffdrs"
    assert found.attrs["Conventions"].startswith("CF-")


@pytest.mark.parametrize(
    ("name", "units", "factor", "addend"),
    [
        ("tas", "degC", 1.0, -273.15),
        ("hurs", "%", 100.0, 0.0),
        ("sfcWind", "km/h", 3.6, 0.0),
        ("sfcWind", "knots", 3.6 / 1.852, 0.0),
        ("pr", "mm/day", 86_400.0, 0.0),
        ("pr", "m", 86.4, 0.0),
        ("pr", "m s**-1", 0.001, 0.0),
    ],
)
def test_units_are_converted(name: str, units: str, factor: float, addend: float) -> None:
    wanted = compute_danger(read_weather(dataset()), COLD)
    found = compute_danger(read_weather(with_units(name, units, factor, addend)), COLD)
    for output in wanted.data_vars:
        np.testing.assert_allclose(found[output], wanted[output], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "units"), [("tas", None), ("tas", "1"), ("hurs", "K"), ("sfcWind", "mph"), ("pr", "inch"), ("pr", "1")]
)
def test_a_unit_that_is_missing_or_strange_is_refused(name: str, units: str | None) -> None:
    with pytest.raises(InvalidValue, match=f"units of {name} .*allowed is"):
        read_weather(with_units(name, units))


def test_a_wind_in_the_wrong_unit_is_refused_by_its_range() -> None:
    # Kelvin that are said to be deg C; a fraction that is said to be per cent is possible weather, and no one can tell.
    weather = read_weather(with_units("tas", "degC"))
    with pytest.raises(InvalidValue, match=r"temperature \(deg C\) on 2026-02-20 at lat=-35.0 lon=108.0"):
        compute_danger(weather, COLD)


@pytest.mark.parametrize("cuts", [None, {"lat": 2, "lon": 2, "time": 5}])
def test_a_reading_out_of_range_is_named_by_day_and_place(cuts: dict[str, int] | None) -> None:
    given = dataset()
    given["hurs"][13, 4, 3] = 1.4
    if cuts is not None:
        given = given.chunk(cuts)
    with pytest.raises(InvalidValue, match=r"relative humidity \(%\) on 2026-03-05 at lat=50.0 lon=114.0 is 140"):
        compute_danger(read_weather(given), COLD).load()


def test_a_packed_files_rounding_is_taken_as_the_limit() -> None:
    given = dataset()
    given["hurs"][0, 0, 0] = 1.003
    given["pr"][0, 0, 1] = -1e-9
    weather = read_weather(given)
    assert weather.rh_pct[0, 0, 0] == 100.0
    assert weather.rain_mm[0, 0, 1] == 0.0
    given["pr"][0, 0, 1] = -1.0 / 86_400.0
    with pytest.raises(InvalidValue, match="rain of 24 h"):
        compute_danger(read_weather(given), COLD)


def drop(name: str) -> Any:
    return lambda given: given.drop_vars(name)


def double(given: xr.Dataset) -> xr.Dataset:
    given["tas_min"] = given["tas"]
    return given


def at_hours(hours: float) -> Any:
    return lambda given: given.assign_coords(time=given.time + np.timedelta64(int(hours * 3600), "s"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop("pr"), "no variable for precipitation.*the dataset has tas, hurs, sfcWind"),
        (double, "2 variables for air temperature"),
        (drop("lat"), "no latitude"),
        (lambda given: given.assign(lat2=("lat", given.lat.data, given.lat.attrs)), "2 latitudes"),
        (lambda given: given.assign_coords(lat=("lat", [0, 1, 2, 3, 95], given.lat.attrs)), "latitude lat.*95"),
        (lambda given: given.isel(time=[0, 1, 3, 4]), "2026-02-23: follows 2026-02-21: days must be consecutive"),
        (lambda given: given.isel(time=[0, 1, 1, 2]), "2026-02-21: is doubled"),
        (lambda given: given.isel(time=[1, 0]), "2026-02-20: follows"),
        (lambda given: given.isel(time=[]), "holds no stamp"),
        (at_hours(9), "is 17 h local standard time"),
        (drop("time"), "none with decoded times"),
        (lambda given: given.assign(hurs=given.hurs.isel(lon=0)), "dimensions of hurs"),
        (lambda given: given.assign(tas=given.tas.astype(str)), "its kind"),
        (lambda given: given.assign_coords(lat=("other", [1.0, 2.0], given.lat.attrs)), "lies over"),
    ],
)
def test_what_cannot_be_rated_is_refused(change: Any, words: str) -> None:
    with pytest.raises(FirewatchError, match=words):
        read_weather(change(dataset()))


def test_stamps_near_noon_are_taken_by_the_standard_time() -> None:
    weather = read_weather(at_hours(4)(dataset()))
    assert weather.days[0] == np.datetime64("2026-02-20")
    with pytest.raises(ObservationError, match="UTC-5 h"):
        read_weather(at_hours(4)(dataset()), utc_offset=timedelta(hours=-5))


def test_names_are_given_or_customary() -> None:
    plain = dataset().rename(tas="T2", hurs="rh")
    for array in plain.values():
        del array.attrs["standard_name"]
    weather = read_weather(plain, {"temp": "T2"})
    assert weather.time == time_of(plain, "T2") == "time"
    with pytest.raises(ObservationError, match="no variable T3"):
        read_weather(plain, {"temp": "T3"})
    with pytest.raises(InvalidValue, match="quantity is 'snow'"):
        read_weather(plain, {"snow": "T2"})
    with pytest.raises(ObservationError, match="no latitude north"):
        read_weather(plain, {"temp": "T2", "lat": "north"})


def test_a_mean_is_noted() -> None:
    given = dataset()
    given["tas"].attrs["cell_methods"] = "time: mean"
    given["pr"].attrs["cell_methods"] = "time: mean"
    assert [note.split()[0] for note in read_weather(given).notes] == ["tas"]


def test_stations_are_a_grid_too_in_any_order_of_dimensions() -> None:
    given = dataset().stack(station=("lat", "lon")).reset_index("station")
    given["lat"].attrs = {"units": "degrees_north"}
    turned = given.transpose("station", "time")
    found = compute_danger(read_weather(turned), COLD)
    whole = compute_danger(read_weather(dataset()), COLD)
    assert np.array_equal(found.fwi.to_numpy(), whole.fwi.to_numpy().reshape(20, -1))


@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_a_written_result_is_read_back_and_goes_on_to_the_same_bits(tmp_path: Path, name: str) -> None:
    given, path = dataset(), tmp_path / name
    whole = compute_danger(read_weather(given), COLD)
    for _ in range(2):  # over an earlier one, too
        write_grid(compute_danger(read_weather(chunked(given.isel(time=slice(0, 8)), "time", 30)), COLD), path)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    rest = read_weather(given.isel(time=slice(8, None)))
    found = compute_danger(rest, start_after(path, rest, "cffdrs/cffdrs"))
    xr.testing.assert_identical(found, whole.isel(time=slice(8, None)))


def test_a_result_that_does_not_join_on_is_refused(tmp_path: Path) -> None:
    given, path = dataset(), tmp_path / "out.nc"
    first = compute_danger(read_weather(given.isel(time=slice(0, 8))), COLD)
    write_grid(first, path)
    later = read_weather(given.isel(time=slice(9, None)))
    rest = given.isel(time=slice(8, None))
    with pytest.raises(InvalidValue, match=r"first day after out\.nc is '2026-03-01'; allowed is 2026-02-28"):
        start_after(path, later, "cffdrs/cffdrs")
    with pytest.raises(InvalidValue, match=r"method of out\.nc"):
        start_after(path, read_weather(rest), "classic/cffdrs")
    with pytest.raises(InvalidValue, match="cells along lon"):
        start_after(path, read_weather(rest.isel(lon=slice(0, 2))), "cffdrs/cffdrs")
    with pytest.raises(InvalidValue, match="coordinate lon"):
        start_after(path, read_weather(rest.assign_coords(lon=rest.lon + 1.0)), "cffdrs/cffdrs")
    write_grid(first[["fwi"]], path)
    with pytest.raises(ObservationError, match="has no ffmc, dmc, dc"):
        start_after(path, read_weather(rest), "cffdrs/cffdrs")


@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_a_failure_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_grid(compute_danger(read_weather(dataset()), COLD), path)
    with open_grid(path) as before:
        expected = before.load()
    bad = dataset()
    bad["tas"][19, 4, 3] = 600.0
    with pytest.raises(InvalidValue, match="temperature"):
        write_grid(compute_danger(read_weather(bad.chunk(lat=1)), COLD), path)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    with open_grid(path) as after:
        xr.testing.assert_identical(after.load(), expected)


def test_where_a_result_cannot_go_is_refused(tmp_path: Path) -> None:
    given = tmp_path / "in.nc"
    dataset().to_netcdf(given)
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "file.zarr").write_text("mine", encoding="utf-8")
    for name, words in (
        ("out.csv", "name of out.csv"),
        ("none/out.nc", "its folder does not exist"),
        ("in.nc", "is an input itself"),
        ("mine.zarr", "no Zarr store"),
        ("folder.nc", "it is a folder"),
        ("file.zarr", "it is no folder"),
    ):
        with pytest.raises(FirewatchError, match=words):
            require_writable_grid(tmp_path / name, (given, None))
    assert (tmp_path / "file.zarr").read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nc"
    broken.write_text("not a grid", encoding="utf-8")
    (tmp_path / "empty.zarr").mkdir()
    for name, words in (
        ("broken.nc", "cannot be read"),
        ("none.nc", "does not exist"),
        ("empty.zarr", "cannot be read"),
    ):
        with pytest.raises(ObservationError, match=words):
            open_grid(tmp_path / name)


@pytest.mark.parametrize(
    ("stored", "cut"),
    [
        (None, {"time": 20, "lat": 1, "lon": 4}),
        ({"time": 20, "lat": 2, "lon": 2}, {"time": 20, "lat": 2, "lon": 2}),
        ({"time": 1, "lat": 5, "lon": 4}, {"time": 4, "lat": 5, "lon": 4}),
    ],
    ids=["anywhere", "columns", "maps"],
)
def test_a_files_own_chunks_are_read_once(stored: dict[str, int] | None, cut: dict[str, int]) -> None:
    given = dataset()
    for array in given.values():
        array.encoding["preferred_chunks"] = stored or {}
    found = chunked(given, "time", 90)
    assert {dim: sizes[0] for dim, sizes in found.chunks.items()} == cut
    assert chunked(given, "time").chunks["time"] == (20,)


def test_a_full_disk_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fail)
    with pytest.raises(ObservationError, match="No space left"):
        write_grid(dataset(), tmp_path / "out.nc")
    assert not list(tmp_path.iterdir())


def test_an_error_that_is_not_of_a_reading_stays_as_it_is() -> None:
    with pytest.raises(InvalidValue, match="output is 'fire'"):
        compute_danger(read_weather(dataset()), COLD, GridChoices(wanted=("fire",)))
