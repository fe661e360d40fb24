"""The sweep behind a viewshed, compiled: `firewatch.terrain.sweep` step for step, with the same bits.

Needs the extra `fast`. Each step is a short loop without branches, which the compiler turns into vector instructions;
only the reading at computed places is a loop of its own. Lines go in panels that stay in the processor's caches, so
that the quadrants to the east and west read the raster along its rows, too.
"""

# F is the kind of the numbers; what NaN does must be written out; what numba compiles takes its types from the call.
# ruff: noqa: N806, FURB136, ANN001, ANN202
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import float32, float64, njit, types

from firewatch.terrain.sweep import NEAREST, NOTHING

if TYPE_CHECKING:
    from firewatch.terrain.sweep import Outlook, Quadrant

__all__ = ["sweep_quadrant_compiled"]

# Lines of a panel: a cache line of a row, in float32.
_LINES = 16
# No freedom of rounding: the bits are those of NumPy.
_MATHS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
# One form for all four quadrants, whatever the strides of their views.
_VIEW = types.Array(float32, 2, "A")
_SWEEP = types.void(_VIEW, _VIEW, float64, float64, float64, types.UniTuple(float32, 3))


def _compiled(function, signature=None):
    """Compile on the first call, or now for a signature; keep the code on disk where that may be written."""
    try:
        return njit(signature, cache=True, **_MATHS)(function)
    except RuntimeError:  # no folder to keep it in: neither beside this file, nor in the user's cache
        return njit(signature, **_MATHS)(function)


def _compiled_as(signature):
    return partial(_compiled, signature=signature)


def sweep_quadrant_compiled(quadrant: Quadrant, outlook: Outlook) -> None:
    """Do what `firewatch.terrain.sweep.sweep_quadrant` does."""
    most = outlook.most_cells
    numbers = (np.float32(outlook.level_m), np.float32(outlook.curve_m), np.float32(most * most))
    _sweep(quadrant.ground, quadrant.found, quadrant.along, quadrant.across, most, numbers)


@_compiled
def _take(values, places, low, high):
    for k in range(places.size):
        place = np.uint32(places[k])
        low[k] = values[place]
        high[k] = values[place + np.uint32(1)]


@_compiled
def _find_rays(first, across, gone, half, left, part):
    """Find the ray to the left of each cell, and how far from it the cell lies."""
    F = np.float32
    inverse = F(1.0) / gone
    for k in range(left.size):
        place = ((F(np.int32(first + np.int32(k))) - across) * inverse + F(1.0)) * half
        ray = np.int32(place)
        left[k] = ray
        part[k] = place - F(ray)


@_compiled
def _see(ground, found, rays, place, numbers):
    """Hold cells against the rays beside them."""
    F = np.float32
    first, across, gone = place
    low, high, part = rays
    level, curve, most = numbers
    for k in range(ground.size):
        beside = F(np.int32(first + np.int32(k))) - across
        steepest = low[k] + part[k] * (high[k] - low[k])
        far = gone * gone + beside * beside
        least = (level - ground[k]) + gone * steepest + curve * far
        least = F(0.0) if least < F(0.0) else least
        found[k] = F(np.nan) if far > most else least


@_compiled
def _find_cells(slant, across, gone, last, left, part):
    """Find the cell to the left of each ray, and how far from it the ray passes."""
    F = np.float32
    for k in range(slant.size):
        side = across + slant[k] * gone
        side = side if side > F(0.0) else F(0.0)
        cell = np.int32(side)
        cell = last if cell > last else cell
        left[k] = cell
        part[k] = side - F(cell)


@_compiled
def _pass(cells, drop, steepest, gone, level):
    """Let rays pass a line."""
    F = np.float32
    low, high, part = cells
    inverse = F(1.0) / gone
    for k in range(steepest.size):
        height = low[k] + part[k] * (high[k] - low[k])
        slope = (height - level) * inverse - gone * drop[k]
        known = steepest[k]
        steepest[k] = slope if slope > known else known


@_compiled
def _aim(half, curve, slant, drop):
    """Fill the directions of the rays."""
    F = np.float32
    for k in range(2 * half + 1):
        side = F((k - half) / half)
        slant[k] = side
        drop[k] = curve * (F(1.0) + side * side)


@_compiled
def _double(steepest, half):
    """Put a ray between each two, from the last to the first, in place."""
    steepest[4 * half] = steepest[2 * half]
    for k in range(2 * half - 1, -1, -1):
        steepest[2 * k + 1] = (steepest[k] + steepest[k + 1]) * np.float32(0.5)
        steepest[2 * k] = steepest[k]


@_compiled
def _load(view, line, behind, first, last, panel):
    """Copy lines into the panel, the same cells of each, along the rows of the raster."""
    for cell in range(first, last):
        for k in range(behind - line):
            panel[k, cell] = view[line + k, cell]


@_compiled
def _store(panel, line, behind, along, across, view):
    """Copy what was found in the quadrant's part of each line back."""
    width = view.shape[1]
    for cell in range(width):
        nearest = max(line, math.ceil(along + abs(cell - across)))
        for k in range(nearest, behind):
            view[k, cell] = panel[k - line, cell]


@_compiled_as(_SWEEP)
def _sweep(ground, found, along, across, most, numbers):
    F = np.float32
    lines, width = ground.shape
    reach = min(lines - 1 - along, most)
    half, is_doubled = max(1, math.ceil(reach / 2.0)), False
    size = max(4 * half + 2, width)
    left, part = np.empty(size, np.int32), np.empty(size, np.float32)
    low, high = np.empty(size, np.float32), np.empty(size, np.float32)
    slant, drop = np.empty(size, np.float32), np.empty(size, np.float32)
    steepest = np.full(size, NOTHING, np.float32)
    _aim(half, numbers[1], slant, drop)
    start, behind = math.floor(along) + 1, math.floor(along + reach) + 1
    heights, seen = np.empty((_LINES, width), np.float32), np.empty((_LINES, width), np.float32)
    side, last = F(across), np.int32(width - 2)
    for panel in range(start, behind, _LINES):
        until = min(panel + _LINES, behind)
        farthest = until - along
        edge = max(0, math.floor(across - farthest) - 1)
        _load(ground, panel, until, edge, min(width, math.ceil(across + farthest) + 2), heights)
        for line in range(panel, until):
            away = line - along
            if away > half and not is_doubled:
                _double(steepest, half)
                half, is_doubled = 2 * half, True
                _aim(half, numbers[1], slant, drop)
            gone = F(away)
            one, two = max(0, math.ceil(across - away)), min(width - 1, math.floor(across + away)) + 1
            count = two - one
            _find_rays(np.int32(one), side, gone, F(half), left[:count], part)
            _take(steepest, left[:count], low, high)
            own = line - panel
            _see(heights[own, one:two], seen[own, one:two], (low, high, part), (np.int32(one), side, gone), numbers)
            if away > NEAREST:
                one = max(0, math.floor((1.0 - across / away) * half))
                two = min(2 * half, math.ceil(((width - 1 - across) / away + 1.0) * half)) + 1
                count = two - one
                _find_cells(slant[one:two], side, gone, last, left, part)
                _take(heights[own], left[:count], low, high)
                _pass((low, high, part), drop[one:two], steepest[one:two], gone, numbers[0])
        _store(seen, panel, until, along, across, found)
