"""Which grid points answer for which plume: the cheapest few inside its middle, as many as they fit it well.

After the dynamic assignment of OTA and SimOTA (Ge et al. 2021, arXiv:2103.14259 and arXiv:2107.08430), written from
the papers.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Points farther than this many cells from the middle of a box, and outside its inner half, never answer for it.
REACH_CELLS = 1.5
INNER_SHARE = 0.5
IOU_WEIGHT = 3.0
MOST_POINTS = 10


def iou_matrix(left: Tensor, right: Tensor) -> Tensor:
    """Overlap of each of n boxes (n, 4) with each of m boxes (m, 4): (n, m)."""
    low = torch.maximum(left[:, None, :2], right[None, :, :2])
    high = torch.minimum(left[:, None, 2:], right[None, :, 2:])
    common = (high - low).clamp(min=0).prod(dim=-1)
    areas = [(b[:, 2:] - b[:, :2]).clamp(min=0).prod(dim=-1) for b in (left, right)]
    return common / (areas[0][:, None] + areas[1][None] - common + 1e-6)


def inside(points: Tensor, boxes: Tensor) -> Tensor:
    """Tell which points (N, 3) lie in which boxes (G, 4): (N, G) bool."""
    x, y = points[:, None, 0], points[:, None, 1]
    return (x >= boxes[:, 0]) & (x <= boxes[:, 2]) & (y >= boxes[:, 1]) & (y <= boxes[:, 3])


def candidates(points: Tensor, boxes: Tensor) -> Tensor:
    """Tell which points may answer for which boxes: (N, G) bool."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * INNER_SHARE
    inner = inside(points, torch.cat((centre - half, centre + half), dim=1))
    near = (points[:, None, :2] - centre[None]).abs().amax(dim=-1) <= REACH_CELLS * points[:, None, 2]
    return inner | near


@torch.no_grad()
def assign(points: Tensor, predicted: Tensor, logits: Tensor, boxes: Tensor) -> Tensor:
    """Assign one image's grid points to its plumes.

    Parameters
    ----------
    points : Tensor (N, 3)
        x, y and stride of each grid point [pixels].
    predicted : Tensor (N, 4)
    logits : Tensor (N,)
    boxes : Tensor (G, 4)

    Returns
    -------
    Tensor (N,) int64
        Index of the plume that each point answers for, or -1.
    """
    if not len(boxes):
        return torch.full((len(points),), -1, dtype=torch.int64, device=points.device)
    overlap = iou_matrix(predicted, boxes)
    cost = functional.softplus(-logits)[:, None] - IOU_WEIGHT * torch.log(overlap + 1e-6)
    may = candidates(points, boxes)
    cost = cost.masked_fill(~may, float("inf"))
    most = min(MOST_POINTS, len(points))
    fitting = overlap.masked_fill(~may, 0.0).topk(most, dim=0).values.sum(dim=0)
    number = fitting.clamp(1, MOST_POINTS).long()  # as many points as fit well
    best = cost.topk(most, dim=0, largest=False)
    taken = (torch.arange(most, device=points.device)[:, None] < number) & torch.isfinite(best.values)
    claims = torch.full_like(cost, float("inf")).scatter(0, best.indices, best.values.masked_fill(~taken, float("inf")))
    lowest = claims.min(dim=1)  # a point that several plumes claim goes to the one that it is cheapest for
    return torch.where(torch.isfinite(lowest.values), lowest.indices, -1)
