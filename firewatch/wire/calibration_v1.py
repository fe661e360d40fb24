"""A corrected calibration in wire version 1: part of the settings that the centre sends a tower."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import SLUG_PATTERN

__all__ = ["AngleErrorsV1", "BracketV1", "LensV1", "PoseCalibrationV1"]

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
CalibrationName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\u0000-\u001f\u007f]*$")]
Correlation = Annotated[float, Meta(ge=-1.0, le=1.0)]
Correlations = tuple[Correlation, Correlation, Correlation, Correlation, Correlation, Correlation]


class LensV1(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lens in shares of the picture; the order of its coefficients is OpenCV's."""

    kind: Literal["rectilinear", "fisheye"]
    focal: float
    distortion: Annotated[tuple[float, ...], Meta(max_length=5)] = ()
    centre_x: float = 0.5
    centre_y: float = 0.5
    pixel_aspect: float = 1.0


class BracketV1(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a camera hangs [m], and how level its head is [deg]."""

    up_m: float = 0.0
    east_m: float = 0.0
    north_m: float = 0.0
    lean_deg: float = 0.0
    lean_towards_deg: float = 0.0
    lean_sigma_deg: float = 0.0


class AngleErrorsV1(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Standard deviations besides the azimuth's [deg], and how the four hang together."""

    tilt_deg: float
    roll_deg: float
    hfov_deg: float = 0.0
    correlations: Correlations = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class PoseCalibrationV1(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a pose looks, for a node that still looks by one of the calibrations that it corrects."""

    camera_id: Slug
    pose_id: Slug
    calibration_id: CalibrationName
    corrects: Annotated[tuple[CalibrationName, ...], Meta(min_length=1, max_length=64)]
    azimuth_deg: Annotated[float, Meta(ge=0.0, lt=360.0)]
    tilt_deg: float
    hfov_deg: float
    sigma_deg: float
    roll_deg: float = 0.0
    lens: LensV1 | None = None
    bracket: BracketV1 | None = None
    errors: AngleErrorsV1 | None = None
