"""Edges that may be a skyline, and the best path along them from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Picture: TypeAlias = npt.NDArray[np.uint8]
    Field: TypeAlias = npt.NDArray[np.float32]

__all__ = ["EdgeField", "best_path", "edge_field", "long_edges"]

# Heights of the steps that are looked for [px of the small picture]: a sharp ridge, and one blurred by haze or focus.
_SCALES = (1.0, 3.0)
_ACROSS = 1.5  # smoothing along the ridge [px]
_SOFTNESS = 2.0  # grey levels a row at which a step in a picture without noise counts half
_NOISE_TIMES = 3.0
_BLUE_GREEN_RED = np.array([0.114, 0.587, 0.299], np.float32)  # luma of ITU-R BT.601
_BRIGHT_BELOW = 0.5  # what a step from dark to bright is worth: snow under a dark sky, but also a lake or a cloud's top
_FORGET = 0.98  # a long edge remembers about fifty columns to either side
_BEND = 0.10  # and loses this for each row that it climbs in a column


@dataclass(frozen=True, slots=True, eq=False)
class EdgeField:
    """How much each place of a picture looks like a step between two things, one above the other.

    Parameters
    ----------
    strength : ndarray, shape (rows, columns), float32
        0 none to 1; faint far ridges count nearly as much as strong near ones.
    is_darker_below : ndarray, shape (rows, columns), bool
        Whether it gets darker downward.
    """

    strength: Field
    is_darker_below: npt.NDArray[np.bool_]

    @property
    def gain(self) -> Field:
        """What a skyline gains by running through each place, float32."""
        weighted = np.where(self.is_darker_below, self.strength, _BRIGHT_BELOW * self.strength)
        return np.asarray(cv2.blur(weighted.astype(np.float32), (3, 1)), np.float32)


def edge_field(small: Picture) -> EdgeField:
    """Return the steps of a small picture, shape (rows, columns, 3), blue, green, red.

    The strength is measured against the noise of the picture's upper third, in all three colours.
    """
    light = small.astype(np.float32)
    strength = np.zeros(small.shape[:2], np.float32)
    luma = np.zeros_like(strength)
    for scale in _SCALES:
        smooth = cv2.GaussianBlur(light, (0, 0), sigmaX=_ACROSS, sigmaY=scale)
        step = np.zeros_like(smooth)
        step[1:-1] = (smooth[:-2] - smooth[2:]) * scale
        size = np.sqrt(np.square(step).mean(axis=2))
        noise = 1.4826 * float(np.median(size[: max(1, len(size) // 3)]))
        above_noise = np.maximum(size - noise, 0.0)
        here = above_noise / (above_noise + _NOISE_TIMES * noise + _SOFTNESS * scale)
        luma = np.where(here > strength, step @ _BLUE_GREEN_RED, luma)
        strength = np.maximum(strength, here)
    return EdgeField(strength, luma > 0.0)


def long_edges(field: EdgeField) -> Field:
    """Return how strong the long edge through each place is, darker below, shape (rows, columns), 0 to 1.

    Each place joins the best edges that lead to it from the left and from the right: a ridge is long and smooth, a
    cloud's rim is short and bends.
    """
    darker = np.where(field.is_darker_below, field.strength, 0.0).astype(np.float32)
    both = _joined(darker) + _joined(darker[:, ::-1])[:, ::-1] - (1.0 - _FORGET) * darker
    return np.asarray(np.minimum(darker, both / 2.0), np.float32)


def _joined(strength: Field, reach: int = 3) -> Field:
    """Return, for each place, the fading mean of the strongest edge that comes to it from the left."""
    rows, columns = strength.shape
    share = 1.0 - _FORGET
    cost = (share * _BEND * np.abs(np.arange(-reach, reach + 1, dtype=np.float32)))[:, None]
    border = np.full(reach, -9.0, np.float32)
    joined = np.empty_like(strength)
    joined[:, 0] = share * strength[:, 0]
    for column in range(1, columns):
        wide = np.concatenate((border, joined[:, column - 1], border))
        before = np.lib.stride_tricks.sliding_window_view(wide, rows) - cost
        joined[:, column] = share * strength[:, column] + _FORGET * before.max(axis=0)
    return joined


def best_path(gain: Field, reach: int, climb_cost: float) -> npt.NDArray[np.intp]:
    """Return the row in each column of the path from left to right that gains most, shape (columns,).

    Parameters
    ----------
    gain : ndarray, shape (rows, columns), float32
        Of each place.
    reach : int
        Rows that it may climb from a column to the next.
    climb_cost : float
        What it loses for each row climbed.
    """
    rows, columns = gain.shape
    total = gain[:, 0].copy()
    came = np.zeros((rows, columns), np.int16)
    steps = np.arange(-reach, reach + 1)
    cost = (climb_cost * np.abs(steps))[:, None].astype(np.float32)
    border = np.full(reach, -np.inf, np.float32)
    each = np.arange(rows)
    for column in range(1, columns):
        wide = np.concatenate((border, total, border))
        ways = np.lib.stride_tricks.sliding_window_view(wide, rows) - cost
        best = ways.argmax(axis=0)
        came[:, column] = steps[best]
        total = ways[best, each] + gain[:, column]
    path = np.empty(columns, np.intp)
    path[-1] = int(total.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = path[column] + came[path[column], column]
    return path
