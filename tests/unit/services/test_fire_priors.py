"""Where fires start: factors that never change and the danger of the day, made aside and kept."""

from __future__ import annotations

import logging
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest
from seen_boxes import A_TOWER, GROUND, lasting, open_ground, seen, sites
from sight_lines import PLANE, place

from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name, Station
from firewatch.errors import TerrainError
from firewatch.services.fire_priors import DayDanger, FirePriors
from firewatch.services.locating import Locator
from firewatch.terrain import TerrainGrid
from firewatch.testing import SCENE_START, MemoryRatingBook, a_rating

DRY, WET = place(9_000.0, 0.0), place(-9_000.0, 0.0)
STATIONS = tuple(Station(StationId(name), Name(name, name), at) for name, at in (("dry", DRY), ("wet", WET)))
EAST, WEST = np.array([8_000.0]), np.array([-8_000.0])
NORTH = np.array([0.0])


class AtOnce(Executor):
    """Does what it is given at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as err:  # noqa: BLE001 - as a thread
            future.set_exception(err)
        return future


def rated(*fwis: tuple[str, float], days: int = 0) -> MemoryRatingBook:
    book = MemoryRatingBook()
    for name, fwi in fwis:
        rating = a_rating(name, at=SCENE_START + timedelta(days=days))
        book.put([replace(rating, indices=replace(rating.indices, fwi=fwi))])
    return book


def woods_in_the_east(grid: TerrainGrid) -> np.ndarray:
    east, _ = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
    return np.where(east > 0.0, 1.0, 0.25)


def ratio(prior: Any) -> float:
    """Return how many times as many fires start in the east."""
    return float(np.exp(prior(EAST, NORTH) - prior(WEST, NORTH))[0])


def test_more_fires_start_where_the_day_is_drier() -> None:
    danger = DayDanger(STATIONS, rated(("dry", 30.0), ("wet", 5.0)), UTC)
    found = FirePriors((), danger, AtOnce()).over(GROUND, SCENE_START)
    assert found is not None
    assert 1.5 < ratio(found) < 4.0 / 1.5
    # Of days before, the latest.
    old = DayDanger(STATIONS, rated(("dry", 30.0), ("wet", 5.0), days=-2), UTC)
    assert FirePriors((), old, AtOnce()).over(GROUND, SCENE_START) is not None
    older = DayDanger(STATIONS, rated(("dry", 30.0), ("wet", 5.0), days=-3), UTC)
    assert FirePriors((), older, AtOnce()).over(GROUND, SCENE_START) is None


def test_one_station_or_none_says_nothing_of_places() -> None:
    assert FirePriors((), DayDanger(STATIONS, rated(("dry", 30.0)), UTC), AtOnce()).over(GROUND, SCENE_START) is None
    assert FirePriors((), None, AtOnce()).over(GROUND, SCENE_START) is None


def test_factors_and_danger_multiply_on_cells_that_are_worth_it() -> None:
    asked: list[TerrainGrid] = []

    def cover(grid: TerrainGrid) -> np.ndarray:
        asked.append(grid)
        return woods_in_the_east(grid)

    alone = FirePriors((cover,), None, AtOnce()).over(GROUND, SCENE_START)
    both = FirePriors((cover,), DayDanger(STATIONS, rated(("dry", 30.0), ("wet", 5.0)), UTC), AtOnce())
    assert ratio(alone) == pytest.approx(4.0)
    assert ratio(both.over(GROUND, SCENE_START)) > 6.0
    assert {grid.cell_m for grid in asked} == {100.0}
    assert np.isfinite(asked[0].elevation_m).any()
    wide = TerrainGrid(PLANE, -9_000.0, 9_000.0, 200.0, np.zeros((90, 90), np.float32))
    FirePriors((cover,), None, AtOnce()).over(wide, SCENE_START)
    assert asked[-1] is wide


def test_the_same_knowledge_is_the_same_object_and_other_ratings_another() -> None:
    book, now = rated(("dry", 30.0), ("wet", 5.0)), [0.0]
    priors = FirePriors((), DayDanger(STATIONS, book, UTC, lambda: now[0]), AtOnce())
    first = priors.over(GROUND, SCENE_START)
    cut = TerrainGrid(PLANE, GROUND.west_m, GROUND.north_m, GROUND.cell_m, GROUND.elevation_m[:])
    assert priors.over(cut, SCENE_START + timedelta(hours=1)) is first
    rating = a_rating("wet", at=SCENE_START)
    book.put([replace(rating, indices=replace(rating.indices, fwi=25.0))])
    assert priors.over(GROUND, SCENE_START) is first
    now[0] += 61.0
    other = priors.over(GROUND, SCENE_START)
    assert other is not first
    assert ratio(other) < ratio(first)
    for days in range(1, 20):
        later = [a_rating(name, at=SCENE_START + timedelta(days=days)) for name in ("dry", "wet")]
        book.put([replace(one, indices=replace(one.indices, fwi=float(days))) for one in later])
        priors.over(GROUND, SCENE_START + timedelta(days=days))
    assert priors.over(GROUND, SCENE_START) is not other


def test_what_knows_nothing_or_fails_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_grid: TerrainGrid) -> np.ndarray:
        raise TerrainError("tile n27.tif is damaged")

    def unknown(grid: TerrainGrid) -> np.ndarray:
        return np.full(grid.shape, np.nan)

    def wrong(_grid: TerrainGrid) -> np.ndarray:
        return np.ones((2, 3))

    with caplog.at_level(logging.WARNING):
        assert FirePriors((broken, unknown, lambda _grid: None), None, AtOnce()).over(GROUND, SCENE_START) is None
        kept = FirePriors((broken, woods_in_the_east), None, AtOnce()).over(GROUND, SCENE_START)
        assert ratio(kept) == pytest.approx(4.0)
        assert FirePriors((wrong,), None, AtOnce()).over(GROUND, SCENE_START) is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]


def test_until_it_is_made_nothing_is_known() -> None:
    class Later(Executor):
        def submit(self, fn: Any, /, *_args: Any, **_kwargs: Any) -> Future[Any]:
            del fn
            return Future()

    assert FirePriors((woods_in_the_east,), None, Later()).over(GROUND, SCENE_START) is None


def test_the_prior_moves_the_region_of_what_one_tower_sees() -> None:
    sighting = replace(lasting(seen(1, A_TOWER), 5), calibration_id="of-another-day")

    def east_share(prior: FirePriors | None) -> float:
        found = Locator(sites(A_TOWER), lambda _towers: open_ground(A_TOWER), prior=prior).locate([sighting])
        assert found is not None
        return float(found.posterior.mass[found.posterior.patches.east_m > 0.0].sum())

    plain, wooded = east_share(None), east_share(FirePriors((woods_in_the_east,), None, AtOnce()))
    assert wooded / (1.0 - wooded) == pytest.approx(4.0 * plain / (1.0 - plain), rel=0.1)
