"""What the verbs of `firewatch danger` write stands there whole, or as it was before: also on a full disk."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fwi_command import ROWS, danger, write

from firewatch.adapters.cffdrs_csv import write_beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A process whose files may hold 100 bytes, as on a disk that is full.
_FULL = """
import resource, sys
from firewatch.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
raise SystemExit(main(["danger", *sys.argv[1:]]))
"""
HOURS = "id,lat,long,timezone,yr,mon,day,hr,temp,rh,ws,prec,percent_cured"
DAY = [f"hy,26.9,112.6,8,2026,3,1,{hour},18,40,10,0,80" for hour in range(24)]
STATIONS = ("a,26.9,112.6,5", "b,27.0,112.9,15", "c,27.3,112.4,8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "noon.csv", *ROWS)
    write(tmp_path / "cases.csv", "C2,92", "C3,92", "M1,90", header="FuelType,FFMC")
    write(tmp_path / "hours.csv", *DAY, header=HOURS)
    write(tmp_path / "stations.csv", *STATIONS, header="id,lat_deg,lon_deg,fwi")
    write(tmp_path / "codes.csv", *(f"2026,3,{day},{day}" for day in range(1, 20)), header="yr,mon,day,fwi")
    for name in ("out.csv", "out.png", "out.nc", "more.csv", "more.json"):
        (tmp_path / name).write_text("before", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "fwi noon.csv out.csv",
        "fbp cases.csv out.csv",
        "hourly hours.csv out.csv --daily more.csv",
        "grade codes.csv out.csv",
        "season noon.csv out.csv --days",
        "plot codes.csv out.png",
        "surface stations.csv out.nc --save-parameters more.json",
    ],
)
def test_a_full_disk_leaves_what_was_there(folder: Path, command: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    given = [sys.executable, "-B", "-c", _FULL, *command.split()]
    done = subprocess.run(given, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "cannot be written: File too large" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_of_two_results_none_takes_its_name_before_both_are_written(folder: Path) -> None:
    hours = folder / "hours.csv"
    long_name = folder / ("d" * 250 + ".csv")  # may stand, but leaves no room for the name of the part beside it
    assert danger("hourly", hours, folder / "out.csv", "--daily", long_name) == 1
    assert (folder / "out.csv").read_text(encoding="utf-8") == "before"
    assert danger("hourly", hours, folder / "out.csv", "--daily", folder / "more.csv") == 0
    assert (folder / "more.csv").read_text(encoding="utf-8").startswith("id,")


def test_an_interrupted_write_leaves_what_was_there(folder: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["a"] * 10_000
        raise KeyboardInterrupt

    names = sorted(path.name for path in folder.iterdir())
    with pytest.raises(KeyboardInterrupt):
        write_beside(folder / "out.csv", rows(), ",")
    assert (folder / "out.csv").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in folder.iterdir()) == names


@pytest.mark.parametrize(
    "command",
    [
        "rate noon.csv --latitude nan",
        "hourly hours.csv out.csv --cured nan",
        "hourly hours.csv out.csv --grass-load inf",
        "hourly hours.csv out.csv --utc-offset NaN",
        "season noon.csv out.csv --rule temperature --start-above-c nan",
        "surface stations.csv out.png --step nan",
        "surface stations.csv out.png --most-km x",
    ],
)
def test_an_option_that_is_no_number_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        danger(*command.split())
    assert end.value.code == 2
    assert "a number is wanted" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["0001-01-01", "2026-03", "2026-W10-1", "20260301", "2026/3/1", "NA", ""])
@pytest.mark.parametrize("command", ["plot IN out.png", "grade IN out.csv --percentiles"])
def test_a_date_is_a_day_of_the_calendar(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, day: str
) -> None:
    given = write(folder / "dates.csv", "2026-03-01,5", f"{day},6", header="date,fwi")
    assert (
        danger(
            *(str(given) if word == "IN" else str(folder / word) if "." in word else word for word in command.split())
        )
        == 1
    )
    assert f"dates.csv row 3 column date is {day!r}; allowed is a day as 2026-03-01" in capsys.readouterr().err


@pytest.mark.parametrize("box", ["nan,26,113,27", "112,26,113,1e9", "112,-91,113,27"])
def test_a_box_that_is_not_on_earth_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], box: str) -> None:
    assert danger("surface", folder / "stations.csv", folder / "out.png", f"--box={box}") == 1
    assert "edge of the grid (deg) is" in capsys.readouterr().err
    assert (folder / "out.png").read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize(
    "command",
    [
        "fwi noon.csv noon.csv",
        "fbp cases.csv cases.csv",
        "fbp cases.csv more.csv --fuel-types more.csv",
        "hourly hours.csv hours.csv",
        "hourly hours.csv out.csv --daily hours.csv",
        "hourly hours.csv out.csv --daily out.csv",
        "grade codes.csv codes.csv",
        "grade codes.csv more.csv --table more.csv",
        "season noon.csv noon.csv",
        "plot link.png link.png",
        "plot codes.csv out.png --classes out.png",
        "surface link.png link.png",
        "surface stations.csv out.nc --save-parameters out.nc",
        "surface stations.csv out.nc --elevation out.nc",
        "occurrence fit codes.csv codes.csv",
        "occurrence apply more.json codes.csv more.json",
    ],
)
def test_a_result_never_takes_the_place_of_an_input_or_of_the_other_result(folder: Path, command: str) -> None:
    (folder / "link.png").symlink_to(folder / "codes.csv")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    words = [str(folder / word) if "." in word else word for word in command.split()]
    assert danger(*words) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_is_not_there_and_a_folder_in_its_place_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert danger("fwi", folder / "noon.csv", folder / "absent" / "out.csv") == 1
    assert "its folder does not exist" in capsys.readouterr().err
    assert danger("fwi", folder / "noon.csv", folder) == 1
    assert "it is no plain file" in capsys.readouterr().err
