"""What a fire would do within the hour, as one number that a queue can be ordered by.

1 is a fire of which nothing is known; 0.5 is the least, and nothing is hidden by it. The weights are a judgement of
what people would look at first, not a fit: there are no losses to fit them to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between
from firewatch.domain.exposure import ExposureKind
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firewatch.domain.exposure import Exposure
    from firewatch.domain.geo import Position
    from firewatch.fusion.spread import SpreadForecast

__all__ = ["Consequence", "ConsequencePart", "NearExposure", "consequence", "exposures_near"]

_BASE = 0.5
# Of the area after an hour: none at a tenth of a hectare, all at a hundred, by the logarithm; half where none is known.
_LEAST_HA, _DECADES = 0.1, 3.0
_UNKNOWN_AREA = 0.5
_MOST_OF_EXPOSURES = 1.5
_HOUR_MIN = 60.0
# Where the fire's reach is not known, and how fast the share of an exposure falls beyond the reach [m].
_UNKNOWN_REACH_M = 500.0
_FALL_M = 1000.0
_WEIGHTS = {
    ExposureKind.VILLAGE: 0.7,
    ExposureKind.SCHOOL: 0.9,
    ExposureKind.HOSPITAL: 0.9,
    ExposureKind.DEPOT: 0.8,
    ExposureKind.POWER: 0.4,
    ExposureKind.HERITAGE: 0.5,
    ExposureKind.FOREST: 0.3,
}


@dataclass(frozen=True, slots=True)
class NearExposure:
    """An exposure and how far its nearest edge is, at least 0 [m]."""

    exposure: Exposure
    distance_m: float

    def __post_init__(self) -> None:
        require_at_least("distance of an exposure (m)", self.distance_m, 0.0)


@dataclass(frozen=True, slots=True)
class ConsequencePart:
    """One part, ``base``, ``area``, ``area-unknown`` or ``exposures``, and what it adds."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a fire would do.

    Parameters
    ----------
    parts : tuple of ConsequencePart
        They sum to `value` exactly.
    reached : tuple of NearExposure
        What the fire could reach within the hour, the nearest first.
    """

    parts: tuple[ConsequencePart, ...]
    reached: tuple[NearExposure, ...] = ()

    @property
    def value(self) -> float:
        """From 0.5 to 3."""
        return math.fsum(part.value for part in self.parts)


def exposures_near(place: Position, exposures: Iterable[Exposure], within_m: float = 10_000.0) -> list[NearExposure]:
    """Return the exposures whose nearest edge lies within so far of a place [m], the nearest first."""
    found = [NearExposure(one, max(0.0, inverse(place, one.position).distance_m - one.radius_m)) for one in exposures]
    return sorted((one for one in found if one.distance_m <= within_m), key=lambda one: one.distance_m)


def consequence(
    spread: SpreadForecast | None, near: Sequence[NearExposure] = (), forest: float | None = None
) -> Consequence:
    """Return what a fire would do within the hour.

    Parameters
    ----------
    spread : SpreadForecast or None
        With a stage at 60 minutes, or the one nearest to it counts; None where spread could not be computed.
    near : sequence of NearExposure
        What lies near it (`exposures_near`).
    forest : float or None
        Share of the ground around it that trees cover, 0 to 1; None where there is no map. It stands beside the forests
        that somebody listed, and the larger of the two counts.

    Returns
    -------
    Consequence
        A base, the area after an hour (the median of the draws), and what could be reached: every exposure counts by
        its kind and by how near it is to the reach that nine of ten possible fires stay below.
    """
    require_between("share of forest", forest or 0.0, 0.0, 1.0)
    stage = None if spread is None else min(spread.stages, key=lambda one: abs(one.after_min - _HOUR_MIN))
    reach_m = _UNKNOWN_REACH_M if stage is None else stage.head_m.p90
    forests, others = (
        math.prod(1.0 - _WEIGHTS[one.exposure.kind] * _share_reached(one, reach_m) for one in near if is_of(one))
        for is_of in (_is_forest, lambda one: not _is_forest(one))
    )
    spared = others * min(forests, 1.0 - _WEIGHTS[ExposureKind.FOREST] * (forest or 0.0))
    area = (
        ConsequencePart("area-unknown", _UNKNOWN_AREA)
        if stage is None
        else ConsequencePart("area", _area_share(stage.area_ha.p50))
    )
    parts = (
        ConsequencePart("base", _BASE),
        area,
        ConsequencePart("exposures", _MOST_OF_EXPOSURES * (1.0 - spared)),
    )
    return Consequence(parts, tuple(one for one in near if one.distance_m <= reach_m))


def _is_forest(near: NearExposure) -> bool:
    return near.exposure.kind is ExposureKind.FOREST


def _share_reached(near: NearExposure, reach_m: float) -> float:
    return math.exp(-max(0.0, near.distance_m - reach_m) / _FALL_M)


def _area_share(area_ha: float) -> float:
    if area_ha <= _LEAST_HA:
        return 0.0
    return min(1.0, math.log10(area_ha / _LEAST_HA) / _DECADES)
