"""Turn a training run into a model folder: smoke.onnx and model.toml, checked and calibrated.

Example
-------
    python -m models.export --run runs/first --out models/smoke --width 896 --height 512
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firewatch_edge.detect.model import (
    CalibrationSpec,
    ConfirmationSpec,
    DecisionSpec,
    InputSpec,
    ModelSpec,
    OutputSpec,
)
from models.calibrate import Calibration, platt, threshold_at
from models.convert import TOLERANCE, convert, digest, largest_difference, load_average
from models.data.frames import load_annotated, load_made
from models.detector import Detector, Sheet
from models.measures import Look, counts_at, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

MADE = (Path("runs/made"), Path("runs/worlds"))
SOURCES = (
    "HPWREN/FIgLib via plasmapotatos, ascourtas, joseg20",
    "Nemo boxes (SayBender/Nemo, Apache-2.0) on ALERTWildfire/AlertTahoe frames",
    "D-Fire (CC0)",
    "empty views: PhenoCam and other fixed cameras",
    "frames made by firewatch.scene",
    "start weights: YOLOX-nano COCO (Megvii, Apache-2.0)",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often clear frames may be flagged, in the frames that thresholds are chosen on."""

    decision_false_share: float
    confirmation_false_share: float


def read_command() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.export",
        description="Convert a run's averaged weights to ONNX, check that PyTorch and onnxruntime agree to 1e-3, fit "
        "the calibration and choose the thresholds on val (and held-out made frames), and write model.toml.",
        epilog="Next: python -m models.evaluate --model models/smoke",
    )
    parser.add_argument(
        "--run",
        type=Path,
        required=True,
        action="append",
        help="folder that models.train wrote, or a shipped .onnx (several: averaged; twice: weighs twice)",
    )
    parser.add_argument("--out", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/smoke"), help="folder of real frames")
    parser.add_argument("--made", type=Path, nargs="*", default=MADE, help="folders of made frames, if there are any")
    parser.add_argument("--width", type=int, default=1280, help="input width, a multiple of 32 (default 1280)")
    parser.add_argument("--height", type=int, default=736, help="input height, a multiple of 32 (default 736)")
    parser.add_argument("--version", default="0.1.0", help="the model's version (default 0.1.0)")
    parser.add_argument("--false-decision", type=float, default=0.10, help="clear frames that may be drawn as smoke")
    parser.add_argument(
        "--false-confirmation", type=float, default=0.25, help="clear frames that may count for a sighting"
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    given = read_command()
    given.out.mkdir(parents=True, exist_ok=True)
    net, steps = load_average([run if run.suffix == ".onnx" else run / "last.pt" for run in given.run])
    size, path = (given.width, given.height), given.out / "smoke.onnx"
    convert(net, size, path)
    apart = largest_difference(net, path, size)
    if apart > TOLERANCE:
        sys.exit(f"onnxruntime and PyTorch differ by {apart:.2e}, more than {TOLERANCE}: not shipped")
    print(f"{path}: {path.stat().st_size} bytes, differs from PyTorch by at most {apart:.1e}")
    unfitted = unfitted_sheet(path, size, given.version)
    sheet = fit_sheet(unfitted, given.real, given.made, Limits(given.false_decision, given.false_confirmation))
    parameters = sum(p.numel() for p in net.parameters())
    command = f"python -m models.train --config models/smoke/train.toml ({steps} steps)"
    if len(given.run) > 1:
        command += f"; the mean of {', '.join(map(str, given.run))}"
    text = describe(sheet, command, parameters)
    (given.out / "model.toml").write_text(text, encoding="utf-8")
    print(text)


def unfitted_sheet(path: Path, size: tuple[int, int], version: str) -> Sheet:
    """Describe a network that is not calibrated yet."""
    spec = ModelSpec(
        schema=1,
        name="smoke",
        version=version,
        file=path.name,
        sha256=digest(path),
        labels=("smoke",),
        input=InputSpec(name="images", width=size[0], height=size[1]),
        output=OutputSpec(),
        calibration=CalibrationSpec(kind="platt", a=1.0, b=0.0),
        decision=DecisionSpec(threshold=0.5, nms_iou=0.5, max_width_fraction=0.6),
        confirmation=ConfirmationSpec(threshold=0.5),
    )
    return Sheet(path, spec)


def fit_sheet(sheet: Sheet, real: Path, made: Sequence[Path], limits: Limits) -> Sheet:
    """Fill in calibration and thresholds from val, the empty views held out, and made frames held out."""
    detector = Detector(sheet)
    frames = load_annotated(real / "val") + load_annotated(real / "empty", "val")
    groups = [judged([detector.look(frame) for frame in frames])]
    held = load_made(made, "val")
    if held:
        groups.append(judged([detector.look(frame) for frame in held]))
    calibration = platt(groups)
    decision, confirmation = (
        max(threshold_at(group, calibration, share) for group in groups)
        for share in (limits.decision_false_share, limits.confirmation_false_share)
    )
    for name, group in zip(("real", "made"), groups, strict=False):
        report(name, group, calibration, (decision, confirmation))
    spec = msgspec.structs.replace(
        sheet.spec,
        calibration=CalibrationSpec(kind="platt", a=calibration.slope, b=calibration.offset),
        decision=msgspec.structs.replace(sheet.spec.decision, threshold=decision),
        confirmation=msgspec.structs.replace(sheet.spec.confirmation, threshold=confirmation),
    )
    return replace(sheet, spec=spec)


def report(name: str, looks: list[Look], calibration: Calibration, thresholds: tuple[float, float]) -> None:
    """Print what the thresholds do on the frames that they were chosen on."""
    likely = [Look(look.frame, look.boxes, calibration.chance(look.scores)) for look in looks]
    for kind, threshold in zip(("decision", "confirmation"), thresholds, strict=True):
        counts = counts_at(likely, threshold)
        print(f"{name} {kind} at {threshold:.3f}: recall {counts.recall:.2f}, false {counts.false_rate:.2f}, {counts}")


_SHEET = """\
# Written by `python -m models.export`; do not edit by hand.
schema = 1
name = "smoke"
version = "{version}"
file = "{file}"
sha256 = "{sha256}"
labels = ["smoke"]

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


def describe(sheet: Sheet, command: str, parameters: int) -> str:
    """Write model.toml."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the trainer uses
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    spec = sheet.spec
    return _SHEET.format(
        version=spec.version,
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
        sources=",\n    ".join(f'"{source}"' for source in SOURCES),
        commit=commit,
        trained_at=datetime.now(UTC),
        command=command,
        parameters=parameters,
    )


if __name__ == "__main__":
    main()
