"""Wiring of the feeds: which adapter reads each block of the settings, about which stations, by which rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.feeds.firms import FirmsFeed
from firewatch.adapters.feeds.gridded import GriddedFeed
from firewatch.adapters.feeds.himawari import HimawariFeed
from firewatch.adapters.feeds.metar import MetarFeed
from firewatch.adapters.feeds.nmc import NmcFeed
from firewatch.adapters.feeds.open_meteo import OpenMeteoFeed
from firewatch.adapters.feeds.station_csv import StationCsvFeed
from firewatch.danger.noon import NoonRules
from firewatch.danger.quality import FieldLimits, QualityLimits, Span
from firewatch.errors import ConfigError
from firewatch.feed_settings import HOTSPOT_KINDS
from firewatch.services.feeding import FeedRules, PacedFeed
from firewatch.services.hotspot_feeds import PacedHotspots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.adapters.feeds.web_source import WebSource
    from firewatch.config import CentralConfig, Secrets
    from firewatch.domain.sites import SiteMap, Station
    from firewatch.feed_settings import FeedConfig
    from firewatch.services.weather_ports import HotspotFeed, WeatherFeed

__all__ = ["FeedSet", "build_feeds", "feed_paces", "feed_rules", "feed_warnings"]

_ADDRESSES = {
    "open-meteo": "https://api.open-meteo.com/v1/forecast",
    "metar": "https://aviationweather.gov/api/data/metar",
    "nmc": "https://www.nmc.cn/rest/weather",
    "firms": "https://firms.modaps.eosdis.nasa.gov/api/area/csv",
}


@dataclass(frozen=True, slots=True)
class FeedSet:
    """The feeds of a centre.

    Parameters
    ----------
    weather : tuple of PacedFeed
        In the order of the settings, which is that of trust.
    hotspots : tuple of PacedHotspots
        In the order of the settings.
    """

    weather: tuple[PacedFeed, ...]
    hotspots: tuple[PacedHotspots, ...]


def feed_rules(config: CentralConfig) -> FeedRules:
    """Return the rules of quality control and of noon."""
    default, quality = QualityLimits(), config.quality
    limits = replace(
        default,
        temp_c=_usual(default.temp_c, quality.usual_temp_c),
        rh_pct=_usual(default.rh_pct, quality.usual_rh_pct),
        wind_kmh=_usual(default.wind_kmh, quality.usual_wind_kmh),
        rain_mm=_usual(default.rain_mm, quality.usual_rain_mm),
    )
    return FeedRules(limits, NoonRules(utc_offset=timedelta(hours=config.danger.utc_offset_h)))


def _usual(limits: FieldLimits, pair: list[float]) -> FieldLimits:
    return replace(limits, usual=Span(*pair)) if pair else limits


def build_feeds(config: CentralConfig, sites: SiteMap, secrets: Secrets) -> FeedSet:
    """Build the adapter of each block.

    Raises
    ------
    ConfigError
        If a block names a station that is on no map, or lacks its key in the environment.
    """
    rules = feed_rules(config).noon
    weather: list[PacedFeed] = []
    hotspots: list[PacedHotspots] = []
    for place, feed in enumerate(config.feeds):
        if feed.kind in HOTSPOT_KINDS:
            hotspots.append(PacedHotspots(_hotspot_feed(feed, secrets), feed.every_s))
        else:
            stations = _stations(feed, f"feeds[{place}].stations", sites)
            gives_noons = feed.kind == "station-csv" and feed.rows == "noons"
            weather.append(PacedFeed(_weather_feed(feed, rules, secrets), feed.every_s, stations, gives_noons))
    return FeedSet(tuple(weather), tuple(hotspots))


def _stations(feed: FeedConfig, key: str, sites: SiteMap) -> tuple[Station, ...]:
    known = {str(station.station_id): station for station in sites.stations}
    strangers = [name for name in feed.stations if name not in known]
    if strangers:
        why = f"{', '.join(strangers)} on no map; on it are {', '.join(known) or 'no stations'}"
        raise ConfigError("settings", key, why)
    return tuple(known[name] for name in feed.stations) or sites.stations


def _web(feed: FeedConfig) -> WebSource:
    from firewatch.adapters.feeds.web_source import WebSource

    return WebSource(feed.called, timeout_s=feed.timeout_s)


def _weather_feed(feed: FeedConfig, rules: NoonRules, secrets: Secrets) -> WeatherFeed:
    name, url = feed.called, feed.url or _ADDRESSES.get(feed.kind, "")
    match feed.kind:
        case "open-meteo":
            return OpenMeteoFeed(name, _web(feed), url, rules, secrets.open_meteo_key)
        case "metar":
            return MetarFeed(name, _web(feed), url, feed.stations)
        case "nmc":
            return NmcFeed(name, _web(feed), url, feed.stations)
        case "gridded":
            return GriddedFeed(name, Path(feed.path), rules, cells=feed.cells, rain=feed.rain)
        case _:
            only = next(iter(feed.stations)) if len(feed.stations) == 1 else ""
            return StationCsvFeed(
                name,
                Path(feed.path),
                station=only,
                are_noons=feed.rows == "noons",
                utc_offset=rules.utc_offset,
            )


def _hotspot_feed(feed: FeedConfig, secrets: Secrets) -> HotspotFeed:
    if feed.kind == "himawari":
        return HimawariFeed(feed.called, Path(feed.path), feed.box_deg)
    if not secrets.firms_key:
        how = "ask for a map key at https://firms.modaps.eosdis.nasa.gov/api/map_key/"
        raise ConfigError("environment", "FIREWATCH_FIRMS_KEY", f"is not set; the feed {feed.called} needs it: {how}")
    url = feed.url or _ADDRESSES["firms"]
    return FirmsFeed(feed.called, _web(feed), url, feed.product, feed.box_deg, secrets.firms_key)


def feed_paces(config: CentralConfig) -> tuple[tuple[str, float], ...]:
    """Return the name and the pace [s] of each feed."""
    return tuple((feed.called, feed.every_s) for feed in config.feeds)


def feed_warnings(config: CentralConfig, sites: SiteMap) -> Iterator[str]:
    """Tell what the feeds of the settings cannot give, in words for whoever sets them up."""
    kinds: dict[str, set[str]] = {}
    for feed in config.feeds:
        if feed.kind in HOTSPOT_KINDS:
            continue
        for name in feed.stations or [station.station_id for station in sites.stations]:
            kinds.setdefault(str(name), set()).add(feed.kind)
    for name, own in sorted(kinds.items()):
        if own == {"metar"}:
            yield (
                f"station {name} has METAR alone, which carries no rain outside the United States: no noon reading, "
                "and so no rating, can be made of it; add a source of rain, or let the station send over MQTT"
            )
