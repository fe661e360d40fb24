"""What rises and is no wildfire's smoke: dust behind a vehicle, steam over a chimney, laid into a photograph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.scene.cutout import as_light
from firewatch.scene.smoke import Patch, PuffImages, billow, optical_depth, smoke_light
from firewatch.scene.veils import as_picture

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile

__all__ = ["Dust", "Steam"]

_PUFFS = 36
_DUST_COLOUR = np.array([0.55, 0.80, 1.0], np.float32)  # dry earth in sunlight, beside white
_METRE_PX = 0.5  # of the billows: lumps of some pixels


@dataclass(frozen=True, slots=True, eq=False)
class Dust:
    """A trail of dust behind a vehicle: brown, low, long, soon settled.

    Parameters
    ----------
    texture : Tile
        Fractal noise of its lumps.
    x_px, y_px : float
        Where the vehicle is at time 0.
    speed_px_s : float
        Of the vehicle, to the right; 0 is a gust over bare ground.
    climb_px_s : float
        Of the vehicle, up the picture.
    height_px : float
        Of a puff after a few seconds, 1 to 500.
    strength : float
        0 none to 1 dense.
    life_s : float
        Time in which a puff settles to 1/e [s].
    drift_px_s : float
        Of the air, to the right.
    seed : int
        Of the puffs.
    """

    texture: Tile
    x_px: float
    y_px: float
    speed_px_s: float = 3.0
    climb_px_s: float = 0.0
    height_px: float = 10.0
    strength: float = 0.6
    life_s: float = 20.0
    drift_px_s: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_finite("place of dust (px)", self.x_px + self.y_px + self.speed_px_s + self.climb_px_s)
        require_between("strength of dust", self.strength, 0.0, 1.0)
        require_between("height of dust (px)", self.height_px, 1.0, 500.0)
        require_between("life of dust (s)", self.life_s, 0.5, 600.0)
        require_at_least("seed of dust", self.seed, 0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the trail as it is at a time."""
        rng = np.random.default_rng([self.seed, 0xD057])
        age = np.linspace(0.02, 2.5, _PUFFS) * self.life_s
        back = at_s - age
        grown = np.sqrt(age / (0.3 * self.life_s))
        sigma = self.height_px * (0.18 + 0.32 * np.minimum(grown, 1.8)) * rng.uniform(0.8, 1.2, _PUFFS)
        puffs = PuffImages(
            self.x_px + self.speed_px_s * back + self.drift_px_s * age + rng.normal(0.0, 0.2, _PUFFS) * sigma,
            self.y_px - self.climb_px_s * back - 0.7 * sigma + rng.normal(0.0, 0.15, _PUFFS) * sigma,
            sigma,
            # Of a constant peak while it lives, whatever its size and speed.
            1.1 * self.strength * np.exp(-age / self.life_s) * sigma * math.tau * self._spacing(sigma),
            np.ones(_PUFFS),
        )
        return _lay(image, puffs, self.texture, _DUST_COLOUR * np.float32(0.75), self.seed)

    def _spacing(self, sigma: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        step = math.hypot(self.speed_px_s - self.drift_px_s, self.climb_px_s) * 2.5 * self.life_s / _PUFFS
        return np.asarray(np.minimum(np.maximum(step, sigma / 6.0), sigma) / 2.5, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Steam:
    """Steam over a chimney or a cooling tower: white, small, gone after a few puffs.

    Parameters
    ----------
    texture : Tile
        Fractal noise of its lumps.
    x_px, y_px : float
        The mouth.
    size_px : float
        Width of the column at the mouth, 1 to 200.
    strength : float
        0 none to 1 dense.
    rise_px_s, drift_px_s : float
        Up and to the right.
    life_s : float
        Time in which a puff dries to 1/e [s].
    seed : int
        Of the puffs.
    """

    texture: Tile
    x_px: float
    y_px: float
    size_px: float = 6.0
    strength: float = 0.8
    rise_px_s: float = 3.0
    drift_px_s: float = 1.0
    life_s: float = 6.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_finite("place of steam (px)", self.x_px + self.y_px + self.drift_px_s)
        require_between("strength of steam", self.strength, 0.0, 1.0)
        require_between("size of steam (px)", self.size_px, 1.0, 200.0)
        require_between("rise of steam (px/s)", self.rise_px_s, 0.0, 500.0)
        require_between("life of steam (s)", self.life_s, 0.5, 600.0)
        require_at_least("seed of steam", self.seed, 0)

    def apply(self, image: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        """Return the photograph with the steam as it is at a time."""
        every = 2.2 * self.life_s / _PUFFS
        born = math.floor(at_s / every) - np.arange(_PUFFS)
        age = at_s - born * every
        # A puff keeps its own size and place while it lives: its number is its seed.
        own = np.stack([np.random.default_rng([self.seed, int(n) % 2**31]).normal(size=2) for n in born])
        grown = self.size_px * (0.3 + 0.5 * age / self.life_s)
        sigma = np.asarray(grown * np.exp(0.2 * own[:, 0]), np.float64)
        slowing = self.life_s * (1.0 - np.exp(-age / self.life_s))
        puffs = PuffImages(
            self.x_px + self.drift_px_s * age + 0.25 * own[:, 1] * sigma,
            self.y_px - self.rise_px_s * slowing,
            sigma,
            np.asarray(2.2 * self.strength * np.exp(-np.square(age / self.life_s)) * np.square(sigma), np.float64),
            np.ones(_PUFFS),
        )
        return _lay(image, puffs, self.texture, np.ones(3, np.float32), self.seed)


def _lay(
    image: npt.NDArray[np.uint8],
    puffs: PuffImages,
    texture: Tile,
    colour: npt.NDArray[np.float32],
    seed: int,
) -> npt.NDArray[np.uint8]:
    """Return the picture with puffs of a colour, given beside the picture's bright parts."""
    picture = image.copy()
    patch = Patch.around(puffs, image.shape[1], image.shape[0])
    if patch is None or not puffs.area_px.any():
        return picture
    depth = billow(optical_depth(puffs, patch), patch, texture, _METRE_PX, (31.0 * (seed % 97), 0.0))
    light = as_light(image)
    bright = np.percentile(light[::8, ::8].reshape(-1, 3), 90.0, axis=0)
    lit = smoke_light(depth, (0.4, 0.6), float(np.median(puffs.sigma_px)))[..., None]
    part = (1.0 - np.exp(-depth))[..., None]
    own = bright * colour * (0.6 + 0.4 * lit)
    picture[patch.slices] = as_picture(np.asarray(light[patch.slices] * (1.0 - part) + own * part, np.float32))
    return picture
