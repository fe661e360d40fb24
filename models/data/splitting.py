"""Splits by camera and sequence, never by frame."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.data.problems import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.data.frames import Frame

Counts = npt.NDArray[np.float64]
# The same fog stands on the same ridge for a morning.
ALIKE_WITHIN = timedelta(hours=6)
# Rounds of moving and exchanging groups; each must lower the cost, so few are ever needed.
MOST_ROUNDS = 1000
LEAST_GAIN = 1e-12
# Exchanges are tried among up to so many groups (their number grows with the square); beyond, moves alone do well.
MOST_EXCHANGED = 1500


class Apart(Enum):
    """What no two parts of a split may share: whole cameras, or sequences and what a camera saw within hours."""

    CAMERA = "camera"
    SEQUENCE = "sequence"


def marks_of(frames: Sequence[Frame], apart: Apart = Apart.CAMERA) -> list[tuple[str, ...]]:
    """Return what ties each frame to others: its camera, or the stretch of hours of it, and its sequence, if known."""
    cameras = [f"camera {frame.camera}" if frame.camera else "" for frame in frames]
    if apart is Apart.SEQUENCE:
        cameras = _stretches(frames, cameras)
    sequences = [f"sequence {frame.sequence}" if frame.sequence else "" for frame in frames]
    return [tuple(mark for mark in marks if mark) for marks in zip(cameras, sequences, strict=True)]


def _stretches(frames: Sequence[Frame], cameras: Sequence[str]) -> list[str]:
    """Part each camera's mark where it saw nothing for hours; not where the time of a frame is unknown."""
    marks, held = list(cameras), defaultdict(list)
    for at, camera in enumerate(cameras):
        held[camera].append(at)
    for camera, members in held.items():
        times = {at: seen for at in members if (seen := frames[at].observed_at) is not None}
        if not camera or len(times) < len(members):
            continue
        order, stretch = sorted(members, key=times.__getitem__), 0
        for before, at in zip([order[0], *order], order, strict=False):
            stretch += times[at] - times[before] >= ALIKE_WITHIN
            marks[at] = f"{camera}, stretch {stretch}"
    return marks


def groups_of(frames: Sequence[Frame], apart: Apart = Apart.CAMERA) -> list[list[Frame]]:
    """Gather frames that share a camera (or hours of it) or a sequence, also by way of others.

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

    ordered = sorted(frames, key=lambda frame: frame.path.as_posix())
    tied = marks_of(ordered, apart)
    for marks in tied:
        for mark in marks:
            above[top(mark)] = top(marks[0])
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame, marks in zip(ordered, tied, strict=True):
        groups[top(marks[0]) if marks else f"path {frame.path.as_posix()}"].append(frame)
    return list(groups.values())


def split_frames(
    frames: Sequence[Frame], shares: Mapping[str, float], seed: int, apart: Apart = Apart.CAMERA
) -> dict[str, list[Frame]]:
    """Split frames so that no camera (or hours of one) and no sequence is in two parts.

    Parameters
    ----------
    frames : sequence of Frame
        Each with a camera or a sequence.
    shares : mapping of str to float
        The wanted share of each part, above 0; they are scaled to add up to 1.
    seed : int
        Of the order in which groups are placed: other seeds give other splits, as good as they can be.
    apart : Apart
        Whether whole cameras stay together, or sequences and what a camera saw within hours.

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
    groups = groups_of(frames, apart)
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


def hold_out(
    frames: Sequence[Frame], share: float = 0.2, seed: int = 1, apart: Apart = Apart.CAMERA
) -> dict[str, list[Frame]]:
    """Split frames into ``train`` and ``val``, of which val is never all of a label; see `split_frames`.

    Of labels that only one group shows, and of one group alone, nothing is held out.
    """
    if len(groups_of(frames, apart)) < 2:  # noqa: PLR2004 - one to train on, one to hold out
        return {"train": list(frames), "val": []}
    parts = split_frames(frames, {"train": 1.0 - share, "val": share}, seed, apart)
    for label in ("smoke", "none"):
        if all(frame.label != label for frame in parts["train"]):
            for group in groups_of(parts["val"], apart):
                if any(frame.label == label for frame in group):
                    parts["train"] += group
                    parts["val"] = [frame for frame in parts["val"] if frame.path not in {one.path for one in group}]
    return {name: sorted(held, key=lambda frame: frame.path) for name, held in parts.items()}


def _refuse_unsplittable(groups: list[list[Frame]], shares: Mapping[str, float], where: Path | None) -> None:
    from pathlib import Path

    folder = where or Path()
    if not shares or not all(np.isfinite(share) and share > 0 for share in shares.values()):
        raise refuse(folder, f"shares are {dict(shares)}; each must be above 0")
    bare = [frame.path.name for group in groups for frame in group if not (frame.camera or frame.sequence)]
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
