"""The network that a run begins with: new, from COCO weights, from another run, or from a shipped file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.training.checkpoint import read_checkpoint
from models.training.coco import load_start
from models.training.nano import NanoNet
from models.training.network import SmokeNet, build, load_shipped, shipped_kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.training.settings import Settings


def checkpoint_net(state: Mapping[str, Any]) -> SmokeNet:
    """Return the averaged network of a checkpoint."""
    about = state.get("about", {})  # checkpoints before 0.3 hold a nano network and do not say so
    net = build(about.get("kind", "nano"), is_folded=about.get("is_folded", False))
    net.load_state_dict(state["average"])
    return net.eval()


def start_net(settings: Settings, start: Path | None) -> SmokeNet:
    """Return the network that a run begins with.

    Parameters
    ----------
    settings : Settings
        Say its kind, and where COCO weights lie.
    start : Path or None
        A checkpoint (its averaged weights are taken), a shipped ``.onnx``, or None: COCO weights, or random ones.

    Raises
    ------
    ValueError
        If the start does not fit the kind.
    """
    if start is None:
        return _new_net(settings.kind, settings.start_weights).train()
    if start.suffix == ".onnx":
        net = build(shipped_kind(start), is_folded=True)
        net.load_state_dict(load_shipped(start))
    else:
        net = checkpoint_net(read_checkpoint(start))
    if net.kind != settings.kind:
        text = f"{start} holds a {net.kind} network, and the training file's [network] kind is {settings.kind!r}"
        raise ValueError(text)
    return net.train()


def _new_net(kind: str, coco: Path | None) -> SmokeNet:
    net = build(kind)
    if coco is not None:
        if not isinstance(net, NanoNet):
            text = f"start_weights is {coco}, a YOLOX-nano; a {kind} network starts without: leave the line out"
            raise ValueError(text)
        load_start(net, coco)
    return net
