"""What is measured, beside which peer (`make bench`).

Each figure is a ratio taken in one run on one machine: to a named peer that does the same work, or to a limit of the
machine that is measured beside it. Prints a table and writes build/bench.json. Nothing here is a test.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The programs beside this one, and the package `benchmarks.location`.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table: ours beside a peer, both in the same unit; a ratio above 1 is slower than the peer."""

    what: str
    peer: str
    unit: str
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the peer's."""
        return self.ours / self.theirs


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the median duration of a piece of work after one warm-up [s]."""
    work()
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def main() -> int:
    """Measure all and print."""
    import danger
    import danger_fwi2025
    import detector
    import outbox
    import store
    import surface
    import temporal
    import viewshed

    import edge
    from benchmarks.location import speed

    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        programs = (detector, edge, temporal, danger, danger_fwi2025, surface, viewshed, speed, outbox, store)
        for measure in (program.measure for program in programs):
            rows += [Measured(*row) for row in measure(seconds, Path(folder))]
            print(f"{rows[-1].what} done", file=sys.stderr, flush=True)
    print(f"{'what':<34} {'peer':<44} {'unit':<14} {'ours':>9} {'peer':>9} {'ratio':>6}")
    for row in rows:
        print(f"{row.what:<34} {row.peer:<44} {row.unit:<14} {row.ours:>9.3g} {row.theirs:>9.3g} {row.ratio:>6.2f}")
    out = Path("build/bench.json")
    out.parent.mkdir(exist_ok=True)
    machine = {"machine": platform.processor() or platform.machine(), "python": platform.python_version()}
    out.write_text(json.dumps(machine | {"rows": [asdict(r) | {"ratio": r.ratio} for r in rows]}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
