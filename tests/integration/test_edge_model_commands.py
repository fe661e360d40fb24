"""The technician's commands on models: list, test, install from a file, roll back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from model_packages import PAIR, packed, sha256_of, squares_files, with_set

from firewatch.errors import ModelError
from firewatch_edge.cli import main
from firewatch_edge.config import load_settings
from firewatch_edge.node import model_folder
from firewatch_edge.node.model_updates import shelf_of, trial_apart

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:9/"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[updates]
trust = "bureau.pub"
"""


@pytest.fixture
def config(tmp_path: Path, squares_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings of a node whose program came with the squares model."""
    monkeypatch.setattr("firewatch_edge.node.model_updates.shipped_model", lambda: squares_model)
    (tmp_path / "edge.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "bureau.pub").write_bytes(PAIR.public_pem)
    return tmp_path / "edge.toml"


@pytest.fixture
def content(squares_model: Path) -> bytes:
    return packed(with_set(squares_files(squares_model, "0.4.0"), {1: 0.0, 101: 0.993}))


def test_a_package_from_a_stick_is_installed_listed_and_rolled_back(
    config: Path, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.fwmodel").write_bytes(content)
    name, words = f"0.4.0-{sha256_of(content)[:12]}", ("--config", str(config))
    assert main(["model", "list", *words]) == 0
    assert capsys.readouterr().out.splitlines() == ["1          runs         shipped with the program"]
    assert main(["model", "install", str(tmp_path / "new.fwmodel"), *words]) == 0
    out = capsys.readouterr().out
    assert f"0.4.0 is installed, signed by key {PAIR.key_id}; self-test: 2 pictures of the package" in out
    assert model_folder(load_settings(config)) == tmp_path / "var" / "outbox.sqlite.models" / name
    assert main(["model", "list", *words]) == 0
    out = capsys.readouterr().out
    assert f"0.4.0      runs         {name}" in out
    assert "on probation: 0 of 30 minutes, 0 frames" in out
    assert main(["model", "roll-back", *words, "--reason", "alarms at the quarry"]) == 0
    assert "back to 1;" in capsys.readouterr().out
    assert main(["model", "list", "--json", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "alarms at the quarry" in told["taken_back"]
    assert [(one["role"], one["whole"]) for one in told["models"]] == [("runs", True), ("", True)]
    assert main(["model", "roll-back", *words]) == 1
    assert "nothing to go back to" in capsys.readouterr().err


def test_the_self_test_switches_nothing(
    config: Path,
    squares_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firewatch_edge.cli.model.os.nice", lambda _: 0)
    folder = tmp_path / "open"
    folder.mkdir()
    for name, each in with_set(squares_files(squares_model, "0.4.0"), {1: 0.0, 101: 0.993}).items():
        (folder / name).write_bytes(each)
    words = ("model", "test", str(folder), "--config", str(config))
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("ok: 0.4.0, 2 pictures of the package")
    assert main((*words, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    (folder / "squares.onnx").write_bytes(b"no network")
    assert main(words) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert main((*words, "--json")) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert shelf_of(load_settings(config)).installed() == ()


def test_a_self_test_that_fails_or_dies_in_its_own_process_is_told(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=r"self-test: .*give the folder that holds"):
        trial_apart(config)(tmp_path / "nowhere")
    monkeypatch.setattr("firewatch_edge.node.model_updates.sys.executable", "/bin/false")
    with pytest.raises(ModelError, match=r"ended by itself \(exit 1\)"):
        trial_apart(config)(tmp_path)


def test_one_thing_is_installed_at_a_time(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "install", "--config", str(config)]) == 1
    assert "a package's FILE, or --offered, one of the two" in capsys.readouterr().err
    assert main(["model", "install", "--offered", "--config", str(config)]) == 1
    assert "this tower is not enrolled" in capsys.readouterr().err


def test_a_folder_in_the_settings_is_told_and_wins(
    config: Path, squares_model: Path, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(SETTINGS + f'[model]\npath = "{squares_model}"\n', encoding="utf-8")
    (tmp_path / "new.fwmodel").write_bytes(content)
    assert main(["model", "install", str(tmp_path / "new.fwmodel"), "--config", str(config)]) == 1
    assert "always wins" in capsys.readouterr().err
    assert main(["model", "list", "--config", str(config)]) == 0
    assert f"model.path names {squares_model}" in capsys.readouterr().out
