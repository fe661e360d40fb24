"""Labelled frames as a folder, ``firewatch-labels/1``: annotations.json and the pictures."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np

from firewatch.errors import InvalidValue, StoreError
from firewatch.whole_folder import require_free, writing_whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.vision import Box
    from firewatch.services.labelling import LabelledFrame

__all__ = ["LabelWriter", "jpeg_size", "require_free_folder", "writing_labels"]

_SCHEMA = "firewatch-labels/1"
_LIST = "annotations.json"
_PICTURES = "frames"
_TENTH = 1


def jpeg_size(jpeg: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture [px], or None where it cannot be decoded."""
    if not jpeg:
        return None
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else (int(image.shape[1]), int(image.shape[0]))


class LabelWriter:
    """Writes one frame after the other into a folder that is not yet in place.

    Parameters
    ----------
    folder : Path
        Holds them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.images: list[dict[str, Any]] = []
        (folder / _PICTURES).mkdir()

    def add(self, frame: LabelledFrame) -> None:
        """Write a picture, and keep its entry."""
        file = f"{_PICTURES}/{frame.name}.jpg"
        (self._folder / file).write_bytes(frame.jpeg)
        self.images.append(
            {
                "file": file,
                "width": frame.width,
                "height": frame.height,
                "image_label": frame.decision.label.value,
                "boxes": None if frame.boxes is None else [_corner_and_size(box) for box in frame.boxes],
                # Cameras of two towers may bear one name.
                "camera": f"{frame.tower_id}/{frame.camera_id}",
                "tower": frame.tower_id,
                "pose": frame.pose_id,
                "sequence": frame.sequence,
                "observed_at": frame.observed_at.isoformat(),
                "verdict": frame.decision.verdict,
                "labelled_by": frame.decision.labelled_by,
                "box_source": "detector",
                "model_sha256": frame.model_sha256,
                "score": round(frame.score, 4),
            }
        )


def _corner_and_size(box: Box) -> list[float]:
    return [round(value, _TENTH) for value in (box.x0, box.y0, box.width, box.height)]


def require_free_folder(folder: Path) -> None:
    """Raise `InvalidValue` where an export would meet something."""
    try:
        require_free(folder)
    except OSError as err:
        raise InvalidValue("--out", str(folder), f"a new or empty folder ({err.strerror})") from err


@contextmanager
def writing_labels(folder: Path, exported_at: datetime) -> Iterator[LabelWriter]:
    """Give a writer; its folder appears, whole, when the block ends, and not at all where it raises.

    Raises
    ------
    InvalidValue
        If there is such a folder with something in it.
    StoreError
        If it cannot be written.
    """
    require_free_folder(folder)
    try:
        with writing_whole_folder(folder) as beside:
            writer = LabelWriter(beside)
            yield writer
            listed = {"schema": _SCHEMA, "exported_at": exported_at.isoformat(), "images": writer.images}
            (beside / _LIST).write_bytes(msgspec.json.format(msgspec.json.encode(listed), indent=1) + b"\n")
    except OSError as err:
        why = err.strerror or os.strerror(err.errno or 0)
        raise StoreError(f"could not write the labels into {folder}: {why}; nothing of them was kept") from err
