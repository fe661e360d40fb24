"""The smoke of a young fire: puffs that rise, drift, grow and thin; any time without the times before it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.light import Wind

__all__ = ["FireGrowth", "Plume", "Puffs", "puffs_at"]

# Buoyancy flux of a megawatt of convected heat, g / (pi cp rho T) = 8.8 m4/s3 (Briggs 1975; cp 1005, rho 1.2, T 293).
BUOYANCY_PER_MW = 8.84
CONVECTED = 0.65  # the rest is radiated (Drysdale, An Introduction to Fire Dynamics, 3rd ed., table 5.13)
STABILITY = 1.3e-4  # g/T dtheta/dz of a weakly stable afternoon [1/s2]
SHEAR = 0.16  # exponent of the power law of wind over wooded hills by day (Irwin 1979, rural, class C to D)
HEAT_PER_AREA_KW_M2 = 400.0  # of burning litter and grass, from fuel load and residence time
RELEASE_S = 3.0  # one group of puffs every so often
PUFFS_PER_RELEASE = 4
LONGEST_S = 720.0  # older smoke is too thin to see


@dataclass(frozen=True, slots=True)
class FireGrowth:
    """How a fire grows from its ignition.

    Parameters
    ----------
    heat_kw_per_s2 : float
        Heat release grows as this times the square of the time, as a fire does whose edge moves steadily [kW/s2].
    heat_most_mw : float
        Where the growth levels off [MW].
    smoke_m2_per_mj : float
        Extinction area of the smoke of a megajoule [m2/MJ]: fuel / 18.6 MJ/kg x 15 to 35 g/kg of particles x 4.7 m2/g
        gives 4 to 9 (Reid et al. 2005, Atmos. Chem. Phys. 5, 799).
    smoulder_m2_per_s : float
        Extinction area of the first smoulder, before there is much heat [m2/s].
    whiteness : float
        Part of the light that the smoke scatters, 0.5 (dark) to 1 (steam white).
    """

    heat_kw_per_s2: float = 6.0
    heat_most_mw: float = 120.0
    smoke_m2_per_mj: float = 8.0
    smoulder_m2_per_s: float = 40.0
    whiteness: float = 0.94

    def __post_init__(self) -> None:
        require_between("heat growth (kW/s2)", self.heat_kw_per_s2, 0.01, 50.0)
        require_between("most heat (MW)", self.heat_most_mw, 0.05, 5000.0)
        require_between("smoke yield (m2/MJ)", self.smoke_m2_per_mj, 0.1, 60.0)
        require_between("smoulder (m2/s)", self.smoulder_m2_per_s, 0.0, 500.0)
        require_between("whiteness", self.whiteness, 0.3, 1.0)

    def heat_mw(self, burning_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the heat release [MW] at times after ignition [s], same shape."""
        grown = self.heat_kw_per_s2 * np.square(np.maximum(burning_s, 0.0)) / 1000.0
        return np.asarray(0.02 + self.heat_most_mw * (1.0 - np.exp(-grown / self.heat_most_mw)), float)

    def smoke_m2_per_s(self, burning_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the extinction area released per second [m2/s] at times after ignition [s], same shape."""
        kindling = 1.0 - np.exp(-np.maximum(burning_s, 0.0) / 20.0)
        return np.asarray(self.smoulder_m2_per_s * kindling + self.smoke_m2_per_mj * self.heat_mw(burning_s), float)


@dataclass(frozen=True, slots=True)
class Plume:
    """One fire's smoke: the same value seen from any tower is the same object.

    Parameters
    ----------
    east_m, north_m, elevation_m : float
        Where it burns, in the landscape's local metres, and the ground's height there [m].
    ignited_at_s : float
        Scene time of the ignition [s].
    wind : Wind
        At 10 m above ground.
    seed : int
        Of its turbulence, at least 0.
    growth : FireGrowth
        How it grows.
    """

    east_m: float
    north_m: float
    elevation_m: float
    ignited_at_s: float
    wind: Wind
    seed: int = 0
    growth: FireGrowth = field(default_factory=FireGrowth)

    def __post_init__(self) -> None:
        for what, given in (
            ("east (m)", self.east_m),
            ("north (m)", self.north_m),
            ("elevation (m)", self.elevation_m),
            ("ignition (s)", self.ignited_at_s),
        ):
            require_finite(what, given)
        require_at_least("plume seed", self.seed, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Puffs:
    """Smoke as round clouds of Gaussian density, aligned arrays of shape (n,), float64.

    Parameters
    ----------
    east_m, north_m, up_m : ndarray
        Centres; up is above sea level [m].
    sigma_m : ndarray
        Standard deviation of the density [m].
    area_m2 : ndarray
        Extinction area of all smoke in the puff [m2].
    """

    east_m: npt.NDArray[np.float64]
    north_m: npt.NDArray[np.float64]
    up_m: npt.NDArray[np.float64]
    sigma_m: npt.NDArray[np.float64]
    area_m2: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.area_m2)


def puffs_at(plume: Plume, at_s: float) -> Puffs:
    """Return a plume's puffs at a scene time.

    Parameters
    ----------
    plume : Plume
        The fire and its wind.
    at_s : float
        Scene time [s]; before the ignition there are none.

    Returns
    -------
    Puffs
        The same for the same plume and time, whatever was asked before.

    References
    ----------
    .. [1] Briggs, G. A. (1975), Plume rise predictions, in Lectures on Air Pollution and Environmental Impact Analyses:
       rise of a bent-over plume z = 1.6 F^(1/3) u^(-1/3) t^(2/3), final rise in stable air 2.6 (F / (u s))^(1/3),
       radius about 0.6 z for the mass of the plume (the visible core is narrower).
    """
    burning = at_s - plume.ignited_at_s
    if burning <= 0.0:
        return Puffs(*(np.empty(0) for _ in range(5)))
    count = math.ceil(burning / RELEASE_S)
    oldest = max(0, math.floor((burning - LONGEST_S) / RELEASE_S))
    rng = np.random.default_rng([plume.seed, 0x5140])
    waves = _Waves.draw(rng)
    # Row i is the same for every time: the generator fills in order.
    drawn = rng.standard_normal((count, PUFFS_PER_RELEASE, 5))[oldest:]
    released = (np.arange(oldest, count) + 0.5) * RELEASE_S
    # The newest group has only begun to leave.
    begun = np.clip((burning - (released - RELEASE_S / 2)) / RELEASE_S, 0.0, 1.0)
    released = np.minimum(released, burning)[:, None] + np.zeros((1, PUFFS_PER_RELEASE))
    age = np.maximum(burning - released + (np.arange(PUFFS_PER_RELEASE) - 1) * RELEASE_S / PUFFS_PER_RELEASE, 0.05)
    return _place(plume, waves, drawn, released, age, begun)


@dataclass(frozen=True, slots=True, eq=False)
class _Waves:
    """Slow gusts as sums of sines, the same for every time."""

    period_s: npt.NDArray[np.float64]
    phase: npt.NDArray[np.float64]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _Waves:
        return cls(rng.uniform(11.0, 95.0, (4, 5)), rng.uniform(0.0, math.tau, (4, 5)))

    def gust(self, kind: int, released_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return a smooth number of standard deviation 1 per release, same shape."""
        angle = math.tau * released_s[..., None] / self.period_s[kind] + self.phase[kind]
        return np.asarray(np.sin(angle).sum(axis=-1) * math.sqrt(2.0 / 5.0), float)


def _place(
    plume: Plume,
    waves: _Waves,
    drawn: npt.NDArray[np.float64],
    released: npt.NDArray[np.float64],
    age: npt.NDArray[np.float64],
    begun: npt.NDArray[np.float64],
) -> Puffs:
    heat = plume.growth.heat_mw(released) * np.clip(1.0 + 0.22 * waves.gust(0, released), 0.4, 1.8)
    flux = BUOYANCY_PER_MW * CONVECTED * heat
    wind = max(plume.wind.speed_ms, 1.0)  # Briggs' bent-over formula needs some wind
    climb = 1.6 * np.cbrt(flux / wind)
    free = climb * np.cbrt(np.square(age))
    ceiling = 2.6 * np.cbrt(flux / (wind * STABILITY))
    rise = free * ceiling / (free**4 + ceiling**4) ** 0.25
    # The wind at the puff's own height, integrated over its rise z = climb t^(2/3).
    drift = plume.wind.speed_ms * (np.maximum(climb, 1.0) / 10.0) ** SHEAR * age ** (1.0 + 2.0 * SHEAR / 3.0)
    drift = drift / (1.0 + 2.0 * SHEAR / 3.0)
    radius = 0.5 * np.sqrt(heat * 1000.0 / HEAT_PER_AREA_KW_M2 / math.pi)
    sigma = 0.7 + 0.8 * radius + 0.13 * rise + np.sqrt(1.2 * age) * 0.8
    # Taylor (1921): eddies carry a puff as far as time at first, and as its root later.
    stray = 0.17 * (plume.wind.speed_ms + 0.8) * age / np.sqrt(1.0 + age / 90.0)
    along = drift + 0.5 * stray * waves.gust(1, released) + 0.9 * sigma * drawn[..., 0]
    aside = stray * waves.gust(2, released) + 0.9 * sigma * drawn[..., 1]
    up = np.maximum(rise * (1.0 + 0.08 * waves.gust(3, released)) + 0.75 * sigma * drawn[..., 2], 0.0) + 1.5
    sigma = 0.75 * sigma * np.exp(0.3 * drawn[..., 3])
    east, north = plume.wind.towards
    area = _area(plume, waves, drawn[..., 4], released, age) * begun[:, None]
    return Puffs(
        (plume.east_m + along * east - aside * north).ravel(),
        (plume.north_m + along * north + aside * east).ravel(),
        (plume.elevation_m + up).ravel(),
        sigma.ravel(),
        area.ravel(),
    )


def _area(
    plume: Plume,
    waves: _Waves,
    uneven: npt.NDArray[np.float64],
    released: npt.NDArray[np.float64],
    age: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the extinction area of each puff [m2]: a fire breathes, and old smoke is lost."""
    steady = plume.growth.smoke_m2_per_s(released) * RELEASE_S / PUFFS_PER_RELEASE
    breath = np.exp(0.6 * uneven - 0.18) * np.clip(1.0 + 0.35 * waves.gust(0, released * 1.7), 0.25, 2.0)
    return np.asarray(steady * breath * np.exp(-np.square(age / LONGEST_S) * 2.0), float)
