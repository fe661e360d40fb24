"""One quantity between stations: a smooth field around a trend with elevation, its value and its standard deviation.

A field is a Gaussian process on the ground (Matern 3/2 by distance) around a level and a slope with elevation, both of
them uncertain too, plus the noise of a single gauge. What it needs to be told (`FieldPrior`) is plain numbers; they are
guessed, or fitted to a record by `firewatch.learning`, and evaluated here.

References
----------
.. [1] Rasmussen, C.E.; Williams, C.K.I. (2006). Gaussian Processes for Machine Learning. MIT Press. Eqs. 2.25, 2.26
   (value and variance), 2.40 (uncertain trend), 4.17 (Matern 3/2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FieldEstimate", "FieldModel", "FieldPrior", "FieldScale", "Places", "condition", "interpolate", "matern"]

_KM_PER_DEG = 111.195  # of a great circle of the sphere of 6371 km
# The level is as good as unknown before the first reading: this many standard deviations of the field.
_LEVEL_SIGMAS = 10.0
# Added to the diagonal, as a fraction of the field's variance: stations a step apart are no two facts.
_JITTER = 1e-9
# A dry gauge stands this far below zero on the scale of the rain, so that the middle between two dry gauges is dry.
_DRY = -0.5
# Elevation of a place that nobody told: the stations' spread, at least this [km].
_LEAST_SPREAD_KM = 0.15


class FieldScale(StrEnum):
    """The scale on which a quantity is interpolated."""

    PLAIN = "plain"  # as it is
    LOG = "log"  # ln(1 + x): never below zero, errors grow with the value
    RAIN = "rain"  # the same, a dry gauge standing below zero

    def forward(self, values: npt.ArrayLike) -> Numbers:
        """Return values on this scale."""
        given = np.asarray(values, dtype=np.float64)
        if self is FieldScale.PLAIN:
            return given
        return np.where(given <= 0.0, _DRY if self is FieldScale.RAIN else 0.0, np.log1p(np.maximum(given, 0.0)))

    def backward(self, scaled: npt.ArrayLike) -> Numbers:
        """Return the values of what stands on this scale."""
        given = np.asarray(scaled, dtype=np.float64)
        return given if self is FieldScale.PLAIN else np.maximum(np.expm1(given), 0.0)


@dataclass(frozen=True, slots=True)
class FieldPrior:
    """What is believed of a field before today's readings; all but the limits on the field's scale.

    Parameters
    ----------
    scale : FieldScale
        Where it is interpolated.
    sigma : float
        Standard deviation of the field about its trend, above 0.
    length_km : float
        Distance at which the correlation has sunk to 0.48, 1 to 2000 [km].
    noise : float
        Standard deviation of a single gauge's own error and of what is too small for the stations to see, at least 0.
    slope_per_km, slope_sigma_per_km : float
        Change with elevation and its standard deviation, at least 0 [per km].
    low, high : float
        Least and greatest value of the quantity itself.
    """

    scale: FieldScale
    sigma: float
    length_km: float
    noise: float
    slope_per_km: float = 0.0
    slope_sigma_per_km: float = 0.0
    low: float = -1e9
    high: float = 1e9

    def __post_init__(self) -> None:
        require_between("sigma of a field", self.sigma, 1e-6, 1e6)
        require_between("length of a field (km)", self.length_km, 1.0, 2000.0)
        require_at_least("noise of a field", self.noise, 0.0)
        require_finite("slope of a field (per km)", self.slope_per_km)
        require_at_least("slope sigma of a field (per km)", self.slope_sigma_per_km, 0.0)
        require_at_least("highest value of a field", self.high, self.low)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Many places.

    Parameters
    ----------
    lat_deg, lon_deg : ndarray, shape (n,)
        WGS 84 [deg], n at least 1.
    elevation_m : ndarray, shape (n,), or None
        Above the geoid [m]; None where not all are known.

    Raises
    ------
    InvalidValue
        If a number is out of range or missing, or the lengths differ.
    """

    lat_deg: Numbers
    lon_deg: Numbers
    elevation_m: Numbers | None = None

    def __post_init__(self) -> None:
        arrays = [self.lat_deg, self.lon_deg] + ([] if self.elevation_m is None else [self.elevation_m])
        if len({array.shape for array in arrays}) != 1 or self.lat_deg.ndim != 1 or self.lat_deg.size == 0:
            raise InvalidValue(
                "shapes of places", [array.shape for array in arrays], "one column of at least 1 for all"
            )
        if any(np.isnan(array).any() for array in arrays):
            raise InvalidValue("coordinates of places", "NaN", "a number for every place")
        require_range("latitude (deg)", self.lat_deg, -90.0, 90.0)
        require_range("longitude (deg)", self.lon_deg, -180.0, 180.0)
        if self.elevation_m is not None:
            require_range("elevation (m)", self.elevation_m, -500.0, 9000.0)

    def __len__(self) -> int:
        return int(self.lat_deg.size)

    def take(self, rows: npt.NDArray[np.integer] | slice) -> Places:
        """Return some of the places."""
        elevation = None if self.elevation_m is None else self.elevation_m[rows]
        return Places(self.lat_deg[rows], self.lon_deg[rows], elevation)

    def distances_km(self, others: Places) -> Numbers:
        """Return the distances to other places, shape (n, m) [km]: on a sphere, 0.5 % from the ellipsoid's at most."""
        lat, lon = np.radians(self.lat_deg)[:, None], np.radians(self.lon_deg)[:, None]
        to_lat, to_lon = np.radians(others.lat_deg)[None, :], np.radians(others.lon_deg)[None, :]
        half = np.sin((to_lat - lat) / 2.0) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2.0) ** 2
        return np.asarray(np.degrees(2.0 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))) * _KM_PER_DEG)


