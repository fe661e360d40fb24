"""Grids beside the reference programs' printed numbers, by both engines."""

from __future__ import annotations

import csv
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from danger_vectors.seasons import GLOBAL_METHOD, PLACES, sample_of_2017

from firewatch.danger import (
    CodeArrays,
    DayLengthBands,
    Engine,
    FfmcFamily,
    FwiMethod,
    GridDays,
    SeasonStart,
    SeasonState,
    run_grid,
    run_grid_seasons,
)
from firewatch.danger.grid import OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path

COLD = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))
Array = npt.NDArray[np.float64]


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
