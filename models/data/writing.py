"""Writing frames as COCO, as YOLO and in our own form; each is read again to the same frames."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from firewatch.adapters.whole_file import write_whole, write_whole_together
from models.data.pictures import image_size
from models.data.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.data.frames import Frame

CATEGORY = "smoke"
# Digits of a share: a hundred-thousandth of a pixel of any camera.
DIGITS = 9


def write_annotated(folder: Path, frames: Sequence[Frame]) -> None:
    """Write ``annotations.json`` of a folder that holds the frames' images.

    Raises
    ------
    DatasetError
        If an image is not in the folder.
    """
    rows = [_row(folder, frame) for frame in frames]
    write_whole(folder / "annotations.json", (json.dumps({"images": rows}, indent=1) + "\n").encode())


def write_linked(folder: Path, source: Path, frames: Sequence[Frame]) -> None:
    """Write ``annotations.json`` into a folder of its own; the images stay in `source`, which a link there leads to.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    source : Path
        Holds the frames' images.
    frames : sequence of Frame
        Their splits become the subsets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    linked = link_images(folder, source)
    write_annotated(folder, [replace(f, path=linked / _name(source, f)) for f in frames])


def link_images(folder: Path, source: Path, name: str = "images_of_source") -> Path:
    """Make a link in a folder to where images lie, anew if it led elsewhere; return it."""
    link = folder / name
    if link.is_symlink() and link.resolve() != source.resolve():
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(source.resolve(), target_is_directory=True)
    return link


def _row(folder: Path, frame: Frame) -> dict[str, Any]:
    width, height = _size(frame)
    row: dict[str, Any] = {
        "file": _name(folder, frame),
        "width": width,
        "height": height,
        "image_label": frame.label,
        "boxes": None if frame.boxes is None else _xywh(frame),
        "t_seconds": frame.t_seconds,
        "distance_m": frame.distance_m,
        "observed_at": frame.observed_at.isoformat() if frame.observed_at else None,
        "subset": frame.split or None,
    }
    texts = ("camera", "source", "sequence", "tower", "licence", "box_source", "note", "verdict", "labelled_by")
    return row | {key: getattr(frame, key) or None for key in texts}


def write_coco(folder: Path, frames: Sequence[Frame]) -> None:
    """Write ``annotations.json`` in plain COCO, with camera, sequence, source and t_seconds as extra fields.

    Raises
    ------
    DatasetError
        If a frame cannot be said in COCO (ignore, or smoke that nobody drew), or its image is not in the folder.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, frame in enumerate(frames, 1):
        width, height = _size(frame)
        named = {"id": number, "file_name": _name(folder, frame), "width": width, "height": height}
        more = {key: getattr(frame, key) for key in ("camera", "sequence", "source", "t_seconds")}
        images.append(named | {key: value for key, value in more.items() if value not in ("", None)})
        for x, y, across, down in _drawn(folder, frame):
            row = {"id": len(annotations) + 1, "image_id": number, "category_id": 1, "iscrowd": 0}
            annotations.append(row | {"bbox": [x, y, across, down], "area": across * down})
    whole = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": CATEGORY}]}
    write_whole(folder / "annotations.json", (json.dumps(whole, indent=1) + "\n").encode())


def write_yolo(folder: Path, frames: Sequence[Frame]) -> None:
    """Write ``labels/*.txt`` and ``classes.txt`` for frames whose images lie in ``images`` of the folder.

    Cameras and sequences are lost: YOLO has no place for them but the file's name.

    Raises
    ------
    DatasetError
        If a frame cannot be said in YOLO (ignore, or smoke that nobody drew), or its image is not in ``images``.
    """
    files = {folder / "classes.txt": f"{CATEGORY}\n".encode()}
    for frame in frames:
        width, height = _size(frame)
        lines = [
            " ".join(
                ["0", *(f"{v:.{DIGITS}f}" for v in ((x + w / 2) / width, (y + h / 2) / height, w / width, h / height))]
            )
            for x, y, w, h in _drawn(folder, frame)
        ]
        name = _name(folder / "images", frame)
        path = (folder / "labels" / name).with_suffix(".txt")
        if path in files:
            raise refuse(
                folder, f"{name}: another image has the same name but for its ending; YOLO cannot tell them apart"
            )
        files[path] = "".join(f"{line}\n" for line in lines).encode()
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole_together(files)


def _drawn(folder: Path, frame: Frame) -> list[list[float]]:
    if frame.label == "ignore" or frame.boxes is None:
        what = "labelled ignore" if frame.label == "ignore" else "smoke that nobody drew"
        raise refuse(
            folder, f"{frame.path.name}: {what}; this form knows boxes only. Leave it out, or use our own form"
        )
    return _xywh(frame)


def _xywh(frame: Frame) -> list[list[float]]:
    if frame.boxes is None:
        return []
    return [[float(v) for v in (x0, y0, x1 - x0, y1 - y0)] for x0, y0, x1, y1 in frame.boxes.astype(float)]


def _size(frame: Frame) -> tuple[int, int]:
    return frame.size or image_size(frame.path)


def _name(folder: Path, frame: Frame) -> str:
    if not frame.path.is_relative_to(folder):
        raise refuse(folder, f"{frame.path}: is not in the folder; copy the image there first")
    return frame.path.relative_to(folder).as_posix()
