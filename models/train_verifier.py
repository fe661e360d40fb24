"""Train the verifier.

Example
-------
    python -m models.train_verifier --run runs/v --minutes 60

A stopped run goes on where it was when started again with the same --run.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from models.data.clip_gather import gather_views
from models.data.clip_samples import ClipSource
from models.data.plume_series import PlumeSeries
from models.training.curves import draw_curves
from models.training.device import DEVICES, choose_device
from models.training.loader import Numbers, batches
from models.training.run import Limits, Optimiser, Run, go_on
from models.training.verifier import VERIFIER_LOSSES, Verifier, load_run, verifier_loss
from models.training.verifier_clips import Clips, collate_clips, draw_held_out, measure_verifier

# On one CPU core a step takes a little over a second: 1800 are 40 minutes, a night some 25 000.
PLAN = Optimiser(batch=64, steps=1800, peak_rate=1.5e-3, warmup_steps=100, weight_decay=0.03, average_decay=0.995)
MEASURED_EVERY = 200
HELD_OUT_CLIPS = 600


def main() -> None:
    """Run the command."""
    given = read_command()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    plan = replace(PLAN, steps=given.steps, batch=given.batch, peak_rate=given.peak_rate)
    limits = Limits(given.steps, given.minutes * 60)
    limits.heed_signals()
    about = {"kind": "verifier", "seed": given.seed, "batch": given.batch, "without": given.without}
    run = Run(Verifier(), plan, given.run, choose_device(given.device), about)
    if not run.resume() and given.start is not None:
        run.begin_from(load_run(given.start).state_dict())
    run.more["command"] = f"python -m models.train_verifier {' '.join(sys.argv[1:])}"
    plumes = PlumeSeries.load(given.clips / "plumes.npz")
    views = gather_views(given.real, given.clips, np.random.default_rng(given.seed), without=given.without)
    held = gather_views(given.real, given.clips, np.random.default_rng(given.seed), held_out=True)
    clips, truth = draw_held_out(ClipSource(held, plumes, smoke_share=0.5, real_share=0.0), HELD_OUT_CLIPS)
    print({"views": len(views), "clear": sum(v.is_clear for v in views), "held out": len(held)}, flush=True)
    samples = Clips(ClipSource(views, plumes), given.seed)
    pinned = run.device.type == "cuda"
    stream = batches(samples, Numbers(given.batch, run.done), collate_clips, given.workers, pinned=pinned)
    while not limits.reached(run.done):
        halt = (run.done // MEASURED_EVERY + 1) * MEASURED_EVERY
        go_on(run, stream, verifier_loss(run.device), limits, min(halt, given.steps))
        run.progress.note(run.measured(measure_verifier(run.average.net, clips, truth)))
        draw_curves(run.history, VERIFIER_LOSSES, run.folder / "curves.png")
        run.save()
    print(f"{run.done} of {given.steps} steps are done; the checkpoint is {given.run / 'last.pt'}")


def read_command() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.train_verifier",
        description="Train the verifier on clips: simulated smoke laid over real and rendered views, real smoke of the "
        "training sequences, and what is not smoke. Writes last.pt and curves.png into the run's folder. Ctrl-C and "
        "SIGTERM save; start it again with the same --run to go on.",
        epilog="Before: python -m models.make_clips. Next: python -m models.export_verifier --run RUN",
    )
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoint and curves")
    parser.add_argument("--clips", type=Path, default=Path("runs/clips"), help="folder that models.make_clips wrote")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/smoke"), help="folder of real frames")
    parser.add_argument("--without", default="", help="leave out cameras with this in the name")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long (default 60)")
    parser.add_argument("--steps", type=int, default=PLAN.steps, help=f"of the plan (default {PLAN.steps})")
    parser.add_argument("--start", type=Path, help="begin with the averaged weights of this run")
    parser.add_argument(
        "--peak-rate", type=float, default=PLAN.peak_rate, help=f"highest learning rate (default {PLAN.peak_rate})"
    )
    parser.add_argument("--batch", type=int, default=PLAN.batch, help=f"clips in a step (default {PLAN.batch})")
    parser.add_argument("--workers", type=int, default=1, help="processes that make clips ahead (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads for the network on a CPU (default 1)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default auto)")
    parser.add_argument("--seed", type=int, default=1, help="of weights and clips (default 1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
