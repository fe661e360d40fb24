"""From a server on loopback and a station's own table to ratings and an outlook, through the real store."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from feed_answers import as_json, open_meteo_answer

from firewatch.bootstrap import build_clockwork, open_central
from firewatch.config import Secrets, read_config
from firewatch.domain.ids import StationId
from firewatch.domain.weather import DoubtKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HENGYANG = StationId("hengyang")


class Model(BaseHTTPRequestHandler):
    """Answers as Open-Meteo does, for ten days around the present."""

    def do_GET(self) -> None:
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
        answer = open_meteo_answer()
        answer["hourly"]["time"] = [int((start + timedelta(hours=hour)).timestamp()) for hour in range(240)]
        body = as_json(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/forecast"
    server.shutdown()
    server.server_close()
    thread.join(5)


def settings(folder: Path, address: str) -> Path:
    place = {"type": "Point", "coordinates": [112.6, 26.9]}
    told = {"kind": "station", "id": "hengyang", "name_zh": "衡阳", "name_en": "Hengyang"}
    sites = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": place, "properties": told}]}
    (folder / "sites.geojson").write_text(json.dumps(sites), encoding="utf-8")
    (folder / "roster.toml").write_text("", encoding="utf-8")
    path = folder / "central.toml"
    path.write_text(
        f'[[feeds]]\nkind = "station-csv"\nname = "own"\npath = "hours.csv"\n'
        f'[[feeds]]\nkind = "open-meteo"\nurl = "{address}"\n[store]\nurl = "sqlite:///fw.db"\nevidence = "pictures"\n',
        encoding="utf-8",
    )
    return path


def table(folder: Path) -> None:
    """Write two days of hours to now, without rain: an airport's, say."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = ["station_id,observed_at,temp_c,rh_pct,wind_kmh,rain_mm"]
    rows += [
        f"hengyang,{(now - timedelta(hours=back)).isoformat()},{25 + back % 5},{33 + back % 7},{9 + back % 3},"
        for back in range(60, -1, -1)
    ]
    (folder / "hours.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_hours_become_noons_ratings_and_an_outlook(tmp_path: Path, address: str) -> None:
    table(tmp_path)
    central = open_central(read_config(settings(tmp_path, address)), Secrets(("0123456789abcdef",)))
    try:
        clockwork = build_clockwork(central)
        book, end = central.store.feed_state_book, time.monotonic() + 20
        while {state.name for state in book.states() if state.last_success_at} != {"own", "open-meteo"}:
            assert time.monotonic() < end, book.states()
            clockwork.feeds.step()
            time.sleep(0.05)
        assert clockwork.keeper.step() == 1
        store = central.store
        readings = store.weather_book.observations(HENGYANG)
        latest = readings[-1]
        assert latest.source == "own+open-meteo", "the station's own figures, and the model's rain"
        assert 25.0 <= latest.temp_c <= 29.0
        assert DoubtKind.SOURCE in {doubt.kind for doubt in latest.doubts}
        rating = store.rating_book.latest(HENGYANG)
        assert rating is not None
        assert rating.weather_day == latest.weather_day(timedelta(hours=8))
        outlook = store.outlook_book.outlook(HENGYANG)
        assert outlook is not None
        assert outlook.source == "open-meteo"
        assert len(outlook.ratings) >= 5
        count = len(readings)
        rebuilt = build_clockwork(central)
        for _ in range(40):
            rebuilt.feeds.step()
            time.sleep(0.05)
        assert len(store.weather_book.observations(HENGYANG)) == count, "the same readings are stored once"
    finally:
        central.store.close()
