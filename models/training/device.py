"""Where a network is trained, and how exactly it computes there."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """Return the device of that name; ``auto`` takes a GPU if there is one.

    Raises
    ------
    ValueError
        If a GPU is asked for and there is none, or the name is unknown.
    """
    if name not in DEVICES:
        text = f"the device is {name!r}; it must be one of {', '.join(DEVICES)}"
        raise ValueError(text)
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        text = "the device is cuda, but this PyTorch sees no such GPU; take --device cpu or auto"
        raise ValueError(text)
    return torch.device("cuda" if found and name != "cpu" else "cpu")


class Precision:
    """Mixed precision on a GPU (bfloat16, or float16 with a scaled loss on older ones), full precision on a CPU."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        on_gpu = device.type == "cuda"
        self.kind = (torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16) if on_gpu else None
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.kind is torch.float16)

    def cast(self) -> AbstractContextManager[object]:
        """Compute in the lower precision where that is safe."""
        return nullcontext() if self.kind is None else torch.autocast(self.device.type, dtype=self.kind)

    def descend(
        self, loss: Tensor, optimiser: torch.optim.Optimizer, parameters: Iterable[Tensor], longest: float
    ) -> None:
        """Make one step down a loss, with gradients no longer than `longest` together."""
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(parameters, longest)
        self.scaler.step(optimiser)
        self.scaler.update()
