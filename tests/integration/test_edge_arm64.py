"""What a tower with an arm64 processor would be given. Its libraries are read here, not run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from edge_package import ROOT, import_scripts

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools" / "bin")
    if found is None:
        pytest.skip("uv is not installed; make setup installs it")
    return found


def resolve(uv: str, python: str, platform: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask which wheels of uv.lock would be installed, on the packages' terms; nothing is downloaded."""
    locked = folder / "locked.txt"
    export = [uv, "export", "--quiet", "--frozen", "--no-dev", "--no-emit-workspace", "--package", "firewatch-edge"]
    subprocess.run([*export, "--extra", "onvif", "--output-file", locked], cwd=ROOT, check=True)
    install = [uv, "pip", "install", "--dry-run", "--python", sys.executable, "--target", folder / "site", "--no-deps"]
    install += ["--python-version", python, "--python-platform", platform, "--only-binary", ":all:", "--require-hashes"]
    return subprocess.run([*install, "-r", locked], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("platform", ["aarch64-manylinux_2_28", "x86_64-manylinux_2_28"])
def test_every_library_of_the_node_has_a_wheel(uv: str, python: str, platform: str, tmp_path: Path) -> None:
    """Debian 12 and 13, and Raspberry Pi OS of the same names, are Python 3.11 and 3.13."""
    done = resolve(uv, python, platform, tmp_path)
    assert done.returncode == 0, done.stderr
    told = {line.split("==")[0].removeprefix(" + ") for line in done.stderr.splitlines() if line.startswith(" + ")}
    assert told >= {"cryptography", "msgspec", "numpy", "onnxruntime", "opencv-python-headless", "paho-mqtt", "lxml"}


def test_a_processor_without_wheels_is_told(uv: str, tmp_path: Path) -> None:
    done = resolve(uv, "3.11", "riscv64-unknown-linux", tmp_path)
    assert done.returncode != 0
    assert "Wheels are required for" in done.stderr


def test_the_libraries_for_arm64_are_arm64_and_load_on_pages_of_16_kib(tmp_path: Path, monkeypatch: Any) -> None:
    """A Raspberry Pi 5 starts a kernel with such pages: a library aligned to less is refused there at its first use."""
    import_scripts(monkeypatch)
    from edge_wheels import RELEASES, Target, gather, libraries, misfits

    target = Target(RELEASES[12], "arm64")
    gather(target, tmp_path / "site")
    found = libraries(tmp_path / "site")
    assert {facts.machine for facts in found.values()} == {"arm64"}
    assert [name for name in found if "onnxruntime" in name]
    assert [name for name in found if name.startswith("cv2/")]
    assert min(facts.alignment for facts in found.values()) >= 16384
    assert misfits(found, target) == []
    assert (tmp_path / "site/firewatch_edge/model/smoke.onnx").is_file()
    shutil.rmtree(tmp_path / "site")
