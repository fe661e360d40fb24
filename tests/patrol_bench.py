"""A turning camera's worker on a bench: stepped by hand, its pictures follow its mount."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from patrol_world import POSES, FakeMount
from turning_camera import TurningCamera as Drawn

from firewatch.domain.ids import CameraId
from firewatch.domain.optics import Calibration
from firewatch_edge.capture import Gate, pixel_frame
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Cadence, Inbox, Outcomes, PatrolWorker, PosedFrame, TurningCamera
from firewatch_edge.patrol import Patrol, PatrolPose, PatrolRules, Standing

if TYPE_CHECKING:
    from firewatch.domain.vision import Frame
    from firewatch.domain.zoom import ZoomTable
    from firewatch.errors import FrameUnavailableError

__all__ = ["DOME", "LENSES", "RULES", "START", "Bench"]

DOME = CameraId("dome")
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LENSES = [Calibration(f"a/dome/{i}", azimuth, 0.0, 64.0, 0.5) for i, azimuth in enumerate((0.0, 90.0, 270.0))]
RULES = PatrolRules(settle_s=0.0, poll_s=0.001, dwell_every_s=0.0, hold_every_s=0.01, quiet_s=0.05)


class Bench:
    """A worker that is stepped by hand; its pictures follow the mount, and all that it hands on is judged clear."""

    def __init__(self, poses: list[PatrolPose] | None = None, zooms: ZoomTable | None = None) -> None:
        self.mount, self.drawn = FakeMount(0.2), Drawn(speed=1e6)
        self.taken: list[PosedFrame] = []
        self.fails: FrameUnavailableError | None = None
        self.is_frozen = False
        self._frozen: Frame | None = None
        self._reads = 0
        outcomes = Outcomes()

        class Taking(Inbox):
            def put(inbox, camera_id: CameraId, frame: Frame) -> bool:  # noqa: ARG002, N805 - the bench is self
                assert isinstance(frame, PosedFrame)
                self.taken.append(frame)
                outcomes.tell(frame.stamp, Standing.CLEAR)
                return False

        self.monitor = CameraMonitor(DOME, 10.0, 0.0)
        camera = TurningCamera(Patrol(RULES, poses or POSES), LENSES, 180.0, 90.0, "a/dome/free", zooms=zooms)
        self.worker = PatrolWorker(
            lambda: self, Gate(None), self.monitor, Taking([DOME]), Cadence(10.0, 1.0), lambda: START
        ).drive(camera, self.mount, outcomes)

    def read(self, timeout_s: float) -> Frame:
        assert timeout_s > 0.0
        if self.fails is not None:
            raise self.fails
        if self.is_frozen and self._frozen is not None:
            return self._frozen
        if self.mount.position is not None:
            self.drawn.turn_by_hand(self.mount.position.pan)
        self._reads += 1
        self._frozen = pixel_frame(self.drawn.picture(), START + timedelta(seconds=self._reads))
        return self._frozen

    def close(self) -> None:
        pass

    def step(self) -> None:
        time.sleep(min(0.02, self.worker._take_one(self)))

    def until(self, kind: type) -> None:
        deadline_s = time.monotonic() + 20.0
        while not isinstance(self.worker._act, kind):
            assert time.monotonic() < deadline_s
            self.step()
