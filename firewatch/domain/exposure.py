"""What a fire could reach: villages, schools, forests worth more than others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    from firewatch.domain.geo import Position
    from firewatch.domain.sites import Name

__all__ = ["Exposure", "ExposureKind"]

_LARGEST_M = 50_000.0


class ExposureKind(StrEnum):
    """What stands there."""

    VILLAGE = "village"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    DEPOT = "depot"  # fuel, gas, fireworks, chemicals
    POWER = "power"
    HERITAGE = "heritage"
    FOREST = "forest"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A place that a fire could reach.

    Parameters
    ----------
    kind : ExposureKind
        What stands there.
    name : Name
        As people say it.
    position : Position
        Its middle.
    radius_m : float
        How far it extends from there, 0 to 50,000 [m].
    """

    kind: ExposureKind
    name: Name
    position: Position
    radius_m: float = 0.0

    def __post_init__(self) -> None:
        require_between(f"radius of {self.name.en} (m)", self.radius_m, 0.0, _LARGEST_M)
