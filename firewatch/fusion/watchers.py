"""Who looks at the country: that a tower sees no smoke is evidence too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_text

if TYPE_CHECKING:
    from firewatch.domain.geo import Position
    from firewatch.domain.ids import TowerId

__all__ = ["Watcher"]


@dataclass(frozen=True, slots=True)
class Watcher:
    """A tower that looks, whether it sees anything or not.

    Parameters
    ----------
    tower_id : TowerId
        The tower.
    position : Position
        Where it stands.
    range_m : float
        How far it sees smoke [m].
    sectors : tuple of (float, float)
        Where it looks: true azimuth of the middle, and width [deg]. None: all around.
    """

    tower_id: TowerId
    position: Position
    range_m: float
    sectors: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        require_text("tower", self.tower_id, 64)
        require_between("range (m)", self.range_m, 100.0, 60_000.0)
        for azimuth_deg, width_deg in self.sectors:
            require_between("sector's middle (deg)", azimuth_deg, 0.0, 360.0)
            require_between("sector's width (deg)", width_deg, 0.0, 360.0)
