"""Seasons over a grid: a cell is a station, by both engines, however the days are cut."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pytest

from firewatch.danger import (
    CarryOver,
    DailyWeather,
    Engine,
    GridDays,
    SeasonStart,
    SeasonState,
    run_grid,
    run_grid_seasons,
    run_seasons,
)
from firewatch.danger.grid import OUTPUTS
from firewatch.errors import InvalidValue

DAYS, CELLS = 120, (5, 3)
MONTHS = np.array([1 + (day // 30) % 12 for day in range(DAYS)])
RULES = [SeasonStart(carry_over=carry_over) for carry_over in (None, *CarryOver)]


def weather() -> GridDays:
    rng = np.random.default_rng(8)
    shape = (DAYS, *CELLS)
    rain = np.where(rng.random(shape) < 0.3, rng.gamma(1.0, 6.0, shape), 0.0)
    arrays = (rng.uniform(-5, 38, shape), rng.uniform(10, 100, shape), rng.uniform(0, 60, shape), rain)
    return GridDays(*arrays, np.linspace(-35.0, 50.0, CELLS[0])[:, None], MONTHS)


def spells() -> npt.NDArray[np.bool_]:
    """Return seasons with winters between them, of other days in each cell."""
    shift = np.arange(np.prod(CELLS)).reshape(CELLS)
    on: npt.NDArray[np.bool_] = np.sin((np.arange(DAYS)[:, None, None] + 2 * shift) / 9.0) > 0.2
    return on


def cut(whole: GridDays, days: slice) -> GridDays:
    temp, rh, wind, rain = (array[days] for array in whole.weather())
    return GridDays(temp, rh, wind, rain, whole.lat_deg, whole.months[days])


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: str(rules.carry_over))
def test_a_cell_is_a_station_bit_for_bit_and_by_the_kernel_to_its_promise(rules: SeasonStart) -> None:
    given, flags = weather(), spells()
    found, state = run_grid_seasons(
        SeasonState.of_nothing(CELLS), given, flags, rules, compute=partial(run_grid, engine=Engine.NUMPY)
    )
    compiled, _ = run_grid_seasons(SeasonState.of_nothing(CELLS), given, flags, rules)
    assert np.array_equal(np.isnan(found.outputs["fwi"]), ~flags)
    for row, column in ((0, 0), (2, 1), (4, 2)):
        cell = (slice(None), row, column)
        alone = DailyWeather(*(array[cell] for array in given.weather()))
        codes, indices, its_state = run_seasons(
            SeasonState.of_nothing(), alone, flags[cell], given.lat_deg[row, 0], MONTHS, rules
        )
        for name in OUTPUTS:
            expected = getattr(codes, name) if hasattr(codes, name) else getattr(indices, name)
            assert np.array_equal(found.outputs[name][cell], expected, equal_nan=True), name
            np.testing.assert_allclose(compiled.outputs[name][cell], expected, rtol=1e-12, atol=1e-12, err_msg=name)
        assert state.winter_mm[row, column] == its_state.winter_mm
        assert found.last.dc[row, column] == its_state.codes.dc


@pytest.mark.parametrize("split", [1, 40, 77])
def test_a_run_in_two_parts_equals_the_whole_run_bit_for_bit(split: int) -> None:
    given, flags, rules = weather(), spells(), RULES[1]
    nothing = SeasonState.of_nothing(CELLS)
    whole, _ = run_grid_seasons(nothing, given, flags, rules, wanted=("dc", "fwi"))
    head, tail = slice(split), slice(split, None)
    first, state = run_grid_seasons(nothing, cut(given, head), flags[head], rules, wanted=("dc", "fwi"))
    second, _ = run_grid_seasons(state, cut(given, tail), flags[tail], rules, wanted=("dc", "fwi"))
    for name in ("dc", "fwi"):
        joined = np.concatenate([first.outputs[name], second.outputs[name]])
        assert np.array_equal(joined, whole.outputs[name], equal_nan=True)


def test_one_season_of_all_cells_may_be_given_by_day_and_a_season_without_end_is_the_plain_run() -> None:
    given = weather()
    on = np.ones(DAYS, dtype=np.bool_)
    found, _ = run_grid_seasons(SeasonState.of_nothing(CELLS), given, on)
    plain = run_grid(SeasonState.of_nothing(CELLS).codes, given)
    for name in OUTPUTS:
        assert np.array_equal(found.outputs[name], plain.outputs[name])


def test_flags_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidValue, match="the weather's, or"):
        run_grid_seasons(SeasonState.of_nothing(CELLS), weather(), np.ones((DAYS, 5), dtype=np.bool_))
