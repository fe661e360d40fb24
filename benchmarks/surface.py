"""The danger surface: its time beside that of the codes alone; run as a program, its errors beside simpler ways.

`python benchmarks/surface.py [FOLDER]` prints the errors on made-up fields whose truth is known and, with a folder that
holds `test_rast_day01.csv` and `test_rast_day02.csv` of the package cffdrs (two days of gridded noon weather over
western Canada), on those: some cells stand for stations, the others are foretold.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger import CodeArrays, DailyWeather, dew_point, indices_of, step_day
from firewatch.danger.kriging import FieldModel, FieldPrior, Places, condition, matern
from firewatch.danger.surface import SurfaceIndex, WeatherFields, index_cases, weather_cases, weather_surface
from firewatch.danger.surface_grid import SurfaceAxes
from firewatch.danger.surface_priors import PRIORS, WEATHER, rules_of
from firewatch.danger.vapour import saturation_vapour_pressure
from firewatch.learning.surface import fit_field
from firewatch.learning.surface_score import inverse_distance, mean_of_stations, nearest_station, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Estimates = dict[str, tuple[Numbers, tuple[Numbers, Numbers] | None]]

Row = tuple[str, str, str, float, float]

_STATIONS, _MONTH = 12, 10
_WORLDS, _PLACES = 40, 50  # made up of each kind; places foretold in each
_SIMPLE = {"inverse distance": inverse_distance, "nearest": nearest_station, "mean": mean_of_stations}


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield the rows of the danger surface: milliseconds for 12 stations and 100 x 100 cells, fit and all."""
    rng = np.random.default_rng(1)
    stations = _scattered(rng, _STATIONS)
    axes = SurfaceAxes.of_box(111.4, 26.0, 113.4, 28.0, 0.02)
    values = _made_up_weather(rng, stations)
    rules = rules_of("fwi")
    assert rules is not None

    def ours() -> None:
        fields = WeatherFields(**_models(stations, values, is_fitted=True))
        weather_surface(SurfaceIndex.FWI, fields, axes, rules, _MONTH)

    cells = (64, axes.shape[0] * axes.shape[1])
    weather = DailyWeather(*(np.full(cells, value) for value in (25.0, 40.0, 12.0, 0.0)))
    before = CodeArrays(*(np.full(cells, value) for value in (85.0, 30.0, 300.0)))

    def codes() -> None:
        indices_of(step_day(before, weather, 26.9, _MONTH), weather.wind_kmh)

    what = "danger surface, 12 stations, 100 x 100"
    yield what, "codes and indices of its 64 cases", "ms", seconds(ours) * 1e3, seconds(codes) * 1e3


def main() -> None:
    """Print the errors."""
    _made_up()
    _made_up_rain_and_fwi()
    if len(sys.argv) > 1:
        _of_rasters(Path(sys.argv[1]))


def _made_up() -> None:
    """Print errors of made-up fields: as believed, of another length and noise, and where nothing varies in space."""
    worlds = {
        "as believed": {},
        "half the length, twice the noise": {"length_km": 0.5, "noise": 2.0},
        "no pattern at all": {"sigma": 0.05, "noise": 3.0},
    }
    for name, factors in worlds.items():
        for count in (3, 6, _STATIONS):
            found: list[tuple[Numbers, Estimates]] = []
            for seed in range(_WORLDS):
                rng = np.random.default_rng(seed)
                truth = PRIORS["temp_c"]
                for field, factor in factors.items():
                    truth = replace(truth, **{field: getattr(truth, field) * factor})
                places = _scattered(rng, count + _PLACES)
                readings = _drawn(rng, truth, places, 25.0)
                stations, others = places.take(slice(count)), places.take(slice(count, None))
                found.append((readings[count:], _of_field("temp_c", stations, readings[:count], others)))
            _print(f"made-up temperature (degC), {name}, {count} stations", found)


