"""`firewatch danger grade` on files: classes side by side, gaps that stay gaps, and what is refused."""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import pytest
from filled_standard import FICTITIOUS, write_fictitious
from fwi_command import ROWS, fwi, grade, read, write

from firewatch.adapters.class_tables import SHIPPED_CLASSES, class_folder, load_class_table
from firewatch.adapters.danger_tables import SHIPPED_TABLES
from firewatch.cli import danger_grade as command
from firewatch.cli.danger import add_parser, rate_file
from firewatch.cli.danger_grade_list import listing
from firewatch.danger import ClassTable
from firewatch.danger.sum_table import SUM_INPUTS
from firewatch.domain.danger import DangerRating, HtzParts, SumParts

ROOT = Path(__file__).resolve().parents[3]
STATION = "station_id,date,temp_c,rh_pct,wind_kmh,rain_mm,max_temp_c,min_rh_pct,max_wind_ms"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


def station(tmp_path: Path, *rows: str, header: str = STATION) -> Path:
    return write(tmp_path / "station.csv", *rows, header=header)


def test_the_names_written_out_are_those_that_ship() -> None:
    assert set(command.GRADES) == set(SHIPPED_TABLES)
    assert (*command.LIMITS, *command.PERCENTILES) == SHIPPED_CLASSES
    assert [isinstance(load_class_table(name), ClassTable) for name in SHIPPED_CLASSES] == [True] * 10 + [False] * 2


def test_what_fwi_wrote_gets_a_column_for_each_table_and_index_it_has(tmp_path: Path, out: Path) -> None:
    codes = tmp_path / "codes.csv"
    assert fwi(write(tmp_path / "in.csv", *ROWS), codes) == 0
    assert grade(codes, out) == 0
    before, after = read(codes), read(out)
    assert [{name: row[name] for name in before[0]} for row in after] == before
    added = set(after[0]) - set(before[0])
    wanted = {
        f"{table.name}_{limits.index.value}"
        for name in command.LIMITS
        if isinstance(table := load_class_table(name), ClassTable)
        for limits in table.indices
        if limits.index.value in before[0]
    }
    assert added == wanted
    assert len(wanted) == 6 + 1 + 1 + 1 + 1 + 6 + 1 + 1
    assert all(row[name] for row in after for name in added)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_missing_values_stay_empty_and_are_never_the_lowest_class(tmp_path: Path, out: Path) -> None:
    given = write(tmp_path / "in.csv", "a,,85", "a,NA,", "a,11.2,101", header="id,FWI,ffmc")
    assert grade(given, out, "--table", "effis") == 0
    assert [(row["effis_fwi"], row["effis_ffmc"]) for row in read(out)] == [
        ("", "low"),
        ("", ""),
        ("moderate", "very-high"),
    ]


def test_chosen_tables_stand_in_the_order_given_in_the_language_asked_for(tmp_path: Path, out: Path) -> None:
    given = write(tmp_path / "in.csv", "10;50", "9;", header="fwi;htz")
    assert grade(given, out, "--table", "asean", "--table", "ly_t_1172_1995", "--table", "asean", "--names", "zh") == 0
    with out.open(encoding="utf-8", newline="") as stream:
        header, first, second = csv.reader(stream, delimiter=";")
    assert header == ["fwi", "htz", "asean_fwi", "ly_t_1172_1995_htz", "ly_t_1172_1995_marks"]
    assert first[2:4] == ["高", "二级 低度危险"]
    assert second[2:4] == ["高", ""]
    assert first[4].split() == [f"danger.mark.to_be_confirmed.{part}" for part in "bce"]
    assert grade(given, out, "--table", "asean", "--names", "en") == 0
    assert read(out)[0]["asean_fwi"] == "high"


def test_the_chinese_grade_of_a_station_file_is_that_of_rate(tmp_path: Path, out: Path) -> None:
    days = [f"hy,2026-03-{day:02d},18,40,30,{rain},{temp},{rh},4.5" for day, rain, temp, rh in (
        (1, 0, 17, 45), (2, 5.1, 22, 38), (3, 0, 26, 30), (4, 0.2, 24, 71), (5, 0, 26, 12),
    )]  # fmt: skip
    given = station(tmp_path, *reversed(days))
    assert grade(given, out, "--table", "ly_t_1172_1995") == 0
    told = list(reversed(read(out)))
    for row, rating in zip(told, rate(given), strict=True):
        assert isinstance(rating.parts, HtzParts)
        assert rating.grade is not None
        assert [float(row[f"ly_t_1172_1995_{part}"]) for part in "abcde"] == [
            getattr(rating.parts, part) for part in "abcde"
        ]
        assert float(row["ly_t_1172_1995_total"]) == rating.parts.total
        assert row["ly_t_1172_1995_htz"] == f"grade-{rating.grade.value}"
        assert set(row["ly_t_1172_1995_marks"].split()) == {mark for mark in rating.marks if "settling" not in mark}


