"""The settings of how a picture is looked at: masks, and how far the fire danger moves the thresholds."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads it
from typing import Annotated

from msgspec import Meta, Struct

from firewatch.domain.masks import Mask, Polygon
from firewatch_edge.config.values import Probability  # noqa: TC001 - msgspec reads it
from firewatch_edge.confirm import DangerShift

__all__ = ["DangerSection", "MaskSection"]

_USUAL = DangerShift()


class MaskSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a pose's picture in which smoke means nothing; see `firewatch.domain.masks.Mask`.

    Parameters
    ----------
    name, reason : str
        What it is, and why it is masked.
    polygon : tuple of (float, float)
        Its corners in order, as shares of the picture's width and height from the top-left corner.
    until : date
        The last day on which it holds, in UTC; left out means for good.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    polygon: tuple[tuple[float, float], ...]
    until: date | None = None

    def mask(self) -> Mask:
        """Return the mask; raise `InvalidValue` where the polygon is none."""
        return Mask(self.name, self.reason, Polygon(self.polygon), self.until)


class DangerSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the fire danger that the centre sends moves the thresholds; see `firewatch_edge.confirm.DangerShift`.

    Parameters
    ----------
    odds : tuple of float, length 5
        By grade, 1 to 5: what the odds of a threshold are multiplied by.
    lowest, highest : float
        No threshold is moved beyond these.
    """

    odds: tuple[float, float, float, float, float] = _USUAL.odds
    lowest: Probability = _USUAL.lowest
    highest: Probability = _USUAL.highest

    def shift(self) -> DangerShift:
        """Return what it comes to; raise `InvalidValue` where the numbers contradict each other."""
        return DangerShift(self.odds, self.lowest, self.highest)
