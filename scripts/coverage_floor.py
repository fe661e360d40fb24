"""Fails unless the pure core is covered to its last branch, and everything to nine tenths; run after `make test`.

Reads what coverage wrote in the working folder, joins the parts that child processes left, and prints a table.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

__all__ = ["Row", "judge", "main", "measure"]

# A mistake there is a fire in the wrong place or a message not understood: every line and every branch.
_WHOLE = ("firewatch/domain", "firewatch/danger", "firewatch/terrain", "firewatch/fusion", "firewatch/wire")
_OVERALL_PCT = 90.0
_MOST_PLACES = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    name : str
        A folder, or "overall".
    covered, wanted : int
        Lines and branches.
    least_pct : float
        What the covered share must reach [%].
    places : tuple of str
        Where something is missing, as ``file: lines``.
    """

    name: str
    covered: int
    wanted: int
    least_pct: float
    places: tuple[str, ...] = ()

    @property
    def pct(self) -> float:
        """The covered share [%]; 0 where nothing was measured, which is a failure too."""
        return 100.0 * self.covered / self.wanted if self.wanted else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether the floor holds."""
        return self.wanted > 0 and self.pct >= self.least_pct


def measure() -> dict[str, Any]:
    """Join the data files of this folder and return coverage's JSON report; raise `CoverageException` without data."""
    measured = coverage.Coverage()
    if any(Path().glob(".coverage.*")):
        measured.combine(keep=False)
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(path), ignore_errors=True)
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def judge(report: dict[str, Any]) -> list[Row]:
    """Return a row for each folder that must be covered whole, and one for all.

    Parameters
    ----------
    report : dict
        Coverage's JSON report, with branches.
    """
    rows = [_row(folder, report["files"], 100.0) for folder in _WHOLE]
    overall = _row("overall", report["files"], _OVERALL_PCT)
    return [*rows, Row("overall", overall.covered, overall.wanted, _OVERALL_PCT)]


def _row(name: str, files: dict[str, Any], least_pct: float) -> Row:
    chosen = {path: file for path, file in files.items() if name == "overall" or path.startswith(f"{name}/")}
    sums = [file["summary"] for file in chosen.values()]
    covered = sum(s["covered_lines"] + s.get("covered_branches", 0) for s in sums)
    wanted = sum(s["num_statements"] + s.get("num_branches", 0) for s in sums)
    return Row(name, covered, wanted, least_pct, tuple(_places(chosen)))


def _places(files: dict[str, Any]) -> list[str]:
    places = []
    for path, file in sorted(files.items()):
        lines = [str(line) for line in file["missing_lines"]]
        branches = [f"{start}->{'exit' if end < 0 else end}" for start, end in file.get("missing_branches", [])]
        if lines or branches:
            places.append(f"{path}: {', '.join([*lines, *branches])}")
    return places


def main() -> int:
    """Print the table; return 1 where a floor does not hold."""
    try:
        rows = judge(measure())
    except coverage.CoverageException as err:
        print(f"coverage_floor: {err}; run `make test` first", file=sys.stderr)
        return 1
    print(f"{'coverage (lines and branches)':32}{'covered':>9}{'of':>8}{'share':>9}{'floor':>8}")
    for row in rows:
        mark = "" if row.is_enough else "   TOO LOW" if row.wanted else "   NOT MEASURED"
        print(f"{row.name:32}{row.covered:9}{row.wanted:8}{row.pct:8.1f}%{row.least_pct:7.0f}%{mark}")
        for place in row.places[:_MOST_PLACES]:
            print(f"    {place}")
        if len(row.places) > _MOST_PLACES:
            print(f"    ... and {len(row.places) - _MOST_PLACES} more files")
    return 0 if all(row.is_enough for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
