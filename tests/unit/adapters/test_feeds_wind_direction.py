"""Where the wind blows from, as each feed tells it; what is no direction is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from feed_answers import NOW, SAMPLES, Answers, open_meteo_answer, station

from firewatch.adapters.feeds.metar import MetarFeed
from firewatch.adapters.feeds.nmc import NmcFeed
from firewatch.adapters.feeds.open_meteo import OpenMeteoFeed
from firewatch.adapters.feeds.station_csv import StationCsvFeed
from firewatch.danger.noon import NoonRules
from firewatch.errors import FeedError

if TYPE_CHECKING:
    from pathlib import Path


def open_meteo(answer: dict[str, Any]) -> list[float | None]:
    feed = OpenMeteoFeed("open-meteo", Answers(json.dumps(answer)), "https://w.example.org", NoonRules())  # type: ignore[arg-type]
    return [one.wind_from_deg for one in feed.fetch((station(),), NOW).hours]


def with_directions(values: object, unit: str = "°") -> dict[str, Any]:
    answer = open_meteo_answer()
    answer["hourly"]["wind_direction_10m"] = values
    answer["hourly_units"]["wind_direction_10m"] = unit
    return answer


def test_open_meteo_tells_degrees_or_nothing() -> None:
    count = len(open_meteo_answer()["hourly"]["time"])
    found = open_meteo(with_directions([360.0, None, *[225.0] * (count - 2)]))
    assert (found[:3], found[-1]) == ([0.0, None, 225.0], 225.0)
    assert set(open_meteo(open_meteo_answer())) == {None}
    for wrong in (with_directions([1.0]), with_directions([1.0] * count, "rad"), with_directions(["S"] * count)):
        with pytest.raises(FeedError, match="wind_direction_10m"):
            open_meteo(wrong)


@pytest.mark.parametrize(
    ("group", "origin"),
    [
        ("22504MPS", 225.0),
        ("00000KT", None),
        ("VRB02KT", None),
        ("///05KT", None),
        ("36010G20KT", 360.0),
        ("37010KT", None),
    ],
)
def test_metar_tells_ten_degrees_unless_it_is_calm_or_variable(group: str, origin: float | None) -> None:
    feed = MetarFeed(
        "metar", Answers(f"METAR ZGHA 260400Z {group} 9999 20/10 Q1015="), "https://w", {"hengyang": "ZGHA"}
    )  # type: ignore[arg-type]
    (one,) = feed.fetch((station(),), NOW).hours
    assert one.wind_from_deg == origin
    assert one.wind_kmh is not None


def test_nmc_tells_degrees_and_9999_is_none() -> None:
    answer = json.loads((SAMPLES / "nmc_weather.json").read_text("utf-8"))
    rows = answer["data"]["passedchart"]
    rows[1]["windDirection"] = 9999.0
    rows[2]["windDirection"] = 720.0
    feed = NmcFeed("nmc", Answers(json.dumps(answer)), "https://w", {"hengyang": "57872"})  # type: ignore[arg-type]
    found = [one.wind_from_deg for one in feed.fetch((station(),), NOW).hours]
    by_time = sorted(rows[:3], key=lambda row: row["time"])
    assert len(by_time) == 3
    assert None in found
    assert 720.0 not in found
    assert any(value is not None and 0.0 <= value <= 360.0 for value in found)


def test_a_stations_table_may_have_a_column_for_it(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    head = "observed_at,temp_c,rh_pct,wind_kmh,rain_mm,wind_from_deg\n"
    rows = ("2026-11-26T12:00:00+08:00,20,40,10,0,90\n", "2026-11-26T11:00:00+08:00,20,40,10,0,\n")
    path.write_text(head + "".join(rows) + "2026-11-26T10:00:00+08:00,20,40,10,0,400\n", encoding="utf-8")
    fetched = StationCsvFeed("own", path, station="hengyang").fetch((station(),), NOW)
    assert [one.wind_from_deg for one in fetched.hours] == [90.0, None]
    (problem,) = fetched.problems
    assert "wind direction (deg)" in problem
    path.write_text(head + rows[0], encoding="utf-8")
    noons = StationCsvFeed("own", path, station="hengyang", are_noons=True).fetch((station(),), NOW)
    assert [one.wind_from_deg for one in noons.observations] == [90.0]
