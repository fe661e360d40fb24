"""Heat that a satellite sees: perhaps a fire, perhaps a chimney or the sun on a roof."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from firewatch.domain.checks import require_at_least, require_between, require_line, require_text, require_utc
from firewatch.domain.ids import make_ulid, require_ulid
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.sites import Name

__all__ = [
    "HeatSource",
    "Hotspot",
    "HotspotConfidence",
    "HotspotId",
    "KeptHotspot",
    "Verdict",
    "VerdictReason",
    "hotspot_id",
]

HotspotId = NewType("HotspotId", str)
# 1e-5 deg is 1 m: sources give four or five digits.
_DIGITS = 5
_LONGEST_NOTE = 200


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


def hotspot_id(hotspot: Hotspot) -> HotspotId:
    """Return the id of a hotspot: the same for the same satellite, instant and place, however often it is told."""
    place = hotspot.position
    key = f"{hotspot.satellite}|{hotspot.at.isoformat()}|{place.lat_deg:.{_DIGITS}f}|{place.lon_deg:.{_DIGITS}f}"
    return HotspotId(make_ulid(hotspot.at, hashlib.sha256(key.encode()).digest()[:10]))


@dataclass(frozen=True, slots=True)
class KeptHotspot:
    """A hotspot as the store has it.

    Parameters
    ----------
    hotspot : Hotspot
        What the satellite saw.
    source : str
        Name of the feed that gave it first.
    received_at : datetime
        UTC instant at which we learned it.
    """

    hotspot: Hotspot
    source: str
    received_at: datetime

    def __post_init__(self) -> None:
        require_text("source of a hotspot", self.source, 40)
        require_utc("time of receipt", self.received_at)

    @property
    def hotspot_id(self) -> HotspotId:
        """Its id."""
        return hotspot_id(self.hotspot)


class VerdictReason(StrEnum):
    """What people found where a satellite saw heat."""

    FIRE_KNOWN = "fire_known"  # a fire that is already being dealt with
    FARM_BURNING = "farm_burning"
    SACRIFICE = "sacrifice"
    INDUSTRIAL = "industrial"
    NOTHING_FOUND = "nothing_found"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """That hotspots need no more looking at, and why.

    Parameters
    ----------
    verdict_id : str
        ULID.
    members : tuple of HotspotId
        Those that it was said of, at least one.
    reason : VerdictReason
        What was found.
    at : datetime
        UTC instant.
    by : str
        Who said it.
    note : str
        In their words, at most 200 characters.
    undone_at : datetime or None
        When it was taken back.
    undone_by : str
        By whom.
    """

    verdict_id: str
    members: tuple[HotspotId, ...]
    reason: VerdictReason
    at: datetime
    by: str
    note: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""

    def __post_init__(self) -> None:
        require_ulid("verdict", self.verdict_id)
        require_utc("time of a verdict", self.at)
        require_line("note of a verdict", self.note, _LONGEST_NOTE)
        if not self.members:
            raise InvalidValue("hotspots of a verdict", "none", "at least one")
        for member in self.members:
            require_ulid("hotspot", member)


@dataclass(frozen=True, slots=True)
class HeatSource:
    """A place known to be warm, as a works: a hotspot within its radius [m], 0 to 20,000, is marked, never hidden."""

    name: Name
    position: Position
    radius_m: float

    def __post_init__(self) -> None:
        require_between(f"radius of {self.name.en} (m)", self.radius_m, 0.0, 20_000.0)
