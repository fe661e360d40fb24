"""Real smoke cut out of a photograph: how much of the view it hides, and its light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_between

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Cutout", "CutoutQuality", "cut_smoke", "register"]

_LUMA = np.array([0.114, 0.587, 0.299], np.float32)  # ITU-R BT.601, blue green red
# Boxes are drawn by hand: smoke may reach this far over their edge, as a part of their size, and this many pixels.
_MARGIN, _MARGIN_PX = 0.15, 4.0
_GRID = 72  # longer side of the small picture on which a hidden background is filled in [px]
# Views are layered: what lies beside the smoke tells more about what it hides than what lies above or below.
_SIDEWAYS = 0.8
_SWEEPS = 500
# Least and most of the light behind it that the densest part of a smoke is taken to hide.
_THINNEST, _THICKEST = 0.35, 0.95
_FAINT = 0.04  # opacity below which a matte is empty
_LEAST_SEPARATION, _MOST_BORDER, _MOST_ROUGH, _MOST_FILLED, _MOST_PLAIN = 2.2, 0.4, 0.21, 0.8, 0.94
_ROUND = 6  # fewest pixels of a side of a box that can be cut


@dataclass(frozen=True, slots=True)
class CutoutQuality:
    """How far a matte can be believed.

    Parameters
    ----------
    separation : float
        Change of brightness by the smoke over that which the same fill finds beside it, where nothing burns.
    border : float
        Opacity along the window's edge as a part of the densest tenth: what was cut off hard.
    roughness : float
        Mean difference between neighbours as a part of the mean opacity: texture of the ground left in the matte.
    filled : float
        Part of the window that the matte fills: near 1 it is a rectangle, not smoke.
    plainness : float
        Part of the matte that one row times one column explains: near 1 it is the fill's own dome, not smoke. 0 where
        a clear view took the fill's place.
    """

    separation: float
    border: float
    roughness: float
    filled: float
    plainness: float

    @property
    def plausible(self) -> bool:
        """Whether it looks like smoke, by limits that were set by looking at the mattes of 28 fires."""
        apart = self.separation >= _LEAST_SEPARATION and self.border <= _MOST_BORDER
        shaped = self.filled <= _MOST_FILLED and self.plainness <= _MOST_PLAIN
        return apart and shaped and self.roughness <= _MOST_ROUGH


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A smoke without its view.

    Parameters
    ----------
    opacity : ndarray, shape (h, w), float32
        Part of the light behind it that it hides; 0 along the edges.
    colour : ndarray, shape (h, w, 3), float32
        Light of opaque smoke, blue green red, as a part of the bright light of its photograph.
    base_x, base_y : float
        Its lowest part: pixels from the left and the top of the arrays.
    quality : CutoutQuality
        How far it can be believed.
    """

    opacity: npt.NDArray[np.float32]
    colour: npt.NDArray[np.float32]
    base_x: float
    base_y: float
    quality: CutoutQuality

    def mirrored(self) -> Cutout:
        """Return the same smoke leaning the other way."""
        return Cutout(
            np.ascontiguousarray(self.opacity[:, ::-1]),
            np.ascontiguousarray(self.colour[:, ::-1]),
            self.opacity.shape[1] - self.base_x,
            self.base_y,
            self.quality,
        )


def bright_light(light: npt.NDArray[np.float32]) -> float:
    """Return how bright a photograph's bright parts are, in its own light; a measure of its exposure."""
    return max(float(np.percentile(light[::8, ::8] @ _LUMA, 92.0)), 0.02)


