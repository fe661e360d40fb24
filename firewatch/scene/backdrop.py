"""The part of a view that stands still: made once, then used for every frame until the light changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene.cover import CROWN_PIXEL_M, Ground, Places
from firewatch.scene.light import airlight, ambient_colour, sky_colour, sun_colour, transmission
from firewatch.scene.march import TREE_M, Relief, march
from firewatch.scene.noise import smoothstep
from firewatch.scene.view import sight_drop_m

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.cover import Cover
    from firewatch.scene.landscape import Landscape
    from firewatch.scene.light import Air, Sun
    from firewatch.scene.view import View

__all__ = ["Backdrop", "make_backdrop"]

FARTHEST_M = 70_000.0
# Clouds and their shadows are soft: they are looked up on a coarser grid.
CLOUD_STEP, SHADOW_STEP = 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """A view without its clouds, smoke and noise.

    Parameters
    ----------
    view, sun, air : View, Sun, Air
        What it was made for.
    still : ndarray, shape (h, w, 3), float32
        Linear blue, green, red of sky, haze and skylit ground.
    sunlit : ndarray, shape (h, w, 3), float32
        What the sun adds where no cloud stands before it.
    depth_m : ndarray, shape (h, w), float32
        Horizontal distance of what each pixel shows [m]; infinite for the sky.
    up_m : ndarray, shape (h, w), float32
        Height above sea level of the ground in each pixel [m]; 0 for the sky.
    sky_part : ndarray, shape (h, w), float32
        Part of the pixel that is sky, 0 to 1: soft along the skyline.
    cloud_place, shadow_place : ndarray, shape (h', w', 2), float32
        East, north [m] in the cloud layer before each coarse pixel of the sky; and where the sun's ray to each coarse
        pixel of the ground passes that layer.
    cover : Cover
        The tiles that clouds and smoke take their texture from.
    """

    view: View
    sun: Sun
    air: Air
    still: npt.NDArray[np.float32]
    sunlit: npt.NDArray[np.float32]
    depth_m: npt.NDArray[np.float32]
    up_m: npt.NDArray[np.float32]
    sky_part: npt.NDArray[np.float32]
    cloud_place: npt.NDArray[np.float32]
    shadow_place: npt.NDArray[np.float32]
    cover: Cover


@dataclass(frozen=True, slots=True, eq=False)
class _Hits:
    """Where lines of sight meet the ground (up_m) or the trees on it (top_m), arrays of shape (h, w), float32."""

    distance_m: npt.NDArray[np.float32]
    east_m: npt.NDArray[np.float32]
    north_m: npt.NDArray[np.float32]
    up_m: npt.NDArray[np.float32]
    top_m: npt.NDArray[np.float32]


def make_backdrop(landscape: Landscape, cover: Cover, view: View, sun: Sun, air: Air, *, fineness: int = 2) -> Backdrop:
    """Render the part of a view that stands still.

    Parameters
    ----------
    landscape, cover : Landscape, Cover
        The ground and what grows on it.
    view : View
        The camera.
    sun, air : Sun, Air
        The light and the air.
    fineness : int
        Rays per pixel along each side: 2 gives soft edges, 1 is four times as fast.

    Returns
    -------
    Backdrop
        About 2 s and 150 MB for 1280 x 720 at fineness 2.
    """
    relief = Relief(landscape, cover)
    turn, slope = view.rays(fineness)
    distance = march(view, relief, turn, slope, FARTHEST_M)
    is_sky = np.isinf(distance)
    skylit = np.zeros((*slope.shape, 3), np.float32)
    sunlit, haze, up = np.zeros_like(skylit), np.zeros_like(skylit), np.zeros_like(distance)
    # Only the rows below the highest crest are clothed: half of the work.
    top = int(np.argmax(~is_sky.all(axis=1))) if not is_sky.all() else len(slope)
    if top < len(slope):
        rows = slice(top, None)
        hits = _hits(view, relief, turn[rows], slope[rows], distance[rows])
        through = transmission(hits.distance_m, hits.up_m, view.elevation_m, air)
        seen = (~is_sky[rows])[..., None].astype(np.float32)
        skylit[rows], sunlit[rows] = _clothe(relief, cover, view, sun, air, hits)
        skylit[rows] *= through * seen
        sunlit[rows] *= through * seen
        haze[rows] = (1.0 - through) * seen
        up[rows] = hits.up_m * seen[..., 0]
    coarse_turn, coarse_slope = view.rays()
    nearest = slice(fineness // 2, None, fineness)
    sky_part = _smaller(is_sky.astype(np.float32), view)
    sky = sky_colour(coarse_turn, coarse_slope, sun, air, view.azimuth_deg) * sky_part[..., None]
    veil = airlight(coarse_turn, sun, air, view.azimuth_deg) * _smaller(haze, view)
    depth_m, up_m = distance[nearest, nearest].copy(), up[nearest, nearest].copy()
    return Backdrop(
        view=view,
        sun=sun,
        air=air,
        still=sky + veil + _smaller(skylit, view),
        sunlit=_smaller(sunlit, view),
        depth_m=depth_m,
        up_m=up_m,
        sky_part=sky_part,
        cloud_place=_cloud_place(view, air, coarse_turn, coarse_slope),
        shadow_place=_shadow_place(view, sun, air, coarse_turn, depth_m, up_m),
        cover=cover,
    )


def _smaller(picture: npt.NDArray[np.float32], view: View) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.resize(picture, (view.width_px, view.height_px), interpolation=cv2.INTER_AREA), np.float32)


def _hits(
    view: View,
    relief: Relief,
    turn: npt.NDArray[np.float32],
    slope: npt.NDArray[np.float32],
    distance: npt.NDArray[np.float32],
) -> _Hits:
    bounded = np.where(np.isinf(distance), np.float32(FARTHEST_M), distance)
    azimuth = turn + np.float32(math.radians(view.azimuth_deg))
    east = np.float32(view.east_m) + np.sin(azimuth) * bounded
    north = np.float32(view.north_m) + np.cos(azimuth) * bounded
    top = np.float32(view.elevation_m) + slope * bounded + sight_drop_m(bounded)
    return _Hits(bounded, east, north, relief.elevation(east, north), np.asarray(top, np.float32))


def _clothe(
    relief: Relief, cover: Cover, view: View, sun: Sun, air: Air, hits: _Hits
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the skylit and the sunlit colour of the ground before haze, shape (h, w, 3) each."""
    slopes = relief.slopes(hits.east_m, hits.north_m)
    # What stands over the ground is a tree, also where the line of sight meets its side at a forest's edge.
    tall = smoothstep(0.8, 2.5, hits.top_m - hits.up_m) * (1.0 - smoothstep(2500.0, 4000.0, hits.distance_m))
    steep = np.hypot(slopes[..., 0], slopes[..., 1])
    crowns = cover.crowns.sample(hits.east_m, hits.north_m, CROWN_PIXEL_M)
    places = Places(hits.east_m, hits.north_m, hits.up_m, steep, crowns, tall)
    ground = Ground.at(cover, places)
    reflectance = ground.with_roofs(cover, places, hits.distance_m)
    # A tree smaller than a pixel no longer shows its own light and shade.
    pixel_m = hits.distance_m / np.float32(view.focal_px)
    seen = ground.forest * (1.0 - smoothstep(1.5, 9.0, pixel_m))
    far = ground.forest - seen
    bumps = cover.fractal.sample(hits.east_m - 500.0, hits.north_m, 6.0) * 0.15
    relief_east = slopes[..., 0] * 1.25 + TREE_M * 0.30 * seen * crowns[..., 1] + bumps
    relief_north = slopes[..., 1] * 1.25 + TREE_M * 0.30 * seen * crowns[..., 2] - bumps
    upright = 1.0 / np.sqrt(1.0 + relief_east**2 + relief_north**2)
    sun_east, sun_north, sun_up = sun.direction
    facing = np.clip((sun_up - relief_east * sun_east - relief_north * sun_north) * upright, 0.0, 1.0)
    # Light sinks into a forest: gaps between crowns are dark, and a canopy seen from afar is darker than its leaves.
    open_sky = 1.0 - seen * 0.9 * (1.0 - crowns[..., 0]).clip(0.0, 0.75) - 0.30 * far
    tint = np.exp(0.34 * _leaves(cover, hits, pixel_m)) + 0.5 * (crowns[..., 3] - 0.5) * (0.25 * far + seen)
    colour = reflectance * (tint * open_sky)[..., None]
    skylit = colour * (0.55 + 0.45 * upright)[..., None] * ambient_colour(sun, air)
    return skylit, colour * facing[..., None] * sun_colour(sun)


