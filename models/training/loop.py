"""The detector's training: its samples, its loss, and the measures between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from models.data.pool import Pool
from models.training.checkpoint import read_checkpoint
from models.training.curves import draw_curves
from models.training.gather import gather
from models.training.loader import Numbers, batches
from models.training.loss import LOSSES, Loss, batch_loss
from models.training.network import SmokeNet, load_shipped, load_start, points
from models.training.run import Limits, Run, go_on
from models.training.samples import Windows, collate
from models.training.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from models.training.settings import Settings

Batch = tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]


def begin(settings: Settings, folder: Path, device: torch.device, start: Path | None = None) -> Run[SmokeNet]:
    """Make a run with its start weights, or resume the one in the folder.

    Parameters
    ----------
    start : Path, optional
        Another run's checkpoint, whose averaged weights are taken, or a shipped ``.onnx``.
    """
    torch.manual_seed(settings.seed)
    net = SmokeNet()
    load_start(net, settings.start_weights)
    for part in settings.optimiser.frozen:
        net.backbone.get_submodule(part).requires_grad_(requires_grad=False)
    run = Run(net, settings.optimiser, folder, device, {"seed": settings.seed, "batch": settings.optimiser.batch})
    if not run.resume() and start is not None:
        run.begin_from(load_shipped(start) if start.suffix == ".onnx" else read_checkpoint(start)["average"])
    return run


def loss_on(device: torch.device, size: tuple[int, int]) -> Callable[[SmokeNet, Batch], Loss]:
    """Return what gives a network's loss on a batch of windows of a size (width, height)."""
    places = points(size[1], size[0]).to(device)

    def loss_of(net: SmokeNet, batch: Batch) -> Loss:
        images, boxes, unsure = batch
        moved = images.to(device, non_blocking=True).float().contiguous(memory_format=torch.channels_last)
        predicted, logits = net(moved)
        return batch_loss(predicted.float(), logits.float(), places, _on(device, boxes), _on(device, unsure))

    return loss_of


def _on(device: torch.device, parts: list[Tensor]) -> list[Tensor]:
    return [part.to(device) for part in parts]


def train(settings: Settings, run: Run[SmokeNet], limits: Limits) -> None:
    """Train until the steps or the limits are reached; tell progress, keep checkpoints and curves."""
    frames = gather(settings)
    print({kind: len(found) for kind, found in frames.items()}, flush=True)
    pools = [Pool(found) for found in frames.values()]
    windows = Windows(pools, [settings.shares[kind] for kind in frames], settings.recipe, settings.seed)
    watch = Watch(settings)
    loss_of = loss_on(run.device, settings.recipe.size)
    on_gpu = run.device.type == "cuda"
    stream = batches(
        windows, Numbers(settings.optimiser.batch, run.done), collate, workers=settings.workers, pinned=on_gpu
    )
    every = settings.watch_every_steps
    while run.done < settings.optimiser.steps and not limits.reached(run.done):
        goal = min((run.done // every + 1) * every, settings.optimiser.steps)
        go_on(run, stream, loss_of, limits, goal)
        if run.done == goal:
            run.progress.note(run.measured(watch.measure(run.average.net)))
            draw_curves(run.history, LOSSES, run.folder / "curves.png")
        run.save()
