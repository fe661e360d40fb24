"""What grass stands on the ground: how much, how dead, and whether it still lies from the winter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]
    Times: TypeAlias = npt.NDArray[np.datetime64]

__all__ = ["DEFAULT_GRASS_LOAD_KG_M2", "GrassCover", "GrassForm", "curing_of_days"]

# Load of the grass where nobody says another: the reference program's [kg/m2].
DEFAULT_GRASS_LOAD_KG_M2 = 0.35
# Matted grass stands again from this month on in the north: the reference program's.
_STANDING_MONTH = 7
# Dead share of the grass [%] on every tenth day of the year from the 130th (10 May) to the 240th, in between by
# straight lines: what the reference program takes where no curing is given, as far as its published run goes.
_FIRST_KNOT, _LAST_DAY = 130.0, 239.0
_CURED_PCT = (84.4, 78.1, 68.7, 50.3, 32.9, 23.0, 22.0, 21.0, 20.0, 25.7, 35.0, 43.0)


class GrassForm(StrEnum):
    """Which grass burns: pressed down by snow, or upright."""

    BY_DATE = "by-date"
    """Matted to the end of June, standing from July on, as the reference program has it; north of the equator only."""
    MATTED = "matted"
    """Pressed down all year."""
    STANDING = "standing"
    """Upright all year: where no snow lies in winter."""

    def is_standing(self, day: Times, lat_deg: Numbers) -> Flags:
        """Return whether the grass stands, shape (days, 1).

        Raises
        ------
        InvalidValue
            If the form goes by date and a site is south of the equator.
        """
        if self is not GrassForm.BY_DATE:
            return np.full((len(day), 1), self is GrassForm.STANDING)
        if (lat_deg < 0.0).any():
            allowed = f"{GrassForm.MATTED} or {GrassForm.STANDING} south of the equator"
            raise InvalidValue("form of the grass", self.value, allowed)
        month = day.astype("datetime64[M]").astype(np.int64)[:, None] % 12 + 1
        standing: Flags = month >= _STANDING_MONTH
        return standing


@dataclass(frozen=True, slots=True, eq=False)
class GrassCover:
    """The grass of each site and hour.

    Parameters
    ----------
    cured_pct : ndarray, shape (hours, sites) or broadcast to it, float64
        Dead share of the grass, 0 to 100 [%].
    load_kg_m2 : ndarray, shape (hours, sites) or broadcast to it, float64
        Dry weight, above 0 and at most 10 [kg/m2].
    form : GrassForm
        Which grass burns.

    Raises
    ------
    InvalidValue
        If a value is out of range.
    """

    cured_pct: Numbers
    load_kg_m2: Numbers
    form: GrassForm = GrassForm.BY_DATE

    def __post_init__(self) -> None:
        require_range("cured share of the grass (%)", self.cured_pct, 0.0, 100.0)
        require_range("load of the grass (kg/m2)", self.load_kg_m2, 1e-3, 10.0)


def curing_of_days(day: Times) -> Numbers:
    """Return the cured share of grass that the reference program takes for days on which nobody gives one [%].

    It is of Canadian prairie and known from 10 May to 27 August only: elsewhere, and at other times, curing is to be
    given.

    Parameters
    ----------
    day : ndarray, shape (days,), datetime64[D]
        Which days.

    Returns
    -------
    ndarray, shape (days,)

    Raises
    ------
    InvalidValue
        If a day lies outside.
    """
    of_year = 1.0 + (day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64)
    outside = (of_year < _FIRST_KNOT) | (of_year > _LAST_DAY)
    if outside.any():
        allowed = "10 May to 27 August without a cured share of the grass; give one (%) for other days"
        raise InvalidValue("day", str(day[outside.argmax()]), allowed)
    cured: Numbers = np.interp(of_year, _FIRST_KNOT + 10.0 * np.arange(len(_CURED_PCT)), _CURED_PCT)
    return cured
