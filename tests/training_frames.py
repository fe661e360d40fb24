"""Small made frames and a training file over them, for tests of training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (160, 96)
PATCH = (60, 40, 30, 20)

TRAINING_FILE = """
seed = 3
real = "{folder}/real"
made = ["{folder}/made"]

[network]
kind = "{kind}"

[recipe]
size = [96, 64]
scales = [4.0, 8.0]
mosaic_share = 0.2
decoy_share = 0.4
caption_share = 0.2
mined_share = 0.5

[mining]
every_steps = 4
frames = 3
keep = 5

[shares]
scene_smoke = 0.5
hard_negative = 0.3
scene_clear = 0.2

[optimiser]
batch = 2
steps = 20
peak_rate = 1e-3
warmup_steps = 3
weight_decay = 0.02
average_decay = 0.9

[watch]
every_steps = 8
input = [96, 64]

[loading]
workers = 0
"""


def write_frames(folder: Path) -> None:
    """Write made frames of three kinds and a val split: noise, with a bright patch where smoke is."""
    rng = np.random.default_rng(0)
    kinds = (
        ("scene", "firewatch.scene", "smoke"),
        ("hard", "hard_negative", "none"),
        ("clear", "firewatch.scene", "none"),
    )
    rows = [_frame(folder / "made", f"{k}{i}.png", rng, (s, w)) for k, s, w in kinds for i in range(4)]
    held = [
        _frame(folder / "real" / "val", f"val{i}.png", rng, ("test", w)) for i, w in enumerate(("smoke", "none") * 2)
    ]
    _annotate(folder / "made", [row | {"subset": "train"} for row in rows])
    _annotate(folder / "real" / "val", held)


def write_training_file(folder: Path, kind: str) -> Path:
    """Write a training file for the frames in a folder."""
    path = folder / f"{kind}.toml"
    path.write_text(TRAINING_FILE.format(folder=folder, kind=kind), encoding="utf-8")
    return path


def _frame(folder: Path, name: str, rng: np.random.Generator, says: tuple[str, str]) -> dict[str, object]:
    folder.mkdir(parents=True, exist_ok=True)
    source, label = says
    image = rng.integers(0, 120, (SIZE[1], SIZE[0], 3), np.uint8)
    x, y, w, h = PATCH
    if label == "smoke":
        image[y : y + h, x : x + w] = 230
    cv2.imwrite(str(folder / name), image)
    return {
        "file": name,
        "image_label": label,
        "boxes": [list(PATCH)] if label == "smoke" else [],
        "source": source,
        "camera": name[:-5],
    }


def _annotate(folder: Path, rows: list[dict[str, object]]) -> None:
    (folder / "annotations.json").write_text(json.dumps({"images": rows}), encoding="utf-8")
