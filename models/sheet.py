"""model.toml: what a model says of itself."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from models.detector import Sheet
    from models.quantise import Loss

SOURCES = (
    "HPWREN/FIgLib via plasmapotatos, ascourtas, joseg20",
    "Nemo boxes (SayBender/Nemo, Apache-2.0) on ALERTWildfire/AlertTahoe frames",
    "D-Fire (CC0)",
    "empty views: PhenoCam and other fixed cameras",
    "frames made by firewatch.scene",
)
COCO_SOURCE = "start weights: YOLOX-nano COCO (Megvii, Apache-2.0)"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model comes from.

    Parameters
    ----------
    kind : str
        Of the network.
    command : str
        That trained it.
    parameters : int
    """

    kind: str
    command: str
    parameters: int


@dataclass(frozen=True, slots=True)
class InEightBits:
    """The file in eight bits beside the one in float, how its ranges were set, and what it costs."""

    file: Path
    method: str
    frames: int
    loss: Loss


_SHEET = """\
# Written by `python -m models.export`; do not edit by hand.
schema = 1
name = "smoke"
version = "{version}"
file = "{file}"
sha256 = "{sha256}"
labels = ["smoke"]

[network]
kind = "{kind}"

[input]
name = "images"
width = {width}
height = {height}
channels = "BGR"
dtype = "uint8"
pad = 114
letterbox = "top-left"

[output]
boxes = "boxes"
logits = "logits"

[calibration]
# probability = 1 / (1 + exp(-(a * logit + b)))
kind = "platt"
a = {slope:.5f}
b = {offset:.5f}

[decision]
# On the calibrated probability. Boxes wider than the fraction of the frame are dropped before suppression.
threshold = {threshold:.4f}
nms_iou = {nms_iou}
max_width_fraction = {max_width_fraction}

[confirmation]
# A frame counts at this probability; so many hits in so many frames make a sighting.
threshold = {confirm_threshold:.4f}
hits = {confirm_hits}
window = {confirm_window}

[provenance]
licence = "Apache-2.0"
data = [
    {sources},
]
commit = "{commit}"
trained_at = "{trained_at:%Y-%m-%dT%H:%M:%SZ}"
command = "{command}"
parameters = {parameters}
"""

_INT8 = """
[int8]
# The same network in eight bits. For processors with eight-bit dot products (VNNI, ARM dotprod); elsewhere slower, and
# on x86 without VNNI sums can overflow: measure there first. Thresholds and calibration are those of the file in float.
file = "{file}"
sha256 = "{sha256}"
ranges = "{method} of {frames} training frames"
# On val: the largest difference of a frame's probability; AUROC and localised recall at the threshold, float then int8.
largest_difference = {difference:.4f}
auroc = [{auroc[0]:.4f}, {auroc[1]:.4f}]
localised_recall = [{localised[0]:.4f}, {localised[1]:.4f}]
"""


def describe(sheet: Sheet, origin: Origin, int8: InEightBits | None = None) -> str:
    """Write model.toml's text."""
    sources = (*SOURCES, COCO_SOURCE) if origin.kind == "nano" else SOURCES
    spec = sheet.spec
    text = _SHEET.format(
        version=spec.version,
        kind=origin.kind,
        file=spec.file,
        sha256=spec.sha256,
        width=spec.input.width,
        height=spec.input.height,
        slope=spec.calibration.a,
        offset=spec.calibration.b,
        threshold=spec.decision.threshold,
        nms_iou=spec.decision.nms_iou,
        max_width_fraction=spec.decision.max_width_fraction,
        confirm_threshold=spec.confirmation.threshold,
        confirm_hits=spec.confirmation.hits,
        confirm_window=spec.confirmation.window,
        sources=",\n    ".join(f'"{source}"' for source in sources),
        commit=_commit(),
        trained_at=datetime.now(UTC),
        command=origin.command.replace("\\", "\\\\").replace('"', '\\"'),
        parameters=origin.parameters,
    )
    return text if int8 is None else text + _describe_int8(int8)


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _describe_int8(int8: InEightBits) -> str:
    return _INT8.format(
        file=int8.file.name,
        sha256=digest(int8.file),
        method=int8.method,
        frames=int8.frames,
        difference=int8.loss.difference,
        auroc=int8.loss.auroc,
        localised=int8.loss.localised_recall,
    )


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the trainer uses
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
