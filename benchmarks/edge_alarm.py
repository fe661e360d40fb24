"""From the first frame that shows smoke to the broker: a frame each 30 s, three of them to a sighting.

The frames are the demo's rendered world, stamped 30 s apart on a clock that nobody waits for; what the node does with
each of them, decoding, networks, confirmation, outbox and the way through a true broker, takes the time that it takes.
So the figures are the times from the first frame that shows the smoke, and from the first in which what counts passes
the threshold, to the one that confirmed it, each with what that one took until the broker had handed the message to a
subscriber, which is after its acknowledgement at the earliest. What lies between the two is the network's matter: a
plume too faint for it; the rest is the node's.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.demo.world import make_ground, make_world
from firewatch.domain.ids import CameraId, PoseId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.mqtt import MqttSession, Subscription
from firewatch.scene import render
from firewatch.wire.topics import Rights
from firewatch_edge.capture import decode_frame
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import Eyes, shipped_model
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Handover, Inbox, Pipeline, Watch, Watcher, rules_of, verified_rules_of
from firewatch_edge.publish import OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.demo.world import World
    from firewatch.domain.vision import Frame
    from firewatch.mqtt import Delivery
    from firewatch_edge.node import Watched

_CAMERA, _TOWER = CameraId("c1"), TowerId("a")
_PERIOD_S = 30.0
_SEEDS = (3, 5, 7)
# The camera has watched for so long when the fire begins, and it is watched for so long at most [s].
_BEFORE_S, _AFTER_S = 150.0, 600.0
_WAIT_S = 20.0
_ALL = BrokerAccount("bench", "bench", Rights(("firewatch/#",), ("firewatch/#",)))


class NotingWatcher(Watcher):
    """Notes when what counts passed the threshold first."""

    passed_at: datetime | None = None

    def look(self, frame: Frame, most: int | None = None) -> Watched:
        """Take in one frame, as any watcher does."""
        watched = super().look(frame, most)
        terms, has_past = watched.terms.now, watched.candidates is not None
        rules = terms.verified if has_past and terms.verified is not None else terms.alone
        if self.passed_at is None and watched.judged.scores.max(initial=0.0) >= rules.threshold:
            self.passed_at = frame.stamp.captured_at
        return watched


class Desk:
    """Hears what the broker hands on, and when."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.at_s = 0.0

    def take(self, delivery: Delivery) -> None:
        """Note the first sighting."""
        if delivery.topic.endswith(("/sightings", "/backfill")) and not self.heard.is_set():
            self.at_s = time.perf_counter()
            self.heard.set()


def measure_alarm(folder: Path) -> dict[str, Any]:
    """Return for each world when its smoke was known to the broker, counted from the first frame that shows it [s]."""
    eyes = Eyes.load(shipped_model(), 2)
    return {str(seed): _of_world(seed, eyes, folder / f"alarm-{seed}") for seed in _SEEDS}


def _of_world(seed: int, eyes: Eyes, folder: Path) -> dict[str, Any]:
    world, desk = make_world(make_ground(seed), ignites_at_s=_BEFORE_S), Desk()
    folder.mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker(folder / "broker", [_ALL]))
        ear = MqttSession(
            broker.settings_for(_ALL, "ear"), subscriptions=[Subscription("firewatch/#")], receiver=desk.take
        )
        ear.start()
        stack.callback(ear.stop)
        ear.wait_ready(_WAIT_S)
        boot_id = make_ulid(datetime.now(UTC), bytes(10))
        publisher = OutboxPublisher(
            PublishSettings(tower_id=_TOWER, outbox=folder / "outbox.sqlite", mqtt=broker.settings_for(_ALL, "node")),
            boot_id,
        )
        stack.callback(publisher.close)
        watcher = _watcher(eyes)
        watches = {_CAMERA: Watch(watcher, CameraMonitor(_CAMERA, _PERIOD_S, 0.0))}
        pipeline = Pipeline(watches, Inbox([_CAMERA]), Handover(publisher), np.random.default_rng(0))
        return _watched(world, pipeline, watcher, desk)


def _watcher(eyes: Eyes) -> NotingWatcher:
    spec, chosen = eyes.detector.spec, ConfirmationSection()
    lens = Calibration("a", 0.0, 0.0, 62.0, 0.5)
    confirmer = Confirmer(
        rules_of(chosen, spec),
        Viewpoint(_TOWER, _CAMERA, PoseId("main"), lens, spec.sha256),
        np.random.default_rng(0),
        verified_rules_of(chosen, eyes.temporal),
    )
    return NotingWatcher(eyes, confirmer)


def _watched(world: World, pipeline: Pipeline, watcher: NotingWatcher, desk: Desk) -> dict[str, Any]:
    """Show a tower's frames to the node until the broker knows of the smoke."""
    assert world.fire is not None
    began, first_s = datetime.now(UTC), None
    sight = world.sights[0]
    for at_s in np.arange(0.0, _BEFORE_S + _AFTER_S, _PERIOD_S):
        made = render(sight.backdrop, [world.fire.plume], float(at_s), seed=world.seed)
        if first_s is None and made.truths[0].visible:
            first_s = float(at_s)
        body = bytes(cv2.imencode(".jpg", made.image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].data)
        started_s = time.perf_counter()
        pipeline.look(_CAMERA, decode_frame("c", body, began + timedelta(seconds=float(at_s))))
        looked_s = time.perf_counter()
        if desk.heard.wait(1.0):
            took_s = max(desk.at_s, looked_s) - started_s
            passed_s = None if watcher.passed_at is None else (watcher.passed_at - began).total_seconds()
            return {
                "first_visible_s": first_s,
                "first_passed_s": passed_s,
                "frame_to_broker_s": round(took_s, 3),
                "from_first_visible_s": None if first_s is None else round(float(at_s) - first_s + took_s, 1),
                "from_first_passed_s": None if passed_s is None else round(float(at_s) - passed_s + took_s, 1),
            }
    return {"first_visible_s": first_s, "first_passed_s": None, "from_first_visible_s": None}
