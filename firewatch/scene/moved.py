"""Real smoke moved: a cutout put into another photograph, in that photograph's light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.scene.cutout import as_light, bright_light
from firewatch.scene.layer import NOTHING_SEEN, SmokeLayer, lay
from firewatch.scene.noise import smoothstep
from firewatch.scene.photo import Composite, own_grain
from firewatch.scene.smoke import Patch

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.cutout import Cutout

__all__ = ["MovedSmoke", "draw_moved_smoke", "paste_smoke"]

_LUMA = np.array([0.114, 0.587, 0.299], np.float32)
_TOUCHED = 0.004  # opacity of one level of 255
_SMALLEST_PX, _LARGEST_PX = 9.0, 420.0  # longer side of a smoke that is drawn, in a picture 1280 wide


@dataclass(frozen=True, slots=True, eq=False)
class MovedSmoke:
    """A cutout and how it stands in another photograph.

    Parameters
    ----------
    cutout : Cutout
        The smoke.
    base_x_px, base_y_px : float
        Where its foot comes to stand in the picture.
    scale : float
        Its size beside its own photograph's, 0.02 to 3.
    stretch : float
        Width over height, beside its own, 0.5 to 2.
    lean : float
        How far its top moves sideways, as a part of its height: another wind, -1 to 1.
    density : float
        Its optical depth beside its own, 0 to 4; 0 is no smoke.
    brightness : float
        Its light beside its own, 0.3 to 2.
    through : float
        Part of its light that the haze before it lets through, 0 to 1.
    softness_px : float
        Blur of the lens [px].
    seed : int
        Of the grain where it hides the photograph's own.
    """

    cutout: Cutout
    base_x_px: float
    base_y_px: float
    scale: float = 1.0
    stretch: float = 1.0
    lean: float = 0.0
    density: float = 1.0
    brightness: float = 1.0
    through: float = 0.9
    softness_px: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        require_finite("base x (px)", self.base_x_px)
        require_finite("base y (px)", self.base_y_px)
        require_between("scale of a moved smoke", self.scale, 0.02, 3.0)
        require_between("stretch of a moved smoke", self.stretch, 0.5, 2.0)
        require_between("lean of a moved smoke", self.lean, -1.0, 1.0)
        require_between("density of a moved smoke", self.density, 0.0, 4.0)
        require_between("brightness of a moved smoke", self.brightness, 0.3, 2.0)
        require_between("haze transmission", self.through, 0.0, 1.0)
        require_between("softness (px)", self.softness_px, 0.0, 10.0)
        require_at_least("seed of a moved smoke", self.seed, 0)


def draw_moved_smoke(
    rng: np.random.Generator, cutout: Cutout, width_px: int, height_px: int, skyline_px: npt.NDArray[np.float32]
) -> MovedSmoke:
    """Draw a place for a real smoke: on the skyline or below it, small ones more often than large.

    Parameters
    ----------
    rng : Generator
        Source of the draw.
    cutout : Cutout
        The smoke.
    width_px, height_px : int
        Size of the photograph.
    skyline_px : ndarray, shape (width_px,), float32
        Row of its skyline in each column, as of ``skyline_rows``.
    """
    smoke = cutout.mirrored() if rng.random() < 0.5 else cutout  # noqa: PLR2004 - either side alike
    longer = max(smoke.opacity.shape) * 1280.0 / width_px
    # Enlarged, a smoke would be softer than its new picture.
    most = min(_LARGEST_PX, 1.3 * longer)
    size = math.exp(rng.uniform(math.log(min(_SMALLEST_PX, most)), math.log(most)))
    x = rng.uniform(0.04, 0.96) * width_px
    crest = float(skyline_px[min(int(x), width_px - 1)])
    ground = max(0.8 * (height_px - crest), 4.0)
    # Ground far away is seen close under the skyline, and far smoke is small.
    near = min(1.0, size / _LARGEST_PX) ** 0.5
    below = rng.beta(1.2, 2.0 + 2.0 * (1.0 - near)) * ground
    return MovedSmoke(
        cutout=smoke,
        base_x_px=x,
        base_y_px=crest + (rng.uniform(0.0, 6.0) if rng.random() < 0.3 else max(3.0, below)),  # noqa: PLR2004
        scale=float(np.clip(size / longer, 0.02, 3.0)),
        stretch=math.exp(rng.normal(0.0, 0.12)),
        lean=float(np.clip(rng.normal(0.0, 0.25), -1.0, 1.0)),
        density=math.exp(rng.uniform(math.log(0.45), math.log(1.5))),
        brightness=math.exp(rng.normal(0.0, 0.12)),
        through=rng.uniform(0.55, 1.0) if size < 120.0 else rng.uniform(0.75, 1.0),  # noqa: PLR2004 - far smoke
        softness_px=rng.uniform(0.3, 1.1),
        seed=int(rng.integers(0, 2**31)),
    )


def paste_smoke(
    image: npt.NDArray[np.uint8], smoke: MovedSmoke, ridge_px: npt.NDArray[np.float32] | None = None
) -> Composite:
    """Put a cut-out smoke into a photograph.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red; it is not changed.
    smoke : MovedSmoke
        What, and where.
    ridge_px : ndarray, shape (w,), float32, optional
        A ridge before the smoke hides all of it below this row in each column [px].

    Returns
    -------
    Composite
        A new picture, and the truth by the same rule as for rendered frames. Without smoke in sight, a copy.
    """
    height, width = image.shape[:2]
    placed = _place(smoke, width, height)
    if placed is None:
        return Composite(image.copy(), NOTHING_SEEN)
    patch, opacity, own = placed
    if ridge_px is not None:
        rows = np.arange(patch.top, patch.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
        opacity = opacity * (1.0 - smoothstep(-0.8, 0.8, rows - ridge_px[None, patch.left : patch.right]))
    if float(opacity.max()) < _TOUCHED:
        return Composite(image.copy(), NOTHING_SEEN)
    light = as_light(image)
    colour = _in_this_light(light, smoke, own)
    truth = lay(light, SmokeLayer(patch, np.asarray(opacity, np.float32), colour))
    laid = np.sqrt(light[patch.slices]) * 255.0 + own_grain(image, opacity, patch, smoke.seed)
    picture = image.copy()
    touched = (opacity >= _TOUCHED)[..., None]
    picture[patch.slices] = np.where(touched, np.clip(np.rint(laid), 0, 255).astype(np.uint8), picture[patch.slices])
    return Composite(picture, truth)


def _place(
    smoke: MovedSmoke, width: int, height: int
) -> tuple[Patch, npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
    """Return the patch of the picture, the opacity on it, and the smoke's own colour; None outside the picture."""
    cutout = smoke.cutout
    side = math.sqrt(smoke.stretch)
    across, up = smoke.scale * side, smoke.scale / side
    # Towards the top the picture of the smoke moves sideways.
    slope = -smoke.lean * up
    matrix = np.array(
        [
            [across, slope, smoke.base_x_px - across * cutout.base_x - slope * cutout.base_y],
            [0.0, up, smoke.base_y_px - up * cutout.base_y],
        ]
    )
    tall, wide = cutout.opacity.shape
    corners = np.array([[0, 0, 1], [wide, 0, 1], [0, tall, 1], [wide, tall, 1]], np.float64) @ matrix.T
    patch = _clipped(corners, width, height)
    if patch is None or smoke.density <= 0.0:
        return None
    opacity, colour = _shrunk(cutout, matrix, patch)
    if smoke.softness_px > 0.0:
        soft = cv2.GaussianBlur(opacity, (0, 0), smoke.softness_px, borderType=cv2.BORDER_CONSTANT)
        opacity = np.asarray(soft, np.float32)
    thinner = 1.0 - np.power(1.0 - np.minimum(opacity, 0.995), smoke.density)
    return patch, np.asarray(thinner, np.float32), colour


