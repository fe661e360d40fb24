"""`firewatch danger fbp` on files: reference outputs, kept ids, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fwi_command import fbp, read

from firewatch.cli import danger_fbp as command
from firewatch.danger.fbp import FBP_OUTPUTS, PerimeterForm

HEADER = "id;FuelType;LAT;LONG;FFMC;BUI;WS;WD;GS;Dj;hr;Accel;Aspect;BUIEff"
# The first two of the twenty standard cases (Wotton, Alexander, Taylor 2009, GLC-X-10).
CASES = ("k1;C-1;55;110;90;130;20;0;15;182;0.333333333;0;270;1", "k2;C2;50;90;97;119;20.4;0;75;121;0.333333333;0;315;1")


def cases(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_the_first_standard_case_is_the_published_one(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert fbp(cases(tmp_path / "in.csv", *CASES), out, "--constants", "classic") == 0
    first, second = read(out)
    assert list(first) == ["id", *(name.lower() for name in FBP_OUTPUTS)]
    assert (first["id"], second["id"]) == ("k1", "k2")
    # As printed there for case 1, with the constant 147.2.
    assert float(first["ros"]) == pytest.approx(5.569, abs=5e-4)
    assert float(first["hfi"]) == pytest.approx(3147.82, abs=0.01)
    assert float(first["cfb"]) == pytest.approx(0.647, abs=5e-4)
    assert first["fd"] == "I"
    assert float(second["ros"]) > float(first["ros"])


@pytest.mark.shared
def test_all_outputs_of_the_reference_program(shared_data: Path, tmp_path: Path) -> None:
    folder, out = shared_data / "danger" / "cffdrs_r", tmp_path / "out.csv"
    assert fbp(folder / "input" / "test_fbp.csv", out) == 0
    ours, theirs = read(out), read(folder / "full_precision" / "fbp_all.csv")
    assert len(ours) == len(theirs) == 20
    compared = 0
    for mine, other in zip(ours, theirs, strict=True):
        for name in FBP_OUTPUTS:
            given = other[name.lower()]
            if name == "FD" or given == "NA":
                assert mine[name.lower()] == given
            else:
                assert float(mine[name.lower()]) == pytest.approx(float(given), rel=1e-9, abs=1e-9)
                compared += 1
    assert compared > 700


def test_a_missing_number_is_na_where_strict_and_replaced_where_not(tmp_path: Path) -> None:
    given = cases(tmp_path / "in.csv", CASES[0].replace(";20;", ";NA;"))
    assert fbp(given, tmp_path / "a.csv") == 0
    assert fbp(given, tmp_path / "b.csv", "--strict") == 0
    (loose,), (strict,) = read(tmp_path / "a.csv"), read(tmp_path / "b.csv")
    assert math.isfinite(float(loose["ros"]))
    assert strict["ros"] == "NA"


@pytest.mark.parametrize(
    ("row", "options", "words"),
    [
        ("k1;Q9;55;110;90;130;20;0;15;182;0.3;0;270;1", (), ("Q9",)),
        ("k1;D2;55;110;90;130;20;0;15;182;0.3;0;270;1", (), ("row 2 column fueltype is 'D2'", "C1, C2, ")),
        ("k1;;55;110;90;130;20;0;15;182;0.3;0;270;1", ("--strict",), ("row 2 column fueltype is ''",)),
        ("k1;C1;55;110;abc;130;20;0;15;182;0.3;0;270;1", (), ("row 2 column ffmc is 'abc'", "a number")),
        ("k1;C1;55;110;1_0;130;20;0;15;182;0.3;0;270;1", (), ("row 2 column ffmc is '1_0'", "a number")),
        ("k1;C1;55;110;90;130;20,5;0;15;182;0.3;0;270;1", (), ("row 2 column ws is '20,5'", "with a point")),
        ("k1;C1;95;110;90;130;20;0;15;182;0.3;0;270;1", (), ("row 2 column lat is '95'", "-90 to 90")),
        ("k1;C1;55;110;90;130;-3;0;15;182;0.3;0;270;1", ("--strict",), ("row 2 column ws is '-3'", "0 to 300")),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before", encoding="utf-8")
    assert fbp(cases(tmp_path / "in.csv", row), out, *options) == 1
    told = capsys.readouterr().err
    assert told.startswith("firewatch danger fbp: in.csv")
    assert all(word in told for word in words), told
    assert out.read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("FuelType;WS (m/s)", "C2;5", "row 1 column WS (m/s), its unit, is 'm/s'"),
        ("FuelType;ws;ws_unit", "C2;5;kn", "row 2 column ws_unit is 'kn'"),
        ("fuel;wind", "C2;5", "row 1: no column of a case, as FuelType, FFMC, BUI, WS; the header has fuel, wind"),
    ],
)
def test_a_wind_in_another_unit_and_a_table_of_something_else_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, row: str, words: str
) -> None:
    assert fbp(cases(tmp_path / "in.csv", row, header=header), tmp_path / "out.csv") == 1
    assert f"in.csv {words}" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_a_wind_in_the_given_unit_is_converted(tmp_path: Path) -> None:
    metres, kilometres = cases(tmp_path / "a.csv", "C2;5", header="FuelType;WS (m/s)"), tmp_path / "b.csv"
    cases(kilometres, "C2;18", header="FuelType;WS")
    assert fbp(metres, tmp_path / "a_out.csv", "--wind-unit", "m/s") == 0
    assert fbp(kilometres, tmp_path / "b_out.csv") == 0
    assert read(tmp_path / "a_out.csv") == read(tmp_path / "b_out.csv")


def test_what_is_computed_otherwise_than_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fbp(cases(tmp_path / "in.csv", *CASES), tmp_path / "out.csv") == 0
    assert capsys.readouterr().err == ""
    odd = cases(tmp_path / "odd.csv", "C2;150;0;0", "C2;NA;-1;0", header="FuelType;FFMC;WS;cc")
    assert fbp(odd, tmp_path / "out.csv") == 0
    assert [line.partition(" note: ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "no column for LAT (55), LONG (-120), DJ (180), BUI (60): computed with the number in brackets",
        "FFMC out of range (0 to 101) taken as 0 in 1 rows, first 2",
        "FFMC missing, taken as 90, in 1 rows, first 3",
        "WS out of range (0 to 300) taken as 0 in 1 rows, first 3",
    ]


@pytest.mark.parametrize("name", ["C2", "C-2", "c 2", " c-2 ", "C - 2"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_spellings_of_a_fuel_type_and_of_a_table(tmp_path: Path, name: str, between: str) -> None:
    given = cases(tmp_path / "in.csv", f'"{name}"{between}92', header=f'"FUELTYPE"{between}"ffmc"')
    assert fbp(given, tmp_path / "out.csv") == 0
    assert fbp(cases(tmp_path / "plain.csv", "C2,92", header="FuelType,FFMC"), tmp_path / "plain_out.csv") == 0
    rows = (tmp_path / "out.csv").read_text(encoding="utf-8").replace(between, ",")
    assert rows == (tmp_path / "plain_out.csv").read_text(encoding="utf-8")


def test_the_ellipse_is_a_choice(tmp_path: Path) -> None:
    header, row = f"{HEADER};theta", f"{CASES[1]};180"
    given = cases(tmp_path / "in.csv", row, header=header)
    assert fbp(given, tmp_path / "a.csv") == 0
    assert fbp(given, tmp_path / "b.csv", "--perimeter", "ellipse") == 0
    (reference,), (ellipse,) = read(tmp_path / "a.csv"), read(tmp_path / "b.csv")
    assert float(reference["tros"]) != float(ellipse["tros"])
    assert reference["ros"] == ellipse["ros"]


def test_the_names_of_the_choices_are_those_of_the_library() -> None:
    assert {name.upper() for name in command.PERIMETERS} == set(PerimeterForm.__members__)


SHIPPED = Path(__file__).resolve().parents[3] / "configs" / "fuel_types.toml"


def test_forest_types_stand_for_their_fuels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "id,FuelType,FFMC,BUI,WS,PC"
    forests = (
        "马尾松,92,60,15,",
        "Masson Pine,92,60,15,",
        "针阔混交林,92,60,15,",
        "针阔混交林,92,60,15,20",
        "c-2,92,60,15,",
    )
    fuels = ("C3,92,60,15,", "C3,92,60,15,", "M1,92,60,15,50", "M1,92,60,15,20", "C2,92,60,15,")
    names, codes = (
        cases(tmp_path / name, *(f"{number},{row}" for number, row in enumerate(rows)), header=header)
        for name, rows in (("a.csv", forests), ("b.csv", fuels))
    )
    assert fbp(names, tmp_path / "named.csv", "--fuel-types", SHIPPED) == 0
    told = capsys.readouterr().err
    assert "to be confirmed (待核): 马尾松林 as C3, 针阔混交林 as M1\n" in told
    assert fbp(codes, tmp_path / "coded.csv") == 0
    assert read(tmp_path / "named.csv") == read(tmp_path / "coded.csv")


def test_a_table_of_forest_types_fills_its_share_where_there_is_no_column(tmp_path: Path) -> None:
    grass = cases(tmp_path / "a.csv", "草地,92,15", header="FuelType,FFMC,WS")
    same = cases(tmp_path / "b.csv", "O1B,92,15,90", header="FuelType,FFMC,WS,cc")
    assert fbp(grass, tmp_path / "named.csv", "--fuel-types", SHIPPED) == 0
    assert fbp(same, tmp_path / "coded.csv") == 0
    assert read(tmp_path / "named.csv") == read(tmp_path / "coded.csv")


def test_confirmed_forest_types_are_not_remarked_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(SHIPPED.read_text("utf-8").replace("confirmed = false", "confirmed = true"), encoding="utf-8")
    given = cases(tmp_path / "a.csv", "杉木,92", "NA,92", header="FuelType,FFMC")
    assert fbp(given, tmp_path / "out.csv", "--fuel-types", ours) == 0
    told = capsys.readouterr().err
    assert "待核" not in told
    assert "no column for LAT" in told


def test_a_table_without_fuel_types_is_computed_as_ever(tmp_path: Path) -> None:
    given = cases(tmp_path / "a.csv", "92", header="FFMC")
    assert fbp(given, tmp_path / "named.csv", "--fuel-types", SHIPPED) == 0
    assert fbp(given, tmp_path / "plain.csv") == 0
    assert read(tmp_path / "named.csv") == read(tmp_path / "plain.csv")


def test_an_unknown_forest_type_is_refused_with_those_that_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = cases(tmp_path / "a.csv", "C2,92", "猴面包树,92", header="FuelType,FFMC")
    assert fbp(given, tmp_path / "out.csv", "--fuel-types", SHIPPED) == 1
    told = capsys.readouterr().err
    assert "a.csv row 3 column fueltype is '猴面包树'" in told
    assert "马尾松林, 马尾松幼林" in told
    assert not (tmp_path / "out.csv").exists()
