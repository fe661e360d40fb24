"""All that is measured of one camera's view: in each picture, and once a minute against its reference."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from firewatch.domain.condition import CameraCondition, ConditionState
from firewatch_edge.health.frozen import FrozenWatch
from firewatch_edge.health.judging import BLINDING, LIMITS, Judge, Limits
from firewatch_edge.health.view import Learner, ViewWatch, reduced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.ids import CameraId, PoseId
    from firewatch_edge.health.picture import PictureQuality
    from firewatch_edge.health.reference import ReferenceFolder

__all__ = ["Examiner", "ViewedPose"]

logger = logging.getLogger(__name__)

_VIEW_EVERY_S = 60.0
# What each picture tells by itself, and what only its view's reference does.
_OF_PICTURES = ("frozen", "dark", "glare", "clock")
_OF_VIEWS = ("blurred", "fogged", "dirty", "covered", "turned")
# A bearing that is off by its own stated error is worth a look, by twice that it is wrong; finer than this nobody sees.
_LEAST_TURN_DEG = 0.2
_TURN_HOLDS = 3
# A camera that turns arrives beside its pose by up to so many pixels of the reduced picture; its patrol tells of more.
_ARRIVES_PX = 12.8
# A reference is learnt from pictures of which at most this share is black or white.
_MOST_UNLIT = 0.5


class ViewedPose:
    """A pose, where its reference lies, and how far it may turn.

    Parameters
    ----------
    camera_id : CameraId
        Of this camera.
    pose_id : PoseId
        Its name.
    hfov_deg, sigma_deg : float
        Horizontal field of view and standard deviation of the azimuth [deg].
    references : ReferenceFolder
        Where references are kept.
    is_turning : bool
        Whether the camera comes and goes: whether it arrives is then its patrol's to tell, not this view's.
    """

    def __init__(
        self,
        camera_id: CameraId,
        pose_id: PoseId,
        hfov_deg: float,
        sigma_deg: float,
        references: ReferenceFolder,
        *,
        is_turning: bool = False,
    ) -> None:
        self.hfov_deg = hfov_deg
        self.is_turning = is_turning
        suspect = max(sigma_deg, _LEAST_TURN_DEG)
        self.limits = Limits(suspect, 2.0 * suspect, _TURN_HOLDS)
        self._key = (camera_id, pose_id)
        self._references = references
        self._watch: ViewWatch | None = None
        self._learner = Learner(_ARRIVES_PX) if is_turning else Learner()

    def watch(self, grey: npt.NDArray[np.uint8], at: datetime) -> ViewWatch | None:
        """Return what compares with the reference; None while there is none, and this picture (h, w) teaches it."""
        if not self._references.is_there(*self._key):
            # Never there, or put aside by a person: learnt anew.
            self._watch = None
        elif self._watch is None and (known := self._references.load(*self._key)) is not None:
            self._watch = ViewWatch(known, self.hfov_deg)
        if self._watch is None:
            self._learn(grey, at)
        return self._watch

    def _learn(self, grey: npt.NDArray[np.uint8], at: datetime) -> None:
        learnt = self._learner.saw(grey, at)
        if learnt is None:
            return
        try:
            self._references.save(*self._key, learnt)
        except OSError as err:
            logger.warning("reference.not_kept", extra={"camera_id": self._key[0], "why": str(err)})
            return
        logger.info("reference.learnt", extra={"camera_id": self._key[0], "pose_id": self._key[1]})


class Examiner:
    """Examines the pictures of one camera; its thread tells it, others ask.

    Parameters
    ----------
    pose : ViewedPose or None
        Where it looks; None for a recording, which has no view to keep, and for a camera that turns.
    poses : Mapping of PoseId to ViewedPose
        Where one that turns looks.
    """

    def __init__(self, pose: ViewedPose | None, poses: Mapping[PoseId, ViewedPose] | None = None) -> None:
        self._views = {pose_id: _View(each) for pose_id, each in (poses or {}).items()}
        self._view = None if pose is None else _View(pose)
        self._frozen = FrozenWatch()
        self._lock = threading.Lock()
        self._judges = {kind: Judge(kind, LIMITS[kind]) for kind in _OF_PICTURES}
        self.failed = 0

    def saw(
        self,
        image: npt.NDArray[np.uint8],
        quality: PictureQuality,
        at_s: float,
        at: datetime,
        pose_id: PoseId | None = None,
    ) -> None:
        """Examine a new picture; never raises.

        Parameters
        ----------
        image : ndarray, shape (h, w, 3), uint8
            In BGR.
        quality : PictureQuality
            Of it.
        at_s : float
            Monotonic time [s].
        at : datetime
            UTC.
        pose_id : PoseId, optional
            Of a camera that turns: which pose it shows; None is none of its round.
        """
        try:
            self._note(self._judges, {"dark": quality.darkness, "glare": quality.glare}, at)
            self._note(self._judges, {"frozen": self._frozen.unchanged(image, at_s)}, at)
            view = self._view if pose_id is None else self._views.get(pose_id)
            if view is not None and at_s >= view.due_s and quality.darkness + quality.glare < _MOST_UNLIT:
                view.due_s = at_s + _VIEW_EVERY_S
                self._look(view, image, at)
        except Exception:  # a supervised stage: a picture that surprises its examiner is judged for smoke all the same
            self.failed += 1
            logger.exception("examination.failed", extra={"failed": self.failed})

    def heard_clock(self, offset_s: float, at: datetime) -> None:
        """Note the camera's clock minus the node's [s]."""
        self._note(self._judges, {"clock": abs(offset_s)}, at)

    def conditions(self) -> tuple[CameraCondition, ...]:
        """Return what is known; of a kind that poses differ in, that of the worst."""
        with self._lock:
            found = [judge.condition for judge in self._judges.values()]
            found += [max(self._of_views(kind), key=_badness, default=None) for kind in _OF_VIEWS]
        return tuple(condition for condition in found if condition is not None)

    def blinded_by(self) -> str:
        """Return the kind of condition that the camera cannot see for; empty where there is none.

        One that turns is blind when most of the poses that are known are: one branch hides one pose, a fogged lens all.
        """
        with self._lock:
            return next((kind for kind in BLINDING if self._blinds(kind)), "")

    def _blinds(self, kind: str) -> bool:
        if kind in self._judges:
            return self._judges[kind].is_bad
        states = [condition.state for condition in self._of_views(kind)]
        return 2 * states.count(ConditionState.BAD) > len(states)

    def _of_views(self, kind: str) -> list[CameraCondition]:
        views = [self._view, *self._views.values()]
        judges = [view.judges[kind] for view in views if view is not None and kind in view.judges]
        return [judge.condition for judge in judges if judge.condition is not None]

    def _look(self, view: _View, image: npt.NDArray[np.uint8], at: datetime) -> None:
        grey = reduced(image)
        watch = view.pose.watch(grey, at)
        if watch is None:
            return
        found = watch.check(grey)
        measured = {"fogged": found.fogged, "blurred": found.blurred, "covered": found.covered, "dirty": found.dirty}
        self._note(view.judges, measured, at)
        if "turned" not in view.judges:
            return
        self._note(view.judges, {"turned": found.turned_deg}, at)
        if found.is_other_view:
            with self._lock:
                view.judges["turned"].vote(ConditionState.BAD, None, at)

    def _note(self, judges: Mapping[str, Judge], measured: dict[str, float | None], at: datetime) -> None:
        with self._lock:
            for kind, value in measured.items():
                judges[kind].note(value, at)


class _View:
    """What is judged of one pose, and when it is looked at again."""

    def __init__(self, pose: ViewedPose) -> None:
        self.pose = pose
        self.due_s = 0.0
        limits = {kind: LIMITS[kind] for kind in _OF_VIEWS if kind in LIMITS}
        if not pose.is_turning:
            limits["turned"] = pose.limits
        self.judges = {kind: Judge(kind, limit) for kind, limit in limits.items()}


def _badness(condition: CameraCondition) -> tuple[int, float]:
    return list(ConditionState).index(condition.state), condition.value or 0.0
