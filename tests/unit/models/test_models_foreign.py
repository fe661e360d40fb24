"""Other detectors: every layout of output that an adapter can name gives the same boxes for the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save_model

from firewatch.errors import ModelError
from models.evaluate.foreign import ForeignEye, presets, read_adapter

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 64
# In pixels of a 64 x 64 input: one box found with .8, one with .3; as corners.
BOXES = np.array([[8, 16, 24, 32], [40, 20, 56, 30]], np.float32)
SCORES = np.array([0.8, 0.3], np.float32)
# A 128 x 64 picture is halved; in the middle of the input, it begins 16 pixels down.
PICTURE = np.full((64, 128, 3), 90, np.uint8)
TOP_LEFT = BOXES * 2
CENTRE = (BOXES - [0, 16, 0, 16]) * 2


def centred() -> np.ndarray:
    return np.concatenate(((BOXES[:, :2] + BOXES[:, 2:]) / 2, BOXES[:, 2:] - BOXES[:, :2]), axis=1)


def logit(chances: np.ndarray) -> np.ndarray:
    return np.log(chances / (1 - chances))


def write_network(
    path: Path, outputs: list[np.ndarray], shape: tuple[Any, ...] = (1, 3, SIDE, SIDE), kind: int = TensorProto.FLOAT
) -> Path:
    """Write a network whose outputs are always these, plus nought times the input's mean."""
    nodes = [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real"], ["grey"], keepdims=0),
        helper.make_node("Mul", ["grey", "nought"], ["nothing"]),
    ]
    nodes += [helper.make_node("Add", [f"fixed{n}", "nothing"], [f"out{n}"]) for n in range(len(outputs))]
    graph = helper.make_graph(
        nodes,
        "fixed",
        [helper.make_tensor_value_info("images", kind, list(shape))],
        [helper.make_tensor_value_info(f"out{n}", TensorProto.FLOAT, list(o.shape)) for n, o in enumerate(outputs)],
        [numpy_helper.from_array(np.float32(0), "nought")]
        + [numpy_helper.from_array(o.astype(np.float32), f"fixed{n}") for n, o in enumerate(outputs)],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def yolov8() -> list[np.ndarray]:
    return [np.concatenate((centred(), SCORES[:, None]), axis=1).T[None]]


def yolov5() -> list[np.ndarray]:
    halves = np.full((2, 1), 0.5)
    return [np.concatenate((centred(), halves, 2 * SCORES[:, None] * [[0.9], [0.9]] / 0.9), axis=1)[None]]


def yolox() -> list[np.ndarray]:
    """Fill the grids of strides 8, 16 and 32 of a 64 x 64 input with nothing, then put both boxes into cells."""
    raw = np.zeros((64 + 16 + 4, 6))
    middle = centred()
    for row, (cell, stride, at) in enumerate(((3 * 8 + 2, 8, (2, 3)), (64 + 1 * 4 + 3, 16, (3, 1)))):
        raw[cell, :2] = middle[row, :2] / stride - at
        raw[cell, 2:4] = np.log(middle[row, 2:] / stride)
        raw[cell, 4:] = (1.0, SCORES[row])
    return [raw[None]]


def two() -> list[np.ndarray]:
    return [BOXES[None], SCORES[None]]


def rows() -> list[np.ndarray]:
    other_class = np.array([[0, 0, 9, 9, 0.99, 1]])
    return [np.concatenate((np.column_stack((BOXES, SCORES, [0, 0])), other_class))[None]]


@pytest.mark.parametrize(
    ("preset", "outputs", "expected"),
    [
        ("yolov8", yolov8(), CENTRE),
        ("yolov5", yolov5(), CENTRE),
        ("yolox", yolox(), TOP_LEFT),
        ("boxes-scores", two(), TOP_LEFT),
        ("rows", rows(), CENTRE),
    ],
)
def test_every_preset_reads_its_layout(
    tmp_path: Path, preset: str, outputs: list[np.ndarray], expected: np.ndarray
) -> None:
    eye = ForeignEye(write_network(tmp_path / "n.onnx", outputs), read_adapter(preset))
    scored = eye.score(PICTURE)
    found = scored.detections.above(0.01)
    clipped = np.clip(expected, 0, [128, 64, 128, 64])
    np.testing.assert_allclose(found.boxes, clipped, atol=1e-3)
    np.testing.assert_allclose(found.scores, SCORES, atol=1e-6)
    assert scored.score == pytest.approx(0.8)


def test_every_preset_is_tried_above() -> None:
    assert presets() == ["boxes-scores", "rows", "yolov5", "yolov8", "yolox"]


@pytest.mark.parametrize(
    ("settings", "outputs"),
    [
        ('layout = "attributes-last"\ncorners = true', [np.column_stack((BOXES, SCORES))[None]]),
        ('layout = "attributes-last"\nlogits = true', [np.column_stack((centred(), logit(SCORES)))[None]]),
        ('layout = "attributes-first"\nfractions = true', [np.column_stack((centred() / SIDE, SCORES)).T[None]]),
        ('layout = "attributes-first"\nsmoke_class = 1', [np.column_stack((centred(), [0.9, 0.9], SCORES)).T[None]]),
        (
            'layout = "boxes-and-scores"\ncorners = true\nsmoke_class = 2',
            [BOXES[None], np.column_stack(([0.9, 0.9], [0.9, 0.9], SCORES))[None]],
        ),
    ],
)
def test_an_adapter_file_says_what_is_different(tmp_path: Path, settings: str, outputs: list[np.ndarray]) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        f'schema = 1\nname = "own"\n[input]\nletterbox = "top-left"\n[output]\n{settings}\n', encoding="utf-8"
    )
    eye = ForeignEye(write_network(tmp_path / "n.onnx", outputs), read_adapter(str(file)))
    found = eye.score(PICTURE).detections
    np.testing.assert_allclose(found.boxes, np.clip(TOP_LEFT, 0, [128, 64, 128, 64]), atol=1e-3)
    np.testing.assert_allclose(found.scores, SCORES, atol=1e-6)
    assert eye.name == "n (own)"


