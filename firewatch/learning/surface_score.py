"""How good a surface is: its errors beside those of simpler ways, on readings that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.danger.kriging import Places

    Numbers: TypeAlias = npt.NDArray[np.float64]
    _Way: TypeAlias = Callable[[Places, Numbers, Places], Numbers]

__all__ = [
    "SurfaceScore",
    "cross_validate",
    "foretell_each",
    "inverse_distance",
    "mean_of_stations",
    "nearest_station",
    "score",
]

_NEAREST_KM = 0.1  # nearer is the same place


@dataclass(frozen=True, slots=True)
class SurfaceScore:
    """Errors of estimates, in the quantity's unit.

    Parameters
    ----------
    count : int
        Readings judged.
    rmse, mae, bias : float
        Root mean square, mean absolute and mean error, estimate less reading.
    coverage : float or None
        Fraction of the readings within the estimates' intervals; None where there are none.
    """

    count: int
    rmse: float
    mae: float
    bias: float
    coverage: float | None = None


def score(estimates: Numbers, readings: Numbers, interval: tuple[Numbers, Numbers] | None = None) -> SurfaceScore:
    """Return the errors of estimates.

    Parameters
    ----------
    estimates, readings : ndarray, shape (n,), n at least 1
        In the quantity's unit.
    interval : two ndarrays, shape (n,), optional
        Lowest and highest value of each estimate's interval.

    Raises
    ------
    InvalidValue
        If the lengths differ or there are no readings.
    """
    if estimates.shape != readings.shape or readings.size == 0:
        raise InvalidValue("estimates and readings", (estimates.shape, readings.shape), "as many of each, at least 1")
    error = estimates - readings
    inside = None
    if interval is not None:
        inside = float(np.mean((readings >= interval[0]) & (readings <= interval[1])))
    rmse, mae = float(np.sqrt(np.mean(error**2))), float(np.mean(np.abs(error)))
    return SurfaceScore(readings.size, rmse, mae, float(np.mean(error)), inside)


def mean_of_stations(_stations: Places, values: Numbers, places: Places) -> Numbers:
    """Return the stations' mean at every place, shape (m,)."""
    return np.full(len(places), values.mean())


def nearest_station(stations: Places, values: Numbers, places: Places) -> Numbers:
    """Return the nearest station's value, shape (m,)."""
    return np.asarray(values[places.distances_km(stations).argmin(axis=1)])


def inverse_distance(stations: Places, values: Numbers, places: Places) -> Numbers:
    """Return the mean weighed by the inverse square of the distance, shape (m,)."""
    weight = 1.0 / np.maximum(places.distances_km(stations), _NEAREST_KM) ** 2
    return np.asarray(weight @ values / weight.sum(axis=1))


def foretell_each(stations: Places, foretell: Callable[[npt.NDArray[np.intp], Places], Numbers]) -> Numbers:
    """Return what a way of interpolating foretells of each station from the others.

    Parameters
    ----------
    stations : Places, n of them, at least 2
        In any order.
    foretell : callable
        Takes the rows of the others and the place left out; returns what it may read there, shape (cases, 1).

    Returns
    -------
    ndarray, shape (cases, n)

    Raises
    ------
    InvalidValue
        If there are fewer than two stations.
    """
    rows = np.arange(len(stations))
    if rows.size < 2:  # noqa: PLR2004 - one has no others
        raise InvalidValue("stations to leave one out of", int(rows.size), "at least 2")
    return np.concatenate([foretell(np.delete(rows, row), stations.take(rows[[row]])) for row in rows], axis=1)


def cross_validate(stations: Places, readings: Numbers, cases: Numbers) -> dict[str, SurfaceScore]:
    """Return the errors of a surface and of simpler ways, each station foretold by the others.

    Parameters
    ----------
    stations : Places, n of them
        In any order.
    readings : ndarray, shape (n,)
        What they read.
    cases : ndarray, shape (cases, n)
        Of `foretell_each`.

    Returns
    -------
    dict
        By way: ``surface`` with the coverage of its 90 % intervals, ``inverse_distance``, ``nearest``, ``mean``.
    """
    low, high = np.quantile(cases, [0.05, 0.95], axis=0)
    found = {"surface": score(cases.mean(axis=0), readings, (low, high))}
    simple = {"inverse_distance": inverse_distance, "nearest": nearest_station, "mean": mean_of_stations}
    for name, way in simple.items():

        def of_others(others: npt.NDArray[np.intp], place: Places, way: _Way = way) -> Numbers:
            return way(stations.take(others), readings[others], place)[None, :]

        found[name] = score(foretell_each(stations, of_others)[0], readings)
    return found
