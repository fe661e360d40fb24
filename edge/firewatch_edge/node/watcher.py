"""One view, frame by frame: detector, past, verifier and confirmation; the service and ``replay`` both run it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import Box, Detections
from firewatch.errors import ModelError
from firewatch_edge.confirm import ConfirmState, touches
from firewatch_edge.detect import Sight, ViewMemory
from firewatch_edge.node.setting_aside import held_by_terms, held_in_masks, in_masks, without_masked
from firewatch_edge.node.terms import RulePair, Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import numpy.typing as npt

    from firewatch.domain.vision import Frame, FrameStamp, Sighting
    from firewatch_edge.confirm import Confirmer, Viewpoint
    from firewatch_edge.detect import Candidates, Eyes, Scan
    from firewatch_edge.node.held_back import Held

__all__ = ["Watched", "Watcher"]

logger = logging.getLogger(__name__)

# A changed place this near to a plume is its rim, as a share of the plume's longer side.
_RIM = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What came of one frame.

    Parameters
    ----------
    score : float
        The detector's largest calibrated probability, before any threshold.
    candidates : Candidates or None
        What was compared with the past; None where the single frame alone decided.
    changes : tuple of Sighting
        The revisions to report.
    detector_ms, temporal_ms : float
        How long the two stages took [ms].
    detections : Detections
        What the single frame shows by itself, outside of masks.
    terms : Terms
        By which it was judged.
    held : tuple of Held
        What would have counted and was held back.
    """

    score: float
    candidates: Candidates | None
    changes: tuple[Sighting, ...]
    detector_ms: float
    temporal_ms: float
    detections: Detections
    terms: Terms
    held: tuple[Held, ...] = ()

    @property
    def judged(self) -> Detections:
        """What is shown with the probabilities that counted: of both stages where the past was asked, best first."""
        found = self.candidates
        return self.detections if found is None else _in_order(found.boxes, found.scores)


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    changes: tuple[Sighting, ...]
    candidates: Candidates | None
    held: tuple[Held, ...] = ()


