"""The training loop: steps, averaged weights, checkpoints, curves."""

from __future__ import annotations

import copy
import json
import math
import time
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import torch
from torch.utils.data import DataLoader

from firewatch_edge.detect import Letterbox
from firewatch_edge.detect.boxes import Cut, chosen, logistic
from models.data.frames import Frame, load_annotated, load_made, load_sequence
from models.data.pool import Pool, read
from models.measures import Look, ap_at_overlap, auroc, peak_in_box, recall_at_false_rate
from models.training.loss import batch_loss
from models.training.network import SmokeNet, load_shipped, load_start, points
from models.training.samples import PAD, Stream, collate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.training.settings import Settings

mpl.use("Agg")
from matplotlib import pyplot as plt

# What is kept of a frame while a network is watched in training, before it has a model.toml.
KEPT = Cut(lowest=0.0, widest_fraction=0.6, nms_iou=0.5)


def gather(settings: Settings) -> dict[str, list[Frame]]:
    """Collect the frames of every pool that has a share."""
    train = load_annotated(settings.real / "train")
    sequences = sorted((settings.real / "sequences" / "train").iterdir())
    frames = {
        "real_smoke": [f for f in train if f.has_smoke and f.boxes is not None],
        "real_clear": [f for f in train if f.label == "none"],
        "sequence_clear": [f for s in sequences for f in load_sequence(s) if f.label == "none"],
        "empty_clear": load_annotated(settings.real / "empty", "train"),
    }
    made = load_made(settings.made, "train")
    frames["made_smoke"] = [f for f in made if f.has_smoke and f.boxes is not None]
    frames["made_clear"] = [f for f in made if f.label == "none"]
    return {kind: found for kind, found in frames.items() if found and settings.shares.get(kind, 0) > 0}


