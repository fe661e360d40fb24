"""Detector and verifier together: what there is in a frame, and what of it has come lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.detect.boxes import calibrate, chosen, logistic, overlaps
from firewatch_edge.detect.change import changed_places
from firewatch_edge.detect.clips import at_working_size, cut_clips
from firewatch_edge.detect.detector import Detector
from firewatch_edge.detect.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.vision import Frame
    from firewatch_edge.detect.closeup import CloseUp
    from firewatch_edge.detect.detector import Scan
    from firewatch_edge.detect.model import Precision, TemporalSpec
    from firewatch_edge.detect.past import ViewMemory
    from firewatch_edge.detect.session import Provider

__all__ = ["MOST_CHANGES", "Candidates", "Eyes"]

# Places of a frame that are looked at because they changed, besides what the detector found.
MOST_CHANGES = 4
# A changed place that overlaps a detector's box by more than this is that box's smoke.
_SAME_PLACE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The places of one frame that were compared with the view's past: aligned arrays.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4), float32
        x0, y0, x1, y1 in pixels of the frame: first the detector's, best first, then changed places, clearest first.
    detected : ndarray, shape (n,), float32
        The detector's calibrated probabilities.
    verified : ndarray, shape (n,), float32
        The verifier's alone, of its raw logits.
    scores : ndarray, shape (n,), float32
        Of both together.
    from_detector : int
        How many are the detector's.
    """

    boxes: npt.NDArray[np.float32]
    detected: npt.NDArray[np.float32]
    verified: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    from_detector: int

    def __len__(self) -> int:
        return len(self.scores)


class Eyes:
    """The networks of a node; not thread-safe, one thread owns them.

    Parameters
    ----------
    detector : Detector
        Looks at each frame.
    verifier : Verifier or None
        Looks at what was found; None where the model has none or it is switched off.
    candidates : int or None
        Most of the detector's boxes that the verifier looks at in a frame; None is as the model says.
    changes : int
        Most changed places that it looks at besides.
    """

    def __init__(
        self,
        detector: Detector,
        verifier: Verifier | None = None,
        candidates: int | None = None,
        changes: int = MOST_CHANGES,
    ) -> None:
        self.detector = detector
        self.verifier = verifier
        self.candidates = 0 if verifier is None else candidates or verifier.spec.candidates
        self.changes = changes

    @classmethod
    def load(
        cls,
        folder: Path,
        threads: int = 0,
        precision: Precision = "auto",
        *,
        provider: Provider = "auto",
        is_temporal: bool = True,
    ) -> Eyes:
        """Open a model with its verifier, where it has one.

        Parameters
        ----------
        folder : Path
            Holds ``model.toml`` and the networks.
        threads : int
            For each network; 0 leaves one core for decoding and takes the others.
        precision : {"auto", "float", "int8"}
            Of the networks, where they have two forms.
        provider : {"auto", "cpu", "openvino", "cuda", "tensorrt"}
            What computes them.
        is_temporal : bool
            Whether the verifier is wanted.

        Returns
        -------
        Eyes
            Ready.

        Raises
        ------
        ModelError
            If one of the networks cannot be used.
        """
        detector = Detector.load(folder, threads, precision, provider)
        temporal = detector.spec.temporal if is_temporal else None
        return cls(detector, None if temporal is None else Verifier.load(folder, temporal, threads, provider))

    @property
    def temporal(self) -> TemporalSpec | None:
        """What the model says of the verifier that is in use."""
        return None if self.verifier is None else self.verifier.spec

    def verify(
        self, frame: Frame, scan: Scan, memory: ViewMemory, most: int, close_ups: Sequence[CloseUp] = ()
    ) -> Candidates | None:
        """Compare what the detector found, and what changed, with the view's past.

        Parameters
        ----------
        frame : Frame
            The present one; its picture must not be changed afterwards.
        scan : Scan
            What the detector says of it.
        memory : ViewMemory
            Of this view; the frame is added to it.
        most : int
            Of the detector's boxes looked at, and of the changed places.
        close_ups : sequence of CloseUp
            Tiles that show parts of the frame sharper: what changed is looked for in them too, and a small place is
            shown to the verifier as one of them shows it.

        Returns
        -------
        Candidates or None
            None where there is no verifier or the view has no past yet.

        Raises
        ------
        ModelError
            If the verifier fails.
        """
        verifier = self.verifier
        if verifier is None:
            return None
        image, _ = at_working_size(frame.image)
        scale = image.shape[1] / frame.stamp.width_px
        past = memory.look_back(image, frame.stamp.captured_at.timestamp())
        if past is None:
            return None
        cut = self.detector.cut(verifier.spec.candidate_threshold)
        clipped, kept = chosen(scan.boxes, scan.scores, scan.size_px, cut)
        kept = kept[: min(most, self.candidates)]
        few = min(most, self.changes)
        boxes = clipped[kept]
        for changed in (
            changed_places(image, past, few) / scale,
            *(close.framed(changed_places(close.image, close.past, few)) for close in close_ups),
        ):
            boxes = np.concatenate([boxes, _apart(changed.astype(np.float32), boxes, scan.size_px)])
        logits = np.concatenate([scan.logits[kept], _best_inside(scan, boxes[len(kept) :])])
        clips = cut_clips(image, past, boxes * scale)
        for close_up in close_ups:
            sharper = close_up.holds(boxes)
            clips[sharper] = cut_clips(close_up.image, close_up.past, close_up.placed(boxes[sharper]))
        answers = verifier.logits(clips)
        return Candidates(
            boxes,
            calibrate(logits, self.detector.spec.calibration),
            logistic(answers),
            verifier.probabilities(logits, answers),
            len(kept),
        )


def _apart(
    places: npt.NDArray[np.float32], found: npt.NDArray[np.float32], size_px: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return the places (k, 4), within the frame, that the found boxes (n, 4) do not show already."""
    width, height = size_px
    places = np.clip(places, 0.0, np.array([width, height, width, height], np.float32))
    is_new = (overlaps(places, found) <= _SAME_PLACE).all(axis=1)
    return places[is_new & (places[:, 2] > places[:, 0]) & (places[:, 3] > places[:, 1])]


def _best_inside(scan: Scan, places: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the best logit (k,) among the boxes whose middle lies in each place; where none does, of the nearest."""
    middles = (scan.boxes[:, :2] + scan.boxes[:, 2:]) / 2.0
    best = np.empty(len(places), np.float32)
    for number, place in enumerate(places):
        # How far each middle lies outside the place, on the axis where it is farther.
        outside = np.maximum(place[:2] - middles, middles - place[2:]).max(axis=1)
        best[number] = scan.logits[outside <= max(0.0, float(outside.min()))].max()
    return best
