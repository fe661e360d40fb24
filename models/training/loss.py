"""What training makes small: wrong logits everywhere, wrong boxes where smoke is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from models.training.assignment import assign, inside

if TYPE_CHECKING:
    from collections.abc import Sequence

# A point inside a plume's box that does not answer for it sees smoke or a gap in it: it is hardly background.
IN_BOX_WEIGHT = 0.1
BOX_WEIGHT = 2.0
NEGATIVE_WEIGHT = 1.0
FOCUS = 2.0
LOSSES = ("smoke", "background", "box")


@dataclass(frozen=True, slots=True)
class Loss:
    """The parts of a batch's loss, each a scalar."""

    smoke: Tensor
    background: Tensor
    box: Tensor

    @property
    def total(self) -> Tensor:
        """Return what is minimised."""
        return self.smoke + NEGATIVE_WEIGHT * self.background + BOX_WEIGHT * self.box

    @property
    def parts(self) -> dict[str, Tensor]:
        """Return the parts by name."""
        return {name: getattr(self, name) for name in LOSSES}


def batch_loss(
    predicted: Tensor, logits: Tensor, points: Tensor, boxes: Sequence[Tensor], unsure: Sequence[Tensor]
) -> Loss:
    """Compare predictions with the truth.

    Parameters
    ----------
    predicted : Tensor (batch, N, 4)
    logits : Tensor (batch, N, 1)
    points : Tensor (N, 3)
    boxes, unsure : sequences of Tensor (n, 4), one an image
    """
    flat = logits.squeeze(-1)
    owners = torch.stack(
        [assign(points, p.detach(), z.detach(), b) for p, z, b in zip(predicted, flat, boxes, strict=True)]
    )
    weights = torch.stack([_background(points, b, u) for b, u in zip(boxes, unsure, strict=True)])
    chosen = owners >= 0
    count = max(int(chosen.sum()), len(boxes))
    sure = torch.sigmoid(flat.detach())
    background = (weights * sure**FOCUS * functional.softplus(flat))[~chosen].sum() / count
    smoke = ((1 - sure) ** FOCUS * 2 * functional.softplus(-flat))[chosen].sum() / count
    if not bool(chosen.any()):
        return Loss(smoke, background, predicted.sum() * 0.0)
    truth = torch.cat([b[o[o >= 0]] for b, o in zip(boxes, owners, strict=True)])
    box = (1 - generalised_iou(predicted[chosen], truth)).sum() / count
    return Loss(smoke, background, box)


def _background(points: Tensor, boxes: Tensor, unsure: Tensor) -> Tensor:
    """Weigh each point as background: full outside boxes, little inside, none in unsure places."""
    weight = torch.ones(len(points), device=points.device)
    if len(boxes):
        weight[inside(points, boxes).any(dim=1)] = IN_BOX_WEIGHT
    if len(unsure):
        weight[inside(points, unsure).any(dim=1)] = 0.0
    return weight


def generalised_iou(left: Tensor, right: Tensor) -> Tensor:
    """Pairwise generalised overlap (Rezatofighi et al. 2019, eq. 4) of boxes (n, 4): (n,), from -1 to 1."""
    low, high = torch.maximum(left[:, :2], right[:, :2]), torch.minimum(left[:, 2:], right[:, 2:])
    common = (high - low).clamp(min=0).prod(dim=1)
    union = sum((b[:, 2:] - b[:, :2]).clamp(min=0).prod(dim=1) for b in (left, right)) - common + 1e-6
    outer_low, outer_high = torch.minimum(left[:, :2], right[:, :2]), torch.maximum(left[:, 2:], right[:, 2:])
    outer = (outer_high - outer_low).prod(dim=1) + 1e-6
    result: Tensor = common / union - (outer - union) / outer
    return result
