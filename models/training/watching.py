"""How well the averaged network does on frames that it is not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from firewatch_edge.detect import Letterbox
from firewatch_edge.detect.boxes import Cut, chosen, logistic
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
from models.training.samples import PAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.network import SmokeNet
    from models.training.settings import Settings

# What is kept of a frame while a network is watched in training, before it has a model.toml.
KEPT = Cut(lowest=0.0, widest_fraction=0.6, nms_iou=0.5)


def look_at(net: SmokeNet, frames: Sequence[Frame], size: tuple[int, int]) -> list[Look]:
    """Run the network over whole frames, letterboxed to `size` (width, height); scores are logits."""
    device = next(net.parameters()).device
    looks, letterbox = [], Letterbox(*size, PAD)
    for frame in frames:
        image = read(frame.path)
        planes, scale = letterbox.fit(image)
        with torch.no_grad():
            boxes, logits = net(torch.from_numpy(planes).to(device))
        score = logits[0, :, 0].cpu().numpy().astype(np.float64)
        size_px = (image.shape[1], image.shape[0])
        places, kept = chosen(boxes[0].cpu().numpy() / scale, logistic(score), size_px, KEPT)
        looks.append(Look(frame, places[kept], score[kept]))
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
