"""The same figures by plume size, light, distance, camera and source: where a detector is good, and where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.evaluate.frame_table import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.evaluate.eyes import Seen
    from models.evaluate.frame_table import FrameTable

    Row = dict[str, object]

# The larger side of a plume's box in pixels of the network's input.
SIZES = ((25.0, "under 25 px"), (40.0, "25 to 40 px"), (100.0, "40 to 100 px"), (np.inf, "over 100 px"))
DISTANCES = ((3_000.0, "under 3 km"), (6_000.0, "3 to 6 km"), (12_000.0, "6 to 12 km"), (np.inf, "over 12 km"))


def strata_of(seen: Sequence[Seen], table: FrameTable, threshold: float) -> dict[str, dict[str, Row]]:
    """Count by every respect.

    Parameters
    ----------
    seen : sequence of Seen
        What `table` was laid out from.
    table : FrameTable
    threshold : float
        The shipped one.

    Returns
    -------
    dict
        Respect (``size``, ``brightness``, ``contrast``, ``haze``, ``distance``, ``camera``, ``source``) to class to
        counts. Only drawn smoke has a size; ``distance`` is left out where no frame's is known.
    """
    ordered = in_order(seen)
    respects: dict[str, list[str | None]] = {
        "size": [size_class(one) for one in ordered],
        **{name: [one.light.classes[name] for one in ordered] for name in ("brightness", "contrast", "haze")},
        "distance": [distance_class(one) for one in ordered],
        "camera": [one.look.frame.camera or "not named" for one in ordered],
        "source": [one.look.frame.source or "not named" for one in ordered],
    }
    counted = {name: _count(table, labels, threshold) for name, labels in respects.items()}
    return {name: rows for name, rows in counted.items() if rows}


def size_class(seen: Seen) -> str | None:
    """Return the class of the largest drawn plume by its box's larger side; None without one."""
    truth = seen.look.frame.boxes
    if not seen.look.is_drawn or truth is None:
        return None
    side = float((truth[:, 2:] - truth[:, :2]).max()) * seen.scale
    return next(name for limit, name in SIZES if side < limit)


def distance_class(seen: Seen) -> str | None:
    """Return the class of the fire's distance, where the frame's annotation has a ``distance_m``."""
    away = seen.look.frame.distance_m
    return None if away is None else next(name for limit, name in DISTANCES if away < limit)


def _count(table: FrameTable, labels: list[str | None], threshold: float) -> dict[str, Row]:
    named = np.array([label or "" for label in labels])
    known = [name for name in _order(labels) if name in named]
    return {name: counts(table.take(named == name), threshold) for name in known}


def _order(labels: list[str | None]) -> list[str]:
    fixed = [name for _, name in (*SIZES, *DISTANCES)]
    return fixed + sorted({label for label in labels if label} - set(fixed))


def counts(table: FrameTable, threshold: float) -> Row:
    """Count frames: drawn smoke found in place, smoke found anywhere, clear frames flagged."""
    flagged = table.best >= threshold
    drawn, clear = int(table.drawn.sum()), int((~table.smoke).sum())
    in_place = int((table.drawn & flagged & table.in_place).sum())
    false = int((~table.smoke & flagged).sum())
    return {
        "drawn": drawn,
        "in_place": in_place,
        "localised_recall": in_place / drawn if drawn else float("nan"),
        "smoke": int(table.smoke.sum()),
        "found": int((table.smoke & flagged).sum()),
        "clear": clear,
        "flagged": false,
        "specificity": 1 - false / clear if clear else float("nan"),
    }