def _leaves(cover: Cover, hits: _Hits, pixel_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the light and shade of leaves and twigs, shape (h, w): only near ground shows any."""
    leaves = np.zeros_like(pixel_m)
    finest = 0.9
    near = slice(int(np.argmax((pixel_m < finest).any(axis=1))), None)
    # Looked up aslant, or the sides of near trees would be smeared upwards; twice, against streaks.
    east, north, up = hits.east_m[near], hits.north_m[near], hits.top_m[near]
    leaves[near] = cover.fractal.sample(east + 1.3 * up, north - 0.9 * up, 0.16)
    leaves[near] += cover.fractal.sample(east - 0.9 * up, north + 1.3 * up, 0.16)
    leaves[near] *= 0.7 * (1.0 - smoothstep(0.1, finest, pixel_m[near]))
    return leaves


def _cloud_place(
    view: View, air: Air, turn: npt.NDArray[np.float32], slope: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    turn, slope = turn[::CLOUD_STEP, ::CLOUD_STEP], slope[::CLOUD_STEP, ::CLOUD_STEP]
    # The earth's curve keeps the layer's edge at a finite distance, so the horizon does not smear.
    distance = air.cloud_base_m / np.maximum(slope + 0.018, 0.018)
    azimuth = turn + np.float32(math.radians(view.azimuth_deg))
    east = np.float32(view.east_m) + np.sin(azimuth) * distance
    north = np.float32(view.north_m) + np.cos(azimuth) * distance
    return np.asarray(np.dstack([east, north]), np.float32)


def _shadow_place(
    view: View,
    sun: Sun,
    air: Air,
    turn: npt.NDArray[np.float32],
    depth_m: npt.NDArray[np.float32],
    up_m: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    step = slice(None, None, SHADOW_STEP)
    distance = np.where(np.isinf(depth_m), np.float32(FARTHEST_M), depth_m)[step, step]
    azimuth = turn[step, step] + np.float32(math.radians(view.azimuth_deg))
    sun_east, sun_north, sun_up = sun.direction
    climb = (view.elevation_m + air.cloud_base_m - up_m[step, step]) / max(sun_up, 0.05)
    east = np.float32(view.east_m) + np.sin(azimuth) * distance + climb * np.float32(sun_east)
    north = np.float32(view.north_m) + np.cos(azimuth) * distance + climb * np.float32(sun_north)
    return np.asarray(np.dstack([east, north]), np.float32)
