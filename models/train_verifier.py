"""Train the verifier.

Example
-------
    python -m models.train_verifier --run runs/v --minutes 60
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, IterableDataset

from models.data.clip_gather import gather_views
from models.data.clip_samples import ClipSource
from models.data.plume_series import PlumeSeries
from models.training.verifier import Verifier, loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.data.clip_views import ClipView

BATCH = 64
PEAK_RATE, WEIGHT_DECAY, WARMUP = 1.5e-3, 0.03, 100
AVERAGE_DECAY = 0.995


class Stream(IterableDataset[tuple[torch.Tensor, float, torch.Tensor]]):
    """An endless stream of clips."""

    def __init__(self, source: ClipSource, seed: int) -> None:
        self.source, self.seed = source, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, float, torch.Tensor]]:
        """Yield (clip (5, 3, 96, 96) uint8, 1.0 with smoke or 0.0, mask (12, 12))."""
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, 0 if worker is None else worker.id])
        while True:
            sample = self.source.draw(rng)
            yield torch.from_numpy(sample.clip), float(sample.is_smoke), torch.from_numpy(sample.mask)


class Trainer:
    """One training run."""

    def __init__(self, folder: Path, steps: int, seed: int) -> None:
        torch.manual_seed(seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.steps, self.seed = folder, steps, seed
        self.net = Verifier().to(memory_format=torch.channels_last)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True
        )
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
        self.done = 0

    def rate(self) -> float:
        """Learning rate of the next step: a linear rise, then half a cosine."""
        if self.done < WARMUP:
            return PEAK_RATE * (self.done + 1) / WARMUP
        way = min((self.done - WARMUP) / max(self.steps - WARMUP, 1), 1.0)
        return PEAK_RATE * (0.02 + 0.98 * (1 + math.cos(math.pi * way)) / 2)

    def step(self, clips: torch.Tensor, truth: torch.Tensor, masks: torch.Tensor) -> float:
        """Make one step; return the loss."""
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        logits, place = self.net.look(clips)
        value = loss(logits, place, truth.float(), masks)
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.net)
        self.done += 1
        return float(value.detach())

    def save(self) -> None:
        """Write a checkpoint whole, then put it in place."""
        state: dict[str, Any] = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "done": self.done,
        }
        torch.save(state, self.folder / "last.pt.part")
        (self.folder / "last.pt.part").replace(self.folder / "last.pt")

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if there is one."""
        path = self.folder / "last.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.done = state["done"]


def held_out(views: list[ClipView], plumes: PlumeSeries, number: int) -> tuple[torch.Tensor, np.ndarray]:
    """Draw made clips from views that training does not see."""
    source, rng = ClipSource(views, plumes, smoke_share=0.5, real_share=0.0), np.random.default_rng(7)
    samples = [source.draw(rng) for _ in range(number)]
    return torch.from_numpy(np.stack([s.clip for s in samples])), np.array([s.is_smoke for s in samples])


def watch(net: torch.nn.Module, clips: torch.Tensor, truth: np.ndarray) -> dict[str, float]:
    """Measure on held-out clips."""
    net.eval()
    with torch.no_grad():
        scores = torch.cat([net(part)[:, 0] for part in clips.split(64)]).numpy()
    limit = np.quantile(scores[~truth], 0.99)
    return {"auroc": float(roc_auc_score(truth, scores)), "recall_at_1": float((scores[truth] > limit).mean())}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.train_verifier",
        description="Train the verifier on clips: simulated smoke laid over real and rendered views, real smoke of the "
        "training sequences, and what is not smoke. Start it again with the same --run to go on.",
    )
    parser.add_argument("--run", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--clips", type=Path, default=Path("runs/clips"), help="folder that models.make_clips wrote")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/smoke"), help="folder of real frames")
    parser.add_argument("--without", default="", help="leave out cameras with this in the name")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long (default 60)")
    parser.add_argument("--steps", type=int, default=3000, help="length of the schedule (default 3000)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    # A worker that is forked from a process in which OpenCV has started threads hangs in its first call.
    cv2.setNumThreads(0)
    trainer = Trainer(given.run, given.steps, given.seed)
    trainer.resume()
    plumes = PlumeSeries.load(given.clips / "plumes.npz")
    views = gather_views(given.real, given.clips, np.random.default_rng(given.seed), without=given.without)
    held = gather_views(given.real, given.clips, np.random.default_rng(given.seed), held_out=True)
    clips, truth = held_out(held, plumes, 600)
    print({"views": len(views), "clear": sum(v.is_clear for v in views), "held out": len(held)}, flush=True)
    stream = Stream(ClipSource(views, plumes), given.seed + trainer.done)
    loader = DataLoader(stream, BATCH, num_workers=1, prefetch_factor=3)
    began, losses = time.monotonic(), []
    for batch in loader:
        losses.append(trainer.step(*batch))
        over = trainer.done >= given.steps or time.monotonic() - began > given.minutes * 60
        if trainer.done % 50 == 0 or over:
            row: dict[str, float] = {"step": trainer.done, "loss": round(float(np.mean(losses[-50:])), 4)}
            if trainer.done % 200 == 0 or over:
                row |= watch(trainer.average, clips, truth)
                trainer.save()
            print(json.dumps(row | {"s": round(time.monotonic() - began)}), flush=True)
        if over:
            break


if __name__ == "__main__":
    main()
