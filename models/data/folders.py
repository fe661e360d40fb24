"""Which form a folder of frames has, and reading it by that form."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from firewatch.errors import DatasetError
from models.data import annotated, coco, sequences, yolo
from models.data.problems import Findings, read_object, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.data.frames import Frame

# How deep below a given folder others are looked for.
DEEPEST = 3
SPLIT_NAMES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_IN_STEM = re.compile(r"(?:instances_)?([a-z]+?)\d*")


class Form(Enum):
    """The forms that a folder of frames may have."""

    ANNOTATED = "annotated"
    EXPORT = "export"
    COCO = "coco"
    YOLO = "yolo"
    SEQUENCE = "sequence"


ALLOWED = (
    "allowed are: annotations.json whose images have image_label (annotated), the same with schema "
    f"{annotated.LABELS_SCHEMA} (export), a JSON file with images, annotations and categories here or in annotations/ "
    "(coco), images/ beside labels/ (yolo), index.json of one view (sequence)"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How folders are read.

    Parameters
    ----------
    form : Form or None
        None: recognised.
    category : str or None
        The category or class that is smoke, for COCO and YOLO; None where there is one only.
    naming : pattern or None
        Finds ``camera``, and ``sequence`` if it has such a group, in the path of an image whose label file gives none.
    """

    form: Form | None = None
    category: str | None = None
    naming: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """The frames of one folder.

    Parameters
    ----------
    folder : Path
    name : str
        Of the folder, from the folder that was given.
    form : Form
    frames : tuple of Frame
        Each with its size and split.
    notes : tuple of str
        What a reader should know.
    problems : tuple of str
        What is wrong; empty, or the frames are not to be used.
    """

    folder: Path
    name: str
    form: Form
    frames: tuple[Frame, ...]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def recognise(folder: Path) -> Form:
    """Tell which form a folder has.

    Raises
    ------
    DatasetError
        If it has none or several, with a list of those allowed.
    """
    forms = _forms(folder)
    if not forms:
        raise refuse(folder, f"no known form of labels; {ALLOWED}")
    if len(forms) > 1:
        given = ", ".join(form.value for form in forms)
        raise refuse(folder, f"several forms of labels ({given}); name one with --form. {ALLOWED}")
    return forms[0]


def _forms(folder: Path) -> list[Form]:
    if not folder.is_dir():
        raise refuse(folder, "is no folder")
    forms = [Form.SEQUENCE] if (folder / sequences.FILE).is_file() else []
    if (folder / annotated.FILE).is_file():
        forms.append(_form_of_annotations(folder))
    if Form.COCO not in forms and _coco_files(folder):
        forms.append(Form.COCO)
    if yolo.image_folders(folder) and (_names_classes(folder) or (folder / "images").is_dir()):
        forms.append(Form.YOLO)
    return forms


def _names_classes(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*yolo.DATA_FILES, yolo.CLASSES_FILE))


def _form_of_annotations(folder: Path) -> Form:
    try:
        whole = read_object(folder / annotated.FILE, folder)
    except DatasetError:
        return Form.ANNOTATED  # its reader says what is wrong
    if "schema" in whole:
        return Form.EXPORT
    return Form.COCO if _is_coco(whole) else Form.ANNOTATED


def _is_coco(whole: dict[str, Any]) -> bool:
    images = whole.get("images")
    labelled = isinstance(images, list) and any(isinstance(row, dict) and "image_label" in row for row in images)
    return all(isinstance(whole.get(key), list) for key in coco.KEYS) and not labelled


def _coco_files(folder: Path) -> list[Path]:
    places = [*folder.glob("*.json"), *(folder / "annotations").glob("*.json")]
    found = []
    for path in sorted(places):
        if path.name != sequences.FILE and not path.name.startswith("."):
            try:
                whole = read_object(path, folder)
            except DatasetError:
                # In its own folder a broken file is meant to be one, and its reader says what is wrong.
                whole = {}
            if _is_coco(whole) or (not whole and path.parent.name == "annotations"):
                found.append(path)
    return found


