"""What the tests of feeds share: stations, an answer of the web that is typed, a day of a model."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from firewatch.adapters.feeds.web_source import WebPage
from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name, Station

SAMPLES = Path(__file__).parent / "golden" / "feeds"
NOW = datetime(2026, 11, 26, 6, 10, tzinfo=UTC)
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)


def station(name: str = "hengyang", lat_deg: float = 26.9, lon_deg: float = 112.6) -> Station:
    return Station(StationId(name), Name(name, name), Position(lat_deg, lon_deg))


class Answers:
    """Answers in the place of the web, one after the other, the last for ever; remembers what was asked."""

    def __init__(self, *bodies: str | bytes | Exception) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._bodies = list(bodies)

    def get(self, url: str, params: dict[str, str] | None = None) -> WebPage:
        self.asked.append((url, params or {}))
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        if isinstance(body, Exception):
            raise body
        return WebPage("web", body.encode() if isinstance(body, str) else body)


def open_meteo_answer(**changed: Any) -> dict[str, Any]:
    """Return an answer in the form of https://open-meteo.com/en/docs: three days before, seven with today."""
    start = datetime(2026, 11, 23, tzinfo=UTC)
    hours = range(10 * 24)
    local = [(hour + 8) % 24 for hour in hours]
    answer: dict[str, Any] = {
        "latitude": 26.875,
        "longitude": 112.625,
        "generationtime_ms": 0.21,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 66.0,
        "hourly_units": {
            "time": "unixtime",
            "temperature_2m": "°C",
            "relative_humidity_2m": "%",
            "wind_speed_10m": "km/h",
            "precipitation": "mm",
        },
        "hourly": {
            "time": [int((start + timedelta(hours=hour)).timestamp()) for hour in hours],
            "temperature_2m": [round(20.0 - abs(hour - 14) * 0.8, 1) for hour in local],
            "relative_humidity_2m": [40 + abs(hour - 14) * 3 for hour in local],
            "wind_speed_10m": [round(6.0 + (hour % 5) * 1.1, 1) for hour in local],
            "precipitation": [0.3 if hour in {0, 1} else 0.0 for hour in local],
        },
    }
    return answer | changed


def as_json(answer: object) -> str:
    return json.dumps(answer)
