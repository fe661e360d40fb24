"""What the camera itself does: steps of exposure and white balance, shaking; and a rectangle that was painted out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least, require_between
from firewatch.scene.cutout import as_light
from firewatch.scene.veils import as_picture

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["CameraShake", "ExposureJump", "PaintedOut", "WhiteBalanceJump"]

_SWAYS_S = (1.7, 7.3, 61.0, 743.0)  # periods of a mast in the wind, and of its slow warming [s]


@dataclass(frozen=True, slots=True)
class ExposureJump:
    """From a time on the camera exposes longer or shorter.

    Parameters
    ----------
    stops : float
        Twice as much light for each, -3 to 3.
    from_s : float
        When it begins [s].
    strength : float
        0 none to 1 full.
    lasts_s : float
        How long until it is taken back [s].
    """

    stops: float
    from_s: float = -math.inf
    strength: float = 1.0
    lasts_s: float = math.inf

    def __post_init__(self) -> None:
        require_between("exposure (stops)", self.stops, -3.0, 3.0)
        require_between("strength of an exposure step", self.strength, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph as exposed at a time."""
        if not self.from_s <= at_s < self.from_s + self.lasts_s and not math.isinf(self.from_s):
            return image.copy()
        return as_picture(np.asarray(as_light(image) * 2.0 ** (self.stops * self.strength), np.float32))


@dataclass(frozen=True, slots=True)
class WhiteBalanceJump:
    """From a time on the camera sees all colours warmer or colder.

    Parameters
    ----------
    warmth : float
        Red over blue, as a logarithm, -1 to 1.
    from_s : float
        When it begins [s].
    strength : float
        0 none to 1 full.
    """

    warmth: float
    from_s: float = -math.inf
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_between("warmth", self.warmth, -1.0, 1.0)
        require_between("strength of a white balance step", self.strength, 0.0, 1.0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph as balanced at a time."""
        if at_s < self.from_s:
            return image.copy()
        half = 0.5 * self.warmth * self.strength
        gains = np.exp(np.array([-half, 0.0, half], np.float32))
        return as_picture(np.asarray(as_light(image) * gains, np.float32))


@dataclass(frozen=True, slots=True)
class CameraShake:
    """A camera on a mast in the wind: it sways by parts of pixels or pixels, turns a little, and blurs in gusts.

    Parameters
    ----------
    amount_px : float
        Standard deviation of the shift, 0 to 40.
    turn_deg : float
        Standard deviation of the turn, 0 to 3.
    blur_px : float
        Length of the motion blur in a gust, 0 to 40.
    seed : int
        Of the sway.
    strength : float
        0 none to 1 full.
    """

    amount_px: float = 0.6
    turn_deg: float = 0.02
    blur_px: float = 0.0
    seed: int = 0
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_between("shift (px)", self.amount_px, 0.0, 40.0)
        require_between("turn (deg)", self.turn_deg, 0.0, 3.0)
        require_between("motion blur (px)", self.blur_px, 0.0, 40.0)
        require_at_least("seed of the shake", self.seed, 0)
        require_between("strength of the shake", self.strength, 0.0, 1.0)

    def matrix(self, at_s: float, width_px: int, height_px: int) -> npt.NDArray[np.float64]:
        """Return where the view lies at a time: an affine map (2, 3) from still to shaken pixels."""
        right, down, turn, _ = self._sway(at_s)
        angle = math.radians(self.turn_deg * turn * self.strength)
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = width_px / 2.0, height_px / 2.0
        shift_x, shift_y = self.amount_px * right * self.strength, self.amount_px * down * self.strength
        return np.array([[cos, -sin, x - cos * x + sin * y + shift_x], [sin, cos, y - sin * x - cos * y + shift_y]])

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph as the camera sees it at a time."""
        if self.strength <= 0.0:
            return image.copy()
        height, width = image.shape[:2]
        matrix = self.matrix(at_s, width, height)
        warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        moved = np.asarray(warped, np.uint8)
        right, down, _, gust = self._sway(at_s)
        length = self.blur_px * self.strength * abs(gust)
        return np.asarray(
            moved if length < 1.0 else _smear(np.asarray(moved, np.uint8), length, math.atan2(down, right)), np.uint8
        )

    def _sway(self, at_s: float) -> tuple[float, float, float, float]:
        """Return four slow and fast random motions of mean square 1: right, down, turn, gust."""
        rng = np.random.default_rng([self.seed, 0x5A7E])
        phases = rng.uniform(0.0, math.tau, (4, len(_SWAYS_S)))
        weights = rng.dirichlet(np.ones(len(_SWAYS_S)), 4)
        waves = np.sin(math.tau * at_s / np.array(_SWAYS_S) + phases)
        right, down, turn, gust = (np.sqrt(2.0 * weights) * waves).sum(axis=1)
        return float(right), float(down), float(turn), float(gust)


@dataclass(frozen=True, slots=True)
class PaintedOut:
    """A rectangle that was drawn on the picture and painted out again: some labelled photographs carry such traces.

    Parameters
    ----------
    box : tuple of int
        x0, y0, x1, y1 [px].
    line_px : int
        Width of its line; 0 changes nothing, at most 9.
    grain : float
        Grain laid over the trace, standard deviation, 0 to 20 levels.
    seed : int
        Of the grain.
    """

    box: tuple[int, int, int, int]
    line_px: int = 2
    grain: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("line (px)", self.line_px, 0, 9)
        require_between("grain (levels)", self.grain, 0.0, 20.0)
        require_at_least("seed of the grain", self.seed, 0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the trace; time changes nothing."""
        del at_s
        if self.line_px <= 0:
            return image.copy()
        height, width = image.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        cv2.rectangle(mask, self.box[:2], self.box[2:], 255, self.line_px)
        healed = cv2.inpaint(image, mask, 3, cv2.INPAINT_TELEA).astype(np.float32)
        noise = np.random.default_rng([self.seed, 0x9A1D]).normal(0.0, self.grain, (height, width, 1))
        laid = np.clip(np.rint(healed + noise), 0, 255).astype(np.uint8)
        return np.where(mask[..., None] > 0, laid, image)


def _smear(image: npt.NDArray[np.uint8], length_px: float, angle: float) -> npt.NDArray[np.uint8]:
    size = 2 * math.ceil(length_px / 2.0) + 1
    kernel = np.zeros((size, size), np.float32)
    for way in np.linspace(-0.5, 0.5, 4 * size):
        x = size // 2 + way * length_px * math.cos(angle)
        y = size // 2 + way * length_px * math.sin(angle)
        kernel[min(round(y), size - 1), min(round(x), size - 1)] += 1.0
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.uint8)
