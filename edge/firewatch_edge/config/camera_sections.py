"""The settings of a camera: where its frames come from, and where it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import CameraId, PoseId
from firewatch.optics_forms import LensForm, MountForm, ZoomForm, zoom_table
from firewatch_edge.config.patrol_sections import (
    MountSection,
    PatrolSection,
    PoseSection,
    SweepSection,
    TurningPoseSection,
)
from firewatch_edge.config.values import EnvironmentName, Slug  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from firewatch.domain.zoom import ZoomTable

__all__ = ["CameraSection", "PoseSection"]


class CameraSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera.

    Parameters
    ----------
    id : str
        Unique within the tower.
    kind : {"snapshot", "stream", "mjpeg", "device", "folder", "video"}
        A picture a request over HTTP; RTSP; MJPEG over HTTP; a camera of this computer (V4L2); a folder of pictures
        or a video file, played once.
    url : str
        Of a snapshot or stream, without the password.
    path : str
        Of a device, folder or video.
    decoder : {"auto", "opencv", "av"}
        What reads a stream; ``auto`` takes PyAV where it is installed.
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
    pose : PoseSection or None
        Where it looks; None of a camera that turns.
    poses : tuple of TurningPoseSection
        Where one that turns looks, in the order of its round.
    sweep : SweepSection or None
        In place of poses, so many of them side by side.
    lens : LensForm or None
        Its lens, or the file of one that ``firewatch calibrate chessboard`` wrote; None for one without distortion.
    zooms : tuple of ZoomForm
        Of a camera that turns: its lenses by the mount's zoom, in rising zoom.
    bracket : MountForm or None
        Where it hangs, and how level its head is: the ``mount`` of the centre's sites.
    mount : MountSection or None
        What turns it.
    patrol : PatrolSection
        How its round goes.
    """

    id: Slug
    kind: Literal["snapshot", "stream", "mjpeg", "device", "folder", "video"]
    pose: PoseSection | None = None
    poses: tuple[TurningPoseSection, ...] = ()
    sweep: SweepSection | None = None
    lens: LensForm | None = None
    zooms: Annotated[tuple[ZoomForm, ...], Meta(max_length=100)] = ()
    bracket: MountForm | None = None
    mount: MountSection | None = None
    patrol: PatrolSection = PatrolSection()
    url: str = ""
    path: str = ""
    decoder: Literal["auto", "opencv", "av"] = "auto"
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
    def is_live_stream(self) -> bool:
        """Whether its frames come by themselves, one after the other."""
        return self.kind in {"stream", "mjpeg", "device"}

    @property
    def has_path(self) -> bool:
        """Whether it is found by a path, not by an address."""
        return self.is_recorded or self.kind == "device"

    @property
    def zoom_table(self) -> ZoomTable | None:
        """Its lenses by zoom; None where there is no table."""
        return zoom_table(self.zooms) if self.zooms else None

    @property
    def camera_id(self) -> CameraId:
        """Its name in the domain."""
        return CameraId(self.id)

    @property
    def all_poses(self) -> tuple[PoseSection, ...]:
        """Its only pose, or those of its round."""
        return self.poses if self.pose is None else (self.pose,)

    @property
    def pose_id(self) -> PoseId:
        """The name in the domain of its pose, or of the first of its round."""
        return PoseId(self.all_poses[0].id)
