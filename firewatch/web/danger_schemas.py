"""The JSON of the danger page: words are in the asker's language, instants are UTC."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

__all__ = [
    "BesideOut",
    "CodeOut",
    "DangerCellOut",
    "DangerRowOut",
    "DangerStationOut",
    "DangerSurfaceOut",
    "DangerTableOut",
    "DoubtOut",
    "HighestOut",
    "HtzPartOut",
    "IgnitionDayOut",
    "IgnitionOut",
    "IgnitionReasonOut",
    "IgnitionWindowOut",
    "IndexClassOut",
    "LocalRankOut",
    "MarkOut",
    "StationDayOut",
    "TrendDayOut",
]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class DangerCellOut(_Out):
    """One place on one day: `kind` is observed, estimated, forecast or none, `grade` None wherever there is no data.

    `people` are the day's reasons for fires lit by people, told beside a low grade only.
    """

    day: date
    kind: str
    grade: int | None
    words: str
    fwi: float | None
    origin: str
    missing: list[str]
    is_doubted: bool
    people: str = ""


class DangerRowOut(_Out):
    """A line of the table: a county-level unit with the highest of its stations, or one of its several stations."""

    area: str
    station_id: str | None
    station: str
    is_area: bool
    outlook: str
    cells: list[DangerCellOut]


class HighestOut(_Out):
    """The highest danger of a day, and the units that have it; none where no unit has data."""

    cell: DangerCellOut
    areas: list[str]


class DangerTableOut(_Out):
    """Danger of all units, today and five days on; `changes` rises with every change of it."""

    at: datetime
    changes: int
    scale: str
    today: date
    days: list[date]
    rows: list[DangerRowOut]
    units: int
    missing: list[str]
    highest: list[HighestOut]


class MarkOut(_Out):
    """What a reader must know of a rating, and what it means."""

    words: str
    meaning: str


class DoubtOut(_Out):
    """What is doubtful about the day's reading: `meaning` of the check, and `why`, its finding, in English."""

    field: str
    kind: str
    meaning: str
    why: str


class HtzPartOut(_Out):
    """One part of the grade: of HTZ = A + B + C + D - E, or of a standard that the bureau filled in."""

    name: str
    sign: str
    points: int | float
    went_in: str
    is_unconfirmed: bool


class CodeOut(_Out):
    """One code or index: what it was the day before (None where it has no memory), and what went in."""

    name: str
    value: float
    before: float | None
    went_in: list[str]


class IndexClassOut(_Out):
    """The day's FWI by an agency's classes; the scheme's name goes with it, for the same word means another danger."""

    scheme: str
    name: str
    index: str
    value: float
    key: str
    words: str
    colour: str
    limits: str
    source: str
    is_unconfirmed: bool


class LocalRankOut(_Out):
    """Where the day's FWI stands in the station's record; None where the record has too few whole years."""

    rank_pct: float | None
    seasons: int
    needed: int
    words: str


class BesideOut(_Out):
    """The day by other scales than the grade."""

    classes: list[IndexClassOut]
    rank: LocalRankOut


class StationDayOut(_Out):
    """A day with all its parts."""

    cell: DangerCellOut
    scheme: str
    method: str
    htz: list[HtzPartOut]
    formula: str
    total: int | float | None
    limits: str
    start: str
    codes: list[CodeOut]
    weather: list[str]
    rain: str
    marks: list[MarkOut]
    doubts: list[DoubtOut]
    beside: BesideOut | None = None


class TrendDayOut(_Out):
    """A day of the trend; None where nothing is known."""

    cell: DangerCellOut
    ffmc: float | None
    dmc: float | None
    dc: float | None
    isi: float | None
    bui: float | None
    fwi: float | None


class DangerStationOut(_Out):
    """A station: the trend of seven days, the days to come, and one day opened (None where it has no data)."""

    at: datetime
    changes: int
    station_id: str
    name: str
    area: str
    scale: str
    today: date
    day: date
    opened: StationDayOut | None
    trend: list[TrendDayOut]


class IgnitionReasonOut(_Out):
    """Why people may light fires: the number's `source` is model, table or none; `place` None holds everywhere."""

    key: str
    place: str | None
    words: str
    multiplier: float | None
    source: str
    basis: str
    is_confirmed: bool


class IgnitionDayOut(_Out):
    """A day of the human-ignition calendar; `multiplier` is of all reasons together, None where none has one."""

    day: date
    weekday: str
    lunar: str
    multiplier: float | None
    reasons: list[IgnitionReasonOut]


class IgnitionWindowOut(_Out):
    """Days on end of one reason; `goes_on` where the thirty days end before it may."""

    key: str
    place: str | None
    name: str
    first: date
    last: date
    goes_on: bool
    words: str
    is_confirmed: bool


class IgnitionOut(_Out):
    """The human-ignition calendar: six days, windows of thirty days, the sources of numbers, why no model is used."""

    today: date
    days: list[IgnitionDayOut]
    windows: list[IgnitionWindowOut]
    sources: list[str]
    notes: list[str]


class DangerSurfaceOut(_Out):
    """Danger between the stations: value, standard deviation and class of each cell, row by row, south first.

    No data is None, and class 0. `corners` are longitude and latitude of the picture's corners, clockwise from the
    north-west, as MapLibre takes them. Of the `stations`, `forecasts` went in by a forecast. `shares` are per cent of
    the cells by class, from 0 on.
    """

    day: date
    index: str
    words: str
    stations: int
    forecasts: int
    limits: list[float]
    picture_url: str
    areas_url: str
    corners: list[tuple[float, float]]
    shares: list[float]
    lat_deg: list[float]
    lon_deg: list[float]
    values: list[list[float | None]]
    sigma: list[list[float | None]]
    classes: list[list[int]]
