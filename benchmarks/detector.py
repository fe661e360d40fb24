"""The detector on one frame, beside the bare network: what letterbox, calibration and suppression cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime

from firewatch_edge.detect import Detector, shipped_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield the detector: a 1280 x 720 frame, one thread each; ours with letterbox and suppression."""
    frame = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    detector = Detector.load(shipped_model(), threads=1)
    ours = seconds(lambda: detector.score(frame)) * 1000.0
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = str(shipped_model() / detector.spec.file)
    network = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    height, width = detector.spec.input.height, detector.spec.input.width
    planar = np.ascontiguousarray(cv2.resize(frame, (width, height)).transpose(2, 0, 1)[None])
    theirs = seconds(lambda: network.run(None, {detector.spec.input.name: planar})) * 1000.0
    yield "detector, a frame", "onnxruntime, the bare network, 1 thread", "ms", ours, theirs
