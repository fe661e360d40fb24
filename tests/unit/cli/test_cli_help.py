"""The help is there at once: it loads none of the libraries that the commands need."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

# What takes long to load, or is absent from a tower's computer.
HEAVY = (
    "numpy",
    "pyproj",
    "msgspec",
    "sqlalchemy",
    "fastapi",
    "paho",
    "cv2",
    "ssl",
    "matplotlib",
    "sklearn",
    "xarray",
    "numba",
)
_LOADED = f"""
import sys
from firewatch.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print("exit", end.code)
print("loaded", [name for name in {HEAVY} if name in sys.modules])
"""
COMMANDS = ("demo", "serve", "check-config", "feeds", "accounts", "towers", "quarantine", "recheck", "danger", "locate")
VERBS = ("rate", "fwi", "hourly", "fbp", "grade", "season", "plot", "surface", "grid", "calendar", "occurrence")
ASKED = [[], *([command] for command in COMMANDS), *(["danger", verb] for verb in VERBS)]


@pytest.mark.parametrize("words", ASKED, ids=lambda words: " ".join(words) or "-")
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    given = [sys.executable, "-c", _LOADED, *words, "--help"]
    told = subprocess.run(given, capture_output=True, text=True, timeout=60, check=True).stdout
    assert told.startswith("usage: ")
    assert told.splitlines()[-2:] == ["exit 0", "loaded []"]


def test_the_help_names_every_command() -> None:
    given = [sys.executable, "-m", "firewatch", "--help"]
    told = subprocess.run(given, capture_output=True, text=True, timeout=60, check=True).stdout
    assert not [command for command in COMMANDS if not re.search(rf"^    {command}\s", told, re.MULTILINE)]
