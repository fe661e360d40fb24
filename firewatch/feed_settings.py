"""The settings of feeds, of quality control and of what is kept, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HOTSPOT_KINDS", "FeedConfig", "KeepConfig", "QualityConfig", "is_address", "wrong_feeds", "wrong_limits"]

HOTSPOT_KINDS = frozenset({"firms", "himawari"})
_A_PAIR, _A_BOX = 2, 4
_OF_FILES = frozenset({"station-csv", "gridded", "himawari"})
_OF_CODES = frozenset({"metar", "nmc"})

Pair = Annotated[list[float], Meta(max_length=2)]
FeedKind = Literal["station-csv", "open-meteo", "metar", "nmc", "gridded", "firms", "himawari"]


class QualityConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """What the climate of the place shows; a reading outside is kept and doubted.

    Parameters
    ----------
    usual_temp_c, usual_rh_pct, usual_wind_kmh, usual_rain_mm : list of two float
        The lowest and highest of hourly readings [deg C], [%], [km/h], [mm]; empty for no limit but the possible.
    """

    usual_temp_c: Pair = []
    usual_rh_pct: Pair = []
    usual_wind_kmh: Pair = []
    usual_rain_mm: Pair = []


class KeepConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How long what feeds gave, and what was asked of towers, is kept; noon readings and ratings are kept for ever.

    Parameters
    ----------
    hours_days, forecasts_days : float
        Of hourly readings and of forecasts [days].
    hotspots_days : float
        Of hotspots of satellites [days].
    commands_days : float
        Of the record of what was asked of towers, and of their answers [days].
    eyes_days : float
        Of the record of when which camera saw: without it an older fire's region knows of no silent camera [days].
    """

    # Feeds look back 60 days at most: a noon reading must never be made again of hours of which half are gone.
    hours_days: Annotated[float, Meta(ge=90.0, le=36_500.0)] = 400.0
    forecasts_days: Annotated[float, Meta(ge=7.0, le=36_500.0)] = 60.0
    hotspots_days: Annotated[float, Meta(ge=2.0, le=36_500.0)] = 400.0
    commands_days: Annotated[float, Meta(ge=30.0, le=36_500.0)] = 400.0
    eyes_days: Annotated[float, Meta(ge=2.0, le=36_500.0)] = 400.0


class FeedConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """One source of weather or hotspots; the block may stand any number of times, the most trusted source first.

    Parameters
    ----------
    kind : str
        Which adapter reads it.
    name : str
        In readings, logs and pages; empty means `kind`.
    every_s : float
        From one look to the next [s].
    timeout_s : float
        Longest try of a web address [s].
    url : str
        Empty means the source's own address.
    path : str
        File or folder of ``station-csv``, ``gridded`` and ``himawari``.
    stations : dict
        Code of the source by our station, for ``metar`` and ``nmc``; for the others which stations, their values
        unread; empty means all on the map.
    rows : "hours" or "noons"
        Of ``station-csv``.
    cells, rain : str
        Of ``gridded``: how a station's values are taken, and what its rain is the sum of.
    box_deg : list of four float
        Of ``firms`` and ``himawari``: west, south, east, north [deg].
    product : str
        Of ``firms``.
    """

    kind: FeedKind
    name: Annotated[str, Meta(max_length=40, pattern="^[a-z0-9-]*$")] = ""
    every_s: Annotated[float, Meta(ge=60.0, le=86_400.0)] = 1800.0
    timeout_s: Annotated[float, Meta(ge=1.0, le=300.0)] = 20.0
    url: str = ""
    path: str = ""
    stations: dict[str, str] = {}
    rows: Literal["hours", "noons"] = "hours"
    cells: Literal["bilinear", "nearest"] = "bilinear"
    rain: Literal["since-start", "since-last-step", "since-six-hours"] = "since-start"
    box_deg: list[float] = []
    product: Annotated[str, Meta(min_length=1, max_length=100)] = "VIIRS_NOAA20_NRT"

    @property
    def called(self) -> str:
        """The name, or the kind where there is none."""
        return self.name or self.kind


def wrong_limits(quality: QualityConfig) -> Iterator[tuple[str, str]]:
    """Tell the key and the fault of each limit that is none."""
    for key in quality.__struct_fields__:
        pair = getattr(quality, key)
        if pair and (len(pair) != _A_PAIR or not pair[0] < pair[1]):
            yield f"quality.{key}", f"{pair}; allowed are the lowest and the highest, as [-12, 43], or []"


def wrong_feeds(feeds: list[FeedConfig]) -> Iterator[tuple[str, str]]:
    """Tell the key and the fault of each block that cannot work."""
    called = [feed.called for feed in feeds]
    for place, feed in enumerate(feeds):
        key = f"feeds[{place}]"
        if called.count(feed.called) > 1 or feed.called == "mqtt":
            yield f"{key}.name", f"{feed.called!r} names another source, too; give each [[feeds]] block its own name"
        if feed.url and not is_address(feed.url):
            yield f"{key}.url", f"{feed.url!r}; allowed is an address as https://www.example.org/weather"
        if feed.kind in _OF_FILES and not feed.path:
            yield f"{key}.path", f"is empty; {feed.kind} needs a file or folder"
        if feed.kind in _OF_CODES and not feed.stations:
            how = 'write stations = { our-station = "CODE" }'
            yield f"{key}.stations", f"is empty; {feed.kind} needs the source's code of each station: {how}"
        if feed.kind in HOTSPOT_KINDS and not _is_box(feed.box_deg):
            given = f"{feed.box_deg}; allowed are west, south, east and north, as [110.0, 26.0, 113.5, 28.0]"
            yield f"{key}.box_deg", given


def _is_box(box_deg: list[float]) -> bool:
    if len(box_deg) != _A_BOX:
        return False
    west, south, east, north = box_deg
    return -180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0  # noqa: PLR2004 - degrees


def is_address(url: str) -> bool:
    """Return whether a text is an address of the web without a query."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    # The rest is put behind it: a query in it would swallow the link.
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
