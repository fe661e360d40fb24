"""How a thin layer of dead fuel dries or wets towards the air's equilibrium; hourly litter and grass share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["StepWeather", "after_rest", "log_rate"]

# Physical limits of each reading: what lies outside is a wrong unit or a broken sensor.
_LIMITS = {
    "temp_c": ("temperature (deg C)", -60.0, 60.0),
    "rh_pct": ("relative humidity (%)", 0.0, 100.0),
    "wind_kmh": ("wind at 10 m (km/h)", 0.0, 400.0),
    "rain_mm": ("rain of the step (mm)", 0.0, 2000.0),
}
_LONGEST_STEP_H = 24.0


@dataclass(frozen=True, slots=True, eq=False)
class StepWeather:
    """Weather of many places over one step of time, or over many equal steps; a step is an hour unless said otherwise.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh, rain_mm : ndarray, equal shapes, float64
        Temperature -60 to 60 [deg C], relative humidity 0 to 100 [%], wind at 10 m 0 to 400 [km/h], rain of the step
        0 to 2000 [mm]. NaN is missing and gives NaN from that step on.
    hours : float or ndarray
        Length of the step, 0 to 24 [h]; an array must broadcast to the shape of one step.

    Raises
    ------
    InvalidValue
        If the shapes differ or a value is out of range.
    """

    temp_c: Numbers
    rh_pct: Numbers
    wind_kmh: Numbers
    rain_mm: Numbers
    hours: float | Numbers = 1.0

    def __post_init__(self) -> None:
        shapes = {np.shape(getattr(self, name)) for name in _LIMITS}
        if len(shapes) != 1:
            raise InvalidValue("shapes of the weather arrays", sorted(shapes), "one shape for all four")
        for name, (what, low, high) in _LIMITS.items():
            require_range(what, getattr(self, name), low, high)
        require_range("length of the step (h)", self.hours, 0.0, _LONGEST_STEP_H)

    def step(self, index: int) -> StepWeather:
        """Return the weather of one step of arrays whose first axis is steps."""
        return StepWeather(
            self.temp_c[index], self.rh_pct[index], self.wind_kmh[index], self.rain_mm[index], hours=self.hours
        )


def log_rate(humidity: Numbers, wind_kmh: Numbers) -> Numbers:
    """Return the log drying rate at 21.1 deg C of a humidity as a fraction; of its complement, the wetting one.

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 6a and 7a.
    """
    with np.errstate(divide="ignore"):
        calm = 0.424 * (1.0 - np.exp(1.7 * np.log(humidity)))
    fourth = np.square(np.square(humidity))
    return calm + 0.0694 * np.sqrt(wind_kmh) * (1.0 - fourth * fourth)


def after_rest(
    mo: Numbers,
    equilibria: tuple[Numbers, Numbers],
    humidity: Numbers,
    wind_kmh: Numbers,
    decades: Numbers,
) -> Numbers:
    """Return the moisture content [%] after a layer has stood in the air.

    Parameters
    ----------
    mo : ndarray
        Moisture content before [%].
    equilibria : tuple of two ndarray
        Equilibrium moisture content by drying and, below it, by wetting [%].
    humidity : ndarray
        Relative humidity at the fuel, as a fraction.
    wind_kmh : ndarray
        Wind at 10 m [km/h].
    decades : ndarray
        By how many powers of ten the distance to equilibrium shrinks at a `log_rate` of 1.

    Returns
    -------
    ndarray
        `mo` where it lies between the two equilibria.
    """
    ed, ew = equilibria
    dried = ed + (mo - ed) * np.power(10.0, -log_rate(humidity, wind_kmh) * decades)
    wetted = ew - (ew - mo) * np.power(10.0, -log_rate(1.0 - humidity, wind_kmh) * decades)
    # Rest needs no wind and no time, but a missing wind or step must not pass for one.
    at_rest = (mo <= ed) & (mo >= ew) & ~np.isnan(wind_kmh + decades)
    return np.where(at_rest, mo, np.where(mo > ed, dried, wetted))
