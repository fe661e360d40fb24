"""Commands on stored frames: detect, replay."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import SightingPhase
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import StoredFrame, list_frames, load_picture
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.detect import Detector, Eyes, FrameScore
from firewatch_edge.node import Watcher, rules_of, verified_rules_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.node import Watched

__all__ = ["candidate_facts", "detect", "detection_facts", "replay"]

# Stored frames carry seconds, not dates; any fixed instant does.
_IGNITION = datetime(2000, 1, 1, tzinfo=UTC)
# A stored view has no calibration; sightings of a replay are counted, not located.
_ANY_VIEW = Calibration("replay", 0.0, 0.0, 60.0, 1.0)
# The window in seconds follows the frames' own interval, with room for a missing one.
_WINDOW_SLACK = 1.5


def detect(arguments: argparse.Namespace) -> int:
    """Score single pictures."""
    detector = Detector.load(arguments.model, arguments.threads, arguments.precision)
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
    """Run detector, verifier and confirmation over a folder of frames of one view."""
    stored = list_frames(arguments.folder, arguments.interval_s)
    eyes = Eyes.load(arguments.model, arguments.threads, arguments.precision, is_temporal=not arguments.no_temporal)
    first_s, sightings = None, 0
    for frame, watched, is_confirmed in _replay(stored, eyes):
        sightings += sum(change.phase is SightingPhase.OPENED for change in watched.changes)
        if is_confirmed and first_s is None:
            first_s = frame.at_s
        score = round(watched.score, 6)
        explained = candidate_facts(watched) if arguments.explain else {}
        if arguments.json:
            facts = {"image": str(frame.path), "at_s": frame.at_s, "score": score, "confirmed": is_confirmed}
            say_json({**facts, **explained})
        else:
            say(f"{frame.at_s:+9.0f} s  {score:.3f}  {'CONFIRMED' if is_confirmed else ''}".rstrip())
            _say_candidates(explained)
    if arguments.json:
        say_json({"first_confirmed_at_s": first_s, "sightings": sightings})
    else:
        say(f"first confirmed at: {'never' if first_s is None else f'{first_s:+.0f} s'}; sightings: {sightings}")
    return 0


def candidate_facts(watched: Watched) -> dict[str, Any]:
    """Return what was compared with the past in one frame; nothing was where the single frame alone decided."""
    found = watched.candidates
    if found is None:
        return {"rule": "frame", "candidates": []}
    columns = (found.boxes.tolist(), found.detected.tolist(), found.verified.tolist(), found.scores.tolist())
    return {
        "rule": "past",
        "candidates": [
            {
                "box": [round(corner, 1) for corner in box],
                "from": "detector" if number < found.from_detector else "change",
                "detector": round(detected, 6),
                "verifier": round(verified, 6),
                "probability": round(score, 6),
            }
            for number, (box, detected, verified, score) in enumerate(zip(*columns, strict=True))
        ],
    }


def _say_candidates(explained: dict[str, Any]) -> None:
    if explained.get("rule") == "frame":
        say("             no past: by the frame alone")
    for found in explained.get("candidates", ()):
        numbers = f"detector {found['detector']:.3f}  verifier {found['verifier']:.3f}"
        say(f"             {found['probability']:.3f}  {numbers}  {found['from']:8}  box {found['box']}")


def _replay(stored: list[StoredFrame], eyes: Eyes) -> Iterator[tuple[StoredFrame, Watched, bool]]:
    """Yield each frame with what came of it, and whether a smoke is confirmed after it."""
    spec = eyes.detector.spec
    chosen = ConfirmationSection(window_s=_window_s(stored, eyes))
    rules, verified = rules_of(chosen, spec), verified_rules_of(chosen, eyes.temporal)
    view = Viewpoint(TowerId("replay"), CameraId("replay"), PoseId("replay"), _ANY_VIEW, spec.sha256)
    watcher = Watcher(eyes, Confirmer(rules, view, np.random.default_rng(0), verified))
    known: dict[str, Watched] = {}
    for item in stored:
        frame = load_picture(item.path, _IGNITION + timedelta(seconds=item.at_s))
        watched = known.get(frame.stamp.sha256)
        if watched is None:
            watched = watcher.look(frame)
            known[frame.stamp.sha256] = replace(watched, changes=())
        yield item, watched, watcher.state.is_confirmed


def _window_s(stored: list[StoredFrame], eyes: Eyes) -> float:
    """Return the longest window [s]: the usual one, or what the frames' own interval needs."""
    spec, temporal = eyes.detector.spec.confirmation, eyes.temporal
    steps = [later.at_s - earlier.at_s for earlier, later in itertools.pairwise(stored)]
    usual_s = statistics.median(steps) if steps else 0.0
    window = max(spec.window, temporal.window if temporal is not None else 1)
    return max(Rules(spec.threshold).window_s, _WINDOW_SLACK * window * usual_s)
