"""Quality control on real records: nothing of them is doubted, and faults put into them are."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.danger.quality import check_hours, check_noon
from firewatch.domain.ids import StationId
from firewatch.domain.weather import DoubtKind, HourlyReading, Observation

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared
STATION = StationId("real")


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def figure(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def haig_camp(shared_data: Path) -> list[HourlyReading]:
    return [
        HourlyReading(
            STATION,
            datetime.strptime(row["weatherTimestamp"][:8], "%Y%m%d").replace(tzinfo=UTC)
            + timedelta(hours=int(row["weatherTimestamp"][8:])),
            "csv",
            *(figure(row[name]) for name in ("TEMP", "RH", "WS", "PCP")),
        )
        for row in rows(shared_data / "danger" / "gagreene" / "haig_camp_bcws_stn_2023.csv")
    ]


def petawawa(shared_data: Path) -> list[HourlyReading]:
    return [
        HourlyReading(
            STATION,
            datetime(int(row["yr"]), int(row["mon"]), int(row["day"]), int(row["hr"]), tzinfo=UTC),
            "csv",
            *(figure(row[name]) for name in ("temp", "rh", "ws", "prec")),
        )
        for row in rows(shared_data / "danger" / "cffdrs_ng" / "PRF2007_hourly_wx.csv")
    ]


def test_no_hour_of_two_real_stations_is_doubted(shared_data: Path) -> None:
    for hours, count in ((haig_camp(shared_data), 6597), (petawawa(shared_data), 2623)):
        assert len(hours) == count
        assert [one for one in check_hours(hours) if one.doubts] == []


def test_no_noon_of_three_real_stations_and_four_places_is_doubted(shared_data: Path) -> None:
    folder = shared_data / "danger"
    noons = [
        Observation(
            StationId(f"st-{row['id']}"),
            datetime(int(row["yr"]), int(row["mon"]), int(row["day"]), 20, tzinfo=UTC),
            float(row["temp"]),
            min(100.0, float(row["rh"])),
            float(row["ws"]),
            float(row["prec"]),
            max_temp_c=float(row["tmax"]),
        )
        for row in rows(folder / "cffdrs_r" / "input" / "test_wDC.csv", ";")
    ]
    places: dict[str, int] = {}
    for row in rows(folder / "xclim" / "GFWED_sample_2017.csv"):
        number = places.setdefault(row["loc"], len(places))
        figures = (float(row[name]) for name in ("tas", "rh", "sfcwind", "prbc"))
        at = datetime.fromisoformat(f"{row['time']}T12:00:00+00:00")
        noons.append(Observation(StationId(f"place-{number}"), at, *figures))
    assert len(noons) == 2192 + 1460
    assert [one for one in check_noon(noons) if one.doubts] == []


LEAPS = [("temp_c", 17.0), ("temp_c", -17.0), ("rh_pct", -75.0), ("wind_kmh", 90.0)]


@pytest.mark.parametrize(("field", "leap"), LEAPS)
def test_every_lone_leap_put_into_a_real_record_is_found_and_nothing_else(
    shared_data: Path, field: str, leap: float
) -> None:
    hours = petawawa(shared_data)[:1000]
    places = [place for place in range(10, 990, 20) if field != "rh_pct" or getattr(hours[place], field) + leap >= 0.0]
    assert len(places) > 10
    for place in places:
        hours[place] = replace(hours[place], **{field: getattr(hours[place], field) + leap})
    found = [place for place, one in enumerate(check_hours(hours)) if one.doubts]
    assert found == places


@pytest.mark.parametrize(("field", "hours_long"), [("temp_c", 14), ("rh_pct", 14), ("wind_kmh", 14)])
def test_every_standstill_put_into_a_real_record_is_found(shared_data: Path, field: str, hours_long: int) -> None:
    hours = petawawa(shared_data)[:1000]
    stuck = [place for start in range(100, 900, 100) for place in range(start, start + hours_long)]
    for place in stuck:
        hours[place] = replace(hours[place], **{field: 41.7 if field == "rh_pct" else 7.3})
    found = [
        place
        for place, one in enumerate(check_hours(hours))
        if any(doubt.kind is DoubtKind.STUCK and doubt.field == field for doubt in one.doubts)
    ]
    assert found == stuck


def test_air_saturated_for_three_real_days_is_weather_and_for_a_week_is_a_stuck_sensor(shared_data: Path) -> None:
    hours = haig_camp(shared_data)[:400]
    longer = [replace(one, rh_pct=100.0) if place < 168 else one for place, one in enumerate(hours)]
    doubted = [place for place, one in enumerate(check_hours(longer)) if one.doubts]
    assert doubted == [*range(168)]
