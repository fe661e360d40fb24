"""Danger between the stations: as JSON, and as a map that needs no script."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from firewatch.geodesy import mercator_y
from firewatch.web.danger_schemas import DangerSurfaceOut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    import numpy.typing as npt

    from firewatch.danger.surface_grid import SurfaceGrid
    from firewatch.domain.geo import Position
    from firewatch.services.danger_views import DangerSurface, StationDanger
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["SurfaceMap", "surface_map", "surface_on", "surface_out"]

_DAY = timedelta(days=1)
WIDTH = 400.0
_MARK_LETTERS = 8
_LINE, _WIDE, _NARROW, _GAP = 17.0, 14.5, 8.0, 8.0


def surface_on(services: WebServices, speaker: Speaker, day: date | None) -> DangerSurface | None:
    """Return the surface of a day; without a day today's, else yesterday's."""
    if services.surface is None:
        return None
    at = services.clock.now()
    today = at.astimezone(speaker.time_zone).date()
    days = (today, today - _DAY) if day is None else (day,)
    found = (services.surface.surface(one, at) for one in days)
    return next((one for one in found if one is not None), None)


def surface_out(surface: DangerSurface, speaker: Speaker, *, has_cells: bool = True) -> DangerSurfaceOut:
    """Return a surface as JSON; `has_cells` false leaves the cells out."""
    grid = surface.grid
    west, south, east, north = grid.axes.box_deg
    return DangerSurfaceOut(
        day=surface.day,
        index=grid.quantity,
        words=_words(surface, speaker),
        stations=grid.stations,
        forecasts=surface.forecasts,
        limits=list(grid.limits.limits),
        picture_url=_address(surface),
        areas_url=f"/api/v1/danger/surface.geojson?day={surface.day}",
        corners=[(west, north), (east, north), (east, south), (west, south)],
        shares=_shares(grid),
        lat_deg=grid.axes.lat_deg.tolist() if has_cells else [],
        lon_deg=grid.axes.lon_deg.tolist() if has_cells else [],
        values=_rows(grid.value) if has_cells else [],
        sigma=_rows(grid.sigma) if has_cells else [],
        classes=grid.grade.tolist() if has_cells else [],
    )


def _rows(grid: npt.NDArray[np.float64]) -> list[list[float | None]]:
    # JSON has no NaN.
    return [[value if math.isfinite(value) else None for value in row] for row in grid.tolist()]


def _address(surface: DangerSurface) -> str:
    # The mark of its content: a browser that has this one need not ask for another.
    mark = sha256(surface.png).hexdigest()[:_MARK_LETTERS]
    return f"/api/v1/danger/surface.png?day={surface.day}&v={mark}"


def _shares(grid: SurfaceGrid) -> list[float]:
    """Return per cent of the cells by class, first those without data."""
    counts = np.bincount(grid.grade.ravel(), minlength=grid.limits.count + 1)
    return [round(100.0 * count / grid.grade.size, 1) for count in counts.tolist()]


def _words(surface: DangerSurface, speaker: Speaker) -> str:
    facts = {"day": f"{surface.day:%m-%d}", "stations": surface.grid.stations, "forecasts": surface.forecasts}
    return speaker.texts.text("danger.surface.of_forecasts" if surface.forecasts else "danger.surface.of", **facts)


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A place on the map; its label stands at (x, y) of `label_x`, `label_y` and runs from there as `anchor` says."""

    x: float
    y: float
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class LegendRow:
    """A class with its part of the map: `grade` is None for no data."""

    grade: int | None
    words: str
    share: str


@dataclass(frozen=True, slots=True)
class SurfaceMap:
    """The surface as a drawing 400 units wide.

    Parameters
    ----------
    words : str
        What it was made of.
    alt : str
        The same as the picture says, in words.
    picture_url : str
        Of the coloured areas.
    width, height : float
        Of the drawing.
    stations, towers : tuple of MapPlace
        On the map.
    legend : tuple of LegendRow
        The classes from low to high, then no data.
    """

    words: str
    alt: str
    picture_url: str
    width: float
    height: float
    stations: tuple[MapPlace, ...]
    towers: tuple[MapPlace, ...]
    legend: tuple[LegendRow, ...]


