"""Smoke laid over a picture, and the truth about what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.smoke import Patch

__all__ = ["NOTHING_SEEN", "PlumeTruth", "SmokeLayer", "lay"]

# "A careful person sees it": 5 % is the contrast threshold of the meteorological optical range (WMO-No. 8, 9.1.1),
# some three times the grain of one pixel; 40 pixels are a patch of about 6 x 6, the least that stands out from grain.
VISIBLE_CONTRAST = 0.05
VISIBLE_PIXELS = 40
_SPECK_PX = 4  # joined pixels fewer than this are no part of a box
_LUMA = np.array([0.114, 0.587, 0.299], np.float32)  # ITU-R BT.601, blue green red


@dataclass(frozen=True, slots=True)
class PlumeTruth:
    """What of one plume is in a frame.

    Parameters
    ----------
    box : tuple of float or None
        x0, y0, x1, y1 [px]: the tightest box round what a person would outline: all pixels that the smoke changes by
        at least 5 % of their brightness (before grain) and a seventh of its own strong parts, specks left out; None
        where there are none.
    pixels : int
        How many pixels it changes by at least 5 % of their brightness.
    peak_opacity : float
        Most of the background's light that the smoke hides in one pixel, 0 to 1.
    peak_contrast : float
        Largest change of brightness, as a part of the brightness without the smoke.
    """

    box: tuple[float, float, float, float] | None
    pixels: int
    peak_opacity: float
    peak_contrast: float

    @property
    def visible(self) -> bool:
        """Whether a careful person would see it: at least 40 pixels changed by at least 5 %."""
        return self.pixels >= VISIBLE_PIXELS


NOTHING_SEEN = PlumeTruth(None, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class SmokeLayer:
    """A plume's own picture on a patch of a view.

    Parameters
    ----------
    patch : Patch
        Where it lies.
    opacity : ndarray, shape of the patch, float32
        Part of the background's light that it hides, ridges before it taken away.
    colour : ndarray, shape of the patch and 3, float32
        Linear light of fully opaque smoke with the haze before it.
    """

    patch: Patch
    opacity: npt.NDArray[np.float32]
    colour: npt.NDArray[np.float32]


def lay(light: npt.NDArray[np.float32], layer: SmokeLayer) -> PlumeTruth:
    """Lay smoke over the light in place and return the truth about it."""
    part = light[layer.patch.slices]
    opacity = layer.opacity[..., None]
    laid = part * (1.0 - opacity) + layer.colour * opacity
    # Brightness as a picture shows it: the square root of light is close to what a screen and an eye do.
    before, after = np.sqrt(np.maximum(part @ _LUMA, 0.0)), np.sqrt(np.maximum(laid @ _LUMA, 0.0))
    contrast = np.abs(after - before) / np.maximum(before, 0.04)
    part[...] = laid
    changed = _without_specks(contrast >= VISIBLE_CONTRAST)
    strong = float(np.percentile(contrast[changed], 90.0)) if changed.any() else 0.0
    seen = _without_specks(contrast >= max(VISIBLE_CONTRAST, strong / 7.0))
    box = None
    if seen.any():
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        box = (
            float(layer.patch.left + columns[0]),
            float(layer.patch.top + rows[0]),
            float(layer.patch.left + columns[-1] + 1),
            float(layer.patch.top + rows[-1] + 1),
        )
    return PlumeTruth(box, int(changed.sum()), float(layer.opacity.max()), float(contrast.max()))


def _without_specks(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECK_PX
    large[0] = False
    return np.asarray(large[labels], bool)
