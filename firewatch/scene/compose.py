"""One frame: the backdrop under its clouds, smoke at its distance, a camera; and the truth about the smoke."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.scene.camera import develop, expose, grain
from firewatch.scene.clouds import clouded
from firewatch.scene.layer import NOTHING_SEEN, SmokeLayer, lay
from firewatch.scene.light import airlight, ambient_colour, sun_colour, transmission
from firewatch.scene.noise import smoothstep
from firewatch.scene.plume import puffs_at
from firewatch.scene.smoke import Patch, PuffImages, billow, optical_depth, smoke_light
from firewatch.scene.weathering import NO_WEATHERING, veil

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.scene.backdrop import Backdrop
    from firewatch.scene.layer import PlumeTruth
    from firewatch.scene.plume import Plume
    from firewatch.scene.weathering import Weathering

__all__ = ["RenderedFrame", "render", "smoke_layer"]

_SLABS = 3  # layers in depth that a plume is cut into before ridges hide parts of it


@dataclass(frozen=True, slots=True, eq=False)
class RenderedFrame:
    """A frame and the truth about it.

    Parameters
    ----------
    image : ndarray, shape (h, w, 3), uint8
        Blue, green, red.
    truths : tuple of PlumeTruth
        One per plume, in the order given.
    """

    image: npt.NDArray[np.uint8]
    truths: tuple[PlumeTruth, ...]


def render(
    backdrop: Backdrop,
    plumes: Sequence[Plume],
    at_s: float,
    *,
    seed: int = 0,
    weathering: Weathering = NO_WEATHERING,
) -> RenderedFrame:
    """Render one frame.

    Parameters
    ----------
    backdrop : Backdrop
        The part that stands still.
    plumes : sequence of Plume
        All fires, seen or not.
    at_s : float
        Scene time [s]: moves clouds and smoke.
    seed : int
        Of the clouds and the camera's grain, at least 0; one seed per scene, so that all towers share its clouds.
    weathering : Weathering
        Fog, low cloud, exposure steps, drops on the lens, glare.

    Returns
    -------
    RenderedFrame
        The same for the same arguments, whatever was rendered before.
    """
    light = clouded(backdrop, at_s, seed)
    light = veil(light, backdrop, weathering, at_s)
    truths = []
    for plume in plumes:
        layer = smoke_layer(backdrop, plume, at_s)
        truths.append(NOTHING_SEEN if layer is None else lay(light, layer))
    light = expose(light, backdrop, weathering, at_s)
    noise = grain(light.shape[:2], seed, at_s)
    return RenderedFrame(develop(light, noise), tuple(truths))


def smoke_layer(backdrop: Backdrop, plume: Plume, at_s: float) -> SmokeLayer | None:
    """Return a plume's own picture at a scene time [s]; None where nothing of it falls into the view."""
    images = _seen_puffs(backdrop, plume, at_s)
    view = backdrop.view
    patch = Patch.around(images, view.width_px, view.height_px)
    if patch is None:
        return None
    metre_px = float(view.focal_px / np.median(images.distance_m))
    behind = backdrop.depth_m[patch.slices]
    depth = np.zeros(patch.shape, np.float32)
    edges = np.quantile(images.distance_m, np.linspace(0.0, 1.0, _SLABS + 1))
    slab = np.clip(np.searchsorted(edges, images.distance_m, side="right") - 1, 0, _SLABS - 1)
    for number in range(_SLABS):
        part = images.where(slab == number)
        if len(part):
            # Trees before the fire stand a little nearer than its smoke; they do not hide it, a ridge does.
            margin = 40.0 + 2.0 * float(part.sigma_px.mean()) / metre_px
            free = np.clip((behind - np.float32(part.distance_m.mean()) + margin) / margin, 0.0, 1.0)
            depth += optical_depth(part, patch) * free
    depth = billow(depth, patch, backdrop.cover.fractal, metre_px, _drift(backdrop, plume, at_s))
    # The billows must not carry smoke over the edge of a ridge before it.
    near = np.float32(images.distance_m.mean() - 300.0 - 0.5 * np.ptp(images.distance_m))
    depth = np.where(behind < near, 0.0, depth).astype(np.float32)
    return SmokeLayer(
        patch, (1.0 - np.exp(-depth)).astype(np.float32), _smoke_colour(backdrop, plume, images, patch, depth)
    )


def _seen_puffs(backdrop: Backdrop, plume: Plume, at_s: float) -> PuffImages:
    view = backdrop.view
    puffs = puffs_at(plume, at_s)
    x, y, distance = view.project(puffs.east_m, puffs.north_m, puffs.up_m)
    scale = view.focal_px / np.maximum(distance, 1.0)
    seen = ~np.isnan(x) & (distance > 100.0)  # noqa: PLR2004 - smoke at the tower's foot is no sighting
    every = PuffImages(x, y, puffs.sigma_m * scale, puffs.area_m2 * scale * scale, distance)
    return every.where(seen)


def _drift(backdrop: Backdrop, plume: Plume, at_s: float) -> tuple[float, float]:
    """Return how far the lumps of the smoke have moved to the right and up [m]; other for each seed."""
    turn = math.radians(backdrop.view.azimuth_deg)
    east, north = plume.wind.towards
    rightward = (east * math.cos(turn) - north * math.sin(turn)) * plume.wind.speed_ms
    burning = at_s - plume.ignited_at_s
    return rightward * burning + 37.0 * (plume.seed % 101), 2.2 * burning + 53.0 * (plume.seed % 89)


def _smoke_colour(
    backdrop: Backdrop, plume: Plume, images: PuffImages, patch: Patch, depth: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    view, sun, air = backdrop.view, backdrop.sun, backdrop.air
    turn = math.radians(view.azimuth_deg)
    east, north, up = sun.direction
    rightward, ahead = east * math.cos(turn) - north * math.sin(turn), east * math.sin(turn) + north * math.cos(turn)
    lit = smoke_light(depth, (rightward, up), float(np.quantile(images.sigma_px, 0.7)))
    # Smoke scatters forward: it is brightest when the sun stands behind it (Henyey-Greenstein shape, broad).
    forward = 0.29 + 0.40 * max(0.0, ahead) ** 2
    glow = ambient_colour(sun, air) * (0.72 + 0.28 * lit[..., None])
    own = (glow * 0.95 + sun_colour(sun) * forward * lit[..., None]) * plume.growth.whiteness
    # The densest smoke near the fire is a little browner than the rest.
    own = own * (1.0 - 0.10 * smoothstep(1.5, 5.0, depth)[..., None] * np.array([1.0, 0.75, 0.5], np.float32))
    through = transmission(
        np.array([images.distance_m.mean()], np.float32),
        np.array([plume.elevation_m + 60.0], np.float32),
        view.elevation_m,
        air,
    )[0]
    column = (patch.left + patch.right) / 2.0 - view.width_px / 2.0
    haze = airlight(np.array([[math.atan2(column, view.focal_px)]], np.float32), sun, air, view.azimuth_deg)[0, 0]
    return np.asarray(own * through + (1.0 - through) * haze, np.float32)
