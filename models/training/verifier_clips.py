"""Clips as numbered samples for the verifier's training, and its measures on clips held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score
from torch.utils.data import Dataset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.data.clip_samples import ClipSource
    from models.training.verifier import Verifier

Item = tuple[torch.Tensor, float, torch.Tensor]
ClipBatch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
# The share of clear clips that may count, at which the recall is told.
FALSE_SHARE = 0.01


class Clips(Dataset[Item]):
    """Clips (5, 3, 96, 96) uint8, whether each shows smoke, masks (12, 12): sample n of a seed is always the same."""

    def __init__(self, source: ClipSource, seed: int) -> None:
        self.source, self.seed = source, seed

    def __getitem__(self, number: int) -> Item:
        """Draw the clip of that number."""
        sample = self.source.draw(np.random.default_rng([self.seed, number]))
        return torch.from_numpy(sample.clip), float(sample.is_smoke), torch.from_numpy(sample.mask)


def collate_clips(items: Sequence[Item]) -> ClipBatch:
    """Stack clips, answers (float32) and masks."""
    clips, truth, masks = zip(*items, strict=True)
    return torch.stack(clips), torch.tensor(truth, dtype=torch.float32), torch.stack(masks)


def draw_held_out(source: ClipSource, number: int, seed: int = 7) -> tuple[torch.Tensor, npt.NDArray[np.bool_]]:
    """Draw made clips from views that training does not see: clips (n, 5, 3, 96, 96) and whether each shows smoke."""
    rng = np.random.default_rng(seed)
    samples = [source.draw(rng) for _ in range(number)]
    return torch.from_numpy(np.stack([s.clip for s in samples])), np.array([s.is_smoke for s in samples])


def measure_verifier(net: Verifier, clips: torch.Tensor, truth: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return AUROC, and the recall at the threshold that one clear clip in a hundred reaches."""
    device = next(net.parameters()).device
    with torch.no_grad():
        scores = torch.cat([net(part.to(device))[:, 0].float().cpu() for part in clips.split(64)]).numpy()
    limit = np.quantile(scores[~truth], 1.0 - FALSE_SHARE)
    recall = float((scores[truth] > limit).mean())
    return {"held_auroc": float(roc_auc_score(truth, scores)), "held_recall_at_1": recall}
