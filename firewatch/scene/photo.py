"""Simulated smoke put into a photograph: to train a detector on places where nothing burned."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.scene.layer import NOTHING_SEEN, PlumeTruth, SmokeLayer, lay
from firewatch.scene.light import Wind
from firewatch.scene.noise import smoothstep
from firewatch.scene.plume import PUFFS_PER_RELEASE, RELEASE_S, FireGrowth, Plume, puffs_at
from firewatch.scene.smoke import Patch, PuffImages, billow, optical_depth, smoke_light

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile

__all__ = ["Composite", "PhotoPlume", "composite_plume", "draw_photo_plume"]

_WAVES_NM, _GREEN_NM = np.array([460.0, 550.0, 620.0], np.float32), 550.0  # blue, green, red of a camera
_FAR_SHARE = 0.25  # of the drawn smokes; 10 to 25 km away they are some 6 to 25 pixels wide


@dataclass(frozen=True, slots=True)
class PhotoPlume:
    """A smoke to be put into a photograph.

    Parameters
    ----------
    base_x_px, base_y_px : float
        Where it burns in the picture.
    metre_px : float
        Length of a metre there [px]; focal length divided by distance.
    burning_s : float
        Time since its ignition [s].
    wind : Wind
        As if the camera looked north: wind from 270 carries the smoke to the right.
    seed : int
        Of its turbulence, at least 0.
    growth : FireGrowth
        How the fire grew.
    brightness : float
        Light of the smoke as a part of the picture's brightest areas, 0.1 to 1.5.
    sun_right, sun_up : float
        Direction to the sun in the picture, length at most 1.
    through : float
        Part of the smoke's light that the haze before it lets through, 0 to 1.
    hidden_below_px : float or None
        A ridge before the fire hides all below this row [px].
    softness_px : float
        Blur of the lens [px].
    shear : float
        How far wind that turns with height bends the smoke to the right: metres at 100 m above the fire, -300 to 300;
        four times as far at 200 m.
    puffing : float
        How far a young fire comes in puffs, 0 steady to 1 with gaps between them.
    blueness : float
        Angstrom exponent of its scattering, 0 grey to 3: fresh thin smoke is bluish before dark forest and brownish
        before bright sky; dense smoke is white either way (Bohren and Huffman 1983, ch. 4).
    glow : float
        How much brighter thin edges are with the sun behind them, 0 to 1.
    """

    base_x_px: float
    base_y_px: float
    metre_px: float
    burning_s: float
    wind: Wind
    seed: int = 0
    growth: FireGrowth = field(default_factory=FireGrowth)
    brightness: float = 0.85
    sun_right: float = 0.4
    sun_up: float = 0.7
    through: float = 0.8
    hidden_below_px: float | None = None
    softness_px: float = 0.6
    shear: float = 0.0
    puffing: float = 0.0
    blueness: float = 0.0
    glow: float = 0.0

    def __post_init__(self) -> None:
        require_finite("base x (px)", self.base_x_px)
        require_finite("base y (px)", self.base_y_px)
        require_between("length of a metre (px)", self.metre_px, 0.001, 20.0)
        require_between("burning (s)", self.burning_s, 0.0, 36_000.0)
        require_at_least("plume seed", self.seed, 0)
        require_between("smoke brightness", self.brightness, 0.05, 1.5)
        require_between("haze transmission", self.through, 0.0, 1.0)
        require_between("sun direction length", math.hypot(self.sun_right, self.sun_up), 0.0, 1.001)
        require_between("softness (px)", self.softness_px, 0.0, 10.0)
        require_between("shear (m)", self.shear, -300.0, 300.0)
        require_between("puffing", self.puffing, 0.0, 1.0)
        require_between("blueness", self.blueness, 0.0, 3.0)
        require_between("glow", self.glow, 0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A photograph with smoke: the picture, shape (h, w, 3), uint8, and the truth about the smoke in it."""

    image: npt.NDArray[np.uint8]
    truth: PlumeTruth


