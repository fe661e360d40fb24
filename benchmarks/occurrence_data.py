"""Two public tables of fires, and a simulated one with a known truth, as the occurrence model reads them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.ignition_calendar import calendar_columns
from firewatch.learning.candidates import OccurrenceData

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.danger.ignition_calendar import IgnitionCalendar

__all__ = ["algeria", "montesinho", "simulated", "with_columns", "yesterday"]

ALGERIA = "Algerian_forest_fires_dataset_UPDATE.csv"
MONTESINHO = "forestfires.csv"
CODES = ("FFMC", "DMC", "DC", "ISI", "BUI", "FWI")
WEATHER = ("Temperature", "RH", "Ws", "Rain")
_ALGERIA_CELLS = 14
_BLOCK_DAYS = 10
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def algeria(folder: Path) -> OccurrenceData:
    """Return the days of two regions of Algeria, June to September 2012 (Abid and Izeboudjen, 2019).

    One row of the file has lost a comma: '14.6 9' stands for two cells, and an empty cell near its end makes up for it.
    It is read by a rule: a cell with a blank between two numbers is two cells, if one empty cell then falls away; any
    other row that does not have 14 readable cells is an error.
    """
    rows, region = [], ""
    for cells in csv.reader(io.StringIO((folder / ALGERIA).read_text("utf-8"))):
        first = cells[0].strip() if cells else ""
        if first.endswith("Region Dataset"):
            region = first.removesuffix("Region Dataset").strip()
        elif first.isdigit():
            rows.append((region, _repaired(cells)))
    numbers = np.array([[float(cell) for cell in cells[3:13]] for _, cells in rows])
    days = [date(int(cells[2]), int(cells[1]), int(cells[0])) for _, cells in rows]
    columns = {name: numbers[:, place] for place, name in enumerate((*WEATHER, *CODES))}
    first_day = min(days)
    return OccurrenceData(
        columns,
        {name: name for name in columns},
        np.array([float(cells[13].strip() == "fire") for _, cells in rows]),
        np.array([name for name, _ in rows]),
        np.array([day.month for day in days]),
        np.array([(day - first_day).days // _BLOCK_DAYS for day in days]),
    )


def _repaired(cells: list[str]) -> list[str]:
    parts = [part for cell in cells[:13] for part in (cell.split() or [""])] + cells[13:]
    if len(parts) == _ALGERIA_CELLS + 1:
        parts.remove("")
    if len(parts) != _ALGERIA_CELLS or "" in parts or parts[13].strip() not in {"fire", "not fire"}:
        message = f"a row that cannot be read: {cells}"
        raise ValueError(message)
    return parts


def with_columns(data: OccurrenceData, names: tuple[str, ...]) -> OccurrenceData:
    """Return the same days with some of the columns."""
    columns = {name: data.columns[name] for name in names}
    return OccurrenceData(columns, data.parts, data.count, data.place, data.month, data.block)


def yesterday(data: OccurrenceData) -> OccurrenceData:
    """Return each day with the columns of the day before at its place; each place's first day falls away."""
    rows = np.concatenate([np.flatnonzero(data.place == place)[1:] for place in np.unique(data.place)])
    columns = {name: column[rows - 1] for name, column in data.columns.items()}
    after = data.rows(rows)
    return OccurrenceData(columns, data.parts, after.count, after.place, after.month, after.block)


def montesinho(folder: Path, least_ha: float) -> OccurrenceData:
    """Return the fires of Montesinho, Portugal, 2000 to 2003 (Cortez and Morais, 2007): 517 rows, every one a fire.

    There is no day without fire in it, so it cannot teach occurrence. Its "fire" here is a burnt area above `least_ha`.
    A block is all fires with one month, weekday and set of codes: the same day, for all that the file says.
    """
    with (folder / MONTESINHO).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = ("FFMC", "DMC", "DC", "ISI", "temp", "RH", "wind", "rain")
    columns = {name: np.array([float(row[name]) for row in rows]) for name in names}
    columns["weekend"] = np.array([float(row["day"] in {"sat", "sun"}) for row in rows])
    days = ["|".join(row[name] for name in ("month", "day", "FFMC", "DMC", "DC", "ISI")) for row in rows]
    return OccurrenceData(
        columns,
        {name: name for name in columns},
        np.array([float(float(row["area"]) > least_ha) for row in rows]),
        np.array([f"{row['X']}-{row['Y']}" for row in rows]),
        np.array([1 + _MONTHS.index(row["month"]) for row in rows]),
        np.unique(days, return_inverse=True)[1].astype(np.int64),
    )


def simulated(
    calendar: IgnitionCalendar, years: int, rng: np.random.Generator
) -> tuple[OccurrenceData, npt.NDArray[np.float64]]:
    """Return years of days at two counties whose chance of fire is known, and that chance.

    Qingming multiplies the odds by 6, the Spring Festival by 3, ten points of FWI by 2; the counties differ by 1.5.
    """
    first = date(2005, 6, 1)
    span = (first.replace(year=first.year + years) - first).days
    days = [first + timedelta(days=n) for n in range(span)] * 2
    places = ["east"] * span + ["west"] * span
    columns = calendar_columns(days, places, calendar)
    turn = 2 * np.pi * np.arange(span) / 365.25
    wet = np.convolve(rng.normal(size=span + 9), np.ones(10) / np.sqrt(10), "valid")
    columns["fwi"] = np.tile(np.clip(10 - 6 * np.cos(turn) + 6 * wet, 0.0, None), 2)
    columns["place.west"] = np.array([float(place == "west") for place in places])
    odds = -5.0 + np.log(2.0) * columns["fwi"] / 10 + np.log(1.5) * columns["place.west"]
    odds += np.log(6.0) * columns["occasion.qingming"] + np.log(3.0) * columns["occasion.spring-festival"]
    chance = 1.0 / (1.0 + np.exp(-odds))
    data = OccurrenceData(
        columns,
        {name: name.removesuffix(".closeness") for name in columns},
        (rng.random(len(days)) < chance).astype(np.float64),
        np.array(places),
        np.array([day.month for day in days]),
        np.array([day.year - (day.month < first.month) for day in days]),
    )
    return data, chance
