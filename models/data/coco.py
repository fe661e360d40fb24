"""Any folder in the COCO form: a JSON file of images, annotations and categories, and the images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.data.checks import box, inside, measured, number, present, refuse_repeat, text_of
from models.data.frames import Boxes, Frame, no_boxes
from models.data.problems import read_object, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.problems import Findings

KEYS = ("images", "annotations", "categories")


@dataclass(frozen=True, slots=True)
class _Categories:
    """The category that counts as smoke, and the names of all, by id."""

    wanted: int
    names: dict[int, str]


def read_coco(folder: Path, path: Path, category: str | None, found: Findings) -> list[Frame]:
    """Read one COCO file, adding what is wrong to the findings.

    Parameters
    ----------
    folder : Path
        Images are looked for beside the file, here, and in their sub-folders ``images`` and by the file's own name.
    path : Path
        The JSON file.
    category : str or None
        Name of the category that is smoke; None where the file has one only. Boxes of others are counted in a note: an
        image that has only those is clear of smoke.
    found : Findings

    Returns
    -------
    list of Frame
        In the file's order. Images without an annotation of the category are clear.
    """
    whole = read_object(path, folder)
    categories = _categories(rows_of(whole, "categories", path, found), category, path, found)
    if categories is None:
        return []
    images = rows_of(whole, "images", path, found)
    drawn = _by_image(rows_of(whole, "annotations", path, found), _numbered(images, path, found), path, found)
    frames: list[Frame] = []
    names: set[str] = set()
    for image in images:
        name = str(image.get("file_name"))
        try:
            refuse_repeat(image.get("file_name"), names)
            frames.append(_frame(folder, path, image, drawn.get(_key(image.get("id")), []), categories))
        except ValueError as err:
            found.wrong(path, name, str(err))
    _note_others(drawn, categories, path, found)
    return frames


def _key(given: Any) -> str:
    """Return an id as a key: whole numbers and texts are ids, and 1 is not "1"."""
    return "" if isinstance(given, bool) or not isinstance(given, (int, str)) else repr(given)


def _categories(rows: list[dict[str, Any]], wanted: str | None, path: Path, found: Findings) -> _Categories | None:
    names: dict[int, str] = {}
    for row in rows:
        given, name = row.get("id"), row.get("name")
        if isinstance(given, bool) or not isinstance(given, int) or not isinstance(name, str):
            found.wrong(path, "", f"category {row!r:.80}; it must have a whole number as id and a text as name")
        elif given in names or name in names.values():
            found.wrong(path, "", f"category {row!r:.80} has an id or a name that another one has")
        else:
            names[given] = name
    chosen = [key for key, name in names.items() if wanted is None or name == wanted]
    if len(chosen) == 1:
        return _Categories(chosen[0], names)
    listed = ", ".join(names.values()) or "none"
    asked = "name the one that is smoke (--category)" if wanted is None else f"there is no category {wanted!r}"
    found.wrong(path, "", f"{asked}; the file's categories: {listed}")
    return None


def _numbered(images: list[dict[str, Any]], path: Path, found: Findings) -> set[str]:
    keys: set[str] = set()
    for image in images:
        key, name = _key(image.get("id")), str(image.get("file_name"))
        if not key:
            found.wrong(path, name, f"id is {image.get('id')!r:.60}; it must be a whole number or a text")
        elif key in keys:
            found.wrong(path, name, f"id {key:.60} is that of another image too")
        keys.add(key)
    return keys


def _by_image(
    rows: list[dict[str, Any]], images: set[str], path: Path, found: Findings
) -> dict[str, list[dict[str, Any]]]:
    drawn: dict[str, list[dict[str, Any]]] = {}
    seen: set[str] = set()
    for row in rows:
        key, own = _key(row.get("image_id")), _key(row.get("id"))
        name = f"annotation {row.get('id')!r:.40}"
        if own and own in seen:
            found.wrong(path, name, "its id is that of another annotation too")
        seen.add(own)
        if not key or key not in images:
            found.wrong(path, name, f"image_id is {row.get('image_id')!r:.60}, which no image has")
        else:
            drawn.setdefault(key, []).append(row)
    return drawn


def _frame(
    folder: Path, path: Path, image: dict[str, Any], rows: list[dict[str, Any]], categories: _Categories
) -> Frame:
    file = _find(folder, path, image.get("file_name"))
    size = measured(file, image)
    at = image.get("t_seconds")
    found = _boxes(rows, size, categories)
    return Frame(
        path=file,
        label="smoke" if len(found) else "none",
        boxes=found,
        camera=text_of(image, "camera"),
        source=text_of(image, "source") or folder.name,
        sequence=text_of(image, "sequence"),
        t_seconds=None if at is None else number(at, "t_seconds"),
        size=size,
    )


def _boxes(rows: list[dict[str, Any]], size: tuple[int, int], categories: _Categories) -> Boxes:
    corners = []
    for row in rows:
        kind = row.get("category_id")
        if isinstance(kind, bool) or not isinstance(kind, int) or kind not in categories.names:
            text = f"category_id is {kind!r:.60}; the file's categories: {sorted(categories.names)}"
            raise ValueError(text)
        checked = box(row.get("bbox"), size)  # also those of other categories: a broken file is refused
        if kind == categories.wanted:
            corners.append(checked)
    return np.asarray(corners, np.float32).reshape(-1, 4) if corners else no_boxes()


def _find(folder: Path, path: Path, name: Any) -> Path:
    """Find an image; more than one of its name is an error, for the file does not say which."""
    stem = path.stem.removeprefix("instances_")
    places = [path.parent, folder, folder / "images", folder / stem, folder / "images" / stem]
    found = {file.resolve(): file for place in places if (file := inside(place, name)).is_file()}
    if len(found) > 1:
        text = f"there are {len(found)} files of this name: {', '.join(str(f) for f in sorted(found.values()))}"
        raise ValueError(text)
    return next(iter(found.values())) if found else present(inside(folder, name))


def _note_others(drawn: dict[str, list[dict[str, Any]]], categories: _Categories, path: Path, found: Findings) -> None:
    kinds = Counter(row.get("category_id") for rows in drawn.values() for row in rows)
    others = {name: kinds[key] for key, name in categories.names.items() if key != categories.wanted and kinds[key]}
    if others:
        told = ", ".join(f"{name} ({count})" for name, count in others.items())
        found.notes.append(f"{path.name}: boxes of other categories than smoke left out: {told}")
