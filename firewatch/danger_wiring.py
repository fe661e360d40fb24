"""Wiring of what the danger page shows besides the ratings: which files it rests on, and what draws it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.class_tables import load_class_table, read_class_table
from firewatch.adapters.ignition_toml import load_ignition_calendar, read_ignition_calendar
from firewatch.adapters.occurrence_json import read_occurrence_model
from firewatch.adapters.surface_files import read_parameters, surface_geojson
from firewatch.adapters.surface_picture import surface_png
from firewatch.danger_settings import SHIPPED_CALENDAR
from firewatch.services.ignition_board import IgnitionPages
from firewatch.services.surface_board import SurfaceDrawing, SurfaceKeeper

if TYPE_CHECKING:
    from firewatch.danger.index_classes import ClassTable
    from firewatch.danger.kriging import FieldPrior
    from firewatch.danger.percentiles import PercentileScheme
    from firewatch.danger_settings import DangerConfig
    from firewatch.domain.sites import SiteMap
    from firewatch.services.danger_views import DangerBoard

__all__ = ["class_tables", "ignition_board", "surface_board", "surface_parameters"]


def surface_parameters(danger: DangerConfig) -> dict[str, FieldPrior]:
    """Return the fitted numbers of the danger surface; raise `ConfigError` if their file cannot be used."""
    return read_parameters(Path(danger.surface_parameters)) if danger.surface_parameters else {}


def surface_board(danger: DangerConfig, sites: SiteMap, board: DangerBoard) -> SurfaceKeeper:
    """Wire the danger between the stations."""
    return SurfaceKeeper(sites, board, SurfaceDrawing(surface_png, surface_geojson), surface_parameters(danger))


def ignition_board(danger: DangerConfig) -> IgnitionPages | None:
    """Wire the human-ignition calendar; None where the settings want none.

    Raises
    ------
    ConfigError
        If the calendar's file or the model's cannot be used.
    """
    name = danger.ignition_calendar
    if not name:
        return None
    calendar = load_ignition_calendar() if name == SHIPPED_CALENDAR else read_ignition_calendar(Path(name))
    return IgnitionPages(
        calendar, read_occurrence_model(Path(danger.occurrence_model)) if danger.occurrence_model else None
    )


def class_tables(danger: DangerConfig) -> tuple[ClassTable | PercentileScheme, ...]:
    """Return the tables beside the grade; raise `ConfigError` if one does not ship, or its file cannot be used."""
    names = danger.class_tables
    return tuple(read_class_table(Path(name)) if name.endswith(".toml") else load_class_table(name) for name in names)
