"""Turn a verifier's training run into verify.onnx and the [temporal] section of a model folder.

Example
-------
    python -m models.export_verifier --run runs/v --clips runs/clips --model models/smoke

The probability of a candidate joins what the detector and what the verifier say of it. Their weights are fitted on
whole frames of views that neither has been trained on, with and without simulated smoke.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import torch

from firewatch_edge.detect import CLIP_FRAMES, CLIP_SIDE
from models.convert import OPSET, TOLERANCE
from models.quantise import METHODS
from models.sheet import digest
from models.temporal_fit import Fit, fit_temporal, held_candidates
from models.training.verifier import Verifier, load_run
from models.verifier_int8 import in_eight_bits

if TYPE_CHECKING:
    from collections.abc import Sequence


def convert(net: Verifier, path: Path) -> float:
    """Write the network as ONNX with a free batch size; return its largest difference from PyTorch on noise."""
    clips = np.random.default_rng(0).integers(0, 256, (3, CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE), dtype=np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own coming replacement
        torch.onnx.export(
            net,
            (torch.from_numpy(clips[:2]),),
            str(path),
            input_names=["clips"],
            output_names=["logits"],
            dynamic_axes={"clips": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load(str(path)))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = net(torch.from_numpy(clips)).numpy()
    return float(np.abs(session.run(["logits"], {"clips": clips})[0] - expected).max())


_SECTION = """
[temporal]
# Written by `python -m models.export_verifier`. Looks at candidates again, beside the same place minutes before.
# probability = 1 / (1 + exp(-(detector_weight * detector_logit + verifier_weight * verifier_logit + offset)))
file = "{file}"
sha256 = "{sha256}"
candidate_threshold = {candidate_threshold}
candidates = {candidates}
detector_weight = {detector:.5f}
verifier_weight = {verifier:.5f}
offset = {offset:.5f}
threshold = {threshold:.4f}
hits = {hits}
window = {window}
parameters = {parameters}
"""


def section(fit: Fit, path: Path, parameters: int, rule: Sequence[int]) -> str:
    """Write the section of model.toml."""
    return _SECTION.format(
        file=path.name,
        sha256=digest(path),
        candidate_threshold=0.02,
        candidates=8,
        detector=fit.detector_weight,
        verifier=fit.verifier_weight,
        offset=fit.offset,
        threshold=fit.threshold,
        hits=rule[0],
        window=rule[1],
        parameters=parameters,
    )


def read_command() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.export_verifier",
        description="Convert a run's averaged verifier to ONNX, check that PyTorch and onnxruntime agree to 1e-3, fit "
        "how its answer joins the detector's, choose the threshold, and replace [temporal] in model.toml.",
        epilog="Next: firewatch-edge replay --model models/smoke FOLDER",
    )
    parser.add_argument("--run", type=Path, required=True, help="folder that models.train_verifier wrote")
    parser.add_argument("--clips", type=Path, default=Path("runs/clips"), help="folder that models.make_clips wrote")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/smoke"), help="folder of real frames")
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="model folder to complete")
    parser.add_argument("--false-share", type=float, default=0.0, help="clear frames that may count (default none)")
    parser.add_argument(
        "--at-least",
        type=float,
        default=0.8,
        help="lowest threshold, by sequences left out (default 0.8)",
    )
    parser.add_argument("--rule", type=int, nargs=2, default=(3, 6), help="hits and window [frames] (default 3 6)")
    parser.add_argument(
        "--int8", choices=sorted(METHODS), help="write verify.int8.onnx too, ranges of values set in this way"
    )
    parser.add_argument("--int8-clips", type=int, default=128, help="clips that set the ranges (default 128)")
    parser.add_argument(
        "--int8-loss", type=float, default=0.02, help="most that AUROC or recall held out may fall (default 0.02)"
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    given = read_command()
    net, path = load_run(given.run), given.model / "verify.onnx"
    apart = convert(net, path)
    if apart > TOLERANCE:
        sys.exit(f"onnxruntime and PyTorch differ by {apart:.2e}, more than {TOLERANCE}: not shipped")
    candidates = held_candidates(given.model, path, given.real, given.clips)
    fit = fit_temporal(candidates, given.false_share)
    fit = replace(fit, threshold=max(fit.threshold, given.at_least))
    print(fit)
    sheet = given.model / "model.toml"
    text = sheet.read_text(encoding="utf-8").split("\n[temporal]")[0].rstrip() + "\n"
    text += section(fit, path, sum(p.numel() for p in net.parameters()), given.rule)
    sheet.write_text(text + int8_section(path, given), encoding="utf-8")


def int8_section(path: Path, given: argparse.Namespace) -> str:
    """Write the network in eight bits if that is asked for; empty where it loses more than is allowed."""
    if not given.int8:
        return ""
    made = in_eight_bits(path, given.real, given.clips, given.int8_clips, given.int8)
    print(f"{made.file.name}: {made.file.stat().st_size} bytes, {made.loss}")
    if made.loss.worst > given.int8_loss:
        made.file.unlink()
        print(f"it is left out: eight bits cost {made.loss.worst:.3f}, more than the {given.int8_loss} allowed")
        return ""
    return made.section()


if __name__ == "__main__":
    main()