def test_a_standard_that_the_bureau_filled_in_rates(tmp_path: Path, out: Path) -> None:
    filled = tmp_path / "Our-Standard.toml"
    filled.write_text(FICTITIOUS, encoding="utf-8")
    given = station(
        tmp_path,
        "hy,2026-03-01,18,40,10,0,25,40,5",  # how long it was dry before is not known: it counts as dry
        "hy,2026-03-02,18,40,10,6,25,40,5",
        "hy,2026-03-03,18,40,10,0,25,40,5",
        "hy,2026-03-04,18,40,10,0,15,,5",
        "hy,2026-03-05,18,40,10,0,25,40,5",
        "hy,2026-03-06,18,80,10,0,25,80,5",
    )
    assert grade(given, out, "--table", str(filled)) == 0
    rows = read(out)
    assert [row["our_standard_grade"] for row in rows] == [
        "grade-5",
        "grade-2",
        "grade-4",
        "",
        "grade-5",
        "grade-1",
    ]
    assert [row["our_standard_total"] for row in rows] == ["5", "2", "4", "", "5", "0"]
    assert [row["our_standard_spell"] for row in rows] == ["3", "0", "2", "2", "3", "3"]
    assert [row["our_standard_marks"] for row in rows] == ["danger.mark.rain_record_short", "", "", "", "", ""]
    assert grade(given, out, "--table", str(filled), "--names", "en") == 0
    assert read(out)[1]["our_standard_grade"] == "Danger 2 · Moderate"
    spelled = write(tmp_path / "s.csv", "25,40,2", header="max_temp_c,min_rh_pct,dry_days")
    assert grade(spelled, out, "--table", str(filled)) == 0
    assert read(out)[0]["our_standard_grade"] == "grade-4"


def test_two_standards_stand_side_by_side_and_each_is_that_of_rate(tmp_path: Path, out: Path) -> None:
    days = [f"hy,2026-03-{day:02d},18,{rh},30,{rain},{temp},{low},4.5" for day, rh, rain, temp, low in (
        (1, 40, 0, 17, 45), (2, 98, 5.1, 22, 38), (3, 40, 0, 26, 30), (4, 85, 0.2, 24, 90), (5, 40, 0, 26, 12),
    )]  # fmt: skip
    given, ours = station(tmp_path, *days), write_fictitious(tmp_path / "ours.toml")
    assert grade(given, out, "--table", "ly_t_1172_1995", "--table", str(ours)) == 0
    rows = read(out)
    assert {row["ly_t_1172_1995_htz"] for row in rows} > {"grade-5"}
    for row, rating in zip(rows, rate(given, "--table", str(ours)), strict=True):
        assert isinstance(rating.parts, SumParts)
        assert rating.grade is not None
        assert row["ours_grade"] == f"grade-{rating.grade.value}"
        assert float(row["ours_total"]) == rating.parts.total
        assert {part.name: float(row[f"ours_{part.name}"]) for part in rating.parts.parts} == {
            part.name: part.points for part in rating.parts.parts
        }
        assert set(row["ours_marks"].split()) == {mark for mark in rating.marks if "settling" not in mark}
    for row, rating in zip(rows, rate(given), strict=True):
        assert rating.grade is not None
        assert row["ly_t_1172_1995_htz"] == f"grade-{rating.grade.value}"


def rate(given: Path, *options: str) -> list[DangerRating]:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    return rate_file(parser.parse_args(["danger", "rate", str(given), "--latitude", "26.9", *options]))[1]


