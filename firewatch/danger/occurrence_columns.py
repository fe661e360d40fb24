"""What a model of ignitions reads: readings of the day, the calendar, the place; and what each column counts for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.ignition_calendar import calendar_columns
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import numpy.typing as npt

    from firewatch.danger.ignition_calendar import IgnitionCalendar

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["model_columns", "part_of"]


def model_columns(
    days: Sequence[date],
    places: Sequence[str],
    readings: Mapping[str, Numbers],
    calendar: IgnitionCalendar,
    known_places: Sequence[str],
) -> dict[str, Numbers]:
    """Return all columns of some days at some places.

    Parameters
    ----------
    days : sequence of date, length n
        In China Standard Time.
    places : sequence of str, length n
        Each one of `known_places`.
    readings : mapping of str to ndarray, shape (n,)
        Codes, indices, grade, weather, by name.
    calendar : IgnitionCalendar
        The region's table.
    known_places : sequence of str
        Every place of the model. Each but the first has a column ``place.NAME``, 1 there and else 0.

    Returns
    -------
    dict of str to ndarray, shape (n,), float64

    Raises
    ------
    InvalidValue
        If a place is not known, or a day is beyond the lunar calendar.
    """
    strangers = sorted(set(places) - set(known_places))
    if strangers:
        raise InvalidValue("place", strangers[0], f"one that the model was fitted on: {', '.join(known_places)}")
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in readings.items()}
    columns |= calendar_columns(days, places, calendar)
    for known in known_places[1:]:
        columns[f"place.{known}"] = np.array([float(place == known) for place in places])
    return columns


def part_of(column: str) -> str:
    """Return the reason that a column counts for: a reading by itself, an occasion, the season, the place."""
    for family in ("season", "place"):
        if column.startswith(f"{family}."):
            return family
    return column.removesuffix(".closeness")
