"""Horizons of ten real photographs against marks made by eye before there was an extractor."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from firewatch.calibration import find_horizon

pytestmark = pytest.mark.shared

MARKS = json.loads((Path(__file__).parent / "horizon_marks.json").read_text(encoding="utf-8"))["frames"]


def read(folder: Path, name: str) -> np.ndarray:
    """Return a photograph."""
    path = folder / "smoke" / name
    if not path.exists():
        pytest.skip(f"{name} is not among the shared data")
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


@pytest.mark.parametrize("frame", MARKS, ids=[frame["camera"] for frame in MARKS])
def test_the_extracted_horizon_lies_on_the_marked_one(shared_data: Path, frame: dict) -> None:
    image = read(shared_data, frame["file"])
    digest = hashlib.sha256((shared_data / "smoke" / frame["file"]).read_bytes()).hexdigest()
    assert digest == frame["sha256"], "these marks were made on another picture"
    horizon = find_horizon(image)
    column, row = np.array(frame["marks"]).T
    off = np.abs(horizon.row_px[column.astype(int)] - row)
    is_told = np.isfinite(off)
    assert is_told.mean() >= 0.6
    assert float(np.median(off[is_told])) <= 3.0


def test_the_ten_frames_are_of_ten_cameras(shared_data: Path) -> None:
    assert shared_data.exists()
    assert len({frame["camera"] for frame in MARKS}) == len(MARKS) == 10
    assert all(len(frame["marks"]) >= 15 for frame in MARKS)
