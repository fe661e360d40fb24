"""The detector on a network that finds bright cells."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import pytest

from firewatch.errors import InvalidValue, ModelError
from firewatch_edge.detect import Detector, Letterbox, shipped_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt


def grey(width: int = 256, height: int = 192, level: int = 60) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


@pytest.fixture(scope="module")
def detector(squares_model: Path) -> Detector:
    return Detector.load(squares_model, threads=1)


def test_finds_a_bright_cell_in_pixels_of_the_frame(detector: Detector) -> None:
    image = grey()
    image[64:96, 96:128] = 250
    scored = detector.score(image)
    assert scored.detections.boxes.tolist() == [[96.0, 64.0, 128.0, 96.0]]
    assert scored.detections.best_score == pytest.approx(1.0 / (1.0 + np.exp(-5.0)), abs=1e-6)
    assert scored.score == scored.detections.best_score


def test_an_empty_frame_has_a_score_but_no_detection(detector: Detector) -> None:
    scored = detector.score(grey(level=150))
    assert len(scored.detections) == 0
    assert scored.score == pytest.approx(1.0 / (1.0 + np.exp(5.0)), abs=1e-6)


def test_the_score_comes_before_any_threshold_or_filter(detector: Detector) -> None:
    # A frame one cell high: the cell is wider than 0.4 of the frame, so it is no detection, yet it has its score.
    scored = detector.score(grey(16, 96, 250))
    assert len(scored.detections) == 0
    assert scored.score > 0.9


def test_padding_is_never_smoke_and_does_not_stay_from_the_frame_before(detector: Detector) -> None:
    detector.score(grey(256, 192, 255))
    wide = grey(256, 96, 60)
    scored = detector.score(wide)
    assert len(scored.detections) == 0
    assert scored.score < 0.01


def test_boxes_are_clipped_to_the_frame(detector: Detector) -> None:
    image = grey(250, 180)
    image[150:, 210:] = 255
    boxes = detector.score(image).detections.boxes
    assert len(boxes)
    assert boxes[:, 2].max() <= 250.0
    assert boxes[:, 3].max() <= 180.0


def test_a_blind_model_sees_nothing(blind_model: Path) -> None:
    scored = Detector.load(blind_model, threads=1).score(grey(level=255))
    assert scored.score == 0.0
    assert len(scored.detections) == 0


def test_the_default_leaves_one_core(squares_model: Path) -> None:
    assert Detector.load(squares_model).score(grey()).score < 0.01


@pytest.mark.parametrize(
    ("width", "height", "content"),
    [(1280, 720, (128, 72)), (720, 1280, (54, 96)), (128, 96, (128, 96)), (64, 48, (128, 96)), (5000, 1, (128, 1))],
)
def test_a_letterbox_keeps_the_proportions(width: int, height: int, content: tuple[int, int]) -> None:
    box = Letterbox(128, 96)
    planes, scale = box.fit(grey(width, height, 10))
    assert box.content_size(width, height) == content
    assert scale == min(128 / width, 96 / height)
    assert (planes[0, :, : content[1], : content[0]] == 10).all()
    assert (planes[0, :, content[1] :, :] == 114).all()
    assert (planes[0, :, :, content[0] :] == 114).all()


def test_letterbox_sizes_are_those_of_the_reference_cases(shared_data: Path) -> None:
    cases = json.loads((shared_data / "location" / "vectors.json").read_text(encoding="utf-8"))["preprocess"][
        "letterbox"
    ]
    for case in cases:
        box = Letterbox(case["imgsz"], case["imgsz"], case["pad_value"])
        assert box.content_size(case["w"], case["h"]) == (case["content_w"], case["content_h"])


def test_a_letterbox_can_turn_the_channels_round() -> None:
    image = grey(32, 32)
    image[:, :] = (1, 2, 3)
    planes, _ = Letterbox(32, 32, is_bgr=False).fit(image)
    assert planes[0, :, 0, 0].tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_a_letterbox_refuses_what_is_no_picture(image: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(InvalidValue, match="uint8"):
        Letterbox(32, 32).fit(image)


def changed(squares_model: Path, tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(squares_model, folder)
    text = (folder / "model.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "model.toml").write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 1", "schema = 2", "another version"),
        ("squares.onnx", "missing.onnx", "copy the model's whole folder"),
        ("width = 128", "width = 160", r"model.toml says \(batch, 3, 96, 160\)"),
        ('"images"', '"pictures"', "the network has"),
        ('boxes = "boxes"', 'boxes = "corners"', "the network has"),
        ('boxes = "boxes"', 'boxes = "logits"', "the last axis must be 4"),
        ("max_width_fraction = 0.4", "max_width_fraction = 4", "max_width_fraction"),
    ],
)
def test_a_model_that_is_not_as_described_is_refused(
    squares_model: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        Detector.load(changed(squares_model, tmp_path, old, new))


def test_an_altered_network_is_refused(squares_model: Path, tmp_path: Path) -> None:
    folder = changed(squares_model, tmp_path, "squares", "squares")
    with (folder / "squares.onnx").open("ab") as network:
        network.write(b"x")
    with pytest.raises(ModelError, match="copy the model again"):
        Detector.load(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--model"):
        Detector.load(tmp_path)


def test_rubbish_that_has_the_right_hash_is_refused(squares_model: Path, tmp_path: Path) -> None:
    old = hashlib.sha256((squares_model / "squares.onnx").read_bytes()).hexdigest()
    folder = changed(squares_model, tmp_path, old, hashlib.sha256(b"rubbish").hexdigest())
    (folder / "squares.onnx").write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="cpu cannot read it"):
        Detector.load(folder)


def rewritten(squares_model: Path, tmp_path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    """Copy the model with its network changed and its hash put right."""
    network = onnx.load(str(squares_model / "squares.onnx"))
    change(network)
    encoded = network.SerializeToString()
    old = hashlib.sha256((squares_model / "squares.onnx").read_bytes()).hexdigest()
    folder = changed(squares_model, tmp_path, old, hashlib.sha256(encoded).hexdigest())
    (folder / "squares.onnx").write_bytes(encoded)
    return folder


def test_a_network_that_takes_other_numbers_is_refused(squares_model: Path, tmp_path: Path) -> None:
    def take_floats(network: onnx.ModelProto) -> None:
        network.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT

    with pytest.raises(ModelError, match=r"its input is tensor\(float\)"):
        Detector.load(rewritten(squares_model, tmp_path, take_floats))


def test_a_network_that_cannot_run_is_refused_before_the_first_frame(squares_model: Path, tmp_path: Path) -> None:
    def break_shape(network: onnx.ModelProto) -> None:
        flat = next(value for value in network.graph.initializer if value.name == "flat")
        flat.CopyFrom(onnx.numpy_helper.from_array(np.array([1, 47, 1], np.int64), "flat"))
        for output in network.graph.output:
            output.type.tensor_type.ClearField("shape")
            for side in ("batch", "n", "k"):
                output.type.tensor_type.shape.dim.add().dim_param = side

    with pytest.raises(ModelError, match=r"cannot score an empty frame|cannot read it"):
        Detector.load(rewritten(squares_model, tmp_path, break_shape))


def set_constant(name: str, value: float) -> Callable[[onnx.ModelProto], None]:
    def change(network: onnx.ModelProto) -> None:
        constant = next(item for item in network.graph.initializer if item.name == name)
        old = onnx.numpy_helper.to_array(constant)
        constant.CopyFrom(onnx.numpy_helper.from_array(np.full(old.shape, value, np.float32), name))

    return change


@pytest.mark.parametrize(("name", "value"), [("dark", float("nan")), ("step", 0.0), ("grid", float("inf"))])
def test_a_network_whose_outputs_are_no_numbers_is_refused(
    squares_model: Path, tmp_path: Path, name: str, value: float
) -> None:
    """It would see nothing, or smoke everywhere, and say so with a straight face."""
    with pytest.raises(ModelError, match="no numbers"):
        Detector.load(rewritten(squares_model, tmp_path, set_constant(name, value)))


class Spoilt:
    """A session that spoils some of a network's outputs from its second run on: weights hit in memory."""

    def __init__(self, detector: Detector, spoil: Callable[[np.ndarray, np.ndarray], None]) -> None:
        self._true = detector._session
        self._spoil = spoil

    def run(self, *given: object) -> list[np.ndarray]:
        boxes, logits = (np.array(output) for output in self._true.run(*given))
        self._spoil(boxes, logits)
        return [boxes, logits]


