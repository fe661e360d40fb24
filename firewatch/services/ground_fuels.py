"""What may burn around a fire: by the map of land cover where there is one, else the mixture of the settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from firewatch.domain.geo import ErrorEllipse
from firewatch.errors import FirewatchError
from firewatch.fusion.spread_case import FuelShare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from firewatch.danger.forest_fuels import ForestFuel
    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.land import LandClass, LandShares
    from firewatch.services.ports import LandCoverMap

__all__ = ["FUEL_RADIUS_M", "CoverFuels", "FuelGround", "GroundFuels"]

logger = logging.getLogger(__name__)

# Of a fire's first hours: what it meets within so far [m].
FUEL_RADIUS_M = 500.0
# How far what it could take is looked at [m].
_FOREST_RADIUS_M = 1500.0
# Where the map knows less of the ground, the settings know more.
_LEAST_KNOWN = 0.5
# A fuel of less ground is in none of some hundred draws.
_LEAST_SHARE = 1e-5
_POINT = ErrorEllipse(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CoverFuels:
    """Which fuels each class of land cover is.

    Parameters
    ----------
    fuels : mapping
        By class, with shares as weights; a class that is not there burns as the settings' mixture.
    cured_pct : mapping
        By class, the cured part of its grass in each month, twelve numbers from January on [%]; a class that is not
        there keeps what its fuels say.
    """

    fuels: Mapping[LandClass, tuple[FuelShare, ...]]
    cured_pct: Mapping[LandClass, tuple[float, ...]] = field(default_factory=dict)

    def of(self, kind: LandClass, month: int) -> tuple[FuelShare, ...]:
        """Return the fuels of a class in a month, 1 to 12; none where the settings' mixture is meant."""
        fuels = self.fuels.get(kind, ())
        months = self.cured_pct.get(kind)
        if months is None:
            return fuels
        return tuple(replace(one, fuel=_cured(one.fuel, months[month - 1])) for one in fuels)


def _cured(fuel: ForestFuel, cured_pct: float) -> ForestFuel:
    return fuel if fuel.cured_pct is None else replace(fuel, cured_pct=cured_pct)


@dataclass(frozen=True, slots=True)
class FuelGround:
    """What may burn at a fire, and by what it is known.

    Parameters
    ----------
    fuels : tuple of FuelShare
        Their shares; none where nobody said.
    cover : LandShares or None
        What covers the ground around by the map; None where the settings alone speak.
    forest : float or None
        Share of the ground within 1.5 km that trees cover; None without a map.
    """

    fuels: tuple[FuelShare, ...]
    cover: LandShares | None = None
    forest: float | None = None

    @property
    def unburnt(self) -> float:
        """Share of the ground that does not burn, 0 to 1."""
        total = sum(one.share for one in self.fuels)
        return sum(one.share for one in self.fuels if not one.fuel.fuel.burns) / total if total else 0.0


class GroundFuels:
    """Finds what may burn at a fire.

    Parameters
    ----------
    usual : tuple of FuelShare
        Mixture of the settings, for a place of which nothing more is known.
    cover : LandCoverMap or None
        Port.
    table : CoverFuels or None
        What its classes are; with `cover`.
    """

    def __init__(
        self, usual: tuple[FuelShare, ...], cover: LandCoverMap | None = None, table: CoverFuels | None = None
    ) -> None:
        self._usual = usual
        self._cover = cover
        self._table = table or CoverFuels({})
        self._has_warned = False

    def around(self, fix: Fix | None, local: datetime) -> FuelGround:
        """Return what may burn around a fire, at an instant by the local clock."""
        if fix is None or self._cover is None or not self._usual:
            return FuelGround(self._usual)
        near = self._shares(fix.position, fix.ellipse, FUEL_RADIUS_M)
        wide = self._shares(fix.position, _POINT, _FOREST_RADIUS_M)
        forest = None if wide is None else wide.forest
        if near is None:
            return FuelGround(self._usual, forest=forest)
        return FuelGround(self._mixed(near, local.month), near, forest)

    def _shares(self, place: Position, error: ErrorEllipse, radius_m: float) -> LandShares | None:
        assert self._cover is not None  # noqa: S101 - for the type checker: asked before
        try:
            found = self._cover.shares_around(place, error, radius_m)
        except FirewatchError as err:
            # A damaged map must not take the spread from a fire: the settings' mixture was good enough before.
            if not self._has_warned:
                logger.warning("land.cover.failed", extra={"why": str(err)})
            self._has_warned = True
            return None
        return found if found is not None and found.known >= _LEAST_KNOWN else None

    def _mixed(self, cover: LandShares, month: int) -> tuple[FuelShare, ...]:
        total: dict[ForestFuel, float] = {}
        for kind, share in cover.shares.items():
            fuels = self._table.of(kind, month) or self._usual
            weight = share / sum(one.share for one in fuels)
            for one in fuels:
                total[one.fuel] = total.get(one.fuel, 0.0) + weight * one.share
        ordered = sorted(total.items(), key=lambda pair: (-pair[1], pair[0].name_zh))
        return tuple(FuelShare(fuel, min(1.0, share)) for fuel, share in ordered if share > _LEAST_SHARE)
