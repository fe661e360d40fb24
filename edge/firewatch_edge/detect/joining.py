"""The scans of a frame and of its tiles made one: a plume that several show has one box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.detect.boxes import chosen, overlaps
from firewatch_edge.detect.detector import Scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch_edge.detect.boxes import Cut

__all__ = ["joined", "part_of"]

# Of two boxes, one from a tile: the smaller lies in the larger by more than this, so both show one plume. Boxes of a
# plume of five pixels and of the same plume three times as sharp overlap by less than suppression within a frame asks.
_INSIDE = 0.6
# What only a tile shows stays this far under what counts by itself.
_UNDER = 0.999
# A box that comes this near to the edge of its tile was cut by it, as a share of the tile's width.
_AT_EDGE = 0.002


def part_of(scan: Scan, cut: Cut, *, cut_left: bool, cut_right: bool) -> Scan:
    """Return what a tile's scan may add to the frame's, clipped to the tile.

    Parameters
    ----------
    scan : Scan
        Of the tile, in its own pixels.
    cut : Cut
        What is kept; its width is a share of the tile's.
    cut_left, cut_right : bool
        Whether a neighbour was looked at too: then what that edge cuts is whole in the neighbour, or larger than their
        overlap and well seen in the whole frame.
    """
    clipped, kept = chosen(scan.boxes, scan.scores, scan.size_px, cut)
    near = _AT_EDGE * scan.size_px[0]
    is_cut = np.zeros(len(kept), bool)
    if cut_left:
        is_cut |= clipped[kept, 0] <= near
    if cut_right:
        is_cut |= clipped[kept, 2] >= scan.size_px[0] - near
    kept = kept[~is_cut]
    return Scan(clipped[kept], scan.logits[kept], scan.scores[kept], scan.size_px)


def joined(whole: Scan, parts: Sequence[Scan], cut: Cut, counts_from: float) -> Scan:
    """Add to a frame's scan what only its tiles show.

    Parameters
    ----------
    whole : Scan
        Of the frame.
    parts : sequence of Scan
        As of `part_of`, in pixels of the frame.
    cut : Cut
        From which probability on boxes can matter.
    counts_from : float
        Probability from which a box counts by the single frame. Of the whole frame such a box keeps its place: it shows
        all of the plume. One of a tile gets less, whatever the network says: in tiles it takes five times as many calm
        frames for smoke, so what only a tile shows counts when it has been compared with its past.

    Returns
    -------
    Scan
        Of boxes that show one plume the best stays. Boxes below `cut.lowest` are left alone.
    """
    if not any(len(part.scores) for part in parts):
        return whole
    clipped, kept = chosen(whole.boxes, whole.scores, whole.size_px, cut)
    boxes = np.concatenate([clipped[kept], *(part.boxes for part in parts)])
    scores = np.concatenate([whole.scores[kept], *(part.scores for part in parts)])
    logits = np.concatenate([whole.logits[kept], *(part.logits for part in parts)])
    source = np.repeat(np.arange(1 + len(parts)), [len(kept), *(len(part.scores) for part in parts)])
    rank = scores + np.where((source == 0) & (scores >= counts_from), 1.0, 0.0)
    stays = _best_of_each(boxes, rank, source, cut.nms_iou)
    added = stays[source[stays] > 0]
    # Whoever asks `whole` again, with suppression of its own, must not find the box that one of a tile stands for.
    firm = rank[added][None, :]
    is_beaten = _shows_the_same(whole.boxes, boxes[added], cut.nms_iou) & (_rank_of(whole, counts_from)[:, None] < firm)
    left = ~(is_beaten.any(axis=1) & (whole.scores >= cut.lowest))
    return Scan(
        np.concatenate([whole.boxes[left], boxes[added]]),
        np.concatenate([whole.logits[left], logits[added]]),
        np.concatenate([whole.scores[left], np.minimum(scores[added], np.float32(_UNDER * counts_from))]),
        whole.size_px,
    )


def _rank_of(whole: Scan, counts_from: float) -> npt.NDArray[np.float64]:
    return np.asarray(whole.scores + np.where(whole.scores >= counts_from, 1.0, 0.0), np.float64)


def _best_of_each(
    boxes: npt.NDArray[np.floating], rank: npt.NDArray[np.floating], source: npt.NDArray[np.intp], nms_iou: float
) -> npt.NDArray[np.intp]:
    """Return the indices of boxes that no better one of another source stands for."""
    same = _shows_the_same(boxes, boxes, nms_iou) & (source[:, None] != source[None, :])
    kept: list[int] = []
    for index in np.argsort(-rank, kind="stable").tolist():
        if not same[index, kept].any():
            kept.append(index)
    return np.array(kept, np.intp)


def _shows_the_same(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating], nms_iou: float) -> npt.NDArray[np.bool_]:
    """Tell (n, m) which of boxes (n, 4) and (m, 4) overlap, or lie in one another, enough to show one plume."""
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    size = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - corner, 0.0, None)
    area_a, area_b = (np.prod(np.clip(c[:, 2:] - c[:, :2], 0.0, None), axis=1) for c in (a, b))
    smaller = np.minimum(area_a[:, None], area_b[None, :])
    inside = size[..., 0] * size[..., 1] > _INSIDE * np.maximum(smaller, 1e-6)
    return np.asarray(inside | (overlaps(a, b) > nms_iou), bool)
