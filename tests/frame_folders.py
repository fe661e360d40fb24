"""Small folders of labelled frames in each form, for tests of what reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from models.data.frames import Frame, no_boxes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH, HEIGHT = 64, 48


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Write a picture of soft blobs, another one for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rough = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    assert cv2.imwrite(str(path), cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC))
    return path


def row(file: str, **more: Any) -> dict[str, Any]:
    """Return a sound row of annotations.json: a smoke frame with one box."""
    sound = {"file": file, "image_label": "smoke", "boxes": [[10, 8, 20, 12]], "camera": "hill:a", "sequence": "fire 1"}
    return sound | more


def exported(file: str, **more: Any) -> dict[str, Any]:
    """Return a sound row of the command centre's export."""
    told: dict[str, Any] = {"tower": "t1", "verdict": "fire", "labelled_by": "duty", "width": WIDTH, "height": HEIGHT}
    told |= {"observed_at": "2026-03-01T08:00:00+08:00"}
    return row(file, **told, box_source="drawn by a person") | more


def annotated(folder: Path, rows: Sequence[dict[str, Any]], **head: Any) -> Path:
    """Write annotations.json, and a picture for every row that names a new one inside."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, each in enumerate(rows):
        name = each.get("file")
        if isinstance(name, str) and name and ".." not in name and not name.startswith("/"):
            picture(folder / name, seed)
    (folder / "annotations.json").write_text(json.dumps({**head, "images": list(rows)}), encoding="utf-8")
    return folder


def coco(folder: Path, **changed: Any) -> Path:
    """Write a COCO folder of two pictures, one with a box of smoke; parts may be replaced."""
    picture(folder / "images" / "a.png", 1)
    picture(folder / "images" / "b.png", 2)
    images = [{"id": n, "file_name": f"{n}.png", "width": WIDTH, "height": HEIGHT} for n in ("a", "b")]
    whole = {
        "images": images,
        "annotations": [{"id": 1, "image_id": "a", "category_id": 3, "bbox": [10, 8, 20, 12]}],
        "categories": [{"id": 3, "name": "smoke"}],
    }
    path = folder / "annotations" / "instances_train.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole | changed), encoding="utf-8")
    return folder


def yolo(folder: Path, labels: dict[str, str], data: str | None = None) -> Path:
    """Write a YOLO folder of pictures a and b, with these label files."""
    picture(folder / "images" / "a.png", 1)
    picture(folder / "images" / "b.png", 2)
    (folder / "labels").mkdir(exist_ok=True)
    for name, text in labels.items():
        (folder / "labels" / name).write_text(text, encoding="utf-8")
    if data is not None:
        (folder / "data.yaml").write_text(data, encoding="utf-8")
    return folder


def frame(path: Path, **more: Any) -> Frame:
    """Return a frame whose picture need not be there: clear, unless its boxes are given."""
    boxes = more.pop("boxes", None)
    drawn = no_boxes() if boxes is None else np.asarray(boxes, np.float32).reshape(-1, 4)
    told: dict[str, Any] = {"label": "smoke" if len(drawn) else "none", "boxes": drawn, "size": (WIDTH, HEIGHT)}
    return Frame(path=path, **(told | more))
