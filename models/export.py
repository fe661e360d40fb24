"""Turn a training run into a model folder: smoke.onnx and model.toml, checked and calibrated.

Example
-------
    python -m models.export --run runs/first --out models/smoke --width 1024 --height 576 --int8 minmax
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from firewatch.adapters.whole_file import write_whole_together
from firewatch_edge.detect.model import (
    CalibrationSpec,
    ConfirmationSpec,
    DecisionSpec,
    InputSpec,
    ModelSpec,
    OutputSpec,
)
from models.calibrate import Calibration, platt, threshold_at
from models.convert import TOLERANCE, convert, largest_difference, load_average
from models.data.frames import load_annotated, load_made
from models.detector import Detector, Sheet
from models.measures import Look, counts_at, judged
from models.operating import choose_threshold
from models.quantise import METHODS, loss_of, quantise
from models.sheet import InEightBits, Origin, describe, digest
from models.training.checkpoint import read_checkpoint
from models.training.run import LAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.data.frames import Frame

MADE = (Path("runs/made"), Path("runs/worlds"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What thresholds must do on the frames that they are chosen on: specificity, and clear frames that may count."""

    least_specificity: float
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
    parser.add_argument(
        "--int8", choices=sorted(METHODS), help="write smoke.int8.onnx too, ranges of values set in this way"
    )
    parser.add_argument(
        "--int8-keep-float", nargs="+", default=[], metavar="PART", help="parts that stay in float, such as backbone"
    )
    parser.add_argument("--int8-frames", type=int, default=128, help="frames that set the ranges (default 128)")
    parser.add_argument(
        "--int8-loss",
        type=float,
        default=0.05,
        help="most that AUROC or localised recall on val may fall (default 0.05)",
    )
    parser.add_argument("--version", default="0.1.0", help="the model's version (default 0.1.0)")
    parser.add_argument(
        "--least-specificity", type=float, default=0.85, help="clear frames that must stay without boxes (default 0.85)"
    )
    parser.add_argument(
        "--false-confirmation", type=float, default=0.25, help="clear frames that may count for a sighting"
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    given = read_command()
    given.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:  # a model folder is changed whole or not at all
        text = make_model(given, Path(folder))
        made = sorted(Path(folder).iterdir())
        write_whole_together({given.out / path.name: path.read_bytes() for path in made})
    print(text)


def make_model(given: argparse.Namespace, folder: Path) -> str:
    """Write the network, its form in eight bits if asked for, and model.toml; return the text of the last one."""
    net, steps = load_average([run if run.suffix == ".onnx" else run / LAST for run in given.run])
    size, path = (given.width, given.height), folder / "smoke.onnx"
    convert(net, size, path)
    apart = largest_difference(net, path, size)
    if apart > TOLERANCE:
        sys.exit(f"onnxruntime and PyTorch differ by {apart:.2e}, more than {TOLERANCE}: not shipped")
    print(f"{path.name}: {path.stat().st_size} bytes, differs from PyTorch by at most {apart:.1e}")
    unfitted = unfitted_sheet(path, size, given.version)
    sheet = fit_sheet(unfitted, given.real, given.made, Wanted(given.least_specificity, given.false_confirmation))
    int8 = in_eight_bits(sheet, given) if given.int8 else None
    origin = Origin(net.kind, trained_by(given.run, steps), sum(p.numel() for p in net.parameters()))
    text = describe(sheet, origin, int8)
    (folder / "model.toml").write_text(text, encoding="utf-8")
    return text


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


def trained_by(runs: Sequence[Path], steps: int) -> str:
    """Tell the commands that trained the network, and what it is the mean of."""
    checkpoints = [run / LAST for run in dict.fromkeys(runs) if run.suffix != ".onnx"]
    commands = dict.fromkeys(
        read_checkpoint(path).get("more", {}).get("command", "models.train") for path in checkpoints
    )
    text = f"{'; '.join(commands) or 'none'} ({steps} steps)"
    return f"{text}; the mean of {', '.join(map(str, runs))}" if len(runs) > 1 else text


def in_eight_bits(sheet: Sheet, given: argparse.Namespace) -> InEightBits | None:
    """Write the network in eight bits beside the one in float; None if it loses more on val than is allowed."""
    out = sheet.file.with_name("smoke.int8.onnx")
    frames = calibration_frames(given.real, given.made, given.int8_frames)
    size = (sheet.spec.input.width, sheet.spec.input.height)
    quantise(sheet.file, out, frames, size, given.int8, given.int8_keep_float)
    loss = loss_of(sheet, out, load_annotated(given.real / "val"))
    print(f"{out.name}: {out.stat().st_size} bytes, ranges by {given.int8} of {len(frames)} training frames, {loss}")
    if loss.worst > given.int8_loss:
        out.unlink()
        print(f"{out.name} is left out: eight bits cost {loss.worst:.3f}, more than the {given.int8_loss} allowed")
        return None
    return InEightBits(out, given.int8, len(frames), loss)


def calibration_frames(real: Path, made: Sequence[Path], number: int) -> list[Frame]:
    """Choose training frames, half of them made where there are enough, evenly over each list."""
    lists = [load_annotated(real / "train"), load_made(made, "train")]
    chosen: list[Frame] = []
    for frames in lists:
        places = np.linspace(0, len(frames) - 1, min(number // 2, len(frames))).round().astype(int)
        chosen += [frames[place] for place in places]
    return chosen


def fit_sheet(sheet: Sheet, real: Path, made: Sequence[Path], wanted: Wanted) -> Sheet:
    """Fill in calibration and thresholds from val, the empty views held out, and made frames held out."""
    detector = Detector(sheet)
    frames = load_annotated(real / "val") + load_annotated(real / "empty", "val")
    groups = [judged([detector.look(frame) for frame in frames])]
    held = load_made(made, "val")
    if held:
        groups.append(judged([detector.look(frame) for frame in held]))
    calibration = platt(groups)
    confirmation = max(threshold_at(group, calibration, wanted.confirmation_false_share) for group in groups)
    # Recall first, on real frames; made ones must not be flagged more often either.
    choice = choose_threshold(likely(groups[0], calibration), wanted.least_specificity)
    print(f"decision chosen on real frames: {choice}")
    made_limits = [threshold_at(group, calibration, 1.0 - wanted.least_specificity) for group in groups[1:]]
    decision = max([choice.threshold, *made_limits])
    for name, group in zip(("real", "made"), groups, strict=False):
        report(name, group, calibration, (decision, confirmation))
    spec = msgspec.structs.replace(
        sheet.spec,
        calibration=CalibrationSpec(kind="platt", a=calibration.slope, b=calibration.offset),
        decision=msgspec.structs.replace(sheet.spec.decision, threshold=decision),
        confirmation=msgspec.structs.replace(sheet.spec.confirmation, threshold=confirmation),
    )
    return replace(sheet, spec=spec)


def likely(looks: Sequence[Look], calibration: Calibration) -> list[Look]:
    """Turn logits into probabilities."""
    return [Look(look.frame, look.boxes, calibration.chance(look.scores)) for look in looks]


def report(name: str, looks: list[Look], calibration: Calibration, thresholds: tuple[float, float]) -> None:
    """Print what the thresholds do on the frames that they were chosen on."""
    for kind, threshold in zip(("decision", "confirmation"), thresholds, strict=True):
        counts = counts_at(likely(looks, calibration), threshold)
        print(f"{name} {kind} at {threshold:.3f}: recall {counts.recall:.2f}, false {counts.false_rate:.2f}, {counts}")


if __name__ == "__main__":
    main()
