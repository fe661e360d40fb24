"""The lens of a camera that zooms, at any zoom."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from firewatch.domain.checks import require_between
from firewatch.domain.lens import Lens
from firewatch.errors import InvalidValue

__all__ = ["ZoomStep", "ZoomTable"]

# The angles of a lens and of a pose that states one agree to this [deg].
_SAME_DEG = 0.05
# Enough for the last digit of a zoom from 0 to 1.
_HALVINGS = 50


@dataclass(frozen=True, slots=True)
class ZoomStep:
    """The lens as it was calibrated at one zoom, 0 (wide) to 1."""

    zoom: float
    lens: Lens

    def __post_init__(self) -> None:
        require_between("zoom", self.zoom, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ZoomTable:
    """Lenses by zoom, and what lies between.

    Parameters
    ----------
    steps : tuple of ZoomStep, length n >= 1
        In rising zoom, all of one kind, all with distortion or none.

    Raises
    ------
    InvalidValue
        If there are none, or they are in another order or of several kinds.
    """

    steps: tuple[ZoomStep, ...]

    def __post_init__(self) -> None:
        zooms = [step.zoom for step in self.steps]
        if not zooms or any(later <= earlier for earlier, later in pairwise(zooms)):
            raise InvalidValue("zooms of a lens", zooms, "at least one, each larger than the one before")
        kinds = {(step.lens.kind, len(step.lens.distortion)) for step in self.steps}
        if len(kinds) > 1:
            raise InvalidValue("lenses of a camera that zooms", sorted(kinds), "all of one kind and form of distortion")

    def covers(self, zoom: float) -> bool:
        """Tell whether a zoom lies within the table."""
        return self.steps[0].zoom <= zoom <= self.steps[-1].zoom

    def lens_at(self, zoom: float) -> Lens:
        """Return the lens at a zoom within the table.

        Parameters
        ----------
        zoom : float
            From the first step's to the last one's: beyond them nobody measured.

        Returns
        -------
        Lens
            Between two steps the logarithm of the focal length goes straight with the zoom, as zoom motors are made;
            so do distortion, principal point and pixel aspect themselves.

        Raises
        ------
        InvalidValue
            If the zoom is outside the table.
        """
        zooms = [step.zoom for step in self.steps]
        require_between("zoom", zoom, zooms[0], zooms[-1])
        after = min(bisect_right(zooms, zoom), len(zooms) - 1)
        near, far = self.steps[max(0, after - 1)], self.steps[after]
        share = 0.0 if far.zoom == near.zoom else (zoom - near.zoom) / (far.zoom - near.zoom)
        low, high = near.lens, far.lens
        return Lens(
            low.kind,
            math.exp(_between(math.log(low.focal), math.log(high.focal), share)),
            tuple(_between(a, b, share) for a, b in zip(low.distortion, high.distortion, strict=True)),
            _between(low.centre_x, high.centre_x, share),
            _between(low.centre_y, high.centre_y, share),
            _between(low.pixel_aspect, high.pixel_aspect, share),
        )

    def zoom_of(self, hfov_deg: float) -> float | None:
        """Return the zoom at which the lens has a horizontal field of view [deg]; None beyond those of the table."""
        zooms = [step.zoom for step in self.steps]
        for low, high in zip(zooms, zooms[1:] or zooms, strict=False):
            wide, narrow = (self.lens_at(zoom).hfov_deg() for zoom in (low, high))
            if narrow - _SAME_DEG <= hfov_deg <= wide + _SAME_DEG:
                return self._within(low, high, hfov_deg)
        return None

    def _within(self, low: float, high: float, hfov_deg: float) -> float:
        """Return the zoom between two of which the first is the wider, by halving."""
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.lens_at(middle).hfov_deg() > hfov_deg else (low, middle)
        return 0.5 * (low + high)


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share
