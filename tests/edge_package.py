"""The Debian package of a tower's node, built as `make deb` builds it, but for the packing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[1]


def build_deb(out: Path, *options: str) -> Path:
    """Build a package into a folder; return its path."""
    # As a user's checkout is: not with the paths that the tests import by.
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    command = [sys.executable, ROOT / "scripts" / "deb.py", "--no-compression", "--out", out, *options]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.split("  ")[0])


def import_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test import the programs of scripts/ as they import each other."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
