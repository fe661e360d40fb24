"""Writes a lens into a file of its own, as `firewatch calibrate chessboard` does; `firewatch.optics_forms` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.whole_file import write_whole
from firewatch.optics_forms import LensFile, LensForm

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.calibration.chessboard import LensFit

__all__ = ["write_lens"]


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
