"""Sets aside what lies in masks before anything is chosen, and says what was held back, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import Box
from firewatch_edge.node.held_back import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.domain.vision import Detections
    from firewatch_edge.confirm import ConfirmState, MaskSet, Rules
    from firewatch_edge.detect import Candidates, Detector, Scan
    from firewatch_edge.node.held_back import HeldReason
    from firewatch_edge.node.terms import Terms

__all__ = ["held_by_terms", "held_in_masks", "in_masks", "without_masked"]

# Fainter boxes are asked for by nothing; most of a network's thousands are.
_FAINTEST = 0.005


def in_masks(masks: MaskSet) -> Callable[[Scan], npt.NDArray[np.bool_]] | None:
    """Return what tells of a scan, shape (n,), what lies in masks; None where there are none.

    It is asked before suppression: a chimney's box must not first suppress the plume that rises over it and then be
    masked itself.
    """
    if not masks.masks:
        return None

    def tell(scan: Scan) -> npt.NDArray[np.bool_]:
        is_masked = np.zeros(len(scan.scores), bool)
        heard = np.flatnonzero(scan.scores >= _FAINTEST)
        is_masked[heard] = masks.covered(scan.boxes[heard], scan.size_px)
        return is_masked

    return tell


def held_in_masks(masked: Scan, terms: Terms, detector: Detector) -> tuple[Held, ...]:
    """Return what would have counted by the single frame and lies in masks.

    Parameters
    ----------
    masked : Scan
        What was set aside of the whole frame. What only a tile shows does not count by the single frame.
    terms : Terms
        With the masks that hold.
    detector : Detector
        Chooses of what is masked what would have been detections.
    """
    if not len(masked.scores):
        return ()
    found = detector.judge(masked, terms.usual.alone.threshold).detections
    return tuple(
        Held("mask", box, score, ", ".join(terms.masks.names_over((box.x0, box.y0, box.x1, box.y1), masked.size_px)))
        for box, score in _pairs(found)
    )


def without_masked(candidates: Candidates, masks: MaskSet, size_px: tuple[int, int]) -> Candidates:
    """Return candidates without the changed places that lie in masks; the detector's boxes are without them already."""
    keep = ~masks.covered(candidates.boxes, size_px)
    keep[: candidates.from_detector] = True
    if keep.all():
        return candidates
    return replace(
        candidates,
        boxes=candidates.boxes[keep],
        detected=candidates.detected[keep],
        verified=candidates.verified[keep],
        scores=candidates.scores[keep],
    )


def held_by_terms(found: Detections, terms: Terms, usual: Rules, now: Rules, state: ConfirmState) -> tuple[Held, ...]:
    """Return what would have counted and did not: for the light, or for a threshold that the fire danger has raised.

    Parameters
    ----------
    found : Detections
        With the probabilities that count.
    terms : Terms
        By which the frame was judged.
    usual, now : Rules
        Without and with regard to the fire danger.
    state : ConfirmState
        After the frame: what carries an open sighting on is not held back.
    """
    if terms.may_open and now.threshold <= usual.threshold:
        return ()
    reason: HeldReason = "danger" if terms.may_open else "night"
    lowest = min(usual.threshold, now.threshold) if reason == "night" else usual.threshold
    highest = now.threshold if reason == "danger" else np.inf
    reported = {track.latest.box for track in state.tracks if track.is_confirmed and not track.misses}
    return tuple(
        Held(reason, box, score)
        for box, score in _pairs(found.above(lowest))
        if score < highest and box not in reported
    )


def _pairs(found: Detections) -> list[tuple[Box, float]]:
    return [(Box(*box), score) for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True)]
