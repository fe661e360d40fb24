"""Commands on stored frames: detect, replay, bench."""

from __future__ import annotations

import itertools
import os
import platform
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import SightingPhase
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import StoredFrame, list_frames, load_picture
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint
from firewatch_edge.detect import Detector, FrameScore

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["bench", "detect", "detection_facts", "replay"]

# Stored frames carry seconds, not dates; any fixed instant does.
_IGNITION = datetime(2000, 1, 1, tzinfo=UTC)
# A stored view has no calibration; sightings of a replay are counted, not located.
_ANY_VIEW = Calibration("replay", 0.0, 0.0, 60.0, 1.0)
# The window in seconds follows the frames' own interval, with room for a missing one.
_WINDOW_SLACK = 1.5


def detect(arguments: argparse.Namespace) -> int:
    """Score single pictures."""
    detector = Detector.load(arguments.model, arguments.threads)
    _require_files(arguments.images)
    for path in arguments.images:
        scored = detector.score(load_picture(path, datetime.now(UTC)).image)
        facts = {"image": str(path), **detection_facts(scored, detector.spec.decision.threshold)}
        if arguments.json:
            say_json(facts)
        else:
            say(f"{'SMOKE' if facts['smoke'] else 'clear':5}  {facts['score']:.3f}  {path}")
            for found in facts["detections"]:
                say(f"         {found['score']:.3f}  box {found['box']}")
    return 0


def detection_facts(scored: FrameScore, threshold: float) -> dict[str, Any]:
    """Return what was found in one frame as the commands print it."""
    found = scored.detections.above(threshold)
    return {
        "score": round(scored.score, 6),
        "smoke": len(found) > 0,
        "detections": [
            {"box": [round(corner, 1) for corner in box], "label": "smoke", "score": round(score, 6)}
            for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True)
        ],
    }


def _require_files(paths: list[Path]) -> None:
    """Refuse before the first line is printed."""
    for path in paths:
        if not path.is_file():
            raise FrameUnavailableError(str(path), "there is no such file")


def replay(arguments: argparse.Namespace) -> int:
    """Run detector and confirmation over a folder of frames of one view."""
    stored = list_frames(arguments.folder, arguments.interval_s)
    detector = Detector.load(arguments.model, arguments.threads)
    first_s, sightings = None, 0
    for frame, score, is_confirmed, opened in _replay(stored, detector):
        sightings += opened
        if is_confirmed and first_s is None:
            first_s = frame.at_s
        if arguments.json:
            facts = {"image": str(frame.path), "at_s": frame.at_s, "score": round(score, 6), "confirmed": is_confirmed}
            say_json(facts)
        else:
            say(f"{frame.at_s:+9.0f} s  {score:.3f}  {'CONFIRMED' if is_confirmed else ''}".rstrip())
    if arguments.json:
        say_json({"first_confirmed_at_s": first_s, "sightings": sightings})
    else:
        say(f"first confirmed at: {'never' if first_s is None else f'{first_s:+.0f} s'}; sightings: {sightings}")
    return 0


def _replay(stored: list[StoredFrame], detector: Detector) -> Iterator[tuple[StoredFrame, float, bool, int]]:
    """Yield each frame with its score, whether a smoke is confirmed after it and how many were opened by it."""
    confirmer = Confirmer(_rules_for(stored, detector), _view_of(detector), np.random.default_rng(0))
    state = ConfirmState()
    known: dict[str, FrameScore] = {}
    for item in stored:
        frame = load_picture(item.path, _IGNITION + timedelta(seconds=item.at_s))
        scored = known.get(frame.stamp.sha256)
        opened: list[object] = []
        if scored is None:
            scored = known[frame.stamp.sha256] = detector.score(frame.image)
            state, changes = confirmer.step(state, frame.stamp, scored.detections)
            opened = [change for change in changes if change.phase is SightingPhase.OPENED]
        yield item, scored.score, state.is_confirmed, len(opened)


def _rules_for(stored: list[StoredFrame], detector: Detector) -> Rules:
    spec = detector.spec.confirmation
    steps = [later.at_s - earlier.at_s for earlier, later in itertools.pairwise(stored)]
    usual_s = statistics.median(steps) if steps else 0.0
    window_s = max(Rules(spec.threshold).window_s, _WINDOW_SLACK * spec.window * usual_s)
    return Rules(spec.threshold, spec.hits, spec.window, window_s)


def _view_of(detector: Detector) -> Viewpoint:
    return Viewpoint(TowerId("replay"), CameraId("replay"), PoseId("replay"), _ANY_VIEW, detector.spec.sha256)


def bench(arguments: argparse.Namespace) -> int:
    """Measure the detector on this machine."""
    detector = Detector.load(arguments.model, arguments.threads)
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    times_ms = []
    for _ in range(arguments.frames):
        started = time.perf_counter()
        detector.score(noise)
        times_ms.append((time.perf_counter() - started) * 1000.0)
    facts = {
        "model": f"{detector.spec.name} {detector.spec.version}",
        "frame": "1920x1080 noise, decoded",
        "frames": len(times_ms),
        "median_ms": round(statistics.median(times_ms), 1),
        "worst_ms": round(max(times_ms), 1),
        "threads": arguments.threads or "all cores but one",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    if arguments.json:
        say_json(facts)
    else:
        for name, value in facts.items():
            say(f"{name:10} {value}")
    return 0
