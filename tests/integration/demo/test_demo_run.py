"""The demo finds a fire from rendered frames to a phone, and can fail."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_fire_is_found_by_two_towers_and_rings_a_phone(found_fire: Any) -> None:
    report = found_fire.report
    assert found_fire.exit_code == 0, (found_fire.said, report)
    assert report["found"]
    assert report["false_alarms"] == 0
    true = [incident for incident in report["incidents"] if incident["is_true"]]
    assert len(true) == 1
    assert len(true[0]["towers"]) >= 2
    assert true[0]["position_error_m"] < 1000
    assert true[0]["danger"]["grade"] in {3, 4, 5}
    assert report["alert"]["people"] == ["duty-1", "ranger-1"]


def test_the_report_agrees_with_what_was_written_down(found_fire: Any) -> None:
    """Recompute the report's figures from the sink's log, the ledgers, the outboxes and the database alone."""
    folder, report = found_fire.folder, found_fire.report
    ledger = {(e["sighting_id"], e["revision"]) for path in folder.glob("*-ledger.jsonl") for e in lines(path)}
    stored = rows(folder / "firewatch.db", "SELECT sighting_id, revision FROM sightings")
    waiting = sum(rows(path, "SELECT count(*) FROM messages")[0][0] for path in folder.glob("*-outbox.sqlite"))
    rung = lines(folder / "phones.jsonl")
    keys = [alert["idempotency_key"] for alert in rung]
    assert report["messages"] == {
        "sent": len(ledger),
        "stored": len(ledger & set(stored)),
        "duplicated": len(stored) - len(set(stored)),
        "lost": len(ledger - set(stored)),
        "waiting_in_outboxes": waiting,
        "quarantined": 0,
        "alerts_delivered_twice": len(keys) - len(set(keys)),
    }
    assert report["messages"]["lost"] == 0
    assert len(ledger) > 0
    started = datetime.fromisoformat(report["scene"]["started_at"])
    first = min(datetime.fromisoformat(alert["received_at"]) for alert in rung)
    assert report["alert"]["first_at_s"] == pytest.approx((first - started).total_seconds() * 3.0, abs=0.1)
    truth = lines(folder / "cameras.jsonl")
    assert report["frames"]["served"] == len(truth)
    visible = min(entry["scene_s"] for entry in truth if entry["smoke_visible"])
    assert report["alert"]["after_first_visible_s"] == pytest.approx(report["alert"]["first_at_s"] - visible, abs=0.5)
    bodies = [json.loads(body) for (body,) in rows(folder / "firewatch.db", "SELECT body FROM sightings")]
    assert {body["tower_id"] for body in bodies} == {
        name for name, tower in report["towers"].items() if tower["first_confirmed_at_s"] is not None
    }
    states = rows(folder / "firewatch.db", "SELECT incident_id FROM incident_states")
    assert {incident_id for (incident_id,) in states} >= {i["incident_id"] for i in report["incidents"]}


def test_a_blind_detector_misses_the_fire(run_demo: Callable[..., Any], blind_model: Path, tmp_path: Path) -> None:
    run = run_demo(tmp_path, "--minutes", "3", "--speed", "6", "--model", str(blind_model))
    assert run.exit_code == 1
    assert not run.report["found"]
    assert "the fire was missed" in run.said


def draw_two_smokes(folder: Path) -> Path:
    """Draw what the small network finds, in two places, a minute apart: all of the demo is real, its eye is quick."""
    folder.mkdir()
    hills = np.random.default_rng(1).integers(60, 100, (96, 128, 3)).astype(np.uint8)
    for minute in range(-1, 9):
        image = np.clip(hills.astype(np.int16) + minute % 3, 0, 255).astype(np.uint8)
        if minute >= 0:
            image[16:32, 16:32] = image[48:64, 96:112] = 250
        cv2.imwrite(str(folder / f"{60 * minute:+06d}.png"), cv2.resize(image, (640, 480), interpolation=0))
    return folder


def test_a_sighting_lost_on_the_way_is_noticed(
    run_demo: Callable[..., Any], dropping_proxy: Callable[[int, int], Any], squares_model: Path, tmp_path: Path
) -> None:
    proxy_port, broker_port = free_port(), free_port()
    frames = draw_two_smokes(tmp_path / "frames")
    with dropping_proxy(proxy_port, broker_port) as proxy:
        ports = ("--broker-port", str(broker_port), "--node-broker-port", str(proxy_port))
        run = run_demo(tmp_path / "run", "--frames", frames, "--model", squares_model, "--speed", "60", *ports)
    assert proxy.swallowed >= 1
    assert run.exit_code == 1
    assert run.report["found"], (run.said, run.report)
    assert run.report["messages"]["lost"] == 1
    assert run.report["messages"]["waiting_in_outboxes"] == 1
    assert "lost" in run.said


def test_real_frames_raise_an_alert(run_demo: Callable[..., Any], shared_data: Path, tmp_path: Path) -> None:
    (folder,) = (shared_data / "smoke" / "sequences" / "test").iterdir()
    run = run_demo(tmp_path, "--frames", str(folder), "--minutes", "68", "--speed", "60")
    assert run.report["found"], (run.said, run.report)
    # Played sixty times as fast, its frames are judged as if they came a minute apart: 5 minutes by `replay`.
    (tower,) = run.report["towers"].values()
    assert 120.0 <= tower["first_confirmed_at_s"] - run.report["ignition"]["scene_s"] <= 900.0
    assert run.report["messages"]["lost"] == 0
