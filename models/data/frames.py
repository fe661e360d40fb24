"""Labelled frames from annotation files (COCO with extra fields) and from sequences of one view."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

if TYPE_CHECKING:
    from collections.abc import Sequence

Boxes = npt.NDArray[np.float32]
LABELS = ("smoke", "none", "ignore")


def no_boxes() -> Boxes:
    """Return an empty (0, 4) array of boxes."""
    return np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True)
class Frame:
    """One stored image and what is known about it.

    Parameters
    ----------
    path : Path
    label : str
        ``smoke``, ``none`` or ``ignore`` (onset, or nobody can tell).
    boxes : array (n, 4) or None
        x0, y0, x1, y1 in pixels of the stored image. None: smoke is there, but nobody has drawn where.
    camera, source, sequence : str
    t_seconds : float or None
        Seconds from ignition, for frames of a sequence.
    """

    path: Path
    label: str
    boxes: Boxes | None = field(default_factory=no_boxes)
    camera: str = ""
    source: str = ""
    sequence: str = ""
    t_seconds: float | None = None

    def __post_init__(self) -> None:
        """Check the label, and that boxes come only with smoke."""
        if self.label not in LABELS:
            text = f"the label of {self.path} is {self.label!r}; it must be one of {', '.join(LABELS)}"
            raise ValueError(text)
        if self.label == "none" and (self.boxes is None or len(self.boxes)):
            text = f"{self.path} is labelled none but has boxes"
            raise ValueError(text)

    @property
    def has_smoke(self) -> bool:
        """Tell whether the frame counts as a smoke frame."""
        return self.label == "smoke"


def load_annotated(folder: Path, subset: str | None = None) -> list[Frame]:
    """Read ``annotations.json`` of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``annotations.json``; image paths in it are relative to it.
    subset : str, optional
        Keep only images whose ``subset`` field has this value.

    Returns
    -------
    list of Frame
        In the file's order, those labelled ``ignore`` included.
    """
    images = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))["images"]
    return [_frame(folder, image) for image in images if subset is None or image.get("subset") == subset]


def load_made(folders: Sequence[Path], subset: str) -> list[Frame]:
    """Read the made frames of those folders that exist."""
    present = [folder for folder in folders if (folder / "annotations.json").exists()]
    return [frame for folder in present for frame in load_annotated(folder, subset)]


def _frame(folder: Path, image: dict[str, object]) -> Frame:
    raw = image.get("boxes")
    boxes = None if raw is None else np.asarray(raw, np.float32).reshape(-1, 4)
    if boxes is not None and len(boxes):
        boxes = np.concatenate((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), axis=1)
    at = image.get("t_seconds")
    return Frame(
        path=folder / str(image["file"]),
        label=str(image["image_label"]),
        boxes=boxes,
        camera=str(image.get("camera") or ""),
        source=str(image.get("source") or ""),
        sequence=str(image.get("sequence") or ""),
        t_seconds=float(at) if isinstance(at, (int, float)) else None,
    )


def load_sequence(folder: Path) -> list[Frame]:
    """Read one sequence of a view, in time order.

    Frames before ignition are labelled ``none``; those between ignition and the first visible smoke ``ignore``;
    later ones ``smoke`` without boxes.
    """
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    visible = index["first_smoke_visible_t"]
    frames = []
    for entry in sorted(index["frames"], key=lambda e: e["t"]):
        at = entry["t"]
        label = "none" if at < 0 else "ignore" if at < visible else "smoke"
        frames.append(
            Frame(
                path=folder / entry["file"],
                label=label,
                boxes=no_boxes() if label == "none" else None,
                camera=folder.name,
                source="sequence",
                sequence=folder.name,
                t_seconds=float(at),
            )
        )
    return frames
