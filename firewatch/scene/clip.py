"""A still photograph made into frames over time: wind on the mast, slow light, weather, and a smoke that grows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite
from firewatch.scene.cutout import as_light
from firewatch.scene.layer import NOTHING_SEEN, PlumeTruth
from firewatch.scene.moved import MovedSmoke, paste_smoke
from firewatch.scene.photo import Composite, PhotoPlume, composite_plume
from firewatch.scene.shake import CameraShake
from firewatch.scene.veils import as_picture

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.noise import Tile
    from firewatch.scene.veils import Disturbance

__all__ = ["ClipFrame", "GrowingSmoke", "PhotoClip"]

_LIGHT_S = (67.0, 311.0, 1370.0)  # periods of thin cloud before the sun, and of the hour [s]


@dataclass(frozen=True, slots=True, eq=False)
class GrowingSmoke:
    """A smoke from its ignition on.

    Parameters
    ----------
    smoke : PhotoPlume or MovedSmoke
        A simulated smoke, whose fire grows by its own physics; or a real one, as it stands when fully grown.
    ignites_at_s : float
        Scene time of the ignition [s].
    grows_s : float
        Time in which a real smoke grows to its full size [s], at least 1.
    sway : float
        How far a real smoke leans to and fro, as a part of its height, 0 to 0.5.
    ridge_px : ndarray, shape (w,), float32, optional
        A ridge before it hides all below this row in each column [px].
    """

    smoke: PhotoPlume | MovedSmoke
    ignites_at_s: float = 0.0
    grows_s: float = 600.0
    sway: float = 0.06
    ridge_px: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        require_finite("ignition (s)", self.ignites_at_s)
        require_between("time of growth (s)", self.grows_s, 1.0, 1e6)
        require_between("sway of smoke", self.sway, 0.0, 0.5)

    def lay(self, image: npt.NDArray[np.uint8], at_s: float, texture: Tile) -> Composite:
        """Put the smoke into a picture as it is at a time; before its ignition the picture is a copy."""
        age = at_s - self.ignites_at_s
        if age <= 0.0:
            return Composite(image.copy(), NOTHING_SEEN)
        if isinstance(self.smoke, PhotoPlume):
            plume = replace(self.smoke, burning_s=min(age, 36_000.0))
            return composite_plume(image, plume, texture, self.ridge_px)
        return paste_smoke(image, self._moved(self.smoke, age), self.ridge_px)

    def _moved(self, smoke: MovedSmoke, age_s: float) -> MovedSmoke:
        """Return a real smoke at an age: it grows fast at first, thickens, and leans with the gusts."""
        grown = min(1.0, age_s / self.grows_s) ** 0.6
        phase = float(np.random.default_rng([smoke.seed, 0x6057]).uniform(0.0, math.tau))
        gust = math.sin(age_s / 23.0 + phase) + 0.6 * math.sin(age_s / 7.1 + 2.0 * phase)
        return replace(
            smoke,
            scale=max(smoke.scale * (0.12 + 0.88 * grown), 0.02),
            density=smoke.density * min(1.0, 0.35 + 0.65 * age_s / (0.4 * self.grows_s)),
            lean=float(np.clip(smoke.lean + self.sway * gust, -1.0, 1.0)),
            stretch=float(np.clip(smoke.stretch * (1.0 + 0.5 * self.sway * math.sin(age_s / 11.0)), 0.5, 2.0)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ClipFrame:
    """One frame of a clip.

    Parameters
    ----------
    at_s : float
        Its scene time [s].
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red.
    truth : PlumeTruth
        What of the smoke is in it, its box where the shaken camera sees it.
    """

    at_s: float
    image: npt.NDArray[np.uint8]
    truth: PlumeTruth


@dataclass(frozen=True, slots=True, eq=False)
class PhotoClip:
    """A view that stands still except for what moves in it.

    Parameters
    ----------
    photo : ndarray, shape (h, w, 3), uint8
        The photograph, without smoke.
    texture : Tile
        Fractal noise for billows.
    smoke : GrowingSmoke or None
        The one fire.
    in_view : tuple of Disturbance
        Weather and dust in the view, behind the smoke.
    on_camera : tuple of Disturbance
        What is on or in the camera, before everything.
    shake : CameraShake
        The mast in the wind.
    light_swing : float
        Standard deviation of the slow change of light [stops], 0 to 2.
    grain : float
        Standard deviation of the noise of each frame [levels], 0 to 30.
    seed : int
        Of light and grain.
    """

    photo: npt.NDArray[np.uint8]
    texture: Tile
    smoke: GrowingSmoke | None = None
    in_view: tuple[Disturbance, ...] = ()
    on_camera: tuple[Disturbance, ...] = ()
    shake: CameraShake = field(default_factory=lambda: CameraShake(strength=0.0))
    light_swing: float = 0.0
    grain: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_between("swing of the light (stops)", self.light_swing, 0.0, 2.0)
        require_between("grain (levels)", self.grain, 0.0, 30.0)
        require_at_least("seed of a clip", self.seed, 0)

    def frame(self, at_s: float) -> ClipFrame:
        """Return the frame at a scene time [s]; it follows from the time alone, whatever other frames were made."""
        picture = self._lit(at_s)
        for disturbance in self.in_view:
            picture = disturbance.apply(picture, at_s)
        truth = NOTHING_SEEN
        if self.smoke is not None:
            made = self.smoke.lay(picture, at_s, self.texture)
            picture, truth = made.image, made.truth
        for disturbance in self.on_camera:
            picture = disturbance.apply(picture, at_s)
        picture = self.shake.apply(picture, at_s)
        return ClipFrame(at_s, self._grained(picture, at_s), self._shaken(truth, at_s))

    def frames(self, times_s: tuple[float, ...]) -> list[ClipFrame]:
        """Return the frames at these times."""
        return [self.frame(at_s) for at_s in times_s]

    def _lit(self, at_s: float) -> npt.NDArray[np.uint8]:
        if self.light_swing <= 0.0:
            return self.photo
        phases = np.random.default_rng([self.seed, 0x119]).uniform(0.0, math.tau, len(_LIGHT_S))
        waves = np.sin(math.tau * at_s / np.array(_LIGHT_S) + phases)
        stops = self.light_swing * math.sqrt(2.0 / len(_LIGHT_S)) * float(waves.sum())
        return as_picture(np.asarray(as_light(self.photo) * 2.0**stops, np.float32))

    def _grained(self, picture: npt.NDArray[np.uint8], at_s: float) -> npt.NDArray[np.uint8]:
        if self.grain <= 0.0:
            return picture
        # A time names its own noise, to the millisecond; negative times are before an ignition.
        rng = np.random.default_rng([self.seed, 0x6A1, round(at_s * 1000.0) % 2**63])
        noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(self.grain)
        return np.asarray(np.clip(np.rint(picture + noise), 0, 255), np.uint8)

    def _shaken(self, truth: PlumeTruth, at_s: float) -> PlumeTruth:
        if truth.box is None or self.shake.strength <= 0.0:
            return truth
        height, width = self.photo.shape[:2]
        x0, y0, x1, y1 = truth.box
        corners = np.array([[x0, y0, 1], [x1, y0, 1], [x0, y1, 1], [x1, y1, 1]])
        moved = corners @ self.shake.matrix(at_s, width, height).T
        low = np.clip(moved.min(axis=0), 0, (width, height))
        high = np.clip(moved.max(axis=0), 0, (width, height))
        if (high - low).min() <= 0.0:
            return NOTHING_SEEN
        return replace(truth, box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])))
