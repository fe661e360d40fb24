"""How well the averaged network does on frames that it is not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from models.data.frames import Frame, load_annotated, load_made
from models.data.pool import read
from models.measures import (
    Look,
    ap_at_overlap,
    auroc,
    localised_at_false_rate,
    peak_in_box,
    recall_at_false_rate,
)
from models.suppress import fit, keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.network import SmokeNet
    from models.training.settings import Settings

WIDEST, NMS_IOU = 0.6, 0.5


def look_at(net: SmokeNet, frames: Sequence[Frame], size: tuple[int, int]) -> list[Look]:
    """Run the network over whole frames, letterboxed to `size` (width, height); scores are logits."""
    device = next(net.parameters()).device
    looks = []
    for frame in frames:
        boxed = fit(read(frame.path), *size)
        with torch.no_grad():
            boxes, logits = net(torch.from_numpy(boxed.planes)[None].to(device))
        place, score = boxes[0].cpu().numpy() / boxed.scale, logits[0, :, 0].cpu().numpy().astype(np.float64)
        chosen = keep(place, score, widest=WIDEST * size[0] / boxed.scale, nms_iou=NMS_IOU)
        looks.append(Look(frame, place[chosen], score[chosen]))
    return looks


class Watch:
    """The frames of val, and the made ones held out."""

    def __init__(self, settings: Settings) -> None:
        self.size = settings.watch_input
        self.groups = {
            "val": [f for f in load_annotated(settings.real / "val") if f.label != "ignore"],
            "made": [f for f in load_made(settings.made, "val") if f.label != "ignore"],
        }

    def measure(self, net: SmokeNet) -> dict[str, float]:
        """Return the measures of each group that has frames."""
        row = {}
        for name, frames in self.groups.items():
            if frames:
                looks = look_at(net, frames, self.size)
                row[f"{name}_auroc"] = auroc(looks)
                row[f"{name}_localised_at_10"] = localised_at_false_rate(looks, 0.10)
                row[f"{name}_recall_at_5"] = recall_at_false_rate(looks, 0.05)
                row[f"{name}_peak_in_box"] = peak_in_box(looks)
                row[f"{name}_ap50"] = ap_at_overlap(looks)
        return row
