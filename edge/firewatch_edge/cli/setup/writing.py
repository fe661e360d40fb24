"""What `init` writes: edge.toml, edge.env and tower.geojson, each whole, and a copy of what was there."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.errors import ConfigError
from firewatch.optics_forms import ErrorsForm, LensForm
from firewatch_edge.cli.secrets_file import secrets_path, secrets_with
from firewatch_edge.config import load_settings
from firewatch_edge.enrolment.identity import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firewatch.domain.optics import Calibration
    from firewatch_edge.cli.setup.draft import CameraDraft, Draft, PoseDraft
    from firewatch_edge.config import EdgeSettings

__all__ = [
    "Broker",
    "camera_block",
    "edge_text",
    "keep_copy",
    "require_usable",
    "uninterrupted",
    "with_broker",
    "with_cameras",
    "write_secrets",
    "write_settings",
    "write_tower",
]

_HEAD = """\
# The settings of this tower's node, written by `firewatch-edge init`. Relative paths start from this file's folder.
# docs/reference/configuration.md tells every key; `firewatch-edge check-config --config edge.toml` what is in effect.
# Passwords are not here but in edge.env beside it.

"""
_NO_CAMERA = """
# No camera yet: `firewatch-edge init` again adds one.
"""
_NO_BROKER = """
# Not enrolled yet: `firewatch-edge init --certificate-only` with the centre's code writes the broker here.
"""
_MQTT = """
[mqtt]
host = {host}
port = {port}

[mqtt.tls]
ca_file = "tls/ca.pem"
cert_file = "tls/tower.pem"     # key and certificate; `firewatch-edge init --renew` replaces both at once
"""
_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_-]+)")
_OWNER_ONLY, _PUBLIC = 0o600, 0o644
_RANGE_M = 15_000.0


class Broker(msgspec.Struct, frozen=True):
    """Where the centre's broker is."""

    host: str
    port: int


def edge_text(draft: Draft, broker: Broker | None) -> str:
    """Return the settings of a new tower."""
    lines = ["[tower]", f"id = {_quoted(draft.tower_id)}"]
    if draft.lat_deg is not None:
        lines += [_explained("lat_deg", f"{draft.lat_deg}", "WGS 84"), f"lon_deg = {draft.lon_deg}"]
    if draft.ground_m is not None:
        lines += [_explained("ground_m", f"{draft.ground_m}", "elevation of the ground above the sea")]
    if draft.mast_m:
        lines += [_explained("mast_m", f"{draft.mast_m}", "height of the cameras above the ground")]
    text = _HEAD + "\n".join(lines) + "\n"
    text += "".join(f"\n{camera_block(camera)}" for camera in draft.cameras) or _NO_CAMERA
    return text + (_NO_BROKER if broker is None else _mqtt(broker))


def camera_block(camera: CameraDraft) -> str:
    """Return the block of one camera."""
    lines = [
        "[[camera]]",
        f"id = {_quoted(camera.id)}",
        f"kind = {_quoted(camera.kind)}",
        f"{'path' if camera.has_path else 'url'} = {_quoted(camera.place)}",
    ]
    if camera.clock != "camera":
        lines += [_explained("clock", '"arrival"', "its own clock was wrong when it was tried")]
    if camera.username:
        lines += [f"username = {_quoted(camera.username)}", f"password_env = {_quoted(camera.variable)}"]
    if camera.mount_url:
        lines += ["", "[camera.mount]", f"url = {_quoted(camera.mount_url)}"]
    if camera.poses:
        for pose in camera.poses:
            names = [f"id = {_quoted(pose.id)}", f"preset = {_quoted(pose.preset)}"]
            lines += ["", "[[camera.poses]]", *names, *_angles(pose)]
    else:
        lines += ["", "[camera.pose]", *_angles(camera.pose)]
    return "\n".join(lines) + "\n"


def _angles(pose: PoseDraft) -> list[str]:
    return [
        _explained("azimuth_deg", _number(pose.azimuth_deg), "true azimuth of the picture's middle, from north"),
        _explained("tilt_deg", _number(pose.tilt_deg), "up is positive"),
        _explained("hfov_deg", _number(pose.hfov_deg), "horizontal field of view"),
    ]


def _explained(key: str, value: str, what: str) -> str:
    return f"{f'{key} = {value}':32}# {what}"


def _number(value: float | None) -> str:
    return repr(round(float(value or 0.0), 3))


def _mqtt(broker: Broker) -> str:
    return _MQTT.format(host=_quoted(broker.host), port=broker.port)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def with_broker(text: str, broker: Broker) -> str:
    """Return settings with the broker in them; as they are where they name one already."""
    if "mqtt" in _decoded(text):
        return text
    return text.replace(_NO_BROKER, "").rstrip("\n") + "\n" + _mqtt(broker)


