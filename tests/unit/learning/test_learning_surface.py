"""What is learned of a field: its numbers from a record, nothing from too little; and how good its estimates are."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger.kriging import FieldPrior, Places, condition, interpolate, matern
from firewatch.danger.surface import index_cases
from firewatch.danger.surface_priors import PRIORS
from firewatch.errors import InvalidValue
from firewatch.learning.surface import fit_field
from firewatch.learning.surface_score import (
    cross_validate,
    foretell_each,
    inverse_distance,
    mean_of_stations,
    nearest_station,
    score,
)

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "danger"
TEMP = PRIORS["temp_c"]


def scattered(rng: np.random.Generator, count: int) -> Places:
    return Places(rng.uniform(26.0, 27.7, count), rng.uniform(111.4, 113.4, count), rng.gamma(1.5, 150.0, count))


def drawn(rng: np.random.Generator, truth: FieldPrior, places: Places, days: int = 1) -> Any:
    """Return readings of a field of known covariance, shape (places, days)."""
    n = len(places)
    assert places.elevation_m is not None
    covariance = truth.sigma**2 * matern(places.distances_km(places), truth.length_km) + 1e-9 * np.eye(n)
    field = np.linalg.cholesky(covariance) @ rng.standard_normal((n, days))
    trend = truth.slope_per_km * places.elevation_m / 1000.0
    return 25.0 + trend[:, None] + field + truth.noise * rng.standard_normal((n, days))


def test_a_long_record_gives_back_the_numbers_that_made_it() -> None:
    rng = np.random.default_rng(1)
    truth = replace(TEMP, sigma=2.5, length_km=40.0, noise=0.9)
    stations = scattered(rng, 25)
    fitted = fit_field(TEMP, stations, drawn(rng, truth, stations, days=200))
    assert fitted.sigma == pytest.approx(2.5, rel=0.1)
    assert fitted.length_km == pytest.approx(40.0, rel=0.15)
    assert fitted.noise == pytest.approx(0.9, rel=0.1)
    assert (fitted.scale, fitted.slope_per_km, fitted.high) == (TEMP.scale, TEMP.slope_per_km, TEMP.high)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(3, 12))
def test_a_few_readings_of_one_day_never_carry_the_belief_away(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    stations = scattered(rng, count)
    fitted = fit_field(TEMP, stations, drawn(rng, TEMP, stations)[:, 0])
    for name, most in (("sigma", 5.0), ("length_km", 3.0), ("noise", 5.0)):
        assert 1.0 / most < getattr(fitted, name) / getattr(TEMP, name) < most


def test_the_order_of_the_stations_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    stations, order = scattered(rng, 9), rng.permutation(9)
    values = drawn(rng, TEMP, stations)[:, 0]
    assert fit_field(TEMP, stations, values) == fit_field(TEMP, stations.take(order), values[order])


def test_a_shift_of_all_readings_changes_no_number() -> None:
    rng = np.random.default_rng(3)
    stations = scattered(rng, 9)
    values = drawn(rng, TEMP, stations)[:, 0]
    one, other = fit_field(TEMP, stations, values), fit_field(TEMP, stations, values - 30.0)
    assert (one.sigma, one.length_km, one.noise) == pytest.approx((other.sigma, other.length_km, other.noise), rel=1e-3)


def test_too_little_to_learn_from_leaves_the_belief() -> None:
    stations = scattered(np.random.default_rng(4), 4)
    two = stations.take(slice(0, 2))
    assert fit_field(TEMP, two, np.array([20.0, 30.0])) is TEMP
    flat = replace(stations, elevation_m=None)
    assert fit_field(TEMP, flat, np.full(4, 20.0)) is TEMP
    exact = replace(TEMP, noise=0.0)
    assert fit_field(exact, stations, np.arange(4.0)) is exact


@pytest.mark.parametrize("values", [np.zeros(3), np.array([1.0, 2.0, 3.0, np.nan])])
def test_readings_that_do_not_fit_the_stations_are_refused(values: Any) -> None:
    with pytest.raises(InvalidValue, match="readings"):
        fit_field(TEMP, scattered(np.random.default_rng(4), 4), values)


def left_out(stations: Places, values: Any) -> Any:
    """Return what the surface foretells of each station, fitted without it each time."""

    def foretell(others: Any, place: Places) -> Any:
        known = stations.take(others)
        return index_cases(condition(fit_field(TEMP, known, values[others]), known, values[others]), place)

    return foretell_each(stations, foretell)


def test_leaving_one_out_never_shows_a_station_its_own_reading() -> None:
    rng = np.random.default_rng(5)
    stations = scattered(rng, 8)
    values = drawn(rng, TEMP, stations)[:, 0]
    changed = values.copy()
    changed[3] += 7.0
    one, other = left_out(stations, values), left_out(stations, changed)
    assert np.array_equal(other[:, 3], one[:, 3])
    assert not np.any(np.all(np.delete(other, 3, axis=1) == np.delete(one, 3, axis=1), axis=0))
    with pytest.raises(InvalidValue, match="at least 2"):
        left_out(stations.take(slice(0, 1)), values[:1])


def test_on_a_field_as_believed_it_beats_every_simple_way_and_its_intervals_hold() -> None:
    scores = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        places = scattered(rng, 12)
        values = drawn(rng, TEMP, places)[:, 0]
        scores.append(cross_validate(places, values, left_out(places, values)))
    rmse = {way: np.sqrt(np.mean([each[way].rmse ** 2 for each in scores])) for way in scores[0]}
    assert set(rmse) == {"surface", "inverse_distance", "nearest", "mean"}
    assert all(rmse["surface"] < 0.8 * rmse[way] for way in ("inverse_distance", "nearest", "mean"))
    assert abs(np.mean([each["surface"].bias for each in scores])) < 0.15
    assert 0.84 <= np.mean([each["surface"].coverage for each in scores]) <= 0.96
    assert scores[0]["mean"].coverage is None


def test_simple_ways_do_what_their_names_say() -> None:
    stations = Places(np.array([26.0, 26.0]), np.array([112.0, 113.0]))
    there = Places(np.array([26.0, 26.0, 26.0]), np.array([112.0, 112.5, 112.9]))
    values = np.array([10.0, 20.0])
    assert mean_of_stations(stations, values, there).tolist() == [15.0, 15.0, 15.0]
    assert nearest_station(stations, values, there)[[0, 2]].tolist() == [10.0, 20.0]
    assert inverse_distance(stations, values, there) == pytest.approx([10.0, 15.0, 20.0 - 10.0 / 82.0], abs=1e-3)


def test_a_score_is_what_its_words_say() -> None:
    found = score(np.array([1.0, 5.0]), np.array([2.0, 3.0]), (np.array([1.5, 4.0]), np.array([2.5, 6.0])))
    assert (found.count, found.mae, found.bias, found.coverage) == (2, 1.5, 0.5, 0.5)
    assert found.rmse == pytest.approx(2.5**0.5)
    assert score(np.ones(1), np.ones(1)).coverage is None
    with pytest.raises(InvalidValue, match="as many"):
        score(np.ones(2), np.ones(3))
    with pytest.raises(InvalidValue, match="as many"):
        score(np.zeros(0), np.zeros(0))


@pytest.mark.shared
def test_on_gridded_noon_weather_of_canada_it_is_better_than_the_mean_and_the_nearest() -> None:
    path = SHARED / "cffdrs_r" / "raster" / "test_rast_day01.csv"
    if not path.is_file():
        pytest.skip("the shared danger data are not here")
    with path.open(encoding="utf-8") as stream:
        rows = np.array([[float(cell) for cell in row[:3]] for row in list(csv.reader(stream))[1:] if "NA" not in row])
    lon, lat, temp = rows[:, 0] - 360.0, rows[:, 1], rows[:, 2]
    rng = np.random.default_rng(7)
    ours, mean, nearest, truth = [], [], [], []
    for _ in range(15):
        west, south = rng.uniform(-121.0, -109.3), rng.uniform(47.0, 58.9)
        inside = np.flatnonzero((lon >= west) & (lon < west + 3) & (lat >= south) & (lat < south + 3))
        chosen = rng.permutation(inside)
        stations, others = (Places(lat[part], lon[part]) for part in (chosen[:12], chosen[12:]))
        values = temp[chosen[:12]]
        ours.append(interpolate(condition(fit_field(TEMP, stations, values), stations, values), others).mean)
        mean.append(mean_of_stations(stations, values, others))
        nearest.append(nearest_station(stations, values, others))
        truth.append(temp[chosen[12:]])
    readings = np.concatenate(truth)
    rmse = [score(np.concatenate(found), readings).rmse for found in (ours, nearest, mean)]
    assert rmse[0] < rmse[1] < rmse[2]
