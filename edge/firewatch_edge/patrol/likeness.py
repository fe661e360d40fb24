"""Whether two pictures show the same view, and by how much the one is set aside from the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least
from firewatch_edge.patrol.acts import View

if TYPE_CHECKING:
    import numpy.typing as npt

    Outline = npt.NDArray[np.float32]

__all__ = ["Gallery", "outline_of"]

# Pictures are compared at this width [px].
_WIDTH = 320
# Below the first no relation is seen, above the second the found shift is believed.
_LEAST_LIKENESS, _SURE_LIKENESS = 0.05, 0.12
# Mast and head in the wind move the picture by less than this share of its width; more is another view.
_MOST_SHIFT = 0.02
# A reference that is contradicted so often in a row, by pictures that are not empty, has had its day (snow, felling).
_MOST_UNSURE = 5


def outline_of(image: npt.NDArray[np.uint8]) -> Outline:
    """Return the edges of a small form of a picture (h, w, 3): they stay where the light changes.

    Each row has its share of clouds and of the camera's overlay; both are weak against a skyline.
    """
    require_at_least("picture width (px)", image.shape[1], 16)
    height = max(8, round(image.shape[0] * _WIDTH / image.shape[1]))
    grey = cv2.cvtColor(cv2.resize(image, (_WIDTH, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    floats = grey.astype(np.float32)
    edges = cv2.magnitude(cv2.Sobel(floats, cv2.CV_32F, 1, 0), cv2.Sobel(floats, cv2.CV_32F, 0, 1))
    return np.asarray(np.log1p(edges), np.float32)


@dataclass(frozen=True, slots=True)
class _Shift:
    """By how much one picture lies aside from another, as shares of its width, and how surely."""

    x: float
    y: float
    likeness: float

    @property
    def is_small(self) -> bool:
        return self.likeness >= _LEAST_LIKENESS and max(abs(self.x), abs(self.y)) <= _MOST_SHIFT

    @property
    def is_far(self) -> bool:
        return self.likeness >= _SURE_LIKENESS and max(abs(self.x), abs(self.y)) > _MOST_SHIFT


def _shift(now: Outline, then: Outline) -> _Shift:
    if now.shape != then.shape:
        return _Shift(0.0, 0.0, 0.0)
    window = cv2.createHanningWindow(now.shape[::-1], cv2.CV_32F)
    (x, y), likeness = cv2.phaseCorrelate(now, then, window)
    return _Shift(x / _WIDTH, y / _WIDTH, likeness)


@dataclass(slots=True)
class _Reference:
    outline: Outline
    # From the first picture of this pose to this one, as shares of the width: a head that slips a little each round
    # must not take its reference with it.
    x: float = 0.0
    y: float = 0.0
    unsure: int = 0


class Gallery:
    """Remembers how each pose of one camera looks; one thread owns it.

    The first picture of a pose is its reference; each that agrees takes its place, so that it follows seasons and the
    hours of the day, while how far it has been set aside since the first is added up.
    """

    def __init__(self) -> None:
        self._references: dict[int, _Reference] = {}

    def view(self, pose: int, came_from: int | None, first: Outline, second: Outline) -> View:
        """Say what two pictures a moment apart show.

        Parameters
        ----------
        pose : int
            The pose that they should show.
        came_from : int or None
            The pose that was left for it; None where the view that was left is not known.
        first, second : ndarray, shape (h, w), float32
            As of `outline_of`.

        Returns
        -------
        View
            An agreeing picture becomes the pose's reference, as does the first one.
        """
        rest = _shift(second, first)
        if rest.likeness < _LEAST_LIKENESS:
            # Fog or night: there is nothing to compare.
            return View.UNSURE
        if not rest.is_small:
            return View.UNSTEADY
        reference = self._references.get(pose)
        kept = None if reference is None else _shift(second, reference.outline)
        left = None if came_from is None else self._references.get(came_from)
        gone = None if left is None else _shift(second, left.outline)
        if gone is not None and gone.is_small and (kept is None or gone.likeness > kept.likeness):
            return View.UNTURNED
        if reference is None or kept is None:
            self._references[pose] = _Reference(second)
            return View.UNSURE
        return self._agree(pose, reference, kept, second)

    def recognise(self, outline: Outline) -> int | None:
        """Return the pose that a picture shows best; None where it shows none."""
        found = [(_shift(outline, known.outline), pose) for pose, known in self._references.items()]
        alike = [(shift.likeness, pose) for shift, pose in found if shift.is_small]
        return max(alike)[1] if alike else None

    def aside(self, pose: int) -> float | None:
        """Return how far a pose's last picture lies aside from its first, as a share of the width; None if unseen."""
        known = self._references.get(pose)
        return None if known is None else max(abs(known.x), abs(known.y))

    def _agree(self, pose: int, reference: _Reference, kept: _Shift, outline: Outline) -> View:
        x, y = reference.x + kept.x, reference.y + kept.y
        if kept.is_small and max(abs(x), abs(y)) <= _MOST_SHIFT:
            self._references[pose] = _Reference(outline, x, y)
            return View.AGREES
        if kept.is_small or kept.is_far:
            return View.DISPLACED
        reference.unsure += 1
        if reference.unsure >= _MOST_UNSURE:
            self._references[pose] = _Reference(outline, reference.x, reference.y)
        return View.UNSURE
