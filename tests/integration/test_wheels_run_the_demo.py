"""Both wheels in an empty environment: what they carry, what they need, and the demo run from them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
# What a tower's computer carries (tests/meta/test_meta_edge_closure.py has the reasons).
EDGE_ONLY = {
    "cffi",
    "cryptography",
    "firewatch",
    "firewatch-edge",
    "flatbuffers",
    "msgspec",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "packaging",
    "paho-mqtt",
    "protobuf",
    "pycparser",
}
IN_FIREWATCH = {
    "firewatch/adapters/store/migrations/env.py",
    "firewatch/adapters/store/migrations/versions/v0001_first_tables.py",
    "firewatch/danger/tables/ignition/hunan.toml",
    "firewatch/danger/tables/ly_t_1172_1995.toml",
    "firewatch/example_configs/central.toml",
    "firewatch/example_configs/danger_classes/effis.toml",
    "firewatch/example_configs/edge.toml",
    "firewatch/example_configs/fuel_types.toml",
    "firewatch/example_configs/roster.toml",
    "firewatch/example_configs/sites.geojson",
    "firewatch/py.typed",
    "firewatch/texts/en.json",
    "firewatch/texts/zh-CN.json",
    "firewatch/web/static/.vite/manifest.json",
    "firewatch/web/static/phone.js",
    "firewatch/web/static/server.css",
    "firewatch/web/templates/base.html",
    "firewatch/web/templates/board.html",
    "firewatch/web/templates/call.html",
    "firewatch/web/templates/login.html",
}
IN_EDGE = {
    "firewatch_edge/model/model.toml",
    "firewatch_edge/model/smoke.onnx",
    "firewatch_edge/model/verify.onnx",
    "firewatch_edge/py.typed",
}
PARTS_OF_A_REPORT = {
    "alert",
    "broker",
    "false_alarms",
    "found",
    "frames",
    "ignition",
    "incidents",
    "messages",
    "scene",
    "towers",
    "wrong",
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def call(command: list[str | Path], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    # Nothing of this checkout may leak into the empty environment.
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "COV"))
    }
    return subprocess.run(
        command, cwd=folder, env={**environment, **more}, capture_output=True, text=True, check=False, timeout=600
    )


def succeed(command: list[str | Path], folder: Path) -> str:
    done = call(command, folder)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools" / "bin")
    if found is None:
        pytest.skip("uv is not installed; make setup installs it")
    return found


@pytest.fixture(scope="module")
def wheels(uv: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    built = {}
    for package in ("firewatch", "firewatch-edge"):
        succeed([uv, "build", "--quiet", "--wheel", "--package", package, "--out-dir", folder / package], ROOT)
        (built[package],) = (folder / package).glob("*.whl")
    return built


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def make_environment(uv: str, folder: Path, what: list[str]) -> Path:
    succeed([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], folder)
    # Only wheels, as a tower would get them; the versions are those of the lock file's constraints or newer.
    succeed([uv, "pip", "install", "--quiet", "--python", folder / "venv", *what], folder)
    return folder / "venv" / "bin"


def test_the_wheels_carry_pages_texts_migrations_tables_examples_and_the_model(wheels: dict[str, Path]) -> None:
    firewatch = names_in(wheels["firewatch"])
    assert firewatch >= IN_FIREWATCH
    assert [name for name in firewatch if name.startswith("firewatch/web/static/assets/") and name.endswith(".js")]
    assert not [name for name in firewatch if "node_modules" in name or name.startswith("firewatch/web/frontend")]
    assert names_in(wheels["firewatch-edge"]) >= IN_EDGE


def test_an_edge_only_environment_has_the_five_libraries_and_looks_at_a_picture(
    uv: str, wheels: dict[str, Path], tmp_path: Path
) -> None:
    programs = make_environment(uv, tmp_path, [str(wheels["firewatch"]), str(wheels["firewatch-edge"])])
    listed = json.loads(succeed([uv, "pip", "list", "--format", "json", "--python", tmp_path / "venv"], tmp_path))
    assert {package["name"] for package in listed} == EDGE_ONLY
    assert "doctor" in succeed([programs / "firewatch-edge", "--help"], tmp_path)
    (answer,) = succeed(
        [programs / "firewatch-edge", "bench", "--frames", "2", "--threads", "1", "--json"], tmp_path
    ).splitlines()
    assert json.loads(answer)
    # The central service is not here: its help is, and its commands say what to do instead of a traceback.
    assert "usage: firewatch" in succeed([programs / "firewatch", "--help"], tmp_path)
    bearings = tmp_path / "bearings.json"
    bearings.write_text('{"bearings": []}', encoding="utf-8")
    refused = call([programs / "firewatch", "locate", str(bearings)], tmp_path)
    assert refused.returncode == 1
    assert "firewatch[central]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_both_wheels_in_an_empty_environment_run_the_demo_with_the_broker_that_they_bring(
    uv: str, wheels: dict[str, Path], tmp_path: Path, alone: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    programs = make_environment(uv, tmp_path, [f"{wheels['firewatch']}[central]", str(wheels["firewatch-edge"])])
    assert "usage: firewatch" in succeed([programs / "firewatch", "--help"], tmp_path)
    find = "from importlib.resources import files; print(files('firewatch') / 'example_configs' / 'central.toml')"
    example = succeed([programs / "python", "-c", find], tmp_path).strip()
    assert "3 towers" in succeed([programs / "firewatch", "check-config", "--config", example], tmp_path)

    # By the broker that ships with the wheels, as where Mosquitto is absent; the demo's own tests have Mosquitto.
    options = ["--headless", "--minutes", "3.5", "--speed", "3", "--seed", "1", "--broker", "amqtt"]
    options += ["--report", "r.json"]
    with alone():
        done = call([programs / "firewatch", "demo", *options], tmp_path)
    assert (tmp_path / "r.json").is_file(), done.stderr[-4000:]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert set(report) >= PARTS_OF_A_REPORT
    assert report["broker"] == "amqtt"
    assert report["messages"]["lost"] == 0
    assert report["frames"]["served"] > 0
    assert done.returncode == 0, (done.stderr[-4000:], report)
    assert report["wrong"] == []
