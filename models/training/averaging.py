"""The running mean of a network's weights, which measures better than the weights of any one step."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

Net = TypeVar("Net", bound=nn.Module)


class Average(Generic[Net]):
    """An exponential mean of weights and running statistics over the steps.

    Parameters
    ----------
    net : nn.Module
        Where the mean begins.
    decay : float
        Share that stays at each step; the first steps keep less, or they would remember the start.
    """

    def __init__(self, net: Net, decay: float) -> None:
        self.net = copy.deepcopy(net).eval()
        self.decay = decay

    @torch.no_grad()
    def follow(self, net: Net, done: int) -> None:
        """Move towards a network that has made so many steps."""
        move = 1 - min(self.decay, (1 + done) / (10 + done))
        new = net.state_dict()
        for name, kept in self.net.state_dict().items():
            if kept.is_floating_point():
                kept.lerp_(new[name], move)
            else:
                kept.copy_(new[name])

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Begin again from these weights."""
        self.net.load_state_dict(dict(weights))
