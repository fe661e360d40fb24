"""`firewatch danger hourly` on files: reference outputs, order of rows, restart, days made into hours, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from fwi_command import fbp, grade, hourly, read, write

from firewatch.adapters.day_table import DAY_FORMS
from firewatch.adapters.fwi_table import WIND_UNITS
from firewatch.cli import danger_hourly as command
from firewatch.danger import StepWeather, fwi, run_hourly_ffmc
from firewatch.danger.fwi2025 import GrassForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = "id,lat,long,timezone,yr,mon,day,hr,temp,rh,ws,prec"
OURS = ("mcffmc", "ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr", "gfmc", "gsi", "gfwi", "prec_cumulative")
CURED = ("--cured", "90", "--grass", "standing")
MINMAX = "id,lat,long,timezone,yr,mon,day,temp_min,temp_max,rh_min,rh_max,ws_min,ws_max,prec"
MINMAX_ROWS = (
    "hy,26.9,112.6,8,2026,3,1,8,25,30,90,2,18,1.2",
    "hy,26.9,112.6,8,2026,3,2,9,27,25,85,2,20,0",
)


def rows_of(name: str, first: int = 0, many: int = 30, place: str = "26.9,112.6,8") -> list[str]:
    """Return hours of March 2026 with rain in some of them."""
    rows = []
    for hour in range(first, first + many):
        day, clock = divmod(hour, 24)
        rain = (hour * 7 % 5) * 0.7 if hour % 9 == 0 else 0
        temp = 15 + (clock - 4) % 24 / 2 + len(name)
        rows.append(f"{name},{place},2026,3,{day + 1},{clock},{temp},{90 - temp * 1.5},{5 + clock / 2},{rain:g}")
    return rows


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


def column(path: Path, name: str) -> list[float]:
    return [float(row[name]) for row in read(path)]


def assert_close(path: Path, wanted: Path, names: tuple[str, ...], *, is_rounded: bool) -> None:
    ours, theirs = read(path), read(wanted)
    assert len(ours) == len(theirs) > 100
    for name in names:
        given, expected = (np.array([float(row[name]) for row in rows]) for rows in (ours, theirs))
        rtol, atol = (0.0, 0.5e-4 * (1.0 + 1e-9)) if is_rounded else (1e-9, 1e-13)
        np.testing.assert_allclose(given, expected, rtol=rtol, atol=atol, err_msg=name)


@pytest.mark.shared
def test_the_run_of_the_reference_program(shared_data: Path, tmp_path: Path, out: Path) -> None:
    vectors, days = shared_data / "danger" / "cffdrs_ng", tmp_path / "days.csv"
    assert hourly(vectors / "PRF2007_hourly_wx.csv", out, "--daily", days) == 0
    full, printed = vectors / "gen_PRF2007_hourly_FWI_fullprec.csv", vectors / "PRF2007_standard_hourly_FWI.csv"
    header = full.read_text(encoding="utf-8").partition("\n")[0]
    assert out.read_text(encoding="utf-8").partition("\n")[0].replace('"', "") == header
    names = tuple(header.split(",")[7:])
    assert_close(out, full, names, is_rounded=False)
    assert_close(out, printed, names, is_rounded=True)
    summaries, wanted = read(days), read(vectors / "PRF2007_standard_daily_summaries.csv")
    assert list(summaries[0]) == list(wanted[0])
    for ours, theirs in zip(summaries, wanted, strict=True):
        for name in ("id", "yr", "mon", "day", "sunset", "peak_hr", "duration"):
            assert ours[name] == theirs[name]
        for name in ("ffmc", "fwi", "gfwi", "ws_smooth"):
            assert float(ours[name]) == pytest.approx(float(theirs[name]), abs=0.51e-4)


@pytest.mark.shared
def test_the_days_of_the_reference_program_at_hengyang(shared_data: Path, tmp_path: Path, out: Path) -> None:
    vectors, days = shared_data / "danger" / "cffdrs_ng", tmp_path / "days.csv"
    wanted = read(vectors / "gen_hengyang_geometry_hourly_FWI.csv")
    names = HEADER.split(",")
    weather = write(tmp_path / "in.csv", *(",".join(row[name] for name in names) for row in wanted), header=HEADER)
    assert hourly(weather, out, "--daily", days) == 0
    assert_close(out, vectors / "gen_hengyang_geometry_hourly_FWI.csv", OURS, is_rounded=False)
    wanted_days = vectors / "gen_hengyang_geometry_daily_summaries.csv"
    assert [(row["sunrise"], row["sunset"]) for row in read(days)] == [
        (row["sunrise"], row["sunset"]) for row in read(wanted_days)
    ]
    assert_close(days, wanted_days, (*OURS[1:-1], "ws_smooth", "isi_smooth", "gsi_smooth"), is_rounded=False)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "form"), [("gen_PRF2007_minmax.csv", "minmax"), ("PRF2007_daily_wx.csv", "noon")])
def test_the_hours_that_the_reference_program_makes_of_days(shared_data: Path, out: Path, name: str, form: str) -> None:
    vectors = shared_data / "danger" / "cffdrs_ng"
    assert hourly(vectors / name, out, "--from", form) == 0
    wanted = vectors / "gen_PRF2007_minmax_to_hourly.csv"
    assert_close(out, wanted, ("day", "hr", "temp", "rh", "ws", "prec"), is_rounded=False)


def test_mixed_stations_keep_their_own_chains_and_their_rows(tmp_path: Path, out: Path) -> None:
    one, two, late = rows_of("a"), rows_of("bb", many=20), rows_of("c", first=5, many=25)
    mixed = [*two[::-1], *late, *one]
    assert hourly(write(tmp_path / "in.csv", *mixed, header=HEADER), out, *CURED) == 0
    together = {row["id"]: [] for row in read(out)}
    for line, row in zip(mixed, read(out), strict=True):
        assert ",".join(list(row.values())[:12]) == line
        together[row["id"]].append([row[name] for name in OURS])
    for rows, name in ((one, "a"), (two[::-1], "bb"), (late, "c")):
        alone = tmp_path / f"{name}.csv"
        assert hourly(write(tmp_path / "alone.csv", *rows, header=HEADER), alone, *CURED) == 0
        assert [[row[each] for each in OURS] for row in read(alone)] == together[name]


@pytest.mark.parametrize("system", command.SYSTEMS)
def test_a_run_goes_on_from_an_earlier_result_to_the_same_bits(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], system: str
) -> None:
    rows, choices = rows_of("a", many=40), (*CURED, "--system", system)
    whole, first = tmp_path / "whole.csv", tmp_path / "first.csv"
    assert hourly(write(tmp_path / "1.csv", *rows, header=HEADER), whole, *choices) == 0
    assert hourly(write(tmp_path / "2.csv", *rows[:17], header=HEADER), first, *choices) == 0
    rest = write(tmp_path / "3.csv", *rows[17:], *rows_of("new", many=3), header=HEADER)
    assert hourly(rest, out, *choices, "--continue", first) == 0
    assert "station new is not in first.csv: it starts new" in capsys.readouterr().err
    lines = [*first.read_text("utf-8").splitlines(), *out.read_text("utf-8").splitlines()[1:-3]]
    assert lines == whole.read_text("utf-8").splitlines()
    skipped = write(tmp_path / "4.csv", *rows[18:], header=HEADER)
    assert hourly(skipped, tmp_path / "no.csv", *choices, "--continue", first) == 1
    told = capsys.readouterr().err
    assert "4.csv row 2 column hr is '2026-03-01T18'; allowed is 2026-03-01T17, the hour after station a's last" in told


def test_start_wind_unit_clock_and_grass_are_what_they_are_said_to_be(tmp_path: Path, out: Path) -> None:
    rows = rows_of("a", many=6)
    given = write(tmp_path / "in.csv", *rows, header=HEADER)
    assert hourly(given, out, *CURED, "--start", "90,30,200") == 0
    assert column(out, "dc")[0] == pytest.approx(200.0)
    other = tmp_path / "other.csv"
    knots = [line.split(",") for line in rows]
    knots = [[*cells[:3], *cells[4:10], repr(float(cells[10]) / 1.852), cells[11], "90", "0.35"] for cells in knots]
    header = HEADER.replace("timezone,", "") + ",percent_cured,grass_fuel_load"
    told = write(tmp_path / "kn.csv", *(",".join(cells) for cells in knots), header=header)
    choices = ("--grass", "standing", "--start", "90,30,200", "--wind-unit", "kn", "--utc-offset", "8")
    assert hourly(told, other, *choices) == 0
    for name in OURS:
        assert column(other, name) == pytest.approx(column(out, name), rel=1e-12)
    assert hourly(given, other, *CURED, "--grass-load", "0.7") == 0
    assert column(other, "grass_fuel_load") == [0.7] * 6


def test_measured_radiation_counts(tmp_path: Path, out: Path) -> None:
    rows = [f"{line},{hour / 20:g}" for hour, line in enumerate(rows_of("a", many=12))]
    given = write(tmp_path / "in.csv", *rows, header=f"{HEADER},solrad")
    assert hourly(given, out, *CURED) == 0
    assert column(out, "solrad") == pytest.approx([hour / 20 for hour in range(12)])


def test_the_hourly_ffmc_of_1977_and_its_indices(tmp_path: Path, out: Path) -> None:
    rows = rows_of("a", many=12)
    assert hourly(write(tmp_path / "in.csv", *rows, header=HEADER), out, "--system", "vw1977") == 0
    first = read(out)
    assert list(first[0])[12:] == ["ffmc", "isi"]
    cells = np.array([[float(cell) for cell in line.split(",")[8:]] for line in rows])
    ffmc = run_hourly_ffmc(85.0, StepWeather(*cells.T))
    assert column(out, "ffmc") == ffmc.tolist()
    with_bui = write(tmp_path / "bui.csv", *(f"{line},60" for line in rows), header=f"{HEADER},bui")
    assert hourly(with_bui, out, "--system", "vw1977") == 0
    isi = fwi.initial_spread_index(ffmc, cells[:, 2])
    assert column(out, "fwi") == fwi.fire_weather_index(isi, 60.0).tolist()
    plain = write(tmp_path / "plain.csv", "2026,3,1,0,20,40,10,0", header="yr,mon,day,hr,temp,rh,ws,prec")
    assert hourly(plain, out, "--system", "vw1977") == 0


def test_days_become_hours_and_carry_what_belongs_to_them(tmp_path: Path, out: Path) -> None:
    rows = [f"{line},{cured}" for line, cured in zip(MINMAX_ROWS, (80, 82), strict=True)]
    given = write(tmp_path / "in.csv", *reversed(rows), header=f"{MINMAX},percent_cured")
    assert hourly(given, out, "--from", "minmax", "--grass", "matted") == 0
    found = read(out)
    assert [row["hr"] for row in found] == [str(hour) for hour in range(24)] * 2
    assert [row["percent_cured"] for row in found] == ["80"] * 24 + ["82"] * 24
    assert sum(column(out, "prec")) == pytest.approx(1.2)
    assert max(column(out, "temp")) == pytest.approx(27.0, abs=0.1)


@pytest.mark.parametrize(
    ("verb", "why"), [(fbp, "fire behaviour was fitted to those"), (grade, "the agencies' limits are of daily codes")]
)
def test_what_fwi2025_wrote_is_refused_where_codes_of_1987_are_needed(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], verb: Callable[..., int], why: str
) -> None:
    days = tmp_path / "days.csv"
    given = write(tmp_path / "in.csv", *rows_of("a", many=30), header=HEADER)
    assert hourly(given, out, *CURED, "--daily", days) == 0
    for table, column_ in ((out, "mcgfmc_matted"), (days, "gsi")):
        assert verb(table, tmp_path / "result.csv") == 1
        told = capsys.readouterr().err
        assert f"{table.name} row 1 column {column_}: the system of its codes is 'FWI2025'" in told
        assert f"allowed is the FWI System of 1987; {why}" in told
        assert not (tmp_path / "result.csv").exists()


GOOD = "a,26.9,112.6,8,2026,3,1,5,20,40,10,0"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("a,26.9,112.6,8,2026,3,1,5,20,101,10,0",), "row 2 column rh is '101'; allowed is 0 to 100 %"),
        (("a,26.9,112.6,8,2026,3,1,5,20,40,10,-1",), "row 2 column prec is '-1'; allowed is 0 to 2000 mm"),
        (("a,26.9,112.6,8,2026,3,1,5,20,40,500,0",), "row 2 column ws is '500'; allowed is 0 to 400 km/h"),
        (("a,95,112.6,8,2026,3,1,5,20,40,10,0",), "row 2 column lat is '95'; allowed is -90 to 90 deg"),
        (("a,26.9,112.6,15,2026,3,1,5,20,40,10,0",), "row 2 column timezone is '15'; allowed is -12 to 14 h"),
        (
            ("a,26.9,-112.6,8,2026,3,1,5,20,40,10,0",),
            "row 2 column timezone is '8'; allowed is -11.5 to -3.5 h at longitude -112.6, which is positive",
        ),
        (("a,26.9,112.6,8,2026,3,1,24,20,40,10,0",), "row 2 column hr is '24'; allowed is 0 to 23 h"),
        (("a,26.9,112.6,8,2026,3,1,5.5,20,40,10,0",), "row 2 column hr is '5.5'; allowed is a whole number"),
        (("a,26.9,112.6,8,2026,3,1,5,,40,10,0",), "row 2 column temp is ''; allowed is -60 to 60 deg C; a reading"),
        (
            (GOOD, "a,27.9,112.6,8,2026,3,1,6,20,40,10,0"),
            "row 3 column lat is '27.9'; allowed is 26.9, as in row 2 (station a)",
        ),
        (
            (GOOD, "a,26.9,112.6,8,2026,3,1,8,20,40,10,0"),
            "station a, in.csv row 3 column hr: 2026-03-01T08 follows 2026-03-01T05 of row 2: 2 hour(s) without a",
        ),
        (
            (GOOD, "b,26.9,112.6,8,2026,3,1,6,20,40,10,0", GOOD),
            "station a, in.csv row 4 column hr: 2026-03-01T05 has a reading in row 2 already",
        ),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_written(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...], told: str
) -> None:
    out.write_text("before", encoding="utf-8")
    assert hourly(write(tmp_path / "in.csv", *rows, header=HEADER), out, *CURED) == 1
    assert f"firewatch danger hourly: {told}" in capsys.readouterr().err.replace("hourly: in.csv row", "hourly: row")
    assert out.read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (
            (),
            "row 2 column day is '2026-03-01'; allowed is 10 May to 27 August where the cured share of the",
        ),
        (("--cured", "120"), "cured share of the grass (%) at (0, 0) is 120.0; allowed is 0 to 100"),
        (("--cured", "90", "--grass-load", "0"), "load of the grass (kg/m2) at (0, 0) is 0.0; allowed is 0.001 to 10"),
        (
            (*CURED, "--utc-offset", "-8"),
            "row 2 column long is '112.6'; allowed is one whose clock is -8 h ahead of UTC",
        ),
        ((*CURED, "--system", "vw1977", "--daily", "d.csv"), "--daily with --system is 'vw1977'; allowed is fwi2025"),
        ((*CURED, "--daily", "OUT"), "allowed is another file than the result itself"),
        ((*CURED, "--daily", "IN"), "is an input itself; name another file"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], choices: tuple[str, ...], told: str
) -> None:
    given = write(tmp_path / "in.csv", GOOD, header=HEADER)
    named = {"OUT": str(out), "IN": str(given), "d.csv": str(tmp_path / "d.csv")}
    assert hourly(given, out, *(named.get(choice, choice) for choice in choices)) == 1
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            (MINMAX_ROWS[0].replace(",8,25,", ",26,25,"),),
            "row 2 column temp_min is '26'; allowed is at most the temp_max",
        ),
        ((MINMAX_ROWS[0].replace(",90,", ",120,"),), "row 2 column rh_max is '120'; allowed is 0 to 100 %"),
        (
            (MINMAX_ROWS[0], MINMAX_ROWS[1].replace("3,2,", "3,4,")),
            "row 3 column day: 2026-03-04 follows 2026-03-01 of row 2; every day is needed once",
        ),
        ((MINMAX_ROWS[0], MINMAX_ROWS[0]), "row 3 column day: 2026-03-01 follows 2026-03-01 of row 2"),
    ],
)
def test_a_wrong_day_is_named(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...], told: str
) -> None:
    assert hourly(write(tmp_path / "in.csv", *rows, header=MINMAX), out, "--from", "minmax", *CURED) == 1
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_a_wind_of_another_unit_than_declared_is_refused(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = write(tmp_path / "days.csv", f"{MINMAX_ROWS[0]},m/s", header=f"{MINMAX},ws_unit")
    assert hourly(days, out, "--from", "minmax", *CURED) == 1
    assert "row 2 column ws_unit is 'm/s'; allowed is km/h" in capsys.readouterr().err
    assert hourly(days, out, "--from", "minmax", "--wind-unit", "m/s", *CURED) == 0
    assert max(column(out, "ws")) == pytest.approx(18 * 3.6, rel=0.05)
    doubled = write(tmp_path / "ffmc.csv", f"{GOOD},85", header=f"{HEADER},ffmc")
    assert hourly(doubled, out, *CURED) == 1
    assert "has a column ffmc already, which would be written anew" in capsys.readouterr().err


def test_notes_are_told_and_many_are_cut_short(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tmp_path / "first.csv"
    assert hourly(write(tmp_path / "1.csv", GOOD, header=HEADER), first, *CURED) == 0
    many = [GOOD.replace("a,", f"s{number},", 1).replace(",40,", ",100.2,") for number in range(8)]
    assert hourly(write(tmp_path / "2.csv", *many, header=HEADER), out, *CURED, "--continue", first) == 0
    told = capsys.readouterr().err.splitlines()
    assert "relative humidity 100.2 % taken as 100 %" in told[0]
    assert told[-1].endswith("and 4 more such")


def test_the_names_of_the_choices_are_those_of_the_library() -> None:
    assert sorted(command.GRASS) == sorted(form.value for form in GrassForm)
    assert sorted(command.UNITS) == sorted(WIND_UNITS)
    assert tuple(command.FORMS[1:]) == DAY_FORMS