def _clipped(corners: npt.NDArray[np.float64], width: int, height: int) -> Patch | None:
    left, top = (max(0, math.floor(v) - 4) for v in corners.min(axis=0))
    right, bottom = (min(e, math.ceil(v) + 4) for v, e in zip(corners.max(axis=0), (width, height), strict=True))
    return Patch(left, top, right, bottom) if left < right and top < bottom else None


def _shrunk(
    cutout: Cutout, matrix: npt.NDArray[np.float64], patch: Patch
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return opacity and colour on the patch; smoke that gets smaller is averaged, not sampled."""
    opacity, colour = cutout.opacity, cutout.colour
    sigma = 0.35 * max(0.0, 1.0 / min(matrix[0, 0], matrix[1, 1]) - 1.0)
    if sigma > 0.2:  # noqa: PLR2004 - less than a fifth of a pixel changes nothing
        opacity, colour = (np.asarray(cv2.GaussianBlur(a, (0, 0), sigma), np.float32) for a in (opacity, colour))
    own = matrix.copy()
    own[:, 2] -= (patch.left, patch.top)
    # Pixel centres: the map is between corners of pixels.
    own[:, 2] += own[:, :2].sum(axis=1) * 0.5 - 0.5
    size = patch.shape[1], patch.shape[0]
    laid = cv2.warpAffine(opacity, own, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    spread = cv2.warpAffine(colour, own, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, np.float32), np.asarray(spread, np.float32)


def _in_this_light(
    light: npt.NDArray[np.float32], smoke: MovedSmoke, own: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the smoke's light here: its share of the bright light, half of its tint, this place's haze before it."""
    height, width = light.shape[:2]
    row, column = int(np.clip(smoke.base_y_px, 1, height - 2)), int(np.clip(smoke.base_x_px, 0, width - 1))
    bright = np.percentile(light[::8, ::8].reshape(-1, 3), 92.0, axis=0)
    tint = (bright / max(float(bright @ _LUMA), 1e-3)).astype(np.float32)
    grey = (own @ _LUMA)[..., None]
    lit = (0.5 * own + 0.5 * grey * tint) * bright_light(light) * smoke.brightness
    above = light[max(0, row - height // 8) : row + 1, max(0, column - width // 6) : column + width // 6 + 1]
    haze = np.median(above[::4, ::4].reshape(-1, 3), axis=0)
    return np.asarray(np.clip(lit, 0.0, 1.05) * smoke.through + haze * (1.0 - smoke.through), np.float32)
