"""Reads and checks the node's settings."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from firewatch.errors import ConfigError, InvalidValue
from firewatch.mqtt import TlsSettings
from firewatch.optics_forms import ErrorsForm, LensForm, MountForm, ZoomForm
from firewatch_edge.config.camera_sections import CameraSection
from firewatch_edge.config.health_sections import HealthSection, WatchdogSection
from firewatch_edge.config.looking_sections import DangerSection, MaskSection
from firewatch_edge.config.optics import with_lens_files, with_widths
from firewatch_edge.config.patrol_checks import check_azimuths, check_poses, with_sweep
from firewatch_edge.config.patrol_sections import (
    MountSection,
    PatrolSection,
    PoseSection,
    SweepSection,
    TurningPoseSection,
)
from firewatch_edge.config.sections import (
    ConfirmationSection,
    EdgeSettings,
    LedgerSection,
    ModelSection,
    MqttSection,
    OutboxSection,
    TemporalSection,
    TowerSection,
    VitalsSection,
)
from firewatch_edge.config.tile_section import TilesSection
from firewatch_edge.config.update_section import UpdatesSection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["effective_settings", "load_settings"]

_WEB = ("http", "https")
_SCHEMES = {"snapshot": _WEB, "mjpeg": _WEB, "stream": ("rtsp", "rtsps", *_WEB)}


def load_settings(path: Path) -> EdgeSettings:
    """Read and check the node's settings.

    Parameters
    ----------
    path : Path
        A TOML file; relative paths in it start from its folder.

    Returns
    -------
    EdgeSettings
        With absolute paths.

    Raises
    ------
    ConfigError
        If the file cannot be read, a key is unknown or missing, or a value is of the wrong type or out of range.
    """
    try:
        raw = with_lens_files(msgspec.toml.decode(path.read_bytes()), path)
        settings = msgspec.convert(raw, EdgeSettings)
    except OSError as err:
        raise ConfigError(str(path), "file", f"{err.strerror}; give it with --config") from err
    except msgspec.ValidationError as err:
        raise _config_error(path, str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "file", f"it is no TOML: {err}") from err
    settings = msgspec.structs.replace(settings, camera=tuple(with_sweep(camera) for camera in settings.camera))
    _check_cameras(path, settings)
    settings = _with_optics(path, settings)
    _check_looking(path, settings)
    return _with_absolute_paths(settings, path.resolve().parent)


def _config_error(path: Path, message: str) -> ConfigError:
    """Turn msgspec's "why - at `$.camera[0].period_s`" into our error, with the likely key for an unknown one."""
    why, _, where = message.partition(" - at `$")
    key = where.rstrip("`").lstrip(".") or "file"
    unknown = re.search(r"unknown field `(.+)`", why)
    if unknown is None:
        missing = re.search(r"required field `(.+)`", why)
        return ConfigError(str(path), f"{key}.{missing.group(1)}" if missing else key, why)
    close = difflib.get_close_matches(unknown.group(1), sorted(_all_keys()), n=1)
    advice = f"; did you mean {close[0]!r}?" if close else ""
    return ConfigError(
        str(path), f"{key}.{unknown.group(1)}".removeprefix("file."), f"there is no such setting{advice}"
    )


def _all_keys() -> set[str]:
    sections = (
        *(EdgeSettings, TowerSection, CameraSection, PoseSection, ModelSection, TilesSection, TemporalSection),
        *(ConfirmationSection, OutboxSection, LedgerSection, VitalsSection, MqttSection, TlsSettings),
        *(TurningPoseSection, SweepSection, MountSection, PatrolSection, DangerSection, MaskSection),
        *(HealthSection, WatchdogSection, UpdatesSection, LensForm, ZoomForm, MountForm, ErrorsForm),
    )
    return {name for section in sections for name in section.__struct_fields__}


def _check_cameras(path: Path, settings: EdgeSettings) -> None:
    names = [camera.id for camera in settings.camera]
    for number, camera in enumerate(settings.camera):
        key = f"camera[{number}]"
        if names.index(camera.id) != number:
            raise ConfigError(str(path), f"{key}.id", f"{camera.id!r} names two cameras")
        _check_source(path, key, camera)
        check_poses(str(path), key, camera)


