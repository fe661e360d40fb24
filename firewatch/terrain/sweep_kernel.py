"""The sweep behind a viewshed, compiled: `firewatch.terrain.sweep` step for step, with the same bits.

Needs the extra `fast`. Each step is a short loop without branches, which the compiler turns into vector instructions;
only the reading at computed places, two neighbours at a time, is a loop of its own. To the south and north lines are
rows of the raster; to the east and west they go in panels that stay in the processor's caches, so that the raster is
read along its rows, too.
"""

# F is the kind of the numbers; what NaN does must be written out; what numba compiles takes its types from the call.
# ruff: noqa: N806, FURB136, ANN001, ANN202
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call, call-arg"

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir
from numba import float32, float64, njit, types
from numba.extending import intrinsic

from firewatch.terrain.sweep import NEAREST, NOTHING

if TYPE_CHECKING:
    from firewatch.terrain.sweep import Outlook, Quadrant

__all__ = ["sweep_quadrant_compiled"]

# Lines of a panel: a cache line of a row, in float32.
_LINES = 16
# So many cells before they are needed, those of a panel are asked for.
_AHEAD = 24
# No freedom of rounding: the bits are those of NumPy.
_MATHS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
_RASTER = types.Array(float32, 2, "C")
_PLACE, _NUMBERS = types.UniTuple(float64, 2), types.UniTuple(float32, 3)
_QUADRANT = types.void(_RASTER, _RASTER, _PLACE, types.boolean, float64, _NUMBERS)


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
    place = (quadrant.along, quadrant.across)
    if quadrant.is_of_rows:
        _sweep_rows(quadrant.raster, quadrant.seen, place, quadrant.is_back, most, numbers)
    else:
        _sweep_columns(quadrant.raster, quadrant.seen, place, quadrant.is_back, most, numbers)


@intrinsic
def _two_at(_, values, place):
    """Read a number and the next one, both float32, as 64 bits: one step where reading them takes two."""

    def read(context, builder, signature, arguments):
        row = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = builder.bitcast(builder.gep(row.data, [arguments[1]]), ir.IntType(64).as_pointer())
        two = builder.load(at)
        two.align = 4  # a pair begins at any number
        return two

    return types.int64(values, place), read


