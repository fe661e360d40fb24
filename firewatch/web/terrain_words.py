"""For how many towers it is known what they see of the ground, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.services.terrain_board import TerrainBoard
    from firewatch.web.words import Speaker

__all__ = ["TerrainWords", "terrain_words"]


@dataclass(frozen=True, slots=True)
class TerrainWords:
    """One sentence for all towers, and one for each that is missing."""

    summary: str
    missing: tuple[str, ...] = ()


def terrain_words(board: TerrainBoard | None, speaker: Speaker) -> TerrainWords:
    """Return how far the terrain is; where there is no model, that."""
    towers = () if board is None else board.towers()
    if not towers:
        return TerrainWords(speaker.texts.text("terrain.none"))
    ready = sum(one.is_ready for one in towers)
    missing = tuple(
        speaker.texts.text(
            f"terrain.{'failed' if one.why else 'waiting'}", tower=speaker.tower(one.tower_id), why=one.why
        )
        for one in towers
        if not one.is_ready
    )
    return TerrainWords(speaker.texts.text("terrain.ready", ready=ready, total=len(towers)), missing)