def _made_up_rain_and_fwi() -> None:
    """Print errors of rain with its zeros, and of FWI by both ways where every field's covariance is known."""
    tries: dict[str, list[tuple[Numbers, Estimates]]] = {"rain_mm": [], "fwi": []}
    for seed in range(_WORLDS):
        rng = np.random.default_rng(seed)
        places = _scattered(rng, _STATIONS + _PLACES)
        here, there = slice(_STATIONS), slice(_STATIONS, None)
        stations, others = places.take(here), places.take(there)
        values = _made_up_weather(rng, places)
        vapour = saturation_vapour_pressure(values["dew_point_c"]) / saturation_vapour_pressure(values["temp_c"])
        humid = np.clip(100.0 * vapour, 1.0, 100.0)
        weather = DailyWeather(values["temp_c"], humid, values["wind_kmh"], values["rain_mm"])
        codes = step_day(CodeArrays(values["ffmc"], values["dmc"], values["dc"]), weather, 26.9, _MONTH)
        fwi = indices_of(codes, weather.wind_kmh).fwi
        rain = values["rain_mm"]
        tries["rain_mm"].append((rain[there], _of_field("rain_mm", stations, rain[here], others)))
        estimates = _of_field("fwi", stations, fwi[here], others)
        fields = WeatherFields(**_models(stations, {name: values[name][here] for name in WEATHER}, is_fitted=True))
        estimates["from weather"] = _of_cases(weather_cases(SurfaceIndex.FWI, fields, others, _MONTH))
        tries["fwi"].append((fwi[there], estimates))
    for name, found in tries.items():
        _print(f"made-up {name}, {_STATIONS} stations", found)


def _of_rasters(folder: Path) -> None:
    """Print errors on the gridded weather of cffdrs: windows of 3 x 3 degrees, 12 cells stand for stations."""
    first, second = (_raster(folder / f"test_rast_day0{day}.csv") for day in (1, 2))
    lat, lon = first["lat"], first["lon"]
    before = step_day(CodeArrays(*(np.full(lat.size, value) for value in (85.0, 6.0, 15.0))), _weather(first), lat, 7)
    today = step_day(before, _weather(second), lat, 7)
    fwi = indices_of(today, second["wind_kmh"]).fwi
    values = {name: second[name] for name in WEATHER[:4]} | {"ffmc": before.ffmc, "dmc": before.dmc, "dc": before.dc}
    rng = np.random.default_rng(5)
    for count in (4, _STATIONS):
        found: dict[str, list[tuple[Numbers, Estimates]]] = {name: [] for name in ("temp_c", "rain_mm", "fwi")}
        for _ in range(_WORLDS):
            west, south = rng.uniform(239.0, 250.7), rng.uniform(47.0, 58.9)
            inside = np.flatnonzero((lon >= west) & (lon < west + 3) & (lat >= south) & (lat < south + 3))
            chosen = rng.permutation(inside)
            here, there = chosen[:count], chosen[count:]
            stations, others = (Places(lat[rows], lon[rows] - 360.0) for rows in (here, there))
            for name in ("temp_c", "rain_mm"):
                found[name].append((values[name][there], _of_field(name, stations, values[name][here], others)))
            estimates = _of_field("fwi", stations, fwi[here], others)
            fields = WeatherFields(**_models(stations, {k: v[here] for k, v in values.items()}, is_fitted=True))
            estimates["from weather"] = _of_cases(weather_cases(SurfaceIndex.FWI, fields, others, 7))
            found["fwi"].append((fwi[there], estimates))
        for name, tries in found.items():
            _print(f"gridded weather of Canada, {name}, {count} stations", tries)