def write_seeing_network(path: Path, shape: tuple[Any, ...], kind: int = TensorProto.FLOAT) -> Path:
    """Write a network of one box whose score is what stands in the first channel, at row 16, column 0."""
    nodes = [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["real", "from", "to"], ["dot"]),
        helper.make_node("Reshape", ["dot", "flat"], ["score"]),
        helper.make_node("Concat", ["box", "score"], ["out"], axis=1),
    ]
    constants = {
        "from": np.array([0, 0, 16, 0], np.int64),
        "to": np.array([1, 1, 17, 1], np.int64),
        "flat": np.array([1, 1, 1], np.int64),
        "box": np.array([[[32], [32], [20], [20]]], np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "dot",
        [helper.make_tensor_value_info("images", kind, list(shape))],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 5, 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('channels = "RGB"\nletterbox = "centre"\nscale = 0.00392156862745098', 200 / 255),
        ('channels = "BGR"\nletterbox = "centre"\nscale = 0.00392156862745098', 40 / 255),
        ('channels = "RGB"\nletterbox = "top-left"\nscale = 0.00392156862745098', 200 / 255),
        (
            'letterbox = "centre"\nscale = 0.00392156862745098\nmean = [0.4, 0, 0]\ndeviation = [2, 1, 1]',
            (200 / 255 - 0.4) / 2,
        ),
    ],
)
def test_a_picture_is_fed_as_the_adapter_says(tmp_path: Path, settings: str, expected: float) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'schema = 1\nname = "own"\n[input]\n{settings}\n', encoding="utf-8")
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:] = (40, 90, 200)
    eye = ForeignEye(write_seeing_network(tmp_path / "n.onnx", (1, 3, SIDE, SIDE)), read_adapter(str(file)))
    assert eye.score(picture).score == pytest.approx(expected, abs=1e-6)