def test_a_frame_of_which_nothing_could_be_scored_is_an_error_and_not_a_clear_view(squares_model: Path) -> None:
    detector = Detector.load(squares_model, threads=1)

    def spoil(_: np.ndarray, logits: np.ndarray) -> None:
        logits[:] = np.nan

    detector._session = Spoilt(detector, spoil)
    with pytest.raises(ModelError, match="48 of 48 candidates are no numbers"):
        detector.score(grey())


def test_candidates_that_are_no_numbers_are_told_and_the_others_count(
    squares_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    detector = Detector.load(squares_model, threads=1)

    def spoil(boxes: np.ndarray, logits: np.ndarray) -> None:
        boxes[0, 0, 1] = np.nan
        logits[0, 1] = np.inf

    detector._session = Spoilt(detector, spoil)
    image = grey()
    image[64:96, 96:128] = 250
    scored = detector.score(image)
    assert scored.detections.boxes.tolist() == [[96.0, 64.0, 128.0, 96.0]]
    assert scored.score == pytest.approx(float(scored.detections.scores[0]))
    (line,) = [record for record in caplog.records if record.msg == "detector.unsound"]
    assert line.__dict__["candidates"] == 2


def test_the_shipped_model_has_one_place() -> None:
    assert shipped_model().name in {"model", "smoke"}
