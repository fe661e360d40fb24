"""Whether two boxes of different frames show the same smoke."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from firewatch.domain.vision import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["affinity", "grown", "touches"]

# Boxes of one plume jitter by about a tenth of their side from frame to frame.
_EXPANSION = 0.1
# Below this overlap of the expanded boxes only a common base joins them.
_LEAST_OVERLAP = 0.1
# The base of a plume stays; this share of its size is what the detector's boxes wander.
_BASE_REACH = 0.6
# Medians of the first and the last three of at least six: one bad box cannot make growth.
_MEDIAN_OF = 3
_LEAST_AREAS = 2 * _MEDIAN_OF
_GROWTH_RATIO = 1.2


def affinity(earlier: Box, later: Box) -> float:
    """Say how well a box continues an earlier one.

    A plume's base stays while its top grows and leans with the wind, so boxes belong together when they overlap (a
    little enlarged) or when the middles of their lower edges lie close for their size.

    Parameters
    ----------
    earlier, later : Box
        In pixels of frames of the same pose and size.

    Returns
    -------
    float
        0 where they do not belong together, else from above 0 to 2; higher is better.
    """
    overlap = _overlap(_expanded(earlier), _expanded(later))
    size = math.sqrt(max(earlier.width * earlier.height, later.width * later.height))
    apart = math.hypot(earlier.centre_x - later.centre_x, earlier.y1 - later.y1) / size
    if overlap < _LEAST_OVERLAP and apart > _BASE_REACH:
        return 0.0
    return overlap + 1.0 / (1.0 + apart)


def touches(a: Box, b: Box, tolerance_px: float) -> bool:
    """Tell whether two boxes overlap or come within `tolerance_px` of each other on both axes."""
    apart_x = max(a.x0, b.x0) - min(a.x1, b.x1)
    apart_y = max(a.y0, b.y0) - min(a.y1, b.y1)
    return max(apart_x, apart_y) <= tolerance_px


def grown(areas: Sequence[float]) -> bool:
    """Tell whether a smoke has grown, by the medians of its first and last three areas (any unit).

    Parameters
    ----------
    areas : sequence of float
        In the order of time; fewer than six never show growth.

    Returns
    -------
    bool
        Whether the later median is at least 1.2 times the earlier.
    """
    if len(areas) < _LEAST_AREAS:
        return False
    early = sorted(areas[:_MEDIAN_OF])[_MEDIAN_OF // 2]
    late = sorted(areas[-_MEDIAN_OF:])[_MEDIAN_OF // 2]
    return late >= _GROWTH_RATIO * early


def _expanded(box: Box) -> Box:
    dx, dy = box.width * _EXPANSION, box.height * _EXPANSION
    return Box(box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy)


def _overlap(a: Box, b: Box) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    if width <= 0.0 or height <= 0.0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)
