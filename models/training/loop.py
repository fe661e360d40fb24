"""The detector's training: its samples, its loss, and the measures between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from models.training.curves import draw_curves
from models.training.gather import gather
from models.training.loader import Numbers, batches
from models.training.loss import LOSSES, Loss, batch_loss
from models.training.mining import Place, mine, pack, unpack
from models.training.network import PlainNet, SmokeNet, points
from models.training.run import LAST, Limits, Run, go_on
from models.training.samples import Windows, collate
from models.training.starting import start_net
from models.training.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from models.data.frames import Frame
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
    last = folder / LAST
    net = start_net(settings, last if last.exists() else start)
    for part in settings.optimiser.frozen:
        net.backbone.get_submodule(part).eval().requires_grad_(requires_grad=False)
    about = {
        "kind": net.kind,
        "is_folded": isinstance(net, PlainNet) and net.is_folded,
        "seed": settings.seed,
        "batch": settings.optimiser.batch,
    }
    if settings.without:
        about["without"] = " ".join(settings.without)
    run = Run(net, settings.optimiser, folder, device, about)
    run.resume()
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


def train(
    settings: Settings, run: Run[SmokeNet], limits: Limits, more: Mapping[str, Sequence[Frame]] | None = None
) -> None:
    """Train until the steps or the limits are reached; tell progress, keep checkpoints and curves.

    Pools that are given as `more`, by their kind, are drawn from beside those of the settings.
    """
    frames: dict[str, Sequence[Frame]] = {**gather(settings), **(more or {})}
    print({kind: len(found) for kind, found in frames.items()}, flush=True)
    watch = Watch(settings)
    loss_of = loss_on(run.device, settings.recipe.size)
    stream = stream_from(settings, frames, run)
    while run.done < settings.optimiser.steps and not limits.reached(run.done):
        go_on(run, stream, loss_of, limits, next_halt(settings, run.done))
        if is_due(run.done, settings.watch_every_steps) or run.done == settings.optimiser.steps:
            run.progress.note(run.measured(watch.measure(run.average.net)))
            draw_curves(run.history, LOSSES, run.folder / "curves.png")
        if is_due(run.done, settings.mining.every_steps) and run.done < settings.optimiser.steps:
            run.more["mined"] = pack(mine_all(settings, frames, run))
            stream = stream_from(settings, frames, run)
        elif run.done == settings.pretraining.steps:
            stream = stream_from(settings, frames, run)
        run.save()


def is_due(done: int, every: int) -> bool:
    """Tell whether something that is done every so many steps (0: never) is due."""
    return every > 0 and done > 0 and done % every == 0


def next_halt(settings: Settings, done: int) -> int:
    """Return the next step at which training pauses, to measure, to mine, or because it is the last."""
    paces = [every for every in (settings.watch_every_steps, settings.mining.every_steps) if every]
    halts = [(done // every + 1) * every for every in paces] + [settings.optimiser.steps]
    return min([*halts, settings.pretraining.steps] if done < settings.pretraining.steps else halts)


def stream_from(settings: Settings, frames: Mapping[str, Sequence[Frame]], run: Run[SmokeNet]) -> Iterator[Batch]:
    """Return the batches from the run's next step on, aimed at the places that it mined last.

    Raises
    ------
    ValueError
        If no pool that now has a share has any frames.
    """
    shares = settings.shares_at(run.done)
    pools = {kind: found for kind, found in frames.items() if kind in shares}
    if not pools:
        text = f"none of {', '.join(shares)} has frames in {settings.real} or {', '.join(map(str, settings.made))}"
        raise ValueError(text)
    mined = unpack(run.more.get("mined", {}), pools)
    windows = Windows(pools, shares, settings.recipe, settings.seed, mined)
    numbers = Numbers(settings.optimiser.batch, run.done)
    return batches(windows, numbers, collate, settings.workers, pinned=run.device.type == "cuda")


def mine_all(settings: Settings, frames: Mapping[str, Sequence[Frame]], run: Run[SmokeNet]) -> dict[str, list[Place]]:
    """Mine every pool of clear frames with the averaged network."""
    clear = {kind: found for kind, found in frames.items() if all(f.label == "none" for f in found)}
    mined = {
        kind: mine(run.average.net, found, settings.mining, settings.watch_input, [settings.seed, run.done, number])
        for number, (kind, found) in enumerate(clear.items())
    }
    run.progress.note({"step": run.done} | {f"mined_{k}": places[0].logit for k, places in mined.items() if places})
    return mined
