"""How fast this machine looks: `bench`, and what `doctor` measures."""

from __future__ import annotations

import os
import platform
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.domain.vision import Frame, FrameStamp
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.detect import Eyes, Scan, ViewMemory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = ["bench", "detector_times_ms", "temporal_times_ms"]

_START = datetime(2000, 1, 1, tzinfo=UTC)
# Frames of the past, and how far apart [s]: as many as a full memory compares.
_PAST_FRAMES, _PAST_STEP_S = 9, 90.0
# Sides of the boxes compared, as shares of the frame's width: from a young smoke to a large one.
_SIDES = (0.02, 0.04, 0.08, 0.15)


def bench(arguments: argparse.Namespace) -> int:
    """Measure the networks on this machine."""
    eyes = Eyes.load(arguments.model, arguments.threads, arguments.precision)
    detector = eyes.detector
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    times_ms = detector_times_ms(eyes, noise, arguments.frames)
    facts: dict[str, Any] = {
        "model": f"{detector.spec.name} {detector.spec.version}",
        "precision": detector.spec.precision,
        "frame": "1920x1080 noise, decoded",
        "frames": len(times_ms),
        "median_ms": round(statistics.median(times_ms), 1),
        "worst_ms": round(max(times_ms), 1),
        **_temporal_facts(eyes, noise, arguments.frames),
        "threads": arguments.threads or "all cores but one",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    if arguments.json:
        say_json(facts)
    else:
        for name, value in facts.items():
            say(f"{name:25} {value}")
    return 0


def _temporal_facts(eyes: Eyes, image: npt.NDArray[np.uint8], frames: int) -> dict[str, Any]:
    if eyes.verifier is None:
        return {}
    places = eyes.candidates
    whole_ms = statistics.median(temporal_times_ms(eyes, image, frames, places))
    # Of two middles that a busy machine moves, the difference may be anything; the fastest frames are less disturbed.
    more_ms = min(temporal_times_ms(eyes, image, frames, places)) - min(temporal_times_ms(eyes, image, frames, 0))
    return {
        "temporal_candidates": places,
        "temporal_frame_ms": round(whole_ms, 1),
        "temporal_candidate_ms": round(max(0.0, more_ms) / places, 1),
    }


def detector_times_ms(eyes: Eyes, image: npt.NDArray[np.uint8], frames: int) -> list[float]:
    """Return how long the detector takes for a picture, again and again [ms]."""
    return [_time_ms(lambda: eyes.detector.score(image)) for _ in range(frames)]


def temporal_times_ms(eyes: Eyes, image: npt.NDArray[np.uint8], frames: int, candidates: int) -> list[float]:
    """Return how long it takes to compare a frame with its past, again and again [ms].

    Parameters
    ----------
    eyes : Eyes
        With a verifier.
    image : ndarray, shape (h, w, 3), uint8
        The view.
    frames : int
        How often.
    candidates : int
        Places that the verifier looks at; besides them the whole frame is searched for what changed.
    """
    memory, scan = ViewMemory(), _scan_of(image, candidates)
    height, width = image.shape[:2]
    rng = np.random.default_rng(1)
    times_ms = []
    for number in range(_PAST_FRAMES + frames):
        # Each a little different, as a camera's frames are: one that is the same costs less to compare.
        noisy = np.clip(image + rng.integers(0, 3, (height, width, 1), np.int16), 0, 255).astype(np.uint8)
        at = _START + timedelta(seconds=_PAST_STEP_S * number)
        frame = Frame(FrameStamp(at, f"{number:064x}", width, height), noisy)
        took_ms = _time_ms(lambda frame=frame: eyes.verify(frame, scan, memory, max(1, candidates)))  # type: ignore[misc]  # a default binds the loop's value
        times_ms.append(took_ms)
    return times_ms[_PAST_FRAMES:]


def _scan_of(image: npt.NDArray[np.uint8], candidates: int) -> Scan:
    """Return a scan in which so many boxes of different sizes stand apart."""
    height, width = image.shape[:2]
    x = (np.arange(candidates) + 0.5) * width / max(1, candidates)
    half = 0.5 * width * np.array([_SIDES[number % len(_SIDES)] for number in range(candidates)])
    middle = np.full(candidates, 0.5 * height)
    boxes = np.stack([x - half, middle - half, x + half, middle + half], axis=1).reshape(-1, 4)
    return Scan(boxes, np.full(candidates, 9.0, np.float32), np.ones(candidates, np.float32), (width, height))


def _time_ms(action: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    action()
    return (time.perf_counter() - started_s) * 1000.0
