"""Train the smoke detector.

Example
-------
    python -m models.train --config models/smoke/train.toml --run runs/first --minutes 60

A stopped run goes on where it was when started again with the same --run. On a busy machine two runs of one thread each
(with other seeds) get further than one run of two threads, which wait for each other; models.export can average them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from models.training.device import DEVICES, choose_device
from models.training.loop import begin, train
from models.training.run import Limits
from models.training.settings import read_settings


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.train",
        description="Train the smoke detector. Writes last.pt (checkpoint) and curves.png into the run's folder, and "
        "prints one JSON object every 50 steps. Ctrl-C and SIGTERM save; start it again with the same --run to go on.",
        epilog="Next: python -m models.export --run RUN, then python -m models.evaluate --model models/smoke",
    )
    parser.add_argument("--config", type=Path, default=Path("models/smoke/train.toml"), help="the training file")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and curves")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long (default 60)")
    parser.add_argument("--steps", type=int, help="plan for this many steps instead of the file's number")
    parser.add_argument("--stop-at", type=int, help="stop at this step; the plan stays as it is")
    parser.add_argument("--seed", type=int, help="instead of the file's")
    parser.add_argument("--start", type=Path, help="start from this checkpoint or shipped .onnx")
    parser.add_argument("--threads", type=int, default=1, help="threads for the network on a CPU (default 1)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default auto)")
    parser.add_argument("--made", type=Path, nargs="+", default=[], help="folders of made frames, not the file's")
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        help="leave out cameras with this in their name, to measure on them later; "
        "leave out moved_smoke too, whose frames do not say where their smoke was cut",
    )
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    settings = read_settings(given.config, steps=given.steps, made=given.made, seed=given.seed)
    settings = replace(settings, without=tuple(given.without) or settings.without)
    limits = Limits(given.stop_at or settings.optimiser.steps, given.minutes * 60)
    limits.heed_signals()
    run = begin(settings, given.run, choose_device(given.device), given.start)
    run.more["command"] = f"python -m models.train {' '.join(sys.argv[1:])}"
    train(settings, run, limits)
    print(f"{run.done} of {settings.optimiser.steps} steps are done; the checkpoint is {given.run / 'last.pt'}")


if __name__ == "__main__":
    main()
