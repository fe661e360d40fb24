"""Looks at every part of a tower's set-up: ok, or what to do."""

from __future__ import annotations

import os
import shutil
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from firewatch.errors import ConfigError, FirewatchError, ModelError
from firewatch.mqtt import MqttSession
from firewatch_edge.capture import EndOfRecording
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.cli.speed import detector_times_ms, temporal_times_ms
from firewatch_edge.config import load_settings
from firewatch_edge.detect import load_spec
from firewatch_edge.node import load_eyes, model_folder, mount_of, plan_of, source_opener

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from firewatch.domain.vision import Frame
    from firewatch_edge.config import CameraSection, EdgeSettings, MountSection

__all__ = ["Finding", "doctor"]

_LEAST_FREE_BYTES = 1 << 30
_BROKER_WAIT_S = 8.0
_SPEED_FRAMES = 5
# This program was written then: a clock before it is unset.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK_IS_SYNCED = Path("/run/systemd/timesync/synchronized")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part."""

    part: str
    is_ok: bool
    words: str


def doctor(arguments: argparse.Namespace) -> int:
    """Check each part; return 1 if any failed."""
    settings = load_settings(arguments.config)
    failed = 0
    for finding in _findings(settings):
        failed += not finding.is_ok
        if arguments.json:
            say_json({"part": finding.part, "ok": finding.is_ok, "words": finding.words})
        else:
            say(f"{'ok  ' if finding.is_ok else 'FAIL'}  {finding.part:20} {finding.words}")
    return 1 if failed else 0


def _findings(settings: EdgeSettings) -> Iterator[Finding]:
    yield _examine("model", lambda: _model(settings))
    for camera in settings.camera:
        yield _examine(f"camera {camera.id}", lambda camera=camera: _camera(settings, camera))  # type: ignore[misc]  # a default binds the loop's value
        if camera.mount is not None:
            yield _examine(f"mount {camera.id}", lambda camera=camera, mount=camera.mount: _mount(camera, mount))  # type: ignore[misc]  # as above
    yield _examine("broker", lambda: _broker(settings))
    yield _examine("disk", lambda: _disk(Path(settings.outbox.path).parent))
    yield _examine("clock", lambda: _clock(datetime.now(UTC)))


def _examine(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, is_ok=True, words=look())
    except FirewatchError as err:
        return Finding(part, is_ok=False, words=str(err))
    except EndOfRecording:
        return Finding(part, is_ok=False, words="the recording holds no frame")


def _model(settings: EdgeSettings) -> str:
    eyes = load_eyes(settings)
    # Noise, not a blank: two views are only compared where there is something to compare.
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    spec = eyes.detector.spec
    each_ms = statistics.median(detector_times_ms(eyes, noise, _SPEED_FRAMES))
    words = f"{spec.name} {spec.version} ({spec.precision}) on {eyes.detector.provider}, {each_ms:.0f} ms a frame"
    if eyes.verifier is not None:
        temporal_ms = statistics.median(temporal_times_ms(eyes, noise, _SPEED_FRAMES, eyes.candidates))
        each_ms += temporal_ms
        words += f" and up to {temporal_ms:.0f} ms to compare it with its past"
    else:
        words += ", each frame by itself"
    busy = sum(each_ms / 1000.0 / camera.period_s for camera in settings.camera)
    words += f", busy {busy:.0%} of the time"
    if busy > 1.0:
        raise ConfigError("edge.toml", "camera.period_s", f"{words}: too slow; raise period_s or use fewer cameras")
    return words


def _camera(settings: EdgeSettings, camera: CameraSection) -> str:
    source = source_opener(camera)()
    try:
        frame = source.read(camera.timeout_s)
    finally:
        source.close()
    stamp = frame.stamp
    age_s = (datetime.now(UTC) - stamp.captured_at).total_seconds()
    words = f"{stamp.width_px}x{stamp.height_px}, captured {age_s:.1f} s ago{_sharpness(settings, camera, frame)}"
    if not camera.is_recorded and age_s > camera.max_age_s:
        advice = 'set the camera\'s clock, or clock = "arrival" here'
        raise ConfigError("edge.toml", f"camera {camera.id} max_age_s", f"{words}: every frame is stale; {advice}")
    return words


def _mount(camera: CameraSection, section: MountSection) -> str:
    mount = mount_of(camera, section)
    try:
        status = mount.status()
        known = {name for preset in mount.presets() for name in (preset.name, preset.token)}
        offset_s = mount.facts().clock_offset_s or 0.0
    finally:
        mount.close()
    missing = sorted({pose.preset for pose in camera.poses if pose.preset} - known)
    if missing:
        raise ConfigError(
            "edge.toml",
            f"camera {camera.id} poses",
            f"the mount has no preset {', '.join(missing)}: make it at its page",
        )
    where = "does not tell where it stands" if status.position is None else f"stands at pan {status.position.pan:.3f}"
    return f"{where}, {len(camera.poses)} poses, its clock {offset_s:+.0f} s from ours"


def _sharpness(settings: EdgeSettings, camera: CameraSection, frame: Frame) -> str:
    """Return how sharp the network sees a far plume; nothing where there is no model to say how large its input is."""
    try:
        taken = load_spec(model_folder(settings), settings.model.precision).input
    except ModelError:
        return ""
    size = (frame.stamp.width_px, frame.stamp.height_px)
    plan = plan_of(settings, camera, size, (taken.width, taken.height))
    looked = f"in the whole frame and {plan.columns} tiles" if plan.columns else "in the whole frame"
    return f", 60 m of smoke at 15 km on {plan.far_plume_px:.1f} pixels {looked}"


def _broker(settings: EdgeSettings) -> str:
    mqtt = settings.mqtt_settings()
    # Under a name of its own: the service may be running, and a second client of its name would throw it out.
    session = MqttSession(msgspec.structs.replace(mqtt, client_id=f"{mqtt.client_id[:120]}-doctor", clean_start=True))
    session.start()
    try:
        session.wait_ready(_BROKER_WAIT_S)
        return f"{mqtt.host}:{mqtt.port} accepts us, MQTT {session.state().protocol}"
    finally:
        session.stop()


def _disk(folder: Path) -> str:
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(b"firewatch")
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as err:
        raise ConfigError("edge.toml", "outbox.path", f"{folder} cannot be written: {err.strerror}") from err
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free in {folder}"
    if free < _LEAST_FREE_BYTES:
        raise ConfigError("edge.toml", "outbox.path", f"{words}: free at least {_LEAST_FREE_BYTES / 1e9:.1f} GB")
    return words


def _clock(now: datetime) -> str:
    words = now.isoformat(timespec="seconds")
    if now < _EARLIEST:
        raise ConfigError("system", "clock", f"it says {words}: set it, and let chrony or systemd-timesyncd keep it")
    return f"{words}, {'synchronised' if _CLOCK_IS_SYNCED.exists() else 'whether it is synchronised is not known here'}"
