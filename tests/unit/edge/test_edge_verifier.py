"""A verifier that is not as its model says is refused at the start, one that goes wrong later is an error."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
from temporal_model import write_range_model

from firewatch.errors import ModelError
from firewatch_edge.detect import Detector, Eyes, Verifier, load_spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (5, 3, 96, 96)


@pytest.fixture(scope="module")
def verifier(range_model: Path) -> Verifier:
    spec = load_spec(range_model).temporal
    assert spec is not None
    return Verifier.load(range_model, spec, threads=1)


def clips(*levels: int, past: int = 60) -> np.ndarray:
    made = np.full((len(levels), *SHAPE), past, np.uint8)
    for clip, level in zip(made, levels, strict=True):
        clip[0] = level
    return made


def test_each_clip_has_its_logit(verifier: Verifier) -> None:
    assert verifier.logits(clips(60, 90, 30, 70)) == pytest.approx([-10 / 3, 20 / 3, 20 / 3, 0.0])
    assert verifier.logits(clips()).shape == (0,)


def test_the_probability_joins_both_logits_by_the_weights_of_the_model(verifier: Verifier) -> None:
    joined = verifier.probabilities(np.array([5.0, -5.0, 1e6], np.float32), np.array([-1.0, 1.0, 1e6]))
    assert joined == pytest.approx([0.5, 0.5, 1.0])
    assert joined.dtype == np.float32


def test_a_model_without_a_verifier_has_eyes_for_the_frame_alone(squares_model: Path) -> None:
    eyes = Eyes.load(squares_model, threads=1)
    assert eyes.verifier is None
    assert eyes.temporal is None
    assert eyes.candidates == 0


def test_the_verifier_can_be_switched_off(range_model: Path) -> None:
    assert Eyes.load(range_model, 1, is_temporal=False).verifier is None
    assert Eyes.load(range_model, 1).verifier is not None


def changed(range_model: Path, tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(range_model, folder)
    text = (folder / "model.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "model.toml").write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("range.onnx", "missing.onnx", "copy the model's whole folder"),
        ("candidates = 4", "candidates = 0", "candidates"),
        ("candidates = 4", "candidates = 21", "candidates"),
        ("verifier_weight = 1.0", "verifier_weight = nan", "finite"),
        ("candidate_threshold = 0.2", "candidate_threshold = nan", "candidate_threshold"),
        ("offset = 0.0", "", "offset"),
        ("offset = 0.0", "offset = -inf", "finite"),
        ("hits = 3\nwindow = 6\n\n[temporal]", "hits = 3\nwindow = 6\n\n[temporal]\nwindow = 2", "another version"),
        ("weight = 0.2", 'weight = 0.2\ninput = "pictures"', "the verifier has"),
        ("weight = 0.2", 'weight = 0.2\noutput = "answers"', "the verifier has"),
        ("weight = 0.2", "weight = 0.2\nspan_s = -1.0", "span_s"),
    ],
)
def test_a_section_that_is_wrong_is_refused(range_model: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        Eyes.load(changed(range_model, tmp_path, old, new))


def test_an_altered_verifier_is_refused_and_the_detector_alone_is_not(range_model: Path, tmp_path: Path) -> None:
    folder = changed(range_model, tmp_path, "range", "range")
    with (folder / "range.onnx").open("ab") as network:
        network.write(b"x")
    with pytest.raises(ModelError, match="copy the model again"):
        Eyes.load(folder)
    assert Eyes.load(folder, is_temporal=False).verifier is None


def rewritten(range_model: Path, tmp_path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    network = onnx.load(str(range_model / "range.onnx"))
    change(network)
    encoded = network.SerializeToString()
    old = hashlib.sha256((range_model / "range.onnx").read_bytes()).hexdigest()
    folder = changed(range_model, tmp_path, old, hashlib.sha256(encoded).hexdigest())
    (folder / "range.onnx").write_bytes(encoded)
    return folder


def constant(name: str, value: object) -> Callable[[onnx.ModelProto], None]:
    def change(network: onnx.ModelProto) -> None:
        (item,) = (item for item in network.graph.initializer if item.name == name)
        old = onnx.numpy_helper.to_array(item)
        item.CopyFrom(onnx.numpy_helper.from_array(np.array(value, old.dtype), name))

    return change


def one_at_a_time(network: onnx.ModelProto) -> None:
    network.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def smaller(network: onnx.ModelProto) -> None:
    network.graph.input[0].type.tensor_type.shape.dim[4].dim_value = 64


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (constant("three", np.nan), "no numbers"),
        (constant("three", 0.0), "no numbers"),
        (constant("flat", [1, -1]), "cannot judge 2 empty clip"),
        (constant("flat", [-1, 7]), "cannot judge 1 empty clip"),
        (one_at_a_time, "cannot judge 2 empty clip"),
        (smaller, r"this program gives \(batch, 5, 3, 96, 96\)"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    range_model: Path, tmp_path: Path, change: Callable[[onnx.ModelProto], None], says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        Eyes.load(rewritten(range_model, tmp_path, change), 1)


def test_a_verifier_that_takes_other_numbers_is_refused(squares_model: Path, tmp_path: Path) -> None:
    folder = write_range_model(squares_model, tmp_path / "model", onnx.TensorProto.FLOAT)
    with pytest.raises(ModelError, match=r"its input is tensor\(float\)"):
        Eyes.load(folder, 1)


def test_answers_that_are_no_numbers_are_an_error_later_too(range_model: Path) -> None:
    verifier = Eyes.load(range_model, 1).verifier
    assert verifier is not None

    class Spoilt:
        def run(self, *_: object) -> list[np.ndarray]:
            return [np.array([[1.0], [np.nan]], np.float32)]

    verifier._session = Spoilt()
    with pytest.raises(ModelError, match="no numbers"):
        verifier.logits(clips(1, 2))
    with pytest.raises(ModelError, match="of 3 clips"):
        verifier.logits(clips(1, 2, 3))


def with_int8(squares_model: Path, tmp_path: Path, *, preferred: bool) -> Path:
    """Give the model a second detector, which adds one to each logit, in place of a quantised one."""
    folder = tmp_path / "model"
    shutil.copytree(squares_model, folder)
    network = onnx.load(str(folder / "squares.onnx"))
    constant("dark", 190.0)(network)
    onnx.save_model(network, str(folder / "squares-int8.onnx"))
    sha256 = hashlib.sha256((folder / "squares-int8.onnx").read_bytes()).hexdigest()
    with (folder / "model.toml").open("a", encoding="utf-8") as sheet:
        sheet.write(f'[int8]\nfile = "squares-int8.onnx"\nsha256 = "{sha256}"\npreferred = {str(preferred).lower()}\n')
    return folder


@pytest.mark.parametrize(
    ("precision", "prefers", "runs"),
    [
        ("auto", "float", "float"),
        ("auto", "int8", "int8"),
        ("float", "int8", "float"),
        ("int8", "float", "int8"),
    ],
)
def test_the_detector_that_runs_is_the_one_asked_for_and_its_hash_is_reported(
    squares_model: Path, tmp_path: Path, precision: str, prefers: str, runs: str
) -> None:
    folder = with_int8(squares_model, tmp_path, preferred=prefers == "int8")
    detector = Detector.load(folder, 1, precision)  # type: ignore[arg-type]
    name = "squares.onnx" if runs == "float" else "squares-int8.onnx"
    assert detector.spec.precision == runs
    assert detector.spec.sha256 == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    logit = 5.0 if runs == "float" else 6.0
    assert detector.score(np.full((96, 128, 3), 250, np.uint8)).score == pytest.approx(1.0 / (1.0 + np.exp(-logit)))


def test_only_what_runs_must_be_whole(squares_model: Path, tmp_path: Path) -> None:
    folder = with_int8(squares_model, tmp_path, preferred=False)
    (folder / "squares-int8.onnx").write_bytes(b"rubbish")
    assert Detector.load(folder, 1).spec.precision == "float"
    with pytest.raises(ModelError, match="SHA-256"):
        Detector.load(folder, 1, "int8")


def test_int8_is_not_made_up(squares_model: Path) -> None:
    with pytest.raises(ModelError, match="auto or float"):
        Detector.load(squares_model, 1, "int8")


def with_int8_verifier(range_model: Path, tmp_path: Path, *, preferred: bool) -> Path:
    """Give the model a second verifier, the same network in a file of its own, in place of a quantised one."""
    folder = tmp_path / "model"
    shutil.copytree(range_model, folder)
    spec = load_spec(folder).temporal
    assert spec is not None
    network = onnx.load(str(folder / spec.file))
    network.doc_string = "in eight bits"
    onnx.save_model(network, str(folder / "verify.int8.onnx"))
    sha256 = hashlib.sha256((folder / "verify.int8.onnx").read_bytes()).hexdigest()
    with (folder / "model.toml").open("a", encoding="utf-8") as sheet:
        sheet.write(f'\n[temporal.int8]\nfile = "verify.int8.onnx"\nsha256 = "{sha256}"\n')
        sheet.write(f"preferred = {str(preferred).lower()}\nauroc = [0.9, 0.89]\n")
    return folder


@pytest.mark.parametrize(
    ("precision", "prefers", "is_int8"),
    [("auto", False, False), ("auto", True, True), ("float", True, False), ("int8", False, True)],
)
def test_the_verifier_that_runs_is_the_one_asked_for_beside_a_detector_in_float(
    range_model: Path, tmp_path: Path, precision: str, prefers: object, is_int8: object
) -> None:
    folder = with_int8_verifier(range_model, tmp_path, preferred=bool(prefers))
    eyes = Eyes.load(folder, 1, precision)  # type: ignore[arg-type]
    assert eyes.detector.spec.precision == "float"
    assert eyes.temporal is not None
    assert (eyes.temporal.file == "verify.int8.onnx") is is_int8


def test_a_broken_verifier_in_eight_bits_is_named_only_where_it_is_to_run(range_model: Path, tmp_path: Path) -> None:
    folder = with_int8_verifier(range_model, tmp_path, preferred=False)
    (folder / "verify.int8.onnx").write_bytes(b"rubbish")
    assert Eyes.load(folder, 1).temporal is not None
    with pytest.raises(ModelError, match=r"verify\.int8\.onnx.*SHA-256"):
        Eyes.load(folder, 1, "int8")
