"""What FWI2025 carries from one hour to the next."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import require_range
from firewatch.danger.grass import grass_moisture_of_code
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Fwi2025State"]

# The last bit of a saturated layer may stand above it.
_WETTEST_PCT = 250.0 + 1e-9
_LIMITS = {
    "litter_pct": ("moisture of the litter (%)", _WETTEST_PCT),
    "dmc": ("DMC", np.inf),
    "dc": ("DC", np.inf),
    "matted_pct": ("moisture of matted grass (%)", _WETTEST_PCT),
    "standing_pct": ("moisture of standing grass (%)", _WETTEST_PCT),
    "rain_event_mm": ("rain of the event so far (mm)", np.inf),
    "dry_hours": ("hours since the last rain of the event", 4.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Fwi2025State:
    """The layers and the rain of an event: from it a run goes on as if it had never stopped.

    Parameters
    ----------
    litter_pct, matted_pct, standing_pct : ndarray, shape (sites,), float64
        Moisture content of litter, matted and standing grass, 0 to 250 [% of dry weight].
    dmc, dc : ndarray, shape (sites,), float64
        Duff Moisture Code and Drought Code of FWI2025, at least 0.
    rain_event_mm : ndarray, shape (sites,), float64
        Rain since the canopy was last dry [mm].
    dry_hours : ndarray, shape (sites,), float64
        Whole hours since the last of it, 0 to 4 [h].

    Raises
    ------
    InvalidValue
        If the shapes differ or a value is out of range. NaN is unknown and gives NaN.
    """

    litter_pct: Numbers
    dmc: Numbers
    dc: Numbers
    matted_pct: Numbers
    standing_pct: Numbers
    rain_event_mm: Numbers
    dry_hours: Numbers

    def __post_init__(self) -> None:
        shapes = {np.shape(getattr(self, name)) for name in _LIMITS}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise InvalidValue("shapes of the state's arrays", sorted(shapes), "one shape (sites,) for all seven")
        for name, (what, most) in _LIMITS.items():
            require_range(what, getattr(self, name), 0.0, most)

    @classmethod
    def of_codes(
        cls, sites: int, ffmc: npt.ArrayLike = 85.0, dmc: npt.ArrayLike = 6.0, dc: npt.ArrayLike = 15.0
    ) -> Fwi2025State:
        """Return a start under a dry canopy, with the grass as moist as the litter.

        Parameters
        ----------
        sites : int
            How many.
        ffmc, dmc, dc : array_like
            The codes an hour before the first, of each site or of all; by default those of a cold start.

        Returns
        -------
        Fwi2025State, shape (sites,)

        Raises
        ------
        InvalidValue
            If a code is out of range.
        """
        require_range("FFMC", ffmc, 0.0, 101.0)
        values = (grass_moisture_of_code(ffmc), dmc, dc, 0.0)
        filled = (np.broadcast_to(np.asarray(value, np.float64), (sites,)).copy() for value in values)
        litter, duff, deep, none = filled
        return cls(litter, duff, deep, litter.copy(), litter.copy(), none, none.copy())

    def part(self, of: slice) -> Fwi2025State:
        """Return the state of some of the sites."""
        return Fwi2025State(*(getattr(self, field.name)[of] for field in fields(self)))

    @classmethod
    def joined(cls, parts: list[Fwi2025State]) -> Fwi2025State:
        """Return the state of the sites of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
