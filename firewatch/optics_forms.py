"""Lenses, mounts and errors of angles as they are written in files, of the centre and of a tower's node alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from firewatch.domain.checks import require_between
from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.zoom import ZoomStep, ZoomTable
from firewatch.errors import ConfigError, DomainError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "ErrorsForm",
    "LensFile",
    "LensForm",
    "MountForm",
    "ZoomForm",
    "read_lens",
    "read_lens_file",
    "utc_of",
    "zoom_table",
]

_ANGLE_PAIRS = 6


class LensForm(Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A lens; as of `firewatch.domain.lens.Lens`, with the miss of its calibration [px], which only people read."""

    kind: Literal["rectilinear", "fisheye"]
    focal: float
    distortion: list[float] = []
    centre_x: float = 0.5
    centre_y: float = 0.5
    pixel_aspect: float = 1.0
    rms_px: float | None = None

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
    """The lens at one zoom: as it was calibrated, or without distortion of a horizontal field of view [deg]."""

    zoom: float
    lens: LensForm | None = None
    hfov_deg: float | None = None

    def step(self) -> ZoomStep:
        """Return it; raise `InvalidValue` where it says both or neither, or a number is out of range."""
        if self.lens is not None and self.hfov_deg is None:
            return ZoomStep(self.zoom, self.lens.lens())
        if self.lens is not None or self.hfov_deg is None:
            raise InvalidValue(
                f"lens at zoom {self.zoom:g}", "both" if self.lens else "none", "a lens, or its hfov_deg"
            )
        require_between(f"horizontal field of view at zoom {self.zoom:g} (deg)", self.hfov_deg, 1.0, 150.0)
        return ZoomStep(self.zoom, plain_lens(self.hfov_deg))


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


def zoom_table(steps: Sequence[ZoomForm]) -> ZoomTable:
    """Return the lenses by zoom; raise `InvalidValue` if they are none or in disorder."""
    return ZoomTable(tuple(step.step() for step in steps))


class LensFile(Struct, frozen=True):
    """What `firewatch calibrate chessboard` writes.

    Parameters
    ----------
    lens : LensForm
        The lens.
    hfov_deg, hfov_sigma_deg : float
        Its horizontal field of view and the standard deviation of that [deg].
    rms_px : float
        By how much the corners missed [px].
    coverage : float
        Share of the picture in which corners were seen.
    width_px, height_px : int
        Of the pictures.
    """

    lens: LensForm
    hfov_deg: float
    hfov_sigma_deg: float
    rms_px: float
    coverage: float
    width_px: int
    height_px: int


def read_lens_file(path: Path) -> LensFile:
    """Return what the file of a lens says.

    Raises
    ------
    ConfigError
        If the file cannot be read or is no lens.
    """
    try:
        told = msgspec.json.decode(path.read_bytes(), type=LensFile)
        told.lens.lens()
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, UnicodeDecodeError, DomainError) as err:
        raise ConfigError(str(path), "lens", f"{err}; `firewatch calibrate chessboard` writes such a file") from err
    return told


def read_lens(path: Path) -> tuple[Lens, float]:
    """Return the lens of a file and the standard deviation of its field of view [deg]; raises as `read_lens_file`."""
    told = read_lens_file(path)
    return told.lens.lens(), told.hfov_sigma_deg


def utc_of(what: str, at: datetime) -> datetime:
    """Return an instant of a file in UTC; raise `InvalidValue` where it does not say its zone."""
    if at.tzinfo is None:
        raise InvalidValue(what, at.isoformat(), "an instant with its zone, as 2026-03-01T08:00:00Z")
    return at.astimezone(UTC)