def draw_photo_plume(
    rng: np.random.Generator, width_px: int, height_px: int, skyline_px: float | npt.NDArray[np.float32]
) -> PhotoPlume:
    """Draw a smoke for a photograph: near or far, young or grown, thin or dense, upright or torn by the wind.

    Parameters
    ----------
    rng : Generator
        Source of the draw.
    width_px, height_px : int
        Size of the photograph.
    skyline_px : float or ndarray, shape (width_px,)
        Row of its skyline, everywhere or in each column [px].

    Returns
    -------
    PhotoPlume
        Based on the skyline or below it, seen from 1.5 to 25 km.
    """
    focal = width_px / 2.0 / math.tan(math.radians(rng.uniform(12.0, 90.0)) / 2.0)
    far = rng.random() < _FAR_SHARE
    distance = math.exp(rng.uniform(math.log(10_000.0 if far else 1500.0), math.log(25_000.0 if far else 20_000.0)))
    x = rng.uniform(0.03, 0.97) * width_px
    crest = float(np.broadcast_to(skyline_px, (width_px,))[int(x)])
    low = min(crest + 0.75 * (height_px - crest), height_px - 2.0)
    behind = rng.random() < 0.35  # noqa: PLR2004 - about a third of first smokes rise from behind a crest
    # Ground far away is seen close under the skyline.
    below = rng.beta(1.0, 6.0 if far else 2.5) * (low - crest)
    base = crest + (rng.uniform(-1.0, 4.0) if behind else max(2.0, below))
    lean = rng.uniform(0.0, math.tau)
    return PhotoPlume(
        base_x_px=x,
        base_y_px=base,
        metre_px=focal / distance,
        burning_s=math.exp(rng.uniform(math.log(45.0), math.log(900.0))),
        wind=Wind(rng.gamma(2.0, 1.3), rng.uniform(0.0, 360.0)),
        seed=int(rng.integers(0, 2**31)),
        growth=_draw_growth(rng),
        brightness=rng.uniform(0.45, 1.1),
        sun_right=0.7 * math.cos(lean),
        sun_up=abs(0.7 * math.sin(lean)),
        through=math.exp(-distance / math.exp(rng.uniform(math.log(6000.0), math.log(40_000.0)))),
        hidden_below_px=base - rng.uniform(0.0, 5.0) if behind else None,
        softness_px=rng.uniform(0.3, 1.4),
        shear=float(np.clip(rng.normal(0.0, 25.0), -300.0, 300.0)),
        puffing=rng.uniform(0.0, 1.0) if rng.random() < 0.5 else 0.0,  # noqa: PLR2004 - half burn steadily
        blueness=rng.uniform(0.0, 2.0),
        glow=rng.uniform(0.0, 0.5) if rng.random() < 0.3 else 0.0,  # noqa: PLR2004 - the sun is seldom behind
    )


def _draw_growth(rng: np.random.Generator) -> FireGrowth:
    return FireGrowth(
        heat_kw_per_s2=math.exp(rng.uniform(math.log(0.2), math.log(6.0))),
        heat_most_mw=math.exp(rng.uniform(math.log(0.8), math.log(120.0))),
        smoke_m2_per_mj=math.exp(rng.uniform(math.log(2.0), math.log(20.0))),
        smoulder_m2_per_s=rng.uniform(3.0, 60.0),
        whiteness=rng.uniform(0.7, 1.0),
    )


def composite_plume(
    image: npt.NDArray[np.uint8],
    plume: PhotoPlume,
    texture: Tile,
    ridge_px: npt.NDArray[np.float32] | None = None,
) -> Composite:
    """Put a smoke into a photograph.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red; it is not changed.
    plume : PhotoPlume
        The smoke.
    texture : Tile
        Fractal noise for its billows, as of ``make_fractal_tile(rng)``.
    ridge_px : ndarray, shape (w,), float32, optional
        A ridge before the smoke hides all of it below this row in each column [px]; it takes the place of the plume's
        one row ``hidden_below_px``.

    Returns
    -------
    Composite
        A new picture, and the truth by the same rule as for rendered frames.
    """
    height, width = image.shape[:2]
    images = _seen_puffs(plume)
    patch = Patch.around(images, width, height)
    if patch is None:
        return Composite(image.copy(), NOTHING_SEEN)
    depth = _depth(plume, images, patch, texture, ridge_px)
    light = np.square(image.astype(np.float32) / 255.0)
    opacity = (1.0 - np.exp(-depth)).astype(np.float32)
    truth = lay(light, SmokeLayer(patch, opacity, _colour(light, plume, images, depth, patch)))
    picture = image.copy()
    laid = np.sqrt(light[patch.slices]) * 255.0 + own_grain(image, opacity, patch, plume.seed)
    # Where there is no smoke the photograph stays as it was, to the last bit.
    touched = (opacity > 0.004)[..., None]  # noqa: PLR2004 - one level of 255
    picture[patch.slices] = np.where(touched, np.clip(np.rint(laid), 0, 255).astype(np.uint8), picture[patch.slices])
    return Composite(picture, truth)


def _seen_puffs(plume: PhotoPlume) -> PuffImages:
    puffs = puffs_at(Plume(0.0, 0.0, 0.0, 0.0, plume.wind, plume.seed, plume.growth), plume.burning_s)
    scale = plume.metre_px
    bent = puffs.east_m + plume.shear * np.square(puffs.up_m / 100.0)
    return PuffImages(
        plume.base_x_px + bent * scale,
        plume.base_y_px - puffs.up_m * scale,
        puffs.sigma_m * scale,
        puffs.area_m2 * _pulses(plume, len(puffs)) * scale * scale,
        np.ones(len(puffs)),
    )


