"""Puts the node together from its settings."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import numpy as np

from firewatch.domain.ids import make_ulid
from firewatch.errors import ConfigError
from firewatch_edge.capture import Credentials, FolderSource, Gate, SnapshotSource, StreamSource, VideoSource
from firewatch_edge.config import password_from
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.detect import Eyes, shipped_model
from firewatch_edge.health import CameraMonitor, MaintenanceFile, ReferenceFolder, ViewedPose
from firewatch_edge.node.camera import Cadence, CameraWorker
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.node.holding import HeldFile, Holding
from firewatch_edge.node.inbox import Inbox
from firewatch_edge.node.oversight import Oversight
from firewatch_edge.node.pipeline import Pipeline, Watch
from firewatch_edge.node.service import Node, NodeIdentity
from firewatch_edge.node.watcher import Watcher
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, ConfirmationSection, EdgeSettings
    from firewatch_edge.detect import ModelSpec, TemporalSpec
    from firewatch_edge.detect.model import ConfirmationSpec
    from firewatch_edge.publish import Publisher

__all__ = [
    "assemble",
    "load_eyes",
    "model_folder",
    "open_publisher",
    "rules_of",
    "source_opener",
    "verified_rules_of",
]


def utc_now() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


def assemble(settings: EdgeSettings, publisher: Publisher | None = None) -> Node:
    """Build a node, ready to run.

    Parameters
    ----------
    settings : EdgeSettings
        Checked settings.
    publisher : Publisher, optional
        In place of the outbox and broker of the settings.

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
    openers = {camera.camera_id: source_opener(camera) for camera in settings.camera}
    eyes = load_eyes(settings)
    spec = eyes.detector.spec
    boot_id = make_ulid(utc_now(), os.urandom(10))
    disk = _outbox_folder(settings)
    publisher = publisher or open_publisher(settings, boot_id)
    randomness = np.random.default_rng()
    inbox = Inbox([camera.camera_id for camera in settings.camera])
    rules, verified = rules_of(settings.confirmation, spec), verified_rules_of(settings.confirmation, eyes.temporal)
    started_s = time.monotonic()
    watches, workers = {}, []
    for camera in settings.camera:
        monitor = CameraMonitor(camera.camera_id, camera.period_s, started_s, _viewed(settings, camera))
        view = Viewpoint(
            settings.tower_id, camera.camera_id, camera.pose_id, settings.calibration_of(camera), spec.sha256
        )
        watches[camera.camera_id] = Watch(Watcher(eyes, Confirmer(rules, view, randomness, verified)), monitor)
        worker = _worker(camera, openers[camera.camera_id], monitor, inbox)
        workers.append((worker, monitor))
    ledger = Ledger(Path(settings.ledger.path)) if settings.ledger.path else None
    holding = _holding(settings, Handover(publisher, ledger))
    pipeline = Pipeline(watches, inbox, holding, randomness)
    identity = NodeIdentity(boot_id, spec.sha256, disk, settings.vitals.every_s, settings.watchdog.device)
    health = Path(settings.health.path)
    oversight = Oversight([monitor for _, monitor in workers], utc_now, health, held=lambda: holding.count)
    return Node(identity, [worker for worker, _ in workers], inbox, pipeline, publisher, oversight)


def _viewed(settings: EdgeSettings, camera: CameraSection) -> ViewedPose | None:
    """Return the pose whose reference is kept; a recording has none, it is not the view of today."""
    if camera.is_recorded:
        return None
    references = ReferenceFolder(Path(settings.health.path) / "reference")
    return ViewedPose(camera.camera_id, camera.pose_id, camera.pose.hfov_deg, camera.pose.sigma_deg, references)


def _holding(settings: EdgeSettings, handover: Handover) -> Holding:
    folder = Path(settings.health.path)
    maintenance = MaintenanceFile(folder / "maintenance.json")
    return Holding(
        handover, lambda camera_id: maintenance.of(camera_id, utc_now()) is not None, HeldFile(folder / "held.jsonl")
    )


def _outbox_folder(settings: EdgeSettings) -> Path:
    folder = Path(settings.outbox.path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError("settings", "outbox.path", f"{folder} cannot be made: {err.strerror}") from err
    return folder


def load_eyes(settings: EdgeSettings) -> Eyes:
    """Open the networks of the settings."""
    chosen, temporal = settings.model, settings.temporal
    eyes = Eyes.load(model_folder(settings), chosen.threads, chosen.precision, is_temporal=temporal.enabled)
    return Eyes(eyes.detector, eyes.verifier, temporal.candidates, temporal.changes)


def model_folder(settings: EdgeSettings) -> Path:
    """Return where the model of the settings lies."""
    return Path(settings.model.path) if settings.model.path else shipped_model()


def open_publisher(settings: EdgeSettings, boot_id: str) -> Publisher:
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
    )


def rules_of(chosen: ConfirmationSection, spec: ModelSpec) -> Rules:
    """Return when several frames are a sighting by each frame alone: as configured, else as the model says."""
    return _rules(chosen, spec.confirmation)


def verified_rules_of(chosen: ConfirmationSection, spec: TemporalSpec | None) -> Rules | None:
    """Return the same for frames that were compared with the view's past; None where none is."""
    if spec is None:
        return None
    # A window shorter than the span asked for could never be met.
    return replace(_rules(chosen, spec), span_s=min(spec.span_s, 0.5 * chosen.window_s))


def _rules(chosen: ConfirmationSection, model: ConfirmationSpec | TemporalSpec) -> Rules:
    hits = chosen.hits or model.hits
    return Rules(
        threshold=model.threshold if chosen.threshold is None else chosen.threshold,
        hits=hits,
        window=max(hits, chosen.window or model.window),
        window_s=chosen.window_s,
        report_every=chosen.report_every,
    )


def source_opener(camera: CameraSection, environment: Mapping[str, str] | None = None) -> Callable[[], Source]:
    """Return what opens a camera; raise `ConfigError` now if its password is missing from the environment."""
    password = password_from(f"camera {camera.id} password_env", camera.password_env, environment)
    credentials = Credentials(camera.username, password) if camera.username else None
    if camera.kind == "snapshot":
        trusts = camera.clock == "camera"
        return partial(SnapshotSource, camera.url, utc_now, credentials, trusts_camera=trusts)
    if camera.kind == "stream":
        return partial(StreamSource, _with_account(camera.url, credentials), camera.url, utc_now)
    path, period_s = Path(camera.path), camera.period_s
    if camera.kind == "folder":
        return lambda: FolderSource(path, utc_now(), period_s)
    return lambda: VideoSource(path, utc_now(), period_s)


def _with_account(url: str, credentials: Credentials | None) -> str:
    """Write an account into an address, as FFmpeg wants it."""
    if credentials is None:
        return url
    parts = urlsplit(url)
    account = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{account}@{parts.netloc}"))


def _worker(camera: CameraSection, opener: Callable[[], Source], monitor: CameraMonitor, inbox: Inbox) -> CameraWorker:
    gate = Gate(None if camera.is_recorded else camera.max_age_s)
    cadence = Cadence(camera.period_s, camera.timeout_s, waits_for_place=camera.is_recorded)
    return CameraWorker(opener, gate, monitor, inbox, cadence, utc_now)
