"""Look through a label export before anything is trained on it.

Example
-------
    python -m models.label_check --labels labels-2026

Errors make it exit 1: what cannot be read, boxes outside their picture, one picture twice. Notes are what a
person should think of: a camera that only ever shows one label teaches the camera, not the smoke.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from models.data.frames import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "firewatch-labels/1"
# Fewer fires than this make no difference that a test could show.
FEW_FIRES = 10
# A box may touch the edge, and was rounded to a tenth.
SLACK_PX = 0.11


@dataclass(slots=True)
class Findings:
    """What was found: errors, notes, and how many images by camera and label."""

    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 1 where there are errors."""
    parser = argparse.ArgumentParser(prog="python -m models.label_check", description=__doc__.split("\n")[0])
    parser.add_argument("--labels", type=Path, required=True, help="folder that `firewatch labels export` wrote")
    given = parser.parse_args(argv)
    findings = check_labels(given.labels)
    for camera, counts in sorted(findings.counts.items()):
        print(f"{camera:<32} " + "  ".join(f"{label} {counts[label]}" for label in LABELS))
    for note in findings.notes:
        print(f"note: {note}")
    for error in findings.errors:
        print(f"error: {error}", file=sys.stderr)
    return 1 if findings.errors else 0


def check_labels(folder: Path) -> Findings:
    """Look through a folder of the form ``firewatch-labels/1``."""
    findings = Findings()
    try:
        listed = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
        images = list(listed["images"])
    except (OSError, ValueError, KeyError, TypeError) as err:
        findings.errors.append(f"{folder / 'annotations.json'} cannot be read: {err!r}")
        return findings
    if listed.get("schema") != SCHEMA:
        findings.errors.append(f"its schema is {listed.get('schema')!r}; this program reads {SCHEMA}")
        return findings
    labels: dict[str, set[str]] = defaultdict(set)
    for image in images:
        findings.errors += [f"{image.get('file')}: {why}" for why in _wrong(folder, image, labels)]
        findings.counts[str(image.get("camera"))][str(image.get("image_label"))] += 1
    for files in (files for files in labels.values() if len(files) > 1):
        findings.errors.append(f"one picture stands there twice: {', '.join(sorted(files))}")
    findings.notes += _notes(images, findings.counts)
    return findings


def _wrong(folder: Path, image: dict[str, Any], labels: dict[str, set[str]]) -> list[str]:
    """Return what is wrong with an image; its picture's hash joins `labels`."""
    wrong = _wrong_entry(image)
    path = folder / str(image.get("file"))
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return [*wrong, "there is no such file in the folder"]
    labels[hashlib.sha256(path.read_bytes()).hexdigest()].add(f"{image['file']} ({image.get('image_label')})")
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return [*wrong, "it is no picture that can be read"]
    height, width = picture.shape[:2]
    if (width, height) != (image.get("width"), image.get("height")):
        wrong.append(f"it has {width} x {height} pixels; {image.get('width')} x {image.get('height')} are stated")
    return [*wrong, *(why for box in image.get("boxes") or () for why in _wrong_box(box, width, height))]


def _wrong_entry(image: dict[str, Any]) -> list[str]:
    label, wrong = image.get("image_label"), []
    if label not in LABELS:
        wrong.append(f"its label is {label!r}; allowed are {', '.join(LABELS)}")
    if label in {"none", "ignore"} and image.get("boxes"):
        wrong.append(f"it is labelled {label} and has boxes")
    if label == "none" and image.get("boxes") is None:
        wrong.append("it is labelled none, and its boxes are null: they must be an empty list")
    if not image.get("camera") or not image.get("sequence"):
        wrong.append("it has no camera or no sequence: it could stand on both sides of a split")
    try:
        datetime.fromisoformat(str(image.get("observed_at")))
    except ValueError:
        wrong.append(
            f"its observed_at is {image.get('observed_at')!r}; allowed is an instant as 2026-04-04T04:00:00+00:00"
        )
    return wrong


def _wrong_box(box: Any, width: int, height: int) -> list[str]:
    is_box = isinstance(box, list) and len(box) == 4 and all(isinstance(v, int | float) for v in box)  # noqa: PLR2004
    if not is_box:
        return [f"box {box!r} is not x, y, width, height"]
    x, y, w, h = box
    inside = x >= -SLACK_PX and y >= -SLACK_PX and x + w <= width + SLACK_PX and y + h <= height + SLACK_PX
    return [] if inside and w > 0 and h > 0 else [f"box {box} does not lie in {width} x {height}"]


def _notes(images: Sequence[dict[str, Any]], counts: dict[str, Counter[str]]) -> list[str]:
    fires = {image.get("sequence") for image in images if image.get("image_label") == "smoke"}
    notes = []
    if len(fires) < FEW_FIRES:
        notes.append(f"{len(fires)} fires: too few to see a difference; more seasons teach more than more steps")
    unboxed = sum(image.get("image_label") == "smoke" and not image.get("boxes") for image in images)
    if unboxed:
        notes.append(f"{unboxed} smoke frames have no boxes: they are not trained on")
    one_sided = sorted(camera for camera, found in counts.items() if bool(found["smoke"]) != bool(found["none"]))
    if one_sided:
        notes.append(f"cameras with smoke alone, or never: {', '.join(one_sided)}; a detector may learn the camera")
    return notes


if __name__ == "__main__":
    sys.exit(main())
