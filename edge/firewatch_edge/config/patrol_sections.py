"""The settings of where a camera looks, and of how one that turns goes its round."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.geo import wrap_deg
from firewatch.domain.ids import PoseId
from firewatch.optics_forms import ErrorsForm, LensForm  # noqa: TC001 - msgspec reads them
from firewatch_edge.config.looking_sections import MaskSection  # noqa: TC001 - msgspec reads it
from firewatch_edge.config.values import EnvironmentName, Frames, Probability, Slug  # noqa: TC001 - msgspec reads them
from firewatch_edge.patrol import MountPosition, PatrolPose, PatrolRules

__all__ = ["MountSection", "PatrolSection", "PoseSection", "SweepSection", "TurningPoseSection"]

HalfRange = Annotated[float, Meta(ge=-1.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0, le=3600.0)]
Sigma = Annotated[float, Meta(ge=0.001, le=90.0)]
Width = Annotated[float, Meta(ge=0.0, le=260.0)]
Roll = Annotated[float, Meta(ge=-180.0, le=180.0)]
Azimuth = Annotated[float, Meta(ge=0.0, lt=360.0)]
Elevation = Annotated[float, Meta(ge=-90.0, le=90.0)]


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
        Horizontal field of view [deg]; 0 takes that of the lens.
    sigma_deg : float
        Standard deviation of the azimuth [deg].
    roll_deg : float
        Clockwise seen from behind the camera [deg].
    lens : LensForm or None
        The pose's own; None takes the camera's, or that of its zoom.
    errors : ErrorsForm or None
        Standard deviations of the other angles; None where nobody measured them.
    horizon : float or None
        Row of the horizon as a share of the picture's height; None finds it in the frames.
    threshold : float or None
        From which probability a frame of this pose counts; None is as ``[confirmation]`` says.
    mask : tuple of MaskSection
        Where smoke means nothing.
    """

    azimuth_deg: Azimuth
    hfov_deg: Width = 0.0
    id: Slug = "main"
    calibration_id: Annotated[str, Meta(max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")] = ""
    tilt_deg: Elevation = 0.0
    sigma_deg: Sigma = 0.5
    roll_deg: Roll = 0.0
    lens: LensForm | None = None
    errors: ErrorsForm | None = None
    horizon: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    threshold: Probability | None = None
    mask: Annotated[tuple[MaskSection, ...], Meta(max_length=100)] = ()

    @property
    def told_zoom(self) -> float | None:
        """At which zoom it is, where the settings say so."""
        return None


class TurningPoseSection(PoseSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pose of a camera that turns: where the mount stands, by a preset of its own or in its units.

    Parameters
    ----------
    preset : str
        Name or token of a preset.
    pan, tilt : float or None
        Position of the mount, -1 to 1 over its range; pan None where there is a preset.
    zoom : float
        0 (wide) to 1.
    """

    preset: Annotated[str, Meta(max_length=64)] = ""
    pan: HalfRange | None = None
    tilt: HalfRange = 0.0
    zoom: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0

    @property
    def position(self) -> MountPosition | None:
        """Where the mount stands; None where a preset says it."""
        return None if self.pan is None else MountPosition(self.pan, self.tilt, self.zoom)

    @property
    def told_zoom(self) -> float | None:
        """At which zoom it is; None where a preset knows."""
        return None if self.pan is None else self.zoom

    @property
    def of_patrol(self) -> PatrolPose:
        """The same for the patrol."""
        return PatrolPose(PoseId(self.id), self.position, self.preset)


class SweepSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Poses side by side: from one direction clockwise to another, in equal steps.

    Parameters
    ----------
    poses : int
        How many.
    from_azimuth_deg, to_azimuth_deg : float
        True azimuths of the first and the last [deg].
    from_pan, to_pan : float
        The mount's pan at them.
    tilt, zoom : float
        The mount's, at all of them.
    tilt_deg, hfov_deg, sigma_deg : float
        As of a pose.
    """

    poses: Annotated[int, Meta(ge=2, le=24)]
    from_azimuth_deg: Azimuth
    to_azimuth_deg: Azimuth
    from_pan: HalfRange
    to_pan: HalfRange
    hfov_deg: Width = 0.0
    tilt: HalfRange = 0.0
    zoom: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    tilt_deg: Elevation = 0.0
    sigma_deg: Sigma = 0.5

    def all_poses(self) -> tuple[TurningPoseSection, ...]:
        """Return them; each is named by its azimuth."""
        arc = wrap_deg(self.to_azimuth_deg - self.from_azimuth_deg) or 360.0
        shares = [number / (self.poses - 1) for number in range(self.poses)]
        azimuths = [wrap_deg(self.from_azimuth_deg + share * arc) for share in shares]
        return tuple(
            TurningPoseSection(
                id=f"sweep-{number + 1:02}-{azimuth:03.0f}",
                azimuth_deg=azimuth,
                tilt_deg=self.tilt_deg,
                hfov_deg=self.hfov_deg,
                sigma_deg=self.sigma_deg,
                pan=self.from_pan + share * (self.to_pan - self.from_pan),
                tilt=self.tilt,
                zoom=self.zoom,
            )
            for number, (share, azimuth) in enumerate(zip(shares, azimuths, strict=True))
        )


class MountSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What turns a camera.

    Parameters
    ----------
    url : str
        Its device service, without the account.
    kind : {"onvif"}
        How it is spoken to.
    username, password_env : str
        Its account; empty means the camera's own.
    profile : str
        Token of its media profile; empty is the first that turns.
    timeout_s : float
        Longest wait for an answer [s].
    deg_per_pan, deg_per_tilt : float
        By how much one unit of pan or tilt turns the camera [deg]; negative where it hangs upside down.
    """

    url: str
    kind: Literal["onvif"] = "onvif"
    username: str = ""
    password_env: EnvironmentName = ""
    profile: Annotated[str, Meta(max_length=64)] = ""
    timeout_s: Annotated[float, Meta(ge=0.1, le=60.0)] = 5.0
    deg_per_pan: Annotated[float, Meta(ge=-720.0, le=720.0)] = 180.0
    deg_per_tilt: Annotated[float, Meta(ge=-180.0, le=180.0)] = 90.0


class PatrolSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a camera that turns goes its round; see `firewatch_edge.patrol.PatrolRules`."""

    settle_s: Seconds = 2.0
    arrive_within_s: Annotated[float, Meta(ge=2.0, le=600.0)] = 30.0
    tolerance: Annotated[float, Meta(ge=0.0005, le=0.1)] = 0.005
    dwell_frames: Frames = 2
    dwell_every_s: Seconds = 5.0
    hold_s: Annotated[float, Meta(ge=1.0, le=600.0)] = 60.0
    hold_every_s: Annotated[float, Meta(ge=0.1, le=60.0)] = 10.0
    quiet_s: Seconds = 120.0
    retries: Annotated[int, Meta(ge=0, le=5)] = 1

    @property
    def rules(self) -> PatrolRules:
        """The same for the patrol."""
        return PatrolRules(
            settle_s=self.settle_s,
            arrive_within_s=max(self.arrive_within_s, self.settle_s),
            tolerance=self.tolerance,
            dwell_frames=self.dwell_frames,
            dwell_every_s=self.dwell_every_s,
            hold_s=self.hold_s,
            hold_every_s=self.hold_every_s,
            quiet_s=self.quiet_s,
            retries=self.retries,
        )
