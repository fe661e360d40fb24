"""What a prediction of fire behaviour starts from: arrays of equal shapes, one place of each a case."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt
    from _typeshed import DataclassInstance

    from firewatch.danger.fbp.fuels import FuelBed

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]

_Part = TypeVar("_Part", bound="DataclassInstance")

__all__ = ["FbpCases", "FbpWeather", "FireRun", "FoliarSeason", "Terrain"]


@dataclass(frozen=True, slots=True, eq=False)
class FbpWeather:
    """Codes and wind.

    Parameters
    ----------
    ffmc, bui : ndarray, float64
        FFMC, 0 to 101; BUI, at least 0.
    wind_kmh, wind_from_deg : ndarray, float64
        Wind at 10 m, at least 0 [km/h], and the azimuth that it blows from [deg].
    isi : ndarray, float64
        A given ISI, at least 0, which counts only where the FFMC is 0, as in the reference program.
    """

    ffmc: Numbers
    bui: Numbers
    wind_kmh: Numbers
    wind_from_deg: Numbers
    isi: Numbers

    def __post_init__(self) -> None:
        require_range("FFMC", self.ffmc, 0.0, 101.0)
        require_range("BUI", self.bui, 0.0, np.inf)
        require_range("wind at 10 m (km/h)", self.wind_kmh, 0.0, 400.0)
        require_range("ISI", self.isi, 0.0, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """The ground.

    Parameters
    ----------
    slope_pct : ndarray, float64
        Rise over run, 0 to 200 [%].
    aspect_deg : ndarray, float64
        Azimuth that the slope faces, down the slope [deg].
    """

    slope_pct: Numbers
    aspect_deg: Numbers

    def __post_init__(self) -> None:
        require_range("slope (%)", self.slope_pct, 0.0, 200.0)


@dataclass(frozen=True, slots=True, eq=False)
class FoliarSeason:
    """What the foliar moisture follows from.

    Parameters
    ----------
    lat_deg, west_long_deg, elevation_m : ndarray, float64
        Latitude north, longitude west [deg], height above the sea [m] (0 where unknown).
    day_of_year : ndarray, float64
        Dj, 0 to 366.
    minimum_day : ndarray, float64
        D0, 0 to 366; 0 has it computed.
    fmc_pct : ndarray, float64
        A measured foliar moisture content, 0 to 300 [%]; 0 has it computed.
    """

    lat_deg: Numbers
    west_long_deg: Numbers
    elevation_m: Numbers
    day_of_year: Numbers
    minimum_day: Numbers
    fmc_pct: Numbers

    def __post_init__(self) -> None:
        require_range("latitude (deg)", self.lat_deg, -90.0, 90.0)
        require_range("longitude west (deg)", self.west_long_deg, -180.0, 360.0)
        require_range("day of the year", self.day_of_year, 0.0, 366.0)
        require_range("day of least foliar moisture", self.minimum_day, 0.0, 366.0)
        require_range("foliar moisture content (%)", self.fmc_pct, 0.0, 300.0)


@dataclass(frozen=True, slots=True, eq=False)
class FireRun:
    """How the fire runs, and what is asked of it.

    Parameters
    ----------
    hours : ndarray, float64
        Since ignition, at least 0 [h].
    towards_deg : ndarray, float64
        Theta: the azimuth for which rate of spread and intensity are asked [deg].
    accelerates : ndarray, bool
        Whether it starts from a point, and so needs time to reach its equilibrium; a line of fire does not.
    with_buildup : ndarray, bool
        Whether the buildup effect counts.
    """

    hours: Numbers
    towards_deg: Numbers
    accelerates: Flags
    with_buildup: Flags

    def __post_init__(self) -> None:
        require_range("hours since ignition", self.hours, 0.0, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class FbpCases:
    """Many cases: every array in every part has one shape.

    Raises
    ------
    InvalidValue
        If the shapes differ; the parts check their ranges themselves. NaN is missing, and gives NaN where it is needed.
    """

    bed: FuelBed
    weather: FbpWeather
    terrain: Terrain
    season: FoliarSeason
    run: FireRun

    def __post_init__(self) -> None:
        shapes = {array.shape for part in self._parts() for array in arrays_of(part)}
        if len(shapes) != 1:
            raise InvalidValue("shapes of the cases' arrays", sorted(shapes), "one shape for all")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every array."""
        return self.bed.shape

    def blocks(self, rows: int) -> Iterator[FbpCases]:
        """Return the cases in order, flat, so many at a time that a processor's cache holds them."""
        flat = _changed(self, _flat)
        for first in range(0, max(flat.bed.fuel.size, 1), rows):
            some = slice(first, first + rows)
            yield _changed(flat, lambda array, some=some: array[some])

    def _parts(self) -> tuple[FuelBed, FbpWeather, Terrain, FoliarSeason, FireRun]:
        return self.bed, self.weather, self.terrain, self.season, self.run


def arrays_of(part: DataclassInstance) -> tuple[npt.NDArray[Any], ...]:
    """Return the arrays of a part in the order of its fields."""
    return tuple(getattr(part, each.name) for each in fields(part))


def with_each(part: _Part, change: Callable[..., npt.NDArray[np.generic]]) -> _Part:
    """Return a part with every array changed."""
    made: Callable[..., _Part] = type(part)
    return made(*(change(array) for array in arrays_of(part)))


def _changed(cases: FbpCases, change: Callable[..., npt.NDArray[np.generic]]) -> FbpCases:
    """Return the cases with every array changed."""
    return FbpCases(
        with_each(cases.bed, change),
        with_each(cases.weather, change),
        with_each(cases.terrain, change),
        with_each(cases.season, change),
        with_each(cases.run, change),
    )


def _flat(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    return array.reshape(-1)
