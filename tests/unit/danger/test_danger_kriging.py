"""A field between stations: what holds of it whatever the readings are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger.kriging import FieldPrior, FieldScale, Places, condition, interpolate, matern
from firewatch.errors import InvalidValue

PLAIN = FieldPrior(FieldScale.PLAIN, 2.0, 50.0, 0.5, -6.5, 1.5, -100.0, 100.0)
EXACT = replace(PLAIN, noise=0.0)


def places(seed: int, count: int, *, with_elevation: bool = True) -> Places:
    rng = np.random.default_rng(seed)
    elevation = rng.uniform(0.0, 900.0, count) if with_elevation else None
    return Places(rng.uniform(26.0, 27.7, count), rng.uniform(111.4, 113.4, count), elevation)


def readings(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed + 1000).uniform(10.0, 35.0, count)


SEEDS, COUNTS = st.integers(0, 10_000), st.integers(1, 14)


@given(SEEDS, COUNTS)
def test_without_noise_it_is_exact_at_its_stations(seed: int, count: int) -> None:
    stations, values = places(seed, count), readings(seed, count)
    found = interpolate(condition(EXACT, stations, values), stations)
    assert np.allclose(found.mean, values, atol=1e-4)
    assert np.all(found.sigma < 0.01)


@given(SEEDS, COUNTS)
def test_the_order_of_the_stations_changes_no_bit(seed: int, count: int) -> None:
    stations, values, cells = places(seed, count), readings(seed, count), places(seed + 1, 5)
    order = np.random.default_rng(seed).permutation(count)
    one = interpolate(condition(PLAIN, stations, values), cells)
    other = interpolate(condition(PLAIN, stations.take(order), values[order]), cells)
    assert np.array_equal(one.mean, other.mean)
    assert np.array_equal(one.sigma, other.sigma)


@given(SEEDS, COUNTS, st.floats(-40.0, 40.0))
def test_a_shift_of_all_readings_shifts_the_field_and_not_its_error(seed: int, count: int, shift: float) -> None:
    stations, values, cells = places(seed, count), readings(seed, count), places(seed + 1, 5)
    one = interpolate(condition(PLAIN, stations, values), cells)
    other = interpolate(condition(PLAIN, stations, values + shift), cells)
    assert np.allclose(other.mean - one.mean, shift, atol=1e-8)
    assert np.array_equal(other.sigma, one.sigma)


@given(SEEDS, COUNTS)
def test_equal_readings_give_that_reading_everywhere_at_one_height(seed: int, count: int) -> None:
    stations = places(seed, count, with_elevation=False)
    cells = places(seed + 1, 5, with_elevation=False)
    found = interpolate(condition(PLAIN, stations, np.full(count, 21.0)), cells)
    assert np.allclose(found.mean, 21.0)


@given(SEEDS, st.integers(2, 14))
def test_between_stations_of_one_height_the_field_hardly_leaves_their_range(seed: int, count: int) -> None:
    stations = places(seed, count, with_elevation=False)
    values, cells = readings(seed, count), places(seed + 1, 50, with_elevation=False)
    found = interpolate(condition(PLAIN, stations, values), cells)
    spread = float(np.ptp(values))
    assert found.mean.min() >= values.min() - spread
    assert found.mean.max() <= values.max() + spread


@given(SEEDS)
def test_the_error_grows_with_the_distance_from_a_lone_station(seed: int) -> None:
    station = places(seed, 1, with_elevation=False)
    away = np.linspace(0.0, 6.0, 30)
    cells = Places(station.lat_deg + away, np.full(30, station.lon_deg[0]))
    sigma = interpolate(condition(PLAIN, station, np.array([20.0])), cells).sigma
    assert np.all(np.diff(sigma) > 0.0)
    # Far off: the field's own spread there and at the station, the noise of both, and the elevation that nobody told.
    far = math.hypot(PLAIN.sigma, PLAIN.sigma, PLAIN.noise, PLAIN.noise, 0.15 * math.hypot(6.5, 1.5))
    assert sigma[-1] == pytest.approx(far, rel=0.02)


@given(SEEDS, st.integers(2, 10))
def test_one_more_station_never_makes_the_error_larger(seed: int, count: int) -> None:
    # At one height: elevations are counted from the stations' mean, which one more station moves.
    stations, cells = (places(seed + n, m, with_elevation=False) for n, m in ((0, count), (1, 20)))
    values = readings(seed, count)
    fewer = interpolate(condition(PLAIN, stations.take(slice(1, None)), values[1:]), cells).sigma
    assert np.all(interpolate(condition(PLAIN, stations, values), cells).sigma <= fewer + 1e-6)


def test_it_cools_by_the_believed_lapse_rate_where_the_stations_cannot_tell() -> None:
    station = Places(np.array([26.9]), np.array([112.6]), np.array([100.0]))
    above = Places(np.array([26.9]), np.array([112.6]), np.array([1100.0]))
    model = condition(EXACT, station, np.array([30.0]))
    assert interpolate(model, above).mean[0] == pytest.approx(23.5)
    assert interpolate(model, above).sigma[0] == pytest.approx(1.5, rel=1e-3)  # the lapse rate's own error over 1 km


def test_many_stations_teach_the_lapse_rate() -> None:
    stations = places(3, 40)
    assert stations.elevation_m is not None
    values = 30.0 - 9.0 * stations.elevation_m / 1000.0
    cells = Places(np.array([26.8, 26.8]), np.array([112.4, 112.4]), np.array([0.0, 1000.0]))
    low, high = interpolate(condition(PLAIN, stations, values), cells).mean
    assert high - low == pytest.approx(-9.0, abs=0.5)


@pytest.mark.parametrize(("stations_know", "cells_know"), [(True, False), (False, True), (False, False)])
def test_an_elevation_that_nobody_told_makes_the_error_larger(*, stations_know: bool, cells_know: bool) -> None:
    stations, cells, values = places(5, 8), places(6, 10), readings(5, 8)
    at_the_mean = replace(cells, elevation_m=np.full(10, np.mean(places(5, 8).elevation_m)))
    full = interpolate(condition(PLAIN, stations, values), at_the_mean)
    model = condition(PLAIN, stations if stations_know else replace(stations, elevation_m=None), values)
    less = interpolate(model, cells if cells_know else replace(cells, elevation_m=None))
    assert model.sees_elevation is stations_know
    assert np.all(less.sigma > full.sigma)


def test_a_rain_gauge_without_rain_keeps_its_surroundings_dry() -> None:
    scale = FieldScale.RAIN
    assert scale.backward(scale.forward([0.0, 0.1, 12.0])) == pytest.approx([0.0, 0.1, 12.0])
    rain = FieldPrior(scale, 0.9, 30.0, 0.2, low=0.0)
    stations = places(7, 5, with_elevation=False)
    estimate = interpolate(condition(rain, stations, np.zeros(5)), stations)
    assert np.all(scale.backward(estimate.mean + estimate.sigma) == 0.0)


@pytest.mark.parametrize("scale", FieldScale)
def test_a_scale_keeps_the_order_and_comes_back(scale: FieldScale) -> None:
    values = np.array([0.0, 0.2, 1.0, 30.0, 400.0])
    assert np.all(np.diff(scale.forward(values)) > 0.0)
    assert scale.backward(scale.forward(values)) == pytest.approx(values)


def test_the_correlation_is_the_one_of_the_book() -> None:
    # Rasmussen and Williams (2006), eq. 4.17, at r = 0, l and 2 l: (1 + sqrt 3 r / l) exp(-sqrt 3 r / l).
    assert matern(np.array([0.0, 50.0, 100.0]), 50.0) == pytest.approx([1.0, 0.48335, 0.13973], abs=1e-5)


def test_distances_are_those_of_a_sphere() -> None:
    hengyang, beijing = Places(np.array([26.9]), np.array([112.6])), Places(np.array([39.9]), np.array([116.4]))
    assert hengyang.distances_km(beijing)[0, 0] == pytest.approx(1487.0, rel=0.005)
    assert hengyang.distances_km(hengyang)[0, 0] == 0.0


NAN = np.array([math.nan])
ONE = np.array([1.0])


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ((NAN, ONE), "coordinates"),
        ((np.array([91.0]), ONE), "latitude"),
        ((ONE, np.array([181.0])), "longitude"),
        ((ONE, ONE, np.array([9999.0])), "elevation"),
        ((ONE, ONE, NAN), "coordinates"),
        ((ONE, np.ones(2)), "shapes"),
        ((np.ones((1, 1)), np.ones((1, 1))), "shapes"),
        ((np.zeros(0), np.zeros(0)), "shapes"),
    ],
)
def test_places_that_are_none_are_refused(arrays: tuple[np.ndarray, ...], word: str) -> None:
    with pytest.raises(InvalidValue, match=word):
        Places(*arrays)


@pytest.mark.parametrize(
    "values", [np.zeros(2), np.array([1.0, 2.0, math.nan]), np.array([1.0, 2.0, 101.0])], ids=["few", "nan", "range"]
)
def test_readings_that_do_not_fit_are_refused(values: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="reading"):
        condition(PLAIN, places(1, 3), values)


@pytest.mark.parametrize(
    "field",
    [{"sigma": 0.0}, {"length_km": 0.5}, {"noise": -1.0}, {"slope_sigma_per_km": -1.0}, {"low": 5.0, "high": 1.0}],
)
def test_a_belief_that_is_none_is_refused(field: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        replace(PLAIN, **field)
