"""Frames as a detector might have seen them, for tests of the measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.data.frames import Frame
from models.evaluate.eyes import Seen
from models.evaluate.light import Light
from models.measures import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

PLUME = (100.0, 100.0, 200.0, 150.0)
ON_IT = (120.0, 110.0, 180.0, 140.0)
BESIDE_IT = (600.0, 400.0, 700.0, 450.0)
GREY = Light(0.45, 0.18, 0.3)


def look(
    name: str,
    camera: str = "a",
    *,
    smoke: bool = False,
    boxes: Sequence[Sequence[float]] | None = (),
    found: Sequence[tuple[Sequence[float], float]] = (),
) -> Look:
    """Return a look: what is true, and the boxes found with their scores, best first."""
    truth = None if boxes is None else np.array(boxes, np.float32).reshape(-1, 4)
    frame = Frame(Path(name), "smoke" if smoke else "none", truth, camera=camera, source="drawn")
    places = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    return Look(frame, places, np.array([score for _, score in found], np.float64))


def seen(one: Look, score: float | None = None, scale: float = 1.0) -> Seen:
    """Return a look as an eye's; its score is the best box's, or 0, unless given."""
    best = max(one.best, 0.0) if score is None else score
    return Seen(one, best, (1280, 720), scale, GREY)


def smoke(name: str, score: float, camera: str = "a", *, in_place: bool = True) -> Look:
    """Return a frame with one drawn plume and one box found, on it or beside it."""
    box = ON_IT if in_place else BESIDE_IT
    return look(name, camera, smoke=True, boxes=[PLUME], found=[(box, score)])


def clear(name: str, score: float, camera: str = "a") -> Look:
    """Return a frame without smoke in which a box was found."""
    return look(name, camera, found=[(BESIDE_IT, score)])
