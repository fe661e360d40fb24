"""Splits by camera and sequence, never by frame."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.data.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.data.frames import Frame

Counts = npt.NDArray[np.float64]
# Rounds of moving and exchanging groups; each must lower the cost, so few are ever needed.
MOST_ROUNDS = 1000
LEAST_GAIN = 1e-12
# Exchanges are tried among up to so many groups (their number grows with the square); beyond, moves alone do well.
MOST_EXCHANGED = 1500


def marks_of(frame: Frame) -> tuple[str, ...]:
    """Return what ties a frame to others: its camera and its sequence, those that it has."""
    kinds = (("camera", frame.camera), ("sequence", frame.sequence))
    return tuple(f"{kind} {name}" for kind, name in kinds if name)


def groups_of(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Gather frames that share a camera or a sequence, also by way of others.

    Returns
    -------
    list of list of Frame
        Groups by their first path, frames by path: the order of the input does not matter. A frame that has neither
        camera nor sequence is alone.
    """
    above: dict[str, str] = {}

    def top(mark: str) -> str:
        above.setdefault(mark, mark)
        while above[mark] != mark:
            above[mark] = above[above[mark]]
            mark = above[mark]
        return mark

    for frame in frames:
        marks = marks_of(frame)
        for mark in marks:
            above[top(mark)] = top(marks[0])
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame in sorted(frames, key=lambda frame: frame.path.as_posix()):
        marks = marks_of(frame)
        groups[top(marks[0]) if marks else f"path {frame.path.as_posix()}"].append(frame)
    return list(groups.values())


def split_frames(frames: Sequence[Frame], shares: Mapping[str, float], seed: int) -> dict[str, list[Frame]]:
    """Split frames so that no camera and no sequence is in two parts.

    Parameters
    ----------
    frames : sequence of Frame
        Each with a camera or a sequence.
    shares : mapping of str to float
        The wanted share of each part, above 0; they are scaled to add up to 1.
    seed : int
        Of the order in which groups are placed: other seeds give other splits, as good as they can be.

    Returns
    -------
    dict of str to list of Frame
        Each part holds near its share of the smoke frames, and of the others, as far as whole groups allow; in order
        of path. The same for any order of the input.

    Raises
    ------
    DatasetError
        If a frame has neither camera nor sequence, if there are fewer groups than parts, or a share is not above 0.
    """
    where = frames[0].path.parent if frames else None
    groups = groups_of(frames)
    _refuse_unsplittable(groups, shares, where)
    # By where they come in the list of paths, so that the seed's order is that of the data alone.
    order = np.random.default_rng(seed).permutation(len(groups))
    counts = np.array([[sum(f.has_smoke for f in g), sum(not f.has_smoke for f in g)] for g in groups], float)
    wanted = np.array([shares[name] for name in shares])
    placed = _place(counts, wanted / wanted.sum(), order)
    return {
        name: sorted((f for g, at in zip(groups, placed, strict=True) if at == part for f in g), key=lambda f: f.path)
        for part, name in enumerate(shares)
    }


def _refuse_unsplittable(groups: list[list[Frame]], shares: Mapping[str, float], where: Path | None) -> None:
    from pathlib import Path

    folder = where or Path()
    if not shares or not all(np.isfinite(share) and share > 0 for share in shares.values()):
        raise refuse(folder, f"shares are {dict(shares)}; each must be above 0")
    bare = [frame.path.name for group in groups for frame in group if not marks_of(frame)]
    if bare:
        why = (
            f"{len(bare)} frames have neither camera nor sequence (first {bare[0]}): frames of one view would come into"
        )
        raise refuse(folder, f"{why} several parts. Name them in the label file, or by --naming")
    if len(groups) < len(shares):
        why = f"{len(groups)} groups of frames that share no camera or sequence, for {len(shares)} parts"
        raise refuse(folder, f"{why} ({', '.join(shares)}): too few. Bring more cameras, or ask for fewer parts")


def _place(counts: Counts, wanted: Counts, order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Place groups in parts: the largest first, each where it costs least; then move while that helps.

    Parameters
    ----------
    counts : array (groups, 2)
        Smoke frames and others.
    wanted : array (parts,)
        Shares that add up to 1.
    order : array (groups,)
        Breaks ties between groups of one size.
    """
    target = wanted[:, None] * counts.sum(axis=0)
    placed = np.full(len(counts), -1)
    sizes = counts.sum(axis=1)
    # Near-equal sizes (within a factor of two) keep the seed's order, so that seeds differ.
    queue = sorted(order, key=lambda group: -int(np.log2(sizes[group])))
    for rank, group in enumerate(queue):
        left = len(queue) - rank
        empty = [part for part in range(len(wanted)) if not (placed == part).any()]
        allowed = empty if left <= len(empty) else range(len(wanted))
        costs = {part: _cost(_with(placed, group, part), counts, target) for part in allowed}
        placed[group] = min(costs, key=lambda part: (costs[part], part))
    return _improved(placed, counts, target, [int(group) for group in order])


def _with(placed: npt.NDArray[np.int64], group: int, part: int) -> npt.NDArray[np.int64]:
    changed = placed.copy()
    changed[group] = part
    return changed


def _cost(placed: npt.NDArray[np.int64], counts: Counts, target: Counts) -> float:
    """Return how far the parts are from their targets, each in shares of its own target."""
    held = np.zeros_like(target)
    np.add.at(held, placed[placed >= 0], counts[placed >= 0])
    return float((((held - target) / np.maximum(target, 1.0)) ** 2).sum())


def _improved(placed: npt.NDArray[np.int64], counts: Counts, target: Counts, order: list[int]) -> npt.NDArray[np.int64]:
    """Make the best single move or exchange as long as one helps; ties go by the order."""
    placed, scale = placed.copy(), 1.0 / np.maximum(target, 1.0)
    for _ in range(MOST_ROUNDS):
        at, steps = placed[order], counts[order]
        held = np.zeros_like(target)
        np.add.at(held, placed, counts)
        off = (held - target) * scale
        moves = _changes(off[at][:, None], -steps[:, None] * scale[at][:, None])
        moves = moves + _changes(off[None], steps[:, None] * scale[None])
        alone = np.bincount(at, minlength=len(target))[at] == 1  # a part keeps at least one group
        moves[alone[:, None] | (at[:, None] == np.arange(len(target)))] = np.inf
        swaps = _swaps(off, scale, at, steps)
        if min(moves.min(), swaps.min(initial=np.inf)) >= -LEAST_GAIN:
            break
        if moves.min() <= swaps.min(initial=np.inf):
            group, part = np.unravel_index(int(moves.argmin()), moves.shape)
            placed[order[group]] = part
        else:
            one, other = (order[i] for i in np.unravel_index(int(swaps.argmin()), swaps.shape))
            placed[one], placed[other] = placed[other], placed[one]
    return placed


def _changes(off: Counts, by: Counts) -> Counts:
    """Return how much the squares of what is off change, summed over smoke and others."""
    changed: Counts = ((off + by) ** 2 - off**2).sum(axis=-1)
    return changed


def _swaps(off: Counts, scale: Counts, at: npt.NDArray[np.int64], steps: Counts) -> Counts:
    """Return the change of cost by exchanging each two groups of different parts; nothing for very many groups."""
    if len(steps) > MOST_EXCHANGED:
        return np.zeros((0, 0))
    more = steps[None] - steps[:, None]  # what the first's part gains
    here = _changes(off[at][:, None], more * scale[at][:, None])
    there = _changes(off[at][None], -more * scale[at][None])
    both = here + there
    both[at[:, None] == at[None]] = np.inf
    return both
