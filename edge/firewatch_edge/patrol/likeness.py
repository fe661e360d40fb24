"""Whether two pictures show the same view, and by how much the one is set aside from the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least
from firewatch_edge.patrol.acts import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Outline = npt.NDArray[np.float32]

__all__ = ["Gallery", "KnownView", "outline_of"]

# Pictures are compared at this width [px].
_WIDTH = 320
# What is cut off above and below, as a share of the height.
_MARGIN = 0.12
# Two pictures a moment apart that are less alike than this are empty: fog, night.
_EMPTY = 0.05
# Two that lie on each other are of one view from the first on, and two that do not show one view set aside from the
# second on. Photographs of one view, 80 minutes apart: 0.84; of different sites: 2 of 969 pairs above 0.1, 1 above
# 0.15.
_LEAST_LIKENESS, _SURE_LIKENESS = 0.15, 0.25
# Mast and head in the wind move the picture by less than this share of its width; more is another view.
_MOST_SHIFT = 0.02
# A reference that is contradicted so often in a row, by pictures that are not empty, has had its day (snow, felling).
_MOST_UNSURE = 5


def outline_of(image: npt.NDArray[np.uint8]) -> Outline:
    """Return the edges of a small form of a picture (h, w, 3): they stay where the light changes.

    Without its upper and lower margins: the camera's own writing stands there, the same at every pose.
    """
    require_at_least("picture width (px)", image.shape[1], 16)
    height = max(8, round(image.shape[0] * _WIDTH / image.shape[1]))
    grey = cv2.cvtColor(cv2.resize(image, (_WIDTH, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    margin = max(1, round(_MARGIN * height))
    floats = grey[margin : height - margin].astype(np.float32)
    edges = cv2.magnitude(cv2.Sobel(floats, cv2.CV_32F, 1, 0), cv2.Sobel(floats, cv2.CV_32F, 0, 1))
    return np.asarray(np.log1p(edges), np.float32)


@dataclass(frozen=True, slots=True)
class _Shift:
    """By how much one picture lies aside from another, as shares of its width, and how surely."""

    x: float
    y: float
    likeness: float

    @property
    def shift(self) -> float:
        return max(abs(self.x), abs(self.y))

    @property
    def is_small(self) -> bool:
        return self.likeness >= _LEAST_LIKENESS and self.shift <= _MOST_SHIFT

    @property
    def is_far(self) -> bool:
        return self.likeness >= _SURE_LIKENESS and self.shift > _MOST_SHIFT


def _shift(now: Outline, then: Outline) -> _Shift:
    if now.shape != then.shape:
        return _Shift(0.0, 0.0, 0.0)
    window = cv2.createHanningWindow(now.shape[::-1], cv2.CV_32F)
    (x, y), likeness = cv2.phaseCorrelate(now, then, window)
    return _Shift(x / _WIDTH, y / _WIDTH, likeness)


@dataclass(frozen=True, slots=True, eq=False)
class KnownView:
    """How a pose looks.

    Parameters
    ----------
    outline : ndarray, shape (h, w), float32
        Of its last picture that agreed, as of `outline_of`.
    x, y : float
        How far that lies aside from the pose's first picture, as shares of the width: a head that slips a little each
        round must not take its reference with it.
    unsure : int
        Pictures since that neither agreed nor lay aside.
    """

    outline: Outline
    x: float = 0.0
    y: float = 0.0
    unsure: int = 0


class Gallery:
    """Remembers how each pose of one camera looks; one thread owns it.

    The first picture of a pose is its reference; each that agrees takes its place, so that it follows seasons and the
    hours of the day, while how far it has been set aside since the first is added up.

    Parameters
    ----------
    known : Mapping of int to KnownView, optional
        What is known already, by pose.
    """

    def __init__(self, known: Mapping[int, KnownView] | None = None) -> None:
        self._references: dict[int, KnownView] = dict(known or {})

    @property
    def known(self) -> dict[int, KnownView]:
        """What is known now, by pose."""
        return dict(self._references)

    def view(self, pose: int, first: Outline, second: Outline) -> View:
        """Say what two pictures a moment apart show.

        Parameters
        ----------
        pose : int
            The pose that they should show.
        first, second : ndarray, shape (h, w), float32
            As of `outline_of`.

        Returns
        -------
        View
            An agreeing picture becomes the pose's reference, as does the first one.
        """
        rest = _shift(second, first)
        if rest.likeness < _EMPTY:
            # Fog or night: there is nothing to compare.
            return View.UNSURE
        if rest.shift > _MOST_SHIFT:
            return View.UNSTEADY
        reference = self._references.get(pose)
        kept = None if reference is None else _shift(second, reference.outline)
        least = 0.0 if kept is None or not kept.is_small else kept.likeness
        if self._best(second, except_pose=pose)[0] > least:
            return View.ANOTHER
        if reference is None or kept is None:
            self._references[pose] = KnownView(second)
            return View.UNSURE
        return self._agree(pose, reference, kept, second)

    def recognise(self, outline: Outline) -> int | None:
        """Return the pose that a picture shows best; None where it shows none."""
        return self._best(outline)[1]

    def aside(self, pose: int) -> float | None:
        """Return how far a pose's last picture lies aside from its first, as a share of the width; None if unseen."""
        known = self._references.get(pose)
        return None if known is None else max(abs(known.x), abs(known.y))

    def _best(self, outline: Outline, except_pose: int | None = None) -> tuple[float, int | None]:
        """Return the likeness of the pose that a picture shows best, and that pose; 0 and None where it shows none."""
        found = [
            (_shift(outline, known.outline), pose) for pose, known in self._references.items() if pose != except_pose
        ]
        return max(((shift.likeness, pose) for shift, pose in found if shift.is_small), default=(0.0, None))

    def _agree(self, pose: int, reference: KnownView, kept: _Shift, outline: Outline) -> View:
        x, y = reference.x + kept.x, reference.y + kept.y
        if kept.is_small and max(abs(x), abs(y)) <= _MOST_SHIFT:
            self._references[pose] = KnownView(outline, x, y)
            return View.AGREES
        if kept.is_small or kept.is_far:
            return View.DISPLACED
        is_over = reference.unsure + 1 >= _MOST_UNSURE
        shown, unsure = (outline, 0) if is_over else (reference.outline, reference.unsure + 1)
        self._references[pose] = KnownView(shown, reference.x, reference.y, unsure)
        return View.STRANGE if is_over else View.UNSURE
