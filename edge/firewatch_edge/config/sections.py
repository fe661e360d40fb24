"""The node's settings, section by section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import TowerId
from firewatch.mqtt import MqttSettings, TlsSettings
from firewatch_edge.config.camera_sections import CameraSection  # noqa: TC001 - msgspec reads it
from firewatch_edge.config.health_sections import HealthSection, WatchdogSection
from firewatch_edge.config.looking_sections import DangerSection
from firewatch_edge.config.optics import calibrated
from firewatch_edge.config.tile_section import TilesSection
from firewatch_edge.config.update_section import UpdatesSection
from firewatch_edge.config.values import EnvironmentName, Frames, Probability, Slug, password_from
from firewatch_edge.confirm import CARRY_ON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.domain.optics import Calibration
    from firewatch_edge.config.patrol_sections import PoseSection

__all__ = [
    "ConfirmationSection",
    "EdgeSettings",
    "LedgerSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "TemporalSection",
    "TowerSection",
    "VitalsSection",
]


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
    provider : {"auto", "cpu", "openvino", "cuda", "tensorrt"}
        What computes the networks; ``auto`` is ``cpu``. CUDA and TensorRT have not been tried.
    """

    path: str = ""
    threads: Annotated[int, Meta(ge=0, le=256)] = 0
    precision: Literal["auto", "float", "int8"] = "auto"
    provider: Literal["auto", "cpu", "openvino", "cuda", "tensorrt"] = "auto"


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
    carry_on : float
        Share of the threshold from which a sighting that is open is carried on.
    speed : float
        Seconds of the scene in one of the clock: recorded frames that are played so many times as fast as they were
        taken. A camera's is 1.
    """

    threshold: Probability | None = None
    hits: Frames | None = None
    window: Frames | None = None
    window_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 600.0
    report_every: Frames = 6
    carry_on: Annotated[float, Meta(ge=0.01, le=1.0)] = CARRY_ON
    speed: Annotated[float, Meta(ge=0.1, le=60.0)] = 1.0


class OutboxSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages wait for the centre's receipt.

    Parameters
    ----------
    path : str
        A file on a local disk.
    most_bytes : int
        What it may take there; beyond it whole frames are given up, then crops; sightings only after 30 days.
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


class TowerSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tower this is.

    Parameters
    ----------
    id : str
        As the centre knows it.
    lat_deg, lon_deg : float or None
        WGS 84 position [deg], from which day and night follow; None leaves the light unknown.
    ground_m : float or None
        Elevation of the ground above the sea [m].
    mast_m : float
        Height of the cameras above the ground [m].
    """

    id: Slug
    lat_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    lon_deg: Annotated[float, Meta(ge=-180.0, le=180.0)] | None = None
    ground_m: Annotated[float, Meta(ge=-500.0, le=8000.0)] | None = None
    mast_m: Annotated[float, Meta(ge=0.0, le=500.0)] = 0.0


class EdgeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of a node; paths are absolute."""

    tower: TowerSection
    camera: Annotated[tuple[CameraSection, ...], Meta(min_length=1, max_length=64)]
    model: ModelSection = ModelSection()
    tiles: TilesSection = TilesSection()
    temporal: TemporalSection = TemporalSection()
    confirmation: ConfirmationSection = ConfirmationSection()
    danger: DangerSection = DangerSection()
    outbox: OutboxSection = OutboxSection()
    ledger: LedgerSection = LedgerSection()
    vitals: VitalsSection = VitalsSection()
    health: HealthSection = HealthSection()
    watchdog: WatchdogSection = WatchdogSection()
    updates: UpdatesSection = UpdatesSection()
    mqtt: MqttSection = MqttSection()

    @property
    def tower_id(self) -> TowerId:
        """The tower's name in the domain."""
        return TowerId(self.tower.id)

    def calibration_of(self, camera: CameraSection, pose: PoseSection | None = None) -> Calibration:
        """Return the calibration of one of a camera's poses: by default its only one, or the first of its round."""
        pose = pose or camera.all_poses[0]
        name = pose.calibration_id or f"{self.tower.id}/{camera.id}/{pose.id}"[:64]
        return calibrated(name, camera, pose)

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
