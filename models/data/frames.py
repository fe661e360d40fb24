"""Labelled frames, and reading them from annotation files (COCO with extra fields) and sequences of one view."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

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
    size : (width, height) or None
        Of the stored image [pixels].
    split : str
        Which part of a data set it belongs to: ``train``, ``val``, ``test``, or the folder's own name.
    tower : str
        Where the camera stands, if that is said.
    observed_at : datetime or None
        When it was taken, with its offset from UTC.
    licence, box_source, note, verdict, labelled_by : str
        As the label file says; empty where it does not.
    distance_m : float or None
        From the camera to the nearest fire whose smoke is seen [m], if that is known.
    """

    path: Path
    label: str
    boxes: Boxes | None = field(default_factory=no_boxes)
    camera: str = ""
    source: str = ""
    sequence: str = ""
    t_seconds: float | None = None
    size: tuple[int, int] | None = None
    split: str = ""
    tower: str = ""
    observed_at: datetime | None = None
    licence: str = ""
    box_source: str = ""
    note: str = ""
    verdict: str = ""
    labelled_by: str = ""
    distance_m: float | None = None

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

    Raises
    ------
    DatasetError
        If anything in the file is wrong; nothing is left out silently.
    """
    from models.data.annotated import read_annotated
    from models.data.problems import Findings

    found = Findings(folder)
    frames = read_annotated(folder, found, subset)
    found.close()
    return frames


def load_made(folders: Sequence[Path], subset: str) -> list[Frame]:
    """Read the made frames of those folders that exist."""
    present = [folder for folder in folders if (folder / "annotations.json").exists()]
    return [frame for folder in present for frame in load_annotated(folder, subset)]


def load_sequence(folder: Path) -> list[Frame]:
    """Read one sequence of a view, in time order.

    Frames before ignition are labelled ``none``; those between ignition and the first visible smoke ``ignore``;
    later ones ``smoke`` without boxes.

    Raises
    ------
    DatasetError
        If anything in its ``index.json`` is wrong.
    """
    from models.data.problems import Findings
    from models.data.sequences import read_sequence

    found = Findings(folder)
    frames = read_sequence(folder, found)
    found.close()
    return frames
