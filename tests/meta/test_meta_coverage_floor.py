"""The floor of the coverage holds where it should, and gives way nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "coverage_floor.py"
WHOLE = ("domain", "danger", "terrain", "fusion", "wire")
RC = "[run]\nbranch = true\nparallel = true\nrelative_files = true\nsource = firewatch\n"
MODULE = "def sign(x):\n    if x < 0:\n        return -1\n    return 1\n"
OTHER = "def never(x):\n" + "".join(f"    x += {n}\n" for n in range(40)) + "    return x\n"


def a_tree(folder: Path, *, other: str = "") -> None:
    for name in ("", *WHOLE, "web"):
        package = folder / "firewatch" / name
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
        if name in WHOLE:
            (package / "sign.py").write_text(MODULE, encoding="utf-8")
    (folder / "firewatch" / "web" / "pages.py").write_text(other or MODULE, encoding="utf-8")
    (folder / ".coveragerc").write_text(RC, encoding="utf-8")


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def run_tests_of(folder: Path, *, half: str = "") -> None:
    """Run both branches of every part, in two processes as the suite does; of `half` only one."""
    for number in ("1", "-1"):
        parts = [name for name in WHOLE if not (name == half and number == "-1")]
        calls = "".join(f"from firewatch.{name} import sign; sign.sign({number})\n" for name in parts)
        program = folder / "go.py"
        program.write_text(f"{calls}from firewatch.web import pages\ngetattr(pages, 'sign', abs)({number})\n")
        assert python(folder, "-m", "coverage", "run", "go.py").returncode == 0


def test_full_cover_of_the_core_passes_over_several_processes(tmp_path: Path) -> None:
    a_tree(tmp_path)
    run_tests_of(tmp_path)
    done = python(tmp_path, str(SCRIPT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "TOO LOW" not in done.stdout


def test_one_missing_branch_of_the_core_fails_and_is_named(tmp_path: Path) -> None:
    a_tree(tmp_path)
    run_tests_of(tmp_path, half="fusion")
    done = python(tmp_path, str(SCRIPT))
    assert done.returncode == 1
    assert "firewatch/fusion/sign.py: 3, 2->3" in done.stdout


def test_less_than_nine_tenths_overall_fails(tmp_path: Path) -> None:
    a_tree(tmp_path, other=OTHER)
    run_tests_of(tmp_path)
    done = python(tmp_path, str(SCRIPT))
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("overall")]
    assert line.endswith("TOO LOW")


def test_a_core_folder_that_was_not_measured_fails(tmp_path: Path) -> None:
    a_tree(tmp_path)
    for path in (tmp_path / "firewatch" / "wire").iterdir():
        path.unlink()
    (tmp_path / "go.py").write_text("import firewatch.domain.sign\n", encoding="utf-8")
    assert python(tmp_path, "-m", "coverage", "run", "go.py").returncode == 0
    done = python(tmp_path, str(SCRIPT))
    assert done.returncode == 1
    assert "NOT MEASURED" in done.stdout


def test_without_data_it_says_what_to_do(tmp_path: Path) -> None:
    done = python(tmp_path, str(SCRIPT))
    assert done.returncode == 1
    assert "make test" in done.stderr
