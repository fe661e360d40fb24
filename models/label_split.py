"""A label export in two parts, one to train on and one to hold out, no frame of the one like a frame of the other."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Image = dict[str, Any]
# The same fog stands on the same ridge for a morning.
ALIKE_WITHIN = timedelta(hours=6)


def split_labels(images: Sequence[Image], share: float = 0.2, *, by: str = "sequence", seed: int = 0) -> list[str]:
    """Say for each image whether it is trained on (``train``) or held out (``val``).

    Images of one sequence stay together, and so do those of one camera within hours, in which light and haze stay as
    they are; with `by` ``camera`` all images of a camera. Of smoke and of clear images about the share is held out, in
    whole groups, and never all of a label.

    Parameters
    ----------
    images : sequence of dict
        Entries of annotations.json.
    share : float
        Of each label that is to be held out, 0 to 0.5.
    by : str
        ``sequence`` or ``camera``.
    seed : int
        Another one holds out others.

    Returns
    -------
    list of str
        As long as `images`.
    """
    groups = _groups(images, by)
    members: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    total = {label: sum(image["image_label"] == label for image in images) for label in ("smoke", "none")}
    held, held_groups = dict.fromkeys(total, 0), set()
    for group in sorted(members, key=lambda each: _shuffled(images[members[each][0]], seed)):
        here = {label: sum(images[i]["image_label"] == label for i in members[group]) for label in total}
        wanted = any(here[label] and held[label] < share * total[label] for label in total)
        leaves_some = all(held[label] + here[label] < total[label] for label in total if here[label])
        if wanted and leaves_some:
            held_groups.add(group)
            held = {label: held[label] + here[label] for label in total}
    return ["val" if group in held_groups else "train" for group in groups]


def write_split(labels: Path, out: Path, parts: Sequence[str]) -> None:
    """Write annotations.json of an export anew, with each image's part as its subset; pictures stay where they are.

    Parameters
    ----------
    labels : Path
        The export.
    out : Path
        Folder for the new list: what `models.gate` takes as a test, with its subset.
    parts : sequence of str
        Of `split_labels`.
    """
    listed = json.loads((labels / "annotations.json").read_text(encoding="utf-8"))
    for image, part in zip(listed["images"], parts, strict=True):
        image["subset"] = part
        image["file"] = str((labels / image["file"]).resolve())
    out.mkdir(parents=True, exist_ok=True)
    beside = out / f".annotations.{os.getpid()}.part"
    beside.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(out / "annotations.json")


def _groups(images: Sequence[Image], by: str) -> list[int]:
    """Return a number for each image, the same for those that are linked, directly or over others."""
    leader = list(range(len(images)))

    def lead(place: int) -> int:
        while leader[place] != place:
            place = leader[place]
        return place

    for one, two in _links(images, by):
        low, high = sorted((lead(one), lead(two)))
        leader[high] = low
    return [lead(place) for place in range(len(images))]


def _links(images: Sequence[Image], by: str) -> Iterable[tuple[int, int]]:
    """Give pairs of images that must stay together."""
    if by == "sequence":
        yield from _chained(images, "sequence")
        order = sorted(range(len(images)), key=lambda i: (str(images[i]["camera"]), _at(images[i])))
        for one, two in itertools.pairwise(order):
            is_near = _at(images[two]) - _at(images[one]) < ALIKE_WITHIN
            if images[one]["camera"] == images[two]["camera"] and is_near:
                yield one, two
    else:
        yield from _chained(images, "camera")


def _chained(images: Sequence[Image], key: str) -> Iterable[tuple[int, int]]:
    first: dict[str, int] = {}
    for place, image in enumerate(images):
        yield first.setdefault(str(image[key]), place), place


def _at(image: Image) -> datetime:
    return datetime.fromisoformat(image["observed_at"])


def _shuffled(image: Image, seed: int) -> str:
    return hashlib.sha256(f"{seed} {image['camera']} {image['sequence']}".encode()).hexdigest()
