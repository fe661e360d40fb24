"""The repository as a home: nothing too large, nothing of one machine, nothing stale."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1_000_000
# The detector travels with the program (DESIGN.md, section 2); at most 13 MB.
# The lock names every wheel of every platform: a tool writes and reads it.
_MODEL = ("smoke.onnx", "smoke.int8.onnx", "verify.onnx")
LARGE = {f"models/smoke/{name}": 13_000_000 for name in _MODEL} | {"uv.lock": 2_000_000}
# A path of one machine, or of whoever built this, helps nobody else.
OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]+|Users/[A-Za-z]+)/")
TEXT = {".cfg", ".css", ".html", ".ini", ".json", ".mako", ".md", ".py", ".sh", ".toml", ".ts", ".tsx", ".yaml", ".yml"}


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for path in (ROOT / name for name in listed.stdout.split("\0") if name) if path.is_file()]


def test_no_file_is_larger_than_a_megabyte_besides_the_model() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked()}
    assert not {name: size for name, size in sizes.items() if size > LARGE.get(name, MOST_BYTES)}


def test_no_file_names_a_place_of_one_machine() -> None:
    found = []
    for path in tracked():
        if path.suffix in TEXT or path.name in {"Makefile", "run"}:
            if path == Path(__file__):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if OF_ONE_MACHINE.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    assert headings
    assert "unreleased" in headings[0].lower()


def test_the_repo_map_names_every_folder() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    top = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    inside = {
        path.relative_to(ROOT).parts[1]
        for path in tracked()
        if path.relative_to(ROOT).parts[0] == "firewatch" and len(path.relative_to(ROOT).parts) > 2
    }
    assert not [name for name in sorted(top) if f"`{name}/" not in contributing]
    assert not [name for name in sorted(inside) if f"`firewatch/{name}/`" not in contributing]


def test_the_generated_documents_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/schema.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_verb_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = {"setup", "check", "test", "test-fast", "soak", "demo", "bench", "docs", "schema"}
    told = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert told >= verbs


def test_what_runs_in_the_computing_time_left_over_waits_for_nothing() -> None:
    """Such tests come slowly to their turn: a limit of time would fail them for nothing."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^COMPUTING := \$\(addprefix tests/unit/,(.+)\)$", makefile, re.MULTILINE)
    assert found is not None
    files = {name: list((ROOT / "tests" / "unit" / name).rglob("test_*.py")) for name in found[1].split()}
    assert all(files.values()), files
    waits = re.compile(r"^\s*(import|from) (asyncio|socket|threading|time)\b", re.MULTILINE)
    every = [path for paths in files.values() for path in paths]
    assert not [path.name for path in every if waits.search(path.read_text(encoding="utf-8"))]


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", tmp_path / "trees"]
    done = subprocess.run(
        [*command, ROOT / "docs", tmp_path / "html"], capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "html" / "index.html").is_file()
