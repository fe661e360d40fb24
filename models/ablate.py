"""Measure what each kind of made frames adds: short training runs that differ in their frames alone.

Example
-------
    python -m models.ablate --made runs/made runs/worlds --out runs/ablation --steps 600 --seeds 1 2 3

Every run has the same steps, the same seeds and the same training file. Runs that are finished are kept; a stopped one
goes on where it was. The table is written anew after every run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from models.ablation import USUAL, VARIANTS, Outcome, keep_kinds, link_made, made_rows, write_table
from models.data.rows import write


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.ablate",
        description="Train short runs on the real frames alone, with one kind of made frames, and with all of them, "
        "and write one table of what they come to on val: ablation.json, ablation.md and ablation.png.",
        epilog="A difference smaller than that between seeds says nothing: give at least three seeds.",
    )
    parser.add_argument("--made", type=Path, nargs="+", required=True, help="folders of made frames (models.make)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs and the table")
    parser.add_argument("--config", type=Path, default=Path("models/smoke/train.toml"), help="the training file")
    parser.add_argument("--steps", type=int, default=600, help="of each run (default 600)")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1], help="one run of each variant for each (default 1)"
    )
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=USUAL, help=f"default {' '.join(USUAL)}")
    parser.add_argument("--threads", type=int, default=1, help="threads for the network (default 1)")
    parser.add_argument("--minutes", type=float, default=600.0, help="longest run (default 600)")
    given = parser.parse_args()
    rows = made_rows(given.made)
    outcomes: list[Outcome] = []
    # Seed by seed, so that a first whole table is there early.
    for seed in given.seeds:
        for variant in given.variants:
            chosen = keep_kinds(rows, VARIANTS[variant])
            print(f"{variant}, seed {seed}: {len(chosen)} made frames", flush=True)
            run = given.out / f"{variant}-{seed}"
            folder = run / "made"
            folder.mkdir(parents=True, exist_ok=True)
            link_made(folder, given.made)
            write(folder, chosen)
            if not is_finished(run, given.steps):
                train(given, run, folder, seed)
            outcomes.append(Outcome(variant, seed, measures_of(run)))
            write_table(given.out, outcomes)
    print((given.out / "ablation.md").read_text(encoding="utf-8"))


def train(given: argparse.Namespace, run: Path, made: Path, seed: int) -> None:
    """Train one run in a process of its own, so that no run can change the next."""
    options = {"config": given.config, "run": run, "made": made, "steps": given.steps, "seed": seed}
    options |= {"threads": given.threads, "minutes": given.minutes}
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    done = subprocess.run([sys.executable, "-m", "models.train", *words], check=False)  # noqa: S603 - our own program
    if done.returncode != 0 or not is_finished(run, given.steps):
        sys.exit(f"{run} was not finished; start the command again to go on with it")


def is_finished(run: Path, steps: int) -> bool:
    """Tell whether a run has made its steps and was measured."""
    path = run / "last.pt"
    return path.exists() and int(_state(path)["done"]) >= steps and bool(_state(path)["history"])


def measures_of(run: Path) -> dict[str, float]:
    """Return the measures on val that a run's last row of history holds."""
    last: dict[str, float] = _state(run / "last.pt")["history"][-1]
    return {key.removeprefix("val_"): value for key, value in last.items() if key.startswith("val_")}


def _state(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


if __name__ == "__main__":
    main()
