"""Where smoke is expected: chimneys, places of sacrifice, burns that are permitted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_text
from firewatch.domain.ids import require_slug
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from firewatch.domain.geo import Position
    from firewatch.domain.sites import Name

__all__ = ["OpenHours", "SmokeKind", "SmokeSource"]

_CORNERS = 3


class SmokeKind(StrEnum):
    """What smokes there."""

    CHIMNEY = "chimney"
    SACRIFICE = "sacrifice"
    PERMITTED_BURN = "permitted_burn"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OpenHours:
    """A span of the day by the bureau's clock, its end not included; over midnight where it ends before it begins."""

    begins: time
    ends: time

    def holds(self, at: time) -> bool:
        """Return whether an instant lies in it."""
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, slots=True)
class SmokeSource:
    """A known source of smoke.

    Parameters
    ----------
    source_id : str
        Slug, unique in its file.
    name : Name
        As pages show it.
    kind : SmokeKind
        What smokes.
    outline : tuple of Position
        One point with `radius_m` around it, or the corners of an area, at least 3, the first not repeated.
    radius_m : float
        Around each point or the area [m]: how far from it the smoke may rise.
    hours : tuple of OpenHours
        When it smokes; empty: at any hour.
    valid_from, valid_until : date or None
        First and last day by the bureau's clock; a permitted burn has a last day.
    note : str
        Who says so, on which paper.
    """

    source_id: str
    name: Name
    kind: SmokeKind
    outline: tuple[Position, ...]
    radius_m: float = 100.0
    hours: tuple[OpenHours, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        require_slug("smoke source", self.source_id)
        require_between("radius of a smoke source (m)", self.radius_m, 1.0, 5_000.0)
        if self.note:
            require_text("note of a smoke source", self.note, 400)
        if len(self.outline) != 1 and len(self.outline) < _CORNERS:
            raise InvalidValue(f"outline of {self.source_id}", len(self.outline), "1 point, or at least 3 corners")
        if self.kind is SmokeKind.PERMITTED_BURN and self.valid_until is None:
            # A permit without an end would lower every fire at that field for ever.
            raise InvalidValue(f"valid_until of {self.source_id}", "none", "the permit's last day")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            given = f"{self.valid_from} to {self.valid_until}"
            raise InvalidValue(f"valid days of {self.source_id}", given, "a last day that is not before the first")

    def smokes_at(self, local: datetime) -> bool:
        """Return whether smoke is expected at an instant, told by the bureau's clock."""
        day, time_of_day = local.date(), local.time()
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        return not self.hours or any(span.holds(time_of_day) for span in self.hours)
