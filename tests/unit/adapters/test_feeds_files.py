"""Feeds from files: a station's own tables as they grow, Himawari's hotspots."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from feed_answers import NOON, NOW, station

from firewatch.adapters.feeds.himawari import HimawariFeed, read_himawari_csv
from firewatch.adapters.feeds.station_csv import StationCsvFeed
from firewatch.domain.hotspot import HotspotConfidence
from firewatch.errors import FeedError

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.services.weather_ports import Fetched

HOURS = "station_id,observed_at,temp_c,rh_pct,wind_ms,rain_mm\n"
ROW = "hengyang,2026-11-26T12:00:00+08:00,21.3,43,2.5,0.4\n"
NOONS = "station_id,date,temp_c,rh_pct,wind_kmh,rain_mm,max_temp_c\n"


def read(path: Path, **settings: object) -> Fetched:
    return StationCsvFeed("own", path, **settings).fetch([station(), station("leiyang")], NOW)  # type: ignore[arg-type]


def test_a_row_is_an_hour_with_the_wind_in_our_unit(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(
        "\ufeff" + HOURS.upper() + ROW + "\n" + ROW.replace("21.3", "").replace("0.4", ""), encoding="utf-8"
    )
    one, other = read(path).hours
    assert (one.station_id, one.at, one.source) == ("hengyang", NOON, "own")
    assert (one.temp_c, one.rh_pct, one.wind_kmh, one.rain_mm) == (21.3, 43.0, 9.0, 0.4)
    assert (other.temp_c, other.rain_mm) == (None, None)


def test_the_last_line_counts_once_its_end_is_written(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(HOURS + ROW + "hengyang,2026-11-26T13:00:00+08:00,2", encoding="utf-8")
    fetched = read(path)
    assert (len(fetched.hours), fetched.problems) == (1, ())
    with path.open("a", encoding="utf-8") as file:
        file.write("2.0,40,3,0\r\n")
    assert [one.temp_c for one in read(path).hours] == [21.3, 22.0]


def test_a_folder_is_read_whole_and_one_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "2026-10.csv").write_text(HOURS + ROW, encoding="utf-8")
    (tmp_path / "2026-11.csv").write_text("time,temp\n1,2\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not read", encoding="utf-8")
    fetched = read(tmp_path)
    assert len(fetched.hours) == 1
    assert fetched.problems[0].startswith("2026-11.csv: unknown column 'time', 'temp'; known are observed_at")


def test_a_bad_row_is_told_with_its_place_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    bad = [
        ROW.replace("21.3", "warm"),
        ROW.replace("+08:00", ""),
        ROW.replace("hengyang", "atlantis"),
        "hengyang,2026-11-26\n",
        ROW.replace("2026-11-26T12", "yesterday"),
    ]
    path.write_text(HOURS + "".join(bad) + ROW + ROW.replace("2026-11", "2026-01"), encoding="utf-8")
    fetched = read(path)
    assert len(fetched.hours) == 1, "a row older than two months is history"
    assert [problem.split(":")[0] for problem in fetched.problems] == [f"hours.csv row {n}" for n in range(2, 7)]
    assert "has no offset from UTC" in fetched.problems[1]
    assert "station atlantis is on no map" in fetched.problems[2]


def test_many_bad_rows_are_told_in_fifty_and_a_count(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(HOURS + "hengyang,x,1,1,1,1\n" * 80, encoding="utf-8")
    problems = read(path).problems
    assert (len(problems), problems[-1]) == (51, "and 30 rows more")


def test_noon_readings_are_read_with_their_extremes(tmp_path: Path) -> None:
    path = tmp_path / "noons.csv"
    path.write_text(
        NOONS
        + "hengyang,2026-11-26,21.3,43,9,0.4,23\nhengyang,2026-11-25,21.3,43,9,,\nhengyang,2026-11-24,21.3,143,9,0,\n",
        encoding="utf-8",
    )
    fetched = read(path, are_noons=True)
    (one,) = fetched.observations
    assert (one.observed_at, one.rain_mm, one.max_temp_c, one.min_rh_pct, one.source) == (NOON, 0.4, 23.0, None, "own")
    assert "row 3: temperature, humidity, wind and rain: a noon reading needs all four" in fetched.problems[0]
    assert "relative humidity (%) is 143.0" in fetched.problems[1]


def test_a_noon_reading_of_another_hour_is_told_and_fog_counts_as_saturated(tmp_path: Path) -> None:
    path = tmp_path / "noons.csv"
    rows = "hengyang,2026-11-26T08:00:00+08:00,25,30,12,0\nhengyang,2026-11-26T12:00:00+08:00,25,100.01,12,0\n"
    path.write_text("station_id,observed_at,temp_c,rh_pct,wind_kmh,rain_mm\n" + rows, encoding="utf-8")
    fetched = read(path, are_noons=True)
    assert [one.rh_pct for one in fetched.observations] == [100.0]
    assert fetched.problems == ("noons.csv row 2: read at 08:00 standard time; a noon reading is of 10:00 to 14:00",)


def test_a_table_that_begins_anew_or_is_gone_is_told_and_read_again_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(HOURS + ROW, encoding="utf-8")
    assert len(read(path).hours) == 1
    path.rename(tmp_path / "hours.csv.1")
    with pytest.raises(FeedError, match="No such file"):
        read(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(FeedError, match="no column temp_c"):
        read(path)
    path.write_text(HOURS, encoding="utf-8")
    assert read(path).hours == ()
    path.write_text(HOURS + ROW, encoding="utf-8")
    assert len(read(path).hours) == 1


def test_the_station_may_come_from_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("observed_at,temp_c,rh_pct,wind_kmh\n2026-11-26T04:00:00Z,21,43,9\n", encoding="utf-8")
    assert read(path, station="leiyang").hours[0].station_id == "leiyang"


@pytest.mark.parametrize(
    ("content", "noons", "told"),
    [
        ("station_id,observed_at,temp_c,rh_pct\n", False, "no column wind_kmh"),
        ("temp_c,rh_pct,wind_ms\n", False, "no column observed_at, station_id"),
        (HOURS.replace("temp_c", "max_temp_c"), False, "unknown column 'max_temp_c'"),
        (NOONS.replace("rain_mm,", ""), True, "no column rain_mm"),
        (HOURS.replace("\n", ",wind_kmh\n"), False, "two columns for one thing"),
        ("", False, "no column temp_c"),
        (HOURS + 'hengyang,"' + "x" * 140_000 + '"\n', False, "row 2 is no CSV"),
    ],
)
def test_a_file_of_another_form_is_refused_whole(tmp_path: Path, content: str, noons: bool, told: str) -> None:  # noqa: FBT001
    path = tmp_path / "hours.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FeedError, match=told):
        read(path, are_noons=noons)


def test_no_file_no_text_and_a_huge_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FeedError, match="cannot be read: No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(FeedError, match=r"holds no \*\.csv"):
        read(tmp_path)
    path = tmp_path / "gbk.csv"
    path.write_bytes("衡阳\n".encode("gbk"))
    with pytest.raises(FeedError, match="is not UTF-8"):
        read(path)
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(FeedError, match="at most 64000000 are read"):
        read(tmp_path / "huge.csv")


HIMAWARI = "H09_20251209_1900_L2WLF010_FLDK.06001_06001.csv"
HIMAWARI_HEAD = (
    "# 2025 12  9 19  0 UTC  2025 12  9 19 30 UTC\n"
    "# ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,FRP(Wm^-2),QF,Hot(ID)\n"
)
AT = datetime(2025, 12, 9, 20, tzinfo=UTC)
HALF_WORLD = [80.0, -60.0, 180.0, 60.0]


@pytest.mark.shared
def test_a_real_file_of_himawari_is_read_whole(shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(shared_data / "danger" / "himawari" / HIMAWARI, tmp_path / HIMAWARI)
    spotted = HimawariFeed("himawari", tmp_path, HALF_WORLD).fetch(AT)
    lines = (tmp_path / HIMAWARI).read_text(encoding="ascii").splitlines()[2:]
    volcanic = sum(line.split(",")[8] != "0" for line in lines)
    assert (len(spotted.hotspots), spotted.problems) == (len(lines) - volcanic, ())
    first = spotted.hotspots[0]
    assert (first.at, first.satellite) == (datetime(2025, 12, 9, 19, 2, tzinfo=UTC), "Himawari-9")
    assert (first.position.lat_deg, first.position.lon_deg) == (41.14, 122.98)
    assert first.frp_mw == pytest.approx(3.75 * 3.73)
    assert first.confidence is HotspotConfidence.LOW
    china = HimawariFeed("himawari", tmp_path, [109.0, 39.0, 124.0, 42.0]).fetch(AT)
    assert 0 < len(china.hotspots) < len(spotted.hotspots)


def test_himawari_rows_are_classed_and_bad_ones_and_volcanoes_are_not_fires(tmp_path: Path) -> None:
    rows = [
        "1,2025,12,9,1902,26.9,112.6,3.7,0,2,3,2.0,0,1",
        "2,2025,12,9,1902,26.9,112.6,3.7,0,2,5,,0,1",
        "3,2025,12,9,1902,26.9,112.6,3.7,1,2,5,2.0,0,1",
        "4,2025,12,9,1902,,112.6,3.7,0,2,5,2.0,0,1",
        "5,2025,12,9,2502,26.9,112.6,3.7,0,2,5,2.0,0,1",
        "6,2025",
    ]
    (tmp_path / HIMAWARI).write_text(HIMAWARI_HEAD + "\n".join(rows) + "\n", encoding="ascii")
    spotted = HimawariFeed("himawari", tmp_path, HALF_WORLD).fetch(AT)
    assert [one.confidence for one in spotted.hotspots] == [HotspotConfidence.NOMINAL, HotspotConfidence.HIGH]
    assert spotted.hotspots[1].frp_mw is None
    assert [problem.split(":")[0] for problem in spotted.problems] == [f"{HIMAWARI} row {n}" for n in (6, 7, 8)]


def test_himawari_without_a_recent_file_is_refused_and_a_broken_one_told(tmp_path: Path) -> None:
    feed = HimawariFeed("himawari", tmp_path, HALF_WORLD)
    (tmp_path / HIMAWARI).write_text("<html>\n", encoding="ascii")
    (tmp_path / HIMAWARI.replace("1209", "1399")).write_text("", encoding="ascii")
    (tmp_path / "H9_L2WLF.csv").write_text("", encoding="ascii")
    assert "its second line names no column Year" in feed.fetch(AT).problems[0]
    with pytest.raises(FeedError, match="of the last 24 hours"):
        feed.fetch(AT + timedelta(days=3))
    with pytest.raises(FeedError, match="is not named"):
        read_himawari_csv("himawari", tmp_path / "fires.csv")
    with pytest.raises(FeedError, match="cannot be read"):
        read_himawari_csv("himawari", tmp_path / HIMAWARI.replace("H09", "H08"))
    with (tmp_path / HIMAWARI).open("wb") as file:
        file.truncate(9_000_000)
    with pytest.raises(FeedError, match="larger than 8000000 bytes"):
        read_himawari_csv("himawari", tmp_path / HIMAWARI)
