"""Wiring of the belief: which weights, which known sources, whose decisions."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.ignition_toml import load_ignition_calendar, read_ignition_calendar
from firewatch.adapters.occurrence_json import read_occurrence_model
from firewatch.adapters.smoke_sources_geojson import read_smoke_sources
from firewatch.adapters.triage_files import read_triage_model
from firewatch.danger_settings import SHIPPED_CALENDAR
from firewatch.errors import ConfigError
from firewatch.fusion.triage import TriageModel, TriageWeights
from firewatch.services.believing import Circumstances
from firewatch.services.ignition import ignition_day
from firewatch.services.place_memory import PlaceMemory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, tzinfo

    from firewatch.config import CentralConfig
    from firewatch.danger_settings import DangerConfig
    from firewatch.domain.smoke_source import SmokeSource
    from firewatch.services.believing import Heat
    from firewatch.services.place_memory import DecisionLog
    from firewatch.triage_settings import TriageConfig

__all__ = ["smoke_sources", "surroundings", "triage_model"]

_EXPERT = 'set it to "" for the built-in expert table'


def triage_model(triage: TriageConfig) -> TriageModel:
    """Return the weights that the settings name.

    Raises
    ------
    ConfigError
        If their file cannot be used, or they were learned from simulated decisions.
    """
    if not triage.weights:
        return TriageModel(TriageWeights())
    model = read_triage_model(Path(triage.weights))
    if model.record is not None and model.record.is_simulated:
        why = f"{triage.weights} was learned from simulated decisions, which say nothing of real smoke; {_EXPERT}"
        raise ConfigError("settings", "triage.weights", why)
    return model


def smoke_sources(triage: TriageConfig) -> tuple[SmokeSource, ...]:
    """Return the known sources of smoke; raise `ConfigError` if their file cannot be used."""
    return read_smoke_sources(Path(triage.smoke_sources)) if triage.smoke_sources else ()


def surroundings(config: CentralConfig, zone: tzinfo, log: DecisionLog, heat: Heat | None = None) -> Circumstances:
    """Wire what a belief rests on besides the sightings.

    Raises
    ------
    ConfigError
        If a file that the settings name cannot be used.
    """
    return Circumstances(
        model=triage_model(config.triage),
        zone=zone,
        sources=smoke_sources(config.triage),
        decisions=PlaceMemory(log),
        heat=heat,
        ignitions=_ignitions(config.danger),
    )


def _ignitions(danger: DangerConfig) -> Callable[[date], float | None] | None:
    name = danger.ignition_calendar
    if not name:
        return None
    calendar = load_ignition_calendar() if name == SHIPPED_CALENDAR else read_ignition_calendar(Path(name))
    model = read_occurrence_model(Path(danger.occurrence_model)) if danger.occurrence_model else None
    # Of no single place: an occasion of one village says nothing of a smoke elsewhere.
    return lru_cache(maxsize=32)(lambda day: ignition_day(day, calendar, None, model).multiplier)