def _with_optics(path: Path, settings: EdgeSettings) -> EdgeSettings:
    """Return settings in which every pose has its field of view, after their lenses and angles were checked."""
    keyed = [(f"camera[{number}]", camera) for number, camera in enumerate(settings.camera)]
    cameras = tuple(with_widths(str(path), key, camera) for key, camera in keyed)
    for (key, _), camera in zip(keyed, cameras, strict=True):
        check_azimuths(str(path), key, camera)
    return msgspec.structs.replace(settings, camera=cameras)


def _check_looking(path: Path, settings: EdgeSettings) -> None:
    tower = settings.tower
    if (tower.lat_deg is None) != (tower.lon_deg is None):
        missing = "lat_deg" if tower.lat_deg is None else "lon_deg"
        raise ConfigError(str(path), f"tower.{missing}", "lat_deg and lon_deg come together, or neither")
    try:
        settings.danger.shift()
    except InvalidValue as err:
        raise ConfigError(str(path), "danger", str(err)) from err
    for number, camera in enumerate(settings.camera):
        for turn, pose in enumerate(camera.all_poses):
            key = f"camera[{number}].{'pose' if camera.mount is None else f'poses[{turn}]'}"
            _check_masks(path, key, pose)


def _check_masks(path: Path, key: str, pose: PoseSection) -> None:
    for place, section in enumerate(pose.mask):
        try:
            section.mask()
        except InvalidValue as err:
            raise ConfigError(str(path), f"{key}.mask[{place}]", str(err)) from err


def _check_source(path: Path, key: str, camera: CameraSection) -> None:
    wanted, unwanted = ("path", "url") if camera.has_path else ("url", "path")
    if not getattr(camera, wanted):
        raise ConfigError(str(path), f"{key}.{wanted}", f"a {camera.kind} needs it")
    if getattr(camera, unwanted):
        raise ConfigError(str(path), f"{key}.{unwanted}", f"a {camera.kind} has none")
    if camera.has_path:
        return
    parts = urlsplit(camera.url)
    if parts.scheme not in _SCHEMES[camera.kind] or not parts.hostname:
        allowed = " or ".join(f"{scheme}://" for scheme in _SCHEMES[camera.kind])
        raise ConfigError(str(path), f"{key}.url", f"{camera.url!r} does not begin {allowed} with a host")
    if parts.username or parts.password:
        raise ConfigError(str(path), f"{key}.url", "an account in the address; use username and password_env")


def _with_absolute_paths(settings: EdgeSettings, folder: Path) -> EdgeSettings:
    """Make relative paths start from the folder of the settings, wherever the service was started."""

    def absolute(text: str) -> str:
        return str(folder / Path(text).expanduser()) if text else ""

    replaced, tls = msgspec.structs.replace, settings.mqtt.tls
    return replaced(
        settings,
        camera=tuple(replaced(camera, path=absolute(camera.path)) for camera in settings.camera),
        model=replaced(settings.model, path=absolute(settings.model.path)),
        outbox=replaced(settings.outbox, path=absolute(settings.outbox.path)),
        health=replaced(settings.health, path=absolute(settings.health.path)),
        ledger=replaced(settings.ledger, path=absolute(settings.ledger.path)),
        updates=replaced(
            settings.updates,
            path=absolute(settings.updates.path),
            trust=absolute(settings.updates.trust),
            identity=absolute(settings.updates.identity),
        ),
        mqtt=replaced(settings.mqtt, tls=None if tls is None else _absolute_tls(tls, absolute)),
    )


def _absolute_tls(tls: TlsSettings, absolute: Callable[[str], str]) -> TlsSettings:
    return TlsSettings(
        ca_file=absolute(tls.ca_file), cert_file=absolute(tls.cert_file), key_file=absolute(tls.key_file)
    )


def effective_settings(settings: EdgeSettings, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return all settings, defaults included, for printing: of a secret only its variable and whether it is set."""
    known = os.environ if environment is None else environment
    plain: dict[str, Any] = msgspec.to_builtins(settings)

    def masked(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: masked(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [masked(item) for item in value]
        if key == "password_env" and value:
            return f"{value} ({'set' if value in known else 'NOT SET'})"
        return value

    shown: dict[str, Any] = masked(plain)
    return shown
