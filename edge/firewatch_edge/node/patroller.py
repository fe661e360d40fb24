"""One turning camera in its own thread: it goes its round, and hands on frames that say their pose."""

from __future__ import annotations

import logging
import queue
import time
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue, MountUnavailableError
from firewatch_edge.capture import Verdict
from firewatch_edge.config import FREE_POSE
from firewatch_edge.node.camera import CameraWorker
from firewatch_edge.node.errand import Errand, Glance
from firewatch_edge.node.patrol_log import PatrolLog
from firewatch_edge.node.turning import PosedFrame
from firewatch_edge.patrol import (
    Ask,
    Compare,
    Gallery,
    Go,
    Heading,
    Judged,
    Look,
    LookFree,
    Pause,
    Paused,
    Phase,
    Recognise,
    Refused,
    Standing,
    Strayed,
    Told,
    View,
    Viewed,
    Went,
    outline_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from firewatch.domain.ids import PoseId
    from firewatch.domain.mounting import HeadOffset
    from firewatch.domain.vision import Frame
    from firewatch.domain.zoom import ZoomTable
    from firewatch_edge.capture import Gate, Source
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.camera import Cadence
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.references import ReferenceFile
    from firewatch_edge.node.turning import Outcomes
    from firewatch_edge.patrol import Act, Event, Mount, MountPosition, MountStatus, Patrol, PatrolReport

__all__ = ["PatrolWorker", "TurningCamera"]

logger = logging.getLogger(__name__)


# Two pictures that are compared lie at least so far apart, and no farther than that [s].
_APART_S, _MOST_APART_S = 0.4, 4.0
# A detector that is behind has this long for a frame; the round does not wait longer [s].
_JUDGED_WITHIN_S = 30.0
# At worst an act takes so long besides its frames: the mount's answers, two pictures apart, the detector's word [s].
_MOST_ACT_S = 120.0
# A view that nobody knows anything of is taken as of no wider lens than one without a calibration can have [deg].
_WIDEST_DEG = 150.0
# After a refusal the mount is left alone for so long [s].
_AFTER_REFUSAL_S = 1.0


@dataclass(frozen=True, slots=True)
class TurningCamera:
    """What is known of a camera that turns.

    Parameters
    ----------
    patrol : Patrol
        Its round.
    calibrations : iterable of Calibration
        Of the poses of the round, in its order; read anew each time, since the centre may correct one.
    deg_per_pan, deg_per_tilt : float
        By how much one unit of the mount turns it [deg].
    free_calibration_id : str
        Names the calibration of what a person looks at.
    references : ReferenceFile or None
        Keeps how the poses look over a restart.
    zooms : ZoomTable or None
        Its lenses by zoom, where the settings give them.
    """

    patrol: Patrol
    calibrations: Iterable[Calibration]
    deg_per_pan: float
    deg_per_tilt: float
    free_calibration_id: str
    references: ReferenceFile | None = None
    zooms: ZoomTable | None = None


class PatrolWorker(CameraWorker):
    """Drives one camera round its poses; whatever befalls it, the other cameras do not notice.

    Parameters
    ----------
    open_source, gate, monitor, inbox, cadence, now
        As of `CameraWorker`.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        gate: Gate,
        monitor: CameraMonitor,
        inbox: Inbox,
        cadence: Cadence,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(open_source, gate, monitor, inbox, cadence, now)
        self._orders: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._errands: queue.SimpleQueue[Errand] = queue.SimpleQueue()
        self._errand: Errand | None = None
        self._act: Act = Pause(0.0)
        self._gallery = Gallery()
        self._free: tuple[MountPosition, Calibration] | None = None

    def drive(self, camera: TurningCamera, mount: Mount, outcomes: Outcomes) -> PatrolWorker:
        """Give it its camera, before `start`.

        Parameters
        ----------
        camera : TurningCamera
            What it does.
        mount : Mount
            Turns it; the worker's thread owns it from the start, and closes it.
        outcomes : Outcomes
            Where the detector's thread says what came of each frame.

        Returns
        -------
        PatrolWorker
            Itself.
        """
        self._camera, self._mount, self._outcomes = camera, mount, outcomes
        self._patrol = camera.patrol
        self._state = camera.patrol.begin(time.monotonic())
        self._log = PatrolLog(self._monitor.camera_id)
        if camera.references is not None:
            self._gallery = Gallery(camera.references.load())
        return self

    def take_over(self, for_s: float) -> None:
        """Keep the camera for a person for so long [s]: no move is sent. Any thread may call it."""
        self._orders.put(for_s)

    def hand_back(self) -> None:
        """Let the patrol go on at once. Any thread may call it."""
        self._orders.put(None)

    def send(self, errand: Errand) -> None:
        """Have it look along a bearing, once it holds no candidate and is on no errand. Any thread may call it."""
        self._errands.put(errand)

    def report(self) -> PatrolReport:
        """Return how the patrol is."""
        return self._patrol.report(self._state, time.monotonic())

    def _run(self) -> None:
        try:
            super()._run()
        finally:
            self._mount.close()

    def _take_one(self, source: Source) -> float:
        """Do one act of the patrol; return the wait until the next. One that fails for want of a frame is repeated."""
        self._obey()
        event = self._perform(self._act, source)
        self._state, self._act = self._patrol.step(self._state, event, time.monotonic())
        report = self.report()
        self._monitor.saw_patrol(self._log.vitals(report))
        self._log.tell(report)
        if isinstance(event, Went | Viewed):
            self._check_azimuths()
        least_s = _AFTER_REFUSAL_S if isinstance(event, Refused) else 0.0
        wait_s = max(least_s, self._act.s) if isinstance(self._act, Pause) else least_s
        self.most_turn_s = wait_s + _MOST_ACT_S + 2.0 * self._cadence.timeout_s
        return wait_s

    def _obey(self) -> None:
        while not self._orders.empty():
            order = self._orders.get()
            at_s = time.monotonic()
            before = self._state
            if order is None:
                self._state = self._patrol.hand_back(before, at_s)
            else:
                self._state = self._patrol.take_over(before, at_s + order, at_s)
            # What it was about to do is overruled, a move above all.
            self._act = self._act if self._state is before else Ask()
        if self._errand is not None:
            self._errand = self._go_on(self._errand)
        elif not self._errands.empty() and self._state.phase is not Phase.HOLDING:
            self._errand = self._set_out_for(self._errands.get())

    def _set_out_for(self, errand: Errand) -> Errand | None:
        """Turn the camera for an errand; None where it cannot be run."""
        at_s, state = time.monotonic(), self._state
        if at_s >= errand.gives_up_at_s:
            errand.fail("not-arrived", "the camera was busy for too long")
            return None
        if state.phase is Phase.MANUAL and state.ordered_until_s is None:
            errand.fail("driven", "a person drives this camera now; ask again when it has gone back to its round")
            return None
        heading = self._heading()
        if heading is None:
            errand.fail("not-surveyed", "the mount has not told yet where any pose of its round is")
            return None
        errand.position = heading.position_at(errand.bearing_deg)
        if errand.position is None:
            errand.fail("out-of-range", f"the head does not turn to {errand.bearing_deg:g} degrees")
            return None
        try:
            self._mount.go_to(errand.position)
        except MountUnavailableError as err:
            errand.fail("mount", err.why)
            return None
        kept_until_s = errand.gives_up_at_s + errand.hold_s
        self._state, self._act = self._patrol.take_over(state, kept_until_s, at_s), Ask()
        return errand

    def _go_on(self, errand: Errand) -> Errand | None:
        """Return the errand until its time is over; then the round goes on, unless a person drives meanwhile."""
        at_s, state = time.monotonic(), self._state
        if errand.until_s is None and at_s >= errand.gives_up_at_s:
            errand.fail("not-arrived", "the head did not come to where it was sent, or no frame came from there")
            errand.until_s = at_s
        if errand.until_s is None or at_s < errand.until_s:
            return errand
        if state.held_free_from_s is not None and at_s - state.held_free_from_s < self._patrol.rules.hold_s:
            return errand  # a candidate in this view is looked at as long as at a pose
        if self._is_at_end(errand):
            self._state, self._act = self._patrol.hand_back(state, at_s), Ask()
        else:
            # Somebody turned it meanwhile: the round goes on when that one has been quiet for its time.
            self._state = replace(state, ordered_until_s=None)
        return None

    def _is_at_end(self, errand: Errand) -> bool:
        last, goal = self._state.last, errand.position
        return last is None or goal is None or last.is_near(goal, self._patrol.rules.tolerance)

    def _perform(self, act: Act, source: Source) -> Event:
        if isinstance(act, Pause):
            return Paused()
        if isinstance(act, Compare):
            return Viewed(self._compare(act, source))
        if isinstance(act, Recognise):
            return Judged(self._recognised(source))
        try:
            return self._with_mount(act, source)
        except MountUnavailableError as err:
            self._log.refused(err.why)
            return Refused(err.why, err.is_answer)

    def _with_mount(self, act: Go | Ask | Look | LookFree, source: Source) -> Event:
        match act:
            case Go(pose):
                return Went(self._send(pose))
            case Ask():
                return Told(self._mount.status())
            case Look(pose):
                return self._look(self._patrol.poses[pose].pose_id, self._state.targets[pose], None, source)
            case LookFree(position):
                return self._look(FREE_POSE, position, self._free_calibration(position), source)

    def _send(self, pose: int) -> MountPosition | None:
        goal = self._patrol.poses[pose]
        if goal.position is None:
            return self._mount.recall(goal.preset)
        self._mount.go_to(goal.position)
        return goal.position

    def _look(
        self, pose_id: PoseId, place: MountPosition | None, calibration: Calibration | None, source: Source
    ) -> Event:
        """Have a frame judged if the mount stood at a place before and after it was taken."""
        frame: Frame | None = None
        for _ in range(2):
            status = self._mount.status()
            if place is not None and self._is_elsewhere(status, place):
                return Strayed(status)
            frame = frame or source.read(self._cadence.timeout_s)
        if frame is not None and status.position is not None:
            frame = replace(frame, stamp=replace(frame.stamp, aside=self._aside(pose_id, place, status.position)))
        return Judged(self._judged(frame, pose_id, calibration))

    def _aside(self, pose_id: PoseId, place: MountPosition | None, now: MountPosition) -> HeadOffset | None:
        """Return by how much the head stands beside where it is calibrated; None where its lens cannot zoom so."""
        known = self._free if pose_id == FREE_POSE else (place, self._calibration_of(pose_id)) if place else None
        heading = self._heading()
        if known is None or heading is None:
            return None
        offset = heading.offset_at(known[0], now)
        try:
            known[1].aside(offset)
        except InvalidValue:
            return None
        return offset

    def _is_elsewhere(self, status: MountStatus, place: MountPosition) -> bool:
        return status.position is not None and not status.position.is_near(place, self._patrol.rules.tolerance)

    def _judged(self, frame: Frame | None, pose_id: PoseId, calibration: Calibration | None) -> Standing:
        if frame is None or not self._is_fresh(frame):
            return Standing.UNJUDGED
        self._hand_on(PosedFrame(frame.stamp, frame.image, frame.encoded, pose_id=pose_id, calibration=calibration))
        if self._errand is not None and self._is_at_end(self._errand):
            known = calibration or self._calibration_of(pose_id)
            self._errand.saw(Glance(frame, pose_id, known.aside(frame.stamp.aside)))
        return self._outcomes.wait(frame.stamp, _JUDGED_WITHIN_S)

    def _is_fresh(self, frame: Frame) -> bool:
        self._backoff.reset()
        verdict = self._gate.judge(frame.stamp, self._now(), zlib.crc32(np.ascontiguousarray(frame.image).data))
        if verdict is not Verdict.FRESH:
            self._monitor.count(verdict.value)
        return verdict is Verdict.FRESH

    def _calibration_of(self, pose_id: PoseId) -> Calibration:
        pairs = zip(self._patrol.poses, self._camera.calibrations, strict=True)
        return next(lens for pose, lens in pairs if pose.pose_id == pose_id)

    def _recognised(self, source: Source) -> Standing:
        """Have a frame judged as of the pose that it shows; one that shows none is not."""
        frame = source.read(self._cadence.timeout_s)
        pose = self._gallery.recognise(outline_of(frame.image))
        if pose is None:
            return Standing.UNJUDGED
        return self._judged(frame, self._patrol.poses[pose].pose_id, None)

    def _compare(self, act: Compare, source: Source) -> View:
        first = source.read(self._cadence.timeout_s)
        until_s = time.monotonic() + _MOST_APART_S
        while not self._stop.wait(_APART_S) and time.monotonic() < until_s:
            second = source.read(self._cadence.timeout_s)
            if second.stamp.sha256 != first.stamp.sha256:
                view = self._gallery.view(act.pose, outline_of(first.image), outline_of(second.image))
                self._log.viewed(self._patrol.poses[act.pose].pose_id, view, self._gallery.aside(act.pose))
                if self._camera.references is not None:
                    self._camera.references.keep(self._gallery.known, time.monotonic())
                return view
        # A picture that stands still for seconds, noise and all, is no picture of where the camera looks now.
        return View.UNSTEADY

    def _free_calibration(self, position: MountPosition) -> Calibration:
        """Return how the camera looks at a position; the same for positions that are one within the tolerance."""
        if self._free is None or not self._free[0].is_near(position, self._patrol.rules.tolerance):
            heading = self._heading()
            name = self._camera.free_calibration_id
            widest = min(_WIDEST_DEG, max(lens.hfov_deg for lens in self._camera.calibrations))
            unknown = Calibration(name, 0.0, 0.0, widest, 90.0)
            self._free = (position, unknown if heading is None else heading.calibration_at(position, name))
        return self._free[1]

    def _heading(self) -> Heading | None:
        pairs = zip(self._state.targets, self._camera.calibrations, strict=True)
        known = [(target, lens) for target, lens in pairs if target is not None]
        camera = self._camera
        return Heading(camera.deg_per_pan, camera.deg_per_tilt, known, camera.zooms) if known else None

    def _check_azimuths(self) -> None:
        heading = self._heading()
        if heading is not None:
            self._log.azimuths(heading.disagreement_deg() if heading.contradicts() else None)
