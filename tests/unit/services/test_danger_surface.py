"""The danger map of a day: made of what stations have, and nothing where none has a rating."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from firewatch.danger.kriging import FieldScale
from firewatch.danger.surface import SurfaceRules
from firewatch.danger.surface_grid import ClassLimits, SurfaceAxes
from firewatch.danger.surface_priors import PRIORS
from firewatch.domain import (
    DangerGrade,
    DangerRating,
    FwiIndices,
    HtzParts,
    MoistureCodes,
    Name,
    NamedPart,
    PartRole,
    Position,
    Station,
    StationId,
    SumParts,
)
from firewatch.errors import InvalidValue
from firewatch.services.danger_surface import danger_surface, places_of

AXES = SurfaceAxes.of_box(112.0, 26.5, 113.0, 27.3, 0.1)
DAY = date(2026, 4, 5)


def station(name: str, lat: float, lon: float, elevation: float | None = 100.0) -> Station:
    return Station(StationId(name), Name(name, name), Position(lat, lon, elevation))


def rating(name: str, htz: int | None, *, fwi: float = 12.0, day: date = DAY) -> DangerRating:
    return DangerRating(
        station_id=StationId(name),
        weather_day=day,
        valid_at=datetime(2026, 4, 5, 4, tzinfo=UTC),
        codes=MoistureCodes(85.0, 20.0, 200.0),
        indices=FwiIndices(5.0, 30.0, fwi, 2.0),
        grade=None if htz is None else DangerGrade.MODERATE,
        scheme="LY/T 1172-1995",
        parts=None if htz is None else HtzParts(htz, 0, 0, 0, 0),
        missing=() if htz is not None else ("max_temp_c",),
    )


STATIONS = (station("a", 26.75, 112.25), station("b", 26.95, 112.75), station("c", 27.15, 112.45))


def test_a_total_of_another_scheme_is_on_another_scale_and_left_out() -> None:
    parts = SumParts((NamedPart("heat", PartRole.ADDED, "max_temp_c", 4.0),))
    other = replace(rating("a", 20), scheme="TEST 1-2026", parts=parts)
    surface = danger_surface(STATIONS, [other, rating("b", 60), rating("c", 95)], AXES)
    assert surface is not None
    assert surface.stations == 2
    assert danger_surface(STATIONS, [other], AXES) is None
    fwi = danger_surface(STATIONS, [other], AXES, "fwi")
    assert fwi is not None
    assert fwi.stations == 1


def test_the_day_s_grades_are_spread_between_the_stations() -> None:
    surface = danger_surface(STATIONS, [rating("a", 20), rating("b", 60), rating("c", 95)], AXES)
    assert surface is not None
    assert (surface.quantity, surface.stations, surface.limits.count) == ("htz", 3, 5)
    assert surface.is_known.all()
    at = {name: surface.value[row, column] for name, row, column in (("a", 2, 2), ("b", 4, 7), ("c", 6, 4))}
    assert at["a"] < at["b"] < at["c"]
    assert at["a"] < 45.0 < at["c"]


def test_the_order_of_stations_and_ratings_changes_nothing() -> None:
    ratings = [rating("a", 20), rating("b", 60), rating("c", 95)]
    one, other = danger_surface(STATIONS, ratings, AXES), danger_surface(STATIONS[::-1], ratings[::-1], AXES)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.value, other.value)


def test_a_station_without_a_grade_is_left_out_and_counts_for_an_index() -> None:
    ratings = [rating("a", 20), rating("b", None, fwi=30.0)]
    grades, index = danger_surface(STATIONS, ratings, AXES), danger_surface(STATIONS, ratings, AXES, "fwi")
    assert grades is not None
    assert index is not None
    assert (grades.stations, index.stations) == (1, 2)


@pytest.mark.parametrize("ratings", [[], [rating("a", None)], [rating("on-no-map", 50)]])
def test_without_any_value_there_is_no_surface(ratings: list[DangerRating]) -> None:
    assert danger_surface(STATIONS, ratings, AXES) is None


def test_fitted_numbers_and_other_classes_are_taken_where_given() -> None:
    ratings = [rating("a", 20, fwi=3.0), rating("b", 60, fwi=30.0)]
    rules = SurfaceRules(ClassLimits((10.0,)), FieldScale.LOG)
    flat = {"isi": PRIORS["isi"], "fwi": PRIORS["htz"]}
    surface = danger_surface(STATIONS, ratings, AXES, "fwi", parameters=flat, rules=rules)
    usual = danger_surface(STATIONS, ratings, AXES, "fwi")
    assert surface is not None
    assert usual is not None
    assert surface.limits.count == 2
    assert not np.allclose(surface.sigma, usual.sigma)


@pytest.mark.parametrize(
    ("ratings", "quantity", "word"),
    [
        ([rating("a", 20), rating("b", 30, day=date(2026, 4, 6))], "htz", "2026-04-05, 2026-04-06"),
        ([rating("a", 20), rating("a", 30)], "htz", "one a station"),
        ([rating("a", 20)], "isi", "none are published"),
    ],
)
def test_what_makes_no_map_of_a_day_is_refused(ratings: list[DangerRating], quantity: str, word: str) -> None:
    with pytest.raises(InvalidValue, match=word):
        danger_surface(STATIONS, ratings, AXES, quantity)


def test_a_quantity_that_no_rating_has_is_refused() -> None:
    rules: Any = SurfaceRules(ClassLimits((10.0,)), FieldScale.LOG)
    with pytest.raises(InvalidValue, match="htz, isi"):
        danger_surface(STATIONS, [rating("a", 20)], AXES, "kbdi", rules=rules)


def test_elevation_counts_only_where_every_station_has_it() -> None:
    assert places_of(STATIONS).elevation_m is not None
    assert places_of((*STATIONS, station("d", 26.6, 112.9, None))).elevation_m is None
