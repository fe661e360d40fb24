"""All reference vectors, and the files of the shared data that are none. A new vector joins its module's `VECTORS`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from danger_vectors import arrivals, fbp, fbp_parts, fwi, fwi2025, moisture, seasons, simple

if TYPE_CHECKING:
    from danger_vectors.comparing import Vector

__all__ = ["ALL", "NOT_COMPARED", "path_of"]

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ALL: tuple[Vector, ...] = (
    *fwi.VECTORS,
    *fwi2025.VECTORS,
    *moisture.VECTORS,
    *seasons.VECTORS,
    *fbp.VECTORS,
    *fbp_parts.VECTORS,
    *arrivals.VECTORS,
    *simple.VECTORS,
)
# By pattern, with the reason.
NOT_COMPARED = {
    "cffdrs_r/expected/hffmc.csv": "holds no number: its first hours are unphysical, and all others follow from them",
    "cffdrs_r/raster/gfmcRaster_test*.csv": "the weather that they were made of is not among the data",
    "cffdrs_r/raster/test_*.csv": "input",
    "cffdrs_r/input/*": "input",
    "cffdrs_ng/*_wx*.csv": "input",
    "firedanger/measurement.csv": "input, without the codes that belong to it",
    "xclim/cffdrs_test_wDC.csv": "input",
    "lawson/table_*.csv": "the tables themselves; a test holds the shipped ones equal",
    "gagreene/Inputs_for_Test_Cases_Wotton2009.csv": "input",
    "gagreene/HaigCamp_*.csv": "of another program's own run of a station record; for correlation only",
    "gagreene/haig_camp*.csv": "operational codes of a station record; for correlation only",
    "nfdrs4/*": "another system",
}


def path_of(vector: Vector, shared_data: Path) -> Path:
    """Return where a vector's file is: in the shared data, or among the golden tables of this repository."""
    return shared_data / "danger" / vector.file if "/" in vector.file else GOLDEN / vector.file
