"""`firewatch danger fwi` on files: reference outputs, order of rows, restart, and what is refused."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from fwi_command import HEADER, OUTPUTS, ROWS, codes, fbp, fwi, read, write

from firewatch.adapters import cffdrs_csv
from firewatch.adapters.fwi_table import WIND_UNITS
from firewatch.cli import danger_fwi as command
from firewatch.cli.danger_progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    return write(tmp_path / "in.csv", *ROWS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


@pytest.mark.parametrize(
    ("constants", "ffmc", "index"),
    # First day of the package cffdrs's test_fwi, as its 1.10.0 and the published constants give it.
    [("cffdrs", 87.6493555020996, 10.0361863997968), ("classic", 87.6929800927744, 10.0963713923824)],
)
def test_the_first_day_of_the_packages_example(
    tmp_path: Path, out: Path, constants: str, ffmc: float, index: float
) -> None:
    given = write(tmp_path / "in.csv", "1,40,-100,1985,4,13,17,42,25,0")
    assert fwi(given, out, "--constants", constants) == 0
    (row,) = read(out)
    assert (float(row["ffmc"]), float(row["fwi"])) == pytest.approx((ffmc, index), rel=1e-12)


def test_the_rows_come_back_as_they_were_with_seven_columns_more(weather: Path, out: Path) -> None:
    assert fwi(weather, out) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"{HEADER},{','.join(OUTPUTS)}"
    assert [line.rsplit(",", 7)[0] for line in lines[1:]] == list(ROWS)
    assert [path.name for path in out.parent.iterdir() if path.suffix == ".part"] == []


def test_semicolons_another_order_another_case_and_further_columns_are_kept(tmp_path: Path, out: Path) -> None:
    header = "Note;PREC;WS;RH;TEMP;Day;MON;Yr;Lat;ID"
    given = write(tmp_path / "in.csv", '"a;b";0;10;40;18;1;3;2026;26.9;hy', "", header="\ufeff" + header)
    assert fwi(given, out) == 0
    with out.open(encoding="utf-8", newline="") as stream:
        head, row = csv.reader(stream, delimiter=";")
    assert head[:10] == header.split(";")
    assert row[:10] == ["a;b", "0", "10", "40", "18", "1", "3", "2026", "26.9", "hy"]
    assert fwi(write(tmp_path / "plain.csv", ROWS[0]), tmp_path / "plain_out.csv") == 0
    assert tuple(row[10:]) == codes(tmp_path / "plain_out.csv")[0]


def test_tabs_a_column_station_id_and_quoted_names_are_taken(weather: Path, tmp_path: Path, out: Path) -> None:
    assert fwi(weather, out) == 0
    header = "\t".join(f'"{name}"' for name in HEADER.replace("id", "station_id").split(","))
    tabbed = tmp_path / "tabbed.csv"
    tabbed.write_bytes("\r\n".join((header, *(row.replace(",", "\t") for row in ROWS))).encode("utf-8-sig"))
    assert fwi(tabbed, tmp_path / "tabbed_out.csv") == 0
    told = (tmp_path / "tabbed_out.csv").read_text(encoding="utf-8")
    assert told.replace("\t", ",").replace("station_id", "id") == out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        (
            HEADER.replace(",", ";"),
            "hy;26,9;112,6;2026;3;1;18;40;10;0",
            "column lat is '26,9'; allowed is -90 to 90 deg",
        ),
        (
            "站号,纬度,yr,mon,day,temp,rh,ws,prec",
            "衡阳,26.9,2026,3,1,18,40,10,0",
            "row 1: no column for lat; the header",
        ),
        ("id,lat", "hy,26.9", "row 1: no column for yr, mon, day, temp, rh, prec; the header has id, lat"),
        (
            HEADER.replace("id,", ""),
            "26.9,112.6,2026,3,1,18,40,10,0",
            "keep one row a station and day (without a column",
        ),
    ],
)
def test_a_table_of_another_form_is_refused_in_words_that_help(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], header: str, row: str, words: str
) -> None:
    assert fwi(write(tmp_path / "in.csv", row, row, header=header), out) == 1
    told = capsys.readouterr().err
    assert words in told
    assert ("with a point for the decimals" in told) is (";" in header)


def test_a_table_in_the_code_page_of_chinese_windows_says_how_to_save_it(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "in.csv"
    given.write_bytes("\n".join((HEADER, ROWS[0].replace("hy", "衡阳"))).encode("gbk"))
    assert fwi(given, out) == 1
    assert "in.csv: is not UTF-8; in Excel save it as CSV UTF-8 (CSV UTF-8 逗号分隔)" in capsys.readouterr().err


@pytest.mark.parametrize("order", [(0, 3, 1, 4, 2, 5), (3, 4, 5, 0, 1, 2), (5, 4, 3, 2, 1, 0)])
def test_each_station_has_its_own_chain_however_the_rows_stand(
    weather: Path, tmp_path: Path, out: Path, order: tuple[int, ...]
) -> None:
    assert fwi(weather, out) == 0
    mixed = tmp_path / "mixed_out.csv"
    assert fwi(write(tmp_path / "mixed.csv", *(ROWS[index] for index in order)), mixed) == 0
    assert codes(mixed) == [codes(out)[index] for index in order]
    for station in (ROWS[:3], ROWS[3:]):
        alone = tmp_path / "alone_out.csv"
        assert fwi(write(tmp_path / "alone.csv", *station), alone) == 0
        assert codes(alone) == codes(out)[ROWS.index(station[0]) :][:3]


@pytest.mark.parametrize("split", [1, 2])
def test_a_run_that_goes_on_equals_the_whole_bit_for_bit(weather: Path, tmp_path: Path, out: Path, split: int) -> None:
    assert fwi(weather, out) == 0
    early, late = tmp_path / "early.csv", tmp_path / "late.csv"
    first = [row for row in ROWS if int(row.split(",")[5]) <= split]
    assert fwi(write(tmp_path / "a.csv", *first), early) == 0
    assert fwi(write(tmp_path / "b.csv", *(row for row in ROWS if row not in first)), late, "--continue", early) == 0
    assert sorted(codes(early) + codes(late)) == sorted(codes(out))


def test_a_run_that_goes_on_names_new_stations_and_refuses_a_day_that_does_not_follow(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fwi(write(tmp_path / "a.csv", *ROWS[:2]), out) == 0
    later = tmp_path / "later.csv"
    assert fwi(write(tmp_path / "b.csv", ROWS[2], *ROWS[3:]), later, "--continue", out) == 0
    assert "note: station zz is not in out.csv: it starts new" in capsys.readouterr().err
    assert fwi(write(tmp_path / "c.csv", *ROWS[1:3]), tmp_path / "no.csv", "--continue", out) == 1
    assert "c.csv row 2 column day is '2026-03-02'; allowed is 2026-03-03, the day after" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()
    assert fwi(tmp_path / "b.csv", out, "--continue", out) == 1
    assert "out.csv: is an input itself" in capsys.readouterr().err


@pytest.mark.parametrize(("unit", "speed"), [("m/s", "5"), ("kn", "9.719222462203025"), ("km/h", "18")])
def test_a_wind_in_another_unit_is_converted_and_stays_as_it_was(
    tmp_path: Path, out: Path, unit: str, speed: str
) -> None:
    assert fwi(write(tmp_path / "in.csv", f"hy,26.9,112.6,2026,3,1,18,40,{speed},0"), out, "--wind-unit", unit) == 0
    kmh = tmp_path / "kmh_out.csv"
    assert fwi(write(tmp_path / "kmh.csv", "hy,26.9,112.6,2026,3,1,18,40,18,0"), kmh) == 0
    (row,), (same,) = read(out), read(kmh)
    assert row["ws"] == speed
    assert [float(row[name]) for name in OUTPUTS] == pytest.approx([float(same[name]) for name in OUTPUTS], rel=1e-13)


@pytest.mark.parametrize("name", ["ws_ms", "WS (m/s)", "ws [m/s]"])
def test_a_wind_whose_column_declares_its_unit_must_be_given_in_it(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    given = write(tmp_path / "in.csv", ROWS[0], header=HEADER.replace("ws", name))
    assert fwi(given, out) == 1
    assert f"in.csv row 1 column {name}, its unit, is 'm" in capsys.readouterr().err
    assert fwi(given, out, "--wind-unit", "m/s") == 0


def test_a_column_of_units_must_say_the_given_unit(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", f"{ROWS[0]},km/h", f"{ROWS[1]},knots", header=f"{HEADER},ws_unit")
    assert fwi(given, out) == 1
    assert "in.csv row 3 column ws_unit is 'knots'; allowed is km/h" in capsys.readouterr().err
    assert (
        fwi(write(given, f"{ROWS[0]},kn", f"{ROWS[1]},kt", header=f"{HEADER},wind_unit"), out, "--wind-unit", "kn") == 0
    )


def test_a_missing_day_is_refused_or_filled_and_said(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", ROWS[0], ROWS[2])
    assert fwi(given, out) == 1
    told = capsys.readouterr().err
    assert "station hy, in.csv row 3 column day: 2026-03-03 follows 2026-03-01 of row 2: no reading on 1 day(s)" in told
    assert "allowed are 0 with --gaps refuse" in told
    assert not out.exists()
    assert fwi(given, out, "--gaps", "last-reading-dry") == 0
    assert "note: station hy: 1 day(s) after 2026-03-01 computed with that day's reading" in capsys.readouterr().err
    whole = tmp_path / "whole_out.csv"
    filled = ROWS[0].replace(",3,1,", ",3,2,")
    assert fwi(write(tmp_path / "whole.csv", ROWS[0], filled, ROWS[2]), whole) == 0
    assert codes(out) == [codes(whole)[0], codes(whole)[2]]


def test_a_gap_longer_than_a_week_is_never_filled(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", ROWS[0], ROWS[2].replace(",3,3,", ",3,10,"))
    assert fwi(given, out, "--gaps", "last-reading-dry") == 1
    assert "allowed are 7 with --gaps last-reading-dry; supply them, or begin a new file" in capsys.readouterr().err


def test_many_notes_are_cut_short(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ROWS[0].replace(",3,1,", f",3,{day},").replace(",40,", ",100.01,") for day in range(1, 31, 2)]
    assert fwi(write(tmp_path / "in.csv", *rows), out, "--gaps", "last-reading-dry") == 0
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 6
    assert told[0].endswith("row 2: relative humidity 100.01 % taken as 100 %, and so in 14 more rows")
    assert told[-1].endswith("note: and 10 more such")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (",40,10,", ",120,10,", "in.csv row 2 column rh is '120'; allowed is 0 to 100 %"),
        (",12,1.2", ",12,-1.2", "in.csv row 3 column prec is '-1.2'; allowed is 0 to 2000 mm"),
        (",40,10,", ",40,500,", "in.csv row 2 column ws is '500'; allowed is 0 to 400 km/h"),
        (",40,10,", ",40,-1,", "in.csv row 2 column ws is '-1'; allowed is 0 to 400 km/h"),
        (",18,40,", ",291,40,", "in.csv row 2 column temp is '291'; allowed is -60 to 60 deg C"),
        ("27.2,113.1,2026,3,1", "95,113.1,2026,3,1", "in.csv row 5 column lat is '95'; allowed is -90 to 90 deg"),
        ("112.6,2026,3,1", "500,2026,3,1", "in.csv row 2 column long is '500'; allowed is -180 to 360 deg"),
        (",18,40,", ",warm,40,", "in.csv row 2 column temp is 'warm'; allowed is -60 to 60 deg C"),
        (",18,40,", ",1_8,40,", "in.csv row 2 column temp is '1_8'; allowed is -60 to 60 deg C"),
        (
            ",18,40,",
            ",,40,",
            "in.csv row 2 column temp is ''; allowed is -60 to 60 deg C; a reading is needed in every",
        ),
        (",18,40,", ",NA,40,", "in.csv row 2 column temp is 'NA'; allowed is -60 to 60 deg C; a reading is needed"),
        (",3,2,19", ",3,1,19", "station hy, in.csv row 3 column day: 2026-03-01 has a reading in row 2 already"),
        (",3,2,19", ",2,30,19", "in.csv row 3 column day is '30'; allowed is a day of 2026-02"),
        (",3,2,19", ",3.5,2,19", "in.csv row 3 column mon is '3.5'; allowed is a whole number, 1 to 12"),
        (",3,2,19", ",13,2,19", "in.csv row 3 column mon is '13'; allowed is 1 to 12"),
        (
            "hy,26.9,112.6,2026,3,2",
            "hy,26.8,112.6,2026,3,2",
            "row 3 column lat is '26.8'; allowed is 26.9, as in row 2",
        ),
        ("hy,26.9,112.6,2026,3,2", ",26.9,112.6,2026,3,2", "row 3 column id is ''; allowed is the station's name"),
        ("id,lat", "name,lat", "row 5 column lat is '27.2'; allowed is 26.9, as in row 2 (without a column id all"),
        ("temp", "tmp", "in.csv row 1: no column for temp; the header has id, lat, long"),
        (",ws,", ",wind,", "in.csv row 1: no column for ws"),
        ("long,", "temp,", "in.csv row 1: two columns named temp; keep one"),
        ("long,", "ffmc,", "in.csv row 1: has a column ffmc already"),
        ("long,", "hr,", "in.csv row 2 column hr is '112.6'; allowed is 10 to 14 h: the codes need the noon reading"),
        (",10,0\n", ",10\n", "in.csv row 2: has 9 cells where the header has 10"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(
    weather: Path, out: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, why: str
) -> None:
    text = weather.read_text(encoding="utf-8")
    assert old in text
    weather.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert fwi(weather, out) == 1
    assert why in capsys.readouterr().err
    assert list(out.parent.iterdir()) == [weather]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"id,lat\n\n", "has no rows below its header"),
        (bytes(range(128, 256)), "is not UTF-8"),
        (b"id,lat\n" + b"1" * 200_000 + b",1\n", "is no CSV"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    given = tmp_path / "in.csv"
    if content is not None:
        given.write_bytes(content)
    assert fwi(given, out) == 1
    assert why in capsys.readouterr().err
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    weather: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, why in (
        (tmp_path / "absent" / "out.csv", "its folder does not exist"),
        (tmp_path, "it is no plain file"),
        (weather, "is an input itself"),
        (tmp_path / ("x" * 300), "cannot be written: File name too long"),
    ):
        assert fwi(weather, place) == 1
        assert why in capsys.readouterr().err
    assert weather.read_text(encoding="utf-8").splitlines()[0] == HEADER


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    before = tmp_path / "out.csv"
    before.write_text("earlier\n", encoding="utf-8")
    too_long = tmp_path / ("x" * 250)
    with pytest.raises(cffdrs_csv.ObservationError, match="cannot be written"):
        cffdrs_csv.write_beside(too_long, [["a"]], ",")
    with pytest.raises(csv.Error):
        cffdrs_csv.write_beside(before, [["a"], None], ",")  # type: ignore[list-item]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert before.read_text(encoding="utf-8") == "earlier\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_run_shows_on_a_terminal_how_far_it_is(
    weather: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert fwi(weather, out) == 0
    assert terminal.getvalue() == ""
    monkeypatch.setattr(Progress, "_WAIT_S", 0.0)
    assert fwi(weather, out) == 0
    assert terminal.getvalue() == "\r\x1b[Kfirewatch danger fwi: day 1 of 3\r\x1b[K"


def test_a_long_file_is_said_to_be_read_and_written(weather: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(Progress, "_LONG_BYTES", 10)
    assert fwi(weather, out) == 0
    said = [line.removeprefix("firewatch danger fwi: ") for line in terminal.getvalue().split("\r\x1b[K")]
    assert said == ["", "reading in.csv", "writing out.csv", ""]


def test_other_verbs_say_it_too_and_nothing_where_nobody_looks_on(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", "C2,55,110,182,90,60,10", header="FuelType,LAT,LONG,Dj,FFMC,BUI,WS")
    monkeypatch.setattr(Progress, "_LONG_BYTES", 10)
    assert fbp(given, out) == 0
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert fbp(given, out) == 0
    said = [line.removeprefix("firewatch danger fbp: ") for line in terminal.getvalue().split("\r\x1b[K")]
    assert said == ["", "reading in.csv", "computing", "writing out.csv", ""]


def test_a_long_table_comes_back_whole_and_in_order(tmp_path: Path, out: Path) -> None:
    rows = [f"s{number},26.9,112.6,2026,3,1,{number % 30},40,10,0" for number in range(20_000)]
    assert fwi(write(tmp_path / "in.csv", *rows), out) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [line.rsplit(",", 7)[0] for line in lines[1:]] == rows
    assert lines[1].rsplit(",", 7)[1:] == lines[1 + 30 * 600].rsplit(",", 7)[1:]


def test_the_units_offered_are_those_known() -> None:
    assert sorted(command.UNITS) == sorted(WIND_UNITS)