def as_light(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return a picture's light: the square of its values is close to what a camera's curve undoes."""
    return np.asarray(np.square(image.astype(np.float32) / 255.0), np.float32)


def register(
    image: npt.NDArray[np.uint8], clear: npt.NDArray[np.uint8], most_px: float = 12.0
) -> npt.NDArray[np.uint8]:
    """Shift a clear picture of the same view onto another.

    Parameters
    ----------
    image, clear : ndarray, shape (h, w, 3), uint8
        Same size; a camera that shook in the wind, or was set back after a storm, lies a few pixels off.
    most_px : float
        A larger shift is not believed, and nothing is moved.

    Returns
    -------
    ndarray, shape (h, w, 3), uint8
    """
    height, width = image.shape[:2]
    grey = [cv2.cvtColor(each, cv2.COLOR_BGR2GRAY).astype(np.float32) for each in (clear, image)]
    edges = [each - cv2.GaussianBlur(each, (0, 0), 6.0) for each in grey]
    (right, down), _ = cv2.phaseCorrelate(edges[0], edges[1], cv2.createHanningWindow((width, height), cv2.CV_32F))
    if math.hypot(right, down) > most_px:
        return clear.copy()
    shift = np.array([[1.0, 0.0, right], [0.0, 1.0, down]])
    moved = cv2.warpAffine(clear, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def cut_smoke(
    image: npt.NDArray[np.uint8],
    box: tuple[float, float, float, float],
    clear: npt.NDArray[np.uint8] | None = None,
) -> Cutout:
    """Cut the smoke in a box out of its photograph.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red.
    box : tuple of float
        x0, y0, x1, y1 [px], round the smoke; at least 6 px wide and tall inside the picture.
    clear : ndarray, shape (h, w, 3), uint8, optional
        The same view without smoke, registered. Without it the background is filled in from what lies round the box.

    Returns
    -------
    Cutout
        On a window a little larger than the box.

    Raises
    ------
    InvalidValue
        If less than 6 x 6 px of the box lies in the picture.

    References
    ----------
    .. [1] He, Sun, Tang (2013), Guided image filtering, IEEE PAMI 35(6): the matte is smoothed by its own means.
    """
    height, width = image.shape[:2]
    window = _window(box, width, height)
    require_between("width of the smoke's box in the picture (px)", window[2] - window[0], _ROUND, width)
    require_between("height of the smoke's box in the picture (px)", window[3] - window[1], _ROUND, height)
    light = as_light(image)
    white = bright_light(light)
    behind = None if clear is None else as_light(clear)
    change = _change(light, window, behind)
    spurious = [_change(light, place, behind) for place in _beside(window, width)]
    noise = float(np.mean([np.abs(c.difference @ _LUMA).mean() for c in spurious])) if spurious else 0.02 * white
    # A clear view is of another minute: clouds have moved where nobody looked.
    noise *= 1.0 if behind is None else 2.0
    raw, colour = _unmix(change, white)
    spread = noise / max(float(np.abs((colour - change.background) @ _LUMA).mean()), 1e-3)
    matte = _clean(raw, spread) * _fade(window, box)
    kept = _main_parts(matte)
    quality = _judge(matte, kept, change, noise, filled_in=behind is None)
    base_x, base_y = _base(kept)
    return Cutout(kept, np.asarray(_spread_colour(change, kept, colour) / white, np.float32), base_x, base_y, quality)


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """The light on a window, what lies behind, and the difference, each (h, w, 3)."""

    light: npt.NDArray[np.float32]
    background: npt.NDArray[np.float32]
    difference: npt.NDArray[np.float32]


def _window(box: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int]:
    wide, tall = (box[2] - box[0]) * _MARGIN + _MARGIN_PX, (box[3] - box[1]) * _MARGIN + _MARGIN_PX
    return (
        max(0, math.floor(box[0] - wide)),
        max(0, math.floor(box[1] - tall)),
        min(width, math.ceil(box[2] + wide)),
        min(height, math.ceil(box[3] + tall)),
    )


def _beside(window: tuple[int, int, int, int], width: int) -> list[tuple[int, int, int, int]]:
    """Return windows of the same size to the left and right, as far as the picture has them."""
    left, top, right, bottom = window
    wide = right - left
    places = [(left - wide, right - wide), (left + wide, right + wide)]
    return [(max(0, a), top, min(width, b), bottom) for a, b in places if min(width, b) - max(0, a) >= wide // 2]


def _change(
    light: npt.NDArray[np.float32], window: tuple[int, int, int, int], behind: npt.NDArray[np.float32] | None
) -> _Change:
    left, top, right, bottom = window
    part = light[top:bottom, left:right]
    background = _fill(part) if behind is None else _matched(light, behind, window)
    return _Change(part, background, part - background)


def _matched(
    light: npt.NDArray[np.float32], behind: npt.NDArray[np.float32], window: tuple[int, int, int, int]
) -> npt.NDArray[np.float32]:
    """Return the clear view on the window, in the light of the other picture: that round the window tells the gain."""
    left, top, right, bottom = window
    reach = max(12, (right - left) // 3, (bottom - top) // 3)
    around = np.s_[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
    ring = np.ones(light[around].shape[:2], bool)
    y, x = min(top, reach), min(left, reach)
    ring[y : y + bottom - top, x : x + right - left] = False
    if not ring.any():
        return behind[top:bottom, left:right]
    gain = np.median((light[around][ring] + 0.01) / (behind[around][ring] + 0.01), axis=0)
    return np.asarray(behind[top:bottom, left:right] * gain, np.float32)


def _fill(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Fill a window from its own edge: heat that flows in from the rim, faster sideways than up and down."""
    height, width = part.shape[:2]
    scale = min(1.0, _GRID / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(cv2.GaussianBlur(part, (0, 0), 1.2), size, interpolation=cv2.INTER_AREA)
    kernel = np.array(
        [[0.0, 1.0 - _SIDEWAYS, 0.0], [_SIDEWAYS, 0.0, _SIDEWAYS], [0.0, 1.0 - _SIDEWAYS, 0.0]], np.float32
    )
    # Start from lines between the left and right edges: most of the way is done.
    ramp = np.linspace(0.0, 1.0, size[0], dtype=np.float32)[None, :, None]
    field = small.copy()
    field[1:-1, 1:-1] = (small[:, :1] * (1.0 - ramp) + small[:, -1:] * ramp)[1:-1, 1:-1]
    for _ in range(_SWEEPS):
        field[1:-1, 1:-1] = cv2.filter2D(field, -1, kernel / 2.0)[1:-1, 1:-1]
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _unmix(change: _Change, white: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the raw opacity (h, w) and the one colour (3,) of opaque smoke that explain the change best.

    The smoke's colour lies beyond its strongest change; how far beyond, nobody can see: bright smoke is taken to be
    as bright as the photograph's bright parts, within limits of its opacity.
    """
    soft = cv2.GaussianBlur(change.difference, (0, 0), 1.0)
    luma = soft @ _LUMA
    # Bright or dark smoke: whichever part of the change is heavier.
    sign = 1.0 if np.maximum(luma, 0).sum() >= np.maximum(-luma, 0).sum() else -1.0
    strong = luma * sign >= np.percentile(luma * sign, 97.0)
    peak, behind = soft[strong].mean(axis=0), change.background[strong].mean(axis=0)
    lift = float(peak @ _LUMA)
    room = 0.9 * white - float(behind @ _LUMA) if sign > 0 else 1.25 * lift
    part = min(max(lift / room, _THINNEST), _THICKEST) if abs(room) > 1e-4 and lift / room > 0 else _THICKEST  # noqa: PLR2004
    colour = np.maximum(behind + peak / part, 0.0).astype(np.float32)
    way = colour - change.background
    least = 0.25 * float(np.square(colour - behind).sum())
    raw = (change.difference * way).sum(axis=2) / np.maximum(np.square(way).sum(axis=2), max(least, 1e-5))
    return np.asarray(np.clip(raw, -1.0, 1.0), np.float32), colour


def _clean(raw: npt.NDArray[np.float32], spread: float) -> npt.NDArray[np.float32]:
    """Smooth where the matte varies no more than the ground beside it; keep its edges where it varies more."""
    radius = max(2, round(min(raw.shape) / 14))
    side = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(raw, side, borderType=cv2.BORDER_REFLECT_101)
    variance = np.maximum(cv2.blur(raw * raw, side, borderType=cv2.BORDER_REFLECT_101) - mean * mean, 0.0)
    own = np.asarray(variance / (variance + np.float32(max(spread, 0.02) ** 2)), np.float32)
    slope = cv2.blur(own, side, borderType=cv2.BORDER_REFLECT_101)
    soft = cv2.GaussianBlur(raw, (0, 0), 0.7)
    mean = cv2.blur(mean, side, borderType=cv2.BORDER_REFLECT_101)
    floor = np.float32(min(0.5 * spread, 0.15))
    return np.asarray(np.clip((mean + slope * (soft - mean) - floor) / (1.0 - floor), 0.0, 1.0), np.float32)


def _fade(window: tuple[int, int, int, int], box: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Return 1 inside the box and a slope to 0 at the window's edge, shape of the window."""
    ramps = []
    for low, high, start, end in ((window[1], window[3], box[1], box[3]), (window[0], window[2], box[0], box[2])):
        at = np.arange(low, high, dtype=np.float32) + 0.5
        # A box at the picture's own edge still fades, so that nothing pasted has a hard side.
        first, last = max(start, low + _MARGIN_PX), min(end, high - _MARGIN_PX)
        rise = np.clip((at - low) / max(first - low, 1.0), 0.0, 1.0)
        fall = np.clip((high - at) / max(high - last, 1.0), 0.0, 1.0)
        both = np.minimum(rise, fall)
        ramps.append(both * both * (3.0 - 2.0 * both))
    return np.asarray(ramps[0][:, None] * ramps[1][None, :], np.float32)


def _main_parts(matte: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Keep the heaviest part of a matte and what floats close to it: smoke hangs together, specks of ground do not."""
    gap = max(1, round(min(matte.shape) / 25))
    joined = cv2.dilate((matte >= 2.0 * _FAINT).astype(np.uint8), np.ones((2 * gap + 1, 2 * gap + 1), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    weights = np.bincount(labels.ravel(), weights=matte.ravel().astype(np.float64), minlength=count)
    weights[0] = 0.0
    mask = cv2.GaussianBlur(((labels == weights.argmax()) & (joined > 0)).astype(np.float32), (0, 0), gap / 2.0 + 0.5)
    kept = np.where(mask * matte >= _FAINT / 4.0, mask * matte, 0.0).astype(np.float32)
    kept[[0, -1]], kept[:, [0, -1]] = 0.0, 0.0
    return np.asarray(kept, np.float32)


def _judge(
    matte: npt.NDArray[np.float32], kept: npt.NDArray[np.float32], change: _Change, noise: float, *, filled_in: bool
) -> CutoutQuality:
    seen = kept >= _FAINT
    if not seen.any():
        return CutoutQuality(0.0, 1.0, 1.0, 0.0, 1.0)
    dense = max(float(np.percentile(kept[seen], 90.0)), 1e-3)
    # Along the box's own edge, where the fade has not yet begun to hide a hard cut.
    deep = max(2, min(matte.shape) // 8)
    rim = np.concatenate([matte[deep], matte[-1 - deep], matte[deep:-deep, deep], matte[deep:-deep, -1 - deep]])
    steps = np.abs(np.diff(kept, axis=1))[:, :-1][seen[:, 1:-1]]
    lift = np.abs(change.difference @ _LUMA)[seen].mean()
    return CutoutQuality(
        separation=float(lift / max(noise, 1e-4)),
        border=float(np.percentile(rim, 90.0)) / dense,
        # Larger pictures of the same smoke have gentler slopes.
        roughness=float(steps.mean() / kept[seen].mean()) * math.sqrt(min(kept.shape) / 60.0) if len(steps) else 1.0,
        filled=float((kept >= 0.25 * dense).mean()),
        plainness=_plainness(kept) if filled_in else 0.0,
    )


def _plainness(kept: npt.NDArray[np.float32]) -> float:
    small = np.asarray(cv2.resize(kept, (48, 48), interpolation=cv2.INTER_AREA), np.float64)
    strengths = np.square(np.linalg.svd(small, compute_uv=False))
    return float(strengths[0] / max(float(strengths.sum()), 1e-9))


def _base(kept: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return where the smoke rises from: the middle of its lowest part."""
    weight = kept.sum(axis=1)
    if not weight.any():
        return kept.shape[1] / 2.0, float(kept.shape[0])
    below = np.cumsum(weight[::-1])[::-1] / weight.sum()
    row = int(np.flatnonzero(below >= 0.02)[-1])  # noqa: PLR2004 - the last fiftieth may be haze
    foot = kept[max(0, row - max(2, len(kept) // 10)) : row + 1].sum(axis=0)
    return float((np.arange(len(foot)) + 0.5) @ foot / max(float(foot.sum()), 1e-9)), row + 1.0


def _spread_colour(
    change: _Change, kept: npt.NDArray[np.float32], colour: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the smoke's light in each place: as seen where it is dense, its one colour where it is thin."""
    own = change.background + change.difference / np.maximum(kept, 0.2)[..., None]
    trust = np.square(kept)[..., None]
    size = max(1.0, min(kept.shape) / 16.0)
    total = cv2.GaussianBlur(np.concatenate((own * trust, trust), axis=2), (0, 0), size)
    mixed = (total[..., :3] + 0.05 * colour) / (total[..., 3:] + 0.05)
    return np.asarray(np.clip(mixed, 0.25 * colour, 2.0 * colour + 0.02), np.float32)
