"""How much of a detection lies in masks: exact areas, whatever the polygons' shape and however they overlap."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.domain.masks import Edge, Mask, Point

__all__ = ["MASKED_FROM", "MaskSet"]

# A detection is set aside when at least this share of its area lies in masks. Boxes of one smoke jitter by about a
# tenth of their side, so a share nearer to 1 would let what stands in the mask slip out; and a plume that has risen
# over its chimney by more than a tenth of its box is kept.
MASKED_FROM = 0.9


class MaskSet:
    """The masks of one pose that hold now.

    Parameters
    ----------
    masks : sequence of Mask
        They may overlap: what two of them cover counts once.
    """

    def __init__(self, masks: Sequence[Mask]) -> None:
        self.masks = tuple(masks)
        self._edges = tuple(mask.polygon.edges for mask in self.masks)
        every = [edge for edges in self._edges for edge in edges]
        crossings = (_crossing(a, b) for a, b in itertools.combinations(every, 2)) if len(self.masks) > 1 else ()
        # Between two of these heights no side begins, ends or crosses another.
        self._levels = sorted({y for edge in every for _, y in edge} | {p[1] for p in crossings if p is not None})
        points = np.array([point for edge in every for point in edge]).reshape(-1, 2)
        self._bounds = (*points.min(0), *points.max(0)) if len(points) else (1.0, 1.0, 0.0, 0.0)

    def covered(self, boxes: npt.NDArray[np.floating], size_px: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Tell which boxes lie in masks by at least nine tenths of their area.

        Parameters
        ----------
        boxes : ndarray, shape (n, 4)
            x0, y0, x1, y1 in pixels of the frame; what reaches beyond the frame is cut off.
        size_px : tuple of int
            Width and height of the frame.

        Returns
        -------
        ndarray, shape (n,), bool
            False for boxes without an area.
        """
        inside = np.zeros(len(boxes), bool)
        if not self.masks or not len(boxes):
            return inside
        shares = np.clip(np.asarray(boxes, np.float64) / np.tile(np.array(size_px, np.float64), 2), 0.0, 1.0)
        # The masks' common bounds cover at least as much as the masks: most boxes are done with here.
        x0, y0, x1, y1 = self._bounds
        low, high = np.maximum(shares[:, :2], (x0, y0)), np.minimum(shares[:, 2:], (x1, y1))
        area = np.clip(shares[:, 2:] - shares[:, :2], 0.0, None).prod(1)
        near = (area > 0.0) & (np.clip(high - low, 0.0, None).prod(1) >= MASKED_FROM * area)
        for number in np.flatnonzero(near):
            inside[number] = self.share_of(*shares[number].tolist()) >= MASKED_FROM
        return inside

    def share_of(self, x0: float, y0: float, x1: float, y1: float) -> float:
        """Return the share of a box's area that lies in masks, 0 to 1; the box in shares of the picture, with an area.

        The box is cut into strips between the heights at which a side begins, ends, crosses another or leaves the box.
        Within a strip the covered width changes linearly, so that the width at mid-height gives its area exactly.
        """
        levels = {y0, y1, *(y for y in self._levels if y0 < y < y1)}
        for edges in self._edges:
            levels.update(
                y for edge in edges for x in (x0, x1) if (y := _height_at(edge, x)) is not None and y0 < y < y1
            )
        covered = 0.0
        for low, high in itertools.pairwise(sorted(levels)):
            covered += (high - low) * self._width_at(0.5 * (low + high), x0, x1)
        return min(1.0, covered / ((x1 - x0) * (y1 - y0)))

    def _width_at(self, y: float, x0: float, x1: float) -> float:
        """Return how much of the line from x0 to x1 at a height is covered."""
        spans = []
        for edges in self._edges:
            crossed = sorted(_at_height(edge, y) for edge in edges if (edge[0][1] > y) != (edge[1][1] > y))
            spans += [(max(x0, a), min(x1, b)) for a, b in zip(crossed[::2], crossed[1::2], strict=True)]
        covered, reached = 0.0, x0
        for start, end in sorted(spans):
            covered += max(0.0, end - max(start, reached))
            reached = max(reached, end)
        return covered

    def names_over(self, box: tuple[float, float, float, float], size_px: tuple[int, int]) -> tuple[str, ...]:
        """Return the names of the masks that cover anything of a box in pixels, for the record."""
        shares = np.clip(np.array(box) / np.tile(np.array(size_px, np.float64), 2), 0.0, 1.0).tolist()
        return tuple(mask.name for mask in self.masks if MaskSet([mask]).share_of(*shares) > 0.0)


def _at_height(edge: Edge, y: float) -> float:
    """Return where a side that spans a height crosses it."""
    (xa, ya), (xb, yb) = edge
    return xa + (xb - xa) * (y - ya) / (yb - ya)


def _height_at(edge: Edge, x: float) -> float | None:
    """Return at which height a side crosses a vertical line; None where it does not."""
    (xa, ya), (xb, yb) = edge
    return ya + (yb - ya) * (x - xa) / (xb - xa) if (xa > x) != (xb > x) else None


def _crossing(a: Edge, b: Edge) -> Point | None:
    """Return where two sides cross; None where they do not, or lie along each other."""
    (ax, ay), (bx, by) = a
    (cx, cy), (dx, dy) = b
    turn = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if turn == 0.0:
        return None
    along_a = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / turn
    along_b = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / turn
    if not (0.0 <= along_a <= 1.0 and 0.0 <= along_b <= 1.0):
        return None
    return (ax + along_a * (bx - ax), ay + along_a * (by - ay))
