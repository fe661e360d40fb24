"""Rows of made frames: what ``annotations.json`` says about each, in the format of the real ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.scene import PlumeTruth

Row = dict[str, Any]

# Fainter smoke than this can be measured, but hardly be seen on broken ground: nobody is asked about it.
LEAST_CONTRAST, LEAST_PIXELS = 0.12, 60


def is_plain(truth: PlumeTruth) -> bool:
    """Tell whether a detector can fairly be asked for this smoke."""
    return truth.pixels >= LEAST_PIXELS and truth.peak_contrast >= LEAST_CONTRAST


def describe(name: str, shape: tuple[int, ...], truths: tuple[PlumeTruth, ...], fires: int) -> Row:
    """Write a frame's row: a smoke that few would see makes the frame one that nobody is asked about."""
    seen = [truth for truth in truths if is_plain(truth)]
    faint = any(truth.pixels for truth in truths if not is_plain(truth))
    label = "ignore" if faint else "smoke" if seen else "none"
    boxes = [_corner_and_size(truth.box) for truth in seen if truth.box is not None]
    return {
        "file": name,
        "width": shape[1],
        "height": shape[0],
        "image_label": label,
        "boxes": None if label == "ignore" else boxes,
        "source": "firewatch.scene",
        "camera": name.rpartition("_")[0],
        "peak_contrast": [round(truth.peak_contrast, 3) for truth in truths],
        "pixels": [truth.pixels for truth in truths],
        "fires": fires,
    }


def write(folder: Path, rows: list[Row]) -> None:
    """Write the rows whole, then put them in place: a training run may be reading."""
    part = folder / "annotations.json.part"
    part.write_text(json.dumps({"images": rows}, indent=0), encoding="utf-8")
    part.replace(folder / "annotations.json")


def finished(folder: Path) -> list[Row]:
    """Return the rows of an earlier run."""
    path = folder / "annotations.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["images"] if path.exists() else []
    return rows


def _corner_and_size(box: tuple[float, float, float, float]) -> list[float]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]
