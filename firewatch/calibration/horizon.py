"""The skyline of a photograph, to a part of a pixel, with how far each column is to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from firewatch.calibration.edges import best_path, edge_field, long_edges
from firewatch.calibration.regions import sky_log_odds, tones_of
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.edges import EdgeField
    from firewatch.calibration.regions import Tones

    Picture: TypeAlias = npt.NDArray[np.uint8]
    Numbers: TypeAlias = npt.NDArray[np.float64]
    Field: TypeAlias = npt.NDArray[np.float32]

__all__ = ["USABLE", "Horizon", "find_horizon"]

# A column counts for calibration from this confidence on.
USABLE = 0.3

_SMALL = 640  # columns of the picture in which the path is looked for
_LEAST = 32  # rows and columns of a picture that has a skyline
_ROUNDS = 5  # of learning the sky's and the ground's tones; two or three are enough
_SKY_AT_FIRST, _GROUND_AT_FIRST = 0.15, 0.70  # shares of the height, from the top
_UNKNOWN_AT_FIRST, _UNKNOWN_LATER = 1e-2, 5e-4
_REGION_GAIN = 0.01  # a row of clear sky above the path is worth this much of a full edge
_EDGE_ABOVE = 0.95  # and a long edge above the path costs this: the far ridge, not the near one, is the skyline
_GUARD = 5  # rows above the path that belong to its own edge
_REACH, _CLIMB_COST = 14, 0.06
_MARGIN = 0.02  # share of the height at top and bottom where no skyline is
_SIDE = 30  # rows to either side that must look like sky and like ground
_WINDOW = 5.0  # px of the small picture within which the fine edge is looked for
_GATHERED = (0.55, 0.75)  # share of a step's change in its middle: 0.4 where light changes evenly, 1 at an edge
_STEEP = 3.0  # px a column: a ridge is flatter; the sides of trees, masts and houses are not


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """Where the ground ends and the sky begins in a photograph.

    Parameters
    ----------
    row_px : ndarray, shape (width,), float64
        In the middle of each column, from the picture's top edge [px]; the middle of the first pixel is 0.5. NaN where
        nothing can be told.
    confidence : ndarray, shape (width,), float64
        0 hidden to 1 sharp and undisputed.
    height_px : int
        Of the picture.
    """

    row_px: Numbers
    confidence: Numbers
    height_px: int

    @property
    def width_px(self) -> int:
        """Columns of the picture."""
        return int(self.row_px.size)

    @property
    def is_usable(self) -> npt.NDArray[np.bool_]:
        """Which columns may be calibrated from, shape (width,)."""
        return np.asarray(np.isfinite(self.row_px) & (self.confidence >= USABLE))

    @property
    def coverage(self) -> float:
        """Share of the columns that may be calibrated from, 0 to 1."""
        return float(self.is_usable.mean())


def find_horizon(image: Picture) -> Horizon:
    """Find the skyline of a photograph.

    The path from left to right is sought that follows edges, has above it what looks like the picture's sky and below
    it what looks like its ground, and no long edge above it. The tones of sky and ground are learned from the picture
    itself, in rounds. In its neighbourhood the steepest change of colour then gives the row to a part of a pixel.

    Parameters
    ----------
    image : ndarray, shape (height, width, 3), uint8
        Blue, green, red.

    Returns
    -------
    Horizon
        Rows and confidence of all columns. A picture without a skyline gets one of low confidence.

    Raises
    ------
    InvalidValue
        If it is not a colour picture of at least 32 by 32 pixels.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < _LEAST:  # noqa: PLR2004
        raise InvalidValue("photograph", f"{image.shape} {image.dtype}", "uint8, at least 32 by 32, three colours")
    height, width = image.shape[:2]
    scale = min(1.0, _SMALL / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = _Found.of(small)
    across = (np.arange(width) + 0.5) * size[0] / width - 0.5
    rough = np.interp(across, np.arange(size[0]), (found.path + 0.5) * height / size[1])
    rows, sharpness = _refined(image, rough, _WINDOW / scale)
    confidence = np.interp(across, np.arange(size[0]), found.confidence()) * sharpness * _level(rows)
    row_px = np.where(confidence > 0.0, rows, np.nan)
    return Horizon(row_px, confidence, height)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The path in the small picture, and what it was found by."""

    path: npt.NDArray[np.intp]
    edges: EdgeField
    above: Field
    odds: Field
    tones: Tones

    @classmethod
    def of(cls, small: Picture) -> _Found:
        """Look for the skyline in a small picture."""
        edges, tones = edge_field(small), tones_of(small)
        rows, columns = edges.strength.shape
        row = np.arange(rows)[:, None] + np.zeros((1, columns), np.intp)
        longest = np.maximum.accumulate(long_edges(edges), axis=0)
        above = np.vstack([np.zeros((_GUARD, columns), np.float32), longest[:-_GUARD]])
        base = edges.gain - _EDGE_ABOVE * above
        sky, ground, unknown = row < _SKY_AT_FIRST * rows, row > _GROUND_AT_FIRST * rows, _UNKNOWN_AT_FIRST
        path = np.full(columns, -1, np.intp)
        for _ in range(_ROUNDS):
            odds = sky_log_odds(tones, sky, ground, unknown)
            better = best_path(_framed(base + _REGION_GAIN * (np.cumsum(odds, axis=0) - odds)), _REACH, _CLIMB_COST)
            is_settled = bool(np.abs(better - path).max() <= 1)
            path = better
            if is_settled:
                break
            sky, unknown = row < path, _UNKNOWN_LATER
            ground = ~sky
        return cls(path, edges, above, odds, tones)

    def confidence(self) -> Numbers:
        """Return how far each column of the small picture is to be believed, before the fine edge is known."""
        rows, columns = self.odds.shape
        each = np.arange(columns)
        sums = np.vstack([np.zeros((1, columns)), np.cumsum(self.odds, axis=0)])
        top, bottom = np.maximum(self.path - _SIDE, 0), np.minimum(self.path + _SIDE, rows)
        sky = (sums[self.path, each] - sums[top, each]) / np.maximum(self.path - top, 1)
        ground = (sums[self.path, each] - sums[bottom, each]) / np.maximum(bottom - self.path, 1)
        edge = cv2.dilate(self.edges.strength, np.ones((5, 1), np.uint8))[self.path, each]
        disputed = self.above[self.path, each]
        is_framed = (self.path < 2 * _MARGIN * rows) | (self.path > (1 - 2 * _MARGIN) * rows)
        is_black = cv2.dilate(self.tones.is_black.astype(np.uint8), np.ones((9, 9), np.uint8))[self.path, each] > 0
        whole = _ramp(self._contrast(), 0.45, 0.75)
        each_way = np.sqrt(np.asarray(_ramp(sky, -0.2, 0.6) * _ramp(ground, -0.2, 0.6), np.float64))
        believed = whole * each_way * _ramp(edge, 0.1, 0.4) * (1.0 - _ramp(disputed, 0.35, 0.9))
        return np.asarray(np.where(is_framed | is_black, 0.0, believed), np.float64)

    def _contrast(self) -> float:
        """Return how well the tones above and below the path differ in the whole picture, 0 to 1."""
        is_sky = np.arange(len(self.odds))[:, None] < self.path
        if is_sky.all() or not is_sky.any():
            return 0.0
        return float(self.odds[is_sky].mean() - self.odds[~is_sky].mean()) / 2.0


def _framed(gain: Field) -> Field:
    """Return the gain with the picture's top and bottom closed."""
    margin = max(1, round(_MARGIN * len(gain)))
    gain[:margin] = gain[-margin:] = -9.0
    return np.asarray(gain, np.float32)


def _refined(image: Picture, rough: Numbers, window_px: float) -> tuple[Numbers, Numbers]:
    """Return the row of the steepest change near a rough path, to a part of a pixel, and its sharpness 0 to 1."""
    reach = int(np.ceil(window_px))
    offsets = np.arange(-reach - 3, reach + 4)
    wanted = np.clip(np.round(rough).astype(np.intp)[None, :] + offsets[:, None], 0, image.shape[0] - 1)
    band = image[wanted, np.arange(image.shape[1])[None, :]].astype(np.float32)
    band = cv2.GaussianBlur(band, (0, 0), sigmaX=1.0, sigmaY=1.2)
    axis = band[: reach + 2].mean(axis=0) - band[-reach - 2 :].mean(axis=0)
    axis = cv2.blur(axis[None], (31, 1))[0]
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-3)
    along = np.einsum("rck,ck->rc", band, axis)
    change = (along[:-1] - along[1:])[2:-2]  # between offsets[2 + i] and offsets[3 + i]
    place = offsets[3:-2].astype(np.float64)[:, None]
    likely = change * np.exp(-0.5 * np.square(place / (0.7 * window_px)))
    best = likely[1:-1].argmax(axis=0) + 1
    each = np.arange(image.shape[1])
    before, here, after = change[best - 1, each], change[best, each], change[best + 1, each]
    bend = np.minimum(before + after - 2.0 * here, -1e-6)
    part = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    rows = np.round(rough) + place[best, 0] + part
    height = np.abs(along[:reach].mean(axis=0) - along[-reach:].mean(axis=0))
    grain = np.abs(np.diff(along[: reach + 1], axis=0)).mean(axis=0)
    sharp = _ramp(_gathered(change, best, reach), *_GATHERED)
    return np.asarray(rows, np.float64), _ramp(height / (1.0 + 2.0 * grain), 0.7, 3.0) * sharp


