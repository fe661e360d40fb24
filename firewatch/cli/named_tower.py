"""The tower that somebody named on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.domain.sites import SiteMap, Tower

__all__ = ["named_tower"]


def named_tower(sites: SiteMap, name: str) -> Tower:
    """Return the tower of that id; raise `InvalidValue` with those that are there where none has it."""
    found = next((tower for tower in sites.towers if tower.tower_id == name), None)
    if found is None:
        known = ", ".join(tower.tower_id for tower in sites.towers) or "none is there"
        raise InvalidValue("tower", name, f"one of the sites file: {known}")
    return found
