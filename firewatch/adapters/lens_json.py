"""A lens in a file of its own, as `firewatch calibrate chessboard` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.optics_forms import LensForm
from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ConfigError, DomainError

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.calibration.chessboard import LensFit
    from firewatch.domain.lens import Lens

__all__ = ["LensFile", "read_lens", "write_lens"]


class LensFile(msgspec.Struct, frozen=True):
    """What the file says.

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


def write_lens(path: Path, fit: LensFit) -> None:
    """Write a fitted lens; raise `ObservationError` if it cannot be written, and then nothing is."""
    told = LensFile(
        LensForm.of(fit.lens),
        round(fit.lens.hfov_deg(), 4),
        round(fit.hfov_sigma_deg, 4),
        round(fit.rms_px, 4),
        round(fit.coverage, 3),
        fit.width_px,
        fit.height_px,
    )
    write_whole(path, msgspec.json.format(msgspec.json.encode(told)) + b"\n")


def read_lens(path: Path) -> tuple[Lens, float]:
    """Return the lens of a file and the standard deviation of its field of view [deg].

    Raises
    ------
    ConfigError
        If the file cannot be read or is no lens.
    """
    try:
        told = msgspec.json.decode(path.read_bytes(), type=LensFile)
        return told.lens.lens(), told.hfov_sigma_deg
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, UnicodeDecodeError, DomainError) as err:
        raise ConfigError(str(path), "lens", f"{err}; `firewatch calibrate chessboard` writes such a file") from err
