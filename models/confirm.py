"""A plain confirmation over frames, so that sequences can be scored without the edge node installed.

A sighting opens when boxes in the same place count in enough of the last frames. The node's own confirmation may be
stricter; `firewatch-edge replay` has the last word.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.data.frames import Boxes
    from models.detector import Sheet
    from models.measures import Look

# Boxes belong together when they overlap after growing by this share of their sides: smoke grows and drifts.
SWELL = 0.5


def confirm(looks: Sequence[Look], sheet: Sheet) -> list[bool]:
    """Tell for each frame whether it opens a sighting or carries an open one on.

    Parameters
    ----------
    looks : sequence of Look
        One view in time order; scores are probabilities.
    sheet : Sheet
        Gives the score at which a box counts, the hits wanted and the window [frames].
    """
    recent: deque[Boxes] = deque(maxlen=sheet.confirm_window)
    marks = []
    for look in looks:
        now = look.boxes[look.scores >= sheet.confirm_threshold]
        recent.append(now)
        marks.append(any(_hits(box, recent) >= sheet.confirm_hits for box in now))
    return marks


def _hits(box: np.ndarray, recent: deque[Boxes]) -> int:
    return sum(bool(len(boxes)) and bool(_touches(box, boxes).any()) for boxes in recent)


def _touches(box: np.ndarray, boxes: Boxes) -> np.ndarray:
    grow = (box[2:] - box[:2]) * SWELL / 2
    low, high = box[:2] - grow, box[2:] + grow
    return np.asarray(((boxes[:, :2] <= high) & (boxes[:, 2:] >= low)).all(axis=1))