class Watcher:
    """Watches one pose of one camera.

    A frame of a view that has a past is judged by what has come since; one without (the first of all, after the camera
    has turned, after its clock was set back) and one that the verifier fails on, by the single frame alone: no fault of
    the second stage mutes the first.

    Parameters
    ----------
    eyes : Eyes
        May be shared by all watchers of a thread.
    confirmer : Confirmer
        Of this pose.
    terms_at : callable, optional
        Returns by what a frame of an instant is judged; without it by the confirmer's rules, unmasked, at any hour.
    resumed : sequence of Sighting
        Those of this pose that an earlier run of the program left open.
    memory : ViewMemory, optional
        Of this pose, where the usual one would take too much room.
    sight : Sight, optional
        How its frames are looked at, by the same detector; by default as a whole.
    """

    def __init__(
        self,
        eyes: Eyes,
        confirmer: Confirmer,
        terms_at: Callable[[datetime], Terms] | None = None,
        resumed: Sequence[Sighting] = (),
        *,
        memory: ViewMemory | None = None,
        sight: Sight | None = None,
    ) -> None:
        self.eyes = eyes
        self._sight = sight or Sight(eyes.detector)
        self.state = confirmer.resume(resumed)
        fixed = Terms.of_rules(RulePair(confirmer.rules, confirmer.verified_rules))
        self._terms_at = terms_at or (lambda _: fixed)
        # Frames on which the verifier failed.
        self.failed = 0
        self._confirmer = confirmer
        self._memory = memory or ViewMemory()
        if eyes.verifier is not None:
            self._sight.remember_beside(self._memory)
        self._verified_at: FrameStamp | None = None

    @property
    def viewpoint(self) -> Viewpoint:
        """Whose frames it watches."""
        return self._confirmer.viewpoint

    def look(self, frame: Frame, most: int | None = None) -> Watched:
        """Take in one frame.

        Parameters
        ----------
        frame : Frame
            Not seen before; its picture must not be changed afterwards.
        most : int, optional
            Of the detector's boxes and of the changed places looked at, where time is short. What the detector finds
            beyond them counts by its own probability.

        Returns
        -------
        Watched
            What came of it.

        Raises
        ------
        ModelError
            If the detector gives nothing that could be judged.
        """
        started_s = time.perf_counter()
        terms = self._terms_at(frame.stamp.captured_at)
        if (self._confirmer.rules, self._confirmer.verified_rules) != (terms.now.alone, terms.now.verified):
            self._confirmer = self._confirmer.under(terms.now.alone, terms.now.verified)
        self._confirmer = self._confirmer.looking_by(terms.calibration)
        scan = self._sight.look(frame, in_masks(terms.masks))
        held = held_in_masks(self._sight.set_aside, terms, self.eyes.detector)
        found = self.eyes.detector.judge(scan, self._lowest(terms)).detections
        detected_s = time.perf_counter()
        ended = self._begin_anew(frame.stamp)
        looked = _Looked((), None)
        if not self._is_same_look(frame.stamp):
            candidates = self._verify(frame, scan, self.eyes.candidates if most is None else most)
            candidates = candidates and without_masked(candidates, terms.masks, scan.size_px)
            looked = self._confirm(frame.stamp, found, candidates, most, terms)
        verified_s = time.perf_counter()
        self._sight.also_took(verified_s - detected_s)
        return Watched(
            float(max(part.scores.max(initial=0.0) for part in (scan, self._sight.set_aside))),
            looked.candidates,
            (*ended, *looked.changes),
            (detected_s - started_s) * 1000.0,
            (verified_s - detected_s) * 1000.0,
            found.above(self.eyes.detector.counts_from),
            terms,
            (*held, *looked.held),
        )

    def twin(self) -> Watcher:
        """Return who watches the same pose by the same terms and past, and follows nothing yet.

        Neither learns what the other sees from now on.
        """
        sight, memory = self._sight.another(), self._memory.copy()
        return Watcher(self.eyes, self._confirmer, self._terms_at, memory=memory, sight=sight)

    def end(self) -> tuple[Sighting, ...]:
        """Forget what is followed, for a view that will not come again; return what ends by it."""
        ended = self._confirmer.give_up(self.state)
        self.state, self._verified_at = ConfirmState(), None
        self._forget()
        return ended

    def _lowest(self, terms: Terms) -> float:
        """Return the lowest probability of a single frame that anything still asks for."""
        rules = (terms.now.alone, terms.usual.alone)
        return min(self.eyes.detector.counts_from, *(each.carry_threshold for each in rules))

    def _begin_anew(self, stamp: FrameStamp) -> tuple[Sighting, ...]:
        """Where the clock was set back, forget the frames of before, and return what ends by it.

        The gate lets frames through in order, so an earlier one comes only after such a jump; without this the
        confirmation would pass over all frames until the old time comes again.
        """
        latest = self.state.latest_at
        if latest is None or stamp.captured_at > latest:
            return ()
        by_s = round((latest - stamp.captured_at).total_seconds(), 1)
        logger.warning("clock.set_back", extra={"camera_id": self._confirmer.viewpoint.camera_id, "by_s": by_s})
        return self.end()

    def _is_same_look(self, stamp: FrameStamp) -> bool:
        """Tell whether a frame comes so soon after a verified one that it shows the same."""
        if self._verified_at is None:
            return False
        age_s = (stamp.captured_at - self._verified_at.captured_at).total_seconds()
        return age_s < self._confirmer.verified_rules.step_s

    def _verify(self, frame: Frame, scan: Scan, most: int) -> Candidates | None:
        self._verified_at = None
        try:
            candidates = self.eyes.verify(frame, scan, self._memory, most, self._sight.take_close_ups())
        except Exception as err:  # a supervised stage: what it cannot tell, the single frame still does
            self.failed += 1
            facts = {"camera_id": self._confirmer.viewpoint.camera_id, "failed": self.failed}
            logger.exception("verifier.failed", extra=facts)
            if not isinstance(err, ModelError):
                # Something is odd about the remembered frames: begin without them.
                self._forget()
            return None
        if candidates is not None:
            self._verified_at = frame.stamp
        return candidates

    def _forget(self) -> None:
        self._memory.forget()
        self._sight.forget()

    def _confirm(
        self,
        stamp: FrameStamp,
        detections: Detections,
        candidates: Candidates | None,
        most: int | None,
        terms: Terms,
    ) -> _Looked:
        confirmer = self._confirmer
        if candidates is None:
            self.state, changes = confirmer.step(self.state, stamp, detections, may_open=terms.may_open)
            held = held_by_terms(detections, terms, terms.usual.alone, terms.now.alone, self.state)
            return _Looked(changes, None, held)
        fresh, carried, weak = self._split(stamp, detections, candidates, most)
        opening = fresh if terms.may_open else Detections.none()
        self.state, changes = confirmer.step_verified(self.state, stamp, opening, carried, weak)
        usual = terms.usual.verified or terms.usual.alone
        held = held_by_terms(fresh, terms, usual, confirmer.verified_rules, self.state)
        return _Looked(changes, candidates, held)

    def _split(
        self, stamp: FrameStamp, detections: Detections, candidates: Candidates, most: int | None
    ) -> tuple[Detections, Detections, Detections]:
        """Return what may begin a smoke, what may carry a sighting on, and what does so where nothing better does."""
        alone, verified = self._confirmer.rules, self._confirmer.verified_rules
        # Both are the best of one order, so what was not looked at comes after what was.
        rest = slice(candidates.from_detector, None)
        boxes = np.concatenate([candidates.boxes, detections.boxes[rest]])
        detected = np.concatenate([candidates.detected, detections.scores[rest]])
        scores = np.concatenate([candidates.scores, np.zeros(len(detections.scores[rest]), np.float32)])
        both = np.maximum(detected, scores)
        may_carry = (detected >= alone.threshold) | (scores >= verified.threshold)
        is_weak = ~may_carry & ((detected >= alone.carry_threshold) | (scores >= verified.carry_threshold))
        scores[self._pieces(stamp, candidates)] = 0.0
        if most is not None and most < self.eyes.candidates:
            unseen = detected[len(candidates) :]
            scores[len(candidates) :] = np.where(unseen >= alone.threshold, unseen, 0.0)
        carried, weak = (_in_order(boxes[those], both[those]) for those in (may_carry, is_weak))
        return _in_order(boxes, scores), carried, weak

    def _pieces(self, stamp: FrameStamp, candidates: Candidates) -> list[int]:
        """Return the changed places that are the rim of a plume which is followed or found already: none begins one."""
        plumes = [track.box_in(stamp) for track in self.state.tracks if track.is_confirmed]
        pieces = []
        for number in np.argsort(-candidates.scores, kind="stable").tolist():
            box = Box(*candidates.boxes[number].tolist())
            if number >= candidates.from_detector and any(_is_near(box, plume) for plume in plumes):
                pieces.append(number)
            elif candidates.scores[number] >= self._confirmer.verified_rules.threshold:
                plumes.append(box)
        return pieces


def _is_near(box: Box, plume: Box) -> bool:
    return touches(box, plume, _RIM * max(plume.width, plume.height))


def _in_order(boxes: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> Detections:
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order], scores[order])
