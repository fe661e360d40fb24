"""Our own `annotations.json` (COCO with extra fields), and the command centre's export of labels in the same form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.data.checks import ROUNDING_PX, boxes, inside, instant, measured, number, present, refuse_repeat, text_of
from models.data.frames import LABELS, Boxes, Frame, no_boxes
from models.data.problems import read_object, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.problems import Findings

FILE = "annotations.json"
# What the command centre exports; its rows say who labelled what, and when it was seen.
LABELS_SCHEMA = "firewatch-labels/1"
EXPORTED = ("width", "height", "camera", "tower", "sequence", "observed_at", "verdict", "labelled_by", "box_source")
# ... and whose boxes are rounded to a tenth of a pixel.
EXPORT_SLACK_PX = 0.11


def read_annotated(folder: Path, found: Findings, subset: str | None = None, *, as_export: bool = False) -> list[Frame]:
    """Read a folder's ``annotations.json``, adding what is wrong to the findings.

    Parameters
    ----------
    folder : Path
    found : Findings
        Problems name the file and the image. What is wrong in rows of other subsets counts as well.
    subset : str, optional
        Keep only images whose ``subset`` field has this value.
    as_export : bool
        Whether it must be what the command centre exports.
    """
    path = folder / FILE
    whole = read_object(path, folder)
    exported = _is_export(whole, path, found, as_export=as_export)
    frames: list[Frame] = []
    seen: set[str] = set()
    for row in rows_of(whole, "images", path, found):
        name = row.get("file")
        try:
            refuse_repeat(name, seen)
            frame = _frame(folder, row, exported=exported)
        except ValueError as err:
            found.wrong(path, f"{name}", str(err))
            continue
        if subset is None or row.get("subset") == subset:
            frames.append(frame)
    return frames


def _is_export(whole: dict[str, Any], path: Path, found: Findings, *, as_export: bool) -> bool:
    """Check the fields of an export; tell whether it is one."""
    if "schema" not in whole and not as_export:
        return False
    if whole.get("schema") != LABELS_SCHEMA:
        found.wrong(path, "", f"schema is {whole.get('schema')!r:.60}; this program reads {LABELS_SCHEMA!r}")
        return False
    try:
        instant(whole.get("exported_at"), "exported_at")
    except ValueError as err:
        found.wrong(path, "", str(err))
    return True


def _frame(folder: Path, row: dict[str, Any], *, exported: bool) -> Frame:
    if exported:
        _check_exported(row)
    image = present(inside(folder, row.get("file")))
    label = row.get("image_label")
    if label not in LABELS:
        text = f"image_label is {label!r:.60}; it must be one of {', '.join(LABELS)}"
        raise ValueError(text)
    size = measured(image, row)
    at, observed = row.get("t_seconds"), row.get("observed_at")
    subset = text_of(row, "subset")
    return Frame(
        path=image,
        label=str(label),
        boxes=_boxes(row.get("boxes"), str(label), size, EXPORT_SLACK_PX if exported else ROUNDING_PX),
        camera=text_of(row, "camera"),
        source=text_of(row, "source"),
        sequence=text_of(row, "sequence"),
        t_seconds=None if at is None else number(at, "t_seconds"),
        size=size,
        split="" if subset == "main" else subset,
        tower=text_of(row, "tower"),
        observed_at=None if observed is None else instant(observed, "observed_at"),
        licence=text_of(row, "licence"),
        box_source=text_of(row, "box_source"),
        note=text_of(row, "note"),
        verdict=text_of(row, "verdict"),
        labelled_by=text_of(row, "labelled_by"),
        distance_m=_distance_m(row.get("distance_m")),
    )


def _check_exported(row: dict[str, Any]) -> None:
    missing = [key for key in ("image_label", "boxes", *EXPORTED) if key not in row]
    if missing:
        text = f"lacks {', '.join(missing)}; every row of {LABELS_SCHEMA} has them"
        raise ValueError(text)
    if not (text_of(row, "camera") and text_of(row, "sequence")):
        text = "camera and sequence must say something: frames are split by them"
        raise ValueError(text)
    instant(row["observed_at"], "observed_at")
    if row["image_label"] == "none" and row["boxes"] is None:
        text = "image_label is none, but boxes is null; of a clear frame it must be an empty list"
        raise ValueError(text)
    if row["image_label"] == "ignore" and row["boxes"]:
        text = "image_label is ignore, but there are boxes; nobody could tell, so there is none to learn from"
        raise ValueError(text)


def _distance_m(given: Any) -> float | None:
    if given is None:
        return None
    distance_m = number(given, "distance_m")
    if distance_m <= 0.0:
        text = f"distance_m is {given}; it must be above 0 [m], or null where nobody knows it"
        raise ValueError(text)
    return distance_m


def _boxes(given: Any, label: str, size: tuple[int, int], slack_px: float) -> Boxes | None:
    if given is None:
        # Where there is no smoke, no box is missing.
        return no_boxes() if label == "none" else None
    if not isinstance(given, list):
        text = f"boxes is {given!r:.60}; it must be a list of [x, y, width, height], or null where nobody drew any"
        raise ValueError(text)  # noqa: TRY004 - one kind of error for every wrong value
    if label == "none" and given:
        text = f"image_label is none, but there are {len(given)} boxes; a clear frame has none"
        raise ValueError(text)
    if label == "smoke" and not given:
        text = "image_label is smoke, but boxes is empty; draw one, or write null where nobody drew any"
        raise ValueError(text)
    return boxes(given, size, slack_px)
