"""Puts the node together from its settings."""

from __future__ import annotations

import os
import time
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
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import Eyes, shipped_model
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node.camera import Cadence, CameraWorker
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.node.inbox import Inbox
from firewatch_edge.node.looking import beside_outbox, end_outdated, pose_terms, rules_of, verified_rules_of
from firewatch_edge.node.open_sightings import OpenSightings
from firewatch_edge.node.pipeline import Pipeline, Watch
from firewatch_edge.node.service import Node, NodeIdentity
from firewatch_edge.node.settings_book import SettingsBook
from firewatch_edge.node.watcher import Watcher
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, EdgeSettings
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
    book = SettingsBook(
        beside_outbox(settings, "settings.json"), [(camera.camera_id, camera.pose_id) for camera in settings.camera]
    )
    publisher = publisher or open_publisher(settings, boot_id, book.take)
    randomness = np.random.default_rng()
    inbox = Inbox([camera.camera_id for camera in settings.camera])
    handover = Handover(publisher, Ledger(Path(settings.ledger.path)) if settings.ledger.path else None)
    open_sightings = OpenSightings(beside_outbox(settings, "open.json"))
    started_s = time.monotonic()
    watches, workers = {}, []
    for camera in settings.camera:
        monitor = CameraMonitor(camera.camera_id, camera.period_s, started_s)
        view = Viewpoint(
            settings.tower_id, camera.camera_id, camera.pose_id, settings.calibration_of(camera), spec.sha256
        )
        terms = pose_terms(settings, camera, eyes, view, book)
        end_outdated(open_sightings, view, handover)
        confirmer = Confirmer(rules_of(settings.confirmation, spec), view, randomness)
        watches[camera.camera_id] = Watch(Watcher(eyes, confirmer, terms.at, open_sightings.of(view)), monitor)
        worker = _worker(camera, openers[camera.camera_id], monitor, inbox)
        workers.append((worker, monitor))
    pipeline = Pipeline(watches, inbox, handover, randomness, open_sightings)
    identity = NodeIdentity(boot_id, spec.sha256, disk, settings.vitals.every_s, book)
    return Node(identity, workers, inbox, pipeline, publisher, utc_now)


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


def open_publisher(
    settings: EdgeSettings, boot_id: str, on_settings: Callable[[bytes], None] | None = None
) -> Publisher:
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
