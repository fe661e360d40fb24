"""What the demo refuses before it starts anything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from firewatch.cli import main

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "options",
    [
        ["--headless", "--minutes", "0"],
        ["--headless", "--minutes", "-4"],
        ["--headless", "--minutes", "nan"],
        ["--headless", "--minutes", "inf"],
        ["--headless", "--minutes", "four"],
        ["--speed", "0"],
        ["--speed", "61"],
        ["--speed", "nan"],
        ["--seed", "-1"],
        ["--seed", "1.5"],
        ["--port", "65536"],
        ["--port", "-1"],
        ["--broker-port", "70000"],
        ["--node-broker-port", "-5"],
        ["--fire", "two"],
    ],
)
def test_a_number_out_of_range_is_wrong_usage_that_names_the_option(options: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", *options])
    assert f"argument {options[-2]}:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--minutes", "4"], "--minutes needs --headless"),
        (["--report", "r.json"], "--report needs --headless"),
        (["--frames", ".", "--fire", "one"], "--fire does not go with --frames"),
        (["--frames", ".", "--fire", "none"], "--fire does not go with --frames"),
        (["--headless", "--minutes", "1"], "ends before the fire starts (60 s of scene time)"),
        (
            ["--headless", "--speed", "30"],
            "ends before the fire starts (300 s of scene time): give more than 5 minutes",
        ),
        (["--port", "9999", "--broker-port", "9999"], "both 9999"),
    ],
)
def test_options_that_would_be_ignored_or_make_no_sense_together_are_wrong_usage(
    options: list[str], words: str, capsys: Capture
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", *options])
    assert words in capsys.readouterr().err


def refused(capsys: Capture, folder: Path, *options: object) -> str:
    """Run the demo, which must refuse; return what it said."""
    before = sorted(folder.rglob("*"))
    assert main(["demo", *map(str, options)]) == 1
    assert sorted(folder.rglob("*")) == before, "something was written"
    told = capsys.readouterr()
    assert "broker:" not in told.err, "something was started"
    return told.err


@pytest.mark.parametrize("option", ["--port", "--broker-port"])
def test_a_taken_port_is_refused_before_anything_is_started(option: str, capsys: Capture, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        others = [] if option == "--port" else ["--port", 0]
        words = refused(capsys, tmp_path, option, port, *others, "--keep", tmp_path / "keep")
    assert f"{option}: port {port} of this machine cannot be had" in words
    assert "give another" in words


def test_a_report_without_a_place_is_refused_before_the_run(capsys: Capture, tmp_path: Path) -> None:
    missing, keep = tmp_path / "no" / "r.json", tmp_path / "keep"
    assert "make it first" in refused(capsys, tmp_path, "--headless", "--report", missing, "--keep", keep)
    assert "no plain file" in refused(capsys, tmp_path, "--headless", "--report", tmp_path)
    assert "no plain file" in refused(capsys, tmp_path, "--headless", "--report", "/dev/null")
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        assert "cannot be written" in refused(capsys, tmp_path, "--headless", "--report", tmp_path / "r.json")
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("trace", ["firewatch.db", "cameras.jsonl", "phones.jsonl", "central.toml", "broker"])
def test_a_folder_with_an_earlier_run_is_refused(trace: str, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / trace).touch()
    assert "holds an earlier run" in refused(capsys, tmp_path, "--port", 0, "--keep", tmp_path)


def test_a_file_in_place_of_a_folder_is_refused(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "is a file" in refused(capsys, tmp_path, "--port", 0, "--keep", file)
    assert "is no folder" in refused(capsys, tmp_path, "--port", 0, "--model", file)


def test_missing_or_empty_folders_of_frames_and_detector_are_refused(capsys: Capture, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert "a folder that exists" in refused(capsys, tmp_path, "--port", 0, "--frames", missing)
    assert "with .jpg or .png pictures" in refused(capsys, tmp_path, "--port", 0, "--frames", tmp_path)
    assert "is no folder" in refused(capsys, tmp_path, "--port", 0, "--model", missing)


def test_an_interrupt_in_code_made_from_a_string_leaves_the_exit_status(tmp_path: Path) -> None:
    """CPython 3.11 remembers such an interrupt, though it was taken, and ends `python -m` by SIGINT."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "from firewatch.cli import demo, main\n"
        "demo._plan = lambda *_: exec('raise KeyboardInterrupt')\n"
        "sys.exit(main(['demo', '--keep', 'kept', '--port', '0']))\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "the demo has ended\n")
