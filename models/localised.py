"""Smoke found in its place: the middle of the best box lies in a true box that is a fifth wider and taller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.measures import bests, truths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.measures import Look

WIDENED = 0.2


def in_place(look: Look) -> bool:
    """Tell whether the middle of a look's best box lies in a true box, its sides longer by a fifth."""
    truth = look.frame.boxes
    if truth is None or not len(truth) or not len(look.boxes):
        return False
    middle = (look.boxes[0, :2] + look.boxes[0, 2:]) / 2
    grow = (truth[:, 2:] - truth[:, :2]) * WIDENED / 2
    return bool(((middle >= truth[:, :2] - grow) & (middle <= truth[:, 2:] + grow)).all(axis=1).any())


def localised_recall(looks: Sequence[Look], threshold: float) -> float:
    """Share of the smoke frames with drawn smoke whose best box reaches the threshold in its place; nan without any."""
    drawn = [look for look in looks if look.frame.has_smoke and look.frame.boxes is not None]
    return float(np.mean([look.best >= threshold and in_place(look) for look in drawn])) if drawn else float("nan")


def localised_at_false_rate(looks: Sequence[Look], rate: float) -> float:
    """Localised recall above the threshold that at most this share of the frames without smoke passes."""
    clear = np.sort(bests(looks)[~truths(looks)])[::-1]
    if not len(clear):
        return float("nan")
    return localised_recall(looks, float(np.nextafter(clear[int(np.floor(rate * len(clear)))], np.inf)))
