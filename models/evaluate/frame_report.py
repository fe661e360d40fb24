"""Everything about a set of single frames: figures with intervals, baselines, strata, calibration, curves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.evaluate.bootstrap import Figure, figures
from models.evaluate.frame_table import FrameTable, measures_at, table_of
from models.evaluate.reliability import bins_of, brier, calibration_error
from models.evaluate.strata import strata_of
from models.measures import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.evaluate.eyes import Seen
    from models.evaluate.reliability import Bin
    from models.evaluate.strata import Row

# A camera with at least this share of the frames is also left out: the figures without it say what the others do.
_LARGE_SHARE = 1 / 3
_BASELINE_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Whether the probabilities mean what they say, on these frames' share of smoke."""

    brier: float
    error: float
    adaptive_error: float
    bins: list[Bin]


@dataclass(frozen=True, slots=True, eq=False)
class FrameReport:
    """One detector on one set of frames at its shipped threshold.

    Parameters
    ----------
    threshold : float
    table : FrameTable
    figures : dict
        Measure to figure.
    without : dict
        Camera left out to the figures of the other cameras' frames.
    baselines : dict
        ``always smoke`` (a box round every frame) and ``never smoke`` to measure to value.
    strata : dict
        Respect to class to counts.
    calibrated : Calibrated
    """

    threshold: float
    table: FrameTable
    figures: dict[str, Figure]
    without: dict[str, dict[str, Figure]]
    baselines: dict[str, dict[str, float]]
    strata: dict[str, dict[str, Row]]
    calibrated: Calibrated


def report_frames(
    seen: Sequence[Seen], threshold: float, *, leave_out: Sequence[str] = (), draws: int = 1000
) -> FrameReport:
    """Measure looked-at frames.

    Parameters
    ----------
    seen : sequence of Seen
    threshold : float
        The shipped one.
    leave_out : sequence of str
        Cameras to leave out, one at a time, for figures without them; without any, each that has a third of the frames.
    draws : int
        Of the bootstrap.

    Raises
    ------
    InvalidValue
        If there is no frame.
    """
    table, measures = table_of(seen), measures_at(threshold)
    others = {
        camera: table.take(table.camera != camera)
        for camera in leave_out or large_cameras(table)
        if (table.camera == camera).any() and not (table.camera == camera).all()
    }
    return FrameReport(
        threshold=threshold,
        table=table,
        figures=figures(table, measures, draws),
        without={camera: figures(rest, measures, draws) for camera, rest in others.items()},
        baselines=baselines_of(seen),
        strata=strata_of(seen, table, threshold),
        calibrated=Calibrated(
            brier(table.smoke, table.score),
            calibration_error(table.smoke, table.score),
            calibration_error(table.smoke, table.score, adaptive=True),
            bins_of(table.smoke, table.score),
        ),
    )


def large_cameras(table: FrameTable) -> list[str]:
    """Name the cameras that have a third of the frames."""
    names, counts = np.unique(table.camera, return_counts=True)
    return [str(name) for name, count in zip(names, counts, strict=True) if count >= _LARGE_SHARE * len(table)]


def baselines_of(seen: Sequence[Seen]) -> dict[str, dict[str, float]]:
    """Measure what no detector is needed for."""
    always = [replace(one, look=_all_of(one), score=1.0) for one in seen]
    never = [replace(one, look=Look(one.look.frame, _BOXES[:0], _ONES[:0]), score=0.0) for one in seen]
    measures = measures_at(_BASELINE_THRESHOLD)
    return {
        name: {what: measure(table) for what, measure in measures.items()}
        for name, table in (("always smoke", table_of(always)), ("never smoke", table_of(never)))
    }


_BOXES = np.zeros((1, 4), np.float32)
_ONES = np.ones(1)


def _all_of(one: Seen) -> Look:
    return Look(one.look.frame, np.array([[0, 0, *one.size_px]], np.float32), _ONES)
