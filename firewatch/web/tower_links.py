"""From the Nodes page to each tower's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["TowerLink", "tower_links"]


@dataclass(frozen=True, slots=True)
class TowerLink:
    """A tower that has a page."""

    tower_id: str
    name: str


def tower_links(services: WebServices, speaker: Speaker) -> list[TowerLink]:
    """Return a link for every tower; none where nothing can be asked of towers."""
    if services.remote is None:
        return []
    return [TowerLink(node.tower_id, speaker.tower(node.tower_id)) for node in services.sites.nodes()]
