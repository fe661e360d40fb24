"""False episodes over watched time: their rate, and how high it may truly be."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import chi2

from firewatch.domain.checks import require_at_least
from firewatch.errors import InvalidValue

_CONFIDENCE = 0.95
_HOURS_A_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Episodes:
    """False sightings opened while a view without smoke was watched.

    Parameters
    ----------
    count : int
    hours : float
        Watched by one camera, or by several in sum.
    """

    count: int
    hours: float

    def __post_init__(self) -> None:
        require_at_least("false episodes", self.count, 0)
        if not self.hours > 0.0:
            raise InvalidValue("watched time (h)", self.hours, "more than 0")

    @property
    def an_hour(self) -> float:
        """Episodes an hour of one camera."""
        return self.count / self.hours

    @property
    def a_camera_day(self) -> float:
        """Episodes a camera and day of 24 hours."""
        return _HOURS_A_DAY * self.an_hour

    @property
    def at_most(self) -> float:
        """Upper limit of the expected count, at one-sided 95 %."""
        return poisson_upper(self.count)

    @property
    def at_most_an_hour(self) -> float:
        """Upper limit of the rate an hour."""
        return self.at_most / self.hours

    @property
    def at_most_a_camera_day(self) -> float:
        """Upper limit of the rate a camera and day."""
        return _HOURS_A_DAY * self.at_most_an_hour


def poisson_upper(count: int, confidence: float = _CONFIDENCE) -> float:
    """Return the exact one-sided upper limit of a Poisson mean after so many events (3.0 after none, at 95 %).

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28, 437: half the chi-squared quantile with 2 (count + 1) degrees of freedom.
    """
    return float(chi2.ppf(confidence, 2 * (count + 1)) / 2.0)
