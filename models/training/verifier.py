"""The verifier: tells whether a clip shows new smoke, compared with the same place one to twelve minutes ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.checkpoint import read_checkpoint
from models.training.run import LAST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What the first convolution sees, times three colours.
VIEWS = 8
# Differences are small numbers: they are brought to the size of the others.
GAIN = 4.0


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    """Build a plain 3 x 3 convolution with batch norm and ReLU: what int8 runs fastest."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """Two plain convolutions with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = block(channels, channels), block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        out: Tensor = x + self.second(self.first(x))
        return out


def compare(clips: Tensor) -> Tensor:
    """Turn clips into the pictures that show what is new.

    Parameters
    ----------
    clips : Tensor (batch, 5, 3, h, w)
        0 to 255, any number type: now, then the past.

    Returns
    -------
    Tensor (batch, 24, h, w)
        Now; the middle of the past; now against that middle; now beyond the past's whole range; the past's range; now
        against the youngest past; and the second and third of these once more with each frame brought to the same mean
        and contrast, for cameras that expose anew.
    """
    frames = clips.float() / 255.0
    now, past = frames[:, 0], frames[:, 1:]
    mean = frames.mean(dim=(3, 4), keepdim=True)
    spread = ((frames - mean) ** 2).mean(dim=(3, 4), keepdim=True).add(1e-4).sqrt()
    level = (frames - mean) / (spread + 0.03)
    high, low, middle = _range(past)
    level_now, level_past = level[:, 0], level[:, 1:]
    level_high, level_low, level_middle = _range(level_past)
    views = (
        now - 0.5,
        middle - 0.5,
        (now - middle) * GAIN,
        _beyond(now, low, high) * GAIN,
        (high - low) * GAIN,
        (now - past[:, 0]) * GAIN,
        level_now - level_middle,
        _beyond(level_now, level_low, level_high),
    )
    return torch.cat(views, dim=1)


def _range(past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the highest, the lowest and the middle of the four past frames; the middle leaves both extremes out."""
    a, b, c, d = past[:, 0], past[:, 1], past[:, 2], past[:, 3]
    high = torch.maximum(torch.maximum(a, b), torch.maximum(c, d))
    low = torch.minimum(torch.minimum(a, b), torch.minimum(c, d))
    return high, low, (a + b + c + d - high - low) / 2


def _beyond(now: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return functional.relu(now - high) - functional.relu(low - now)


class Verifier(nn.Module):
    """Says of clips whether they show new smoke, and roughly where.

    Parameters
    ----------
    width : int
        Channels after the first convolution; 32 makes 0.7 M parameters.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = width
        self.fine = nn.Sequential(block(3 * VIEWS, w, 2), block(w, 2 * w, 2), Residual(2 * w))
        self.middle = nn.Sequential(block(2 * w, 3 * w, 2), Residual(3 * w))
        self.coarse = nn.Sequential(block(3 * w, 4 * w, 2), Residual(4 * w))
        self.place = nn.Conv2d(3 * w, 1, 1)
        self.drop = nn.Dropout(0.2)
        self.judge = nn.Sequential(nn.Linear(8 * w + 2, 2 * w), nn.ReLU(inplace=True), nn.Linear(2 * w, 1))

    def look(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (batch, 1) and place logits (batch, 1, h / 8, w / 8)."""
        middle = self.middle(self.fine(compare(clips)))
        place = self.place(middle)
        coarse = self.coarse(middle)
        # The largest and the mean answer of the coarse picture of places speak too.
        told = torch.cat(
            (coarse.mean(dim=(2, 3)), coarse.amax(dim=(2, 3)), place.mean(dim=(2, 3)), place.amax(dim=(2, 3))), dim=1
        )
        return self.judge(self.drop(told)), place

    def forward(self, clips: Tensor) -> Tensor:
        """Look at clips.

        Parameters
        ----------
        clips : Tensor (batch, 5, 3, 96, 96)
            BGR, 0 to 255, any number type.

        Returns
        -------
        Tensor (batch, 1)
            Logits.
        """
        return self.look(clips)[0]


VERIFIER_LOSSES = ("whether", "where")
WHERE_WEIGHT = 0.5
# Thin smoke is smoke: this opacity is a full answer.
FULL_OPACITY = 0.2


@dataclass(frozen=True, slots=True)
class VerifierLoss:
    """The parts of a batch's loss, each a scalar: whether there is new smoke, and where."""

    whether: Tensor
    where: Tensor

    @property
    def total(self) -> Tensor:
        """Return what is minimised."""
        return self.whether + WHERE_WEIGHT * self.where

    @property
    def parts(self) -> dict[str, Tensor]:
        """Return the parts by name."""
        return {name: getattr(self, name) for name in VERIFIER_LOSSES}


def loss(logits: Tensor, place: Tensor, truth: Tensor, masks: Tensor) -> VerifierLoss:
    """Compare answers with the truth.

    Parameters
    ----------
    logits : Tensor (batch, 1)
    place : Tensor (batch, 1, 12, 12)
    truth : Tensor (batch,)
        1 with new smoke, else 0.
    masks : Tensor (batch, 12, 12)
        Opacity of the smoke; NaN where nobody knows.
    """
    whether = functional.binary_cross_entropy_with_logits(logits[:, 0].float(), truth)
    known = ~torch.isnan(masks)
    wanted = (torch.nan_to_num(masks) / FULL_OPACITY).clamp(max=1.0)
    where = functional.binary_cross_entropy_with_logits(place[:, 0].float(), wanted, reduction="none")
    return VerifierLoss(whether, (where * known).sum() / known.sum().clamp(min=1))


def verifier_loss(device: torch.device) -> Callable[[Verifier, tuple[Tensor, Tensor, Tensor]], VerifierLoss]:
    """Return what gives a network's loss on a batch of clips, answers and masks."""

    def loss_of(net: Verifier, batch: tuple[Tensor, Tensor, Tensor]) -> VerifierLoss:
        clips, truth, masks = (part.to(device, non_blocking=True) for part in batch)
        logits, place = net.look(clips)
        return loss(logits, place, truth, masks)

    return loss_of


def load_run(run: Path) -> Verifier:
    """Return the averaged network of a run's folder."""
    weights = read_checkpoint(run / LAST)["average"]
    net = Verifier()
    net.load_state_dict({name.removeprefix("module."): w for name, w in weights.items() if name != "n_averaged"})
    return net.eval()
