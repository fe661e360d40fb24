"""`firewatch danger plot` on results of `fwi` and `rate`: what is drawn, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fwi_command import ROWS, fwi, plot, write

from firewatch.adapters.danger_series_csv import read_danger_series
from firewatch.cli.danger_plot import _bands
from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "station_id,date,ffmc,dmc,dc,isi,bui,fwi,dsr,grade,is_estimated,marks"
RATED = (
    "hy,2026-03-01,85.1,6.2,16,2.1,6,3.5,0.2,3,False,danger.mark.settling",
    "hy,2026-03-03,86.1,7.2,17,2.2,7,3.9,0.2,,True,danger.mark.settling danger.mark.to_be_confirmed.b",
    "hy,2026-03-02,,,,,,,,4,False,",
)


@pytest.fixture
def two_stations(tmp_path: Path) -> Path:
    assert fwi(write(tmp_path / "in.csv", *ROWS), tmp_path / "codes.csv") == 0
    return tmp_path / "codes.csv"


def test_a_result_of_fwi_becomes_a_picture_of_one_station(two_stations: Path, tmp_path: Path) -> None:
    out = tmp_path / "hy.png"
    assert plot(two_stations, out, "--station", "hy", "--lang", "en") == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    series = read_danger_series(two_stations, "zz")
    assert series.station == "zz"
    assert series.columns["rain_mm"].tolist() == [5.0, 0.0, 0.0]
    assert list(series.columns) == ["fwi", "isi", "bui", "ffmc", "dmc", "dc", "dsr", "rain_mm"]


def test_a_result_of_rate_has_grades_estimates_and_marks(tmp_path: Path) -> None:
    given = write(tmp_path / "rated.csv", *RATED, header=HEADER)
    series = read_danger_series(given)
    assert [str(day) for day in series.days] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert series.columns["fwi"][[0, 2]].tolist() == [3.5, 3.9]
    assert series.columns["grade"][:2].tolist() == [3.0, 4.0]
    assert [bool(value != value) for value in (series.columns["fwi"][1], series.columns["grade"][2])] == [True, True]  # noqa: PLR0124
    assert series.is_estimated.tolist() == [False, False, True]
    assert series.marks == ("danger.mark.settling", "danger.mark.to_be_confirmed.b")
    assert plot(given, tmp_path / "out.svg", "--lang", "en") == 0
    assert b"<svg" in (tmp_path / "out.svg").read_bytes()


def test_grades_are_those_of_the_standard_that_the_file_names(tmp_path: Path) -> None:
    lines = [f"{row},TEST 1-2026" for row in RATED]
    given = write(tmp_path / "rated.csv", *lines, header=f"{HEADER},scheme")
    assert read_danger_series(given).schemes == ("TEST 1-2026",)
    assert [bands.scheme for bands in _bands("none", ("TEST 1-2026",))] == ["TEST 1-2026"]
    assert [bands.scheme for bands in _bands("none", ())] == ["LY/T 1172-1995"]
    assert plot(given, tmp_path / "out.png", "--lang", "en") == 0


def test_days_may_be_chosen_and_one_without_a_row_is_missing(tmp_path: Path) -> None:
    lines = [f"2026,3,{day},{day}" for day in (1, 2, 5, 6)]
    given = write(tmp_path / "codes.csv", *lines, header="yr,mon,day,fwi")
    series = read_danger_series(given)
    assert series.station == "codes"
    assert series.has_row.tolist() == [True, True, False, False, True, True]
    assert plot(given, tmp_path / "a.png", "--from", "2026-03-02", "--to", "2026-03-05", "--lang", "en") == 0
    assert plot(given, tmp_path / "b.png", "--classes", "none", "--lang", "en") == 0
    assert plot(given, tmp_path / "c.png", "--classes", "canada", "--lang", "en") == 0


def test_without_a_chinese_font_the_words_are_english_and_that_is_said(
    two_stations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from firewatch.adapters import danger_chart

    whole = danger_chart.font_for
    monkeypatch.setattr(danger_chart, "font_for", lambda characters: whole(characters, ()))
    assert plot(two_stations, tmp_path / "hy.png", "--station", "hy") == 0
    assert "no font here has Chinese characters: the words are English" in capsys.readouterr().err
    assert plot(two_stations, tmp_path / "zh.png", "--station", "hy", "--lang", "zh") == 1
    assert "apt install fonts-noto-cjk" in capsys.readouterr().err
    assert not (tmp_path / "zh.png").exists()


def test_by_default_the_words_are_chinese_or_it_is_said(
    two_stations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(two_stations, tmp_path / "hy.svg", "--station", "hy") == 0
    told = capsys.readouterr().err
    assert told == "" or "the words are English" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("--station", "hy, zz")),
        (
            ("--station", "hy", "--classes", "local_percentiles"),
            ("--classes", "percentiles need a station's own record"),
        ),
        (("--station", "hy", "--classes", "nowhere.toml"), ("nowhere.toml", "cannot be read")),
        (("--station", "xx"), ("--station", "'xx'", "hy, zz")),
        (("--station", "hy", "--from", "2027-01-01"), ("2027-01-01 to", "2026-03-01 to 2026-03-03")),
        (("--station", "hy", "--from", "2026-03-03", "--to", "2026-03-01"), ("--from", "at most --to")),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_drawn(
    two_stations: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    assert plot(two_stations, tmp_path / "out.png", *options) == 1
    told = capsys.readouterr().err
    assert not [word for word in words if word not in told], told
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("yr,mon,day,prec", "2026,3,1,0", "no column to show; one of grade, fwi, isi"),
        ("date,fwi", "1 March,3", "row 2 column date"),
        ("date,fwi", "NaT,3", "row 2 column date"),
        ("date,fwi", "2026-03-01,-3", "row 2 column fwi"),
        ("date,grade", "2026-03-01,7", "1 to 5"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused(tmp_path: Path, header: str, row: str, said: str) -> None:
    given = write(tmp_path / "codes.csv", row, header=header)
    with pytest.raises(FirewatchError, match=said):
        read_danger_series(given)


def test_another_kind_of_picture_is_refused(
    two_stations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plot(two_stations, tmp_path / "out.pdf", "--station", "hy") == 1
    assert ".png or .svg" in capsys.readouterr().err


def test_a_day_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        plot(tmp_path / "a.csv", tmp_path / "a.png", "--from", "March")


@pytest.mark.shared
def test_three_years_of_hengyang_are_drawn(shared_data: Path, tmp_path: Path) -> None:
    given = shared_data / "danger/cffdrs_r/full_precision/fwi_seq_hengyang_lat26.9.csv"
    series = read_danger_series(given)
    assert len(series.days) == 1095
    assert series.has_row.all()
    assert plot(given, tmp_path / "hy.png", "--lang", "en") == 0
    assert (tmp_path / "hy.png").stat().st_size > 100_000
