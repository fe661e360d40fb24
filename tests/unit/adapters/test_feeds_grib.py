"""GRIB 2 files as ECMWF open data has them, written by ecCodes and read through cfgrib; both are optional."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from feed_answers import station

from firewatch.adapters.feeds.gridded import GriddedFeed
from firewatch.danger.noon import NoonRules

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip(
    "cfgrib", reason="cfgrib and ecCodes are not installed: pip install 'firewatch[grib]'", exc_type=ImportError
)
eccodes = pytest.importorskip("eccodes", reason="ecCodes is not installed", exc_type=ImportError)

LAT = np.arange(28.0, 25.9, -0.5)
LON = np.arange(112.0, 113.01, 0.5)


def write(file: Any, name: str, step: int, values: Any) -> None:
    message = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
    corners = {
        "latitudeOfFirst": LAT[0],
        "latitudeOfLast": LAT[-1],
        "longitudeOfFirst": LON[0],
        "longitudeOfLast": LON[-1],
    }
    keys: dict[str, Any] = {"centre": "ecmf", "dataDate": 20261126, "dataTime": 0, "Ni": len(LON), "Nj": len(LAT)}
    keys |= {f"{corner}GridPointInDegrees": float(value) for corner, value in corners.items()}
    keys |= {"iDirectionIncrementInDegrees": 0.5, "jDirectionIncrementInDegrees": 0.5, "shortName": name}
    keys |= {"stepRange": f"0-{step}"} if name == "tp" else {"step": step}
    for key, value in (keys | {"bitsPerValue": 24}).items():
        eccodes.codes_set(message, key, value)
    eccodes.codes_set_values(message, np.asarray(values, dtype=float).ravel())
    eccodes.codes_write(message, file)
    eccodes.codes_release(message)


@pytest.mark.filterwarnings("ignore:In a future version of xarray:FutureWarning")
def test_two_metres_ten_metres_and_the_sum_of_rain_are_joined(tmp_path: Path) -> None:
    plane = LAT[:, None] + 2.0 * (LON[None, :] - 112.0)
    flat = np.ones_like(plane)
    with (tmp_path / "ifs.grib2").open("wb") as file:
        for step in range(0, 75, 3):
            temp = 273.15 + plane - 10.0 + 5.0 * np.cos((step - 6) / 24 * 2 * np.pi)
            for name, values in (("2t", temp), ("2d", temp - 8.0), ("10u", 3.0 * flat), ("10v", -4.0 * flat)):
                write(file, name, step, values)
            if step:  # at the start of a run there is no message of the sum
                write(file, "tp", step, flat * step * 0.5 / 1000.0)
    now = datetime(2026, 11, 26, 7, tzinfo=UTC)
    fetched = GriddedFeed("ecmwf", tmp_path, NoonRules()).fetch([station("s0", 26.5, 112.25)], now)
    assert fetched.problems == ()
    (forecast,) = fetched.forecasts
    assert forecast.issued_at == datetime(2026, 11, 26, tzinfo=UTC)
    noon = forecast.days[0]
    before, after = (17.0 + 5.0 * np.cos((step - 6) / 24 * 2 * np.pi) for step in (27, 30))
    assert noon.temp_c == pytest.approx(before + (after - before) / 3, abs=1e-3)
    assert (noon.wind_kmh, noon.rain_mm) == (pytest.approx(18.0, abs=1e-3), pytest.approx(12.0, abs=1e-3))
    assert [path.name for path in tmp_path.iterdir()] == ["ifs.grib2"], "no index file is left beside it"


@pytest.mark.parametrize("reader", ["firewatch.adapters.feeds.gridded", "firewatch.adapters.grid_files"])
def test_who_reads_grids_leaves_the_store_its_own_sqlite(reader: str) -> None:
    def version(*before: str) -> str:
        code = "; ".join([*(f"import {name}" for name in before), "import sqlite3", "print(sqlite3.sqlite_version)"])
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return done.stdout

    assert version(reader, "eccodes") == version()
