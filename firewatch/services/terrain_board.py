"""Whether what each tower sees of the ground is known, for the page of the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from firewatch.domain.ids import TowerId

__all__ = ["TerrainBoard", "TowerTerrain"]


@dataclass(frozen=True, slots=True)
class TowerTerrain:
    """How far the ground around a tower is.

    Parameters
    ----------
    tower_id : TowerId
        Which.
    is_ready : bool
        Whether it is known what that tower sees.
    why : str
        What keeps it from being known; empty where nothing does, and it is only not computed yet.
    """

    tower_id: TowerId
    is_ready: bool
    why: str = ""


class TerrainBoard(Protocol):
    """The terrain as people ask for it."""

    def towers(self) -> tuple[TowerTerrain, ...]:
        """Return every tower with cameras; none where there is no terrain model."""
        ...
