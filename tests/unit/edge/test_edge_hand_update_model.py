"""The command to update the model: refused with its reason, or begun, and answered by the start after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from model_packages import AT, PAIR, TRUSTED, packed, plain_files, sha256_of

from firewatch.domain.ids import CommandId, TowerId
from firewatch.domain.remote import Command, ReplyState, UpdateModel
from firewatch.wire.model_offer import package_path
from firewatch_edge.config import load_settings
from firewatch_edge.node.hands.registry import hands_of
from firewatch_edge.node.hands.update_model import UpdateModelHand
from firewatch_edge.node.model_updates import current_model, shelf_of
from firewatch_edge.update import Installer
from firewatch_edge.update.state import passed, rolled_back

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

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
NEW = packed(plain_files("9.4.0"))
SHA256 = sha256_of(NEW)
NAME = f"9.4.0-{SHA256[:12]}"


@dataclass
class Reached:
    """What the hand asks of the node."""

    settings: EdgeSettings
    config: Path | None


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "edge.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "bureau.pub").write_bytes(PAIR.public_pem)
    return tmp_path / "edge.toml"


def hand(settings: EdgeSettings, config: Path | None) -> UpdateModelHand:
    reach: Any = Reached(settings, config)
    return UpdateModelHand(reach)


def command(location: str = package_path(SHA256)) -> Command:
    return Command(
        command_id=CommandId("01K00000000000000000000000"),
        tower_id=TowerId("a"),
        issued_at=AT,
        expires_at=AT + timedelta(hours=1),
        issued_by="duty",
        action=UpdateModel(sha256=SHA256, size_bytes=len(NEW), location=location, version="9.4.0"),
    )


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("https://elsewhere.example/x.fwmodel", "only from its own centre's desk"),
        ("/models/v1/../../secret", "only from its own centre's desk"),
        (package_path("0" * 64), "only from its own centre's desk"),
    ],
)
def test_a_tower_fetches_from_nowhere_but_its_own_centre(config: Path, location: str, why: str) -> None:
    outcome = hand(load_settings(config), config).do(command(location))
    assert (outcome.state, outcome.code) == (ReplyState.REFUSED, "model-refused")
    assert why in outcome.text


def test_why_nothing_can_be_updated_is_said(config: Path) -> None:
    settings = load_settings(config)
    assert hand(settings, None).do(command()).code == "no-file"
    outcome = hand(settings, config).do(command())
    assert (outcome.state, outcome.code) == (ReplyState.FAILED, "not-fetched")
    assert "this tower is not enrolled" in outcome.text
    untrusting = msgspec.structs.replace(settings, updates=msgspec.structs.replace(settings.updates, trust=""))
    assert "updates.trust" in hand(untrusting, config).do(command()).text
    lost = msgspec.structs.replace(settings, updates=msgspec.structs.replace(settings.updates, trust="/nowhere.pub"))
    assert "cannot be read" in hand(lost, config).do(command()).text


def test_a_folder_in_the_settings_always_wins(config: Path, squares_model: Path) -> None:
    settings = load_settings(config)
    named = msgspec.structs.replace(settings, model=msgspec.structs.replace(settings.model, path=str(squares_model)))
    outcome = hand(named, config).do(command())
    assert outcome.code == "model-refused"
    assert "model.path" in outcome.text
    assert "always wins" in outcome.text
    assert current_model(named) == squares_model


def test_the_start_after_it_says_what_runs(config: Path, tmp_path: Path) -> None:
    settings = load_settings(config)
    shelf, asked = shelf_of(settings), hand(settings, config)
    assert asked.after_restart(command()).code == "interrupted"
    files = plain_files("9.4.0")
    smoke = packed({**files, "model.toml": files["model.toml"].replace(b'"squares"', b'"smoke"')}, name="smoke")
    (tmp_path / "new.fwmodel").write_bytes(smoke)
    Installer(shelf, TRUSTED, lambda _: "good", "0.1.0", lambda: AT).install(tmp_path / "new.fwmodel")
    assert asked.after_restart(command()).code == "interrupted", "another package than the one asked for"
    shelf.change(lambda state: msgspec.structs.replace(state, current=NAME))
    outcome = asked.after_restart(command())
    assert (outcome.state, outcome.facts) == (ReplyState.DONE, {"version": "9.4.0", "model_state": "probation"})
    shelf.change(passed)
    assert asked.after_restart(command()).facts["model_state"] == "installed"
    shelf.change(lambda state: rolled_back(state, "", "8 of 8 frames could not be judged", AT))
    outcome = asked.after_restart(command())
    assert (outcome.code, outcome.text) == ("taken-back", "8 of 8 frames could not be judged")
    assert current_model(settings) == shelf.shipped


def test_the_node_knows_the_command(config: Path) -> None:
    reach: Any = Reached(load_settings(config), config)
    assert hands_of(reach, lambda _: None)[UpdateModel].after_restart is not None
