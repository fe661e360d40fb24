"""The plain network: 3 x 3 convolutions with ReLU, which eight-bit arithmetic runs best.

No depthwise convolution and no smooth activation: both gain little from eight bits. Residual pairs (He et al. 2016,
arXiv:1512.03385) rather than branches that are added up for shipping (Ding et al. 2021, arXiv:2101.03697): the sums'
weights differ widely in size, and lose much in eight bits (Chu et al. 2022, arXiv:2212.01593). In training every
convolution is followed by a batch norm, which `fold` works into the convolution's weights for shipping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.smoke_net import SmokeNet, output

if TYPE_CHECKING:
    from collections.abc import Sequence

# Channels at strides 2, 4, 8, 16 and 32, and of pyramid and head. Multiples of 16 fill a vector register.
WIDTHS = (16, 32, 64, 128, 192)
HEAD = 64


class Conv(nn.Module):
    """A convolution, a batch norm (or a bias, when folded), and ReLU where it is bent."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 3, stride: int = 1, *, is_folded: bool, is_bent: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=is_folded)
        self.norm = nn.Identity() if is_folded else nn.BatchNorm2d(outputs)
        self.bend = nn.ReLU() if is_bent else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, h, w) to (batch, outputs, h / stride, w / stride)."""
        out: Tensor = self.bend(self.norm(self.conv(x)))
        return out


class Pair(nn.Module):
    """Two 3 x 3 convolutions with a shortcut round both."""

    def __init__(self, channels: int, *, is_folded: bool) -> None:
        super().__init__()
        self.first = Conv(channels, channels, is_folded=is_folded)
        self.second = Conv(channels, channels, is_folded=is_folded, is_bent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        return functional.relu(x + self.second(self.first(x)))


class Backbone(nn.Module):
    """Features at strides 8, 16 and 32."""

    def __init__(self, *, is_folded: bool) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = WIDTHS
        self.stem = Conv(3, w2, stride=2, is_folded=is_folded)
        self.stage2 = nn.Sequential(Conv(w2, w4, stride=2, is_folded=is_folded), Conv(w4, w4, is_folded=is_folded))
        self.stage3 = nn.Sequential(Conv(w4, w8, stride=2, is_folded=is_folded), Pair(w8, is_folded=is_folded))
        self.stage4 = nn.Sequential(Conv(w8, w16, stride=2, is_folded=is_folded), Pair(w16, is_folded=is_folded))
        self.stage5 = nn.Sequential(Conv(w16, w32, stride=2, is_folded=is_folded), Pair(w32, is_folded=is_folded))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (batch, 3, H, W) to three feature maps, finest first."""
        fine = self.stage3(self.stage2(self.stem(x / 255.0)))
        middle = self.stage4(fine)
        return fine, middle, self.stage5(middle)


class Pyramid(nn.Module):
    """Carry meaning down to the fine level and place back up to the coarse one, by adding."""

    def __init__(self, *, is_folded: bool) -> None:
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        sides = [Conv(width, HEAD, 1, is_folded=is_folded) for width in WIDTHS[2:]]
        self.side3, self.side4, self.side5 = sides
        self.merge4, self.merge3 = (Conv(HEAD, HEAD, is_folded=is_folded) for _ in range(2))
        self.down3, self.down4 = (Conv(HEAD, HEAD, stride=2, is_folded=is_folded) for _ in range(2))

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return three maps of the same sizes with as many channels as the head has."""
        top = self.side5(coarse)
        waist = self.merge4(self.up(top) + self.side4(middle))
        foot = self.merge3(self.up(waist) + self.side3(fine))
        waist = waist + self.down3(foot)
        return foot, waist, top + self.down4(waist)


class Head(nn.Module):
    """One level's smoke logit and box."""

    def __init__(self, *, is_folded: bool) -> None:
        super().__init__()
        self.stem, self.look, self.place = (Conv(HEAD, HEAD, is_folded=is_folded) for _ in range(3))
        self.logit, self.box = output(HEAD, 1), output(HEAD, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, channels, h, w) to a logit (batch, 1, h, w) and a raw box (batch, 4, h, w)."""
        x = self.stem(x)
        return self.logit(self.look(x)), self.box(self.place(x))


class PlainNet(SmokeNet):
    """The plain network.

    Parameters
    ----------
    is_folded : bool
        Biases in place of batch norms, as it is shipped and as a shipped one is trained on.
    """

    kind = "plain"

    def __init__(self, *, is_folded: bool = False) -> None:
        super().__init__()
        self.is_folded = is_folded
        self.backbone = Backbone(is_folded=is_folded)
        self.pyramid = Pyramid(is_folded=is_folded)
        self.heads = nn.ModuleList(Head(is_folded=is_folded) for _ in range(3))

    def levels(self, images: Tensor) -> Sequence[tuple[Tensor, Tensor]]:
        """Return a logit and a raw box for each stride, finest first."""
        return [head(level) for head, level in zip(self.heads, self.pyramid(*self.backbone(images)), strict=True)]


@torch.no_grad()
def fold(net: PlainNet) -> PlainNet:
    """Return the network with its batch norms worked into the convolutions: the same function, measured weights."""
    if net.is_folded:
        return net
    folded = PlainNet(is_folded=True)
    modules = dict(net.named_modules())
    for name, to in folded.named_modules():
        given = modules[name]
        if isinstance(to, Conv) and isinstance(given, Conv):
            _fold_into(to, given)
        elif name.endswith((".logit", ".box")):
            to.load_state_dict(given.state_dict())
    return folded.eval()


def _fold_into(to: Conv, given: Conv) -> None:
    norm = given.norm
    if not isinstance(norm, nn.BatchNorm2d) or norm.running_var is None or norm.running_mean is None:
        text = f"{norm} is no batch norm with running statistics: nothing to fold"
        raise TypeError(text)
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    to.conv.weight.copy_(given.conv.weight * scale[:, None, None, None])
    to.conv.bias.copy_(norm.bias - norm.running_mean * scale)  # type: ignore[union-attr]  # a folded one has a bias
