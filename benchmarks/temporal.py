"""What a look at the past costs, a place and a frame, beside the bare networks.

`make bench` measures the shipped model, where it has a verifier; `python benchmarks/temporal.py FOLDER` another one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.cli.speed import detector_times_ms, temporal_times_ms
from firewatch_edge.detect import CLIP_FRAMES, CLIP_SIDE, Eyes, shipped_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = tuple[str, str, str, float, float]

_THREADS = 2
_FRAMES = 15


def measure(
    seconds: Callable[[Callable[[], object]], float],
    folder: Path,  # noqa: ARG001
    model: Path | None = None,
) -> Iterator[Row]:
    """Yield the second stage: a 1280 x 720 view with a full memory, two threads; nothing for a model without one.

    A place: its clip cut from five frames, and the verifier's answer. A frame: the shake measured, the past chosen and
    the whole frame searched for what changed, before any place is looked at.
    """
    eyes = Eyes.load(model or shipped_model(), _THREADS)
    verifier = eyes.verifier
    if verifier is None:
        print("this model has no verifier: the second stage is not measured", file=sys.stderr)
        return
    view = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    places = eyes.candidates
    frame_ms = median(temporal_times_ms(eyes, view, _FRAMES, 0))
    place_ms = (median(temporal_times_ms(eyes, view, _FRAMES, places)) - frame_ms) / places
    clips = np.random.default_rng(2).integers(0, 255, (places, CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE), np.uint8)
    bare_ms = seconds(lambda: verifier.logits(clips)) * 1000.0 / places
    yield "second stage, a place", "onnxruntime, the bare verifier, 2 threads", "ms", place_ms, bare_ms
    detector_ms = median(detector_times_ms(eyes, view, _FRAMES))
    yield "second stage, a frame", "the detector on that frame, 2 threads", "ms", frame_ms, detector_ms


if __name__ == "__main__":
    from run import Measured, seconds

    for row in (Measured(*row) for row in measure(seconds, Path(), *map(Path, sys.argv[1:2]))):
        print(f"{row.what}: {row.ours:.3g} {row.unit}; {row.peer}: {row.theirs:.3g} {row.unit}; {row.ratio:.2f} times")
