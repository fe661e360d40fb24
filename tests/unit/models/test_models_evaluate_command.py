"""`python -m models.evaluate` as a stranger runs it: one command, tables, JSON, pictures; and refusals that help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save_model
from temporal_model import landscape, noisy, with_blob

from models.evaluate.__main__ import main
from models.evaluate.progress import Bar

ROOT = Path(__file__).parents[3]
# x, y of a bright cell that the squares model finds; the truth is the cell at 0, 0.
ON, BESIDE, NONE = (0, 0), (96, 64), None


def picture(number: int, cell: tuple[int, int] | None, grey: int = 250) -> np.ndarray:
    image = np.random.default_rng(number).integers(60, 70, (96, 128, 3), np.uint8)
    if cell is not None:
        image[cell[1] : cell[1] + 16, cell[0] : cell[0] + 16] = grey
    return image


def write_split(folder: Path, frames: list[tuple[str, str, tuple[int, int] | None]], subset: str = "main") -> None:
    """Write frames of (camera, label, bright cell)."""
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    for number, (camera, label, cell) in enumerate(frames):
        name = f"{camera}-{number}.png"
        # Brightness rises with the number, so that scores differ.
        cv2.imwrite(str(folder / name), picture(number, cell, 215 + 2 * number))
        boxes = [[0, 0, 16, 16]] if label == "smoke" else []
        images.append(
            {"file": name, "image_label": label, "boxes": boxes, "camera": camera, "source": "drawn", "subset": subset}
        )
    (folder / "annotations.json").write_text(json.dumps({"images": images}), encoding="utf-8")


def write_sequence(real: Path) -> None:
    folder = real / "sequences" / "train" / "hill"
    folder.mkdir(parents=True)
    rows = []
    for at_s in range(-240, 481, 60):
        cv2.imwrite(str(folder / f"{at_s:+06d}.png"), picture(at_s + 999, ON if at_s >= 120 else NONE))
        rows.append({"t": at_s, "file": f"{at_s:+06d}.png"})
    index = {"sequence": "hill", "split": "train", "first_smoke_visible_t": 60, "frames": rows}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    frames = [("a", "smoke", ON), ("a", "smoke", ON), ("a", "smoke", BESIDE), ("b", "smoke", NONE)]
    clear = [("a", "none", NONE), ("b", "none", BESIDE), ("b", "none", NONE), ("c", "none", NONE), ("c", "ignore", ON)]
    write_split(folder / "val", [*frames, *clear])
    write_split(folder / "test", [*frames, *clear])
    write_split(folder / "empty", [("d", "none", NONE)] * 3, subset="val")
    write_sequence(folder)
    return folder


def run(model: Path, real: Path, *more: str) -> int:
    return main(["--model", str(model), "--real", str(real), "--draws", "20", *more])


def test_one_command_gives_tables_json_and_pictures(
    tmp_path: Path, squares_model: Path, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "deep" / "pictures"
    files = ["--json", str(tmp_path / "r.json"), "--markdown", str(tmp_path / "r.md"), "--pictures", str(pictures)]
    wanted = ["--split", "val", "--split", "empty-val", "--sequences", str(real / "sequences" / "train"), "--speed"]
    assert run(squares_model, real, *wanted, "--rendered-hours", "0.05", *files) == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    val, both = report["frames"]["val"], report["frames"]["val + empty-val"]
    assert (val["frames"], val["smoke"], val["drawn"], val["cameras"]) == (8, 4, 4, 3)
    assert val["figures"]["localised_recall"]["value"] == 0.5
    assert val["figures"]["specificity"]["value"] == 0.75
    assert both["figures"]["specificity"]["value"] == pytest.approx(6 / 7, abs=1e-4)
    assert report["frames"]["empty-val"]["figures"]["localised_recall"]["value"] is None
    assert val["baselines"]["always smoke"]["f1"] == pytest.approx(2 * 4 / (2 * 4 + 4), abs=1e-4)
    fires = report["sequences"]
    assert fires["each"]["hill"]["confirmed_s"] == 240.0
    assert fires["before_ignition"]["at_most_95"] == pytest.approx(2.9957, abs=1e-3)
    assert report["rendered"]["frames"] == 3
    assert set(report["milliseconds a frame"]) == {"1 threads", "2 threads"}
    printed = capsys.readouterr().out
    assert printed.strip() == (tmp_path / "r.md").read_text(encoding="utf-8").strip()
    assert "| localised recall | .50 |" in printed
    drawn = {path.name for path in pictures.iterdir()}
    kinds = ("roc", "precision-recall", "reliability", "sizes", "operating")
    assert {f"val-{kind}.png" for kind in kinds} | {"hill-timeline.png", "val-empty-val-roc.png"} <= drawn
    for path in pictures.iterdir():
        image = cv2.imread(str(path))
        assert image is not None
        assert image.std() > 5.0, f"{path.name} is blank"


def test_the_verifier_is_part_of_what_is_measured_unless_it_is_left_out(tmp_path: Path, range_model: Path) -> None:
    folder = tmp_path / "stood"
    folder.mkdir()
    for number in range(5):
        # A bright disc that was always there: only the past tells it from smoke.
        cv2.imwrite(str(folder / f"{number}.png"), noisy(with_blob(landscape(), (180.0, 140.0), 24.0), number))
    frames = [{"t": 60 * number - 300, "file": f"{number}.png"} for number in range(5)]
    (folder / "index.json").write_text(json.dumps({"first_smoke_visible_t": 0, "frames": frames}), encoding="utf-8")
    found = []
    for options in ([], ["--no-temporal"]):
        files = ["--json", str(tmp_path / "r.json"), "--pictures", str(tmp_path)]
        assert run(range_model, tmp_path, "--sequences", str(folder), *options, *files) == 0
        report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
        fire = report["sequences"]["each"]["stood"]
        compared = [moment["beside_its_past"] for moment in fire["moments"]]
        found.append((report["stages"], fire["before_ignition"]["episodes"], compared))
    assert found == [(["detector", "verifier"], 0, [False] + [True] * 4), (["detector"], 1, [False] * 5)]


def test_choosing_keeps_the_specificity_and_draws_the_curve(
    tmp_path: Path, squares_model: Path, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["choose", "--model", str(squares_model), "--real", str(real), "--draws", "20"]
    assert main([*command, "--json", str(tmp_path / "c.json"), "--pictures", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert report["specificity"] >= 0.85
    assert report["chosen_on"] == ["val", "empty-val"]
    assert {trial["name"] for trial in report["calibrations"]} == {"as it is", "platt", "isotonic"}
    assert (tmp_path / "choice-operating.png").is_file()
    assert "| localised recall |" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["choose", "compare"])
def test_nothing_is_ever_chosen_on_test(
    squares_model: Path, real: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--model", str(squares_model), "--split", "val", "--choose-anew"] if command == "compare" else []
    chosen = ["--chosen-on", "val", "test"]
    assert main([command, "--model", str(squares_model), *more, "--real", str(real), *chosen]) == 1
    assert "any but test" in capsys.readouterr().err


def write_random_yolo(path: Path) -> Path:
    """Write a YOLOv8-style network of one random convolution: 64 x 64 in, (1, 5, 64) out."""
    rng = np.random.default_rng(0)
    constants = {
        "weights": rng.normal(0, 0.02, (5, 3, 8, 8)).astype(np.float32),
        "shape": np.array([1, 5, 64], np.int64),
        "stretch": np.array([64, 64, 20, 20, 1], np.float32).reshape(1, 5, 1),
    }
    nodes = [
        helper.make_node("Conv", ["images", "weights"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Reshape", ["cells", "shape"], ["flat"]),
        helper.make_node("Sigmoid", ["flat"], ["shares"]),
        helper.make_node("Mul", ["shares", "stretch"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, 64])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def test_another_detector_goes_through_the_same_mill(
    tmp_path: Path, squares_model: Path, blind_model: Path, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter = tmp_path / "own.toml"
    adapter.write_text(
        'schema = 1\nname = "random"\n[input]\nscale = 0.0039\n[decision]\nthreshold = 0.4\n', encoding="utf-8"
    )
    onnx = write_random_yolo(tmp_path / "other.onnx")
    more = ["--onnx", str(onnx), "--adapter", str(adapter), "--split", "val", "--draws", "20"]
    files = ["--json", str(tmp_path / "r.json"), "--pictures", str(tmp_path)]
    models = ["--model", str(squares_model), "--model", str(blind_model)]
    wanted = ["--sequences", str(real / "sequences" / "train")]
    assert main(["compare", *models, "--real", str(real), *more, *wanted, *files]) == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert list(report["frames"]) == ["squares 1", "squares 1 (2)", "other (random)"]
    gaps = report["differences"]["squares 1 (2)"]
    assert gaps["localised_recall"]["value"] == -0.5
    assert gaps["specificity"]["value"] == 0.25, "the blind one raises no false alarm"
    assert set(gaps) == set(report["differences"]["other (random)"])
    assert report["sequences"]["squares 1"]["each"]["hill"]["confirmed_s"] == 240.0
    assert report["sequences"]["squares 1 (2)"]["confirmed"] == 0
    assert (tmp_path / "val-roc.png").is_file()
    assert "less squares 1" in capsys.readouterr().out


def test_a_detector_without_a_threshold_gets_one_as_the_project_s_own_do(
    tmp_path: Path, squares_model: Path, real: Path
) -> None:
    # The squares model's own network, read as any other: boxes and logits, its input in whole numbers.
    adapter = tmp_path / "own.toml"
    text = 'schema = 1\nname = "plain"\n[input]\nchannels = "BGR"\nletterbox = "top-left"\n[output]\n'
    adapter.write_text(text + 'layout = "boxes-and-scores"\ncorners = true\nlogits = true\n', encoding="utf-8")
    other = ["--onnx", str(squares_model / "squares.onnx"), "--adapter", str(adapter)]
    # The squares model lists its boxes first.
    command = ["compare", "--model", str(squares_model), *other, "--real", str(real), "--split", "val", "--draws", "20"]
    assert main([*command, "--choose-anew", "--json", str(tmp_path / "r.json")]) == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    first, second = report["detectors"].values()
    assert first["threshold"] == pytest.approx(second["threshold"], abs=1e-4)
    assert "specificity 0.85" in second["how"]
    for name, gap in next(iter(report["differences"].values())).items():
        assert gap["value"] == pytest.approx(0.0, abs=1e-4), f"{name}: one network by two ways"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--split", "nowhere"], "one of empty, test, val"),
        (["--split", "empty-nothing"], "subset"),
        (["--made", "nowhere"], "annotations.json"),
        (["--sequences", "nowhere"], r"index.json"),
        (["--split", "val", "--rendered-hours", "0"], "a minute"),
        (["--split", "val", "--json", "nowhere/r.json"], "nowhere"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_what_to_do(
    squares_model: Path, real: Path, more: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(squares_model, real, *more) == 1
    assert told in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, real: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, real, "--split", "val") == 1
    assert "model.toml" in capsys.readouterr().err


def test_a_broken_picture_is_named(tmp_path: Path, squares_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_split(tmp_path / "val", [("a", "none", NONE)])
    (tmp_path / "val" / "a-0.png").write_bytes(b"<html>")
    assert run(squares_model, tmp_path, "--split", "val") == 1
    assert "a-0.png" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"images": [{"file": "a.png"}]}', '{"images": [1]}'])
def test_broken_annotations_are_named(
    tmp_path: Path, squares_model: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "annotations.json").write_text(text, encoding="utf-8")
    assert run(squares_model, tmp_path, "--split", "val") == 1
    assert "annotations.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["compare", "--model", "x", "--split", "val"],
        ["compare", "--model", "x", "--onnx", "y", "--split", "val"],
        ["compare", "--model", "x", "--model", "y"],
        ["--split", "val", "--draws", "0"],
    ],
)
def test_wrong_usage_leaves_by_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_it_runs_as_a_module_and_says_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "models.evaluate", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "compare" in done.stdout
    assert "exit codes" in done.stdout


def test_the_bar_tells_how_far_it_is() -> None:
    bar = Bar("frames", 4)
    for _ in range(2):
        bar()
    assert bar.line(10.0) == "frames [###############...............] 2/4, 10 s left"
