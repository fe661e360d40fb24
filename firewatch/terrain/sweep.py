"""The sweep behind a viewshed: rays in four quadrants, advanced line by line, in NumPy.

In each quadrant rays leave the eye, evenly spaced on the line on which they end, and go out one line of cells at a
time. Each keeps the steepest slope that the ground has reached on its way, linear between the two cells that it passes.
A cell is held against the two rays beside it, between which the steepest slope is taken as linear. Half-way out, where
the rays are as far apart as the cells, one more is put between each two. This is R2 of Franklin and Ray with a cell's
own place between two rays, where they take the nearest ray; `docs/adr/0034-viewshed.md` says how close it comes to a
line of sight for each cell.

All is float32 and counted in cells, in an order that `firewatch.terrain.sweep_kernel` repeats: both give the same bits.

References
----------
.. [1] Franklin, W.R.; Ray, C.K. (1994). Higher isn't necessarily better: visibility algorithms and experiments. Proc.
   6th Int. Symp. on Spatial Data Handling, 751-770.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Heights: TypeAlias = npt.NDArray[np.float32]

__all__ = ["NEAREST", "NOTHING", "Outlook", "Quadrant", "quadrants", "sweep_quadrant"]

# The steepest slope on a way without ground [m a cell].
NOTHING = np.float32(-1e30)
# A line of cells that is closer to the eye hides nothing: rounding would make a cliff of it [cells].
NEAREST = 0.01


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the four quadrants have in common.

    Parameters
    ----------
    level_m : float
        Height of the eye [m].
    curve_m : float
        By how much the ground drops one cell away; with the square of the distance [m].
    most_cells : float
        The range; finite [cells].
    """

    level_m: float
    curve_m: float
    most_cells: float


@dataclass(frozen=True, slots=True, eq=False)
class Quadrant:
    """One of four directions.

    Parameters
    ----------
    raster, seen : ndarray, shape (rows, columns), float32, C order
        The heights, and what receives the least visible heights.
    along, across : float
        Place of the eye, in lines and in cells of a line: lines follow each other away from it.
    is_of_rows : bool
        Whether its lines are rows; else they are columns.
    is_back : bool
        Whether they are counted from the raster's end.
    """

    raster: Heights
    seen: Heights
    along: float
    across: float
    is_of_rows: bool
    is_back: bool

    def as_lines(self, raster: Heights) -> Heights:
        """Return a view of one of the rasters, shape (lines, cells of a line)."""
        lines = raster if self.is_of_rows else raster.T
        return lines[::-1] if self.is_back else lines


def quadrants(ground: Heights, found: Heights, row: float, column: float) -> tuple[Quadrant, ...]:
    """Return the raster as an eye at a place in it [cells] looks at it to the south, north, east and west."""
    last_row, last_column = ground.shape[0] - 1, ground.shape[1] - 1
    return (
        Quadrant(ground, found, row, column, is_of_rows=True, is_back=False),
        Quadrant(ground, found, last_row - row, column, is_of_rows=True, is_back=True),
        Quadrant(ground, found, column, row, is_of_rows=False, is_back=False),
        Quadrant(ground, found, last_column - column, row, is_of_rows=False, is_back=True),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """A quadrant for NumPy."""

    ground: Heights
    found: Heights
    along: float
    across: float


def sweep_quadrant(quadrant: Quadrant, outlook: Outlook) -> None:
    """Put the least visible heights of one quadrant into its `seen`; its diagonals belong to it."""
    ground, found = quadrant.as_lines(quadrant.raster), quadrant.as_lines(quadrant.seen)
    lines = _Lines(ground, found, quadrant.along, quadrant.across)
    reach = min(ground.shape[0] - 1 - quadrant.along, outlook.most_cells)
    rays = _Rays.of(max(1, math.ceil(reach / 2.0)), outlook)
    for line in range(math.floor(quadrant.along) + 1, math.floor(quadrant.along + reach) + 1):
        if line - quadrant.along > rays.half and not rays.is_doubled:
            rays = rays.doubled(outlook)
        _see(lines, outlook, rays, line)
        if line - quadrant.along > NEAREST:
            _pass(lines, outlook, rays, line)


@dataclass(frozen=True, slots=True, eq=False)
class _Rays:
    """Rays of a quadrant: `half` to each side of the one straight ahead; `steepest` has one more, behind the last."""

    half: int
    slant: Heights
    drop_m: Heights
    steepest: Heights
    is_doubled: bool = False

    @classmethod
    def of(cls, half: int, outlook: Outlook) -> _Rays:
        return cls(half, *_directions(half, outlook), np.full(2 * half + 2, NOTHING, np.float32))

    def doubled(self, outlook: Outlook) -> _Rays:
        half = 2 * self.half
        steepest = np.full(2 * half + 2, NOTHING, np.float32)
        steepest[:-1:2] = self.steepest[:-1]
        steepest[1:-2:2] = (self.steepest[:-2] + self.steepest[1:-1]) * np.float32(0.5)
        return _Rays(half, *_directions(half, outlook), steepest, is_doubled=True)


def _directions(half: int, outlook: Outlook) -> tuple[Heights, Heights]:
    """Return how far to the side each ray goes on its way to the next line, and its drop for one line."""
    slant = (np.arange(-half, half + 1) / half).astype(np.float32)
    return slant, np.float32(outlook.curve_m) * (np.float32(1.0) + slant * slant)


def _see(lines: _Lines, outlook: Outlook, rays: _Rays, line: int) -> None:
    """Hold the cells of a line against the rays beside them."""
    width, across, away = lines.ground.shape[1], lines.across, line - lines.along
    first, behind = max(0, math.ceil(across - away)), min(width - 1, math.floor(across + away)) + 1
    one, gone = np.float32(1.0), np.float32(away)
    beside = np.arange(first, behind, dtype=np.float32) - np.float32(across)
    place = (beside * (one / gone) + one) * np.float32(rays.half)
    left = place.astype(np.int32)
    low, high = rays.steepest[left], rays.steepest[left + 1]
    steepest = low + (place - left.astype(np.float32)) * (high - low)
    far = gone * gone + beside * beside
    ground = lines.ground[line, first:behind]
    least = (np.float32(outlook.level_m) - ground) + gone * steepest + np.float32(outlook.curve_m) * far
    least = np.where(least < 0.0, np.float32(0.0), least)
    lines.found[line, first:behind] = np.where(far > _square(outlook), np.float32(np.nan), least)


def _square(outlook: Outlook) -> np.float32:
    return np.float32(outlook.most_cells * outlook.most_cells)


def _pass(lines: _Lines, outlook: Outlook, rays: _Rays, line: int) -> None:
    """Let the rays pass a line: those within the raster, and one beyond it, which passes its edge."""
    width, across, away = lines.ground.shape[1], lines.across, line - lines.along
    first = max(0, math.floor((1.0 - across / away) * rays.half))
    behind = min(2 * rays.half, math.ceil(((width - 1 - across) / away + 1.0) * rays.half)) + 1
    gone = np.float32(away)
    side = np.maximum(np.float32(across) + rays.slant[first:behind] * gone, np.float32(0.0))
    left = np.minimum(side.astype(np.int32), width - 2)
    ground = lines.ground[line]
    low, high = ground[left], ground[left + 1]
    height = low + (side - left.astype(np.float32)) * (high - low)
    slope = (height - np.float32(outlook.level_m)) * (np.float32(1.0) / gone) - gone * rays.drop_m[first:behind]
    known = rays.steepest[first:behind]
    rays.steepest[first:behind] = np.where(slope > known, slope, known)
