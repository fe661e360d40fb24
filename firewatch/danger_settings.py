"""The settings of the danger rating and of what the danger page shows, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SHIPPED_CALENDAR", "DangerConfig", "with_folder", "wrong_danger"]

SHIPPED_CALENDAR = "hunan"
_FILE = ".toml"


class DangerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The danger rating.

    Parameters
    ----------
    table : str
        Name of the grade's table, or a file of one's own that ends in .toml.
    gap_policy : "refuse" or "last-reading-dry"
        What is done about a day without a reading.
    utc_offset_h : float
        Local standard time of the noon reading.
    surface_parameters : str
        File with the fitted numbers of the danger surface; empty for the assumed ones.
    ignition_calendar : str
        ``hunan``, the shipped calendar of days on which people light fires, a file (TOML), or empty for none.
    occurrence_model : str
        File of `firewatch danger occurrence fit`, whose numbers replace the calendar's; empty for none.
    class_tables : list of str
        Tables of other agencies beside the grade on a station's page: names of shipped ones, or files (TOML).
    """

    table: Annotated[str, Meta(min_length=1, max_length=500)] = "ly_t_1172_1995"
    gap_policy: Literal["refuse", "last-reading-dry"] = "last-reading-dry"
    utc_offset_h: Annotated[float, Meta(ge=-12.0, le=14.0)] = 8.0
    surface_parameters: str = ""
    ignition_calendar: str = SHIPPED_CALENDAR
    occurrence_model: str = ""
    class_tables: list[str] = field(default_factory=lambda: ["effis"])


def with_folder(danger: DangerConfig, folder: Path) -> DangerConfig:
    """Return the settings with the names of files taken from a folder."""
    calendar = danger.ignition_calendar
    return replace(
        danger,
        table=str(folder / danger.table) if danger.table.endswith(_FILE) else danger.table,
        surface_parameters=danger.surface_parameters and str(folder / danger.surface_parameters),
        ignition_calendar=str(folder / calendar) if calendar.endswith(_FILE) else calendar,
        class_tables=[str(folder / name) if name.endswith(_FILE) else name for name in danger.class_tables],
        occurrence_model=danger.occurrence_model and str(folder / danger.occurrence_model),
    )


def wrong_danger(danger: DangerConfig) -> Iterator[tuple[str, str]]:
    """Tell the key and the fault of what cannot be, whatever the files say."""
    calendar = danger.ignition_calendar
    if calendar not in {"", SHIPPED_CALENDAR} and not calendar.endswith(_FILE):
        allowed = f'"{SHIPPED_CALENDAR}", a file whose name ends in {_FILE}, or "" for none'
        yield "danger.ignition_calendar", f"{calendar!r}; allowed are {allowed}"
    if danger.occurrence_model and not calendar:
        yield "danger.occurrence_model", "needs the calendar that it was fitted with: set danger.ignition_calendar"
