"""The smoke networks by name, and their weights from a shipped file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import torch
from onnx import numpy_helper

from models.training.coco import load_start
from models.training.nano import NanoNet
from models.training.plain import PlainNet, fold
from models.training.smoke_net import STRIDES, SmokeNet, decode, points

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

__all__ = [
    "KINDS",
    "METADATA_KEY",
    "STRIDES",
    "NanoNet",
    "PlainNet",
    "SmokeNet",
    "build",
    "decode",
    "load_shipped",
    "load_start",
    "points",
    "shipped_form",
    "shipped_kind",
]

KINDS = ("nano", "plain")
# A shipped file says under this key of its metadata which network it holds; files before 0.3 do not, and hold a nano.
METADATA_KEY = "firewatch.network"


def build(kind: str, *, is_folded: bool = False) -> SmokeNet:
    """Build a network by its name; `is_folded`: as it is shipped, without batch norms (the nano one has none)."""
    if kind == "nano":
        return NanoNet()
    if kind == "plain":
        return PlainNet(is_folded=is_folded)
    text = f"the network's kind is {kind!r}; it must be one of {', '.join(KINDS)}"
    raise ValueError(text)


def shipped_form(net: SmokeNet) -> SmokeNet:
    """Return the network as it is shipped: the same function, without batch norms."""
    return fold(net) if isinstance(net, PlainNet) else net


def shipped_kind(path: Path) -> str:
    """Tell which network a shipped file holds."""
    model = onnx.load(str(path))
    return next((entry.value for entry in model.metadata_props if entry.key == METADATA_KEY), "nano")


def load_shipped(path: Path) -> dict[str, Tensor]:
    """Return the weights of a model that `models.export` wrote, by the names of its network in shipped form.

    The exporter writes equal arrays once, as the biases of three levels are before training, and refers to them.
    """
    names = build(shipped_kind(path), is_folded=True).state_dict().keys()
    model = onnx.load(str(path))
    arrays = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
    references = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Identity"}
    arrays |= {name: arrays[named] for name, named in references.items() if named in arrays}
    if missing := [name for name in names if name not in arrays]:
        text = f"{path} lacks {len(missing)} of the network's {len(names)} arrays ({missing[0]} first): another network"
        raise ValueError(text)
    return {name: arrays[name] for name in names}
