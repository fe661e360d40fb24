"""Looks at what the settings say of the tower itself, and at who may read its passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch_edge.cli.checkup.finding import Finding
from firewatch_edge.cli.secrets_file import is_open_to_others, secrets_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

__all__ = ["secrets_findings", "tower_findings"]


def tower_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Look whether the tower has a place, from which day and night follow, and a height, which the centre needs."""
    tower = settings.tower
    facts: dict[str, object] = {"id": tower.id, "lat": tower.lat_deg, "lon": tower.lon_deg}
    if tower.lat_deg is None:
        yield Finding("tower", "warn", "tower.nowhere", facts)
    elif tower.ground_m is None:
        yield Finding("tower", "warn", "tower.flat", facts)
    else:
        facts |= {"ground": f"{tower.ground_m:g}", "mast": f"{tower.mast_m:g}"}
        yield Finding("tower", "ok", "tower.placed", facts)


def secrets_findings(config: Path) -> Iterator[Finding]:
    """Look at the file of passwords, where there is one."""
    path = secrets_path(config)
    if path.exists():
        is_open = is_open_to_others(path)
        level, key = ("fail", "secrets.open") if is_open else ("ok", "secrets.closed")
        yield Finding("secrets", level, key, {"path": path})  # type: ignore[arg-type]  # one of the three levels
