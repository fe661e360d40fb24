"""What the help and the reference page say of `firewatch danger` is what the verbs take and write."""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from fwi_command import ROWS, danger, write

from firewatch.cli.danger import add_parser

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "commands.md"
VERBS = ("rate", "fwi", "hourly", "fbp", "grade", "season", "plot", "surface", "calendar", "occurrence")
OWN = "station_id,date,lat_deg,temp_c,rh_pct,wind_kmh,rain_mm,max_temp_c,min_rh_pct,max_wind_ms"
HOURS = "id,lat,long,timezone,yr,mon,day,hr,temp,rh,ws,prec"


def section(verb: str) -> str:
    """Return what the page says of a verb."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"### firewatch danger {verb}\n")
    return re.split(r"^##+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def named(verb: str) -> set[str]:
    """Return the words in code style, one by one."""
    return {word for words in re.findall(r"`([^`]+)`", section(verb)) for word in re.split(r"[,\s]+", words)}


def help_of(*words: str) -> str:
    """Return a verb's help, as wide as it is."""
    parser = argparse.ArgumentParser(prog="firewatch")
    add_parser(parser.add_subparsers(required=True))
    told = io.StringIO()
    stdout, sys.stdout = sys.stdout, told
    try:
        with pytest.raises(SystemExit):
            parser.parse_args(["danger", *words, "--help"])
    finally:
        sys.stdout = stdout
    return told.getvalue()


@pytest.mark.parametrize("verb", [*VERBS[:-1], "occurrence fit", "occurrence apply"])
def test_the_help_shows_an_example_that_the_command_line_takes(verb: str) -> None:
    (example,) = re.findall(r"^Example: (firewatch danger .*)\Z", help_of(*verb.split()), re.MULTILINE | re.DOTALL)
    words = shlex.split(example)
    assert " ".join(words[2:]).startswith(f"{verb} ")
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    assert parser.parse_args(words[1:]).verb


@pytest.mark.parametrize("verb", VERBS[:-1])
def test_every_option_of_the_help_is_on_the_page(verb: str) -> None:
    options = set(re.findall(r"(--[a-z][a-z0-9-]*)", help_of(verb).partition("options:")[2]))
    assert options - {"--help"} <= named(verb) | set(re.findall(r"--[a-z0-9-]+", section(verb)))


@pytest.mark.parametrize(
    ("command", "header", "rows"),
    [
        ("rate IN", OWN, ("hy,2026-03-01,26.9,18,40,10,0,22,30,5",)),
        ("fwi IN OUT", "id,lat,long,yr,mon,day,temp,rh,ws,prec", ROWS),
        ("hourly IN OUT --cured 80", HOURS, ("hy,26.9,112.6,8,2026,3,1,12,18,40,10,0",)),
        ("hourly IN OUT --system vw1977", f"{HOURS},bui", ("hy,26.9,112.6,8,2026,3,1,12,18,40,10,0,30",)),
        ("fbp IN OUT", "ID,FuelType,LAT,LONG,Dj,FFMC,BUI,WS", ("1,C2,55,110,182,90,60,10",)),
        ("season IN OUT", "id,yr,mon,day", ("hy,2026,3,1",)),
        ("season IN OUT --days", "id,yr,mon,day", ("hy,2026,3,1",)),
    ],
)
def test_every_column_that_is_written_is_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, header: str, rows: tuple[str, ...]
) -> None:
    given, out = write(tmp_path / "in.csv", *rows, header=header), tmp_path / "out.csv"
    assert danger(*({"IN": str(given), "OUT": str(out)}.get(word, word) for word in command.split())) == 0
    text = out.read_text(encoding="utf-8") if out.exists() else capsys.readouterr().out
    written = set(next(csv.reader(io.StringIO(text))))
    assert written - set(header.split(",")), "nothing was added"
    assert written <= named(command.split(maxsplit=1)[0]) | set(header.split(","))


def test_a_console_without_chinese_characters_gets_their_numbers() -> None:
    given = [sys.executable, "-m", "firewatch", "danger", "calendar", "--from", "2026-04-05", "--to", "2026-04-05"]
    env = {"PYTHONIOENCODING": "cp1252", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(given, capture_output=True, env=env, timeout=60, check=False)
    assert done.returncode == 0
    assert b"\\u6e05\\u660e" in done.stdout
