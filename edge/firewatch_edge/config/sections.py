"""The node's settings, section by section."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import SLUG_PATTERN, CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.errors import ConfigError
from firewatch.mqtt import MqttSettings, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CameraSection",
    "ConfirmationSection",
    "EdgeSettings",
    "LedgerSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "PoseSection",
    "TemporalSection",
    "TowerSection",
    "VitalsSection",
    "password_from",
]

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Frames = Annotated[int, Meta(ge=1, le=100)]
EnvironmentName = Annotated[str, Meta(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")]


class ModelSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which detector.

    Parameters
    ----------
    path : str
        Folder with ``model.toml`` and the network; empty means the shipped model.
    threads : int
        For the network; 0 leaves one core free and takes the others.
    precision : {"auto", "float", "int8"}
        Which of the model's detectors; ``auto`` leaves it to the model.
    """

    path: str = ""
    threads: Annotated[int, Meta(ge=0, le=256)] = 0
    precision: Literal["auto", "float", "int8"] = "auto"


class TemporalSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a place is compared with its own past before it counts, where the model can do so.

    Parameters
    ----------
    enabled : bool
        Off, each frame counts by itself.
    candidates : int or None
        Most of the detector's boxes that are compared in a frame; what is not set here is as ``model.toml`` says.
    changes : int
        Most places compared only because they changed.
    """

    enabled: bool = True
    candidates: Annotated[int, Meta(ge=1, le=20)] | None = None
    changes: Annotated[int, Meta(ge=0, le=20)] = 4


class ConfirmationSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When several frames are a sighting; what is not set here is as ``model.toml`` says.

    Parameters
    ----------
    threshold : float
        Calibrated probability from which a frame counts.
    hits, window : int
        So many of the last so many frames.
    window_s : float
        The window is never longer than this [s].
    report_every : int
        A sighting that goes on is reported at least every so many frames.
    """

    threshold: Probability | None = None
    hits: Frames | None = None
    window: Frames | None = None
    window_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 600.0
    report_every: Frames = 6


class OutboxSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages wait for the centre's receipt.

    Parameters
    ----------
    path : str
        A file on a local disk.
    most_bytes : int
        What it may take there; beyond it pictures are dropped, never sightings.
    resend_after_s : float
        A message without a receipt is sent again after this time [s].
    backfill_after_s : float
        Sightings older than this are late and wait behind fresh ones [s].
    """

    path: Annotated[str, Meta(min_length=1)] = "var/outbox.sqlite"
    most_bytes: Annotated[int, Meta(ge=1_000_000)] = 2_000_000_000
    resend_after_s: Annotated[float, Meta(ge=0.1, le=3600.0)] = 30.0
    backfill_after_s: Annotated[float, Meta(ge=1.0, le=1e9)] = 600.0


class LedgerSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second record of every sighting that the outbox took, to prove that nothing is lost.

    Parameters
    ----------
    path : str
        A file that one JSON line is added to for each revision; empty means none.
    """

    path: str = ""


class VitalsSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often the node says how it is.

    Parameters
    ----------
    every_s : float
        Period [s].
    """

    every_s: Annotated[float, Meta(ge=0.5, le=3600.0)] = 30.0


class MqttSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker; see `firewatch.mqtt.MqttSettings`.

    Parameters
    ----------
    password_env : str
        The environment variable that holds the password; empty means none.
    """

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    client_id: Annotated[str, Meta(max_length=128)] = ""
    username: str = ""
    password_env: EnvironmentName = ""
    tls: TlsSettings | None = None
    protocol: Literal["auto", "3.1.1", "5"] = "auto"
    keepalive_s: Annotated[int, Meta(ge=2, le=3600)] = 30
    first_retry_s: Annotated[int, Meta(ge=1, le=60)] = 1
    last_retry_s: Annotated[int, Meta(ge=1, le=3600)] = 30


class PoseSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the camera looks.

    Parameters
    ----------
    id : str
        Name of the pose.
    calibration_id : str
        Names these angles; give a new name when one is corrected. Empty means made of tower, camera and pose.
    azimuth_deg : float
        True azimuth of the picture's middle, clockwise from north [deg].
    tilt_deg : float
        Elevation of the picture's middle, up positive [deg].
    hfov_deg : float
        Horizontal field of view [deg].
    sigma_deg : float
        Standard deviation of the azimuth [deg].
    """

    azimuth_deg: Annotated[float, Meta(ge=0.0, lt=360.0)]
    hfov_deg: Annotated[float, Meta(ge=1.0, le=150.0)]
    id: Slug = "main"
    calibration_id: Annotated[str, Meta(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")] = ""
    tilt_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] = 0.0
    sigma_deg: Annotated[float, Meta(ge=0.001, le=90.0)] = 0.5


class CameraSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera.

    Parameters
    ----------
    id : str
        Unique within the tower.
    kind : {"snapshot", "stream", "folder", "video"}
        A picture a request over HTTP; RTSP or MJPEG; a folder of pictures or a video file, played once.
    url : str
        Of a snapshot or stream, without the password.
    path : str
        Of a folder or video.
    period_s : float
        Between frames [s].
    timeout_s : float
        Longest wait for a frame [s].
    max_age_s : float
        A frame captured longer ago than this is stale [s].
    clock : {"camera", "arrival"}
        Whether the capture time is what a snapshot's headers say, or its arrival (for a camera whose clock is wrong).
    username : str
        The camera's account; empty means none.
    password_env : str
        The environment variable that holds its password.
    pose : PoseSection
        Where it looks.
    """

    id: Slug
    kind: Literal["snapshot", "stream", "folder", "video"]
    pose: PoseSection
    url: str = ""
    path: str = ""
    period_s: Annotated[float, Meta(ge=0.05, le=3600.0)] = 10.0
    timeout_s: Annotated[float, Meta(ge=0.1, le=120.0)] = 8.0
    max_age_s: Annotated[float, Meta(ge=1.0, le=1e9)] = 60.0
    clock: Literal["camera", "arrival"] = "camera"
    username: str = ""
    password_env: EnvironmentName = ""

    @property
    def is_recorded(self) -> bool:
        """Whether it plays what is on the disk."""
        return self.kind in {"folder", "video"}

    @property
    def camera_id(self) -> CameraId:
        """Its name in the domain."""
        return CameraId(self.id)

    @property
    def pose_id(self) -> PoseId:
        """Its pose's name in the domain."""
        return PoseId(self.pose.id)


class TowerSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tower this is.

    Parameters
    ----------
    id : str
        As the centre knows it.
    """

    id: Slug


class EdgeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a node; paths are absolute."""

    tower: TowerSection
    camera: Annotated[tuple[CameraSection, ...], Meta(min_length=1, max_length=64)]
    model: ModelSection = ModelSection()
    temporal: TemporalSection = TemporalSection()
    confirmation: ConfirmationSection = ConfirmationSection()
    outbox: OutboxSection = OutboxSection()
    ledger: LedgerSection = LedgerSection()
    vitals: VitalsSection = VitalsSection()
    mqtt: MqttSection = MqttSection()

    @property
    def tower_id(self) -> TowerId:
        """The tower's name in the domain."""
        return TowerId(self.tower.id)

    def calibration_of(self, camera: CameraSection) -> Calibration:
        """Return the calibration of a camera's pose."""
        pose = camera.pose
        name = pose.calibration_id or f"{self.tower.id}/{camera.id}/{pose.id}"[:64]
        return Calibration(name, pose.azimuth_deg, pose.tilt_deg, pose.hfov_deg, pose.sigma_deg)

    def mqtt_settings(self, environment: Mapping[str, str] | None = None) -> MqttSettings:
        """Return how to reach the broker, with the password from the environment; raise `ConfigError` without it."""
        section = self.mqtt
        return MqttSettings(
            host=section.host,
            port=section.port,
            client_id=section.client_id or f"firewatch-{self.tower.id}",
            username=section.username,
            password=password_from("mqtt.password_env", section.password_env, environment),
            tls=section.tls,
            protocol=section.protocol,
            keepalive_s=section.keepalive_s,
            first_retry_s=section.first_retry_s,
            last_retry_s=section.last_retry_s,
        )


def password_from(key: str, variable: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a password from an environment variable; empty where no variable is named.

    Raises
    ------
    ConfigError
        If the variable is named and not set.
    """
    if not variable:
        return ""
    try:
        return (os.environ if environment is None else environment)[variable]
    except KeyError as err:
        raise ConfigError("environment", key, f"the variable {variable} is not set; set it to the password") from err