class Trainer:
    """One training run; `step` moves it on, `save` and `resume` carry it over a stop."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.folder = settings, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.net = SmokeNet()
        load_start(self.net, settings.start_weights)
        self.net = self.net.to(memory_format=torch.channels_last)  # a third faster on a CPU
        self.average = copy.deepcopy(self.net).eval()
        chosen = settings.optimiser
        for part in chosen.frozen:
            self.net.backbone.get_submodule(part).requires_grad_(requires_grad=False)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=chosen.peak_rate, weight_decay=chosen.weight_decay)
        self.points = points(settings.recipe.size[1], settings.recipe.size[0])
        self.done = 0
        self.history: list[dict[str, float]] = []

    def rate(self) -> float:
        """Learning rate of the next step: a linear rise, then half a cosine down to 2 %."""
        chosen = self.settings.optimiser
        if self.done < chosen.warmup_steps:
            return chosen.peak_rate * (self.done + 1) / chosen.warmup_steps
        way = (self.done - chosen.warmup_steps) / max(chosen.steps - chosen.warmup_steps, 1)
        return chosen.peak_rate * (0.02 + 0.98 * (1 + math.cos(math.pi * min(way, 1.0))) / 2)

    def step(self, batch: tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]) -> dict[str, float]:
        """Make one step; return the parts of its loss."""
        images, boxes, unsure = batch
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        predicted, logits = self.net(images.float().contiguous(memory_format=torch.channels_last))
        loss = batch_loss(predicted, logits, self.points, boxes, unsure)
        self.optimiser.zero_grad(set_to_none=True)
        loss.total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimiser.step()
        self.done += 1
        self._follow()
        return {part: float(getattr(loss, part).detach()) for part in ("smoke", "background", "box")}

    def _follow(self) -> None:
        """Move the averaged weights; early on they follow faster, or they would remember the start."""
        decay = min(self.settings.optimiser.average_decay, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.net.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)

    def save(self, name: str = "last.pt") -> None:
        """Write a checkpoint whole, then put it in place."""
        state: dict[str, Any] = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "done": self.done,
            "history": self.history,
        }
        torch.save(state, self.folder / (name + ".part"))
        (self.folder / (name + ".part")).replace(self.folder / name)

    def begin_from(self, start: Path) -> None:
        """Take another run's averaged weights, or a shipped model's, as the start."""
        weights = load_shipped(start) if start.suffix == ".onnx" else torch.load(start, weights_only=True)["average"]
        self.net.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def resume(self) -> bool:
        """Continue from the last checkpoint in the folder, if there is one."""
        path = self.folder / "last.pt"
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.done, self.history = state["done"], state["history"]
        return True


def look_at(net: SmokeNet, frames: Sequence[Frame], size: tuple[int, int]) -> list[Look]:
    """Run the network over whole frames, letterboxed to `size`; scores are logits."""
    looks, letterbox = [], Letterbox(*size, PAD)
    for frame in frames:
        image = read(frame.path)
        planes, scale = letterbox.fit(image)
        with torch.no_grad():
            boxes, logits = net(torch.from_numpy(planes))
        score = logits[0, :, 0].numpy().astype(np.float64)
        places, kept = chosen(boxes[0].numpy() / scale, logistic(score), (image.shape[1], image.shape[0]), KEPT)
        looks.append(Look(frame, places[kept], score[kept]))
    return looks


def train(
    settings: Settings,
    folder: Path,
    seconds: float,
    *,
    start: Path | None = None,
    more: Mapping[str, Sequence[Frame]] | None = None,
) -> Trainer:
    """Train until the steps or the time are used up; print progress, keep checkpoints and curves.

    Pools that are given as `more`, by their kind, are drawn from beside those of the settings.
    """
    trainer = Trainer(settings, folder)
    if not trainer.resume() and start is not None:
        trainer.begin_from(start)
    frames: dict[str, Sequence[Frame]] = {**gather(settings), **(more or {})}
    print({kind: len(found) for kind, found in frames.items()}, flush=True)
    pools = [Pool(found) for found in frames.values()]
    stream = Stream(pools, [settings.shares[k] for k in frames], settings.recipe, settings.seed + trainer.done)
    loader = DataLoader(stream, settings.optimiser.batch, num_workers=1, collate_fn=collate, prefetch_factor=4)
    watched = [f for f in load_annotated(settings.real / "val") if f.label != "ignore"]
    held = load_made(settings.made, "val")
    began = time.monotonic()
    parts: list[dict[str, float]] = []
    for batch in loader:
        parts.append(trainer.step(batch))
        over = trainer.done >= settings.optimiser.steps or time.monotonic() - began > seconds
        if trainer.done % 50 == 0:
            trainer.save()
            mean = {key: round(float(np.mean([p[key] for p in parts[-50:]])), 4) for key in parts[0]}
            print(json.dumps({"step": trainer.done, "s": round(time.monotonic() - began), **mean}), flush=True)
        if over or trainer.done % settings.watch_every_steps == 0:
            trainer.history.append(_watch(trainer, watched, held, parts[-settings.watch_every_steps :]))
            print(json.dumps(trainer.history[-1]), flush=True)
            draw_curves(trainer.history, folder / "curves.png")
            trainer.save()
        if over:
            break
    return trainer


def _watch(
    trainer: Trainer, watched: Sequence[Frame], held: Sequence[Frame], parts: Sequence[dict[str, float]]
) -> dict[str, float]:
    row = {"step": float(trainer.done), "rate": trainer.rate()}
    row |= {key: float(np.mean([p[key] for p in parts])) for key in parts[0]}
    for name, frames in (("val", watched), ("made", held)):
        if frames:
            looks = look_at(trainer.average, frames, trainer.settings.watch_input)
            row[f"{name}_auroc"] = auroc(looks)
            row[f"{name}_recall_at_5"] = recall_at_false_rate(looks, 0.05)
            row[f"{name}_peak_in_box"] = peak_in_box(looks)
            row[f"{name}_ap50"] = ap_at_overlap(looks)
    return {key: round(value, 5) for key, value in row.items()}


def draw_curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draw losses and measures over the steps."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    steps = [row["step"] for row in history]
    for key in ("smoke", "background", "box"):
        left.plot(steps, [row[key] for row in history], marker=".", label=key)
    for key in sorted({k for row in history for k in row if k.startswith(("val_", "made_"))}):
        right.plot(steps, [row.get(key, math.nan) for row in history], marker=".", label=key)
    for axes, title in ((left, "training loss"), (right, "measures, averaged weights")):
        axes.set_xlabel("step")
        axes.set_title(title)
        axes.legend(fontsize=7)
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)
