"""Heat that a satellite sees: perhaps a fire, perhaps a chimney or the sun on a roof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_text, require_utc

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.geo import Position

__all__ = ["Hotspot", "HotspotConfidence"]


class HotspotConfidence(StrEnum):
    """How sure the source is that there is a fire, in the three classes that all sources can be told in."""

    LOW = "low"
    NOMINAL = "nominal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A warm picture element of a satellite.

    Parameters
    ----------
    position : Position
        Middle of the element; the fire may be anywhere in it.
    at : datetime
        UTC instant of the picture.
    satellite : str
        As the source names it, as ``N20`` or ``Himawari-9``.
    confidence : HotspotConfidence or None
        None where the source says nothing.
    size_km2 : float or None
        Area of the element [km2].
    frp_mw : float or None
        Fire radiative power of the element [MW].
    brightness_k : float or None
        Brightness temperature near 4 um [K].
    told_confidence : str
        What the source itself wrote for its confidence.
    """

    position: Position
    at: datetime
    satellite: str
    confidence: HotspotConfidence | None = None
    size_km2: float | None = None
    frp_mw: float | None = None
    brightness_k: float | None = None
    told_confidence: str = ""

    def __post_init__(self) -> None:
        require_utc("time of a hotspot", self.at)
        require_text("satellite", self.satellite, 40)
        for what, value in (("size (km2)", self.size_km2), ("fire radiative power (MW)", self.frp_mw)):
            if value is not None:
                require_at_least(what, value, 0.0)
        if self.brightness_k is not None:
            require_at_least("brightness temperature (K)", self.brightness_k, 0.0)
