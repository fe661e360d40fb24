"""A model with a verifier that can be reasoned about, and made views for it."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_TEMPORAL = """
[temporal]
file = "range.onnx"
sha256 = "{sha256}"
candidate_threshold = 0.2
candidates = 4
detector_weight = 0.2
verifier_weight = 1.0
offset = 0.0
threshold = 0.5
hits = 3
window = 6
"""


def write_range_model(squares: Path, folder: Path, input_type: int | None = None) -> Path:
    """Copy the model of squares to a folder and give it a verifier.

    Its logit is (excess - 10) / 3: by how many grey levels the present picture, averaged over 8 x 8 pixels, is outside
    the range of the past ones, at most, in the middle half of the clip.
    """
    from onnx import TensorProto, helper, save_model

    node = helper.make_node
    nodes = [
        node("Cast", ["clips"], ["real"], to=TensorProto.FLOAT),
        node("ReduceMean", ["real"], ["grey"], axes=[2], keepdims=0),  # (n, 5, 96, 96)
        node("AveragePool", ["grey"], ["smooth"], kernel_shape=[8, 8], strides=[1, 1], auto_pad="SAME_UPPER"),
        node("Slice", ["smooth", "low", "high", "sides"], ["middle"]),
        node("Slice", ["middle", "zero", "one", "axis"], ["now"]),
        node("Slice", ["middle", "one", "five", "axis"], ["past"]),
        node("ReduceMax", ["past"], ["highest"], axes=[1], keepdims=1),
        node("ReduceMin", ["past"], ["lowest"], axes=[1], keepdims=1),
        node("Sub", ["now", "highest"], ["above"]),
        node("Sub", ["lowest", "now"], ["below"]),
        node("Max", ["above", "below"], ["outside"]),
        node("ReduceMax", ["outside"], ["excess"], axes=[1, 2, 3], keepdims=0),
        node("Sub", ["excess", "ten"], ["beyond"]),
        node("Div", ["beyond", "three"], ["scaled"]),
        node("Reshape", ["scaled", "flat"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "range",
        [helper.make_tensor_value_info("clips", input_type or TensorProto.UINT8, ["batch", 5, 3, 96, 96])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        _constants(),
    )
    shutil.copytree(squares, folder)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save_model(model, str(folder / "range.onnx"))
    sha256 = hashlib.sha256((folder / "range.onnx").read_bytes()).hexdigest()
    with (folder / "model.toml").open("a", encoding="utf-8") as sheet:
        sheet.write(_TEMPORAL.format(sha256=sha256))
    return folder


def _constants() -> list[Any]:
    from onnx import numpy_helper

    whole = {"zero": [0], "one": [1], "five": [5], "axis": [1], "low": [24, 24], "high": [72, 72], "sides": [2, 3]}
    reals = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("ten", 10), ("three", 3))]
    return reals + [
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in {**whole, "flat": [-1, 1]}.items()
    ]


def landscape(width: int = 320, height: int = 240, seed: int = 3) -> npt.NDArray[np.uint8]:
    """Return a picture with texture of all sizes, nowhere bright: levels 30 to 130."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for sigma in (1.5, 4.0, 16.0):
        layer = cv2.GaussianBlur(rng.standard_normal((height, width, 3)).astype(np.float32), (0, 0), sigma)
        total += layer / layer.std()
    return np.clip(80.0 + 14.0 * total, 30.0, 130.0).astype(np.uint8)


def moved(image: npt.NDArray[np.uint8], x: float, y: float) -> npt.NDArray[np.uint8]:
    """Return a picture as a camera that shook sees it: what was at (u, v) is at (u + x, v + y)."""
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    size = (image.shape[1], image.shape[0])
    flat = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(flat, np.uint8)


def with_blob(
    image: npt.NDArray[np.uint8], middle: tuple[float, float], radius: float, level: float = 250.0
) -> npt.NDArray[np.uint8]:
    """Return a picture with a bright disc in it, whose edge is two pixels soft."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    share = np.clip((radius - np.hypot(x - middle[0], y - middle[1])) / 2.0 + 0.5, 0.0, 1.0)[:, :, None]
    return np.asarray(image * (1.0 - share) + level * share, np.uint8)


def noisy(image: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
    """Return a picture with a sensor's noise, another for each number: no two frames have one hash."""
    noise = np.random.default_rng(number).normal(0.0, 1.5, image.shape)
    return np.clip(image + noise, 0.0, 255.0).astype(np.uint8)
