"""Commands on stored frames: detect, replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from firewatch.domain.vision import SightingPhase
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import StoredFrame, list_frames, load_picture
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.detect import Detector, Eyes, FrameScore, TilesWanted
from firewatch_edge.node import Replayer, reduction_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.node import Watched

__all__ = ["candidate_facts", "detect", "detection_facts", "replay"]

# Stored frames carry seconds, not dates; any fixed instant does.
_IGNITION = datetime(2000, 1, 1, tzinfo=UTC)


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
    tiles = None if arguments.no_tiles else TilesWanted(arguments.hfov_deg, arguments.horizon)
    for frame, watched, is_confirmed in _replay(stored, eyes, tiles):
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


def _replay(
    stored: list[StoredFrame], eyes: Eyes, tiles: TilesWanted | None = None
) -> Iterator[tuple[StoredFrame, Watched, bool]]:
    """Yield each frame with what came of it, and whether a smoke is confirmed after it."""
    replayer, reduction = Replayer(eyes, [item.at_s for item in stored], tiles), reduction_for(eyes)
    for item in stored:
        watched = replayer.look(load_picture(item.path, _IGNITION + timedelta(seconds=item.at_s), reduction))
        yield item, watched, replayer.state.is_confirmed
