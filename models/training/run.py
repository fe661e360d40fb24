"""One training run of any network: weights, their average, optimiser, place in the data, and curves.

Everything that a run is made of moves in `Run.step` and is kept by `Run.save`, so that a run which was stopped and
resumed equals one that was not: bit for bit on one thread of one machine.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import torch
from torch import nn

from firewatch.stop_signals import stop_with_signals
from models.training.averaging import Average
from models.training.checkpoint import read_checkpoint, write_checkpoint
from models.training.device import Precision
from models.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from torch import Tensor

LAST = "last.pt"
LONGEST_GRADIENT = 10.0
# The rate ends at this share of its peak.
LEAST_RATE = 0.02
SAVED_EVERY = 50

Batch = TypeVar("Batch")
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Optimiser:
    """How far and how fast the weights move.

    Rates are AdamW's (Loshchilov and Hutter 2019, arXiv:1711.05101); the average is of the weights over steps; frozen
    are parts of the backbone that stay as they are.
    """

    batch: int
    steps: int
    peak_rate: float
    warmup_steps: int
    weight_decay: float
    average_decay: float
    frozen: tuple[str, ...] = ()

    def rate(self, done: int) -> float:
        """Learning rate after so many steps: a linear rise, then half a cosine down to 2 %."""
        if done < self.warmup_steps:
            return self.peak_rate * (done + 1) / self.warmup_steps
        way = (done - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        return self.peak_rate * (LEAST_RATE + (1 - LEAST_RATE) * (1 + math.cos(math.pi * min(way, 1.0))) / 2)


class Parts(Protocol):
    """A loss and its parts."""

    @property
    def total(self) -> Tensor:
        """Return what is minimised."""

    @property
    def parts(self) -> Mapping[str, Tensor]:
        """Return what is told of it."""


class Run(Generic[Net]):
    """A network in training.

    Parameters
    ----------
    net : nn.Module
        With the start weights; parts that shall stay as they are do not require gradients.
    optimiser : Optimiser
    folder : Path
        For checkpoint and curves; made if it is missing.
    device : torch.device
    about : mapping, optional
        What a checkpoint shall say of itself: numbers, strings, lists, mappings. Only a run that says the same resumes.

    Attributes
    ----------
    more : dict
        What else the next steps depend on, of the same kinds; saved and resumed with the rest.
    """

    def __init__(
        self,
        net: Net,
        optimiser: Optimiser,
        folder: Path,
        device: torch.device,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.plan, self.folder, self.device = optimiser, folder, device
        self.about = dict(about or {})
        folder.mkdir(parents=True, exist_ok=True)
        self.net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster
        self.average = Average(self.net, optimiser.average_decay)
        self.precision = Precision(device)
        self.optimiser = torch.optim.AdamW(_groups(self.net, optimiser.weight_decay), lr=optimiser.peak_rate)
        self.done = 0
        self.recent: list[dict[str, float]] = []  # losses of the steps since the run was last measured
        self.history: list[dict[str, float]] = []
        self.more: dict[str, Any] = {}
        self.progress = Progress(optimiser.steps, SAVED_EVERY)

    def step(self, loss_of: Callable[[Net], Parts]) -> dict[str, float]:
        """Make one step; return the parts of its loss.

        Parameters
        ----------
        loss_of : callable
            Gives the loss of the network that it is given; runs in lower precision on a GPU.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate(self.done)
        with self.precision.cast():
            loss = loss_of(self.net)
        self.precision.descend(loss.total, self.optimiser, self.net.parameters(), LONGEST_GRADIENT)
        self.done += 1
        self.average.follow(self.net, self.done)
        self.recent.append({name: float(value.detach()) for name, value in loss.parts.items()})
        return self.recent[-1]

    def measured(self, measures: Mapping[str, float]) -> dict[str, float]:
        """Add a row to the history: step, rate, the mean of the recent losses, and measures."""
        row = {"step": float(self.done), "rate": self.plan.rate(self.done)}
        for name in self.recent[-1] if self.recent else ():
            row[name] = sum(parts[name] for parts in self.recent) / len(self.recent)
        self.recent = []
        self.history.append(row | dict(measures))
        return self.history[-1]

    def begin_from(self, weights: Mapping[str, Tensor]) -> None:
        """Take these weights as the start."""
        self.net.load_state_dict(dict(weights))
        self.average.load(weights)

    def save(self) -> None:
        """Write the checkpoint: all that the next step depends on."""
        state: dict[str, Any] = {
            "net": self.net.state_dict(),
            "average": self.average.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.precision.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "done": self.done,
            "recent": self.recent,
            "history": self.history,
            "about": self.about,
            "more": self.more,
        }
        write_checkpoint(self.folder / LAST, state)

    def resume(self) -> bool:
        """Continue from the checkpoint in the folder, if there is one.

        Raises
        ------
        ValueError
            If the checkpoint says another thing of itself than this run does.
        """
        path = self.folder / LAST
        if not path.exists():
            return False
        state = read_checkpoint(path)
        if state.get("about") != self.about:
            text = f"{path} was made with {state.get('about')}, and this run has {self.about}: take another --run"
            raise ValueError(text)
        self.net.load_state_dict(state["net"])
        self.average.load(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.precision.scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["random"])
        self.done, self.recent, self.history = state["done"], state["recent"], state["history"]
        self.more = state["more"]
        return True


def _groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Let weights decay, but neither biases nor the scales of normalisation."""
    all_of_it = list(net.parameters())
    decaying = [p for p in all_of_it if p.ndim > 1]
    others = [p for p in all_of_it if p.ndim <= 1]
    return [{"params": decaying, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


class Limits:
    """When a call ends: at a step, after a time, or when somebody asks (Ctrl-C, SIGTERM)."""

    def __init__(self, step: int, seconds: float = math.inf) -> None:
        self.step, self.ends_at = step, time.monotonic() + seconds
        self.stop = threading.Event()

    def heed_signals(self) -> None:
        """End in order on SIGINT and SIGTERM; to be called in the main thread."""
        stop_with_signals(self.stop)

    def reached(self, done: int) -> bool:
        """Tell whether the step that was made is the last one."""
        return done >= self.step or time.monotonic() >= self.ends_at or self.stop.is_set()


def go_on(
    run: Run[Net], batches: Iterator[Batch], loss_of: Callable[[Net, Batch], Parts], limits: Limits, until: int
) -> None:
    """Make steps until so many are done or the limits are reached, telling and saving now and then."""
    while run.done < until and not limits.reached(run.done):
        parts = run.step(_on_batch(loss_of, next(batches)))
        run.progress.tell(run.done, parts)
        if run.done % SAVED_EVERY == 0:
            run.save()


def _on_batch(loss_of: Callable[[Net, Batch], Parts], batch: Batch) -> Callable[[Net], Parts]:
    return lambda net: loss_of(net, batch)
