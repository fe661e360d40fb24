"""What a model scores on one frozen test: the gate's one door to the measures, which are those of `models.evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.evaluate.eyes import EdgeEye, see_all
from models.evaluate.frame_table import measures_at, table_of
from models.evaluate.sequences import follow, read_fire
from models.evaluate.sources import read_annotated, sequence_folders
from models.gate_tests import real_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from models.evaluate.frame_table import FrameTable
    from models.evaluate.sequences import Outcome
    from models.gate_tests import FrozenTest

    Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Values:
    """What a model said of frames or sequences, with how to sum up any choice of them.

    Parameters
    ----------
    keys, cameras : tuple of str
        Of each: its file or folder, and the camera by which they are drawn again.
    summarise : callable
        Takes the places (n,) of some of them; nan where they cannot be measured.
    """

    keys: tuple[str, ...]
    cameras: tuple[str, ...]
    summarise: Callable[[Index], float]

    @property
    def value(self) -> float:
        """The measure of all of them."""
        return self.summarise(np.arange(len(self.keys)))


def measure(model_dir: Path, test: FrozenTest, threads: int = 2) -> Values:
    """Let a model look at a frozen test.

    Parameters
    ----------
    model_dir : Path
        Holds model.toml and the networks.
    test : FrozenTest
        Whose folder is as it was frozen.
    threads : int
        Of each network.
    """
    folder = Path(test.path)
    if test.kind == "sequences":
        outcomes = _outcomes(model_dir, folder, threads)
        names = tuple(outcome.name for outcome in outcomes)
        of = SEQUENCES[test.measure]
        return Values(names, names, lambda index: of([outcomes[i] for i in index]))
    table, threshold = _table(model_dir, folder, test.subset or ("val" if test.kind == "rendered" else ""), threads)
    each = measures_at(threshold)[test.measure]
    return Values(tuple(map(str, table.key)), tuple(map(str, table.camera)), lambda index: each(table.take(index)))


# Several tests measure the same frames.
@lru_cache(maxsize=64)
def _table(model_dir: Path, folder: Path, subset: str, threads: int) -> tuple[FrameTable, float]:
    eye = EdgeEye(model_dir, threads)
    return table_of(see_all(eye, read_annotated(folder, subset or None))), eye.threshold


@lru_cache(maxsize=64)
def _outcomes(model_dir: Path, folder: Path, threads: int) -> tuple[Outcome, ...]:
    eye = EdgeEye(model_dir, threads)
    return tuple(follow(eye, read_fire(path, real_of(folder))) for path in sequence_folders(folder))


def first_confirmed_s(outcomes: Sequence[Outcome]) -> float:
    """Mean seconds from ignition to the first confirmation in place; the sequence's end where none came."""
    return _mean([one.moments[-1].at_s if one.confirmed_s is None else one.confirmed_s for one in outcomes])


def confirmed_share(outcomes: Sequence[Outcome]) -> float:
    """Share of the fires that were confirmed in place."""
    return _mean([one.confirmed_s is not None for one in outcomes])


def false_confirmations(outcomes: Sequence[Outcome]) -> float:
    """Mean number of sightings opened before ignition, of the sequences that begin before it."""
    return _mean([one.before.count for one in outcomes if one.before is not None])


SEQUENCES: dict[str, Callable[[Sequence[Outcome]], float]] = {
    "first_confirmed_s": first_confirmed_s,
    "confirmed_share": confirmed_share,
    "false_confirmations": false_confirmations,
}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
