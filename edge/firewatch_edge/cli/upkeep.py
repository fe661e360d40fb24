"""Commands of the technician: maintenance with an end, and the reference picture of a view."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.domain.ids import CameraId, PoseId
from firewatch.errors import ConfigError, StoreError
from firewatch_edge.cli.say import say, say_json
from firewatch_edge.config import load_settings
from firewatch_edge.health import MaintenanceFile, ReferenceFolder

if TYPE_CHECKING:
    import argparse

    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection
    from firewatch_edge.health import Maintenance

__all__ = ["maintenance", "reference"]

_SHOWN_HELD = 20


def maintenance(arguments: argparse.Namespace) -> int:
    """Begin, end or show maintenance."""
    settings = load_settings(arguments.config)
    camera_id = _camera(settings, arguments.camera)
    folder = Path(settings.health.path)
    file, now = MaintenanceFile(folder / "maintenance.json"), datetime.now(UTC)
    try:
        if arguments.action == "start":
            begun = file.begin(camera_id, arguments.minutes, arguments.reason, now)
            say(f"{camera_id or 'all cameras'}: maintenance until {_local(begun.until)}, new sightings are held back")
            return 0
        if arguments.action == "end":
            say("ended" if file.end(camera_id) else "there was none")
            return 0
    except OSError as err:
        raise StoreError(f"{folder}: {err.strerror}; the node's folder is written as the node's user") from err
    _show(file.present(now), _held(folder / "held.jsonl"), as_json=arguments.json)
    return 0


def _show(present: tuple[Maintenance, ...], held: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        works = [{"camera": each.camera_id, "until": each.until.isoformat(), "reason": each.reason} for each in present]
        say_json({"maintenance": works, "held": held})
        return
    for each in present:
        reason = f": {each.reason}" if each.reason else ""
        say(f"{each.camera_id or 'all cameras'} until {_local(each.until)}{reason}")
    if not present:
        say("no maintenance")
    for one in held:
        where = f"{one['camera_id']}  {one['azimuth_deg']:6.2f} deg  {one['score']:.2f}"
        say(f"held  {one['observed_at']}  {where}  {one['phase']}")


def _held(path: Path) -> list[dict[str, Any]]:
    """Return the latest revision of each of the last sightings that were held back."""
    latest: dict[str, dict[str, Any]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            one = json.loads(line)
            latest.pop(one["sighting_id"], None)
            latest[one["sighting_id"]] = one
        except (ValueError, KeyError, TypeError):
            continue  # a line that a power cut broke off
    return list(latest.values())[-_SHOWN_HELD:]


def reference(arguments: argparse.Namespace) -> int:
    """Show the reference of each view, or put it aside so that the running node learns a new one."""
    settings = load_settings(arguments.config)
    wanted = _camera(settings, arguments.camera)
    folder = ReferenceFolder(Path(settings.health.path) / "reference")
    for camera in settings.camera:
        if camera.is_recorded or wanted not in {None, camera.camera_id}:
            continue
        for pose in camera.all_poses:
            name = camera.id if camera.mount is None else f"{camera.id}/{pose.id}"
            said = _renew(folder, camera, pose) if arguments.renew else _words(folder, camera, pose)
            say(f"{name:16} {said}")
    return 0


def _renew(folder: ReferenceFolder, camera: CameraSection, pose: PoseSection) -> str:
    try:
        was_there = folder.set_aside(camera.camera_id, PoseId(pose.id))
    except OSError as err:
        raise StoreError(f"the reference of {camera.id} cannot be put aside: {err.strerror}") from err
    found = "put aside" if was_there else "there was none"
    return f"{found}; the node learns one from {_lessons(camera)}"


def _lessons(camera: CameraSection) -> str:
    return "the next half hour of good pictures" if camera.mount is None else "good pictures of the next 30 rounds"


def _words(folder: ReferenceFolder, camera: CameraSection, pose: PoseSection) -> str:
    known = folder.load(camera.camera_id, PoseId(pose.id))
    if known is None:
        return f"none yet: it is learnt from {_lessons(camera)}"
    path = folder.picture(camera.camera_id, PoseId(pose.id))
    return f"taken {_local(known.taken_at)}, {known.steady.mean():.0%} of the view holds still, {path}"


def _camera(settings: EdgeSettings, name: str) -> CameraId | None:
    known = [camera.id for camera in settings.camera]
    if name and name not in known:
        raise ConfigError("--camera", name, f"there is no such camera; known are {', '.join(known)}")
    return CameraId(name) if name else None


def _local(at: datetime) -> str:
    return at.astimezone().isoformat(sep=" ", timespec="minutes")
