"""Townships: the units below a county that send people first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.domain.sites import Name

    # Longitude and latitude [deg]; the last corner is the first one again.
    Ring: TypeAlias = tuple[tuple[float, float], ...]

__all__ = ["Township"]

_FEWEST_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Township:
    """A township and where it lies.

    Parameters
    ----------
    name : Name
        What people call it.
    parts : tuple of tuple of rings
        Of each part its outline, then the holes in it, each a closed ring of (longitude, latitude), WGS 84 [deg].

    Raises
    ------
    InvalidValue
        If there is no part, a ring has fewer than four corners or is not closed, or a corner is no place.
    """

    name: Name
    parts: tuple[tuple[Ring, ...], ...]

    def __post_init__(self) -> None:
        rings = [ring for part in self.parts for ring in part]
        if not all(self.parts) or not rings:
            raise InvalidValue(f"outline of {self.name.en}", "nothing", "a ring at least")
        for ring in rings:
            if len(ring) < _FEWEST_CORNERS or ring[0] != ring[-1]:
                given = f"{len(ring)} corners, the last {ring[-1:]}"
                allowed = "four at least, the last the first one again (RFC 7946, section 3.1.6)"
                raise InvalidValue(f"ring of {self.name.en}", given, allowed)
            for lon_deg, lat_deg in ring:
                require_between(f"longitude of {self.name.en} (deg)", lon_deg, -180.0, 180.0)
                require_between(f"latitude of {self.name.en} (deg)", lat_deg, -90.0, 90.0)
