"""The settings of tiles: parts of large frames that are looked at nearly as sharp as the camera took them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["TilesSection"]


class TilesSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether large frames are looked at in tiles too.

    Parameters
    ----------
    enabled : bool
        Off, only the whole frame is looked at.
    busy : float
        Share of the time that the detector may be at work for it; the whole frame is looked at whatever that takes.
    """

    enabled: bool = True
    busy: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.7
