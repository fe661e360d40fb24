"""Days at places with their fires and readings, from a CSV file: what an occurrence model is fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import CffdrsTable, NumberColumn, read_cffdrs_csv
from firewatch.adapters.fwi_table import require_wind_unit
from firewatch.domain.lunar import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["ONLY_PLACE", "READINGS", "FireHistory", "read_fire_history"]

ONLY_PLACE = "here"
READINGS = (
    NumberColumn("ffmc", "", 0.0, 101.0),
    NumberColumn("dmc", "", 0.0, 2000.0),
    NumberColumn("dc", "", 0.0, 5000.0),
    NumberColumn("isi", "", 0.0, 1000.0),
    NumberColumn("bui", "", 0.0, 2000.0),
    NumberColumn("fwi", "", 0.0, 1000.0),
    NumberColumn("dsr", "", 0.0, 5000.0),
    NumberColumn("grade", "", 1.0, 5.0),
    NumberColumn("temp_c", "deg C", -60.0, 60.0),
    NumberColumn("rh_pct", "%", 0.0, 100.0),
    NumberColumn("wind_kmh", "km/h", 0.0, 400.0),
    NumberColumn("rain_mm", "mm", 0.0, 2000.0),
)
_FIRES = NumberColumn("fires", "", 0.0, 1000.0)


@dataclass(frozen=True, slots=True)
class FireHistory:
    """A file's rows.

    Parameters
    ----------
    table : CffdrsTable
        The file as it is.
    days : tuple of date, length n
        Of each row.
    places : tuple of str, length n
        `ONLY_PLACE` where the file has no column for it.
    fires : ndarray, shape (n,), or None
        Counts; None of a file without them.
    readings : dict of str to ndarray, shape (n,)
        The columns of `READINGS` that the file has.
    """

    table: CffdrsTable
    days: tuple[date, ...]
    places: tuple[str, ...]
    fires: Numbers | None
    readings: dict[str, Numbers]

    @property
    def missing_days(self) -> int:
        """How many days between a place's first and last row have no row, over all places."""
        spans: dict[str, tuple[date, date]] = {}
        for day, place in zip(self.days, self.places, strict=True):
            first, last = spans.get(place, (day, day))
            spans[place] = (min(first, day), max(last, day))
        return sum((last - first).days + 1 for first, last in spans.values()) - len(self.days)


def read_fire_history(path: Path, *, needs_fires: bool, without: tuple[str, ...] = ()) -> FireHistory:
    """Read a history.

    Parameters
    ----------
    path : Path
        UTF-8, with a header row; columns in any order and case. `date` (as 2024-04-04); `place`, if there are several;
        `fires`, the number of ignitions, also 0; any of `READINGS`. Others are left alone.
    needs_fires : bool
        Whether there must be a column of fires.
    without : tuple of str
        Readings to leave out.

    Returns
    -------
    FireHistory

    Raises
    ------
    ObservationError, InvalidValue
        Naming file, row, column, what is there and what is allowed; also for two rows of one place and day.
    """
    table = read_cffdrs_csv(path)
    days = tuple(_day(table, row, cell) for row, cell in enumerate(table.texts("date")))
    places = tuple(table.texts("place")) if table.has("place") else (ONLY_PLACE,) * len(days)
    seen: set[tuple[date, str]] = set()
    for row, key in enumerate(zip(days, places, strict=True)):
        if not key[1]:
            table.refuse(row, "place", "a name")
        if key in seen:
            table.refuse(row, "date", "one row a place and day")
        seen.add(key)
    fires = _whole_numbers(table) if needs_fires else None
    wanted = [column for column in READINGS if table.has(column.name) and column.name not in without]
    if any(column.name == "wind_kmh" for column in wanted):
        require_wind_unit(table, "km/h")
    return FireHistory(table, days, places, fires, {column.name: table.numbers(column) for column in wanted})


def _day(table: CffdrsTable, row: int, cell: str) -> date:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        table.refuse(row, "date", f"a day as 2024-04-04, from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _whole_numbers(table: CffdrsTable) -> Numbers:
    counts = table.numbers(_FIRES)
    broken = counts != np.floor(counts)
    if broken.any():
        table.refuse(int(broken.argmax()), _FIRES.name, "a whole number of ignitions")
    return counts