@pytest.mark.parametrize("name", ["gb_t_36743_2018", "qx_t_77_2007"])
def test_an_empty_slot_rates_nothing_and_says_to_be_confirmed(
    tmp_path: Path, out: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(write(tmp_path / "in.csv", "10", header="fwi"), out, "--table", name) == 1
    assert "to be confirmed, 待核" in capsys.readouterr().err
    assert not out.exists()


def years_of(tmp_path: Path, years: int, *, of: tuple[str, ...] = ("hy",)) -> Path:
    rows = []
    for name in of:
        for year in range(2001, 2001 + years):
            rows.extend(f"{name},{year},4,{day},{(day * 7 + year) % 60}" for day in range(1, 31))
    return write(tmp_path / "years.csv", *rows, header="id,yr,mon,day,fwi")


def test_percentiles_of_the_files_own_record(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = years_of(tmp_path, 10)
    assert grade(given, out, "--percentiles", "--season", "04-01:04-30", "--table", "ipma_percentiles") == 0
    told = capsys.readouterr().err
    for fact in ("station hy", "10 seasons", "n = 300", "Hyndman-Fan type 8", "limits "):
        assert fact in told
    rows = read(out)
    by_value = {}
    for row in rows:
        assert row["local_percentiles_fwi_mark"] == "own-record"
        by_value[int(row["fwi"])] = (float(row["local_percentiles_fwi_rank"]), row["local_percentiles_fwi"])
    ranks = [by_value[value][0] for value in sorted(by_value)]
    assert ranks == sorted(ranks)
    for rank, key in by_value.values():
        assert (rank < 50) == (key == "below-p50")
        assert (rank >= 98) == (key == "p98")
    counts = [sum(row["local_percentiles_fwi"] == key for row in rows) for key in ("below-p50", "p98")]
    assert counts[0] == pytest.approx(150, abs=8)
    assert counts[1] <= 12
    assert {row["ipma_percentiles_fwi"] for row in rows} <= {"below-p25", "p25", "p50", "p75", "p90", "p95", "p99"}


def test_a_short_record_is_marked_and_gets_no_class(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = years_of(tmp_path, 4, of=("hy", "zz"))
    season = ("--season", "04-01:04-30")
    assert grade(given, out, "--percentiles", *season) == 0
    assert capsys.readouterr().err.count("not enough years") == 2
    rows = read(out)
    assert {row["local_percentiles_fwi_mark"] for row in rows} == {"not-enough-years"}
    assert {(row["local_percentiles_fwi"], row["local_percentiles_fwi_rank"]) for row in rows} == {("", "")}
    assert rows[0]["effis_fwi"]
    assert grade(given, out, "--percentiles", *season, "--min-seasons", "4") == 0
    assert {row["local_percentiles_fwi_mark"] for row in read(out)} == {"own-record"}
    header, *lines = given.read_text("utf-8").split()
    flat = write(tmp_path / "flat.csv", *(line.rpartition(",")[0] + ",0" for line in lines), header=header)
    assert grade(flat, out, "--percentiles", *season, "--min-seasons", "4") == 0
    row = read(out)[0]
    assert (row["local_percentiles_fwi_mark"], row["local_percentiles_fwi"]) == ("too-flat", "")
    assert float(row["local_percentiles_fwi_rank"]) > 99.0
    capsys.readouterr()
    assert grade(given, out, "--percentiles", "--season", "all", "--min-seasons", "4") == 0
    assert "0 whole season(s) of the whole year" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("header", "rows", "more", "said"),
    [
        ("id,fwi", ["a,high"], (), "row 2 column fwi"),
        ("id,fwi", ["a,1", "a,-3"], (), "row 3 column fwi"),
        ("id,fwi", ["a,inf"], (), "column fwi"),
        ("id,fwi", ["a,1_0"], (), "column fwi"),
        ("id,ffmc", ["a,102"], (), "0 to 101"),
        ("id,temp", ["a,1"], (), "at least one index"),
        ("id,fwi", [",1"], (), "station's name"),
        ("id,fwi,effis_fwi", ["a,1,low"], (), "effis_fwi already"),
        ("id,fwi", ["a,1"], ("--table", "australia_ffdi"), "australia_ffdi needs: one of ffdi"),
        ("id,fwi", ["a,1"], ("--table", "ly_t_1172_1995"), "max_temp_c"),
        ("id,fwi", ["a,1"], ("--percentiles",), "fwi and the day"),
        ("id,fwi", ["a,1"], ("--table", "absent.toml"), "cannot be read"),
        ("id,fwi", ["a,1"], ("--season", "spring"), "09-15:04-30, or all"),
        ("id,fwi", ["a,1"], ("--season", "13-01:02-01"), "a day of the calendar"),
        ("id,fwi", ["a,1"], ("--min-seasons", "1"), "at least 2"),
        ("id,date,fwi", ["a,2026-04-31,1"], ("--percentiles",), "a day as 2026-03-01"),
        ("id,date,fwi", ["a,2026-04,1"], ("--percentiles",), "a day as 2026-03-01"),
        ("id,date,fwi", ["a,,1"], ("--percentiles",), "a day as 2026-03-01"),
        ("id,date,fwi", ["a,2026-04-01,1", "b,2026-04-01,1", "a,2026-04-01,2"], ("--percentiles",), "row 2 already"),
        ("id,date,ws", ["a,2026-04-01,1"], (), "at least one index"),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, rows: list[str], more: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "out.csv"
    assert grade(write(tmp_path / "in.csv", *rows, header=header), out, *more) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_filled_standard_without_its_readings_is_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = tmp_path / "ours.toml"
    filled.write_text(FICTITIOUS, encoding="utf-8")
    assert grade(write(tmp_path / "in.csv", "1", header="fwi"), out, "--table", str(filled)) == 1
    assert "ours needs: max_temp_c, dry_days, min_rh_pct" in capsys.readouterr().err


def test_wind_of_noon_counts_in_any_unit_where_it_is_the_stronger(tmp_path: Path, out: Path) -> None:
    for column, noon in (("wind_ms", "20"), ("wind_kmh", "72"), ("ws", "72")):
        header = f"id,yr,mon,day,temp,rh,{column},prec,max_temp_c,min_rh_pct,max_wind_ms"
        assert grade(write(tmp_path / "in.csv", f"a,2026,1,5,18,40,{noon},0,20,30,3", header=header), out) == 0
        assert read(out)[0]["ly_t_1172_1995_d"] == "40"
    bare = "id,date,rain_mm,max_temp_c,min_rh_pct,max_wind_ms"
    assert grade(write(tmp_path / "in.csv", "a,2026-01-05,0,20,30,3", header=bare), out) == 0
    assert read(out)[0]["ly_t_1172_1995_d"] == "10"


def test_two_files_of_one_name_would_write_one_column_and_are_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = tmp_path / "EFFIS.toml"
    ours.write_text((class_folder() / "effis.toml").read_text("utf-8"), "utf-8")
    given = write(tmp_path / "in.csv", "10", header="fwi")
    assert grade(given, out, "--table", "effis", "--table", str(ours)) == 1
    assert "another name" in capsys.readouterr().err
    assert grade(given, out, "--table", str(ours)) == 0
    assert read(out)[0]["effis_fwi"] == "low"


def test_many_notes_are_cut_short(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = years_of(tmp_path, 1, of=tuple(f"s{number}" for number in range(12)))
    assert grade(given, out, "--percentiles", "--season", "04-01:04-30") == 0
    assert "and 2 more such" in capsys.readouterr().err


def test_the_list_names_every_table_its_sources_and_what_is_to_be_confirmed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert grade("--list") == 0
    told = capsys.readouterr().out
    assert told == listing()
    for name in (*SHIPPED_TABLES, *SHIPPED_CLASSES):
        assert f"### {name}\n" in told
    assert told.count("To be confirmed / 待核**: rates nothing") == 2
    assert "| from 5.2, below 11.2 | low | 低 | `low` |" in told
    assert "| above 25, up to 50 | grade 2, low danger | 二级 低度危险 | `grade-2` |" in told


def test_without_files_the_usage_is_shown() -> None:
    for words in ([], ["in.csv"]):
        given = [sys.executable, "-m", "firewatch", "danger", "grade", *words]
        told = subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)
        assert told.returncode == 2
        assert "OUT.csv" in told.stderr


def test_the_page_of_danger_classes_shows_the_tables_as_they_are() -> None:
    page = (ROOT / "docs" / "reference" / "danger-classes.md").read_text("utf-8")
    _, marker, shown = page.partition("<!-- listing: `firewatch danger grade --list` -->\n\n")
    assert marker
    assert shown == listing(), "write it anew with firewatch danger grade --list"


def test_the_readme_of_the_tables_names_every_reading_that_a_standard_may_use() -> None:
    readme = (ROOT / "configs" / "danger_classes" / "README.md").read_text("utf-8")
    rows = [line.split("|")[1:4] for line in readme.splitlines() if line.startswith("|")]
    told = {name.strip(" `"): (unit.strip(), allowed) for names, unit, allowed in rows for name in names.split(",")}
    for name, known in SUM_INPUTS.items():
        unit, allowed = told[name]
        assert unit == known.unit
        assert f"{known.low:g} to {known.high:g}" in allowed
