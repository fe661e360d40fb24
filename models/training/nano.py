"""The nano network: a small CSP backbone, a two-way feature pyramid, depthwise convolutions and SiLU.

The shape of the layers follows YOLOX-nano (Ge et al. 2021, arXiv:2107.08430; weights Apache-2.0, Megvii), so that its
COCO weights can be loaded as a start; batch norms are folded into the convolutions there, and stay folded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models.training.smoke_net import SmokeNet, output

if TYPE_CHECKING:
    from collections.abc import Sequence


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Module:
    """Build a convolution with bias and SiLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=True),
        nn.SiLU(inplace=True),
    )


def separable(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Module:
    """Build a depthwise convolution followed by a pointwise one, each with SiLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, size, stride, size // 2, groups=inputs, bias=True),
        nn.SiLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=True),
        nn.SiLU(inplace=True),
    )


class Bottleneck(nn.Module):
    """A pointwise and a separable 3 x 3 convolution, with a shortcut if asked."""

    def __init__(self, channels: int, *, shortcut: bool) -> None:
        super().__init__()
        self.squeeze = conv(channels, channels, 1)
        self.spread = separable(channels, channels, 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        y: Tensor = self.spread(self.squeeze(x))
        return y + x if self.shortcut else y


class CrossStage(nn.Module):
    """Half of the channels pass the bottlenecks, half go round them."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, shortcut: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.through = conv(inputs, half, 1)
        self.around = conv(inputs, half, 1)
        self.bottlenecks = nn.Sequential(*(Bottleneck(half, shortcut=shortcut) for _ in range(depth)))
        self.join = conv(outputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, h, w) to (batch, outputs, h, w)."""
        through, around = self.through(x), self.around(x)
        out: Tensor = self.join(torch.cat((self.bottlenecks(through), around), dim=1))
        return out


class PooledPyramid(nn.Module):
    """Widen the view by max pooling in three sizes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = conv(channels, channels // 2, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)  # twice and three times over it pools 9 and 13 wide
        self.join = conv(channels * 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        views = [self.squeeze(x)]
        for _ in range(3):
            views.append(self.pool(views[-1]))
        out: Tensor = self.join(torch.cat(views, dim=1))
        return out


class Backbone(nn.Module):
    """Features at strides 8, 16 and 32 with 64, 128 and 256 channels (at width 16)."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        # The paper moves 2 x 2 pixels into channels and convolves 3 x 3; 6 x 6 in steps of 2 is the same, faster.
        self.stem = nn.Sequential(nn.Conv2d(3, w, 6, 2, 2, bias=True), nn.SiLU(inplace=True))
        self.stage2 = nn.Sequential(separable(w, 2 * w, 3, 2), CrossStage(2 * w, 2 * w, 1))
        self.stage3 = nn.Sequential(separable(2 * w, 4 * w, 3, 2), CrossStage(4 * w, 4 * w, 3))
        self.stage4 = nn.Sequential(separable(4 * w, 8 * w, 3, 2), CrossStage(8 * w, 8 * w, 3))
        self.stage5 = nn.Sequential(
            separable(8 * w, 16 * w, 3, 2),
            PooledPyramid(16 * w),
            CrossStage(16 * w, 16 * w, 1, shortcut=False),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (batch, 3, H, W) to three feature maps, finest first."""
        fine = self.stage3(self.stage2(self.stem(x)))
        middle = self.stage4(fine)
        return fine, middle, self.stage5(middle)


class Pyramid(nn.Module):
    """Carry meaning down to the fine level and place back up to the coarse one."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral5 = conv(16 * w, 8 * w, 1)
        self.merge4 = CrossStage(16 * w, 8 * w, 1, shortcut=False)
        self.lateral4 = conv(8 * w, 4 * w, 1)
        self.merge3 = CrossStage(8 * w, 4 * w, 1, shortcut=False)
        self.down3 = separable(4 * w, 4 * w, 3, 2)
        self.out4 = CrossStage(8 * w, 8 * w, 1, shortcut=False)
        self.down4 = separable(8 * w, 8 * w, 3, 2)
        self.out5 = CrossStage(16 * w, 16 * w, 1, shortcut=False)

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keep the three shapes."""
        top = self.lateral5(coarse)
        waist = self.lateral4(self.merge4(torch.cat((self.up(top), middle), dim=1)))
        fine = self.merge3(torch.cat((self.up(waist), fine), dim=1))
        middle = self.out4(torch.cat((self.down3(fine), waist), dim=1))
        return fine, middle, self.out5(torch.cat((self.down4(middle), top), dim=1))


class Head(nn.Module):
    """One level's smoke logit and box."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.stem = conv(inputs, channels, 1)
        self.look = nn.Sequential(separable(channels, channels, 3), separable(channels, channels, 3))
        self.logit = output(channels, 1)
        self.place = nn.Sequential(separable(channels, channels, 3), separable(channels, channels, 3))
        self.box = output(channels, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, inputs, h, w) to a logit (batch, 1, h, w) and a raw box (batch, 4, h, w)."""
        x = self.stem(x)
        return self.logit(self.look(x)), self.box(self.place(x))


class NanoNet(SmokeNet):
    """The nano network.

    Parameters
    ----------
    width : int
        Channels after the stem. 16 fits the YOLOX-nano weights.
    """

    kind = "nano"

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.backbone = Backbone(width)
        self.pyramid = Pyramid(width)
        self.heads = nn.ModuleList(Head(c * width, 4 * width) for c in (4, 8, 16))

    def levels(self, images: Tensor) -> Sequence[tuple[Tensor, Tensor]]:
        """Return a logit and a raw box for each stride, finest first."""
        return [head(level) for head, level in zip(self.heads, self.pyramid(*self.backbone(images)), strict=True)]
