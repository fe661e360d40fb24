"""`firewatch danger fwi` against the outputs of reference programs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fwi_command import OUTPUTS, codes, fwi, read, write

from firewatch.danger import CodeArrays, DailyWeather, run_days

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


# Against reference programs: file, choices, and whether its numbers are rounded to print (else all digits are there).
RUNS = [
    *((f"cffdrs_r/expected/fwi_{n}.csv", (), True) for n in ("01", "02", "03", "04", "08", "09", "10")),
    ("cffdrs_r/expected/fwi_05.csv", ("--start", "0,0,0"), True),
    ("cffdrs_r/expected/fwi_07.csv", ("--day-length", "north"), True),
    ("cffdrs_r/expected/test_fwi_out_Rdata_test_fwi_out.csv", ("--constants", "cffdrs-middle"), False),
    *(
        (f"cffdrs_r/full_precision/fwi_test_lat{lat}.csv", (), False)
        for lat in ("40_default", "26.9", "15", "5", "-5", "-15", "-25", "-35")
    ),
    ("cffdrs_r/full_precision/fwi_test_nolatadjust.csv", ("--day-length", "north"), False),
    ("cffdrs_r/full_precision/fwi_test_outonly.csv", (), False),
    ("cffdrs_r/full_precision/fwi_seq_hengyang_lat26.9.csv", (), False),
    *((f"cffdrs_r/full_precision/fwi_wDC_id{n}.csv", (), False) for n in (1, 2, 3)),
    ("firedanger/test_fwi_147_2.csv", ("--constants", "classic"), False),
]


def assert_equal(given: list[dict[str, str]], wanted: list[dict[str, str]], *, rounded: bool) -> None:
    """Compare to half a unit of the last printed digit, or to 1e-9 of full precision."""
    assert len(given) == len(wanted)
    for name in OUTPUTS:
        ours, theirs = (np.array([float(row[name]) for row in rows]) for rows in (given, wanted))
        # Printed with at least two decimals; R leaves out zeros at the end.
        exponents = [min(Decimal(row[name]).as_tuple().exponent, -2) for row in wanted]
        limit = 0.5 * 10.0 ** np.array(exponents, dtype=float) if rounded else 1e-9 * np.abs(theirs) + 1e-13
        assert (np.abs(ours - theirs) <= limit * (1.0 + 1e-9)).all(), name


@pytest.mark.shared
@pytest.mark.parametrize(("file", "choices", "rounded"), RUNS, ids=[run[0] for run in RUNS])
def test_a_file_of_a_reference_program_is_reproduced(
    shared_data: Path, tmp_path: Path, out: Path, file: str, choices: tuple[str, ...], *, rounded: bool
) -> None:
    wanted = read(shared_data / "danger" / file)
    inputs = [{name: cell for name, cell in row.items() if name not in OUTPUTS} for row in wanted]
    if not inputs[0]:
        inputs = read(shared_data / "danger" / "cffdrs_r" / "input" / "test_fwi.csv")
    given = write(tmp_path / "in.csv", *(",".join(row.values()) for row in inputs), header=",".join(inputs[0]))
    assert fwi(given, out, *choices) == 0
    assert_equal(read(out), wanted, rounded=rounded)


@pytest.mark.shared
def test_48_stations_of_one_day_are_reproduced(shared_data: Path, tmp_path: Path, out: Path) -> None:
    wanted = read(shared_data / "danger" / "cffdrs_r" / "expected" / "fwi_11.csv")
    cells = [[str(n), *(cell for name, cell in row.items() if name not in OUTPUTS)] for n, row in enumerate(wanted)]
    names = [name for name in wanted[0] if name not in OUTPUTS]
    given = write(tmp_path / "in.csv", *map(",".join, cells), header=",".join(["id", *names]))
    assert fwi(given, out) == 0
    assert_equal(read(out), wanted, rounded=True)


@pytest.mark.shared
def test_three_real_stations_in_one_file_are_each_as_alone(shared_data: Path, out: Path) -> None:
    data = shared_data / "danger" / "cffdrs_r"
    assert fwi(data / "input" / "test_wDC.csv", out) == 0
    alone = [row for n in (1, 2, 3) for row in read(data / "full_precision" / f"fwi_wDC_id{n}.csv")]
    assert_equal(read(out), alone, rounded=False)


@pytest.mark.shared
def test_xclims_seasons_are_reproduced_to_their_nine_digits(shared_data: Path, tmp_path: Path, out: Path) -> None:
    table = read(shared_data / "danger" / "xclim" / "cffdrs_test_fwi.csv")
    start: tuple[str, ...] = ()
    for test in ("0", "1"):
        season = [row for row in table if row["test"] == test]
        rows = (
            f"{row['time'].replace('-', ',')},{row['lat']},{row['tas']},{row['rh']},{row['ws']},{row['pr']}"
            for row in season
        )
        given = write(tmp_path / f"{test}.csv", *rows, header="yr,mon,day,lat,temp,rh,ws,prec")
        assert fwi(given, out, "--constants", "classic", "--day-length", "xclim", *start) == 0
        for ours, theirs in zip(read(out), season, strict=True):
            for name in OUTPUTS[:6]:
                assert float(ours[name]) == pytest.approx(float(theirs[name]), rel=2e-8, abs=5e-9)
        start = ("--start", ",".join(codes(out)[-1][:3]))


@pytest.mark.shared
@pytest.mark.parametrize("split", [1, 2, 17, 364, 700, 1094])
def test_three_years_split_at_any_day_equal_the_whole(shared_data: Path, tmp_path: Path, out: Path, split: int) -> None:
    table = read(shared_data / "danger" / "cffdrs_r" / "full_precision" / "fwi_seq_hengyang_lat26.9.csv")
    names = [name for name in table[0] if name not in OUTPUTS]
    lines = [",".join(row[name] for name in names) for row in table]
    files = {}
    for part, rows in (("whole", lines), ("early", lines[:split]), ("late", lines[split:])):
        files[part] = tmp_path / f"{part}_out.csv"
        going_on = ("--continue", files["early"]) if part == "late" else ()
        assert fwi(write(tmp_path / f"{part}.csv", *rows, header=",".join(names)), files[part], *going_on) == 0
    assert codes(files["early"]) + codes(files["late"]) == codes(files["whole"])


@pytest.mark.shared
def test_a_start_beyond_the_scale_is_computed_by_the_library_as_by_the_package(shared_data: Path) -> None:
    # 200, 1000, 10000: the command refuses such a start, because no FFMC is above 101.
    wanted = read(shared_data / "danger" / "cffdrs_r" / "expected" / "fwi_06.csv")
    columns = {name: np.array([float(row[name]) for row in wanted]) for name in wanted[0]}
    found, indices = run_days(
        CodeArrays(*(np.array(code) for code in (200.0, 1000.0, 10_000.0))),
        DailyWeather(columns["temp"], columns["rh"], columns["ws"], columns["prec"]),
        40.0,
        columns["mon"].astype(int),
    )
    outputs = (found.ffmc, found.dmc, found.dc, indices.isi, indices.bui, indices.fwi, indices.dsr)
    ours = [dict(zip(OUTPUTS, map(str, row), strict=True)) for row in np.transpose(outputs).tolist()]
    assert_equal(ours, wanted, rounded=True)
