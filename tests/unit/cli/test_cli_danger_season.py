"""`firewatch danger season` on files: published dates, missing readings, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from danger_vectors.reading import read_texts
from fwi_command import read, season, write

from firewatch.cli import danger_season as command

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "id,yr,mon,day,tmax"
# Warm from the 3rd to the 6th of March, then cold: on from the 6th (three days above 12), over on the 10th.
TMAX = (8.0, 9.0, 13.0, 14.0, 13.0, 12.0, 4.0, 3.0, 2.0, 1.0, 1.0)


def rows(station: str = "hy", temps: tuple[float | str, ...] = TMAX) -> list[str]:
    return [f"{station},2026,3,{day},{temp}" for day, temp in enumerate(temps, start=1)]


def dates(path: Path) -> list[tuple[str, str]]:
    return [(row["fsdatetype"], row["date"]) for row in read(path)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("kind", "options"),
    [("WF93", ()), ("WF93_start10_end3", ("--start-above-c", "10", "--end-below-c", "3"))],
)
def test_seasons_of_three_stations_in_one_file_are_the_reference_programs(
    shared_data: Path, out: Path, kind: str, options: tuple[str, ...]
) -> None:
    data = shared_data / "danger" / "cffdrs_r"
    assert season(data / "input" / "test_wDC.csv", out, "--rule", "temperature", *options) == 0
    found = read(out)
    assert list(found[0]) == ["id", "yr", "mon", "day", "fsdatetype", "date"]
    for station in ("1", "2", "3"):
        want = read_texts(data / "full_precision" / f"fire_season_id{station}_{kind}.csv")
        ours = [row for row in found if row["id"] == station]
        for name in ("yr", "mon", "day", "fsdatetype", "date"):
            assert [row[name] for row in ours] == want[name], (station, name)


def test_starts_and_ends_by_hand(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = write(tmp_path / "in.csv", *rows(), header=HEADER)
    assert season(given, out, "--rule", "temperature") == 0
    assert dates(out) == [("start", "2026-03-06"), ("end", "2026-03-10")]
    assert "station hy: on 3 day(s) the rule could not judge" in capsys.readouterr().err


def test_days_of_mixed_stations_in_any_order_are_each_as_alone(tmp_path: Path, out: Path) -> None:
    mixed = [row for pair in zip(reversed(rows()), rows("zz", TMAX[::-1]), strict=True) for row in pair]
    assert season(write(tmp_path / "in.csv", *mixed, header=HEADER), out, "--rule", "temperature", "--days") == 0
    found = read(out)
    assert [",".join(list(row.values())[:5]) for row in found] == mixed
    ours = sorted((row for row in found if row["id"] == "hy"), key=lambda row: int(row["day"]))
    assert [row["in_season"] for row in ours] == list("00000111100")
    assert [row["judged"] for row in ours] == list("00011111111")


def test_a_missing_day_and_a_missing_reading_start_nothing(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warm = rows(temps=(15.0, 15.0, "NA", 15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 15.0))
    given = write(tmp_path / "in.csv", *warm[:6], *warm[7:], header=HEADER)
    assert season(given, out, "--rule", "temperature") == 0
    # The spell of three begins anew after the 3rd, and is broken again on the 7th only when it is over.
    assert dates(out) == [("start", "2026-03-07")]
    told = capsys.readouterr().err
    assert "station hy: 1 day(s) have no row" in told
    assert "on 9 day(s) the rule could not judge" in told


def test_by_default_the_season_is_always_on(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = write(tmp_path / "in.csv", "2026,3,1", "2026,3,2", header="yr,mon,day")
    assert season(given, out) == 0
    assert read(out) == [{"yr": "2026", "mon": "3", "day": "1", "fsdatetype": "start", "date": "2026-03-01"}]
    assert capsys.readouterr().err == ""


def test_the_prevention_period_goes_over_new_year(tmp_path: Path, out: Path) -> None:
    given = write(tmp_path / "in.csv", "2026,4,30", "2026,5,1", "2026,9,30", "2026,10,1", header="yr,mon,day")
    period = ("--rule", "prevention-period", "--first", "10-01", "--last", "04-30")
    assert season(given, out, *period) == 0
    assert dates(out) == [("start", "2026-04-30"), ("end", "2026-05-01"), ("start", "2026-10-01")]


def test_without_days_the_prevention_period_is_hengyangs_and_says_so(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", "2026,9,14", "2026,9,15", "2027,4,30", "2027,5,1", header="yr,mon,day")
    assert season(given, out, "--rule", "prevention-period") == 0
    assert dates(out) == [("start", "2026-09-15"), ("end", "2027-05-01")]
    assert "Hengyang's of 2020, 15 September to 30 April; check your own notice" in capsys.readouterr().err


def test_snow_and_means_are_rules_of_their_own(tmp_path: Path, out: Path) -> None:
    lines = [f"2026,3,{day},{snow},9,9" for day, snow in enumerate((0.2, 0.0, 0.0, 0.0, 0.0, 0.3), start=1)]
    given = write(tmp_path / "in.csv", *lines, header="yr,mon,day,snow_depth,tmax,temp")
    assert season(given, out, "--rule", "snow") == 0
    assert dates(out) == [("start", "2026-03-04"), ("end", "2026-03-06")]
    assert season(given, out, "--rule", "gfwed") == 0
    assert dates(out) == [("start", "2026-03-04"), ("end", "2026-03-06")]
    assert season(given, out, "--rule", "gfwed", "--start-above-c", "10") == 0
    assert dates(out) == []
    assert season(given, out, "--rule", "snow", "--was-on") == 0
    assert dates(out) == [("start", "2026-03-04"), ("end", "2026-03-06")]


@pytest.mark.parametrize(
    ("changed", "options", "words"),
    [
        ("hy,2026,3,2,75", ("--rule", "temperature"), ("in.csv row 3 column tmax", "75", "-60 to 60 deg C, or blank")),
        ("hy,2026,3,2,warm", ("--rule", "temperature"), ("in.csv row 3 column tmax", "warm")),
        ("hy,2026,3,1,9", ("--rule", "temperature"), ("station hy", "row 3", "row 2 already")),
        ("hy,2026,2,30,9", (), ("row 3 column day", "a day of 2026-02")),
        ("hy,2026,3,2,9", ("--rule", "snow"), ("no column for snow_depth",)),
        (
            "hy,2026,3,2,9",
            ("--rule", "prevention-period", "--first", "10-01"),
            ("--first and --last", "both, or neither"),
        ),
        (
            "hy,2026,3,2,9",
            ("--rule", "prevention-period", "--first", "13-01", "--last", "04-30"),
            ("(13, 1)", "a day of the calendar"),
        ),
        ("hy,2026,3,2,9", ("--start-above-c", "10"), ("--start-above-c", "nothing with --rule always-on")),
        ("hy,2026,3,2,9", ("--rule", "temperature", "--end-below-c", "20"), ("end of the season", "at most its start")),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_written(
    tmp_path: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    changed: str,
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    given = write(tmp_path / "in.csv", "hy,2026,3,1,8", changed, header=HEADER)
    assert season(given, out, *options) == 1
    told = capsys.readouterr().err
    assert not [word for word in words if word not in told], told
    assert not out.exists()


def test_a_column_that_would_be_written_anew_is_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write(tmp_path / "in.csv", "2026,3,1,1", header="yr,mon,day,in_season")
    assert season(given, out, "--days") == 1
    assert "a column in_season already" in capsys.readouterr().err
    assert season(given, given) == 1


@pytest.mark.parametrize("text", ["october", "10-01-02", "10"])
def test_a_day_that_is_none_is_wrong_usage(tmp_path: Path, out: Path, text: str) -> None:
    with pytest.raises(SystemExit):
        season(tmp_path / "in.csv", out, "--rule", "prevention-period", "--first", text)


def test_the_default_is_the_first_rule() -> None:
    assert command.RULES[0] == "always-on"