def surface_map(surface: DangerSurface, dangers: Sequence[StationDanger], speaker: Speaker, at: datetime) -> SurfaceMap:
    """Return the map of a surface.

    Parameters
    ----------
    surface : DangerSurface
        What is shown.
    dangers : sequence of StationDanger
        Of all stations, around the surface's day.
    speaker : Speaker
        Names places.
    at : datetime
        Now.
    """
    frame = _Frame.of(surface.grid)
    grades = {one.station_id: one.on(surface.day)[0] for one in dangers}
    labels = []
    for station in speaker.sites.stations:
        rating = grades.get(station.station_id)
        number = "" if rating is None or rating.grade is None else f"{rating.grade.value} "
        labels.append((station.position, f"{speaker.name(station.name)} {number}{speaker.grade(rating)}"))
    towers = [(*frame.at(tower.position), "") for tower in speaker.sites.towers]
    legend = tuple(_legend(surface.grid, speaker))
    shares = speaker.texts.text("list.comma").join(f"{row.words} {row.share}" for row in legend)
    is_today = surface.day == at.astimezone(speaker.time_zone).date()
    old = "" if is_today else speaker.texts.text("danger.surface.not_today")
    return SurfaceMap(
        words=_words(surface, speaker) + old,
        alt=f"{speaker.texts.text('danger.surface')}: {shares}",
        picture_url=_address(surface),
        width=WIDTH,
        height=round(frame.height, 1),
        stations=tuple(_placed([(*frame.at(position), label) for position, label in labels], frame.height)),
        towers=tuple(MapPlace(x, y, "", x, y, "start") for x, y, _ in towers),
        legend=legend,
    )


def _legend(grid: SurfaceGrid, speaker: Speaker) -> Iterator[LegendRow]:
    none, *shares = _shares(grid)
    for grade, share in enumerate(shares, start=1):
        yield LegendRow(grade, f"{grade} {speaker.texts.text(f'danger.grade.{grade}')}", f"{share:.0f}%")
    yield LegendRow(None, speaker.texts.text("danger.grade.none"), f"{none:.0f}%")


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where places lie in the drawing: as on a web map, in Web Mercator."""

    west: float
    north_y: float
    per_deg: float
    height: float

    @classmethod
    def of(cls, grid: SurfaceGrid) -> _Frame:
        west, south, east, north = grid.axes.box_deg
        per_deg = WIDTH / (east - west)
        top, bottom = float(mercator_y(north)), float(mercator_y(south))
        return cls(west, top, per_deg, (top - bottom) * math.degrees(1.0) * per_deg)

    def at(self, position: Position) -> tuple[float, float]:
        """Return x and y from the upper left."""
        y = (self.north_y - float(mercator_y(position.lat_deg))) * math.degrees(1.0) * self.per_deg
        return round((position.lon_deg - self.west) * self.per_deg, 1), round(y, 1)


def _placed(labels: Sequence[tuple[float, float, str]], height: float) -> Iterator[MapPlace]:
    """Put each label where it covers none of those before: right, left, below or above its place."""
    taken: list[tuple[float, float, float, float]] = []
    for x, y, label in labels:
        width = sum(_WIDE if ord(letter) > 0x2E7F else _NARROW for letter in label)  # noqa: PLR2004 - first of CJK
        tries = (
            ("start", x + _GAP, y + 5, x + _GAP),
            ("end", x - _GAP, y + 5, x - _GAP - width),
            ("middle", x, y + 21, x - width / 2),
            ("middle", x, y - 11, x - width / 2),
        )
        free = [one for one in tries if _fits((one[3], one[2] - _LINE, one[3] + width, one[2]), taken, height)]
        anchor, label_x, label_y, left = (free or tries)[0]
        taken.append((left, label_y - _LINE, left + width, label_y))
        yield MapPlace(x, y, label, round(label_x, 1), round(label_y, 1), anchor)


def _fits(
    box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]], height: float
) -> bool:
    left, top, right, bottom = box
    if left < 0.0 or top < 0.0 or right > WIDTH or bottom > height:
        return False
    return all(right < one[0] or one[2] < left or bottom < one[1] or one[3] < top for one in taken)
