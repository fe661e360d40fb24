"""Gridded forecasts: real NetCDF files, in the names and units that cfgrib gives ECMWF open data and GFS."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from feed_answers import station

from firewatch.adapters.feeds.grid_rain import apart, apart_by_six_hours, hourly_rain
from firewatch.adapters.feeds.gridded import GriddedFeed
from firewatch.danger.noon import NoonRules
from firewatch.danger.vapour import relative_humidity
from firewatch.errors import FeedError

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.services.weather_ports import Fetched

xr = pytest.importorskip("xarray", reason="the extra grid is not installed")

RUN = datetime(2026, 11, 26, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 7, tzinfo=UTC)
LAT = np.array([28.0, 27.0, 26.0])  # from north to south, as ECMWF writes
LON = np.array([112.0, 113.0])
# Every third hour to 144 h, as ECMWF open data.
STEPS = np.arange(0, 147, 3)


def dataset(**changed: Any) -> Any:
    """Return a run: the temperature is a plane in latitude and longitude, rain 0.5 mm an hour since the start."""
    shape = (len(STEPS), len(LAT), len(LON))
    plane = LAT[:, None] * 1.0 + (LON[None, :] - 112.0) * 2.0
    day = 5.0 * np.cos((STEPS - 6) / 24 * 2 * np.pi)
    temp = 273.15 + plane[None] - 10.0 + day[:, None, None]
    rain = np.broadcast_to((STEPS * 0.5)[:, None, None], shape)
    fields = {
        "t2m": (temp, "K"),
        "d2m": (temp - 8.0, "K"),
        "u10": (np.full(shape, 3.0), "m s**-1"),
        "v10": (np.full(shape, -4.0), "m s**-1"),
        "tp": (rain / 1000.0, "m"),
    } | changed
    variables = {
        name: (("step", "latitude", "longitude"), values, {"units": unit})
        for name, (values, unit) in fields.items()
        if values is not None
    }
    coords = {
        "step": STEPS * np.timedelta64(1, "h").astype("timedelta64[ns]"),
        "latitude": LAT,
        "longitude": LON,
        "time": np.datetime64("2026-11-26T00:00", "ns"),
        "heightAboveGround": 2.0,
    }
    return xr.Dataset(variables, coords)


def saved(folder: Path, run: Any) -> Path:
    path = folder / "ifs.nc"
    run.to_netcdf(path, engine="netcdf4")
    return path


def fetch(path: Path, *places: tuple[float, float], **settings: Any) -> Fetched:
    feed = GriddedFeed("ecmwf", path, NoonRules(), **settings)
    stations = [station(f"s{n}", *place) for n, place in enumerate(places or [(26.5, 112.25)])]
    return feed.fetch(stations, NOW)


def test_a_station_between_cells_gets_the_plane_and_noon_between_the_steps(tmp_path: Path) -> None:
    fetched = fetch(saved(tmp_path, dataset()))
    assert fetched.problems == ()
    (forecast,) = fetched.forecasts
    assert (forecast.issued_at, forecast.source) == (RUN, "ecmwf")
    assert [day.observed_at for day in forecast.days] == [
        datetime(2026, 11, 27 + n, 4, tzinfo=UTC) if n < 4 else datetime(2026, 12, n - 3, 4, tzinfo=UTC)
        for n in range(5)
    ], "the run began after yesterday's noon: today's rain is not known"
    noon = forecast.days[0]
    before, after = (26.5 + 0.5 - 10.0 + 5.0 * np.cos((step - 6) / 24 * 2 * np.pi) for step in (27, 30))
    assert noon.temp_c == pytest.approx(before + (after - before) / 3, abs=1e-6)
    humid = [float(relative_humidity(temp, temp - 8.0)) for temp in (before, after)]
    assert noon.rh_pct == pytest.approx(humid[0] + (humid[1] - humid[0]) / 3, abs=0.05)
    assert noon.wind_kmh == pytest.approx(18.0)
    assert noon.rain_mm == pytest.approx(12.0)
    assert noon.max_temp_c is None, "three-hourly steps do not show the day's extremes"
    assert "on the line from" in noon.doubts[0].why


def test_the_nearest_cell_may_be_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, dataset())
    near = fetch(path, (26.6, 112.2), cells="nearest").forecasts[0].days[0]
    cell = fetch(path, (27.0, 112.0)).forecasts[0].days[0]
    assert near.temp_c == pytest.approx(cell.temp_c)


def test_hourly_gfs_with_its_own_humidity_and_metres_of_no_depth(tmp_path: Path) -> None:
    run = dataset(
        r2=(np.full((len(STEPS), 3, 2), 37.0), "%"), d2m=(None, ""), tp=(np.full((len(STEPS), 3, 2), 1.5), "kg m**-2")
    )
    noon = fetch(saved(tmp_path, run), rain="since-last-step").forecasts[0].days[0]
    assert noon.rh_pct == pytest.approx(37.0)
    assert noon.rain_mm == pytest.approx(12.0)


def test_times_by_cf_conventions_and_longitudes_from_0_to_360(tmp_path: Path) -> None:
    run = dataset().swap_dims(step="valid").rename(time="forecast_reference_time")
    run = run.assign_coords(valid=run.forecast_reference_time + run.step).drop_vars("step").rename(valid="time")
    run = run.assign_coords(longitude=LON + 150.0)
    (forecast,) = fetch(saved(tmp_path, run), (26.5, -97.75)).forecasts
    assert forecast.issued_at == RUN
    assert forecast.days[0].temp_c == pytest.approx(fetch(saved(tmp_path, dataset())).forecasts[0].days[0].temp_c)
    without = run.drop_vars("forecast_reference_time")
    fetched = fetch(saved(tmp_path, without), (26.5, -97.75))
    assert fetched.forecasts[0].issued_at == NOW
    assert "does not say when its run began" in fetched.problems[0]


def test_steps_may_be_plain_hours(tmp_path: Path) -> None:
    run = dataset().assign_coords(step=("step", STEPS.astype(float), {"units": "hours", "dtype": "x"}))
    run.step.attrs = {"units": "h"}
    assert fetch(saved(tmp_path, run)).forecasts[0].days[0].rain_mm == pytest.approx(12.0)
    run.step.attrs = {"units": "fortnights"}
    with pytest.raises(FeedError, match="the axis step is in 'fortnights'"):
        fetch(saved(tmp_path, run))


def test_a_station_outside_the_grid_is_told_and_the_others_are_served(tmp_path: Path) -> None:
    fetched = fetch(saved(tmp_path, dataset()), (26.5, 112.25), (35.0, 112.0), (26.5, 120.0))
    assert [forecast.station_id for forecast in fetched.forecasts] == ["s0"]
    assert fetched.problems == (
        "station s1: latitude 35 is outside the grid, 26 to 28",
        "station s2: longitude 120 is outside the grid, 112 to 113",
    )


def test_missing_values_are_missing_hours(tmp_path: Path) -> None:
    run = dataset()
    run["t2m"].values[:, :, :] = np.nan
    fetched = fetch(saved(tmp_path, run))
    assert fetched.forecasts == ()
    assert "no temperature near 12:00" in fetched.problems[0]


def test_rain_without_a_value_at_the_start_of_the_run(tmp_path: Path) -> None:
    run = dataset()
    rain = run["tp"].isel(step=slice(1, None))
    merged = run.drop_vars("tp").assign(tp=rain)
    assert fetch(saved(tmp_path, merged)).forecasts[0].days[0].rain_mm == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (lambda: dataset(t2m=(None, "")), "no variable t2m or 2t"),
        (lambda: dataset(d2m=(None, "")), "no variable d2m or 2d"),
        (lambda: dataset(u10=(np.zeros((len(STEPS), 3, 2)), "knots")), "u10 in 'knots'; expected is 'm s\\*\\*-1'"),
        (lambda: dataset().isel(longitude=0), "no axis longitude or lon"),
        (lambda: dataset().drop_vars("latitude"), "no axis latitude or lat"),
        (lambda: dataset().expand_dims(number=[1, 2]), "has the axes number, step"),
        (lambda: dataset().isel(step=slice(None, None, -1)), "the axis step does not rise"),
        (lambda: dataset().rename(step="time", time="run"), "the axis time holds no instants"),
    ],
)
def test_a_file_of_another_form_is_refused_with_what_it_has(tmp_path: Path, run: Any, told: str) -> None:
    with pytest.raises(FeedError, match=told):
        fetch(saved(tmp_path, run()))


def test_a_sum_that_falls_is_no_sum_since_the_start(tmp_path: Path) -> None:
    run = dataset(tp=(np.tile([[[1.0]], [[0.2]]], (25, 3, 2))[: len(STEPS)], "mm"))
    assert "is it since the last step?" in fetch(saved(tmp_path, run)).problems[0]


def test_a_folders_newest_file_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"holds no \*.nc"):
        fetch(tmp_path)
    saved(tmp_path, dataset())
    assert fetch(tmp_path).forecasts
    newer = tmp_path / "later.nc"
    newer.write_bytes(b"\x89HDF\r\n\x1a\n cut off")
    os.utime(newer, (2e9, 2e9))
    with pytest.raises(FeedError, match=r"later\.nc cannot be read"):
        fetch(tmp_path)
    with pytest.raises(FeedError, match="cannot be read"):
        fetch(tmp_path / "none.nc")


def test_grib_without_cfgrib_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ifs.grib2"
    path.write_bytes(b"GRIB")
    monkeypatch.setitem(sys.modules, "cfgrib", None)
    with pytest.raises(
        FeedError, match=r"cfgrib is not installed; GRIB needs it: pip install 'firewatch\[grib\]'"
    ) as told:
        fetch(path)
    assert not told.value.retryable
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(FeedError, match="install firewatch with its extra"):
        fetch(path)


def test_rain_of_six_hours_of_the_run_is_taken_apart_within_them() -> None:
    start = datetime(2026, 11, 26, tzinfo=UTC)
    times = [start + timedelta(hours=n) for n in (0, 1, 3, 6, 7, 9, 12, 15, 18, 30)]
    total = np.array([0.0, 1.0, 1.5, 4.0, 2.0, 2.5, 2.46, 3.0, np.nan, 9.0])
    steps = apart_by_six_hours(start, times, total)
    assert steps[1:8].tolist() == pytest.approx([1.0, 0.5, 2.5, 2.0, 0.5, 0.0, 3.0])
    assert np.isnan(steps[[0, 8, 9]]).all(), "the last step is longer than its sum"
    with pytest.raises(ValueError, match=r"falls by 1\.5 mm within six hours"):
        apart_by_six_hours(start, times[:3], np.array([0.0, 3.0, 1.5]))


def test_gfs_sums_of_six_hours_are_read_where_the_file_says_when_its_run_began(tmp_path: Path) -> None:
    since = np.where(STEPS == 0, 0.0, (STEPS - 1) % 6 + 1.0) * 0.5
    field = np.broadcast_to(since[:, None, None], (len(STEPS), 3, 2)).copy()
    run = dataset(tp=(field, "kg m**-2"))
    noon = fetch(saved(tmp_path, run), rain="since-six-hours").forecasts[0].days[0]
    assert noon.rain_mm == pytest.approx(12.0)
    timed = run.swap_dims(step="valid").rename(time="start")
    timed = timed.assign_coords(valid=timed.start + timed.step).drop_vars(["step", "start"]).rename(valid="time")
    fetched = fetch(saved(tmp_path, timed), rain="since-six-hours")
    assert fetched.forecasts == ()
    assert any("does not say when its run began: the six hours" in problem for problem in fetched.problems)


def test_rain_is_taken_apart_and_spread_over_the_hours_of_its_step() -> None:
    assert apart(np.array([0.0, 1.5, 1.46, 4.0])).tolist() == pytest.approx([0.0, 1.5, 0.0, 2.54])
    times = [RUN, RUN + timedelta(hours=3), RUN + timedelta(hours=4), RUN + timedelta(hours=4, minutes=10)]
    spread = hourly_rain(times, np.array([9.0, 1.5, np.nan, 7.0]))
    assert spread == {RUN + timedelta(hours=hour): 0.5 for hour in (1, 2, 3)}


def test_one_row_of_cells_serves_its_own_latitude(tmp_path: Path) -> None:
    run = dataset().isel(latitude=[1])
    fetched = fetch(saved(tmp_path, run), (27.0, 112.5), (26.9, 112.5))
    assert [forecast.station_id for forecast in fetched.forecasts] == ["s0"]
