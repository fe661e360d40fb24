"""What a further tower sees is put onto the ground of others, and counts as unseen where nobody knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sight_lines import PLANE, place

from firewatch.domain.ids import TowerId
from firewatch.fusion import Ground
from firewatch.geodesy import LocalPlane
from firewatch.services.seen_rasters import rasters_of, with_views
from firewatch.terrain import TerrainGrid

A, B = TowerId("a"), TowerId("b")


def a_grid(
    west: int, north: int, rows: int, columns: int, cell_m: float = 10.0, plane: LocalPlane = PLANE
) -> TerrainGrid:
    return TerrainGrid(plane, west * 10.0, north * 10.0, cell_m, np.zeros((rows, columns), np.float32))


BASE = Ground(a_grid(0, 0, 6, 8), {A: np.zeros((6, 8), np.float32)})


@given(st.integers(-12, 12), st.integers(-12, 12), st.integers(2, 12), st.integers(2, 12))
def test_each_cell_has_the_value_of_its_place(west: int, north: int, rows: int, columns: int) -> None:
    grid = a_grid(west, north, rows, columns)
    seen_m = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    found = with_views(BASE, Ground(grid, {B: seen_m, A: seen_m}))
    assert found.terrain is BASE.terrain
    assert (found.least_visible_m[A] == 0.0).all()
    for row in range(6):
        for column in range(8):
            down, right = row + north, column - west
            is_known = 0 <= down < rows and 0 <= right < columns
            assert found.least_visible_m[B][row, column] == (seen_m[down, right] if is_known else 100_000.0)


def test_what_is_unknown_or_of_another_map_counts_as_hidden() -> None:
    hole = np.full((6, 8), np.nan, np.float32)
    other_plane = a_grid(0, 0, 6, 8, plane=LocalPlane(place(1_000.0, 0.0)))
    for other in (
        Ground(BASE.terrain, {B: hole}),
        *(Ground(g, {B: np.zeros((6, 8), np.float32)}) for g in (other_plane, a_grid(0, 0, 6, 8, 20.0))),
    ):
        assert (with_views(BASE, other).least_visible_m[B] == 100_000.0).all()


def test_grounds_are_told_apart_by_their_numbers_in_memory() -> None:
    cut = Ground(TerrainGrid(PLANE, 0.0, 0.0, 10.0, BASE.terrain.elevation_m[:]), {A: BASE.least_visible_m[A][:]})
    assert rasters_of([cut]) == rasters_of([BASE])
    assert rasters_of([BASE, BASE]) != rasters_of([BASE])
    copied = Ground(BASE.terrain, {A: BASE.least_visible_m[A].copy()})
    assert rasters_of([copied]) != rasters_of([BASE])
    assert rasters_of([]) == []
    assert pytest.approx(0.0) == float(with_views(BASE).least_visible_m[A].max())
