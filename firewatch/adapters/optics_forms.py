"""Lenses, mounts and errors of angles as they are written in files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.zoom import ZoomStep, ZoomTable
from firewatch.errors import InvalidValue

__all__ = ["ErrorsForm", "LensForm", "MountForm", "ZoomForm", "utc_of", "zoom_table"]

_ANGLE_PAIRS = 6


class LensForm(Struct, forbid_unknown_fields=True, frozen=True):
    """A lens; as of `firewatch.domain.lens.Lens`."""

    kind: Literal["rectilinear", "fisheye"]
    focal: float
    distortion: list[float] = []
    centre_x: float = 0.5
    centre_y: float = 0.5
    pixel_aspect: float = 1.0

    @classmethod
    def of(cls, lens: Lens) -> LensForm:
        """Return the form of a lens."""
        kind: Literal["rectilinear", "fisheye"] = "fisheye" if lens.kind is LensKind.FISHEYE else "rectilinear"
        return cls(kind, lens.focal, list(lens.distortion), lens.centre_x, lens.centre_y, lens.pixel_aspect)

    def lens(self) -> Lens:
        """Return the lens; raise `InvalidValue` if a number is out of range."""
        kind = LensKind(self.kind)
        return Lens(kind, self.focal, tuple(self.distortion), self.centre_x, self.centre_y, self.pixel_aspect)


class ZoomForm(Struct, forbid_unknown_fields=True, frozen=True):
    """The lens at one zoom."""

    zoom: float
    lens: LensForm


class MountForm(Struct, forbid_unknown_fields=True, frozen=True):
    """A mount; as of `firewatch.domain.mounting.Mount`."""

    up_m: float = 0.0
    east_m: float = 0.0
    north_m: float = 0.0
    lean_deg: float = 0.0
    lean_towards_deg: float = 0.0
    lean_sigma_deg: float = 0.0

    @classmethod
    def of(cls, mount: Mount) -> MountForm:
        """Return the form of a mount."""
        offsets = mount.up_m, mount.east_m, mount.north_m
        return cls(*offsets, mount.lean_deg, mount.lean_towards_deg, mount.lean_sigma_deg)

    def mount(self) -> Mount:
        """Return the mount; raise `InvalidValue` if a number is out of range."""
        offsets = self.up_m, self.east_m, self.north_m
        return Mount(*offsets, self.lean_deg, self.lean_towards_deg, self.lean_sigma_deg)


class ErrorsForm(Struct, forbid_unknown_fields=True, frozen=True):
    """Standard deviations besides the azimuth's; as of `firewatch.domain.mounting.AngleErrors`."""

    tilt_deg: float
    roll_deg: float
    hfov_deg: float = 0.0
    correlations: list[float] = []

    @classmethod
    def of(cls, errors: AngleErrors) -> ErrorsForm:
        """Return the form of errors."""
        return cls(errors.tilt_deg, errors.roll_deg, errors.hfov_deg, list(errors.correlations))

    def errors(self) -> AngleErrors:
        """Return the errors; raise `InvalidValue` if a number is out of range."""
        if len(self.correlations) not in {0, _ANGLE_PAIRS}:
            raise InvalidValue("correlations of angles", self.correlations, "six, or none")
        a, b, c, d, e, f = self.correlations or [0.0] * _ANGLE_PAIRS
        return AngleErrors(self.tilt_deg, self.roll_deg, self.hfov_deg, (a, b, c, d, e, f))


def zoom_table(steps: list[ZoomForm]) -> ZoomTable:
    """Return the lenses by zoom; raise `InvalidValue` if they are none or in disorder."""
    return ZoomTable(tuple(ZoomStep(step.zoom, step.lens.lens()) for step in steps))


def utc_of(what: str, at: datetime) -> datetime:
    """Return an instant of a file in UTC; raise `InvalidValue` where it does not say its zone."""
    if at.tzinfo is None:
        raise InvalidValue(what, at.isoformat(), "an instant with its zone, as 2026-03-01T08:00:00Z")
    return at.astimezone(UTC)
