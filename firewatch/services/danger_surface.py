"""The danger map: the ratings of one day, between the stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.kriging import Places, condition
from firewatch.danger.surface import index_surface
from firewatch.danger.surface_priors import PRIORS, rules_of
from firewatch.domain.danger import HtzParts
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firewatch.danger.kriging import FieldPrior
    from firewatch.danger.surface import SurfaceRules
    from firewatch.danger.surface_grid import SurfaceAxes, SurfaceGrid
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.sites import Station

__all__ = ["danger_surface", "places_of"]


def danger_surface(
    stations: Sequence[Station],
    ratings: Iterable[DangerRating],
    axes: SurfaceAxes,
    quantity: str = "htz",
    *,
    parameters: Mapping[str, FieldPrior] | None = None,
    rules: SurfaceRules | None = None,
) -> SurfaceGrid | None:
    """Return a day's danger over a grid.

    Parameters
    ----------
    stations : sequence of Station
        Of the site map; their elevation counts where every rated one has it.
    ratings : iterable of DangerRating
        Of one weather day, at most one a station. Those of stations on no map are left out; so are, where ``htz`` is
        asked for, those without a grade and those by another scheme, whose total is on another scale.
    axes : SurfaceAxes
        The grid.
    quantity : str
        ``htz``, whose classes are the danger grades, or an index: ``fwi``, ``isi``, ``bui``, ``dsr``.
    parameters : mapping, optional
        Numbers of the fields by quantity, as fitted; what is not among them counts as `PRIORS` has it.
    rules : SurfaceRules, optional
        Classes and trust, by default the published ones of ``htz`` and ``fwi``.

    Returns
    -------
    SurfaceGrid or None
        None where no station has a value: a map is then grey, never low.

    Raises
    ------
    InvalidValue
        If the ratings are of several days, a station has two, or the quantity is not known or has no classes.
    """
    chosen = rules or rules_of(quantity)
    if chosen is None:
        raise InvalidValue("classes of a surface", None, f"class limits for {quantity}: none are published")
    day = list(ratings)
    _require_one_day(day)
    by_station = {rating.station_id: value for rating in day if (value := _value(rating, quantity)) is not None}
    rated = [station for station in stations if station.station_id in by_station]
    if not rated:
        return None
    prior = (parameters or {}).get(quantity, PRIORS[quantity])
    values = np.array([by_station[station.station_id] for station in rated])
    return index_surface(quantity, condition(prior, places_of(rated), values), axes, chosen)


def places_of(stations: Sequence[Station]) -> Places:
    """Return where stations stand; their elevation only where all have one."""
    positions = [station.position for station in stations]
    elevations = [position.elevation_m for position in positions if position.elevation_m is not None]
    return Places(
        np.array([position.lat_deg for position in positions]),
        np.array([position.lon_deg for position in positions]),
        np.array(elevations) if len(elevations) == len(positions) else None,
    )


def _value(rating: DangerRating, quantity: str) -> float | None:
    if quantity == "htz":
        return float(rating.parts.total) if isinstance(rating.parts, HtzParts) else None
    if quantity not in {"isi", "bui", "fwi", "dsr"}:
        raise InvalidValue("quantity of a surface", quantity, "htz, isi, bui, fwi or dsr")
    return float(getattr(rating.indices, quantity))


def _require_one_day(ratings: Sequence[DangerRating]) -> None:
    days = sorted({rating.weather_day.isoformat() for rating in ratings})
    if len(days) > 1:
        raise InvalidValue("weather days of a surface", ", ".join(days), "one day")
    names = [rating.station_id for rating in ratings]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InvalidValue("ratings of a station", ", ".join(doubled), "one a station")
