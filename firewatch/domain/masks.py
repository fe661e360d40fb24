"""Parts of a picture in which smoke is expected and means nothing: a chimney, a steam vent, the camera's own clock."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.checks import require_text, require_utc
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["Edge", "Mask", "Point", "Polygon"]

# Across and down, as shares of the picture's width and height.
Point: TypeAlias = tuple[float, float]
Edge: TypeAlias = tuple[Point, Point]

_FEWEST, _MOST = 3, 64
# Less of the picture than this hides nothing: a slip of the hand, or three points on one line.
_LEAST_AREA = 1e-6


@dataclass(frozen=True, slots=True)
class Polygon:
    """A part of a picture with straight sides that do not cross each other.

    Parameters
    ----------
    points : tuple of (float, float), length 3 to 64
        Its corners in order, from the top-left corner of the picture: 0 to 1 across and 0 to 1 down. The last joins the
        first.

    Raises
    ------
    InvalidValue
        If there are too few or too many points, one lies outside the picture or comes twice, sides cross or touch each
        other, or it has no area.
    """

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        count = len(self.points)
        if not _FEWEST <= count <= _MOST:
            raise InvalidValue("polygon", f"{count} points", f"{_FEWEST} to {_MOST} points")
        for number, point in enumerate(self.points, 1):
            if not all(0.0 <= value <= 1.0 for value in point):
                raise InvalidValue(f"point {number} of the polygon", list(point), "0 to 1: shares of the picture")
        for (i, first), (j, second) in itertools.combinations(enumerate(self.edges), 2):
            if _clash(first, second, joined=j == i + 1, closing=(i == 0 and j == count - 1)):
                raise InvalidValue(
                    "polygon", f"sides {i + 1} and {j + 1} cross or touch", "a line around the place, corner by corner"
                )
        if self.area < _LEAST_AREA:
            raise InvalidValue("polygon", f"an area of {self.area:g} of the picture", f"at least {_LEAST_AREA:g}")

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Its sides, in order."""
        return tuple(zip(self.points, (*self.points[1:], self.points[0]), strict=True))

    @property
    def area(self) -> float:
        """Its share of the picture."""
        return 0.5 * abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in self.edges))


@dataclass(frozen=True, slots=True)
class Mask:
    """A part of one pose's picture in which what lies nearly wholly within it is set aside.

    Parameters
    ----------
    name : str
        As the technician calls it, 1 to 64 characters.
    reason : str
        Why it is there, 1 to 200 characters: whoever finds it in a year must be able to judge it.
    polygon : Polygon
        Where.
    until : date or None
        The last day on which it holds, in UTC; None means for good.
    """

    name: str
    reason: str
    polygon: Polygon
    until: date | None = None

    def __post_init__(self) -> None:
        require_text("name of a mask", self.name, 64)
        require_text(f"reason of mask {self.name}", self.reason, 200)

    def holds_at(self, at: datetime) -> bool:
        """Tell whether it holds at an instant in UTC."""
        require_utc("instant", at)
        return self.until is None or at.date() <= self.until


def _clash(a: Edge, b: Edge, *, joined: bool, closing: bool) -> bool:
    """Tell whether two sides meet where they should not; neighbours share a corner and must not lie on each other."""
    if joined:
        return _folds_back(a[0], a[1], b[1])
    if closing:
        return _folds_back(b[0], b[1], a[1])
    return _meet(a, b)


def _folds_back(before: Point, corner: Point, after: Point) -> bool:
    if corner in {before, after}:
        return True
    to = (before[0] - corner[0], before[1] - corner[1])
    on = (after[0] - corner[0], after[1] - corner[1])
    cross = to[0] * on[1] - to[1] * on[0]
    return math.isclose(cross, 0.0, abs_tol=1e-12) and to[0] * on[0] + to[1] * on[1] > 0.0


def _meet(a: Edge, b: Edge) -> bool:
    turns = _side(*a, b[0]), _side(*a, b[1]), _side(*b, a[0]), _side(*b, a[1])
    if turns[0] * turns[1] < 0.0 and turns[2] * turns[3] < 0.0:
        return True
    ends = ((turns[0], a, b[0]), (turns[1], a, b[1]), (turns[2], b, a[0]), (turns[3], b, a[1]))
    return any(turn == 0.0 and _within(edge, point) for turn, edge, point in ends)


def _side(start: Point, end: Point, point: Point) -> float:
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _within(edge: Edge, point: Point) -> bool:
    """Tell whether a point on an edge's line lies on the edge."""
    (x0, y0), (x1, y1) = edge
    return min(x0, x1) <= point[0] <= max(x0, x1) and min(y0, y1) <= point[1] <= max(y0, y1)
