from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.weather_csv import CFFDRS_COLUMNS, CsvColumns, WeatherFile, read_weather_csv
from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "station_id,date,temp_c,rh_pct,wind_kmh,rain_mm"
ROW = "hengyang,2026-03-01,18.5,40,10,0.2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, *lines: str, station: str | None = None, columns: CsvColumns | None = None) -> WeatherFile:
    path = folder / "weather.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_weather_csv(path, columns, station=station) if columns else read_weather_csv(path, station=station)


def test_a_row_is_a_reading_of_noon_in_standard_time(folder: Path) -> None:
    (reading,) = read(folder, HEADER, ROW).observations
    assert reading.station_id == "hengyang"
    assert reading.observed_at == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert (reading.temp_c, reading.rh_pct, reading.wind_kmh, reading.rain_mm) == (18.5, 40.0, 10.0, 0.2)
    assert (reading.max_temp_c, reading.min_rh_pct, reading.max_wind_ms) == (None, None, None)


def test_extremes_latitude_and_instants_are_read_where_given(folder: Path) -> None:
    read_file = read(
        folder,
        "observed_at,station_id,lat_deg,temp_c,rh_pct,wind_ms,rain_mm,max_temp_c,min_rh_pct,max_wind_ms",
        "2026-03-01T12:00:00+08:00,hengyang,26.9,18.5,40,5,0,22,,8.5",
    )
    (reading,) = read_file.observations
    assert reading.observed_at == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert reading.wind_kmh == pytest.approx(18.0)
    assert (reading.max_temp_c, reading.min_rh_pct, reading.max_wind_ms) == (22.0, None, 8.5)
    assert read_file.lat_deg_by_station == {"hengyang": 26.9}


def test_names_are_read_in_any_case_with_a_byte_order_mark_and_blank_lines(folder: Path) -> None:
    assert len(read(folder, "\ufeff" + HEADER.upper(), ROW, "", ROW.replace("03-01", "03-02"), "").observations) == 2


def test_the_station_may_come_from_the_caller(folder: Path) -> None:
    lines = (HEADER.removeprefix("station_id,"), ROW.removeprefix("hengyang,"))
    assert read(folder, *lines, station="hy").observations[0].station_id == "hy"
    with pytest.raises(ObservationError, match="no column for station_id"):
        read(folder, *lines)


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ("40", "100.1", "row 3 column rh_pct", "relative humidity .* 100.1; allowed is 0 to 100"),
        ("0.2", "-0.2", "row 3 column rain_mm", "rain .* -0.2; allowed is 0 to 2000"),
        ("18.5", "x", "row 3 column temp_c", "'x' is no number"),
        ("18.5", "", "row 3 column temp_c", "is empty"),
        ("18.5", "nan", "row 3 column temp_c", "temperature"),
        ("2026-03-01", "2026-02-30", "row 3 column date", "is .2026-02-30., no date: day is out of range"),
        ("hengyang", "Heng Yang", "row 3 column station_id", "station"),
        (",0.2", "", "row 3", "5 cells where the header has 6"),
    ],
)
def test_a_wrong_cell_is_refused_with_file_row_and_reason(
    folder: Path, old: str, new: str, where: str, why: str
) -> None:
    good = ROW.replace("03-01", "02-28")
    with pytest.raises(ObservationError, match=why) as refused:
        read(folder, HEADER, good, ROW.replace(old, new))
    assert refused.value.when == f"weather.csv {where}"


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (HEADER.replace("wind_kmh", "wind"), "unknown column wind; known are"),
        (HEADER.replace("wind_kmh", "max_wind_ms"), "no column for wind_kmh"),
        (HEADER.replace("rain_mm", "max_temp_c"), "no column for rain_mm"),
        (HEADER.replace("date", "lat_deg"), "no column for a date"),
        (HEADER + ",wind_ms", "two columns for one thing"),
        (HEADER + ",temp_c", "two columns for one thing"),
    ],
)
def test_a_header_that_does_not_say_all_is_refused(folder: Path, header: str, why: str) -> None:
    with pytest.raises(ObservationError, match=why) as refused:
        read(folder, header, ROW)
    assert refused.value.when == "weather.csv row 1"


def test_two_readings_for_one_station_and_day_are_refused_with_both_rows(folder: Path) -> None:
    with pytest.raises(ObservationError, match="row 2 has already") as refused:
        read(folder, HEADER, ROW, ROW.replace("hengyang", "qidong"), ROW)
    assert refused.value.when == "weather.csv row 4 column date"


def test_an_instant_without_offset_is_refused(folder: Path) -> None:
    with pytest.raises(ObservationError, match="no offset from UTC"):
        read(folder, HEADER.replace("date", "observed_at"), ROW.replace("2026-03-01", "2026-03-01T12:00:00"))


def test_a_station_that_moves_is_refused(folder: Path) -> None:
    with pytest.raises(ObservationError, match="a station stands still"):
        read(folder, HEADER + ",lat_deg", ROW + ",26.9", ROW.replace("03-01", "03-02") + ",27.9")


def test_files_that_hold_nothing_are_refused(folder: Path) -> None:
    with pytest.raises(ObservationError, match="no rows below its header"):
        read(folder, HEADER)
    with pytest.raises(ObservationError, match=r"no column for .*temp_c.* a date"):
        read(folder, "")
    with pytest.raises(ObservationError, match="cannot be read"):
        read_weather_csv(folder / "absent.csv")
    (folder / "gbk.csv").write_bytes("衡阳站".encode("gbk"))
    with pytest.raises(ObservationError, match="not UTF-8"):
        read_weather_csv(folder / "gbk.csv")


def test_cffdrs_columns_are_read_and_rounded_saturation_is_noted(folder: Path) -> None:
    read_file = read(
        folder,
        "id,lat,long,yr,mon,day,temp,rh,ws,prec,tmax,ffmc",
        "2,55,-110,1980,1,1,-15.79,98.76,17.6,0,-13.79,78.4",
        "2,55,-110,1980,1,2,-15.74,100.01,20.07,0,-13.74,74.3",
        columns=CFFDRS_COLUMNS,
    )
    assert [reading.rh_pct for reading in read_file.observations] == [98.76, 100.0]
    assert read_file.notes == ("weather.csv row 3: relative humidity 100.01 % taken as 100 %",)
    assert read_file.lat_deg_by_station == {"2": 55.0}
    assert read_file.observations[1].observed_at - read_file.observations[0].observed_at == timedelta(days=1)


def test_a_cffdrs_file_is_refused_by_its_own_column_names(folder: Path) -> None:
    with pytest.raises(ObservationError, match="no column for prec"):
        read(folder, "id,yr,mon,day,temp,rh,ws", "2,1980,1,1,1,50,3", columns=CFFDRS_COLUMNS)
    with pytest.raises(ObservationError, match="no column for ws"):
        read(folder, "id,yr,mon,day,temp,rh,prec", "2,1980,1,1,1,50,3", columns=CFFDRS_COLUMNS)
