"""What the spread of a fire is computed from, and how well each part of it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.danger.forest_fuels import ForestFuel
    from firewatch.domain.geo import Fix
    from firewatch.terrain.grid import TerrainGrid

__all__ = ["FireWeather", "FuelShare", "SpreadCase", "SpreadErrors"]


@dataclass(frozen=True, slots=True)
class FireWeather:
    """Weather and moisture at the fire.

    Parameters
    ----------
    wind_kmh : float
        Mean wind at 10 m, 0 to 400 [km/h].
    wind_from_deg : float or None
        Azimuth that it blows from, 0 to 360 [deg]; None where nobody knows: then every direction is possible.
    ffmc : float
        Fine Fuel Moisture Code of the hour, 0 to 101.
    bui : float
        Buildup Index of the day, at least 0.
    temp_c, rh_pct : float or None
        Temperature, -60 to 60 [deg C], and relative humidity, 0 to 100 [%], for Wang's model alone; without both there
        is none.
    """

    wind_kmh: float
    wind_from_deg: float | None
    ffmc: float
    bui: float
    temp_c: float | None = None
    rh_pct: float | None = None

    def __post_init__(self) -> None:
        require_between("wind at 10 m (km/h)", self.wind_kmh, 0.0, 400.0)
        require_between("FFMC", self.ffmc, 0.0, 101.0)
        require_at_least("BUI", self.bui, 0.0)
        if self.wind_from_deg is not None:
            require_between("wind direction (deg)", self.wind_from_deg, 0.0, 360.0)
        if self.temp_c is not None:
            require_between("temperature (deg C)", self.temp_c, -60.0, 60.0)
        if self.rh_pct is not None:
            require_between("relative humidity (%)", self.rh_pct, 0.0, 100.0)


@dataclass(frozen=True, slots=True)
class FuelShare:
    """A fuel that may lie at the fire, and how likely, above 0 and at most 1."""

    fuel: ForestFuel
    share: float

    def __post_init__(self) -> None:
        require_between(f"share of {self.fuel.name_zh}", self.share, 1e-6, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class SpreadCase:
    """A fire.

    Parameters
    ----------
    fix : Fix
        Where it began, with its error.
    weather : FireWeather
        Wind and moisture.
    fuels : tuple of FuelShare
        What lies there, at least one; the likeliest that burns is the central case. Shares are taken as weights: in a
        draw whose fuel does not burn the fire stays where it is.
    age_min : float
        Since its smoke was first seen, at least 0 [min].
    terrain : TerrainGrid or None
        Heights around it; None for flat ground.
    """

    fix: Fix
    weather: FireWeather
    fuels: tuple[FuelShare, ...]
    age_min: float = 0.0
    terrain: TerrainGrid | None = None

    def __post_init__(self) -> None:
        if not self.fuels:
            raise InvalidValue("fuels at a fire", "none", "at least one")
        require_at_least("age of a fire (min)", self.age_min, 0.0)

    @property
    def likeliest(self) -> ForestFuel:
        """The fuel of the greatest share among those that burn, the first of equals: a smoke is of something."""
        return max(self.fuels, key=lambda one: (one.fuel.fuel.burns, one.share)).fuel


@dataclass(frozen=True, slots=True)
class SpreadErrors:
    """One standard deviation of each part, unless it says otherwise. Assumed, and to be fitted when burns are measured.

    Parameters
    ----------
    wind_share : float
        Of the wind's speed, as a share of it: a station is not the hillside.
    wind_kmh : float
        Of the wind's speed besides [km/h]: a calm station says little about the ridge.
    direction_deg : float
        Of the wind's direction [deg].
    ffmc, bui_share : float
        Of the fine fuel moisture code, and of the BUI as a share of it.
    rate_share : float
        Of the model's own rate of spread, as a share of it: Cruz and Alexander (2013) find errors of 35 % to be what
        good models reach.
    unseen_min : float
        A fire burned between 0 and so long before its smoke was first seen [min].
    """

    wind_share: float = 0.25
    wind_kmh: float = 2.0
    direction_deg: float = 25.0
    ffmc: float = 2.0
    bui_share: float = 0.15
    rate_share: float = 0.35
    unseen_min: float = 20.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            require_at_least(f"error {name}", getattr(self, name), 0.0)
