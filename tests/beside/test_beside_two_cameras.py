"""Two real RTSP cameras, 1080p and 4K, through ten minutes of faults: each is noticed, each is over in time.

It waits more than it works, so it runs beside the other tests, in a process of its own (`make test`); thirty minutes of
it in `make soak`.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rtsp_camera import Film, RtspCamera, require_rtsp
from tower_with_cameras import TowerWithCameras

from firewatch_edge.node.live import has_pyav

if TYPE_CHECKING:
    from collections.abc import Iterator

PERIOD_S = 10.0
MINUTES = float(os.environ.get("FIREWATCH_CAMERA_MINUTES", "10"))
# Between what the node knows and what we heard: its tick, the broker, a busy machine.
GRACE_S = 3.0
OUTAGE_S = 24.0
# Two views of eighteen minutes are remembered, at most 95 MB each.
MOST_GROWTH_MB = 2 * 95.0 + 30.0
# The five kills first, then each other fault on either camera.
FAULTS = [
    *(("kill", "north"), ("kill", "south"), ("kill", "north"), ("kill", "south"), ("kill", "north")),
    *(("hang", "south"), ("frozen", "north"), ("black", "south"), ("hang", "north")),
    *(("frozen", "south"), ("black", "north")),
]


@dataclass(slots=True)
class Outcome:
    """What came of one fault [s]."""

    fault: str
    camera: str
    noticed_after_s: float | None = None
    recovered_after_s: float | None = None
    blind_s: float = 0.0
    unreported_s: float = 0.0
    others_worst_gap_s: float = 0.0


@pytest.fixture
def tower(tmp_path: Path, squares_model: Path) -> Iterator[TowerWithCameras]:
    require_rtsp()
    north = RtspCamera(Film("h264", 1920, 1080, fps=2.0, key_every=4))
    south = RtspCamera(Film("h264", 3840, 2160, fps=1.0, key_every=2))
    decoders = ("opencv", "av" if has_pyav() else "opencv")
    cameras = {"north": (north, decoders[0]), "south": (south, decoders[1])}
    made = TowerWithCameras(tmp_path, squares_model, cameras, PERIOD_S)
    yield made
    made.stop()


def inject(camera: RtspCamera, fault: str) -> None:
    if fault == "kill":
        camera.kill()
    elif fault == "hang":
        camera.hang()
    else:
        camera.show(fault)


def mend(camera: RtspCamera, fault: str) -> None:
    if fault == "kill":
        camera.start()
    elif fault == "hang":
        camera.go_on()
    else:
        camera.show("moving")


def suffer(tower: TowerWithCameras, fault: str, name: str) -> Outcome:
    """Bring one fault about and mend it; return what was seen of it."""
    outcome, camera, seen = Outcome(fault, name), tower.cameras[name], tower.seen[name]
    began_s = time.monotonic()
    inject(camera, fault)
    noticed_s = tower.wait(lambda: seen.is_silent or (fault == "black" and seen.dark_at is not None), 60.0)
    # A picture that stands still has stood since its first copy came, which was new.
    since_s = began_s if fault in {"kill", "hang"} else max(began_s, seen.new_at[-1])
    outcome.noticed_after_s = None if noticed_s is None else noticed_s - since_s
    tower.wait(lambda: time.monotonic() > began_s + OUTAGE_S and seen.is_silent, 60.0)
    last_new_s, mended_s = seen.new_at[-1], time.monotonic()
    mend(camera, fault)
    ready_s = time.monotonic()
    recovered_s = tower.wait(lambda: not seen.is_silent and seen.new_at[-1] > mended_s, 90.0)
    outcome.recovered_after_s = None if recovered_s is None else recovered_s - ready_s
    outcome.blind_s = (recovered_s or time.monotonic()) - last_new_s
    outcome.unreported_s = unreported_s(seen.silent, last_new_s + 2.0 * PERIOD_S, mended_s)
    return outcome


def unreported_s(silent: list[tuple[float, bool]], from_s: float, to_s: float) -> float:
    """Return how long, between two times in which a camera was blind, the vitals did not say so [s]."""
    told, at_s, missing = False, from_s, 0.0
    for changed_s, is_silent in [*silent, (to_s, True)]:
        until_s = min(max(changed_s, from_s), to_s)
        missing += 0.0 if told else until_s - at_s
        told, at_s = is_silent, until_s
    return missing


def worst_gap_s(times: list[float], from_s: float) -> float:
    """Return the longest time without a new frame [s]."""
    later = [each for each in times if each >= from_s]
    return max((after - before for before, after in itertools.pairwise(later)), default=0.0)


@pytest.mark.slow
@pytest.mark.beside
@pytest.mark.timeout(60.0 * MINUTES + 900.0)
def test_each_fault_of_a_camera_is_noticed_within_two_periods_and_over_within_two(tower: TowerWithCameras) -> None:
    tower.start()
    ends_s = time.monotonic() + 60.0 * MINUTES
    assert tower.wait(lambda: all(len(seen.new_at) >= 2 for seen in tower.seen.values()), 120.0), tower.log()[-3000:]
    threads, memory_mb = tower.threads(), tower.memory_mb()
    outcomes: list[Outcome] = []
    while time.monotonic() < ends_s:
        fault, name = FAULTS[len(outcomes) % len(FAULTS)]
        began_s = time.monotonic()
        outcome = suffer(tower, fault, name)
        other = next(each for each in tower.seen if each != name)
        outcome.others_worst_gap_s = worst_gap_s(tower.seen[other].new_at, began_s)
        outcomes.append(outcome)
        print(*(f"{value:.1f}" if isinstance(value, float) else value for value in asdict(outcome).values()))
    report = {"outcomes": [asdict(each) for each in outcomes], "threads": [threads, tower.threads()]}
    report |= {"memory_mb": [memory_mb, tower.memory_mb()], "sightings": tower.sightings}
    write(report)
    assert len(outcomes) >= min(len(FAULTS), int(MINUTES)), "too few faults in the time"
    judge(outcomes)
    assert tower.sightings == 0, "a false alarm"
    assert tower.threads() <= threads + 4, "threads pile up"
    assert tower.memory_mb() <= memory_mb + MOST_GROWTH_MB, "memory grows"


def judge(outcomes: list[Outcome]) -> None:
    limit_s = 2.0 * PERIOD_S + GRACE_S
    for outcome in outcomes:
        assert outcome.noticed_after_s is not None, outcome
        assert outcome.noticed_after_s <= limit_s, outcome
        assert outcome.recovered_after_s is not None, outcome
        assert outcome.recovered_after_s <= limit_s, outcome
        assert outcome.unreported_s <= GRACE_S, outcome
        assert outcome.others_worst_gap_s <= 2.0 * PERIOD_S, outcome


def write(report: dict[str, object]) -> None:
    path = Path(__file__).resolve().parents[2] / "build" / "cameras.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
