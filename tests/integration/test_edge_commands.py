"""The node's command line, as a technician and a script use it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from temporal_model import landscape, noisy, with_blob

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[tower]
id = "a"
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
[ledger]
path = "ledger.jsonl"
[mqtt]
port = 9
"""


def edge(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "firewatch_edge", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=cwd,
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_view(folder: Path, smoke_from: int, frames: int = 12, step_s: int = 60) -> Path:
    """Write frames of one view; from one of them on a bright cell is in it."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(4)
    for number in range(frames):
        image = rng.integers(40, 60, (192, 256, 3)).astype(np.uint8)
        if number >= smoke_from:
            image[64:96, 96:128] = 250
        cv2.imwrite(str(folder / f"{(number - smoke_from) * step_s:+06d}.png"), image)
    return folder


def test_detect_prints_one_object_an_image(squares_model: Path, tmp_path: Path) -> None:
    view = write_view(tmp_path / "frames", smoke_from=1, frames=2)
    clear, smoke = view / "-00060.png", view / "+00000.png"
    done = edge("detect", "--model", squares_model, "--json", clear, smoke)
    assert done.returncode == 0, done.stderr
    first, second = rows(done)
    assert first.keys() == second.keys() == {"image", "score", "smoke", "detections"}
    assert (first["image"], first["smoke"], first["detections"]) == (str(clear), False, [])
    assert 0.0 <= first["score"] < 0.01
    assert second["smoke"] is True
    assert second["detections"] == [{"box": [96.0, 64.0, 128.0, 96.0], "label": "smoke", "score": second["score"]}]


def test_replay_prints_one_object_a_frame_and_the_outcome(squares_model: Path, tmp_path: Path) -> None:
    view = write_view(tmp_path / "frames", smoke_from=4)
    done = edge("replay", "--model", squares_model, "--json", view)
    assert done.returncode == 0, done.stderr
    *frames, outcome = rows(done)
    assert [frame["at_s"] for frame in frames] == [60.0 * n for n in range(-4, 8)]
    assert all(frame.keys() == {"image", "at_s", "score", "confirmed"} for frame in frames)
    assert [frame["confirmed"] for frame in frames] == [False] * 6 + [True] * 6
    assert outcome == {"first_confirmed_at_s": 120.0, "sightings": 1}


def write_scene(folder: Path, came_at: int | None) -> Path:
    """Write frames of a view with a bright disc that was always there, or that came at one of them and grows."""
    folder.mkdir(parents=True)
    view = landscape()
    for number in range(10):
        radius = 24.0 if came_at is None else 24.0 + 2.0 * (number - came_at)
        smoky = view if came_at is not None and number < came_at else with_blob(view, (180.0, 140.0), radius)
        cv2.imwrite(str(folder / f"{60 * number:+06d}.png"), noisy(smoky, number))
    return folder


def test_replay_with_a_verifier_keeps_its_form_and_tells_what_came_from_what_stood(
    range_model: Path, tmp_path: Path
) -> None:
    came, stood = write_scene(tmp_path / "came", 4), write_scene(tmp_path / "stood", None)
    *frames, outcome = rows(edge("replay", "--model", range_model, "--json", came))
    assert all(frame.keys() == {"image", "at_s", "score", "confirmed"} for frame in frames)
    assert outcome == {"first_confirmed_at_s": 360.0, "sightings": 1}
    still = rows(edge("replay", "--model", range_model, "--json", stood))
    assert still[-1] == {"first_confirmed_at_s": None, "sightings": 0}
    alone = rows(edge("replay", "--model", range_model, "--json", "--no-temporal", stood))
    assert alone[-1] == {"first_confirmed_at_s": 120.0, "sightings": 1}
    assert [row["score"] for row in alone[:-1]] == [row["score"] for row in still[:-1]]


def test_replay_explains_what_was_compared(range_model: Path, tmp_path: Path) -> None:
    came = write_scene(tmp_path / "came", 4)
    *frames, _ = rows(edge("replay", "--model", range_model, "--json", "--explain", came))
    assert [frame["rule"] for frame in frames] == ["frame"] + ["past"] * 9
    assert frames[0]["candidates"] == []
    first = frames[4]["candidates"][0]
    assert first.keys() == {"box", "from", "detector", "verifier", "probability"}
    assert (first["from"], first["box"]) == ("detector", [160.0, 120.0, 200.0, 160.0])
    assert min(first["detector"], first["verifier"], first["probability"]) > 0.9
    text = edge("replay", "--model", range_model, "--explain", came).stdout
    assert "no past: by the frame alone" in text
    assert "detector 0.9" in text


def test_bench_doctor_and_check_config_show_the_second_stage(range_model: Path, tower: Path) -> None:
    facts = rows(edge("bench", "--model", range_model, "--frames", 3, "--json"))[0]
    assert facts["temporal_candidates"] == 4
    assert 0.0 <= facts["temporal_candidate_ms"] < facts["temporal_frame_ms"]
    settings = tower.read_text(encoding="utf-8")
    alone = json.loads(edge("check-config", "--config", tower).stdout)["in_effect"]
    assert alone["with_past"] == "off"
    model = settings[settings.index('path = "', settings.index("[model]")) :].split('"')[1]
    tower.write_text(settings.replace(model, str(range_model)) + "[confirmation]\nhits = 2\n", encoding="utf-8")
    shown = json.loads(edge("check-config", "--config", tower).stdout)["in_effect"]
    assert shown["model"] == "squares 1, float"
    assert (shown["by_frame"]["hits"], shown["with_past"]["hits"], shown["with_past"]["span_s"]) == (2, 2, 20.0)
    words = {row["part"]: row["words"] for row in rows(edge("doctor", "--config", tower, "--json"))}["model"]
    assert "to compare it with its past" in words
    tower.write_text(settings.replace(model, str(tower.parent / "none")), encoding="utf-8")
    assert "model.toml" in json.loads(edge("check-config", "--config", tower).stdout)["in_effect"]["model"]


def test_replay_by_name_uses_the_interval(squares_model: Path, tmp_path: Path) -> None:
    view = write_view(tmp_path / "frames", smoke_from=0, frames=4)
    for path in list(view.iterdir()):
        path.rename(view / f"img{path.stem[1:]}.png")
    done = edge("replay", "--model", squares_model, "--json", "--interval-s", 7200, view)
    assert rows(done)[-1] == {"first_confirmed_at_s": 14400.0, "sightings": 1}


def test_replay_of_a_repeated_picture_confirms_nothing(squares_model: Path, tmp_path: Path) -> None:
    view = write_view(tmp_path / "frames", smoke_from=0, frames=1)
    picture = (view / "+00000.png").read_bytes()
    for number in range(1, 8):
        (view / f"{60 * number:+06d}.png").write_bytes(picture)
    *frames, outcome = rows(edge("replay", "--model", squares_model, "--json", view))
    assert outcome == {"first_confirmed_at_s": None, "sightings": 0}
    assert len({frame["score"] for frame in frames}) == 1


@pytest.mark.parametrize("command", [["detect"], ["replay"]])
def test_for_people_there_is_a_table(squares_model: Path, tmp_path: Path, command: list[str]) -> None:
    view = write_view(tmp_path / "frames", smoke_from=0, frames=3)
    done = edge(*command, "--model", squares_model, view if command == ["replay"] else view / "+00000.png")
    assert done.returncode == 0
    assert ("first confirmed at: +120 s; sightings: 1" in done.stdout) is (command == ["replay"])
    assert ("SMOKE" in done.stdout) is (command == ["detect"])


def test_refused_input_leaves_with_1_and_its_reason(squares_model: Path, tmp_path: Path) -> None:
    view = write_view(tmp_path / "frames", smoke_from=0, frames=2)
    (view / "other.png").write_bytes((view / "+00000.png").read_bytes())
    (tmp_path / "text.jpg").write_text("hello", encoding="utf-8")
    refused = [
        (("replay", "--model", squares_model, view), "name all of them so, or none"),
        (("replay", "--model", squares_model, tmp_path / "none"), "no such folder"),
        (("detect", "--model", squares_model, tmp_path / "none.jpg"), "no such file"),
        (("detect", "--model", squares_model, tmp_path / "text.jpg"), "no picture"),
        (("detect", "--model", squares_model, "--precision", "int8", view / "+00000.png"), "[int8]"),
        (("detect", "--model", tmp_path, view / "+00000.png"), "model.toml"),
        (("check-config", "--config", tmp_path / "none.toml"), "--config"),
    ]
    for arguments, why in refused:
        done = edge(*arguments)
        assert done.returncode == 1, arguments
        assert why in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("replay",),
        ("run",),
        ("replay", "--interval-s", "0", "x"),
        ("detect", "--threads", "-1", "x"),
        ("bench", "--frames", "0"),
        ("replay", "--precision", "half", "x"),
    ],
)
def test_wrong_usage_leaves_with_2(arguments: tuple[str, ...]) -> None:
    assert edge(*arguments).returncode == 2


def test_help_teaches_every_command() -> None:
    shown = edge("--help").stdout
    for command in ("run", "once", "detect", "replay", "bench", "check-config", "doctor"):
        assert f"  {command}" in shown
    assert "exit codes" in shown


def test_bench_tells_the_time_of_a_frame(squares_model: Path) -> None:
    facts = rows(edge("bench", "--model", squares_model, "--frames", 3, "--json"))[0]
    assert facts["frames"] == 3
    assert 0.0 < facts["median_ms"] <= facts["worst_ms"]


@pytest.fixture
def tower(squares_model: Path, tmp_path: Path) -> Path:
    write_view(tmp_path / "frames", smoke_from=3, frames=14, step_s=10)
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS.format(model=squares_model), encoding="utf-8")
    return path


def ledger_of(tower: Path) -> list[dict[str, Any]]:
    path = tower.parent / "ledger.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_run_plays_a_recording_and_keeps_its_sighting_while_the_broker_is_away(tower: Path) -> None:
    done = edge("run", "--config", tower)
    assert done.returncode == 0, done.stderr
    entries = ledger_of(tower)
    assert next((entry["revision"], entry["phase"]) for entry in entries) == (1, "opened")
    assert len({entry["sighting_id"] for entry in entries}) == 1
    assert "sighting.reported" in done.stderr
    with sqlite3.connect(tower.parent / "var" / "outbox.sqlite") as base:
        tables = [name for (name,) in base.execute("select name from sqlite_master where type = 'table'")]
        kept = max(base.execute(f"select count(*) from {name}").fetchone()[0] for name in tables)  # noqa: S608
    base.close()
    assert kept >= len(entries) + 2, "the sightings with a crop and a frame"


def started_node(tower: Path, *options: str) -> subprocess.Popen[str]:
    """Start the service on a recording that does not end, and wait until it works."""
    text = tower.read_text(encoding="utf-8").replace("period_s = 0.05", "period_s = 3600.0")
    tower.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "firewatch_edge", "run", "--config", str(tower), *options]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    for line in child.stderr:
        if "node.started" in line:
            return child
    pytest.fail(f"the node ended with {child.wait()}")


def assert_ends_in_order(child: subprocess.Popen[str]) -> None:
    assert child.stderr is not None
    started = time.monotonic()
    rest = child.stderr.read()
    child.stderr.close()
    assert child.wait(20.0) == 0
    assert "node.stopped" in rest
    assert time.monotonic() - started < 10.0


def test_run_stops_in_order_when_it_is_told_to(tower: Path) -> None:
    with started_node(tower) as child:
        child.send_signal(signal.SIGTERM)
        assert_ends_in_order(child)


def test_run_as_a_child_stops_in_order_when_its_parent_is_gone(tower: Path) -> None:
    with started_node(tower, "--child") as child:
        assert child.stdin is not None
        child.stdin.close()
        assert_ends_in_order(child)


def test_run_alone_does_not_mind_its_standard_input(tower: Path) -> None:
    with started_node(tower) as child:
        assert child.stdin is not None
        child.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(1.5)
        child.send_signal(signal.SIGTERM)
        assert_ends_in_order(child)


def test_once_looks_at_every_camera(tower: Path) -> None:
    facts = rows(edge("once", "--config", tower, "--json"))[0]
    assert (facts["camera"], facts["size"], facts["smoke"]) == ("north", "256x192", False)
    assert "clear" in edge("once", "--config", tower).stdout
    tower.write_text(tower.read_text(encoding="utf-8").replace('path = "frames"', 'path = "none"'), encoding="utf-8")
    failed = edge("once", "--config", tower)
    assert failed.returncode == 1
    assert "no frame" in failed.stdout


def test_doctor_says_of_each_part_ok_or_what_to_do(tower: Path) -> None:
    done = edge("doctor", "--config", tower, "--json")
    findings = {row["part"]: row for row in rows(done)}
    assert done.returncode == 1
    known = {"tower", "model", "night", "camera north", "broker", "certificate", "disk", "clock", "zone"}
    assert findings.keys() == known | {"computer", "watchdog", "service", "optics north"}
    assert {part for part, row in findings.items() if not row["ok"]} == {"broker"}
    assert "127.0.0.1:9" in findings["broker"]["words"]
    text = edge("doctor", "--config", tower).stdout
    assert "FAIL  broker" in text
    assert "ok    disk" in text


def test_check_config_prints_what_is_in_effect(tower: Path) -> None:
    shown = json.loads(edge("check-config", "--config", tower).stdout)
    assert shown["vitals"]["every_s"] == 30.0
    assert shown["camera"][0]["path"] == str(tower.parent / "frames")


def test_the_command_line_loads_nothing_of_the_centre() -> None:
    """A tower's computer has numpy, opencv, onnxruntime, paho and msgspec, and nothing else of ours."""
    program = (
        "import sys, firewatch_edge.cli.doctor, firewatch_edge.cli.tower, firewatch_edge.cli.frames\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
        "print(*[name for name in sys.modules if name.startswith('firewatch.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    packages, ours = (set(line.split()) for line in done.stdout.splitlines())
    assert not packages & {
        "fastapi",
        "sqlalchemy",
        "sklearn",
        "pyproj",
        "starlette",
        "uvicorn",
        "scipy",
        "amqtt",
        "torch",
    }
    assert {name.split(".")[1] for name in ours} <= {
        *("domain", "scene", "wire", "mqtt", "errors", "parent", "stop_signals", "whole_folder", "optics_forms")
    }


@pytest.mark.shared
def test_replay_of_real_sequences_has_the_promised_form(shared_data: Path) -> None:
    folder = next((shared_data / "smoke" / "sequences" / "test").iterdir())
    done = edge("replay", "--json", folder)
    assert done.returncode == 0, done.stderr
    *frames, outcome = rows(done)
    assert len(frames) == 80
    assert [frame["at_s"] for frame in frames] == sorted(frame["at_s"] for frame in frames)
    assert (frames[0]["at_s"], frames[-1]["at_s"]) == (-2400.0, 2400.0)
    assert all(0.0 <= frame["score"] <= 1.0 for frame in frames)
    confirmed = [frame["at_s"] for frame in frames if frame["confirmed"]]
    assert outcome["first_confirmed_at_s"] == (confirmed[0] if confirmed else None)
    assert outcome.keys() == {"first_confirmed_at_s", "sightings"}
