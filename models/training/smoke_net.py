"""What every smoke network has in common: an anchor-free head with one logit on three levels, and how boxes are read.

After YOLOX (Ge et al. 2021, arXiv:2107.08430) with two differences: objectness and class are one logit, and the head
has one output channel for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

STRIDES = (8, 16, 32)
# Share of grid points that carry smoke before training: the logit's bias starts at its
# log-odds (Lin et al. 2017, RetinaNet).
PRIOR = 0.01


class SmokeNet(nn.Module, ABC):
    """Smoke logits and boxes for every grid point of an image."""

    kind: str
    backbone: nn.Module

    @abstractmethod
    def levels(self, images: Tensor) -> Sequence[tuple[Tensor, Tensor]]:
        """Return a logit (batch, 1, h, w) and a raw box (batch, 4, h, w) for each stride, finest first."""

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images.

        Parameters
        ----------
        images : Tensor (batch, 3, H, W)
            BGR, 0 to 255, any number type. H and W are multiples of 32.

        Returns
        -------
        boxes : Tensor (batch, N, 4)
            x0, y0, x1, y1 in pixels of the given image.
        logits : Tensor (batch, N, 1)
        """
        boxes, logits = [], []
        for (logit, raw), stride in zip(self.levels(images.float()), STRIDES, strict=True):
            boxes.append(decode(raw.float(), stride))  # half precision cannot tell pixels apart
            logits.append(logit.float().flatten(2).transpose(1, 2))
        return torch.cat(boxes, dim=1), torch.cat(logits, dim=1)


def output(channels: int, outputs: int) -> nn.Conv2d:
    """Build the last convolution of a head: one output is the logit, which starts rare; four are the box."""
    last = nn.Conv2d(channels, outputs, 1)
    if outputs == 1:
        nn.init.normal_(last.weight, std=0.01)
        nn.init.constant_(last.bias, float(torch.logit(torch.tensor(PRIOR))))  # type: ignore[arg-type]  # it has one
    return last


def grid(height: int, width: int, like: Tensor) -> Tensor:
    """List the grid points of a level: (height * width, 2), x first, row by row."""
    y, x = torch.meshgrid(
        torch.arange(height, dtype=like.dtype, device=like.device),
        torch.arange(width, dtype=like.dtype, device=like.device),
        indexing="ij",
    )
    return torch.stack((x, y), dim=-1).reshape(-1, 2)


def decode(raw: Tensor, stride: int) -> Tensor:
    """Turn raw boxes (batch, 4, h, w: centre offset in cells, log size in cells) into corners (batch, h * w, 4)."""
    height, width = raw.shape[-2:]
    flat = raw.flatten(2).transpose(1, 2)
    centre = (flat[..., :2] + grid(height, width, raw)) * stride
    # exp(8) cells are far more than any frame: the clamp keeps a wild step of the optimiser finite.
    half = torch.exp(flat[..., 2:].clamp(max=8.0)) * (stride / 2)
    return torch.cat((centre - half, centre + half), dim=-1)


def points(height: int, width: int) -> Tensor:
    """List all grid points of an image: (N, 3) with x, y of the cell's centre and the stride, in pixels."""
    rows = []
    for stride in STRIDES:
        xy = (grid(height // stride, width // stride, torch.zeros(())) + 0.5) * stride
        rows.append(torch.cat((xy, torch.full((len(xy), 1), float(stride))), dim=1))
    return torch.cat(rows)
