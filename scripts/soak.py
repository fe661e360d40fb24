"""The long checks (`make soak`): the demo on five seeds with a fire and on five without, back-fill, cameras.

The demo runs over many simulated minutes; the back-fill of a tower is of 10,000 messages, with fresh alarms meanwhile;
two cameras have half an hour of faults. Prints a table and writes build/soak.json (with --only soak-fire.json and so
on); exits 1 if a fire was missed, a message was lost, an alarm was false, or a camera was blind without a word.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FIRE_SEEDS = (1, 2, 3, 4, 5)
QUIET_SEEDS = (101, 102, 103, 104, 105)


def run_demo(options: list[str]) -> dict[str, Any]:
    """Run the demo headless; return its report, with the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "firewatch", "demo", "--headless", "--report", str(report), *options]
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own program
        found: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {"said": done.stderr}
    return found | {"exit_code": done.returncode}


def fire_row(seed: int, report: dict[str, Any]) -> str:
    """Return a line on a run with a fire."""
    alert = report.get("alert") or {}
    true = [incident for incident in report.get("incidents", []) if incident["is_true"]]
    towers = len(true[0]["towers"]) if true else 0
    error = true[0]["position_error_m"] if true else None
    lost = report.get("messages", {}).get("lost")
    after = alert.get("after_first_visible_s")
    false = report.get("false_alarms")
    return f"{seed:>5} {towers:>7} {after!s:>18} {error!s:>12} {lost!s:>5} {false!s:>6} {report['exit_code']:>5}"


def quiet_row(seed: int, report: dict[str, Any]) -> str:
    """Return a line on a quiet run."""
    frames = report.get("frames", {}).get("served")
    return f"{seed:>5} {frames!s:>7} {report.get('false_alarms')!s:>6} {report['exit_code']:>5}"


def run_fires(options: list[str]) -> dict[int, dict[str, Any]]:
    """Run the demo with a fire on each seed; print the table, return the reports."""
    print(f"{'seed':>5} {'towers':>7} {'alert after seen/s':>18} {'error/m':>12} {'lost':>5} {'false':>6} {'exit':>5}")
    reports = {}
    for seed in FIRE_SEEDS:
        reports[seed] = run_demo(["--seed", str(seed), *options])
        print(fire_row(seed, reports[seed]), flush=True)
    return reports


def run_quiet(options: list[str]) -> dict[int, dict[str, Any]]:
    """Run the demo without a fire on each seed; print the table, return the reports."""
    print(f"{'seed':>5} {'frames':>7} {'false':>6} {'exit':>5}")
    reports = {}
    for seed in QUIET_SEEDS:
        reports[seed] = run_demo(["--seed", str(seed), *options])
        print(quiet_row(seed, reports[seed]), flush=True)
    return reports


def run_backlog() -> dict[str, Any]:
    """Let a node drain 10,000 messages of a week; print what the test measured."""
    test = "tests/integration/transport/test_bad_links.py"
    command = [sys.executable, "-m", "pytest", "-q", "-s", test, "-k", "back_fill"]
    environment = {**os.environ, "FIREWATCH_BACKLOG": "10000"}
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - our own
    print(done.stdout, flush=True)
    return {"exit_code": done.returncode, "said": done.stdout}


def run_cameras(minutes: float) -> dict[str, Any]:
    """Bring faults upon two real RTSP cameras (tests/beside), and return what was seen, with the exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-m", "beside", "tests/beside"]
    environment = {**os.environ, "FIREWATCH_CAMERA_MINUTES": str(minutes)}
    done = subprocess.run(command, check=False, env=environment)  # noqa: S603 - our own tests
    report = Path("build") / "cameras.json"
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return found | {"exit_code": done.returncode}


def main() -> int:
    """Run all and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0, help="scene time of a run with a fire")
    parser.add_argument("--quiet-minutes", type=float, default=30.0, help="scene time of a run without")
    parser.add_argument("--speed", type=float, default=1.0, help="of the runs with a fire")
    parser.add_argument("--quiet-speed", type=float, default=6.0, help="of the runs without")
    parser.add_argument("--only", choices=("fire", "quiet", "backlog", "cameras"), help="run one part")
    parser.add_argument("--camera-minutes", type=float, default=30.0, help="real time of the cameras' faults")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    if args.only in {None, "fire"}:
        results["fire"] = run_fires(["--minutes", str(args.minutes), "--speed", str(args.speed)])
    if args.only in {None, "quiet"}:
        quiet = ["--fire", "none", "--minutes", str(args.quiet_minutes), "--speed", str(args.quiet_speed)]
        results["quiet"] = run_quiet(quiet)
    if args.only in {None, "backlog"}:
        results["backlog"] = {0: run_backlog()}
    if args.only in {None, "cameras"}:
        results["cameras"] = {0: run_cameras(args.camera_minutes)}
    out = Path("build") / ("soak.json" if args.only is None else f"soak-{args.only}.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(r["exit_code"] for runs in results.values() for r in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
