"""`firewatch feeds`: a look at the feeds of weather and hotspots, without storing anything."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.cli.config_option import add_config_option
from firewatch.errors import FeedError, InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from firewatch.domain.hotspot import Hotspot
    from firewatch.domain.weather import Doubt, HourlyReading, Observation
    from firewatch.services.feeding import FeedRules, PacedFeed
    from firewatch.services.weather_ports import Fetched, HotspotFeed

__all__ = ["add_parser", "run"]

_HOURS_SHOWN = 24
_HOTSPOTS_SHOWN = 50
_HEAD = f"{'STATION':<14} {'TIME':<17} {'TEMP C':>7} {'RH %':>6} {'WIND KM/H':>9} {'RAIN MM':>8}  DOUBTS"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "feeds",
        help="try the feeds of weather and hotspots once",
        description="The [[feeds]] blocks of the settings. Nothing is stored, and `firewatch serve` may run beside it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    trying = actions.add_parser(
        "try",
        help="fetch once, check, and print what was read",
        description="Fetches each feed once, or the one named, and prints its last 24 hours, the noon readings made of "
        "them, its forecasts and hotspots, each with what is doubtful about it and why, and what could not be read. "
        "Exits 1 if a feed gives nothing.",
    )
    trying.add_argument("name", nargs="?", metavar="NAME", help="only this feed, as the settings name it")
    trying.add_argument("--json", action="store_true", help="one JSON object a feed, with all hours")
    add_config_option(parser, trying)


def run(args: argparse.Namespace) -> int:
    """Fetch, check and print."""
    from zoneinfo import ZoneInfo

    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.sites_geojson import read_sites
    from firewatch.config import read_config, read_feed_secrets
    from firewatch.feed_wiring import build_feeds, feed_rules

    config = read_config(args.config)
    if args.name is not None:
        config = _only(config, args.name)
    if not config.feeds:
        print(f"{args.config} has no [[feeds]] block", file=sys.stderr)
        return 1
    feeds = build_feeds(config, read_sites(Path(config.centre.sites)), read_feed_secrets())
    show = _Show(feed_rules(config), ZoneInfo(config.centre.time_zone), SystemClock().now(), as_json=args.json)
    looks: list[PacedFeed | HotspotFeed] = [*feeds.weather, *(paced.feed for paced in feeds.hotspots)]
    # Each is looked at, whatever the one before gave.
    gave = [show.look(feed) for feed in looks]
    return 0 if all(gave) else 1


def _only(config: Any, name: str) -> Any:
    from msgspec.structs import replace

    feeds = [feed for feed in config.feeds if feed.called == name]
    if not feeds:
        known = ", ".join(feed.called for feed in config.feeds) or "none"
        raise InvalidValue("feed", name, f"one of the settings: {known}")
    return replace(config, feeds=feeds)


class _Show:
    """Looks at feeds and prints them, in one form or the other."""

    def __init__(self, rules: FeedRules, zone: ZoneInfo, now: datetime, *, as_json: bool) -> None:
        self._rules = rules
        self._zone = zone
        self._now = now
        self._as_json = as_json

    def look(self, feed: PacedFeed | HotspotFeed) -> bool:
        """Look at one; return whether it gave something."""
        from firewatch.services.feeding import PacedFeed

        try:
            if isinstance(feed, PacedFeed):
                self._weather(feed.feed.name, feed.feed.fetch(feed.stations, self._now))
            else:
                spotted = feed.fetch(self._now)
                self._print(feed.name, {"hotspots": [_spot(one) for one in spotted.hotspots]}, spotted.problems)
        except FeedError as err:
            print(f"firewatch feeds: {err}", file=sys.stderr)
            return False
        return True

    def _weather(self, name: str, fetched: Fetched) -> None:
        from firewatch.danger.noon import noon_readings
        from firewatch.danger.quality import check_hours, check_noon
        from firewatch.services.feeding import too_early

        rules = self._rules
        hours = sorted(check_hours(fetched.hours, rules.limits), key=lambda one: (one.station_id, one.at))
        noons = [*check_noon(fetched.observations, rules.limits)]
        problems = [*fetched.problems, *too_early(fetched, self._now)]
        today = (self._now + rules.noon.utc_offset).date()
        for station_id in sorted({one.station_id for one in hours}):
            made = noon_readings(station_id, hours, [today - timedelta(days=1), today], (), rules.noon)
            noons += [one for one in made.observations if one.observed_at <= self._now]
            problems += made.problems
        content = {
            "hours": [_hour(one) for one in hours],
            "noons": [_noon(one) for one in noons],
            "forecasts": [_noon(day) for forecast in fetched.forecasts for day in forecast.days],
        }
        self._print(name, content, problems)

    def _print(self, name: str, content: dict[str, list[dict[str, Any]]], problems: Sequence[str]) -> None:
        if self._as_json:
            print(json.dumps({"feed": name, **content, "problems": [*problems]}, ensure_ascii=False))
            return
        print(f"== {name}")
        for part, rows in content.items():
            shown = self._shown(part, rows)
            left = f", the last {len(shown)} shown" if len(shown) < len(rows) else ""
            print(f"\n{part}: {len(rows)}{left}")
            for line in self._lines(part, shown):
                print(line)
        for problem in problems:
            print(f"problem: {problem}")
        print()

    def _shown(self, part: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if part == "hours":
            since = (self._now - timedelta(hours=_HOURS_SHOWN)).isoformat()
            return [row for row in rows if row["at"] > since]
        return rows[-_HOTSPOTS_SHOWN:] if part == "hotspots" else rows

    def _lines(self, part: str, rows: list[dict[str, Any]]) -> Iterator[str]:
        if part == "hotspots":
            for row in rows:
                power = "-" if row["frp_mw"] is None else f"{row['frp_mw']:.1f} MW"
                place = f"{row['lat_deg']:.4f} N {row['lon_deg']:.4f} E"
                yield f"{self._local(row['at'])}  {place}  {row['satellite']:<12} {row['confidence'] or '-':<8} {power}"
            return
        if rows:
            yield _HEAD
        for row in rows:
            figures = (row["temp_c"], row["rh_pct"], row["wind_kmh"], row["rain_mm"])
            cells = " ".join(f"{_cell(value):>{wide}}" for value, wide in zip(figures, (7, 6, 9, 8), strict=True))
            doubts = "; ".join(f"{one['field']} {one['kind']}: {one['why']}" for one in row["doubts"])
            yield f"{row['station_id']:<14} {self._local(row['at']):<17} {cells}  {doubts}".rstrip()

    def _local(self, at: str) -> str:
        from datetime import datetime

        return f"{datetime.fromisoformat(at).astimezone(self._zone):%Y-%m-%d %H:%M}"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _doubts(doubts: Sequence[Doubt]) -> list[dict[str, str]]:
    return [{"field": doubt.field, "kind": doubt.kind.value, "why": doubt.why} for doubt in doubts]


def _hour(one: HourlyReading) -> dict[str, Any]:
    return _figures(one, one.at)


def _noon(one: Observation) -> dict[str, Any]:
    extremes = {"max_temp_c": one.max_temp_c, "min_rh_pct": one.min_rh_pct, "max_wind_ms": one.max_wind_ms}
    return _figures(one, one.observed_at) | extremes


def _figures(one: HourlyReading | Observation, at: datetime) -> dict[str, Any]:
    return {
        "station_id": one.station_id,
        "at": at.isoformat(),
        "source": one.source,
        "temp_c": one.temp_c,
        "rh_pct": one.rh_pct,
        "wind_kmh": one.wind_kmh,
        "rain_mm": one.rain_mm,
        "doubts": _doubts(one.doubts),
    }


def _spot(one: Hotspot) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "lat_deg": one.position.lat_deg,
        "lon_deg": one.position.lon_deg,
        "satellite": one.satellite,
        "confidence": None if one.confidence is None else one.confidence.value,
        "told_confidence": one.told_confidence,
        "size_km2": one.size_km2,
        "frp_mw": one.frp_mw,
        "brightness_k": one.brightness_k,
    }
