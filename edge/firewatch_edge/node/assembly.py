"""Puts the node together from its settings."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.ids import PoseId, make_ulid
from firewatch.errors import ConfigError, ModelError
from firewatch_edge.capture import (
    Credentials,
    FolderSource,
    Gate,
    SnapshotSource,
    VideoSource,
)
from firewatch_edge.config import FREE_POSE, password_from
from firewatch_edge.health import CameraMonitor, MaintenanceFile, ReferenceFolder, ViewedPose
from firewatch_edge.node.camera import Cadence, CameraWorker
from firewatch_edge.node.drill_file import steady_now
from firewatch_edge.node.drill_orders import drill_file
from firewatch_edge.node.drilling import Drills
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.node.hands import Mailbox, Reach, ReachedCamera, assemble_hands
from firewatch_edge.node.holding import HeldFile, Holding
from firewatch_edge.node.inbox import Inbox
from firewatch_edge.node.live import live_opener
from firewatch_edge.node.looking import beside_outbox, end_open
from firewatch_edge.node.model_trial import eyes_in
from firewatch_edge.node.model_updates import current_model, recent_frames_of
from firewatch_edge.node.open_sightings import OpenSightings
from firewatch_edge.node.oversight import Oversight
from firewatch_edge.node.patrol_assembly import assemble_patrol
from firewatch_edge.node.pipeline import Pipeline, Watch
from firewatch_edge.node.service import Node, NodeIdentity
from firewatch_edge.node.settings_book import SettingsBook
from firewatch_edge.node.surroundings import Surroundings
from firewatch_edge.node.tiling import reduction_for, tile_time
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firewatch.domain.ids import CameraId
    from firewatch.mqtt import Delivery
    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, EdgeSettings
    from firewatch_edge.detect import Eyes
    from firewatch_edge.node.hands import LogRing
    from firewatch_edge.node.pipeline import Watching
    from firewatch_edge.publish import Publisher
    from firewatch_edge.update import ModelKeeper

__all__ = [
    "assemble",
    "load_eyes",
    "model_folder",
    "open_publisher",
    "source_opener",
]


def utc_now() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


def assemble(
    settings: EdgeSettings,
    publisher: Publisher | None = None,
    *,
    models: ModelKeeper | None = None,
    config: Path | None = None,
    log: LogRing | None = None,
) -> Node:
    """Build a node, ready to run.

    Parameters
    ----------
    settings : EdgeSettings
        Checked settings.
    publisher : Publisher, optional
        In place of the outbox and broker of the settings; such a node takes no commands.
    models : ModelKeeper, optional
        Says which model runs, and takes back one that cannot be opened; without it the present one is opened.
    config : Path, optional
        The file of the settings, to be read again by command.
    log : LogRing, optional
        The last of the log, to be sent by command.

    Returns
    -------
    Node
        Its publisher is open; its threads are not started.

    Raises
    ------
    ConfigError
        If a password is missing from the environment, or the outbox's folder cannot be made.
    ModelError
        If the detector cannot be used.
    StoreError
        If the outbox cannot be opened.
    """
    eyes = load_eyes(settings) if models is None else _kept_eyes(settings, models)
    openers = _openers(settings, eyes)
    boot_id = make_ulid(utc_now(), os.urandom(10))
    disk = _outbox_folder(settings)
    book = _settings_book(settings)
    mailbox = Mailbox()
    own: OutboxPublisher | None = None
    if publisher is None:
        publisher = own = open_publisher(settings, boot_id, book.take, mailbox.take)
    randomness = np.random.default_rng()
    inbox = Inbox([camera.camera_id for camera in settings.camera])
    ledger = Ledger(Path(settings.ledger.path)) if settings.ledger.path else None
    holding = _holding(settings, Handover(publisher, ledger))
    opened = _open_sightings(settings, holding)
    times = tile_time(settings)
    shared = Surroundings(settings, eyes, randomness, inbox, utc_now, times, book, opened, holding)
    watches, workers = _cameras(settings, openers, shared)
    pauses = MaintenanceFile(Path(settings.health.path) / "paused.json")
    pipeline = _pipeline(shared, watches, pauses)
    pipeline.recent = None if models is None else recent_frames_of(settings)
    identity = _identity(settings, boot_id, eyes, disk, book, models)
    oversight = _oversight(settings, watches, holding, pauses)
    node = Node(identity, list(workers.values()), inbox, pipeline, publisher, oversight)
    if own is None:
        return node
    cameras = _reached(settings, workers)
    reach = Reach(settings, own, cameras, inbox, pipeline.held_back, pauses, utc_now, config, log, book=book)
    return node.lend(assemble_hands(reach, mailbox, load_eyes))


def _openers(settings: EdgeSettings, eyes: Eyes) -> dict[CameraId, Callable[[], Source]]:
    """Return what opens each camera; its pictures are decoded no larger than the detector needs them."""
    return {camera.camera_id: source_opener(camera, reduction=reduction_for(eyes)) for camera in settings.camera}


def _cameras(
    settings: EdgeSettings, openers: Mapping[CameraId, Callable[[], Source]], shared: Surroundings
) -> tuple[dict[CameraId, Watching], dict[CameraId, CameraWorker]]:
    """Return who watches and who reads each camera."""
    watches: dict[CameraId, Watching] = {}
    workers: dict[CameraId, CameraWorker] = {}
    for camera in settings.camera:
        assemble_camera = _assemble_fixed if camera.mount is None else assemble_patrol
        watches[camera.camera_id], workers[camera.camera_id] = assemble_camera(
            settings, camera, openers[camera.camera_id], shared
        )
    return watches, workers


def _identity(
    settings: EdgeSettings, boot_id: str, eyes: Eyes, disk: Path, book: SettingsBook, models: ModelKeeper | None
) -> NodeIdentity:
    spec = eyes.detector.spec
    return NodeIdentity(
        boot_id,
        spec.sha256,
        disk,
        settings.vitals.every_s,
        settings.tower.id,
        book,
        settings.watchdog.device,
        # No more of it than a report takes.
        model_version=spec.version[:64],
        models=models,
    )


def _open_sightings(settings: EdgeSettings, holding: Holding) -> OpenSightings:
    """Open what an earlier run left open; a drill's is ended.

    A drill that goes on begins a sighting of its own: whose smoke the earlier one was, nobody can tell any more.
    """
    opened = OpenSightings(beside_outbox(settings, "open.json"))
    end_open(opened, opened.exercises(), holding)
    return opened


def _pipeline(shared: Surroundings, watches: Mapping[CameraId, Watching], pauses: MaintenanceFile) -> Pipeline:
    return Pipeline(
        watches,
        shared.inbox,
        shared.handover,
        shared.randomness,
        shared.open_sightings,
        is_paused=lambda name: pauses.of(name, utc_now()) is not None,
        drills=Drills(drill_file(shared.settings), utc_now, steady_now),
    )


def _reached(settings: EdgeSettings, workers: Mapping[CameraId, CameraWorker]) -> dict[CameraId, ReachedCamera]:
    return {
        camera.camera_id: ReachedCamera(
            camera,
            workers[camera.camera_id],
            lambda reduction, camera=camera: source_opener(camera, reduction=reduction)(),  # type: ignore[misc] # its own
        )
        for camera in settings.camera
    }


def _oversight(
    settings: EdgeSettings, watches: Mapping[CameraId, Watching], holding: Holding, pauses: MaintenanceFile
) -> Oversight:
    return Oversight(
        [watch.monitor for watch in watches.values()],
        utc_now,
        Path(settings.health.path),
        held=lambda: holding.count,
        # What a camera sees by night, where nothing of it would be reported, does not count.
        paused_for=lambda camera_id, _: watches[camera_id].monitor.not_detecting_reason,
        drill=drill_file(settings),
        pauses=pauses,
    )


def _viewed(settings: EdgeSettings, camera: CameraSection) -> ViewedPose | None:
    """Return the pose whose reference is kept; a recording has none, it is not the view of today."""
    if camera.is_recorded:
        return None
    references, pose = ReferenceFolder(Path(settings.health.path) / "reference"), camera.all_poses[0]
    width = settings.calibration_of(camera, pose).plain_hfov_deg
    return ViewedPose(camera.camera_id, camera.pose_id, width, pose.sigma_deg, references)


def _holding(settings: EdgeSettings, handover: Handover) -> Holding:
    folder = Path(settings.health.path)
    maintenance = MaintenanceFile(folder / "maintenance.json")
    return Holding(
        handover, lambda camera_id: maintenance.of(camera_id, utc_now()) is not None, HeldFile(folder / "held.jsonl")
    )


def _assemble_fixed(
    settings: EdgeSettings, camera: CameraSection, opener: Callable[[], Source], shared: Surroundings
) -> tuple[Watching, CameraWorker]:
    """Return who watches a camera that does not turn, and who reads it."""
    monitor = CameraMonitor(camera.camera_id, camera.period_s, time.monotonic(), _viewed(settings, camera))
    watch = Watch(shared.watcher(camera, camera.all_poses[0]), monitor)
    return watch, _worker(camera, opener, monitor, shared.inbox)


def _settings_book(settings: EdgeSettings) -> SettingsBook:
    """Open what the centre has set: for the poses of this tower, and for what a person who drives a camera looks at."""
    known = [(camera.camera_id, PoseId(pose.id)) for camera in settings.camera for pose in camera.all_poses]
    known += [(camera.camera_id, FREE_POSE) for camera in settings.camera if camera.mount is not None]
    return SettingsBook(beside_outbox(settings, "settings.json"), known)


def _outbox_folder(settings: EdgeSettings) -> Path:
    folder = Path(settings.outbox.path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError("settings", "outbox.path", f"{folder} cannot be made: {err.strerror}") from err
    return folder


def load_eyes(settings: EdgeSettings) -> Eyes:
    """Open the networks of the settings."""
    return eyes_in(settings, model_folder(settings))


def _kept_eyes(settings: EdgeSettings, models: ModelKeeper) -> Eyes:
    """Open the model that is kept; where it cannot be opened, the one before it, at last the shipped one."""
    while True:
        try:
            return eyes_in(settings, models.folder)
        except ModelError as err:
            if not models.could_not_load(str(err)):
                raise


def model_folder(settings: EdgeSettings) -> Path:
    """Return where the model of the settings lies."""
    return current_model(settings)


def open_publisher(
    settings: EdgeSettings,
    boot_id: str,
    on_settings: Callable[[bytes], None] | None = None,
    on_command: Callable[[Delivery], None] | None = None,
) -> OutboxPublisher:
    """Open the outbox and the link to the broker; a broker that is away is waited for in the background."""
    return OutboxPublisher(
        PublishSettings(
            tower_id=settings.tower_id,
            outbox=Path(settings.outbox.path),
            mqtt=settings.mqtt_settings(),
            most_bytes=settings.outbox.most_bytes,
            courier=CourierSettings(
                resend_after_s=settings.outbox.resend_after_s, backfill_after_s=settings.outbox.backfill_after_s
            ),
            software=f"firewatch-edge {version('firewatch-edge')}",
        ),
        boot_id,
        on_settings=on_settings,
        on_command=on_command,
    )


def source_opener(
    camera: CameraSection,
    environment: Mapping[str, str] | None = None,
    reduction: Callable[[int, int], int] | None = None,
) -> Callable[[], Source]:
    """Return what opens a camera; raise `ConfigError` now if its password is missing from the environment.

    `reduction` says at what part of their size its JPEGs need be decoded (see `decode_frame`); by default whole.
    """
    password = password_from(f"camera {camera.id} password_env", camera.password_env, environment)
    credentials = Credentials(camera.username, password) if camera.username else None
    if camera.kind == "snapshot":
        trusts = camera.clock == "camera"
        return partial(SnapshotSource, camera.url, utc_now, credentials, trusts_camera=trusts, reduction=reduction)
    if camera.is_live_stream:
        return live_opener(camera, credentials, utc_now, reduction=reduction)
    path, period_s = Path(camera.path), camera.period_s
    if camera.kind == "folder":
        return lambda: FolderSource(path, utc_now(), period_s)
    return lambda: VideoSource(path, utc_now(), period_s)


def _worker(camera: CameraSection, opener: Callable[[], Source], monitor: CameraMonitor, inbox: Inbox) -> CameraWorker:
    gate = Gate(None if camera.is_recorded else camera.max_age_s)
    cadence = Cadence(camera.period_s, camera.timeout_s, waits_for_place=camera.is_recorded)
    return CameraWorker(opener, gate, monitor, inbox, cadence, utc_now)