def test_half_precision_and_whole_numbers_are_fed_too(tmp_path: Path) -> None:
    half = ForeignEye(
        write_seeing_network(tmp_path / "h.onnx", (1, 3, SIDE, SIDE), TensorProto.FLOAT16), read_adapter("yolov8")
    )
    assert half.score(PICTURE).score == pytest.approx(90 / 255, abs=1e-3)
    dark = np.ones((64, 128, 3), np.uint8)
    whole = write_seeing_network(tmp_path / "w.onnx", (1, 3, SIDE, SIDE), TensorProto.UINT8)
    with pytest.raises(ModelError, match="logits = true"):
        ForeignEye(whole, read_adapter("yolov8"))  # the grey border scores 114, which is no probability
    assert dark.max() == 1


def test_a_free_input_takes_the_adapter_s_size(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx", yolov8(), (1, 3, "height", "width"))
    assert ForeignEye(path, read_adapter("yolov8")).input_px == (640, 640)
    file = tmp_path / "own.toml"
    file.write_text('schema = 1\nname = "own"\n[input]\nwidth = 128\nheight = 96\n', encoding="utf-8")
    assert ForeignEye(path, read_adapter(str(file))).input_px == (128, 96)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema = 2\nname = 'x'", "schema"),
        ("schema = 1\nname = 'x'\n[output]\nlayuot = 'rows'", "layuot"),
        ("schema = 1\nname = 'x'\n[output]\nlayout = 'diagonal'", "diagonal"),
        ("schema = 1\nname = 'x'\n[input]\nwidth = 7", "32"),
        ("no toml at all", "yolov8.toml"),
    ],
)
def test_a_wrong_adapter_is_refused_by_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=told):
        read_adapter(str(file))


def test_an_unknown_adapter_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="boxes-scores, rows, yolov5, yolov8, yolox"):
        read_adapter("yolov99")


@pytest.mark.parametrize(
    ("preset", "outputs", "told"),
    [
        ("yolox", yolov5(), "strides"),
        ("boxes-scores", yolov8(), "one output"),
        ("boxes-scores", [BOXES[None], SCORES[None, :1]], "scores"),
        ("rows", yolov8(), "rows must be"),
        ("yolov8", [np.zeros((1, 4, 7))], "0 classes"),
        ("yolov8", [np.zeros((5, 7))], "three axes"),
        ("yolov8", [np.full((1, 5, 7), 3.0)], "logits = true"),
    ],
)
def test_a_network_that_does_not_fit_its_adapter_is_refused(
    tmp_path: Path, preset: str, outputs: list[np.ndarray], told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        ForeignEye(write_network(tmp_path / "n.onnx", outputs), read_adapter(preset))


@pytest.mark.parametrize(
    ("shape", "kind", "told"),
    [
        ((1, SIDE, SIDE, 3), TensorProto.FLOAT, "batch, 3"),
        ((1, 3, SIDE, SIDE), TensorProto.INT64, "int64"),
    ],
)
def test_an_input_that_no_picture_fits_is_refused(tmp_path: Path, shape: tuple[int, ...], kind: int, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        ForeignEye(write_network(tmp_path / "n.onnx", yolov8(), shape, kind), read_adapter("yolov8"))


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n.onnx").write_bytes(b"smoke")
    with pytest.raises(ModelError, match="cannot read it"):
        ForeignEye(tmp_path / "n.onnx", read_adapter("yolov8"))


def test_a_threshold_is_set_for_confirmation_too(tmp_path: Path) -> None:
    eye = ForeignEye(write_network(tmp_path / "n.onnx", yolov8()), read_adapter("yolov8"))
    assert eye.threshold is None
    assert eye.confirmation.threshold == 1.0, "nothing is confirmed before one is set"
    chosen = eye.at(0.3)
    assert (chosen.threshold, chosen.confirmation.threshold, chosen.confirmation.hits) == (0.3, 0.3, 3)
    assert eye.threshold is None
