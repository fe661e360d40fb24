"""`firewatch danger calendar`."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.ignition_toml import load_ignition_calendar
from firewatch.adapters.occurrence_json import write_occurrence_model
from firewatch.cli import main
from firewatch.danger.ignition_calendar import occasions_on
from firewatch.danger.occurrence import FitRecord, LinearTerm, Link, OccurrenceModel, Skill

if TYPE_CHECKING:
    from pathlib import Path

SKILL = Skill(0.1, 0.2, 0.5, 0.4, 0.6, 0.3, 0.2, 0.4, 0.8)
RECORD = FitRecord("f.csv", "2005-06-01", "2020-05-31", 500, 300, 15, "linear", SKILL, load_ignition_calendar().name)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["danger", "calendar", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_year_in_chinese_shows_the_days_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--year", "2027")
    assert lines[2] == "2027-02-05  周五  腊月廿九     春节前1天×9（日历表）［待核］"  # noqa: RUF001
    assert not [line for line in lines if line.startswith("2027-06-08")]
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    assert len(lines) == sum(bool(occasions_on(day, load_ignition_calendar())) for day in days)


def test_the_days_line_up_though_chinese_letters_are_wide(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--year", "2025", "--all")  # with a leap sixth month
    assert len(lines) == 365
    starts = {
        sum(2 if ord(letter) > 0x2E80 else 1 for letter in line[: line.rindex("无特殊")])
        for line in lines
        if "无特殊" in line
    }
    assert len(starts) == 1
    assert [line for line in lines if "闰六月初一" in line]


def test_english_and_a_span(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = printed(capsys, "--from", "2027-04-04", "--to", "2027-04-04", "--language", "en")
    reasons = "1 d before Qingming x9 (table) [to be confirmed]; Spring farm burning [to be confirmed]"
    assert line == f"2027-04-04  Sun*  2/28         {reasons}"


def test_csv_has_a_row_a_reason_with_number_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--from", "2027-04-04", "--to", "2027-04-22", "--csv", "--all", "--language", "en")
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert rows[0] == {
        "date": "2027-04-04",
        "place": "",
        "lunar": "2/28",
        "key": "qingming",
        "name": "Qingming",
        "offset_days": "-1",
        "multiplier": "9.0",
        "source": "table",
        "basis": "380 of 778 fires of known cause, Hunan 2017-2019, if all fell on 44 days of sacrifice",
        "is_confirmed": "false",
    }
    assert (rows[1]["key"], rows[1]["offset_days"], rows[1]["multiplier"], rows[1]["source"]) == (
        "farm-burning-spring",
        "",
        "",
        "none",
    )
    assert (rows[-1]["key"], rows[-1]["name"]) == ("", "no special reason")


def a_model(tmp_path: Path, record: FitRecord) -> str:
    path = tmp_path / "m.json"
    terms = (LinearTerm("occasion.qingming", "occasion.qingming", 0.0, 1.0), LinearTerm("weekend", "weekend", 0.0, 0.2))
    write_occurrence_model(path, OccurrenceModel(Link.LOGIT, -4.0, terms, record))
    return str(path)


def test_a_model_gives_its_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    span = ("--from", "2027-04-04", "--to", "2027-04-04", "--language", "en", "--model", a_model(tmp_path, RECORD))
    (line,) = printed(capsys, *span)
    assert "1 d before Qingming x2.7 (own fires) [to be confirmed]" in line
    assert line.endswith("; weekend x1.2 (own fires)")
    names = [row["name"] for row in csv.DictReader(io.StringIO("\n".join(printed(capsys, *span, "--csv"))))]
    assert names == ["Qingming", "Spring farm burning", "weekend"]


def test_a_model_in_doubt_is_named_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = a_model(tmp_path, replace(RECORD, skill=replace(SKILL, brier_skill_low=-1.0)))
    assert main(["danger", "calendar", "--year", "2027", "--language", "en", "--model", path]) == 0
    told = capsys.readouterr()
    assert told.err == "firewatch danger calendar: note: the skill of the local model is in doubt: not used\n"
    assert "own fires" not in told.out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--year", "1949"), "1950 to 2100"),
        (("--year", "0"), "1950 to 2100"),
        (("--year", "2027", "--to", "2027-01-01"), "only together with --from"),
        (("--from", "2027-01-01"), "a day from 2027-01-01 on"),
        (("--from", "2027-01-02", "--to", "2027-01-01"), "a day from 2027-01-02 on"),
        (("--year", "2027", "--table", "absent.toml"), "cannot be read"),
        (("--year", "2027", "--model", "absent.json"), "cannot be read"),
    ],
)
def test_what_is_refused_says_why_and_prints_nothing(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert main(["danger", "calendar", *words]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert why in told.err


@pytest.mark.parametrize("words", [(), ("--from", "soon"), ("--year", "2027", "--from", "2027-01-01")])
def test_wrong_usage_exits_with_two(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["danger", "calendar", *words])
    assert end.value.code == 2
    capsys.readouterr()
