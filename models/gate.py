"""Let a candidate replace the model in service only if it loses on none of the frozen tests.

Example
-------
    python -m models.gate --candidate runs/tuned/model --current models/smoke --tests models/tests.toml

A test is lost where the candidate measures worse by more than the test's tolerance; or where it is surely worse: the
whole 95 % interval of the difference, both models on the same cameras drawn again, lies on the wrong side of zero.
With fewer than five cameras there is no interval and the tolerance alone decides. What cannot be measured is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.errors import FirewatchError
from models.evaluate.bootstrap import camera_draws, interval
from models.gate_checks import check_files, check_readable, check_speed, hashes_of
from models.gate_measures import measure
from models.gate_tests import read_tests, require_frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.gate_checks import Check
    from models.gate_measures import Values
    from models.gate_tests import FrozenTest, GateFile

DRAWS = 500
# Fewer cameras drawn again say nothing of the next camera.
LEAST_CAMERAS = 5
# Rounding is no loss.
EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """One test of both models; `better` and its interval are above zero where the candidate is better."""

    name: str
    measure: str
    items: int
    cameras: int
    current: float
    candidate: float
    better: float
    better_95: tuple[float, float] | None
    tolerance: float
    lost: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 1 where the candidate is refused."""
    given = _parser().parse_args(argv)
    try:
        gate = read_tests(given.tests)
        for test in gate.test:
            require_frozen(test, Path(test.path))
        checks = [*check_files(given.candidate, gate.limits), readable := check_readable(given.candidate)]
        verdicts = []
        # What no tower would run is not looked at further.
        if readable.passed:
            checks += check_speed(given.candidate, given.current, gate.limits, given.rounds)
            verdicts = [judge(test, given.candidate, given.current, given.threads) for test in gate.test]
    except (FirewatchError, OSError, KeyError, ValueError) as err:
        print(f"models.gate: {err}", file=sys.stderr)
        return 1
    passed = all(check.passed for check in checks) and not any(verdict.lost for verdict in verdicts)
    print(table(checks, verdicts))
    print("PASSED: it may be packed" if passed else "REFUSED: it stays at home")
    report = report_of(given.candidate, given.current, checks, verdicts, gate)
    write(given.json or given.candidate / "gate.json", {**report, "passed": passed})
    return 0 if passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.gate",
        description="Compare a candidate with the model in service on frozen tests, pair by pair, and check its files. "
        "Prints one table, writes gate.json, which `firewatch model pack` asks for; exits 1 where it is refused.",
    )
    parser.add_argument("--candidate", type=Path, required=True, help="model folder that wants to be shipped")
    parser.add_argument("--current", type=Path, default=Path("models/smoke"), help="model folder in service")
    parser.add_argument("--tests", type=Path, default=Path("models/tests.toml"), help="the frozen tests")
    parser.add_argument("--json", type=Path, help="where the report goes (default CANDIDATE/gate.json)")
    parser.add_argument("--rounds", type=int, default=15, help="of the timing, on one thread (default 15)")
    parser.add_argument("--threads", type=int, default=2, help="threads of the network (default 2)")
    return parser


def judge(test: FrozenTest, candidate: Path, current: Path, threads: int = 2) -> Verdict:
    """Let both models look at one test."""
    return compare(test, measure(candidate, test, threads), measure(current, test, threads))


def compare(test: FrozenTest, new: Values, old: Values) -> Verdict:
    """Decide whether a test is lost.

    Raises
    ------
    ValueError
        If the two did not look at the same frames.
    """
    if new.keys != old.keys:
        text = f"test {test.name}: the two models did not look at the same frames"
        raise ValueError(text)
    sign = 1.0 if test.direction == "up" else -1.0
    values = new.value, old.value
    better = sign * (values[0] - values[1])
    spread = paired_interval(new, old, sign)
    return Verdict(
        name=test.name,
        measure=test.measure,
        items=len(new.keys),
        cameras=len(set(new.cameras)),
        current=values[1],
        candidate=values[0],
        better=better,
        better_95=spread,
        tolerance=test.tolerance,
        lost=why_lost(better, spread, test.tolerance),
    )


def why_lost(better: float, spread: tuple[float, float] | None, tolerance: float) -> str:
    """Return why a test is lost, in a few words; empty where it is not."""
    if np.isnan(better):
        return "cannot be measured"
    if better < -tolerance - EXACT:
        return "worse than the tolerance"
    if spread is not None and spread[1] < -EXACT:
        return "surely worse"
    return ""


def paired_interval(new: Values, old: Values, sign: float, seed: int = 0) -> tuple[float, float] | None:
    """Return the 95 % interval of how much better the new one is: cameras and their frames drawn again, alike for both.

    None with fewer than `LEAST_CAMERAS`, or where too few of the draws can be measured.
    """
    if len(set(new.cameras)) < LEAST_CAMERAS:
        return None
    drawn = [
        sign * (new.summarise(index) - old.summarise(index))
        for index in camera_draws(np.array(new.cameras), DRAWS, seed)
    ]
    spread = interval(sign * (new.value - old.value), np.array(drawn))
    return None if np.isnan(spread[0]) else spread


def table(checks: Sequence[Check], verdicts: Sequence[Verdict]) -> str:
    """Return one table for a person."""
    lines = [f"{'check':<28} {'found':<44} allowed"]
    lines += [f"{c.name:<28} {c.found:<44} {c.allowed}{'' if c.passed else '   REFUSED'}" for c in checks]
    head = (
        f"{'test':<24} {'measure':<26} {'n':>5} {'cam':>4} {'now':>8} {'new':>8} {'better':>8}  {'95 %':<18} {'tol':>6}"
    )
    lines += ["", head]
    for v in verdicts:
        spread = "-" if v.better_95 is None else f"{v.better_95[0]:+.3f} to {v.better_95[1]:+.3f}"
        row = f"{v.name:<24} {v.measure:<26} {v.items:>5} {v.cameras:>4} {v.current:>8.3f} {v.candidate:>8.3f}"
        lines.append(
            f"{row} {v.better:>+8.3f}  {spread:<18} {v.tolerance:>6.3f}  {v.lost and f'LOST: {v.lost}'}".rstrip()
        )
    return "\n".join(lines)


def report_of(
    candidate: Path, current: Path, checks: Sequence[Check], verdicts: Sequence[Verdict], gate: GateFile
) -> dict[str, Any]:
    """Return the report as JSON values; of each model what runs on a tower, by its hash."""
    return {
        "schema": "firewatch-gate/1",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "candidate": _judged(candidate),
        "current": _judged(current),
        "rule": (__doc__ or "").split("\n\n")[2].replace("\n", " ").strip(),
        "checks": [asdict(check) for check in checks],
        "tests": [
            {**asdict(verdict), "kind": test.kind, "path": test.path, "sha256": test.sha256}
            for verdict, test in zip(verdicts, gate.test, strict=bool(verdicts))
        ],
    }


def _judged(folder: Path) -> dict[str, Any]:
    sheet = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
    return {"name": sheet["name"], "version": sheet["version"], "files": hashes_of(folder)}


def write(path: Path, report: dict[str, Any]) -> None:
    """Write the report whole; what cannot be measured is null."""
    text = json.dumps(_without_nan(report), indent=1, ensure_ascii=False, allow_nan=False)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
