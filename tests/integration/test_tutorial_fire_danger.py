"""The tutorial on fire danger runs: every command and every snippet, and each prints what the page says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "fire-danger.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"Save this as `([\w.]+)`:\n\n$")


@dataclass
class Block:
    """A fenced block: its kind, its text, and the page before it."""

    kind: str
    text: str
    before: str


def blocks() -> list[Block]:
    page = PAGE.read_text(encoding="utf-8")
    return [Block(found[1], found[2], page[: found.start()]) for found in FENCE.finditer(page)]


def commands(text: str) -> list[tuple[str, str]]:
    """Return each command of a console with what the page says that it prints."""
    told: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            told.append((line.removeprefix("$ "), ""))
        else:
            command, printed = told.pop()
            told.append((command, f"{printed}{line}\n"))
    return told


def shell(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f'firewatch() {{ "{sys.executable}" -m firewatch "$@"; }}; {command}'],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'edge'}", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def python(text: str, names: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, PAGE.name, "exec"), names)  # noqa: S102 - the page's own snippets
    return printed.getvalue()


def test_every_command_and_snippet_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("matplotlib", "xarray", "netCDF4"):
        pytest.importorskip(library, reason="the tutorial's extras plot and grid are not installed")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    waiting: str | None = None  # what a snippet printed, and the page has not yet said
    ran = 0
    for block in blocks():
        saved = SAVED.search(block.before)
        if block.kind == "text" and saved is not None:
            (tmp_path / saved[1]).write_text(block.text, encoding="utf-8")
        elif block.kind == "text":
            assert waiting is not None, "output of nothing"
            assert block.text == waiting
            waiting = None
        else:
            assert not waiting, f"the page does not say that a snippet prints {waiting!r}"
            waiting = None
            if block.kind == "python":
                waiting = python(block.text, names)
            else:
                assert block.kind == "console", f"no test runs a block of {block.kind!r}"
                for command, printed in commands(block.text):
                    assert shell(command, tmp_path) == printed, command
            ran += 1
    assert not waiting
    assert ran > 10
