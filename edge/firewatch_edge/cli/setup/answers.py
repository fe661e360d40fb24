"""Answers given beforehand, in a file: what is not in it is asked, or takes its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Answers", "CameraAnswers", "CentreAnswers", "PoseAnswers", "TowerAnswers", "load_answers"]


class TowerAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As of ``[tower]`` in edge.toml."""

    id: str | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    ground_m: float | None = None
    mast_m: float | None = None


class CentreAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the tower enrols (``HOST[:PORT]``), and its code; ``later`` in place of either."""

    address: str | None = None
    code: str | None = None


class PoseAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pose of a camera that turns."""

    preset: str
    azimuth_deg: float
    hfov_deg: float
    tilt_deg: float = 0.0


class CameraAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera.

    Parameters
    ----------
    source : str
        An address (rtsp://, http://), a device (/dev/video0), a folder or a video; of an ONVIF camera left out.
    onvif : str
        Its ONVIF device service, as ``http://192.168.1.64``.
    kind : str
        As of ``[[camera]]``; found out where it is left out.
    password : str
        Goes into edge.env under `password_env`, never into edge.toml.
    poses : tuple of PoseAnswers
        Of a camera that turns; left out, each of its presets is asked for.
    """

    id: str | None = None
    source: str = ""
    onvif: str = ""
    kind: Literal["snapshot", "stream", "mjpeg", "device", "folder", "video"] | None = None
    username: str | None = None
    password: str | None = None
    password_env: str | None = None
    clock: Literal["camera", "arrival"] | None = None
    azimuth_deg: float | None = None
    tilt_deg: float | None = None
    hfov_deg: float | None = None
    poses: tuple[PoseAnswers, ...] = ()


class Answers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them; `camera` is None where cameras are to be asked for, and empty where there is none yet."""

    language: Literal["zh", "en"] | None = None
    tower: TowerAnswers = TowerAnswers()
    centre: CentreAnswers = CentreAnswers()
    camera: tuple[CameraAnswers, ...] | None = None


def load_answers(path: Path) -> Answers:
    """Read a file of answers; raise `ConfigError` where it cannot be read or holds what is no answer."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Answers)
    except OSError as err:
        raise ConfigError(str(path), "file", f"{err.strerror}; give it with --answers") from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "file", str(err)) from err
