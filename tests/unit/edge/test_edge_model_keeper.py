"""A new model proves itself or is taken back by itself, and a node always has one to start with."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from model_packages import AT, TRUSTED, packed, plain_files, sha256_of

from firewatch_edge.node import Node
from firewatch_edge.update import SHIPPED, Installer, ModelKeeper, ModelShelf, ProbationRules, roll_back_model
from firewatch_edge.update.state import passed

if TYPE_CHECKING:
    from pathlib import Path

NEW = packed(plain_files("0.4.0"))
NAME = f"0.4.0-{sha256_of(NEW)[:12]}"
RULES = ProbationRules(watch_s=600.0, least_frames=10)


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name, content in plain_files("0.3.0").items():
        (shipped / name).write_bytes(content)
    return ModelShelf(tmp_path / "models", shipped)


@pytest.fixture
def installer(shelf: ModelShelf) -> Installer:
    return Installer(shelf, TRUSTED, lambda _: "good", "0.1.0", lambda: AT)


def install(installer: Installer, tmp_path: Path, content: bytes = NEW) -> None:
    (tmp_path / "new.fwmodel").write_bytes(content)
    installer.install(tmp_path / "new.fwmodel")


def started(shelf: ModelShelf, boot: str = "boot-1") -> ModelKeeper:
    keeper = ModelKeeper(shelf, lambda: AT, RULES, boot)
    keeper.begin()
    return keeper


def status(keeper: ModelKeeper | None) -> str:
    """Return what systemd is told of the model."""
    node: Any = SimpleNamespace(_identity=SimpleNamespace(models=keeper))
    return Node._model_words(node)


def test_without_any_update_the_shipped_model_runs_and_nothing_is_written(shelf: ModelShelf) -> None:
    keeper = started(shelf)
    assert keeper.folder == shelf.shipped
    assert (keeper.running().version, keeper.running().state, keeper.running().note) == ("0.3.0", "shipped", "")
    assert (status(keeper), status(None)) == ("", "")
    assert not keeper.look(1.0, 1, 0)
    assert not keeper.could_not_load("broken")
    keeper.end()
    assert shelf.state().current == SHIPPED


def test_a_running_node_begins_anew_with_what_was_installed(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    keeper = started(shelf)
    assert not keeper.look(10.0, 5, 0)
    install(installer, tmp_path)
    assert not keeper.look(11.0, 5, 0), "the disk is asked every few seconds"
    assert keeper.look(20.0, 5, 0)
    assert keeper.look(20.1, 5, 0)
    keeper.end()
    after = started(shelf)
    assert after.folder == shelf.path_of(NAME)
    assert (after.running().version, after.running().state) == ("0.4.0", "probation")


def test_a_model_that_watches_long_enough_is_proved(
    shelf: ModelShelf, installer: Installer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    install(installer, tmp_path)
    keeper = started(shelf)
    for at_s in range(100, 800, 10):
        assert not keeper.look(float(at_s), at_s // 10, 0)
    assert (keeper.running().state, shelf.state().probation) == ("installed", None)
    assert "model.proved" in caplog.messages
    keeper.end()
    assert started(shelf).running().state == "installed"


def test_what_was_watched_counts_over_restarts(shelf: ModelShelf, installer: Installer, tmp_path: Path) -> None:
    install(installer, tmp_path)
    for _ in range(3):
        keeper = started(shelf)
        for at_s in range(1000, 1250, 10):
            keeper.look(float(at_s), at_s // 10 - 99, 0)
        keeper.end()
    assert shelf.state().probation is None
    assert shelf.state().current == NAME


def test_a_killed_node_takes_it_back_and_says_so(
    shelf: ModelShelf, installer: Installer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(installer, tmp_path)
    killed = started(shelf)
    for at_s in range(10, 300, 10):
        assert not killed.look(float(at_s), at_s, 0)
    probation = shelf.state().probation
    assert probation is not None
    assert probation.watched_s > 200.0
    assert status(killed) == "; model 0.4.0 on probation"
    after = started(shelf)
    assert after.folder == shelf.shipped
    assert after.running().state == "shipped"
    assert status(after) == f"; {after.running().note}"
    assert "0.4.0 was taken back at 2026-11-26 12:00 UTC: the node crashed, hung or was killed" in after.running().note
    assert "model.taken_back" in caplog.messages
    assert shelf.state().refused == (NAME,)
    assert started(shelf).running().note == after.running().note


def test_a_power_cut_does_not(shelf: ModelShelf, installer: Installer, tmp_path: Path) -> None:
    install(installer, tmp_path)
    started(shelf, "boot-1")
    assert started(shelf, "boot-2").folder == shelf.path_of(NAME)
    assert started(shelf, "boot-3").folder == shelf.shipped


def test_frames_that_cannot_be_judged_make_the_node_begin_anew_without_it(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    keeper = started(shelf)
    assert not keeper.look(10.0, 0, 2)
    assert keeper.look(20.0, 0, 8)
    keeper.end()
    after = started(shelf)
    assert after.folder == shelf.shipped
    assert "8 of 8 frames could not be judged" in after.running().note


def test_a_time_without_frames_makes_the_node_begin_anew_without_it(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    keeper = started(shelf)
    assert any(keeper.look(float(at_s), 3, 0) for at_s in range(10, 700, 10))
    keeper.end()
    assert "judged 3 frames in 10 minutes" in started(shelf).running().note


def test_one_that_cannot_be_opened_is_taken_back_at_once(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    keeper = started(shelf)
    assert keeper.could_not_load("no such operator")
    assert keeper.folder == shelf.shipped
    assert "it cannot be opened: no such operator" in keeper.running().note
    assert shelf.state().current == SHIPPED
    assert not keeper.could_not_load("the shipped one neither")


def test_one_whose_files_changed_on_the_disk_is_not_run_proved_or_not(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    shelf.change(passed)
    (shelf.path_of(NAME) / "model.toml").write_bytes(b"")
    keeper = started(shelf)
    assert keeper.folder == shelf.shipped
    assert "not the file that was signed" in keeper.running().note


def test_the_way_back_goes_to_the_shipped_one_where_the_one_before_is_damaged(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    shelf.change(passed)
    newer = packed(plain_files("0.5.0"))
    install(installer, tmp_path, newer)
    (shelf.path_of(NAME) / "smoke.onnx").unlink()
    started(shelf)
    assert started(shelf).folder == shelf.shipped


def test_a_program_that_came_with_a_newer_model_runs_that(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    shelf.change(passed)
    for name, content in plain_files("0.6.0").items():
        (shelf.shipped / name).write_bytes(content)
    keeper = started(shelf)
    assert keeper.folder == shelf.shipped
    assert "the program came with 0.6.0, which is newer" in keeper.running().note


def test_a_disk_that_takes_nothing_neither_stops_a_node_nor_keeps_a_failed_model(
    shelf: ModelShelf, installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(installer, tmp_path)
    running = started(shelf)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ModelShelf, "_write", refuse)
    assert running.look(10.0, 0, 9)
    running.end()
    after = started(shelf)
    assert after.folder == shelf.shipped
    assert "crashed, hung or was killed" in after.running().note
    assert not after.look(10.0, 1, 0), "the state that could not be written does not make it begin anew for ever"


def test_a_roll_back_by_a_person_reaches_the_running_node(
    shelf: ModelShelf, installer: Installer, tmp_path: Path
) -> None:
    install(installer, tmp_path)
    keeper = started(shelf)
    assert not keeper.look(10.0, 1, 0)
    roll_back_model(shelf, "too many alarms at the quarry", AT)
    assert keeper.look(20.0, 2, 0)
    keeper.end()
    assert "too many alarms at the quarry" in started(shelf).running().note
