"""JAXA Himawari wildfire product, level 2: hotspots every ten minutes, as CSV files in a folder.

Form by https://www.eorc.jaxa.jp/ptree/documents/README_Himawari_L2WLF.txt: files
``Hnn_YYYYMMDD_hhmm_L2WLFVER_FLDK.xxxxx_yyyyy.csv`` (nn 08 or 09 the satellite), two header lines that begin with
``#``, the second naming the columns ``ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,
FRP(Wm^-2),QF,Hot(ID)``. FRP times area is the power in MW. Reliability goes from 1 to 5; the daily product leaves out
what is below 2.5 on the mean (README_H08_L3WLF.txt): we take that for low, and 4 and 5, by our own choice, for high.
Elements beside a volcano are left out. The files come by FTP with an account of the P-Tree system (non-profit use):
another program fetches them.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.feeds.numbers import number_in
from firewatch.domain.geo import Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence
from firewatch.errors import DomainError, FeedError
from firewatch.services.weather_ports import Spotted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["HimawariFeed", "read_himawari_csv"]

_FILE = re.compile(r"H(?P<satellite>\d\d)_(?P<start>\d{8}_\d{4})_L2WLF.*\.csv")
_NEEDED = ("Year", "Month", "Day", "Time(UTC)", "Lat", "Lon", "Area(km^2)", "Volcano", "Reliability", "FRP(Wm^-2)")
_HEADER_LINES = 2
_LOW_BELOW, _HIGH_FROM = 2.5, 4.0
_HOURS_BACK = timedelta(hours=24)
_MOST_BYTES = 8_000_000


class HimawariFeed:
    """Fulfils `firewatch.services.weather_ports.HotspotFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    folder : Path
        Where the files are put.
    box_deg : list of float
        West, south, east and north [deg]: the product covers half the world.
    """

    def __init__(self, name: str, folder: Path, box_deg: list[float]) -> None:
        self._name = name
        self._folder = folder
        self._box_deg = box_deg

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, now: datetime) -> Spotted:
        """Return the hotspots of the last day's files; raise `FeedError` if there are none."""
        hotspots: list[Hotspot] = []
        problems: list[str] = []
        paths = [path for path in sorted(self._folder.glob("H*_L2WLF*.csv")) if _is_recent(path.name, now)]
        if not paths:
            why = f"{self._folder} holds no H*_L2WLF*.csv of the last 24 hours"
            raise FeedError(self._name, why, retryable=True)
        for path in paths:
            try:
                found = read_himawari_csv(self._name, path)
            except FeedError as err:
                problems.append(err.why)
                continue
            hotspots += [one for one in found.hotspots if self._is_inside(one.position)]
            problems += found.problems
        return Spotted(tuple(hotspots), tuple(problems))

    def _is_inside(self, position: Position) -> bool:
        west, south, east, north = self._box_deg
        return west <= position.lon_deg <= east and south <= position.lat_deg <= north


def _is_recent(name: str, now: datetime) -> bool:
    found = _FILE.fullmatch(name)
    if found is None:
        return False
    try:
        start = datetime.strptime(found["start"], "%Y%m%d_%H%M").replace(tzinfo=UTC)
    except ValueError:
        return False
    return now - _HOURS_BACK <= start <= now + _HOURS_BACK


def read_himawari_csv(name: str, path: Path) -> Spotted:
    """Read one file.

    Parameters
    ----------
    name : str
        Of the feed, for the error.
    path : Path
        Named as the product is: the name tells the satellite.

    Returns
    -------
    Spotted

    Raises
    ------
    FeedError
        If it cannot be read, or is no such file.
    """
    found = _FILE.fullmatch(path.name)
    if found is None:
        raise FeedError(name, f"{path.name} is not named Hnn_YYYYMMDD_hhmm_L2WLF...csv", retryable=False)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FeedError(name, f"{path.name} is larger than {_MOST_BYTES} bytes", retryable=False)
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as err:
        raise FeedError(name, f"{path} cannot be read: {err.strerror}", retryable=True) from err
    header = next(csv.reader([lines[1].lstrip("# ")]), []) if len(lines) >= _HEADER_LINES else []
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        raise FeedError(name, f"{path.name}: its second line names no column {', '.join(missing)}", retryable=True)
    return _rows(path.name, lines[_HEADER_LINES:], header, f"Himawari-{int(found['satellite'])}")


def _rows(file: str, lines: list[str], header: list[str], satellite: str) -> Spotted:
    hotspots: list[Hotspot] = []
    problems: list[str] = []
    for number, cells in enumerate(csv.reader(lines), start=_HEADER_LINES + 1):
        try:
            row = dict(zip(header, cells, strict=True))
            if number_in(row["Volcano"]) == 0.0:
                hotspots.append(_hotspot(row, satellite))
        except (ValueError, DomainError) as err:
            problems.append(f"{file} row {number}: {err}")
    return Spotted(tuple(hotspots), tuple(problems))


def _hotspot(row: Mapping[str, str], satellite: str) -> Hotspot:
    needed = {column: number_in(row[column]) for column in ("Lat", "Lon", "Area(km^2)", "Reliability")}
    absent = [column for column, value in needed.items() if value is None]
    if absent:
        raise ValueError(f"{', '.join(absent)} is empty")
    lat_deg, lon_deg, size_km2, reliability = (value or 0.0 for value in needed.values())
    flux_w_m2 = number_in(row["FRP(Wm^-2)"])
    day = f"{row['Year']}-{row['Month']}-{row['Day']} {row['Time(UTC)'].strip():0>4}"
    return Hotspot(
        Position(lat_deg, lon_deg),
        datetime.strptime(day, "%Y-%m-%d %H%M").replace(tzinfo=UTC),
        satellite,
        confidence=_confidence(reliability),
        size_km2=size_km2,
        frp_mw=None if flux_w_m2 is None else flux_w_m2 * size_km2,
        told_confidence=row["Reliability"].strip(),
    )


def _confidence(reliability: float) -> HotspotConfidence:
    if reliability < _LOW_BELOW:
        return HotspotConfidence.LOW
    return HotspotConfidence.HIGH if reliability >= _HIGH_FROM else HotspotConfidence.NOMINAL