def with_cameras(text: str, cameras: Sequence[CameraDraft]) -> str:
    """Return settings with some cameras more behind those that are there; not a letter else is changed.

    Raises
    ------
    ConfigError
        If the file is written so that no block can be added.
    """
    old = _decoded(text)
    blocks = "".join(f"\n{camera_block(camera)}" for camera in cameras)
    wanted = {**old, "camera": [*old.get("camera", []), *_decoded(blocks)["camera"]]}
    base = text.replace(_NO_CAMERA, "").rstrip("\n") + "\n"
    lines = base.splitlines(keepends=True)
    at = _end_of_cameras(lines)
    gap = "\n" * bool("".join(lines[at : at + 1]).strip())
    for candidate in ("".join([*lines[:at], blocks, gap, *lines[at:]]), base + blocks):
        with contextlib.suppress(ConfigError):
            if _decoded(candidate) == wanted:
                return candidate
    raise ConfigError("edge.toml", "camera", "no block can be added to this file: write [[camera]] into it by hand")


def _end_of_cameras(lines: list[str]) -> int:
    """Return before which line the next camera belongs: behind the last one, before the comment of what follows."""
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    cameras = [at for at, name in headers if name in {"camera", "tower"}]
    if not cameras:
        return len(lines)
    following = next((at for at, _ in headers if at > cameras[-1]), len(lines))
    while following > 0 and (not lines[following - 1].strip() or lines[following - 1].lstrip().startswith("#")):
        following -= 1
    return following


def _decoded(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.toml.decode(text.encode("utf-8"))
    except msgspec.DecodeError as err:
        raise ConfigError("edge.toml", "file", f"it is no TOML: {err}") from err
    return found


def require_usable(text: str, config: Path) -> EdgeSettings:
    """Read settings as they will be, from a folder that is thrown away; raise `ConfigError` where they will not do."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / config.name
        path.write_text(text, encoding="utf-8")
        try:
            return load_settings(path)
        except ConfigError as err:
            raise ConfigError("the answers", err.key, f"{err.why}. Nothing was written") from err


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off until several files are written: either all of them are there, or none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def keep_copy(config: Path) -> Path | None:
    """Copy settings that are about to be replaced; None where there are none."""
    if not config.exists():
        return None
    copy = config.with_name(f"{config.name}.{datetime.now().astimezone():%Y%m%d-%H%M%S}.old")
    shutil.copy2(config, copy)
    return copy


def write_secrets(config: Path, cameras: Sequence[CameraDraft]) -> Path | None:
    """Write the passwords of cameras beside the settings, for their owner only; None where there is none."""
    new = {camera.variable: camera.password for camera in cameras if camera.variable and camera.password is not None}
    if not new:
        return None
    path = secrets_path(config)
    write_whole(path, secrets_with(path, new), _OWNER_ONLY)
    return path


def write_settings(config: Path, text: str) -> None:
    """Write the settings."""
    write_whole(config, text.encode("utf-8"), _PUBLIC)


def _looking(look: Calibration) -> dict[str, Any]:
    """Return how a pose looks as the fields of a pose in the sites: the same name must mean the same there."""
    roll = {"roll_deg": look.roll_deg} if look.roll_deg else {}
    lens = {} if look.lens is None else {"lens": msgspec.to_builtins(LensForm.of(look.lens))}
    errors = {} if look.errors is None else {"errors": msgspec.to_builtins(ErrorsForm.of(look.errors))}
    return {
        "azimuth_deg": look.azimuth_deg,
        "hfov_deg": look.hfov_deg,
        "tilt_deg": look.tilt_deg,
        "sigma_deg": look.sigma_deg,
        "calibration": look.calibration_id,
        **roll,
        **lens,
        **errors,
    }


def write_tower(config: Path, settings: EdgeSettings, name: str) -> Path | None:
    """Write the tower as the centre's sites file wants it; None where its place is not known."""
    tower = settings.tower
    if tower.lat_deg is None or tower.lon_deg is None:
        return None
    height = [] if tower.ground_m is None else [tower.ground_m + tower.mast_m]
    cameras = [
        {
            "id": camera.id,
            "range_m": _RANGE_M,
            "poses": [{"id": pose.id, **_looking(settings.calibration_of(camera, pose))} for pose in camera.all_poses],
            **({} if camera.bracket is None else {"mount": msgspec.to_builtins(camera.bracket)}),
        }
        for camera in settings.camera
    ]
    mast = {"mast_m": tower.mast_m} if tower.mast_m else {}
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [tower.lon_deg, tower.lat_deg, *height]},
        "properties": {"kind": "tower", "id": tower.id, "name_zh": name, "name_en": name, **mast, "cameras": cameras},
    }
    path = config.with_name("tower.geojson")
    write_whole(path, json.dumps(feature, indent=2, ensure_ascii=False).encode("utf-8") + b"\n", _PUBLIC)
    return path
