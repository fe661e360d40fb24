"""A network before its description is written: logits on stored frames, with the node's own letterbox and suppression.

For a finished model folder `models.evaluate` runs the node's `Detector` itself.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from models.measures import Look
from models.suppress import fit, keep

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.frames import Frame


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a model.toml says about running the model."""

    file: Path
    size: tuple[int, int]
    slope: float
    offset: float
    threshold: float
    nms_iou: float
    max_width_fraction: float
    confirm_threshold: float
    confirm_hits: int
    confirm_window: int


def read_sheet(folder: Path) -> Sheet:
    """Read a model folder's model.toml."""
    raw = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
    return Sheet(
        file=folder / raw["file"],
        size=(raw["input"]["width"], raw["input"]["height"]),
        slope=raw["calibration"]["a"],
        offset=raw["calibration"]["b"],
        threshold=raw["decision"]["threshold"],
        nms_iou=raw["decision"]["nms_iou"],
        max_width_fraction=raw["decision"]["max_width_fraction"],
        confirm_threshold=raw["confirmation"]["threshold"],
        confirm_hits=raw["confirmation"]["hits"],
        confirm_window=raw["confirmation"]["window"],
    )


class Detector:
    """An onnxruntime session with letterbox before and suppression after."""

    def __init__(self, sheet: Sheet, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(sheet.file), options, providers=["CPUExecutionProvider"])
        self.sheet = sheet

    def raw(self, image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        """Return the kept boxes (n, 4) in the image's pixels and their logits (n,), best first."""
        boxed = fit(image, *self.sheet.size)
        boxes, logits = self.session.run(["boxes", "logits"], {"images": boxed.planes[None]})
        place, score = boxes[0] / boxed.scale, logits[0, :, 0].astype(np.float64)
        chosen = keep(place, score, self.sheet.max_width_fraction * image.shape[1], self.sheet.nms_iou)
        return place[chosen], score[chosen]

    def look(self, frame: Frame) -> Look:
        """Look at a stored frame; scores are logits."""
        image = cv2.imread(str(frame.path), cv2.IMREAD_COLOR)
        if image is None:
            text = f"{frame.path} cannot be read as an image"
            raise ValueError(text)
        return Look(frame, *self.raw(np.asarray(image, np.uint8)))

    def calibrated(self, look: Look) -> Look:
        """Turn a look's logits into probabilities."""
        chance = 1.0 / (1.0 + np.exp(-(self.sheet.slope * look.scores + self.sheet.offset)))
        return Look(look.frame, look.boxes, chance)
