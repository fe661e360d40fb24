"""NASA FIRMS: hotspots of VIIRS and MODIS, as CSV of its area service.

``https://firms.modaps.eosdis.nasa.gov/api/area/csv/KEY/SOURCE/WEST,SOUTH,EAST,NORTH/DAYS``. Columns of VIIRS by
https://www.earthdata.nasa.gov/learn/find-data/near-real-time/firms/viirs-i-band-375-m-active-fire-data: ``latitude,
longitude, bright_ti4, scan, track, acq_date, acq_time, satellite, instrument, confidence, version, bright_ti5, frp,
daynight``; MODIS (.../firms/c6-mcd14dl) has ``brightness`` and ``bright_t31`` in their places. ``acq_time`` is HHMM
in UTC, at times without leading noughts. ``confidence`` of VIIRS is l, n or h, also written out (low, nominal, high);
of MODIS 0 to 100 %: below 30 low, from 80 high (MODIS Collection 6 user's guide). ``frp`` is in MW, ``scan`` and
``track`` are the sizes of the element in km. An error, as a refused key, comes as a line of text.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.feeds.numbers import number_in
from firewatch.domain.geo import Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence
from firewatch.errors import DomainError, FeedError
from firewatch.services.weather_ports import Spotted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.adapters.feeds.web_source import WebSource

__all__ = ["FirmsFeed", "read_firms_csv"]

_NEEDED = frozenset({"latitude", "longitude", "acq_date", "acq_time", "satellite", "confidence", "frp"})
_LETTERS = {
    "l": HotspotConfidence.LOW,
    "n": HotspotConfidence.NOMINAL,
    "h": HotspotConfidence.HIGH,
}
_NOMINAL_PCT, _HIGH_PCT = 30.0, 80.0
_HUNDRED_PCT = 100.0
_LAST = timedelta(hours=24)


class FirmsFeed:
    """Fulfils `firewatch.services.weather_ports.HotspotFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    web : WebSource
        How it asks.
    url : str
        As ``https://firms.modaps.eosdis.nasa.gov/api/area/csv``.
    product : str
        As ``VIIRS_NOAA20_NRT``.
    box_deg : list of float
        West, south, east and north [deg].
    key : str
        The map key; never told.
    """

    def __init__(self, name: str, web: WebSource, url: str, product: str, box_deg: list[float], key: str) -> None:
        self._name = name
        self._web = web
        box = ",".join(f"{side:g}" for side in box_deg)
        # Calendar days of UTC, counted back from today: yesterday's belong to the last 24 hours, too.
        self._url = f"{url.rstrip('/')}/{key}/{product}/{box}/2"

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, now: datetime) -> Spotted:
        """Return the hotspots of the last 24 hours; raise `FeedError` if the answer is no table."""
        spotted = read_firms_csv(self._name, self._web.get(self._url).text())
        return replace(spotted, hotspots=tuple(one for one in spotted.hotspots if one.at >= now - _LAST))


def read_firms_csv(name: str, text: str) -> Spotted:
    """Read a table of FIRMS.

    Parameters
    ----------
    name : str
        Of the feed, for the error.
    text : str
        With its header.

    Returns
    -------
    Spotted

    Raises
    ------
    FeedError
        If it has no such header.
    """
    rows = csv.DictReader(text.splitlines())
    missing = sorted(_NEEDED - {*(rows.fieldnames or ())})
    if missing:
        why = f"no table with a column {', '.join(missing)}; it starts with {text[:80]!r}"
        raise FeedError(name, why, retryable=True)
    hotspots: list[Hotspot] = []
    problems: list[str] = []
    for row in rows:
        try:
            hotspots.append(_hotspot(row))
        except (ValueError, DomainError) as err:
            problems.append(f"row {rows.line_num}: {err}")
    return Spotted(tuple(hotspots), tuple(problems))


def _hotspot(row: Mapping[str, str | None]) -> Hotspot:
    if None in row.values() or None in row:
        raise ValueError("has not as many cells as the header")
    return _hotspot_of({column: cell or "" for column, cell in row.items()})


def _hotspot_of(row: Mapping[str, str]) -> Hotspot:
    lat_deg, lon_deg = number_in(row["latitude"]), number_in(row["longitude"])
    if lat_deg is None or lon_deg is None:
        raise ValueError("latitude and longitude are empty; a hotspot needs both")
    scan_km, track_km = number_in(row.get("scan")), number_in(row.get("track"))
    told = row["confidence"].strip()
    return Hotspot(
        Position(lat_deg, lon_deg),
        datetime.strptime(f"{row['acq_date']} {row['acq_time'].strip():0>4}", "%Y-%m-%d %H%M").replace(tzinfo=UTC),
        row["satellite"],
        confidence=_confidence(told),
        size_km2=None if scan_km is None or track_km is None else scan_km * track_km,
        frp_mw=number_in(row["frp"]),
        brightness_k=number_in(row.get("bright_ti4", row.get("brightness"))),
        told_confidence=told,
    )


def _confidence(told: str) -> HotspotConfidence | None:
    if told[:1].lower() in _LETTERS:
        return _LETTERS[told[:1].lower()]
    percent = number_in(told)
    if percent is None:
        return None
    if not 0.0 <= percent <= _HUNDRED_PCT:
        raise ValueError(f"confidence {told}; allowed is l, n, h, or 0 to 100 %")
    if percent < _NOMINAL_PCT:
        return HotspotConfidence.LOW
    return HotspotConfidence.HIGH if percent >= _HIGH_PCT else HotspotConfidence.NOMINAL