@dataclass(frozen=True, slots=True, eq=False)
class FieldModel:
    """A field that knows its stations.

    Parameters
    ----------
    prior : FieldPrior
        As believed, or as fitted.
    stations : Places, n of them
        In order of latitude, then longitude.
    level, height_km : float
        Mean of the readings on the scale, less the trend; mean elevation, of which the trend is counted [km].
    spread_km : float
        Standard deviation of an unknown elevation [km].
    weights : ndarray, shape (n,)
        Of the readings, by covariance.
    precision : ndarray, shape (n, n)
        Inverse of the readings' covariance.
    """

    prior: FieldPrior
    stations: Places
    level: float
    height_km: float
    spread_km: float
    weights: Numbers
    precision: Numbers

    @property
    def sees_elevation(self) -> bool:
        """Whether the trend with elevation is used: only where every station's elevation is known."""
        return self.stations.elevation_m is not None


@dataclass(frozen=True, slots=True, eq=False)
class FieldEstimate:
    """A field at many places, on its scale: what a gauge there would read, and its standard deviation; shape (n,)."""

    mean: Numbers
    sigma: Numbers


def matern(distance_km: Numbers, length_km: float) -> Numbers:
    """Return the correlation at a distance, Matern 3/2 [1, eq. 4.17]."""
    reach = np.sqrt(3.0) * distance_km / length_km
    return np.asarray((1.0 + reach) * np.exp(-reach))


def condition(prior: FieldPrior, stations: Places, values: Numbers) -> FieldModel:
    """Return the field that agrees with readings.

    Parameters
    ----------
    prior : FieldPrior
        What is believed of the field.
    stations : Places
        Where the readings are from, in any order.
    values : ndarray, shape (n,)
        In the quantity's own unit.

    Returns
    -------
    FieldModel

    Raises
    ------
    InvalidValue
        If a reading is missing or out of the field's range, or there are more or fewer than stations.

    References
    ----------
    .. [1] Rasmussen and Williams (2006), eqs. 2.25, 2.26 and 2.40.
    """
    if values.shape != (len(stations),) or np.isnan(values).any():
        raise InvalidValue("readings of a field", values.shape, f"{len(stations)} numbers, one a station")
    require_range("reading of a field", values, prior.low, prior.high)
    order = np.lexsort((stations.lon_deg, stations.lat_deg))  # sums round alike in whatever order stations were given
    known, scaled = stations.take(order), prior.scale.forward(values[order])
    elevation_km = known.elevation_m / 1000.0 if known.elevation_m is not None else np.zeros(len(known))
    height = float(elevation_km.mean())
    residual = scaled - prior.slope_per_km * (elevation_km - height)
    level = float(residual.mean())
    covariance = _covariance(prior, known, known, height)
    covariance += np.diag(np.full(len(known), prior.noise**2 + _JITTER * prior.sigma**2))
    precision: Numbers = np.linalg.inv(covariance).astype(np.float64)
    spread = max(float(elevation_km.std()), _LEAST_SPREAD_KM)
    return FieldModel(prior, known, level, height, spread, precision @ (residual - level), precision)


def interpolate(model: FieldModel, places: Places) -> FieldEstimate:
    """Return a field at places.

    Parameters
    ----------
    model : FieldModel
        Of `condition`.
    places : Places
        Anywhere. Where their elevation is not known, or a station's is not, the trend with elevation counts as unknown:
        places stand at the stations' mean elevation, and the standard deviation says what that may hide.

    Returns
    -------
    FieldEstimate

    References
    ----------
    .. [1] Rasmussen and Williams (2006), eqs. 2.25 and 2.26.
    """
    prior = model.prior
    cross = _covariance(prior, places, model.stations, model.height_km)
    mean = model.level + cross @ model.weights
    height = _heights(places, model)
    mean = mean + prior.slope_per_km * height
    own = prior.sigma**2 * (1.0 + _LEVEL_SIGMAS**2) + (prior.slope_sigma_per_km * height) ** 2
    variance = own - np.einsum("ij,jk,ik->i", cross, model.precision, cross, optimize=True)
    hidden = 0.0
    if places.elevation_m is None or not model.sees_elevation:
        hidden = (prior.slope_per_km**2 + prior.slope_sigma_per_km**2) * model.spread_km**2
    return FieldEstimate(mean, np.sqrt(np.maximum(variance, 0.0) + prior.noise**2 + hidden))


def _heights(places: Places, model: FieldModel) -> Numbers:
    """Return elevations above the stations' mean [km], 0 where they are not known."""
    if places.elevation_m is None or not model.sees_elevation:
        return np.zeros(len(places))
    return np.asarray(places.elevation_m / 1000.0 - model.height_km)


def _covariance(prior: FieldPrior, places: Places, stations: Places, height_km: float) -> Numbers:
    """Return the covariance of the field between places and stations, shape (n, m): ground, level and slope."""
    ground = matern(places.distances_km(stations), prior.length_km) + _LEVEL_SIGMAS**2
    covariance = prior.sigma**2 * ground
    if places.elevation_m is not None and stations.elevation_m is not None:
        there, here = places.elevation_m / 1000.0 - height_km, stations.elevation_m / 1000.0 - height_km
        covariance = covariance + prior.slope_sigma_per_km**2 * there[:, None] * here[None, :]
    return np.asarray(covariance)