def _gathered(change: Field, best: npt.NDArray[np.intp], reach: int) -> Numbers:
    """Return which share of a window's change lies within its middle 40 per cent around the steepest row, 0 to 1.

    Where fog ends the light changes evenly over the whole window.
    """
    sums = np.vstack([np.zeros((1, change.shape[1])), np.cumsum(change, axis=0)])
    half, each = max(1, round(0.4 * reach)), np.arange(change.shape[1])
    low, high = np.maximum(best - half, 0), np.minimum(best + half + 1, len(change))
    whole = np.maximum(cv2.blur(np.abs(sums[-1:]), (9, 1))[0], 1e-3)
    return np.asarray(cv2.blur(np.asarray(sums[high, each] - sums[low, each])[None], (9, 1))[0] / whole, np.float64)


def _level(rows: Numbers) -> Numbers:
    """Return 1 where a path is as flat as a ridge, falling to 0 at the sides of trees, masts and houses."""
    ahead = np.abs(np.gradient(cv2.blur(rows[None], (5, 1))[0]))
    steepest = cv2.dilate(ahead[None], np.ones((1, 5), np.uint8))[0]
    return 1.0 - _ramp(steepest, _STEEP / 2.0, _STEEP)


def _ramp(value: npt.ArrayLike, low: float, high: float) -> Numbers:
    """Return 0 at `low` and below, 1 at `high` and above, straight between."""
    return np.clip((np.asarray(value, np.float64) - low) / (high - low), 0.0, 1.0)