def inspect_folder(folder: Path, reading: Reading | None = None, root: Path | None = None) -> Dataset:
    """Read one folder and keep what is wrong beside its frames, for a report.

    Parameters
    ----------
    folder : Path
    reading : Reading, optional
    root : Path, optional
        The folder that a person gave, from which names and splits are read; the folder itself if left out.

    Raises
    ------
    DatasetError
        If it has no known form, or several.
    """
    reading, root = reading or Reading(), root or folder
    form = reading.form or recognise(folder)
    found = Findings(folder)
    read = []
    try:
        read = _read(folder, form, reading.category, found)
    except DatasetError as err:  # a label file that cannot be read at all
        found.problems += err.problems
    if not read and not found.problems:
        found.wrong(folder, "", "holds no frame")
    frames = [_placed(frame, folder, root) for frame in read]
    if reading.naming is not None:
        frames = [_named(frame, folder, reading.naming, found) for frame in frames]
    name = root.resolve().name if folder == root else folder.relative_to(root).as_posix()
    return Dataset(folder, name, form, tuple(frames), tuple(found.notes), tuple(found.problems))


def load_folder(folder: Path, reading: Reading | None = None) -> Dataset:
    """Read one folder of any allowed form.

    Raises
    ------
    DatasetError
        If it has no known form, or anything in it is wrong: every problem, with file and image.
    """
    read = inspect_folder(folder, reading)
    if read.problems:
        raise DatasetError(str(folder), read.problems)
    return read


def find_folders(root: Path, form: Form | None = None) -> list[Path]:
    """Return the folders of frames at or below a folder, sorted.

    Raises
    ------
    DatasetError
        If there is none, or one has several forms.
    """
    if form is not None or _forms(root):
        return [root]
    found = _below(root, 1)
    if not found:
        raise refuse(root, f"no known form of labels here or up to {DEEPEST} folders below; {ALLOWED}")
    return found


def _below(folder: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    for child in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if _forms(child):
            found.append(child)
        elif depth < DEEPEST:
            found += _below(child, depth + 1)
    return found


def inspect_all(roots: Sequence[Path], reading: Reading | None = None) -> list[Dataset]:
    """Read every folder of frames at or below those given; see `inspect_folder`."""
    reading = reading or Reading()
    return [inspect_folder(folder, reading, root) for root in roots for folder in find_folders(root, reading.form)]


def _read(folder: Path, form: Form, category: str | None, found: Findings) -> list[Frame]:
    if form is Form.SEQUENCE:
        return sequences.read_sequence(folder, found)
    if form is Form.YOLO:
        return yolo.read_yolo(folder, category, found)
    if form is Form.COCO:
        files = _coco_files(folder) or [folder / annotated.FILE]
        return [_by_stem(frame, path) for path in files for frame in coco.read_coco(folder, path, category, found)]
    return annotated.read_annotated(folder, found, as_export=form is Form.EXPORT)


def _by_stem(frame: Frame, path: Path) -> Frame:
    """Give a frame the split that its COCO file is named by, as instances_train2017.json."""
    told = _IN_STEM.fullmatch(path.stem.lower())
    return replace(frame, split=SPLIT_NAMES.get(told[1], "")) if told else frame


def _placed(frame: Frame, folder: Path, root: Path) -> Frame:
    """Give a frame its split: what its label file says, else the nearest folder named by one, else the folder."""
    if frame.split:
        return replace(frame, split=SPLIT_NAMES.get(frame.split.lower(), frame.split))
    below = frame.path.parent.relative_to(root).parts if frame.path.is_relative_to(root) else ()
    for part in reversed((root.resolve().name, *below)):
        if part.lower() in SPLIT_NAMES:
            return replace(frame, split=SPLIT_NAMES[part.lower()])
    return replace(frame, split=folder.resolve().name)


def _named(frame: Frame, folder: Path, naming: re.Pattern[str], found: Findings) -> Frame:
    if frame.camera:
        return frame
    path = frame.path.relative_to(folder).as_posix()
    told = naming.search(path)
    if told is None or not told["camera"]:
        found.wrong(frame.path, "", f"its path tells no camera by the pattern {naming.pattern!r}")
        return frame
    sequence = told.groupdict().get("sequence") or frame.sequence
    return replace(frame, camera=told["camera"], sequence=sequence)
