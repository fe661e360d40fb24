"""The node as a real process over each broker: what it sees is at the centre, also when it is killed in mid-work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """
[tower]
id = "tower-a"
[[camera]]
id = "north"
kind = "folder"
path = "frames"
period_s = 0.05
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[model]
path = "{model}"
threads = 1
[ledger]
path = "ledger.jsonl"
[outbox]
resend_after_s = 1.0
[mqtt]
host = "{host}"
port = {port}
username = "{username}"
password_env = "NODE_PASSWORD"
last_retry_s = 1
"""


def write_frames(folder: Path, count: int) -> None:
    """Write a view where smoke comes for five frames and goes for seven, again and again."""
    folder.mkdir()
    rng = np.random.default_rng(2)
    for number in range(count):
        image = rng.integers(40, 60, (96, 128, 3)).astype(np.uint8)
        if number % 12 < 5:
            image[32:48, 48:64] = 250
        cv2.imwrite(str(folder / f"{number * 10:+06d}.png"), image)


def write_settings(rig: Any, model: Path, frames: int) -> Path:
    write_frames(rig.folder / "frames", frames)
    mqtt = rig.settings("unused", is_tower=True)
    path = rig.folder / "edge.toml"
    path.write_text(
        SETTINGS.format(model=model, host=mqtt.host, port=mqtt.port, username=mqtt.username), encoding="utf-8"
    )
    return path


def begin(rig: Any, config: Path, wait_until: Callable[..., None]) -> subprocess.Popen[bytes]:
    """Start a node and wait until it works, from when on it also stops in order."""
    log_path = rig.folder / "node.log"
    starts = _starts(log_path)
    password = rig.settings("unused", is_tower=True).password
    with log_path.open("ab") as log:
        node = subprocess.Popen(
            [sys.executable, "-m", "firewatch_edge", "run", "--config", str(config)],
            stderr=log,
            env={**os.environ, "NODE_PASSWORD": password},
        )
    wait_until(lambda: _starts(log_path) > starts or node.poll() is not None)
    return node


def _starts(log_path: Path) -> int:
    return log_path.read_text(encoding="utf-8").count("node.started") if log_path.exists() else 0


def end(node: subprocess.Popen[bytes]) -> None:
    node.terminate()
    assert node.wait(30.0) == 0


def ledger_of(rig: Any) -> list[tuple[str, int]]:
    path = rig.folder / "ledger.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted((line["sighting_id"], line["revision"]) for line in lines)


def pictures_at(taker: Any) -> list[str]:
    payloads = [payload for payload in taker.messages.values() if payload[:4] == b"FWE1"]
    return [codec.decode_evidence(payload, "tower-a", "north").value.evidence_id for payload in payloads]  # type: ignore[arg-type]


def test_what_a_node_sees_is_at_the_centre_with_its_pictures(
    rig: Any, taker: Any, squares_model: Path, wait_until: Callable[..., None]
) -> None:
    rig.begin_intake(taker)
    node = begin(rig, write_settings(rig, squares_model, frames=600), wait_until)
    wait_until(lambda: len(ledger_of(rig)) >= 4)
    entries = ledger_of(rig)
    wait_until(lambda: set(entries) <= set(taker.sightings()) and len(pictures_at(taker)) >= 4)
    end(node)
    named = {
        evidence_id
        for payload in list(taker.messages.values())
        if payload[:1] == b"{"
        for look in codec.decode_sighting(payload).value.looks
        for evidence_id in look.evidence_ids
    }
    assert named & set(pictures_at(taker))


def test_a_node_killed_in_mid_work_loses_and_doubles_nothing(
    rig: Any, taker: Any, squares_model: Path, wait_until: Callable[..., None]
) -> None:
    rig.begin_intake(taker)
    config = write_settings(rig, squares_model, frames=600)
    for wanted in (2, 6, 11):
        node = begin(rig, config, wait_until)
        wait_until(lambda wanted=wanted: len(ledger_of(rig)) >= wanted)
        node.kill()
        node.wait(10.0)
    last = begin(rig, config, wait_until)
    wait_until(lambda: len(ledger_of(rig)) >= 15)
    end(last)
    settled = begin(rig, config, wait_until)
    before = ledger_of(rig)
    wait_until(lambda: set(before) <= set(taker.sightings()), 60.0)
    end(settled)
    stored = taker.sightings()
    assert len(stored) == len(set(stored)), "a sighting is there twice"
    # Each of the kills may fall between the outbox and the ledger.
    assert len(set(stored) - set(ledger_of(rig))) <= 3
