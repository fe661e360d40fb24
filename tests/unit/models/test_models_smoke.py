"""The shipped smoke model: its description agrees with its file."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

FOLDER = Path(__file__).parents[3] / "models" / "smoke"


@pytest.fixture(scope="module")
def sheet() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "model.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def session(sheet: dict[str, Any]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(FOLDER / sheet["file"]), options, providers=["CPUExecutionProvider"])


def test_the_description_names_the_file_that_lies_beside_it(sheet: dict[str, Any]) -> None:
    assert hashlib.sha256((FOLDER / sheet["file"]).read_bytes()).hexdigest() == sheet["sha256"]


def test_the_file_is_small_enough_for_a_tower_link(sheet: dict[str, Any]) -> None:
    assert (FOLDER / sheet["file"]).stat().st_size <= 13_000_000
    assert sheet["provenance"]["parameters"] <= 3_000_000


def test_the_input_is_what_the_description_says(sheet: dict[str, Any], session: onnxruntime.InferenceSession) -> None:
    (given,) = session.get_inputs()
    assert given.name == sheet["input"]["name"]
    assert given.type == f"tensor({sheet['input']['dtype']})"
    assert given.shape[1:] == [3, sheet["input"]["height"], sheet["input"]["width"]]
    assert sheet["input"]["width"] % 32 == 0
    assert sheet["input"]["height"] % 32 == 0


@pytest.mark.parametrize("batch", [1, 2])
def test_any_batch_gives_a_box_and_a_logit_for_every_grid_point(
    sheet: dict[str, Any], session: onnxruntime.InferenceSession, batch: int
) -> None:
    width, height = sheet["input"]["width"], sheet["input"]["height"]
    images = np.full((batch, 3, height, width), sheet["input"]["pad"], np.uint8)
    boxes, logits = session.run([sheet["output"]["boxes"], sheet["output"]["logits"]], {sheet["input"]["name"]: images})
    number = sum((width // s) * (height // s) for s in (8, 16, 32))
    assert boxes.shape == (batch, number, 4)
    assert logits.shape == (batch, number, 1)
    assert boxes.dtype == logits.dtype == np.float32
    assert np.isfinite(boxes).all()
    assert (boxes[..., 2:] > boxes[..., :2]).all()


def test_thresholds_and_calibration_are_usable(sheet: dict[str, Any]) -> None:
    assert sheet["calibration"]["a"] > 0, "a higher logit must mean a higher probability"
    assert 0 < sheet["decision"]["threshold"] < 1
    assert 0 < sheet["confirmation"]["threshold"] < 1
    assert 0 < sheet["decision"]["max_width_fraction"] <= 1
    assert 1 <= sheet["confirmation"]["hits"] <= sheet["confirmation"]["window"]