def _of_field(name: str, stations: Places, values: Numbers, places: Places) -> Estimates:
    """Return estimates at places by each way, with a 90 % interval where the way has one."""
    found: Estimates = {}
    for way, prior in (("surface", fit_field(PRIORS[name], stations, values)), ("surface, not fitted", PRIORS[name])):
        found[way] = _of_cases(index_cases(condition(prior, stations, values), places))
    return found | {way: (simple(stations, values, places), None) for way, simple in _SIMPLE.items()}


def _of_cases(cases: Numbers) -> tuple[Numbers, tuple[Numbers, Numbers]]:
    low, high = np.quantile(cases, [0.05, 0.95], axis=0)
    return cases.mean(axis=0), (low, high)


def _print(what: str, tries: list[tuple[Numbers, Estimates]]) -> None:
    print(f"\n{what}\n  {'way':22s}{'RMSE':>8s}{'MAE':>8s}{'bias':>8s}{'in 90 %':>9s}")
    readings = np.concatenate([truth for truth, _ in tries])
    for way in tries[0][1]:
        middle = np.concatenate([estimates[way][0] for _, estimates in tries])
        edges = [estimates[way][1] for _, estimates in tries]
        bands = [edge for edge in edges if edge is not None]
        low, high = (np.concatenate([band[side] for band in bands]) if bands else middle for side in (0, 1))
        got = score(middle, readings, (low, high) if bands else None)
        inside = "" if got.coverage is None else f"{got.coverage:9.2f}"
        print(f"  {way:22s}{got.rmse:8.2f}{got.mae:8.2f}{got.bias:8.2f}{inside}")


def _models(stations: Places, values: dict[str, Numbers], *, is_fitted: bool) -> dict[str, FieldModel]:
    priors = {name: fit_field(PRIORS[name], stations, values[name]) if is_fitted else PRIORS[name] for name in WEATHER}
    return {name: condition(priors[name], stations, values[name]) for name in WEATHER}


def _scattered(rng: np.random.Generator, count: int) -> Places:
    return Places(rng.uniform(26.0, 27.7, count), rng.uniform(111.4, 113.4, count), rng.gamma(1.5, 150.0, count))


def _drawn(rng: np.random.Generator, truth: FieldPrior, places: Places, level: float) -> Numbers:
    """Return readings of a field of known covariance, with their own noise."""
    covariance = truth.sigma**2 * matern(places.distances_km(places), truth.length_km)
    field = np.linalg.cholesky(covariance + 1e-6 * truth.sigma**2 * np.eye(len(places))) @ rng.standard_normal(
        len(places)
    )
    slope = truth.slope_per_km + truth.slope_sigma_per_km * rng.standard_normal()
    height = np.zeros(len(places)) if places.elevation_m is None else places.elevation_m / 1000.0
    scaled = level + field + slope * height + truth.noise * rng.standard_normal(len(places))
    return np.clip(truth.scale.backward(scaled), truth.low, truth.high)


def _made_up_weather(rng: np.random.Generator, stations: Places) -> dict[str, Numbers]:
    levels = dict(zip(WEATHER, (26.0, 12.0, 2.4, 0.3, 84.0, 3.3, 5.7), strict=True))
    return {name: _drawn(rng, PRIORS[name], stations, levels[name]) for name in WEATHER}


def _raster(path: Path) -> dict[str, Numbers]:
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if "NA" not in row.values()]
    names = {
        "lat": "y",
        "lon": "x",
        **dict(zip(("temp_c", "rh_pct", "wind_kmh", "rain_mm"), list(rows[0])[2:6], strict=True)),
    }
    found = {name: np.array([float(row[column]) for row in rows]) for name, column in names.items()}
    found["rain_mm"] = np.maximum(found["rain_mm"], 0.0)
    found["dew_point_c"] = dew_point(found["temp_c"], found["rh_pct"])
    return found


def _weather(raster: dict[str, Numbers]) -> DailyWeather:
    return DailyWeather(raster["temp_c"], raster["rh_pct"], raster["wind_kmh"], raster["rain_mm"])


if __name__ == "__main__":
    main()
