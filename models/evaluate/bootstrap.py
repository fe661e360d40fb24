"""How sure a figure is: intervals by drawing cameras again, and differences of two detectors on the same draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from models.evaluate.frame_table import FrameTable

    Measures = Mapping[str, Callable[[FrameTable], float]]

_PERCENTILES = (2.5, 97.5)
# A measure that is undefined in more draws than this has no interval: too few cameras show what it counts.
_MOST_UNDEFINED = 0.5


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its 95 % intervals.

    Parameters
    ----------
    value : float
        nan where nothing can be counted.
    by_camera : tuple of float
        Cameras drawn with replacement, then frames of each: the honest one, since frames of a camera are alike.
    by_frame : tuple of float
        Frames drawn as if each were of its own camera, for comparison.
    """

    value: float
    by_camera: tuple[float, float]
    by_frame: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A second detector's measure less a first one's, with its 95 % interval by camera."""

    value: float
    by_camera: tuple[float, float]


def camera_draws(cameras: npt.NDArray[np.str_], draws: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield indices of frames: cameras with replacement, then each one's frames with replacement.

    References
    ----------
    .. [1] Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.8.
    """
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(cameras == camera) for camera in np.unique(cameras)]
    for _ in range(draws):
        chosen = [groups[i] for i in rng.integers(len(groups), size=len(groups))]
        yield np.concatenate([group[rng.integers(len(group), size=len(group))] for group in chosen])


def frame_draws(number: int, draws: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield indices of so many frames, drawn with replacement."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield rng.integers(number, size=number)


def figures(table: FrameTable, measures: Measures, draws: int = 1000, seed: int = 0) -> dict[str, Figure]:
    """Measure a table, with both intervals.

    Parameters
    ----------
    table : FrameTable
    measures : mapping
        Name to function of a table.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        Percentile intervals; where the value itself lies outside, as it may with few cameras, they reach to it.
    """
    values = {name: measure(table) for name, measure in measures.items()}
    by_camera = _values(table, measures, camera_draws(table.camera, draws, seed))
    by_frame = _values(table, measures, frame_draws(len(table), draws, seed))
    return {
        name: Figure(value, interval(value, by_camera[name]), interval(value, by_frame[name]))
        for name, value in values.items()
    }


def differences(
    first: FrameTable, second: FrameTable, measures: tuple[Measures, Measures], draws: int = 1000, seed: int = 0
) -> dict[str, Difference]:
    """Measure by how much a second detector differs on the same frames, each drawn for both at once.

    Parameters
    ----------
    first, second : FrameTable
        Of the same frames.
    measures : pair of mappings
        The first one's and the second one's: their thresholds differ, their names do not.
    draws, seed : int
        Of the bootstrap.

    Raises
    ------
    InvalidValue
        If the tables hold different frames.
    """
    if not np.array_equal(first.key, second.key):
        raise InvalidValue("frames of two detectors", (len(first), len(second)), "the same frames for both")
    gaps: dict[str, list[float]] = {name: [] for name in measures[0]}
    for index in camera_draws(first.camera, draws, seed):
        one, other = first.take(index), second.take(index)
        for name, drawn in gaps.items():
            drawn.append(measures[1][name](other) - measures[0][name](one))
    values = {name: measures[1][name](second) - measures[0][name](first) for name in gaps}
    return {name: Difference(value, interval(value, np.array(gaps[name]))) for name, value in values.items()}


def interval(value: float, drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of drawn values, reaching to the value; nan where most are undefined."""
    if np.isnan(value) or not len(drawn) or np.isnan(drawn).mean() > _MOST_UNDEFINED:
        return float("nan"), float("nan")
    low, high = np.nanpercentile(drawn, _PERCENTILES)
    return min(float(low), value), max(float(high), value)


def _values(
    table: FrameTable, measures: Measures, draws: Iterator[npt.NDArray[np.int64]]
) -> dict[str, npt.NDArray[np.float64]]:
    drawn: dict[str, list[float]] = {name: [] for name in measures}
    for index in draws:
        some = table.take(index)
        for name, measure in measures.items():
            drawn[name].append(measure(some))
    return {name: np.array(values) for name, values in drawn.items()}
