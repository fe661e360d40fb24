"""The network in eight bits: the same contract, its boxes and logits in float, its description true."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest

from firewatch_edge.detect import load_spec
from models.data.frames import Frame
from models.detector import Sheet
from models.quantise import Loss, float_nodes, quantise, quantise_verifier
from models.sheet import InEightBits, Origin, describe, digest
from models.verifier_int8 import ClipLoss, VerifierInEightBits

SHIPPED = Path(__file__).parents[3] / "models" / "smoke" / "smoke.onnx"
SIZE = (1280, 736)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    folder, rng = tmp_path_factory.mktemp("frames"), np.random.default_rng(0)
    paths = [folder / f"{number}.png" for number in range(2)]
    for path in paths:
        cv2.imwrite(str(path), cv2.GaussianBlur(rng.integers(0, 256, (360, 640, 3), np.uint8), (0, 0), 9.0))
    return [Frame(path, "none") for path in paths]


@pytest.fixture(scope="module")
def quantised(frames: list[Frame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "smoke.int8.onnx"
    quantise(SHIPPED, out, frames, SIZE)
    return out


def test_the_file_is_smaller_and_its_convolutions_are_in_eight_bits(quantised: Path) -> None:
    assert quantised.stat().st_size < 0.6 * SHIPPED.stat().st_size
    model = onnx.load(str(quantised))
    made_by = {output: node.op_type for node in model.graph.node for output in node.output}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    in_bits = [node for node in convolutions if made_by.get(node.input[1]) == "DequantizeLinear"]
    assert len(convolutions) - len(in_bits) == 6, "a logit and a box on three levels stay in float"
    assert not [node for node in in_bits if node.name in float_nodes(onnx.load(str(SHIPPED)))]


def test_parts_can_be_kept_in_float_and_an_odd_number_of_frames_will_do(frames: list[Frame], tmp_path: Path) -> None:
    out = tmp_path / "smoke.int8.onnx"
    quantise(SHIPPED, out, frames[:1], SIZE, keep_float=["backbone"])
    model = onnx.load(str(out))
    made_by = {output: node.op_type for node in model.graph.node for output in node.output}
    in_bits = [
        n.name for n in model.graph.node if n.op_type == "Conv" and made_by.get(n.input[1]) == "DequantizeLinear"
    ]
    assert {name.split("/")[1].split(".")[0] for name in in_bits} == {"pyramid", "heads"}
    with pytest.raises(ValueError, match="no part 'neck'"):
        quantise(SHIPPED, tmp_path / "b.onnx", frames, SIZE, keep_float=["neck"])
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("batch", [1, 2])
def test_inputs_and_outputs_are_those_of_the_file_in_float(quantised: Path, batch: int) -> None:
    session = onnxruntime.InferenceSession(str(quantised), providers=["CPUExecutionProvider"])
    boxes, logits = session.run(["boxes", "logits"], {"images": np.full((batch, 3, SIZE[1], SIZE[0]), 114, np.uint8)})
    assert boxes.shape == (batch, 19320, 4)
    assert logits.shape == (batch, 19320, 1)
    assert boxes.dtype == logits.dtype == np.float32
    assert np.isfinite(boxes).all()


def test_nothing_to_calibrate_on_and_unknown_ranges_are_refused(frames: list[Frame], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no frames to calibrate on"):
        quantise(SHIPPED, tmp_path / "a.onnx", [], SIZE)
    with pytest.raises(ValueError, match="minmax, percentile"):
        quantise(SHIPPED, tmp_path / "a.onnx", frames, SIZE, "mean")
    with pytest.raises(ValueError, match="no clips to calibrate on"):
        quantise_verifier(SHIPPED, tmp_path / "a.onnx", np.zeros((0, 5, 3, 96, 96), np.uint8))
    assert not list(tmp_path.iterdir())


def test_the_loss_is_the_larger_fall() -> None:
    assert Loss(0.0, (0.9, 0.88), (0.6, 0.5)).worst == pytest.approx(0.1)
    assert Loss(0.0, (0.9, 0.8), (0.5, 0.6)).worst == pytest.approx(0.1)


def test_the_description_tells_kind_and_loss_and_the_node_reads_it(quantised: Path, tmp_path: Path) -> None:
    (tmp_path / "smoke.onnx").write_bytes(SHIPPED.read_bytes())
    shipped = load_spec(SHIPPED.parent)
    decision = msgspec.structs.replace(shipped.decision, threshold=0.8)
    spec = msgspec.structs.replace(shipped, version="0.3.0", decision=decision)
    sheet = Sheet(tmp_path / "smoke.onnx", spec)
    loss = Loss(0.05, (0.9, 0.89), (0.6, 0.55))
    origin = Origin("plain", 'python -m models.train --config "a\\b.toml"', 5)
    text = describe(sheet, origin, InEightBits(quantised, "minmax", 128, loss))
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    said = tomllib.loads(text)
    assert said["network"] == {"kind": "plain"}
    assert said["provenance"]["command"] == origin.command
    assert not [source for source in said["provenance"]["data"] if "COCO" in source]
    assert said["int8"]["file"] == "smoke.int8.onnx"
    assert said["int8"]["sha256"] == digest(quantised)
    assert said["int8"]["auroc"] == [0.9, 0.89]
    assert said["int8"]["localised_recall"] == [0.6, 0.55]
    assert load_spec(tmp_path).decision.threshold == 0.8
    assert "int8" not in tomllib.loads(describe(sheet, origin))


def test_the_section_of_a_verifier_in_eight_bits_tells_its_loss_and_the_node_reads_it(
    range_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(range_model, tmp_path / "model")
    file = tmp_path / "model" / "verify.int8.onnx"
    file.write_bytes((range_model / "range.onnx").read_bytes())
    made = VerifierInEightBits(file, "minmax", 128, ClipLoss(0.25, (0.98, 0.97), (0.8, 0.75)))
    assert made.loss.worst == pytest.approx(0.05)
    sheet = tmp_path / "model" / "model.toml"
    sheet.write_text(sheet.read_text(encoding="utf-8") + made.section(), encoding="utf-8")
    said = tomllib.loads(sheet.read_text(encoding="utf-8"))["temporal"]["int8"]
    assert (said["auroc"], said["recall"], said["largest_difference"]) == ([0.98, 0.97], [0.8, 0.75], 0.25)
    temporal = load_spec(tmp_path / "model", "int8").temporal
    assert temporal is not None
    assert (temporal.file, temporal.sha256) == (file.name, digest(file))