def _pulses(plume: PhotoPlume, number: int) -> npt.NDArray[np.float64]:
    """Return how much of its smoke each puff has, mean about 1: a young fire catches bush by bush."""
    if plume.puffing <= 0.0:
        return np.ones(number)
    rng = np.random.default_rng([plume.seed, 0x9F1])
    periods, phases = rng.uniform(14.0, 70.0, 3), rng.uniform(0.0, math.tau, 3)
    # The newest puffs are last; counted from the ignition, each keeps its pulse while it drifts.
    first = math.ceil(plume.burning_s / RELEASE_S) - number // PUFFS_PER_RELEASE
    released = (first + np.arange(number) // PUFFS_PER_RELEASE) * RELEASE_S
    waves = np.sin(math.tau * released[:, None] / periods + phases).sum(axis=1)
    gaps = np.clip(0.5 + waves, 0.0, 1.0) * 1.6
    # A larger fire burns somewhere all the time.
    young = plume.puffing * np.exp(-released / 300.0)
    return np.asarray(1.0 + young * (gaps - 1.0), np.float64)


def _depth(
    plume: PhotoPlume,
    images: PuffImages,
    patch: Patch,
    texture: Tile,
    ridge_px: npt.NDArray[np.float32] | None,
) -> npt.NDArray[np.float32]:
    """Return the optical depth on a patch, billowed, blurred by the lens and cut by the ridge before it."""
    to_east, _ = plume.wind.towards
    drift = to_east * plume.wind.speed_ms * plume.burning_s + 37.0 * (plume.seed % 101), 53.0 * (plume.seed % 89)
    depth = billow(optical_depth(images, patch), patch, texture, plume.metre_px, drift)
    if plume.softness_px > 0.0:
        depth = np.asarray(cv2.GaussianBlur(depth, (0, 0), plume.softness_px), np.float32)
    if ridge_px is not None:
        rows = np.arange(patch.top, patch.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
        depth = depth * (1.0 - smoothstep(-0.8, 0.8, rows - ridge_px[None, patch.left : patch.right]))
    elif plume.hidden_below_px is not None:
        rows = np.arange(patch.top, patch.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - plume.hidden_below_px)
        depth = depth * (1.0 - smoothstep(-0.8, 0.8, rows))
    return np.asarray(depth, np.float32)


def _colour(
    light: npt.NDArray[np.float32],
    plume: PhotoPlume,
    images: PuffImages,
    depth: npt.NDArray[np.float32],
    patch: Patch,
) -> npt.NDArray[np.float32]:
    """Return the light of opaque smoke: as bright as the picture's bright parts, veiled by the haze at its skyline."""
    height, width = light.shape[:2]
    row = int(np.clip(plume.base_y_px, 1, height - 2))
    column = int(np.clip(plume.base_x_px, 0, width - 1))
    bright = np.percentile(light[::8, ::8].reshape(-1, 3), 92.0, axis=0)
    white = bright.mean() * 0.3 + bright * 0.7
    above = light[max(0, row - height // 8) : row + 1, max(0, column - width // 6) : column + width // 6 + 1]
    haze = np.median(above[::4, ::4].reshape(-1, 3), axis=0)
    lit = smoke_light(depth, (plume.sun_right, plume.sun_up), float(np.quantile(images.sigma_px, 0.7)))
    own = white * plume.brightness * plume.growth.whiteness * (0.62 + 0.38 * lit[..., None])
    if plume.glow > 0.0:
        own = own * (1.0 + plume.glow * np.exp(-depth))[..., None]
    veiled = np.asarray(own * plume.through + haze * (1.0 - plume.through), np.float32)
    return veiled if plume.blueness <= 0.0 else _tinted(veiled, light[patch.slices], depth, plume)


def _tinted(
    colour: npt.NDArray[np.float32], behind: npt.NDArray[np.float32], depth: npt.NDArray[np.float32], plume: PhotoPlume
) -> npt.NDArray[np.float32]:
    """Return the colour with which one opacity gives what three would: small particles stop blue light first."""
    each = np.exp(-depth[..., None] * (_GREEN_NM / _WAVES_NM) ** (plume.blueness * plume.through)).astype(np.float32)
    through = np.exp(-depth)[..., None]
    hidden = np.maximum(1.0 - through, 1e-4)
    return np.asarray((colour * (1.0 - each) + behind * (each - through)) / hidden, np.float32)


def own_grain(
    image: npt.NDArray[np.uint8], opacity: npt.NDArray[np.float32], patch: Patch, seed: int
) -> npt.NDArray[np.float32]:
    """Return grain like the photograph's where smoke hides the photograph's own, shape of the patch and 1."""
    sky = cv2.cvtColor(image[: max(8, image.shape[0] // 4)], cv2.COLOR_BGR2GRAY).astype(np.float32)
    # Median of the differences of neighbours: edges do not count.
    level = float(np.median(np.abs(np.diff(sky, axis=1)))) / 0.954
    noise = np.random.default_rng([seed, 0x6EA1]).standard_normal(patch.shape, dtype=np.float32)
    return np.asarray((noise * min(level, 4.0) * opacity)[..., None], np.float32)
