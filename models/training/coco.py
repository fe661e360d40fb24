"""Start weights for the nano network from a YOLOX-nano file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from models.training.nano import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.training.nano import NanoNet


def load_start(net: NanoNet, weights: Path) -> int:
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
    copy_convolutions([head.box for head in net.heads if isinstance(head, Head)], boxes)
    return len(given) + len(boxes)


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
