"""Train a shipped model further on a bureau's own labels, mixed with what it was first trained on.

Example
-------
    python -m models.finetune --labels labels-2026 --start models/smoke --run runs/tuned --minutes 60

Replay of the base pools keeps what was known; a fifth of the labels, by whole incidents, is held out and never trained
on. A stopped run goes on when started again with the same --run. Whether the result may ship is for `models.gate`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from models.data import Apart, Form, Reading, hold_out, inspect_folder
from models.data.frames import Frame, load_annotated
from models.data.survey import survey
from models.data.writing import write_linked
from models.detector import read_sheet
from models.measures import auroc, judged, peak_in_box, recall_at_false_rate
from models.training.device import DEVICES, choose_device
from models.training.loop import begin, train
from models.training.run import Limits
from models.training.settings import Settings, read_settings
from models.training.starting import start_net
from models.training.watching import look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.network import SmokeNet
    from models.training.run import Run


def main() -> None:
    """Run the command."""
    given = _parser().parse_args()
    torch.set_num_threads(given.threads)
    labels = read_labels(given.labels)
    parts = hold_out(labels, apart=Apart(given.hold_out))
    told = [replace(frame, split=part) for part, frames in parts.items() for frame in frames]
    write_linked(given.run / "labels", given.labels, told)
    labelled = pools(load_annotated(given.run / "labels", "train"))
    if not labelled:
        sys.exit("there is no smoke frame with boxes and no clear frame to train on in these labels")
    settings = read_settings(given.config, steps=given.steps, seed=given.seed)
    settings = mixed(settings, labelled, given.label_share, given.peak_rate)
    start = read_sheet(given.start).file
    limits = Limits(settings.optimiser.steps, given.minutes * 60)
    limits.heed_signals()
    run = begin(settings, given.run, choose_device(given.device), start)
    train(settings, run, limits, labelled)
    report(settings, run, start, load_annotated(given.run / "labels", "val"))
    print(f"{run.done} steps are done; next: python -m models.export --run {given.run} --run {start} --out ...")


def read_labels(folder: Path) -> tuple[Frame, ...]:
    """Read an export and tell what is to be thought of; end where something is wrong with it."""
    found = survey([inspect_folder(folder, Reading(Form.EXPORT))])
    for note in found.notes:
        print(f"note: {note}")
    if found.problems:
        sys.exit(
            f"{found.problems[0]}\nThe labels have {len(found.problems)} errors: python -m models.data check {folder}"
        )
    return found.datasets[0].frames


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.finetune",
        description="Train a shipped model further on labels of `firewatch labels export`, mixed with the base pools "
        "of the training file. Writes RUN/last.pt, RUN/curves.png and RUN/labels (which image is held out).",
        epilog="Next: python -m models.export, then python -m models.gate.",
    )
    parser.add_argument("--labels", type=Path, required=True, help="folder that `firewatch labels export` wrote")
    parser.add_argument("--start", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints, curves and the split")
    parser.add_argument("--config", type=Path, default=Path("models/smoke/train.toml"), help="the training file")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long (default 60)")
    parser.add_argument("--steps", type=int, default=600, help="stop after this many steps (default 600)")
    parser.add_argument(
        "--label-share", type=float, default=0.3, help="of the samples (default 0.3); the rest is replay"
    )
    parser.add_argument("--peak-rate", type=float, default=1e-4, help="highest learning rate (default 1e-4)")
    parser.add_argument(
        "--hold-out", choices=("sequence", "camera"), default="sequence", help="whole incidents or cameras"
    )
    parser.add_argument("--seed", type=int, help="instead of the file's")
    parser.add_argument("--threads", type=int, default=1, help="threads for the network (default 1)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default auto)")
    return parser


def pools(frames: Sequence[Frame]) -> dict[str, list[Frame]]:
    """Sort labelled frames into the two pools that have some: boxed smoke, and clear ones."""
    found = {
        "label_smoke": [f for f in frames if f.has_smoke and f.boxes is not None and len(f.boxes)],
        "label_clear": [f for f in frames if f.label == "none"],
    }
    return {kind: members for kind, members in found.items() if members}


def mixed(settings: Settings, labelled: dict[str, list[Frame]], share: float, peak_rate: float) -> Settings:
    """Give the labels their share, the same to each of their pools, and the rest to the base pools as it was."""
    if not 0.0 < share < 1.0:
        text = f"--label-share is {share}; it must lie between 0 and 1: without replay the model forgets"
        raise ValueError(text)
    whole = sum(settings.shares.values())
    shares = {kind: (1.0 - share) * value / whole for kind, value in settings.shares.items()}
    shares |= dict.fromkeys(labelled, share / len(labelled))
    warmup = min(settings.optimiser.warmup_steps, settings.optimiser.steps // 4)
    return replace(
        settings, shares=shares, optimiser=replace(settings.optimiser, peak_rate=peak_rate, warmup_steps=warmup)
    )


def report(settings: Settings, run: Run[SmokeNet], start: Path, held_out: Sequence[Frame]) -> None:
    """Print what the held-out labels say of the model before and after, at the size that training watches."""
    for name, net in (("before", start_net(settings, start).eval()), ("after", run.average.net)):
        looks = judged(look_at(net, held_out, settings.watch_input))
        measures = {
            "auroc": auroc(looks),
            "recall_at_5_percent_false": recall_at_false_rate(looks, 0.05),
            "peak_in_box": peak_in_box(looks),
        }
        row = {key: None if math.isnan(value) else round(value, 3) for key, value in measures.items()}
        print(json.dumps({"held out": name, "frames": len(looks), **row}))


if __name__ == "__main__":
    main()
