from __future__ import annotations

import argparse
import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from filled_standard import write_fictitious

from firewatch.adapters.danger_tables import SHIPPED_TABLES
from firewatch.cli import danger as command
from firewatch.cli import danger_choices as choices
from firewatch.cli.danger import add_parser
from firewatch.danger import DayLengthBands, DmcForm, FfmcFamily, GapPolicy

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "station_id,date,temp_c,rh_pct,wind_kmh,rain_mm,max_temp_c,min_rh_pct,max_wind_ms"
DAYS = ("hy,2026-03-01,18,40,10,0,22,30,5", "hy,2026-03-02,19,38,12,0,23,28,6", "hy,2026-03-04,19,38,12,3,23,28,6")
CLASSIC_ROW = "id,lat,yr,mon,day,temp,rh,ws,prec\n1,40,1985,4,13,17,42,25,0\n"


def danger(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["danger", "rate", *arguments])
    code: int = args.run(args)
    return code


@pytest.fixture
def weather(tmp_path: Path) -> str:
    path = tmp_path / "weather.csv"
    path.write_text("\n".join((HEADER, *DAYS)) + "\n", encoding="utf-8")
    return str(path)


def test_ratings_come_as_a_table(weather: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert danger(weather, "--latitude", "26.9", "--gaps", "last-reading-dry") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["date"] for row in rows] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert [row["is_estimated"] for row in rows] == ["False", "False", "True", "False"]
    assert [(row["htz"], row["grade"]) for row in rows] == [("96", "5"), ("101", "5"), ("101", "5"), ("56", "3")]
    assert "danger.mark.to_be_confirmed.c" in rows[0]["marks"]


def test_ratings_come_as_json_lines_with_full_precision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.csv"
    path.write_text(CLASSIC_ROW, encoding="utf-8")
    assert danger(str(path), "--columns", "cffdrs", "--constants", "classic", "--json") == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["ffmc"] == pytest.approx(87.6929800927744, abs=1e-11)
    assert row["fwi"] == pytest.approx(10.0963713923824, abs=1e-11)
    assert (row["grade"], row["missing"]) == (None, ["max_temp_c", "min_rh_pct", "max_wind_ms"])


def test_a_standard_that_the_bureau_filled_in_rates_with_its_own_parts(
    tmp_path: Path, weather: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = str(write_fictitious(tmp_path / "ours.toml"))
    assert danger(weather, "--latitude", "26.9", "--gaps", "last-reading-dry", "--table", table) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["scheme"] for row in rows} == {"TEST 1-2026"}
    assert not [name for name in rows[0] if name.startswith("htz")]
    told = [(row["grade"], row["total"], row["part_heat"], row["part_spell"]) for row in rows]
    assert told == [("5", "5.0", "2.0", "3.0")] * 3 + [("2", "2.0", "2.0", "0.0")]
    assert {"danger.mark.to_be_confirmed.heat" in row["marks"].split() for row in rows} == {True}
    assert ["danger.mark.rain_record_short" in row["marks"] for row in rows] == [True, True, True, False]


def test_a_day_without_a_grade_keeps_the_columns_of_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.csv"
    path.write_text(CLASSIC_ROW, encoding="utf-8")
    table = str(write_fictitious(tmp_path / "ours.toml"))
    assert danger(str(path), "--columns", "cffdrs", "--json", "--table", table) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {name: row[name] for name in row if name.startswith(("total", "part_"))} == dict.fromkeys(
        ("total", "part_heat", "part_spell", "part_wet", "part_damp")
    )
    assert row["missing"] == ["max_temp_c", "min_rh_pct"]


def test_the_start_may_be_given(weather: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert danger(weather, "--latitude", "26.9", "--gaps", "last-reading-dry", "--start", "90,40,300", "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["dc"] > 300.0
    assert "danger.mark.settling" not in first["marks"]


def test_a_rounded_humidity_is_noted_on_the_error_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wet.csv"
    path.write_text(CLASSIC_ROW.replace(",42,", ",100.01,"), encoding="utf-8")
    assert danger(str(path), "--columns", "cffdrs") == 0
    assert "row 2: relative humidity 100.01 % taken as 100 %" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--latitude", "26.9"), "station hy, weather.csv row 4 column date, 2026-03-03: no reading on 1 day"),
        (("--gaps", "last-reading-dry"), "a lat_deg column, or --latitude"),
        (("--latitude", "95"), "95.0; allowed is -90 to 90"),
        (("--latitude", "26.9", "--table", "gb_t_36743_2018"), "licensed copy"),
        (("--latitude", "26.9", "--table", "absent.toml"), "cannot be read"),
        (("--latitude", "26.9", "--utc-offset", "20"), "-12 to 14"),
        (("--latitude", "26.9", "--station", "nanyue"), "the file has a station column, with hy"),
    ],
)
def test_what_is_refused_exits_1_and_prints_no_rating(
    weather: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str
) -> None:
    assert danger(weather, *arguments) == 1
    printed = capsys.readouterr()
    assert why in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("offset", ["nan", "inf", "1e300", "eight"])
def test_an_offset_that_is_no_hours_is_a_usage_error(
    weather: str, capsys: pytest.CaptureFixture[str], offset: str
) -> None:
    with pytest.raises(SystemExit) as usage:
        danger(weather, "--utc-offset", offset)
    assert usage.value.code == 2
    assert f"{offset!r}: hours east of Greenwich" in capsys.readouterr().err


def test_files_that_are_no_text_or_no_table_are_refused_in_words(
    weather: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary, wide = tmp_path / "binary", tmp_path / "wide.csv"
    binary.write_bytes(bytes(range(256)))
    wide.write_text(f"{HEADER}\nhy,2026-03-01,{'1' * 200_000},40,10,0,22,30,5\n", encoding="utf-8")
    for arguments, why in (
        ((weather, "--table", str(binary)), "is no text in UTF-8"),
        ((str(binary),), "is not UTF-8"),
        ((str(wide),), "is no CSV"),
        ((str(tmp_path),), "Is a directory"),
    ):
        assert danger(*arguments, "--latitude", "26.9") == 1
        printed = capsys.readouterr()
        assert why in printed.err
        assert printed.out == ""


@pytest.mark.parametrize("start", ["90,40", "90,40,x", "120,40,300"])
def test_a_start_that_is_no_codes_is_a_usage_error(weather: str, start: str) -> None:
    with pytest.raises(SystemExit) as usage:
        danger(weather, "--start", start)
    assert usage.value.code == 2


def test_the_options_offer_what_the_library_knows() -> None:
    assert sorted(choices.CONSTANTS) == sorted(family.value for family in FfmcFamily)
    assert sorted(choices.DAY_LENGTHS) == sorted(bands.value for bands in DayLengthBands)
    assert sorted(choices.DMC_FORMS) == sorted(form.value for form in DmcForm)
    assert sorted(choices.GAPS) == sorted(policy.value for policy in GapPolicy)
    assert sorted(command.TABLES) == sorted(SHIPPED_TABLES)
