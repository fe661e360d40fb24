"""Learning how a quantity varies between stations: the numbers of its field, from one day's readings or from many.

scikit-learn's Gaussian process maximises the likelihood of the readings, here weighed by what is believed already. So
three stations on one day move the numbers little, and a record of a season moves them to what it shows. With fewer than
three stations, or where all readings are equal, nothing is learned and the belief stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm as normal
from scipy.stats import t as student_t
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Kernel, Matern, WhiteKernel

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.danger.kriging import FieldPrior, Places

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["fit_field"]

_FEWEST = 3
# How far a record may pull the belief, as the standard deviation of its natural logarithm: sigma, length, noise.
_BELIEF = np.array([0.7, 0.5, 0.7])
_WIDEST = 4.0  # times these: where the search ends
_LEAST_NOISE = 1e-3  # of sigma
_LEVEL = 10.0  # as `firewatch.danger.kriging` has it


class _Ground(Matern):  # type: ignore[misc]  # scikit-learn has no types
    """Matern 3/2 by distance on the ground, whatever further columns a place has."""

    def __call__(self, X: Numbers, Y: Numbers | None = None, eval_gradient: bool = False) -> Any:  # noqa: FBT001, FBT002, N803 - scikit-learn's own signature
        return super().__call__(X[:, :2], None if Y is None else Y[:, :2], eval_gradient)


class _Height(DotProduct):  # type: ignore[misc]
    """A slope with elevation, the third column."""

    def __call__(self, X: Numbers, Y: Numbers | None = None, eval_gradient: bool = False) -> Any:  # noqa: FBT001, FBT002, N803
        return super().__call__(X[:, 2:], None if Y is None else Y[:, 2:], eval_gradient)


class _Believing(GaussianProcessRegressor):  # type: ignore[misc]
    """A Gaussian process whose likelihood is weighed by a log-normal belief about each of its numbers."""

    believed: Numbers
    width: Numbers

    def log_marginal_likelihood(
        self,
        theta: Numbers,
        eval_gradient: bool = False,  # noqa: FBT001, FBT002 - scikit-learn's own signature
        clone_kernel: bool = True,  # noqa: FBT001, FBT002
    ) -> Any:
        found = super().log_marginal_likelihood(theta, eval_gradient, clone_kernel)
        pull = (theta - self.believed) / self.width
        penalty = 0.5 * float(pull @ pull)
        return (found[0] - penalty, found[1] - pull / self.width) if eval_gradient else found - penalty


def fit_field(prior: FieldPrior, stations: Places, values: Numbers) -> FieldPrior:
    """Return a field's numbers as readings show them.

    Parameters
    ----------
    prior : FieldPrior
        What is believed before; its scale, slopes and limits stay.
    stations : Places, n of them
        Where the readings are from.
    values : ndarray, shape (n,) or (n, days)
        In the quantity's own unit; days count as independent.

    Returns
    -------
    FieldPrior
        With sigma, length and noise as fitted; sigma and noise are widened together for what so few readings cannot
        tell (Student's t), which leaves the estimates as they are and makes their errors honest.

    Raises
    ------
    InvalidValue
        If the readings do not fit the stations.

    References
    ----------
    .. [1] Rasmussen, C.E.; Williams, C.K.I. (2006). Gaussian Processes for Machine Learning. MIT Press. Section 5.4.1.
    """
    days = values[:, None] if values.ndim == 1 else values
    if days.shape[0] != len(stations) or np.isnan(days).any():
        raise InvalidValue("readings of a field", values.shape, f"{len(stations)} rows of numbers, one a station")
    if len(stations) < _FEWEST or prior.noise <= 0.0:
        return prior
    order = np.lexsort((stations.lon_deg, stations.lat_deg))
    places, residual = _columns(stations.take(order)), _residual(prior, stations.take(order), days[order])
    if not np.ptp(residual, axis=0).any():
        return prior
    process = _Believing(_kernel(prior), alpha=1e-9 * prior.sigma**2, optimizer=_climb, copy_X_train=False)
    process.believed = np.log([prior.sigma**2, prior.length_km, prior.noise**2])
    process.width = _BELIEF * np.array([2.0, 1.0, 2.0])  # the kernel holds variances
    process.fit(places, residual)
    variance, length, noise = np.exp(process.kernel_.theta)
    wider = _widening(1 + (len(stations) - 1) * days.shape[1])
    return replace(
        prior, sigma=float(np.sqrt(variance) * wider), length_km=float(length), noise=float(np.sqrt(noise) * wider)
    )


def _widening(freedom: int) -> float:
    """Return how much wider errors are for a sigma that was fitted: at the edges of 90 %, Student's t by the normal."""
    return float(student_t.ppf(0.95, freedom) / normal.ppf(0.95))


def _climb(cost: Callable[[Numbers], Any], start: Numbers, bounds: Numbers) -> tuple[Numbers, float]:
    """Return the numbers of least cost, to the two digits that a few stations can tell, and that cost."""
    found = minimize(cost, start, method="L-BFGS-B", jac=True, bounds=bounds, options={"ftol": 1e-5, "maxiter": 50})
    return found.x, float(found.fun)


def _residual(prior: FieldPrior, stations: Places, days: Numbers) -> Numbers:
    """Return readings on the scale about their daily mean, less the believed trend."""
    scaled = prior.scale.forward(days)
    if stations.elevation_m is not None:
        scaled = scaled - prior.slope_per_km * stations.elevation_m[:, None] / 1000.0
    return np.asarray(scaled - scaled.mean(axis=0))


def _columns(stations: Places) -> Numbers:
    """Return places as the kernel takes them: east and north of their middle [km], elevation about its mean [km]."""
    lat, lon = stations.lat_deg.mean(), stations.lon_deg.mean()
    km = 111.195
    east = (stations.lon_deg - lon) * np.cos(np.radians(lat)) * km
    north = (stations.lat_deg - lat) * km
    elevation = np.zeros(len(stations)) if stations.elevation_m is None else stations.elevation_m / 1000.0
    return np.column_stack([east, north, elevation - elevation.mean()])


def _kernel(prior: FieldPrior) -> Kernel:
    """Return sigma^2 Matern + level + slope + noise; only sigma, length and noise are free."""
    reach = np.exp(_WIDEST * _BELIEF)
    variance, noise = prior.sigma**2, max(prior.noise, _LEAST_NOISE * prior.sigma) ** 2
    ground = ConstantKernel(variance, (variance / reach[0] ** 2, variance * reach[0] ** 2)) * _Ground(
        prior.length_km, (prior.length_km / reach[1], prior.length_km * reach[1]), nu=1.5
    )
    level = ConstantKernel((_LEVEL * prior.sigma) ** 2, "fixed")
    slope = ConstantKernel(prior.slope_sigma_per_km**2 + 1e-12, "fixed") * _Height(0.0, "fixed")
    return ground + level + slope + WhiteKernel(noise, (noise / reach[2] ** 2, noise * reach[2] ** 2))