@intrinsic
def _ask_for(_, raster, row, column):
    """Have a place of the raster on its way from memory before it is needed: rows are too far apart to be foreseen."""

    def ask(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        rows = builder.mul(arguments[1], builder.extract_value(array.strides, 0))
        columns = builder.mul(arguments[2], array.itemsize)
        start = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        at = builder.gep(start, [builder.add(rows, columns)])
        number = ir.IntType(32)
        kinds = ir.FunctionType(ir.VoidType(), [at.type, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [at.type], kinds)
        # To be read; to stay in the second cache; data.
        builder.call(prefetch, [at, *(ir.Constant(number, hint) for hint in (0, 2, 1))])
        return context.get_dummy_value()

    return types.void(raster, row, column), ask


@_compiled
def _ask_ahead(raster, cell, behind, column):
    ahead = np.int64(min(cell + _AHEAD, behind - 1))
    _ask_for(raster, ahead, np.int64(column))
    _ask_for(raster, ahead, np.int64(column + _LINES - 1))


@_compiled
def _take(values, places, pairs):
    """Read pairs of neighbours at computed places."""
    for k in range(places.size):
        pairs[k] = _two_at(values, np.int64(np.uint32(places[k])))


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
    pairs, part = rays
    level, curve, most = numbers
    for k in range(ground.size):
        beside = F(np.int32(first + np.int32(k))) - across
        low, high = pairs[2 * k], pairs[2 * k + 1]
        steepest = low + part[k] * (high - low)
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
    pairs, part = cells
    inverse = F(1.0) / gone
    for k in range(steepest.size):
        low, high = pairs[2 * k], pairs[2 * k + 1]
        height = low + part[k] * (high - low)
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
def _load(raster, column, count, rows, panel):
    """Copy columns of the raster into the rows of a panel, the same cells of each."""
    if count == _LINES:
        for cell in range(rows[0], rows[1]):
            _ask_ahead(raster, cell, rows[1], column)
            for k in range(_LINES):
                panel[k, cell] = raster[cell, column + k]
        return
    for cell in range(rows[0], rows[1]):
        for k in range(count):
            panel[k, cell] = raster[cell, column + k]


@_compiled
def _store(panel, column, counts, cell, raster):
    """Copy one cell of some rows of the panel back into the columns of the raster."""
    if counts[1] - counts[0] == _LINES:
        for k in range(_LINES):
            raster[cell, column + k] = panel[k, cell]
        return
    for k in range(counts[0], counts[1]):
        raster[cell, column + k] = panel[k, cell]


@_compiled
def _store_edge(panel, column, place, is_back, target):
    """Copy of one cell the rows that lie within the quadrant."""
    along, across, start, count = place
    cell, raster = target
    first = min(count, max(0, math.ceil(along + abs(cell - across)) - start))
    _store(panel, column, (0, count - first) if is_back else (first, count), cell, raster)


@_compiled
def _store_all(panel, column, place, is_back, raster):
    """Copy a panel back; the quadrant ends at its diagonals."""
    along, across, start, count = place
    width, near, far = raster.shape[0], start - along, start + count - along
    # Between these cells all lines of the panel are within the quadrant.
    first, behind = max(0, math.ceil(across - near)), min(width, math.floor(across + near) + 1)
    for cell in range(max(0, int(across - far)), first):
        _store_edge(panel, column, place, is_back, (cell, raster))
    for cell in range(first, behind):
        _ask_ahead(raster, cell, behind, column)
        _store(panel, column, (0, count), cell, raster)
    for cell in range(max(first, behind), min(width, int(across + far) + 2)):
        _store_edge(panel, column, place, is_back, (cell, raster))


@_compiled
def _advance(heights, seen, away, across, rays, numbers):
    """Look at one line of cells, and let the rays pass it."""
    F = np.float32
    half, slant, drop, steepest, left, part, pairs = rays
    width, gone, side = heights.size, F(away), F(across)
    first, behind = max(0, math.ceil(across - away)), min(width - 1, math.floor(across + away)) + 1
    count = behind - first
    _find_rays(np.int32(first), side, gone, F(half), left[:count], part)
    _take(steepest, left[:count], pairs)
    place = (np.int32(first), side, gone)
    _see(heights[first:behind], seen[first:behind], (pairs.view(np.float32), part), place, numbers)
    if away > NEAREST:
        first = max(0, math.floor((1.0 - across / away) * half))
        behind = min(2 * half, math.ceil(((width - 1 - across) / away + 1.0) * half)) + 1
        count = behind - first
        _find_cells(slant[first:behind], side, gone, np.int32(width - 2), left, part)
        _take(heights, left[:count], pairs)
        _pass((pairs.view(np.float32), part), drop[first:behind], steepest[first:behind], gone, numbers[0])


@_compiled
def _rays(half, width, curve):
    """Return the rays of a quadrant with room for twice as many, and for what is computed on the way."""
    F = np.float32
    size = max(4 * half + 2, width)
    slant, drop, steepest = np.empty(size, F), np.empty(size, F), np.full(size, NOTHING, F)
    _aim(half, curve, slant, drop)
    return (
        half,
        slant,
        drop,
        steepest,
        np.empty(size, np.int32),
        np.empty(size, F),
        np.empty(size, np.int64),
    )


@_compiled
def _doubled(rays, curve):
    half, slant, drop, steepest, left, part, pairs = rays
    _double(steepest, half)
    _aim(2 * half, curve, slant, drop)
    return 2 * half, slant, drop, steepest, left, part, pairs


@_compiled_as(_QUADRANT)
def _sweep_rows(ground, found, place, is_back, most, numbers):
    """Sweep the quadrant to the south, or back to the north: row after row."""
    lines, width = ground.shape
    along, across = place
    reach = min(lines - 1 - along, most)
    rays, is_doubled = _rays(max(1, math.ceil(reach / 2.0)), width, numbers[1]), False
    for line in range(math.floor(along) + 1, math.floor(along + reach) + 1):
        if line - along > rays[0] and not is_doubled:
            rays, is_doubled = _doubled(rays, numbers[1]), True
        row = lines - 1 - line if is_back else line
        _advance(ground[row], found[row], line - along, across, rays, numbers)


@_compiled_as(_QUADRANT)
def _sweep_columns(ground, found, place, is_back, most, numbers):
    """Sweep the quadrant to the east, or back to the west: a panel of columns at a time."""
    width, lines = ground.shape
    along, across = place
    reach = min(lines - 1 - along, most)
    rays, is_doubled = _rays(max(1, math.ceil(reach / 2.0)), width, numbers[1]), False
    heights, seen = np.empty((_LINES, width), np.float32), np.empty((_LINES, width), np.float32)
    behind = math.floor(along + reach) + 1
    for start in range(math.floor(along) + 1, behind, _LINES):
        until = min(start + _LINES, behind)
        count, far = until - start, until - along
        column = lines - until if is_back else start
        _load(ground, column, count, (max(0, int(across - far) - 1), min(width, int(across + far) + 3)), heights)
        for line in range(start, until):
            if line - along > rays[0] and not is_doubled:
                rays, is_doubled = _doubled(rays, numbers[1]), True
            row = until - 1 - line if is_back else line - start
            _advance(heights[row], seen[row], line - along, across, rays, numbers)
        _store_all(seen, column, (along, across, start, count), is_back, found)
