"""Any folder in the YOLO form: images/ and labels/, one text file an image, a line a box in shares of the image."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from models.data.checks import box, measured, number
from models.data.frames import Frame
from models.data.pictures import SUFFIXES
from models.data.problems import refuse

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.problems import Findings

FIELDS = 5
CLASSES_FILE = "classes.txt"
DATA_FILES = ("data.yaml", "data.yml", "dataset.yaml")
# Left by editors and file managers; they are no pictures.
STRAY = frozenset({"Thumbs.db", "desktop.ini"})


@dataclass(slots=True)
class _Classes:
    """The class that counts as smoke, the names of all by id, and how many boxes others had."""

    wanted: int
    names: dict[int, str]
    others: Counter[str] = field(default_factory=Counter)


def image_folders(folder: Path) -> list[Path]:
    """Return the folders ``images`` here and one level below that have a folder ``labels`` beside them."""
    places = [folder, *sorted(p for p in folder.iterdir() if p.is_dir() and p.name not in {"images", "labels"})]
    return [place / "images" for place in places if (place / "images").is_dir() and (place / "labels").is_dir()]


def read_yolo(folder: Path, category: str | None, found: Findings) -> list[Frame]:
    """Read a YOLO folder, adding what is wrong to the findings.

    Parameters
    ----------
    folder : Path
        Holds ``images`` and ``labels``, or sub-folders that do; ``data.yaml`` or ``classes.txt`` names the classes.
    category : str or None
        Name of the class that is smoke; None where there is one only. Boxes of others are counted in a note: an image
        that has only those is clear of smoke.
    found : Findings

    Returns
    -------
    list of Frame
        By path. A missing or empty label file means a clear frame.
    """
    source, names = _names(folder, found)
    classes = _choose(names, category, source, found)
    if classes is None:
        return []
    frames: list[Frame] = []
    for images in image_folders(folder):
        frames += _read_part(folder, images, classes, found)
    if classes.others:
        told = ", ".join(f"{name} ({count})" for name, count in sorted(classes.others.items()))
        found.notes.append(f"labels: boxes of other classes than smoke left out: {told}")
    return frames


def _names(folder: Path, found: Findings) -> tuple[Path, dict[int, str]]:
    """Return where the classes are named, and their names by id: none where no file says."""
    yamls = [folder / name for name in DATA_FILES if (folder / name).is_file()]
    texts = [p for p in (folder / CLASSES_FILE, folder / "labels" / CLASSES_FILE) if p.is_file()]
    if yamls:
        return yamls[0], _yaml_names(yamls[0], folder, found)
    if texts:
        lines = _text(texts[0], folder).splitlines()
        return texts[0], dict(enumerate(line.strip() for line in lines if line.strip()))
    return folder / "labels", {}


def _text(path: Path, folder: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as err:
        raise refuse(folder, f"{path.name}: cannot be read as UTF-8 text: {err}") from err


def _yaml_names(path: Path, folder: Path, found: Findings) -> dict[int, str]:
    import yaml

    try:
        read = yaml.safe_load(_text(path, folder))
    except (yaml.YAMLError, RecursionError, ValueError) as err:
        raise refuse(folder, f"{path.name}: is no YAML: {err}") from err
    names: Any = read.get("names") if isinstance(read, dict) else None
    listed = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(listed, dict) or not listed or not all(_is_name(key, name) for key, name in listed.items()):
        found.wrong(path, "", f"names is {names!r:.80}; it must list the classes, or map their numbers to names")
        return {}
    count = read.get("nc")
    if count is not None and count != len(listed):
        found.wrong(path, "", f"nc is {count!r:.20}, but there are {len(listed)} names")
    return listed


def _is_name(key: Any, name: Any) -> bool:
    return isinstance(key, int) and not isinstance(key, bool) and key >= 0 and isinstance(name, str)


def _choose(names: dict[int, str], wanted: str | None, source: Path, found: Findings) -> _Classes | None:
    if not names and wanted is None:
        return _Classes(0, {0: "0"})
    chosen = [key for key, name in names.items() if wanted is None or name == wanted]
    if len(chosen) == 1:
        return _Classes(chosen[0], names)
    listed = ", ".join(names.values()) or "none (give data.yaml or classes.txt)"
    asked = "name the one that is smoke (--category)" if wanted is None else f"there is no single class {wanted!r}"
    found.wrong(source, "", f"{asked}; the classes: {listed}")
    return None


def _read_part(folder: Path, images: Path, classes: _Classes, found: Findings) -> list[Frame]:
    labels = images.with_name("labels")
    frames: list[Frame] = []
    known: dict[Path, Path] = {}
    for image in sorted(p for p in images.rglob("*") if p.is_file()):
        if image.name in STRAY or image.name.startswith("."):
            continue
        label = labels / image.relative_to(images).with_suffix(".txt")
        try:
            _check_image(image, label, known)
            frames.append(_frame(folder, image, label, classes))
        except ValueError as err:
            found.wrong(label if label.exists() else image, image.name, str(err))
        known[label] = image
    for label in sorted(labels.rglob("*.txt")):
        if label not in known and label.name != CLASSES_FILE:
            found.wrong(label, "", "labels no image; it must be named as one")
    return frames


def _check_image(image: Path, label: Path, known: dict[Path, Path]) -> None:
    if image.suffix.lower() not in SUFFIXES:
        text = f"is no image; among images only {', '.join(sorted(SUFFIXES))} may stand"
        raise ValueError(text)
    if label in known:
        text = f"has the label file of {known[label].name} too; each image needs a name of its own"
        raise ValueError(text)


def _frame(folder: Path, image: Path, label: Path, classes: _Classes) -> Frame:
    size = measured(image, {})
    corners = []
    for row, line in enumerate(_lines(label), 1):
        if line.strip():
            try:
                kind, corner = _line(line, size, classes)
            except ValueError as err:
                text = f"line {row}: {err}"
                raise ValueError(text) from err
            if kind == classes.wanted:
                corners.append(corner)
            else:
                classes.others[classes.names[kind]] += 1
    boxes = np.asarray(corners, np.float32).reshape(-1, 4)
    return Frame(path=image, label="smoke" if len(boxes) else "none", boxes=boxes, source=folder.name, size=size)


def _lines(label: Path) -> list[str]:
    if not label.exists():
        return []
    try:
        return label.read_text(encoding="utf-8-sig").splitlines()
    except OSError as err:
        text = f"cannot be read: {err.strerror}"
        raise ValueError(text) from err
    except UnicodeDecodeError as err:
        text = "is no text in UTF-8"
        raise ValueError(text) from err


def _line(line: str, size: tuple[int, int], classes: _Classes) -> tuple[int, list[float]]:
    """Read one line; return its class and x0, y0, x1, y1 [pixels]."""
    parts = line.split()
    if len(parts) != FIELDS:
        text = f"{line!r:.80} has {len(parts)} fields; it must be: class, centre x, centre y, width, height"
        raise ValueError(text)
    if not (parts[0].isascii() and parts[0].isdigit()) or int(parts[0]) not in classes.names:
        known = ", ".join(f"{key} {name}" for key, name in sorted(classes.names.items()))
        text = f"class {parts[0]!r:.40}; the classes: {known} (others need data.yaml or classes.txt)"
        raise ValueError(text)
    x, y, width, height = (number(_float(part), f"{part!r:.40}") for part in parts[1:])
    across, down = size
    corner = [(x - width / 2) * across, (y - height / 2) * down, width * across, height * down]
    return int(parts[0]), box(corner, size)


def _float(part: str) -> float:
    try:
        return float(part)
    except ValueError as err:
        text = f"{part!r:.40} is no number"
        raise ValueError(text) from err
