"""Looking over folders of frames at once: what is wrong, what parts share, what each picture looks like."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.data.figures import by_camera, count
from models.data.folders import Form
from models.data.leaks import NEAR_BITS, near_duplicates, same_files, shared_marks, shared_sites
from models.data.pictures import SUFFIXES, glance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from models.data.folders import Dataset
    from models.data.frames import Frame
    from models.data.leaks import NearPair, Shared
    from models.data.pictures import Glance

# Fewer fires than this make no difference that a test could show.
FEW_FIRES = 10


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Parameters
    ----------
    datasets : tuple of Dataset
    parts : dict of str to list of Frame
        By split, over all folders.
    looks : dict of Path to Glance
    problems : tuple of str
        Errors in label files and pictures.
    leaks, known : tuple of Shared
        Cameras, sequences and files in more than one part; those that the caller knows of are apart.
    sites : tuple of Shared
    near : tuple of NearPair
    notes : tuple of str
    """

    datasets: tuple[Dataset, ...]
    parts: dict[str, list[Frame]]
    looks: dict[Path, Glance]
    problems: tuple[str, ...]
    leaks: tuple[Shared, ...]
    known: tuple[Shared, ...]
    sites: tuple[Shared, ...]
    near: tuple[NearPair, ...]
    notes: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong and nothing leaks."""
        return not (self.problems or self.leaks)


def survey(datasets: Sequence[Dataset], known: Collection[str] = (), near_bits: int = NEAR_BITS) -> Survey:
    """Look over folders of frames.

    Parameters
    ----------
    datasets : sequence of Dataset
        Also those with problems: their sound frames are looked at.
    known : collection of str
        Cameras and sequences that are known to be in more than one part: no errors then, but still told.
    near_bits : int
        See `near_duplicates`.
    """
    problems = [f"{data.name}: {problem}" for data in datasets for problem in data.problems]
    looks, broken = _look(datasets)
    frames = {data.name: [frame for frame in data.frames if frame.path in looks] for data in datasets}
    problems += broken + [words for held in frames.values() for words in _contradictions(held, looks)]
    parts = by_part(frame for held in frames.values() for frame in held)
    exports = {data.name: frames[data.name] for data in datasets if data.form is Form.EXPORT}
    problems += [f"{name}: {words}" for name, held in exports.items() for words in _doubled(held, looks)]
    notes = [f"{data.name}: {note}" for data in datasets for note in (*data.notes, *_unlisted(data))]
    notes += [f"{name}: {note}" for name, held in exports.items() for note in _thoughts(held)]
    marks = [*shared_marks(parts), *same_files(parts, looks)]
    return Survey(
        datasets=tuple(datasets),
        parts=parts,
        looks=looks,
        problems=tuple(problems),
        leaks=tuple(leak for leak in marks if leak.name not in known),
        known=tuple(leak for leak in marks if leak.name in known),
        sites=tuple(shared_sites(parts)),
        near=tuple(near_duplicates(parts, looks, near_bits)),
        notes=tuple(notes),
    )


def by_part(frames: Iterable[Frame]) -> dict[str, list[Frame]]:
    """Gather frames by split: train, val and test first, then others by name."""
    parts: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        parts[frame.split].append(frame)
    first = {"train": "0", "val": "1", "test": "2"}
    return {name: parts[name] for name in sorted(parts, key=lambda name: (first.get(name, "3"), name))}


def _look(datasets: Sequence[Dataset]) -> tuple[dict[Path, Glance], list[str]]:
    looks: dict[Path, Glance] = {}
    broken = []
    for data in datasets:
        for frame in data.frames:
            try:
                looks[frame.path] = glance(frame.path)
            except ValueError as err:
                broken.append(f"{data.name}: {frame.path.relative_to(data.folder)}: {err}")
    return looks, broken


def _contradictions(frames: Sequence[Frame], looks: dict[Path, Glance]) -> list[str]:
    """List files of the same bytes in one folder that are labelled smoke here and none there."""
    first: dict[str, Frame] = {}
    found = []
    for frame in frames:
        before = first.setdefault(looks[frame.path].sha256, frame)
        if {before.label, frame.label} == {"smoke", "none"}:
            found.append(
                f"{frame.path.name} is labelled {frame.label}, but {before.path.name}, the same file, {before.label}"
            )
    return found


def _doubled(frames: Sequence[Frame], looks: dict[Path, Glance]) -> list[str]:
    """List pictures that one export holds twice, whatever their labels: it exports each once."""
    named: dict[str, list[str]] = defaultdict(list)
    for frame in frames:
        named[looks[frame.path].sha256].append(f"{frame.path.name} ({frame.label})")
    return [f"one picture stands there twice: {', '.join(sorted(held))}" for held in named.values() if len(held) > 1]


def _thoughts(frames: Sequence[Frame]) -> list[str]:
    """Note what a person should think of before a model is taught with an export."""
    counts, notes = count(frames), []
    if counts.fires < FEW_FIRES:
        notes.append(f"{counts.fires} fires: too few to see a difference; more seasons teach more than more steps")
    if counts.smoke > counts.drawn:
        notes.append(f"{counts.smoke - counts.drawn} smoke frames have no boxes: they are not trained on")
    seen = {camera: {frame.label for frame in held} - {"ignore"} for camera, held in by_camera(frames).items()}
    alone = [camera for camera, labels in seen.items() if len(labels) == 1]
    if alone:
        notes.append(f"cameras with smoke alone, or never: {', '.join(alone)}; a detector may learn the camera")
    return notes


def _unlisted(data: Dataset) -> list[str]:
    """Note the images in a folder that its label file does not list."""
    if data.form is Form.YOLO:
        return []  # there, every image counts
    listed = {frame.path for frame in data.frames}
    number = sum(p.suffix.lower() in SUFFIXES and p not in listed for p in data.folder.rglob("*"))
    return [f"{number} images lie there that are not listed, or wrong; they are not used"] if number else []
