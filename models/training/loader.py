"""Batches of numbered samples: sample n is the same in every run, however many processes make it.

So a run that was stopped goes on with the batch that would have come next.
"""

from __future__ import annotations

import itertools
import signal
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
from torch.utils.data import DataLoader, Dataset, Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Made = TypeVar("Made")


class Numbers(Sampler[list[int]]):
    """The numbers of the samples of each batch, from a step on, without end."""

    def __init__(self, batch: int, from_step: int) -> None:
        self.batch, self.from_step = batch, from_step

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the numbers of one batch after the other."""
        for step in itertools.count(self.from_step):
            yield list(range(step * self.batch, (step + 1) * self.batch))


def batches(
    samples: Dataset[Any], numbers: Numbers, collate: Callable[[list[Any]], Made], workers: int, *, pinned: bool = False
) -> Iterator[Made]:
    """Make batches without end.

    Parameters
    ----------
    samples : Dataset
        ``samples[n]`` depends on n and the dataset's own settings alone.
    numbers : Numbers
        Which samples.
    collate : callable
        Joins the samples of a batch.
    workers : int
        Processes that make samples ahead; 0: this one, when they are asked for.
    pinned : bool
        Put them where a GPU can fetch them while it computes.
    """
    if workers:
        # A worker that is forked from a process in which OpenCV has started threads hangs in its first call.
        cv2.setNumThreads(0)
    loader: DataLoader[Any] = DataLoader(
        samples,
        batch_sampler=numbers,
        num_workers=workers,
        collate_fn=collate,
        prefetch_factor=4 if workers else None,
        pin_memory=pinned,
        worker_init_fn=_settle,
    )
    return iter(loader)


def _settle(_: int) -> None:
    """Leave Ctrl-C to the parent, which saves first, and one core to each process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(0)
