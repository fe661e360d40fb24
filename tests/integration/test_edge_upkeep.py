"""The technician's commands: maintenance with an end, the reference of a view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firewatch_edge.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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
"""


def test_a_technician_begins_sees_and_ends_maintenance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    config = ("--config", str(settings))
    begin = ("maintenance", "start", *config, "--camera", "north", "--minutes", "30", "--reason", "new housing")
    assert main(begin) == 0
    assert "north: maintenance until" in capsys.readouterr().out
    held = tmp_path / "var" / "health" / "held.jsonl"
    row: dict[str, object] = {"observed_at": "x", "camera_id": "north", "sighting_id": "s"}
    row |= {"azimuth_deg": 1.0, "score": 0.5, "phase": "opened"}
    held.write_text(json.dumps(row) + "\n" + json.dumps(row | {"phase": "ended"}) + '\n{"broken', encoding="utf-8")
    assert main(("maintenance", "status", *config, "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["camera"], one["reason"]) for one in told["maintenance"]] == [("north", "new housing")]
    assert [one["phase"] for one in told["held"]] == ["ended"]
    assert main(("maintenance", "status", *config)) == 0
    assert "held  x" in capsys.readouterr().out
    assert main(("maintenance", "end", *config, "--camera", "north")) == 0
    assert capsys.readouterr().out == "ended\n"


def test_what_cannot_be_is_refused_with_what_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    assert main(("maintenance", "start", "--config", str(settings), "--minutes", "2000")) == 1
    assert "at most 1440" in capsys.readouterr().err
    assert main(("reference", "--config", str(settings), "--camera", "south")) == 1
    assert "known are north" in capsys.readouterr().err


def test_the_reference_of_each_view_is_shown_and_put_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    assert main(("reference", "--config", str(settings))) == 0
    assert "none yet" in capsys.readouterr().out
    assert main(("reference", "--config", str(settings), "--renew")) == 0
    assert "there was none" in capsys.readouterr().out
