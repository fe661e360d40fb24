"""The danger table: county-level units, today and five days on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.station_days import MARK_DOUBTFUL
from firewatch.web.danger_schemas import DangerCellOut, DangerRowOut, DangerTableOut, HighestOut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import StationId
    from firewatch.domain.weather import Observation
    from firewatch.services.danger_views import DangerBoard, StationDanger
    from firewatch.web.words import Speaker

__all__ = ["DAYS_AHEAD", "LOW_GRADES", "cell_out", "table_out"]

DAYS_AHEAD = 5
_DAY = timedelta(days=1)
# Up to this grade a reader might think that nothing can burn.
LOW_GRADES = (1, 2)


def table_out(
    board: DangerBoard, speaker: Speaker, at: datetime, people: Mapping[date, str] | None = None
) -> DangerTableOut:
    """Return the table as known at an instant; `people` are each day's reasons for fires lit by people."""
    today = at.astimezone(speaker.time_zone).date()
    days = [today + n * _DAY for n in range(DAYS_AHEAD + 1)]
    # The number first: what changes meanwhile is then looked at again.
    changes = board.changes()
    dangers = {one.station_id: one for one in board.dangers(today - _DAY, days[-1], at)}
    units = [(name, [dangers[key] for key in stations if key in dangers]) for name, stations in _units(speaker)]
    rows = [row for name, stations in units for row in _rows(name, stations, days, speaker)]
    rows = [_with_people(row, people or {}) for row in rows]
    heads = [row for row in rows if row.is_area]
    return DangerTableOut(
        at=at,
        changes=changes,
        scale=speaker.texts.text("danger.scale"),
        today=today,
        days=days,
        rows=rows,
        units=len(heads),
        missing=[row.area for row in heads if row.cells[0].grade is None],
        highest=[_highest_out(heads, place, day, speaker) for place, day in enumerate(days)],
    )


def _with_people(row: DangerRowOut, people: Mapping[date, str]) -> DangerRowOut:
    """Return a row with the day's reasons beside each low grade: a damp Qingming is still dangerous."""
    cells = [
        cell.model_copy(update={"people": people.get(cell.day, "")}) if cell.grade in LOW_GRADES else cell
        for cell in row.cells
    ]
    return row.model_copy(update={"cells": cells})


def _highest_out(heads: Sequence[DangerRowOut], place: int, day: date, speaker: Speaker) -> HighestOut:
    cells = [row.cells[place] for row in heads]
    highest = _highest(cells) if cells else _none(day, speaker)
    areas = [row.area for row in heads if highest.grade is not None and row.cells[place].grade == highest.grade]
    return HighestOut(cell=highest, areas=areas)


def _units(speaker: Speaker) -> list[tuple[str, list[StationId]]]:
    """Return the units with their stations; a station of no unit is one by itself."""
    sites = speaker.sites
    units = [
        (speaker.name(area.name), [one.station_id for one in sites.stations if one.area_code == area.area_code])
        for area in sites.areas
    ]
    listed = {key for _, stations in units for key in stations}
    alone = [(speaker.name(one.name), [one.station_id]) for one in sites.stations if one.station_id not in listed]
    return [*units, *alone]


def _rows(name: str, stations: Sequence[StationDanger], days: Sequence[date], speaker: Speaker) -> list[DangerRowOut]:
    own = [
        DangerRowOut(
            area=name,
            station_id=one.station_id,
            station=speaker.station(one.station_id),
            is_area=False,
            outlook=_issued(one, speaker),
            cells=[_today_out(one, days[0], speaker), *(cell_out(one, day, one.weather, speaker) for day in days[1:])],
        )
        for one in stations
    ]
    if len(own) == 1:
        return [own[0].model_copy(update={"is_area": True})]
    cells = [_highest([row.cells[n] for row in own]) if own else _none(day, speaker) for n, day in enumerate(days)]
    words = speaker.texts.text("danger.stations", count=len(own)) if own else speaker.texts.text("danger.stations.none")
    return [DangerRowOut(area=name, station_id=None, station=words, is_area=True, outlook="", cells=cells), *own]


def _highest(cells: Sequence[DangerCellOut]) -> DangerCellOut:
    """Return the most dangerous of some places on one day; no data only where none has any."""
    return max(cells, key=lambda cell: cell.grade or 0)


def _none(day: date, speaker: Speaker) -> DangerCellOut:
    words = speaker.texts.text("danger.grade.none")
    return DangerCellOut(
        day=day, kind="none", grade=None, words=words, fwi=None, origin="", missing=[], is_doubted=False
    )


def _issued(danger: StationDanger, speaker: Speaker) -> str:
    outlook = danger.outlook
    if outlook is None:
        return speaker.texts.text("danger.outlook.none")
    issued = speaker.short_stamp(outlook.issued_at)
    return speaker.texts.text("danger.outlook", source=outlook.source, time=issued)


def _today_out(danger: StationDanger, today: date, speaker: Speaker) -> DangerCellOut:
    """Return today's danger; where there is none yet, what it was yesterday is told beside it."""
    cell = cell_out(danger, today, danger.weather, speaker)
    yesterday, _ = danger.on(today - _DAY)
    if cell.kind != "none" or yesterday is None or yesterday.grade is None:
        return cell
    words = speaker.texts.text("danger.yesterday", words=speaker.danger(yesterday))
    return cell.model_copy(update={"origin": words})


def cell_out(danger: StationDanger, day: date, weather: Observation | None, speaker: Speaker) -> DangerCellOut:
    """Return a station's danger of a day: what was observed goes before what was forecast.

    The weather gives its source, where it is that behind the day's rating.
    """
    rating, is_forecast = danger.on(day)
    if rating is None:
        return _none(day, speaker)
    kind = "forecast" if is_forecast else ("estimated" if rating.is_estimated else "observed")
    return DangerCellOut(
        day=day,
        kind=kind,
        grade=rating.grade.value if rating.grade else None,
        words=speaker.danger(rating),
        fwi=round(rating.indices.fwi, 1),
        origin=_origin(danger, rating, weather, kind, speaker),
        missing=[speaker.texts.text(f"weather.field.{name}") for name in rating.missing],
        is_doubted=MARK_DOUBTFUL in rating.marks,
    )


def _origin(
    danger: StationDanger, rating: DangerRating, weather: Observation | None, kind: str, speaker: Speaker
) -> str:
    """Return where a rating comes from, and when that was."""
    texts = speaker.texts
    if kind == "forecast" and danger.outlook is not None:
        issued = speaker.short_stamp(danger.outlook.issued_at)
        return texts.text("danger.origin.forecast", source=danger.outlook.source, time=issued)
    if kind == "estimated":
        return texts.text("danger.origin.estimated")
    source = weather.source if weather is not None and weather.observed_at == rating.valid_at else ""
    return texts.text("danger.origin.observed", source=source, time=speaker.short_stamp(rating.valid_at)).strip()
