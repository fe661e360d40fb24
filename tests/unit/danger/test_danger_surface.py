"""From stations to the map: both ways, their classes, and where there is no data."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import CodeArrays, DailyWeather, LimitSide, dew_point, indices_of, step_day
from firewatch.danger.kriging import FieldScale, Places, condition
from firewatch.danger.surface import SurfaceIndex, WeatherFields, index_surface, normal_points, weather_surface
from firewatch.danger.surface_grid import NO_DATA, ClassLimits, SurfaceAxes, SurfaceGrid, SurfaceTrust
from firewatch.danger.surface_priors import PRIORS, WEATHER, rules_of
from firewatch.errors import InvalidValue

AXES = SurfaceAxes.of_box(112.0, 26.5, 113.0, 27.3, 0.1)
FWI, HTZ = rules_of("fwi"), rules_of("htz")
assert FWI is not None
assert HTZ is not None
EVERYWHERE = SurfaceTrust(2000.0, 1e9)


def stations_on_cells(count: int = 6) -> tuple[Places, Any]:
    """Return stations that stand on the centres of cells, and the indices of those cells."""
    rng = np.random.default_rng(4)
    chosen = rng.permutation(AXES.shape[0] * AXES.shape[1])[:count]
    return AXES.places().take(chosen), chosen


def noon(stations: Places) -> dict[str, np.ndarray]:
    rng, n = np.random.default_rng(9), len(stations)
    values = {
        "temp_c": rng.uniform(15.0, 34.0, n),
        "rh_pct": rng.uniform(25.0, 90.0, n),
        "wind_kmh": rng.uniform(0.0, 40.0, n),
        "rain_mm": np.where(np.arange(n) < 2, 0.0, rng.uniform(0.0, 9.0, n)),
        "ffmc": rng.uniform(70.0, 92.0, n),
        "dmc": rng.uniform(5.0, 60.0, n),
        "dc": rng.uniform(50.0, 500.0, n),
    }
    return values | {"dew_point_c": dew_point(values["temp_c"], values["rh_pct"])}


def fields(stations: Places, values: dict[str, np.ndarray], **changes: Any) -> WeatherFields:
    return WeatherFields(
        **{name: condition(replace(PRIORS[name], **changes), stations, values[name]) for name in WEATHER}
    )


@pytest.mark.parametrize("index", SurfaceIndex)
def test_without_noise_a_station_s_cell_has_what_the_station_s_own_chain_gives(index: SurfaceIndex) -> None:
    stations, cells = stations_on_cells()
    values = noon(stations)
    weather = DailyWeather(*(values[name] for name in ("temp_c", "rh_pct", "wind_kmh", "rain_mm")))
    before = CodeArrays(values["ffmc"], values["dmc"], values["dc"])
    codes = step_day(before, weather, stations.lat_deg, 10)
    indices = indices_of(codes, weather.wind_kmh)
    wanted = getattr(codes if hasattr(codes, index.value) else indices, index.value)
    exact = fields(stations, values, noise=0.0, slope_per_km=0.0, slope_sigma_per_km=0.0)
    rules = replace(FWI, trust=EVERYWHERE)
    surface = weather_surface(index, exact, AXES, rules, 10)
    assert surface.quantity == index.value
    assert surface.stations == len(stations)
    assert np.allclose(surface.value.ravel()[cells], wanted, rtol=2e-3, atol=2e-2)


def test_without_noise_an_index_is_exact_at_its_stations() -> None:
    stations, cells = stations_on_cells()
    values = np.array([0.0, 3.0, 12.0, 25.0, 44.0, 60.0])
    exact = replace(PRIORS["fwi"], noise=0.0, slope_sigma_per_km=0.0)
    surface = index_surface("fwi", condition(exact, stations, values), AXES, replace(FWI, trust=EVERYWHERE))
    assert np.allclose(surface.value.ravel()[cells], values, atol=1e-2)
    assert surface.grade.ravel()[cells].tolist() == [1, 1, 3, 4, 5, 6]
    assert np.allclose(surface.sigma.ravel()[cells], 0.0, atol=1e-2)


@given(st.permutations(range(6)))
def test_the_order_of_the_stations_changes_no_bit(order: list[int]) -> None:
    stations, _ = stations_on_cells()
    values = np.array([4.0, 9.0, 12.0, 25.0, 44.0, 30.0])
    one = index_surface("fwi", condition(PRIORS["fwi"], stations, values), AXES, FWI)
    turned = condition(PRIORS["fwi"], stations.take(np.array(order)), values[order])
    assert np.array_equal(one.value, index_surface("fwi", turned, AXES, FWI).value, equal_nan=True)


def test_a_value_is_never_outside_of_what_the_index_may_be() -> None:
    stations, _ = stations_on_cells()
    low = condition(PRIORS["ffmc"], stations, np.array([100.0, 101.0, 99.0, 101.0, 100.0, 2.0]))
    surface = index_surface("ffmc", low, AXES, replace(HTZ, trust=EVERYWHERE))
    assert surface.value.max() <= 101.0
    assert surface.value.min() >= 0.0


def test_probabilities_add_up_and_follow_the_value() -> None:
    stations, _ = stations_on_cells()
    model = condition(PRIORS["htz"], stations, np.array([20.0, 40.0, 45.0, 60.0, 85.0, 95.0]))
    surface = index_surface("htz", model, AXES, replace(HTZ, trust=EVERYWHERE))
    assert np.allclose(surface.probability.sum(axis=0), 1.0)
    middle = np.abs(np.subtract.outer(np.array(HTZ.limits.limits), surface.value)).min(axis=0) > surface.sigma
    assert middle.any()
    assert np.array_equal(surface.probability.argmax(axis=0)[middle] + 1, surface.grade[middle])


def test_far_from_every_station_there_is_no_data_and_never_low_danger() -> None:
    station = Places(np.array([26.55]), np.array([112.05]))
    surface = index_surface("htz", condition(PRIORS["htz"], station, np.array([95.0])), AXES, HTZ)
    far = AXES.places().distances_km(station).reshape(AXES.shape) > 60.0
    assert far.any()
    assert not far.all()
    assert np.all(surface.grade[far] == NO_DATA)
    assert np.all(np.isnan(surface.value[far]))
    assert np.all(np.isnan(surface.probability[:, far]))
    assert np.all(surface.sigma[far] > 10.0)
    assert np.array_equal(surface.is_known, ~far)
    assert np.all(surface.grade[~far] == 5)


def test_too_uncertain_is_no_data_on_the_index_s_scale_so_that_high_danger_is_not_the_first_to_go() -> None:
    stations, _ = stations_on_cells(2)
    known = {}
    for fwi in (3.0, 60.0):
        model = condition(PRIORS["fwi"], stations, np.full(2, fwi))
        strict = replace(FWI, trust=SurfaceTrust(2000.0, 0.45))
        known[fwi] = index_surface("fwi", model, AXES, strict).is_known
    assert 0 < known[60.0].sum() < known[60.0].size
    assert np.all(known[60.0] <= known[3.0])
    assert known[60.0].sum() > 0.8 * known[3.0].sum()


def test_one_station_is_a_level_with_a_large_error() -> None:
    station = Places(np.array([26.9]), np.array([112.5]))
    surface = index_surface("htz", condition(PRIORS["htz"], station, np.array([60.0])), AXES, HTZ)
    assert np.nanmax(surface.value) == pytest.approx(60.0, abs=1e-6)
    assert np.nanmin(surface.value) == pytest.approx(60.0, abs=1e-6)
    assert np.all(surface.sigma > PRIORS["htz"].noise)


def test_large_grids_are_worked_off_in_blocks_with_the_same_result() -> None:
    stations, _ = stations_on_cells()
    model = condition(PRIORS["fwi"], stations, np.array([4.0, 9.0, 12.0, 25.0, 44.0, 30.0]))
    fine = SurfaceAxes.of_box(112.0, 26.5, 113.0, 27.3, 0.01)
    whole = index_surface("fwi", model, fine, FWI)
    corner = SurfaceAxes(fine.lat_deg[-10:], fine.lon_deg[-10:])
    part = index_surface("fwi", model, corner, FWI)
    assert np.allclose(whole.value[-10:, -10:], part.value, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize(("count", "dimensions"), [(2, 1), (64, 1), (64, 7), (500, 12)])
def test_points_stand_for_a_normal_distribution(count: int, dimensions: int) -> None:
    points = normal_points(count, dimensions)
    assert points.shape == (count, dimensions)
    assert np.allclose(points.mean(axis=0), 0.0, atol=1e-12)
    assert np.allclose(np.mean(points**2, axis=0), 1.0)
    assert np.array_equal(points, normal_points(count, dimensions))
    if count > 50:
        inside = np.mean(np.abs(points) < 1.0, axis=0)
        assert np.all(np.abs(inside - 0.6827) < 0.08)
        assert np.all(np.abs(np.corrcoef(points.T) - np.eye(dimensions)) < 0.35)


def test_fields_of_other_stations_are_refused() -> None:
    stations, _ = stations_on_cells()
    values = noon(stations)
    good = fields(stations, values)
    fewer = stations.take(slice(0, 5))
    with pytest.raises(InvalidValue, match="same stations"):
        replace(good, rain_mm=condition(PRIORS["rain_mm"], fewer, values["rain_mm"][:5]))
    moved = Places(stations.lat_deg, stations.lon_deg + 0.001)
    with pytest.raises(InvalidValue, match="same stations"):
        replace(good, rain_mm=condition(PRIORS["rain_mm"], moved, values["rain_mm"]))


@pytest.mark.parametrize("month", [0, 13])
def test_a_month_that_is_none_is_refused(month: int) -> None:
    stations, _ = stations_on_cells()
    with pytest.raises(InvalidValue, match="month"):
        weather_surface(SurfaceIndex.FWI, fields(stations, noon(stations)), AXES, FWI, month)


def test_only_quantities_with_published_classes_have_rules() -> None:
    assert rules_of("isi") is None
    assert FWI.limits.limits == (5.2, 11.2, 21.3, 38.0, 50.0)
    assert HTZ.limits.classes_of(np.array([25.0, 25.5, 90.0, 91.0])).tolist() == [1, 2, 4, 5]
    assert FWI.limits.classes_of(np.array([5.2, math.nan])).tolist() == [2, NO_DATA]


@pytest.mark.parametrize("limits", [(), (1.0, 1.0), (2.0, 1.0), tuple(range(20)), (1.0, math.nan)])
def test_limits_that_do_not_rise_are_refused(limits: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="class limits"):
        ClassLimits(limits, LimitSide.LOWER)


def test_a_box_is_filled_with_whole_cells() -> None:
    axes = SurfaceAxes.of_box(111.4, 26.0, 113.4, 27.7, 0.02)
    assert axes.shape == (85, 100)
    assert axes.box_deg == pytest.approx((111.4, 26.0, 113.4, 27.7))
    assert axes.steps_deg == pytest.approx((0.02, 0.02))
    assert axes.lat_deg[0] == pytest.approx(26.01)
    assert axes.places().lon_deg[:2] == pytest.approx([111.41, 111.43])


@pytest.mark.parametrize(
    ("box", "word"),
    [
        ((111.4, 26.0, 111.41, 27.7, 0.02), "columns and rows"),
        ((113.4, 26.0, 111.4, 27.7, 0.02), "columns and rows"),
        ((-180.0, -85.0, 180.0, 85.0, 0.01), "columns and rows"),
        ((111.4, 26.0, 113.4, 27.7, 0.0), "step"),
        ((111.4, 84.0, 113.4, 88.0, 0.5), "latitude"),
        ((179.0, 26.0, 183.0, 28.0, 0.5), "longitude"),
    ],
)
def test_a_box_that_is_none_is_refused(box: tuple[float, float, float, float, float], word: str) -> None:
    with pytest.raises(InvalidValue, match=word):
        SurfaceAxes.of_box(*box)


@pytest.mark.parametrize(
    "axis",
    [np.array([1.0]), np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0]), np.ones((2, 2)), np.array([1.0, math.nan])],
)
def test_an_axis_that_is_not_even_is_refused(axis: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="latitudes"):
        SurfaceAxes(axis, np.array([1.0, 2.0]))


def test_a_grid_of_too_many_cells_and_an_elevation_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidValue, match="cells"):
        SurfaceAxes(np.linspace(0.0, 1.0, 2001), np.linspace(0.0, 1.0, 2001))
    with pytest.raises(InvalidValue, match="elevation"):
        replace(AXES, elevation_m=np.zeros((2, 2)))


def test_a_known_elevation_moves_the_surface() -> None:
    stations, _ = stations_on_cells()
    known = replace(stations, elevation_m=np.linspace(50.0, 300.0, 6))
    model = condition(PRIORS["htz"], known, np.full(6, 60.0))
    hill = np.full(AXES.shape, 100.0)
    hill[4, 5] = 1200.0
    surface = index_surface("htz", model, replace(AXES, elevation_m=hill), HTZ)
    assert surface.value[4, 5] < surface.value[4, 4] - 3.0
    assert surface.sigma[4, 5] > surface.sigma[4, 4]


def test_a_surface_of_unequal_shapes_is_refused() -> None:
    flat = np.zeros(AXES.shape)
    limits = ClassLimits((1.0,))
    with pytest.raises(InvalidValue, match="shapes"):
        SurfaceGrid("fwi", AXES, flat, flat, flat.astype(np.int8), np.zeros((3, *AXES.shape)), limits, 1)


@pytest.mark.parametrize("trust", [{"most_km": 0.0}, {"most_km": math.nan}, {"most_sigma": -1.0}])
def test_a_trust_that_is_none_is_refused(trust: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        SurfaceTrust(**trust)


def test_every_belief_stands_on_its_own_scale() -> None:
    assert {name: PRIORS[name].scale for name in ("temp_c", "rain_mm", "fwi")} == {
        "temp_c": FieldScale.PLAIN,
        "rain_mm": FieldScale.RAIN,
        "fwi": FieldScale.LOG,
    }
    assert set(WEATHER) <= set(PRIORS)
