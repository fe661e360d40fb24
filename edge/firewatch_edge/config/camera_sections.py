"""The settings of a camera: where its frames come from, and where it looks."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import CameraId, PoseId
from firewatch_edge.config.looking_sections import MaskSection  # noqa: TC001 - msgspec reads it
from firewatch_edge.config.values import EnvironmentName, Probability, Slug  # noqa: TC001 - msgspec reads them

__all__ = ["CameraSection", "PoseSection"]


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
    threshold : float or None
        From which probability a frame of this pose counts; None is as ``[confirmation]`` says.
    mask : tuple of MaskSection
        Where smoke means nothing.
    """

    azimuth_deg: Annotated[float, Meta(ge=0.0, lt=360.0)]
    hfov_deg: Annotated[float, Meta(ge=1.0, le=150.0)]
    id: Slug = "main"
    calibration_id: Annotated[str, Meta(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")] = ""
    tilt_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] = 0.0
    sigma_deg: Annotated[float, Meta(ge=0.001, le=90.0)] = 0.5
    threshold: Probability | None = None
    mask: Annotated[tuple[MaskSection, ...], Meta(max_length=100)] = ()


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
