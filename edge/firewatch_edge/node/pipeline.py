"""The one detector thread: frame, detections, sightings, pictures, outbox."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import cv2

from firewatch.domain.ids import EvidenceId, make_ulid
from firewatch.domain.vision import Evidence, EvidenceKind, SightingPhase
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import whole_picture
from firewatch_edge.node.evidence import crop_jpeg, frame_jpeg, small_crop_jpeg
from firewatch_edge.node.exercise_mark import marked
from firewatch_edge.node.free_memory import give_back
from firewatch_edge.node.held_back import HeldBack
from firewatch_edge.node.open_sightings import OpenSightings
from firewatch_edge.node.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator

    from firewatch.domain.ids import CameraId
    from firewatch.domain.vision import Box, Frame, Sighting
    from firewatch_edge.detect import Eyes
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.drilling import Drilled, Drills
    from firewatch_edge.node.handover import Handover
    from firewatch_edge.node.holding import Holding
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.watcher import Watched, Watcher
    from firewatch_edge.update import RecentFrames

__all__ = ["Pipeline", "Watch", "Watching", "pictures_of"]

logger = logging.getLogger(__name__)

_POLL_S = 0.5
# What the disk refused is tried again this often.
_RETRY_S = 5.0
# So many frames in a row that could not be scored, and this process is better started anew.
_MOST_FAILURES = 6
_KINDS = {
    SightingPhase.OPENED: (EvidenceKind.CROP, EvidenceKind.FRAME),
    SightingPhase.GROWING: (EvidenceKind.CROP,),
    SightingPhase.ENDED: (),
}


class Watching(Protocol):
    """Who watches one camera, and what is counted of it; the detector's thread owns it."""

    @property
    def monitor(self) -> CameraMonitor:
        """What is counted."""
        ...

    @property
    def eyes(self) -> Eyes:
        """What looks."""
        ...

    def turn_to(self, frame: Frame) -> tuple[Watcher, tuple[Sighting, ...]]:
        """Return who watches what a frame shows, and the last revisions of what ends because the view is another."""
        ...

    def tell(self, frame: Frame, watcher: Watcher) -> None:
        """Let it be known that a frame was judged."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """A camera with one pose: who watches it, and what is counted of it (fulfils `Watching`)."""

    watcher: Watcher
    monitor: CameraMonitor

    @property
    def eyes(self) -> Eyes:
        """What looks."""
        return self.watcher.eyes

    def turn_to(self, frame: Frame) -> tuple[Watcher, tuple[Sighting, ...]]:  # noqa: ARG002 - it shows the one pose
        """Return its one watcher."""
        return self.watcher, ()

    def tell(self, frame: Frame, watcher: Watcher) -> None:
        """Nobody waits for it."""


class Pipeline:
    """Scores frames in fair turns and hands on what is confirmed.

    Parameters
    ----------
    watches : Mapping of CameraId to Watching
        The cameras; their eyes are owned by this thread from the start.
    inbox : Inbox
        Where their frames come in.
    handover : Handover or Holding
        Where sightings go.
    randomness : Generator
        For the ids of pictures.
    open_sightings : OpenSightings, optional
        Remembers over a restart what is open.
    drills : Drills, optional
        Holds the node's drill.
    is_paused : callable, optional
        Tells whether nothing shall be detected at a camera now.
    """

    def __init__(  # noqa: PLR0913 - what comes in, what goes out, and who may stop or exercise it
        self,
        watches: Mapping[CameraId, Watching],
        inbox: Inbox,
        handover: Handover | Holding,
        randomness: Generator,
        open_sightings: OpenSightings | None = None,
        *,
        is_paused: Callable[[CameraId], bool] = lambda _: False,
        drills: Drills | None = None,
    ) -> None:
        self._is_paused = is_paused
        self._watches = watches
        self._inbox = inbox
        self._handover = handover
        self._randomness = randomness
        self._open_sightings = open_sightings or OpenSightings()
        # Keeps a few frames for the self-test of a model that is to come; the detector's thread asks it.
        self.recent: RecentFrames | None = None
        self._drills = drills
        # What was found and not reported; any thread may ask it.
        self.held_back = HeldBack()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)
        self._retry_at_s = 0.0
        self._failed_in_a_row = 0
        # Since the start: frames that were judged, and such that could not be.
        self.judged = self.failed = 0
        self.alive_at_s = time.monotonic()
        full = max((watch.eyes.candidates for watch in watches.values()), default=0)
        self._pace = Pace(full, self.alive_at_s)
        self._overtaken = 0

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End after the present frame; what the disk refused so far is tried once more."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            # A thread that turns and fails on each frame is as blind as one that hangs.
            if self._failed_in_a_row < _MOST_FAILURES:
                self.alive_at_s = time.monotonic()
            try:
                self._turn()
            except Exception:  # a supervised loop: one frame's surprise must not blind the tower
                self._failed_in_a_row += 1
                self.failed += 1
                logger.exception("frame.failed", extra={"in_a_row": self._failed_in_a_row})
        if self._drills is not None:
            self._end(self._drills.close())
        self._handover.retry()

    def _turn(self) -> None:
        if self._drills is not None:
            self._end(self._drills.over())
        taken = self._inbox.take(_POLL_S)
        if taken is not None:
            self._look(*taken)
            self._failed_in_a_row = 0
            self.judged += 1
        if self._handover.waiting and time.monotonic() >= self._retry_at_s:
            self._retry_at_s = time.monotonic() + _RETRY_S
            self._handover.retry()

    def _look(self, camera_id: CameraId, frame: Frame) -> None:
        try:
            if self._is_paused(camera_id):
                self._pass_by(camera_id, frame)
            else:
                self.look(camera_id, frame)
        except Exception:
            self._watches[camera_id].monitor.count("failed")
            raise

    def _pass_by(self, camera_id: CameraId, frame: Frame) -> None:
        """Leave a frame of a paused camera unjudged; one that turns goes its round all the same."""
        watch = self._watches[camera_id]
        watcher, ended = watch.turn_to(frame)
        self._end(ended)
        watch.tell(frame, watcher)

    def look(self, camera_id: CameraId, frame: Frame) -> None:
        """Score one frame, confirm, and hand on the changes."""
        watch = self._watches[camera_id]
        watcher, ended = watch.turn_to(frame)
        self._end(ended)
        watched = watcher.look(frame, self._pace.most)
        watch.monitor.scored(time.monotonic())
        overtaken = self._inbox.overtaken
        self._pace.saw(watched, overtaken - self._overtaken, time.monotonic())
        self._overtaken = overtaken
        self._note(watch, watcher, watched, frame)
        self._open_sightings.note(watched.changes)
        for sighting in watched.changes:
            self._hand_over(sighting, self._pictures(sighting, frame))
        drilled = None if self._drills is None else self._drills.look(watcher, frame, self._pace.most)
        if drilled is not None:
            self._report_drill(drilled)
        # A drill's smoke holds a turning camera as a fire's would, unless there is something real to hold it for.
        is_led = drilled is not None and not watcher.state.tracks
        watch.tell(frame, drilled.watcher if drilled is not None and is_led else watcher)
        if self.recent is not None:
            self.recent.note(camera_id, frame)
        give_back()

    def _report_drill(self, drilled: Drilled) -> None:
        self._open_sightings.note(drilled.changes)
        for sighting in drilled.changes:
            self._hand_over(sighting, self._pictures(sighting, drilled.frame))

    def _end(self, ended: tuple[Sighting, ...]) -> None:
        """Hand on the last revisions of what no frame will show again."""
        self._open_sightings.note(ended)
        for sighting in ended:
            self._hand_over(sighting, ())

    def _hand_over(self, sighting: Sighting, pictures: tuple[Evidence, ...]) -> None:
        self._handover.give(_with_pictures(sighting, pictures), pictures)
        logger.info(
            "sighting.reported",
            extra={
                "sighting_id": sighting.sighting_id,
                "revision": sighting.revision,
                "phase": sighting.phase.value,
                "camera_id": sighting.camera_id,
                "is_exercise": sighting.is_exercise,
                "score": round(sighting.score, 3),
                "azimuth_deg": round(sighting.bearing.azimuth_deg, 2),
            },
        )

    def _note(self, watch: Watching, watcher: Watcher, watched: Watched, frame: Frame) -> None:
        """Count and list what was held back, and in what light."""
        watch.monitor.saw_light(watched.terms.light, watched.terms.not_detecting_reason)
        view = watcher.viewpoint
        for held in watched.held:
            watch.monitor.count("masked" if held.reason == "mask" else "held_back")
            crop = partial(_small_crop, frame, held.box)
            self.held_back.add(view.camera_id, view.pose_id, held, frame.stamp, crop)
        if watched.held:
            counts = {"camera_id": view.camera_id, "reasons": [held.reason for held in watched.held]}
            logger.debug("detections.held_back", extra=counts)

    def _pictures(self, sighting: Sighting, frame: Frame) -> tuple[Evidence, ...]:
        try:
            return pictures_of(sighting, frame, self._randomness)
        except (FrameUnavailableError, cv2.error):
            # A sighting without its picture is still an alarm.
            logger.exception("evidence.failed", extra={"sighting_id": sighting.sighting_id})
            return ()


def _small_crop(frame: Frame, box: Box) -> bytes:
    try:
        return small_crop_jpeg(whole_picture(frame), box)
    except (FrameUnavailableError, cv2.error):
        # The entry counts without its picture, too.
        logger.exception("held_back.no_picture")
        return b""


def pictures_of(sighting: Sighting, frame: Frame, randomness: Generator) -> tuple[Evidence, ...]:
    """Return the pictures to send with a revision: crop and frame when it opens, a crop as it goes on.

    Parameters
    ----------
    sighting : Sighting
        The revision.
    frame : Frame
        The one that brought it about.
    randomness : Generator
        For their ids.

    Returns
    -------
    tuple of Evidence
        Empty for one that ended.
    """
    latest = sighting.looks[-1]
    return tuple(
        Evidence(
            evidence_id=EvidenceId(make_ulid(frame.stamp.captured_at, randomness.bytes(10))),
            sighting_id=sighting.sighting_id,
            tower_id=sighting.tower_id,
            camera_id=sighting.camera_id,
            kind=kind,
            stamp=frame.stamp,
            box=latest.box,
            jpeg=_jpeg(kind, frame, latest.box, is_exercise=sighting.is_exercise),
            is_exercise=sighting.is_exercise,
        )
        for kind in _KINDS[sighting.phase]
    )


def _jpeg(kind: EvidenceKind, frame: Frame, box: Box, *, is_exercise: bool) -> bytes:
    if kind is EvidenceKind.FRAME:
        return frame_jpeg(marked(frame.image) if is_exercise else frame.image)
    return crop_jpeg(whole_picture(frame), box, marked if is_exercise else None)


def _with_pictures(sighting: Sighting, pictures: tuple[Evidence, ...]) -> Sighting:
    """Name the pictures in the look that they show."""
    latest = replace(sighting.looks[-1], evidence_ids=tuple(picture.evidence_id for picture in pictures))
    return replace(sighting, looks=(*sighting.looks[:-1], latest))
