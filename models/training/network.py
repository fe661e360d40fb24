"""The smoke network: a small CSP backbone, a two-way feature pyramid and an anchor-free head with one logit.

The shape of the layers follows YOLOX-nano (Ge et al. 2021, arXiv:2107.08430; weights Apache-2.0, Megvii), so that its
COCO weights can be loaded as a start; batch norms are folded into the convolutions there, and stay folded here. Two
things differ: objectness and class are one logit, and the head has one output channel for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

STRIDES = (8, 16, 32)
# Share of grid points that carry smoke before training: the logit's bias starts at its
# log-odds (Lin et al. 2017, RetinaNet).
PRIOR = 0.01


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
        self.logit = nn.Conv2d(channels, 1, 1)
        self.place = nn.Sequential(separable(channels, channels, 3), separable(channels, channels, 3))
        self.box = nn.Conv2d(channels, 4, 1)
        nn.init.normal_(self.logit.weight, std=0.01)
        nn.init.constant_(cast("Tensor", self.logit.bias), float(torch.logit(torch.tensor(PRIOR))))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, inputs, h, w) to a logit (batch, 1, h, w) and a raw box (batch, 4, h, w)."""
        x = self.stem(x)
        return self.logit(self.look(x)), self.box(self.place(x))


class SmokeNet(nn.Module):
    """Smoke logits and boxes for every grid point of an image.

    Parameters
    ----------
    width : int
        Channels after the stem. 16 fits the YOLOX-nano weights.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.backbone = Backbone(width)
        self.pyramid = Pyramid(width)
        self.heads = nn.ModuleList(Head(c * width, 4 * width) for c in (4, 8, 16))

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
        levels = self.pyramid(*self.backbone(images.float()))
        boxes, logits = [], []
        for head, level, stride in zip(self.heads, levels, STRIDES, strict=True):
            logit, raw = head(level)
            boxes.append(decode(raw, stride))
            logits.append(logit.flatten(2).transpose(1, 2))
        return torch.cat(boxes, dim=1), torch.cat(logits, dim=1)


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


def load_start(net: SmokeNet, weights: Path) -> int:
    """Copy the convolutions of a YOLOX-nano ONNX file into the network; return how many were taken.

    The file's convolutions are matched by the order in which they run. The class and objectness outputs are
    skipped: this network has one logit of its own.
    """
    model = onnx.load(str(weights))
    arrays = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
    given = [
        (arrays[node.input[1]], arrays[node.input[2]])
        for node in model.graph.node
        if node.op_type == "Conv" and "_preds" not in node.input[1]
    ]
    boxes = [
        (arrays[node.input[1]], arrays[node.input[2]])
        for node in model.graph.node
        if node.op_type == "Conv" and "reg_preds" in node.input[1]
    ]
    given[0] = (unfocus(given[0][0]), given[0][1])
    outputs = {id(m) for head in net.heads for m in (head.logit, head.box)}
    body = [m for m in running_order(net) if id(m) not in outputs]
    copy_convolutions(body, given)
    copy_convolutions([head.box for head in net.heads], boxes)
    return len(given) + len(boxes)


def load_shipped(path: Path) -> dict[str, Tensor]:
    """Return the weights of a model that `models.export` wrote, by the network's own names."""
    names = SmokeNet().state_dict().keys()
    model = onnx.load(str(path))
    arrays = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
    if missing := [name for name in names if name not in arrays]:
        text = f"{path} lacks {len(missing)} of the network's {len(names)} arrays ({missing[0]} first): another network"
        raise ValueError(text)
    return {name: arrays[name] for name in names}


def unfocus(weight: Tensor) -> Tensor:
    """Turn weights (n, 12, 3, 3) over 2 x 2 pixels in channels into (n, 3, 6, 6) over the pixels themselves."""
    wide = weight.new_zeros(len(weight), 3, 6, 6)
    for quarter, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        wide[:, :, row::2, column::2] = weight[:, 3 * quarter : 3 * quarter + 3]
    return wide


def copy_convolutions(layers: Sequence[nn.Conv2d], arrays: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Copy weights and biases pair by pair; refuse when number or shapes differ."""
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, arrays, strict=True):
            if layer.weight.shape != weight.shape or layer.bias is None:
                text = f"the start weights do not fit: {tuple(weight.shape)} into {tuple(layer.weight.shape)}"
                raise ValueError(text)
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def running_order(net: nn.Module) -> list[nn.Conv2d]:
    """List the network's convolutions in the order in which they run."""
    order: list[nn.Conv2d] = []

    def note(layer: nn.Conv2d) -> Callable[..., None]:
        return lambda *_: order.append(layer)

    hooks = [m.register_forward_hook(note(m)) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return order
