"""Looks at each camera, and at what turns it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firewatch.errors import FrameUnavailableError, ModelError
from firewatch_edge.capture import SnapshotSource
from firewatch_edge.cli.checkup.finding import Finding, Job
from firewatch_edge.cli.trying import trouble_of
from firewatch_edge.detect import load_spec
from firewatch_edge.node import model_folder, mount_of, plan_of, source_opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.vision import FrameStamp
    from firewatch_edge.config import CameraSection, EdgeSettings, MountSection

__all__ = ["camera_jobs", "same_cameras"]

# Beyond what a camera may take for a frame: to open it, to ask what is wrong with it, and to let go [s].
_MORE_S = 20.0
# Reading the ONVIF library's service descriptions takes seconds of a small processor [s].
_MOUNT_S = 60.0
# Clocks that somebody keeps differ by less [s].
_CLOCK_S = 30.0


def camera_jobs(settings: EdgeSettings) -> Iterator[Job]:
    """Return what to look at, camera by camera."""
    for camera in settings.camera:
        yield Job("camera", partial(_camera, settings, camera), camera.timeout_s + _MORE_S, camera.id)
        if camera.mount is not None:
            yield Job("mount", partial(_mount, camera, camera.mount), _MOUNT_S, camera.id)


def same_cameras(settings: EdgeSettings) -> Iterator[Finding]:
    """Find two cameras that are one: where each should look, only one does."""
    places = Counter(_place(camera) for camera in settings.camera)
    for place, count in places.items():
        if count > 1:
            names = ", ".join(camera.id for camera in settings.camera if _place(camera) == place)
            yield Finding("cameras", "fail", "cameras.same", {"names": names, "place": place})


def _place(camera: CameraSection) -> str:
    """Return where a camera's frames come from, however its address is written."""
    if camera.has_path:
        return camera.path
    parts = urlsplit(camera.url)
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()


def _camera(settings: EdgeSettings, camera: CameraSection) -> Iterator[Finding]:
    try:
        stamp, offset_s = _stamp(camera)
    except FrameUnavailableError as err:
        trouble = trouble_of(camera, err)
        yield Finding("camera", "fail", f"trouble.{trouble.key}", trouble.facts, camera.id)
        return
    age_s = (datetime.now(UTC) - stamp.captured_at).total_seconds()
    facts = {"size": f"{stamp.width_px}x{stamp.height_px}", "age_s": f"{age_s:.1f}", "most_s": f"{camera.max_age_s:g}"}
    if not camera.is_recorded and age_s > camera.max_age_s:
        yield Finding("camera", "fail", "camera.stale", facts, camera.id)
    elif camera.clock == "camera" and offset_s is not None and abs(offset_s) > _CLOCK_S:
        yield Finding("camera", "warn", "camera.clock", {**facts, "offset_s": f"{offset_s:+.0f}"}, camera.id)
    else:
        yield _seen(settings, camera, stamp, facts)


def _stamp(camera: CameraSection) -> tuple[FrameStamp, float | None]:
    """Return the stamp of a frame, and the camera's clock minus ours [s] where its answers tell."""
    source = source_opener(camera)()
    try:
        stamp = source.read(camera.timeout_s).stamp
        return stamp, source.clock_offset_s if isinstance(source, SnapshotSource) else None
    finally:
        source.close()


def _seen(settings: EdgeSettings, camera: CameraSection, stamp: FrameStamp, facts: dict[str, str]) -> Finding:
    """Tell how sharp the network sees a far plume, where there is a model to say how large its input is."""
    try:
        taken = load_spec(model_folder(settings), settings.model.precision).input
    except ModelError:
        return Finding("camera", "ok", "camera.seen", facts, camera.id)
    plan = plan_of(settings, camera, (stamp.width_px, stamp.height_px), (taken.width, taken.height))
    key = "camera.tiles" if plan.columns else "camera.whole"
    sharp = {"pixels": f"{plan.far_plume_px:.1f}", "tiles": plan.columns}
    return Finding("camera", "ok", key, facts | sharp, camera.id)


def _mount(camera: CameraSection, section: MountSection) -> Iterator[Finding]:
    mount = mount_of(camera, section)
    try:
        status = mount.status()
        known = {name for preset in mount.presets() for name in (preset.name, preset.token)}
        offset_s = mount.facts().clock_offset_s or 0.0
    finally:
        mount.close()
    missing = sorted({pose.preset for pose in camera.poses if pose.preset} - known)
    if missing:
        yield Finding("mount", "fail", "mount.presets", {"names": ", ".join(missing)}, camera.id)
        return
    facts = {"poses": len(camera.poses), "offset_s": f"{offset_s:+.0f}"}
    if abs(offset_s) > _CLOCK_S:
        yield Finding("mount", "warn", "mount.clock", facts, camera.id)
    elif status.position is None:
        yield Finding("mount", "ok", "mount.silent", facts, camera.id)
    else:
        yield Finding("mount", "ok", "mount.stands", facts | {"pan": f"{status.position.pan:.3f}"}, camera.id)
