"""From a checkpoint to ONNX: conversion and the proof that nothing changed."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import torch

from models.training.network import SmokeNet, load_shipped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        that is named twice weighs twice.
    """
    states = {path: _read_weights(path) for path in sources}
    mean = {
        name: torch.stack([states[path][0][name] for path in sources]).mean(dim=0) for name in states[sources[0]][0]
    }
    net = SmokeNet()
    net.load_state_dict(mean)
    return net.eval(), sum(steps for _, steps in states.values())


def _read_weights(path: Path) -> tuple[dict[str, torch.Tensor], int]:
    if path.suffix == ".onnx":
        return load_shipped(path), 0
    state = torch.load(path, weights_only=True)
    return state["average"], int(state["done"])


def convert(net: SmokeNet, size: tuple[int, int], path: Path) -> None:
    """Write the network as ONNX: uint8 images in, boxes and logits out, free batch size.

    Parameters
    ----------
    net : SmokeNet
    size : (width, height)
        Of the input [pixels].
    path : Path
    """
    example = torch.zeros(2, 3, size[1], size[0], dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own coming replacement
        torch.onnx.export(
            net,
            (example,),
            str(path),
            input_names=["images"],
            output_names=["boxes", "logits"],
            dynamic_axes={name: {0: "batch"} for name in ("images", "boxes", "logits")},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    if path.stat().st_size > MOST_BYTES:
        text = f"{path} has {path.stat().st_size} bytes; at most {MOST_BYTES} are allowed"
        raise ValueError(text)


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


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
