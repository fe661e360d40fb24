"""From a checkpoint to ONNX: conversion and the proof that nothing changed."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import torch

from firewatch.adapters.whole_file import write_whole
from models.training.checkpoint import read_checkpoint
from models.training.network import METADATA_KEY, SmokeNet, build, load_shipped, shipped_form, shipped_kind
from models.training.starting import checkpoint_net

if TYPE_CHECKING:
    from collections.abc import Sequence

# 17 is read by onnxruntime 1.12 and later.
OPSET = 17
TOLERANCE = 1e-3
MOST_BYTES = 13_000_000


def load_average(sources: Sequence[Path]) -> tuple[SmokeNet, int]:
    """Return the mean network of checkpoints and shipped models, and the steps that the checkpoints were trained for.

    Runs that began with the same weights may be averaged (Wortsman et al. 2022, arXiv:2203.05482), and so may a
    fine-tuned network with the one that it began from (Wortsman et al. 2022, arXiv:2109.01903).

    Parameters
    ----------
    sources : sequence of Path
        ``.pt`` files of `models.train`, whose averaged weights are taken, or ``.onnx`` files of `models.export`. One
        that is named twice weighs twice. All are of one kind; the mean is one of networks in shipped form.

    Raises
    ------
    ValueError
        If the sources are of several kinds.
    """
    read = {path: _read_shipped_form(path) for path in sources}
    kinds = {net.kind for net, _ in read.values()}
    if len(kinds) > 1:
        text = f"the networks are of several kinds ({', '.join(sorted(kinds))}); only those of one kind have a mean"
        raise ValueError(text)
    states = {path: net.state_dict() for path, (net, _) in read.items()}
    mean = build(kinds.pop(), is_folded=True)
    mean.load_state_dict(
        {name: torch.stack([states[path][name] for path in sources]).mean(dim=0) for name in mean.state_dict()}
    )
    return mean.eval(), sum(steps for _, steps in read.values())


def _read_shipped_form(path: Path) -> tuple[SmokeNet, int]:
    if path.suffix == ".onnx":
        net = build(shipped_kind(path), is_folded=True)
        net.load_state_dict(load_shipped(path))
        return net, 0
    state = read_checkpoint(path)
    net = checkpoint_net(state)
    return shipped_form(net), int(state["done"])


def convert(net: SmokeNet, size: tuple[int, int], path: Path) -> None:
    """Write the network as ONNX: uint8 images in, boxes and logits out, free batch size.

    The file's metadata tells the network's kind.

    Parameters
    ----------
    net : SmokeNet
        In shipped form.
    size : (width, height)
        Of the input [pixels].
    path : Path
    """
    example = torch.zeros(2, 3, size[1], size[0], dtype=torch.uint8)
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        part = Path(folder) / path.name
        warnings.simplefilter("ignore")  # the exporter warns of its own coming replacement
        torch.onnx.export(
            net,
            (example,),
            str(part),
            input_names=["images"],
            output_names=["boxes", "logits"],
            dynamic_axes={name: {0: "batch"} for name in ("images", "boxes", "logits")},
            opset_version=OPSET,
            dynamo=False,
        )
        model = onnx.load(str(part))
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, net.kind
    onnx.checker.check_model(model)
    packed = model.SerializeToString()
    if len(packed) > MOST_BYTES:
        text = f"{path} would have {len(packed)} bytes; at most {MOST_BYTES} are allowed"
        raise ValueError(text)
    write_whole(path, packed)


def largest_difference(net: SmokeNet, path: Path, size: tuple[int, int], seed: int = 0) -> float:
    """Compare PyTorch with onnxruntime on noise: the largest difference in logits, and in boxes per pixel of width."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (2, 3, size[1], size[0]), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    boxes, logits = session.run(["boxes", "logits"], {"images": images})
    with torch.no_grad():
        expected_boxes, expected_logits = net(torch.from_numpy(images))
    return max(
        float(np.abs(boxes - expected_boxes.numpy()).max()) / size[0],
        float(np.abs(logits - expected_logits.numpy()).max()),
    )
