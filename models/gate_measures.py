"""What a model scores on one frozen test, frame by frame: the gate's one door to the measures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.confirm import confirm
from models.data.frames import load_annotated, load_sequence
from models.detector import Detector, read_sheet
from models.measures import (
    ap_at_overlap,
    auroc,
    average_precision,
    counts_at,
    judged,
    localised_recall,
    peak_in_box,
    recall_at_false_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.gate_tests import FrozenTest
    from models.measures import Look


@dataclass(frozen=True, slots=True)
class Followed:
    """What confirmation made of one sequence.

    `first_confirmed_s` is from ignition, the sequence's end where none came; false ones came before ignition.
    """

    first_confirmed_s: float
    is_confirmed: bool
    false_confirmations: int


@dataclass(frozen=True, slots=True)
class Values:
    """What a model said, one item a frame or sequence, with how to sum up any choice of them.

    Parameters
    ----------
    keys, cameras : tuple of str
        Of each item: its file, and the camera by which items are drawn again.
    items : tuple
        `Look` (scores are probabilities) or `Followed`.
    summarise : callable
        Takes some of the items; nan where they cannot be measured.
    """

    keys: tuple[str, ...]
    cameras: tuple[str, ...]
    items: tuple[Any, ...]
    summarise: Callable[[Sequence[Any]], float]

    def __post_init__(self) -> None:
        """See that every item has its key and camera."""
        assert len(self.keys) == len(self.cameras) == len(self.items)  # noqa: S101 - by construction


def measure(model_dir: Path, test: FrozenTest, threads: int = 2) -> Values:
    """Let a model look at a frozen test.

    Parameters
    ----------
    model_dir : Path
        Holds model.toml and the network.
    test : FrozenTest
        Whose folder is as it was frozen.
    threads : int
        Of the network.
    """
    folder = Path(test.path)
    if test.kind == "sequences":
        names, followed = _all_followed(model_dir, folder, threads)
        return Values(names, names, followed, SEQUENCES[test.measure])
    looks = _looks(model_dir, folder, test.subset or ("val" if test.kind == "rendered" else ""), threads)
    return Values(
        tuple(str(look.frame.path) for look in looks),
        tuple(look.frame.camera for look in looks),
        looks,
        partial(FRAMES[test.measure], threshold=read_sheet(model_dir).threshold),
    )


# Several tests measure the same frames.
@lru_cache(maxsize=64)
def _looks(model_dir: Path, folder: Path, subset: str, threads: int) -> tuple[Look, ...]:
    detector = Detector(read_sheet(model_dir), threads)
    frames = load_annotated(folder, subset or None)
    return tuple(judged([detector.calibrated(detector.look(frame)) for frame in frames]))


@lru_cache(maxsize=64)
def _all_followed(model_dir: Path, folder: Path, threads: int) -> tuple[tuple[str, ...], tuple[Followed, ...]]:
    detector = Detector(read_sheet(model_dir), threads)
    folders = sorted(path.parent for path in folder.glob("*/index.json"))
    return tuple(each.name for each in folders), tuple(_followed(detector, each) for each in folders)


def _followed(detector: Detector, folder: Path) -> Followed:
    looks = [detector.calibrated(detector.look(frame)) for frame in load_sequence(folder)]
    times = [look.frame.t_seconds or 0.0 for look in looks]
    marks = confirm(looks, detector.sheet)
    after = [at for at, mark in zip(times, marks, strict=True) if mark and at >= 0]
    false = sum(mark and at < 0 for at, mark in zip(times, marks, strict=True))
    return Followed(after[0] if after else max(times), bool(after), false)


def _specificity(looks: Sequence[Look], threshold: float) -> float:
    counts = counts_at(looks, threshold)
    return 1.0 - counts.false_rate if counts.false + counts.clear else float("nan")


def _at_any_threshold(looks: Sequence[Look], threshold: float, of: Callable[[Sequence[Look]], float]) -> float:  # noqa: ARG001 - one form for all measures
    return of(looks)


FRAMES: dict[str, Callable[..., float]] = {
    "auroc": partial(_at_any_threshold, of=auroc),
    "average_precision": partial(_at_any_threshold, of=average_precision),
    "recall_at_5_percent_false": partial(_at_any_threshold, of=lambda looks: recall_at_false_rate(looks, 0.05)),
    "peak_in_box": partial(_at_any_threshold, of=peak_in_box),
    "ap50": partial(_at_any_threshold, of=ap_at_overlap),
    "localised_recall": localised_recall,
    "specificity": _specificity,
}


def _mean(items: Sequence[Followed], of: str) -> float:
    return float(np.mean([getattr(item, of) for item in items])) if items else float("nan")


SEQUENCES: dict[str, Callable[[Sequence[Followed]], float]] = {
    "first_confirmed_s": partial(_mean, of="first_confirmed_s"),
    "confirmed_share": partial(_mean, of="is_confirmed"),
    "false_confirmations": partial(_mean, of="false_confirmations"),
}
