"""Clips for training the verifier: smoke that is new, and what changes or stays without being smoke."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from firewatch_edge.detect import CLIP_FRAMES, CLIP_SIDE
from models.data.plume_series import scaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from models.data.clip_views import ClipView
    from models.data.plume_series import PlumeSeries

Clip = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]

# The verifier's coarse picture of where the smoke is.
MASK_SIDE = 12
# A clear clip is of one of these kinds; the numbers are shares.
TRICKS = {
    "nothing": 0.24,
    "swaying": 0.14,
    "standing": 0.18,
    "gone": 0.11,
    "sunlight": 0.14,
    "passing": 0.10,
    "veil": 0.09,
}
# Windows are cut as for boxes of these longer sides at the working size [px].
_SIDES_PX = (9.0, 230.0)
# Smoke must change the present by this many levels where it is densest, or nobody could see it.
_LEAST_CHANGE = 9.0
_TRIES = 8
# Clear clips are cut at what a tower would look at, those that smoke is laid into less often.
_CLEAR_AT_SUSPECT, _SMOKE_AT_SUSPECT = 0.65, 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One clip with its truth.

    Parameters
    ----------
    clip : array (5, 3, 96, 96) uint8
    is_smoke : bool
        Whether the present shows smoke that the past did not show like this.
    mask : array (12, 12) float32
        Opacity of the smoke in the present, 0 to 1; NaN where nobody knows.
    """

    clip: Clip
    is_smoke: bool
    mask: Mask


def blank() -> Mask:
    """Return the mask of a clip without smoke."""
    return np.zeros((MASK_SIDE, MASK_SIDE), np.float32)


class ClipSource:
    """Draws clips from views and plumes.

    Parameters
    ----------
    views : sequence of ClipView
        Real, rendered and made ones.
    plumes : PlumeSeries
        Laid over clear views.
    smoke_share, real_share : float
        Share of clips with smoke, and of these with real smoke where any view has it.
    """

    def __init__(
        self, views: Sequence[ClipView], plumes: PlumeSeries, *, smoke_share: float = 0.45, real_share: float = 0.2
    ) -> None:
        self.clear = [view for view in views if view.is_clear]
        self.smoky = [view for view in views if len(view.smoke)]
        self.plumes = plumes
        self.smoke_share, self.real_share = smoke_share, real_share
        self._weights = _by_camera(self.clear)

    def draw(self, rng: Generator) -> Sample:
        """Return one clip, changed the way cameras change what they see."""
        if rng.random() < self.smoke_share:
            sample = self._real(rng) if self.smoky and rng.random() < self.real_share else self._made(rng)
        else:
            sample = self._clear(rng)
        return disturbed(sample, rng)

    def _view(self, rng: Generator) -> ClipView:
        return self.clear[int(rng.choice(len(self.clear), p=self._weights))]

    def _real(self, rng: Generator) -> Sample:
        view = self.smoky[int(rng.integers(len(self.smoky)))]
        box = view.smoke[int(rng.integers(len(view.smoke)))]
        clip = view.clips(loosened(box, rng)[None])[0]
        return Sample(clip, is_smoke=True, mask=np.full((MASK_SIDE, MASK_SIDE), np.nan, np.float32))

    def _made(self, rng: Generator) -> Sample:
        for _ in range(_TRIES):
            clip, side = self._empty_clip(rng, on_ground=True)
            laid = lay_plume(clip, self._depths(rng, side), rng)
            if laid is not None:
                return Sample(laid[0], is_smoke=True, mask=laid[1])
        return self._clear(rng)

    def _depths(self, rng: Generator, side: float) -> npt.NDArray[np.float32]:
        """Return a plume's optical depths in a clip (5, 96, 96): of its box's size, about the middle."""
        number = int(rng.integers(len(self.plumes)))
        box = self.plumes.box[number]
        long_px = float(max(box[2] - box[0], box[3] - box[1]))
        wanted = CLIP_SIDE / 2.2 * math.exp(rng.normal(0.0, 0.3)) * min(1.0, side * 2.2 / 56.0)
        scale = wanted / long_px
        wander = 0.12 * CLIP_SIDE
        middle = np.array([CLIP_SIDE / 2, CLIP_SIDE / 2]) + rng.uniform(-wander, wander, 2)
        corner = middle - ((box[:2] + box[2:]) / 2 - 64.0) * scale
        depths = [scaled(depth, scale, *corner) for depth in self.plumes.optical(number)]
        if rng.random() < 0.5:  # noqa: PLR2004 - the wind blows either way
            depths = [depth[:, ::-1] for depth in depths]
        out = np.stack(depths)
        if rng.random() < 0.3:  # noqa: PLR2004 - a ridge before the fire hides its foot
            rows = np.arange(CLIP_SIDE, dtype=np.float32)[:, None]
            bottom = float(middle[1] + wanted * rng.uniform(-0.1, 0.5))
            out = out / (1.0 + np.exp(np.clip((rows - bottom) / 0.7, -30.0, 30.0)))
        # A small window is cut from few pixels: what is laid into it must be as soft.
        soft = max(0.0, CLIP_SIDE / max(56.0, side * 2.2) - 0.8) * 0.55
        if soft > 0.0:
            out = np.stack([cv2.GaussianBlur(depth, (0, 0), soft) for depth in out])
        return np.asarray(out, np.float32)

    def _empty_clip(self, rng: Generator, *, on_ground: bool = False) -> tuple[Clip, float]:
        """Cut a clip of a clear view: at a suspect where there is one, else anywhere, or where smoke could stand."""
        view = self._view(rng)
        suspects = view.suspects[view.suspects[:, 3] >= view.skyline_px] if on_ground else view.suspects
        at_suspect = _SMOKE_AT_SUSPECT if on_ground else _CLEAR_AT_SUSPECT
        if len(suspects) and rng.random() < at_suspect:
            box = suspects[int(rng.integers(len(suspects)))]
            side = float(max(box[2] - box[0], box[3] - box[1]))
            return view.clips(loosened(box, rng)[None])[0], side
        height, width = view.image.shape[:2]
        side = math.exp(rng.uniform(*np.log(_SIDES_PX)))
        x, y = rng.uniform(0.0, width), height * rng.triangular(0.05, 0.4, 0.95)
        if on_ground:
            # Far ground, close under the skyline, is where most first smokes are seen.
            foot = view.skyline_px + rng.beta(1.0, 2.5) * (0.95 * height - view.skyline_px)
            y = foot - 0.35 * side
        box = np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2], np.float32)
        return view.clips(box[None])[0], side

    def _clear(self, rng: Generator) -> Sample:
        clip, side = self._empty_clip(rng)
        kind = str(rng.choice(list(TRICKS), p=list(TRICKS.values())))
        if kind in ("standing", "gone"):
            depths = self._depths(rng, side)
            # Standing: like smoke, but it was always there. Gone: only the past shows it.
            same = np.repeat(depths[:1], CLIP_FRAMES, axis=0) if kind == "standing" else depths[::-1].copy()
            if kind == "gone":
                same[:] = np.maximum(same, depths[0] * np.array([0, 1, 1, 1, 1], np.float32)[:, None, None])
                same[0] = 0.0
            laid = lay_plume(clip, same, rng, least_change=0.0)
            clip = clip if laid is None else laid[0]
        elif kind == "sunlight":
            clip = sunlight(clip, rng)
        elif kind == "passing":
            clip = passing(clip, rng)
        elif kind == "veil":
            clip = veil(clip, rng)
        elif kind == "swaying":
            clip = swaying(clip, rng)
        return Sample(clip, is_smoke=False, mask=blank())


def _by_camera(views: Sequence[ClipView]) -> npt.NDArray[np.float64]:
    """Weigh views so that a camera counts as the square root of the number of its frames."""
    number: dict[str, int] = {}
    for view in views:
        number[view.camera] = number.get(view.camera, 0) + 1
    weights = np.array([number[view.camera] ** -0.5 for view in views])
    return np.asarray(weights / weights.sum(), np.float64)


def loosened(box: npt.NDArray[np.float32], rng: Generator) -> npt.NDArray[np.float32]:
    """Move and resize a box as a detector's would be."""
    size = box[2:] - box[:2]
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0.0, 0.15, 2) * size
    half = size / 2 * np.exp(rng.normal(0.0, 0.25, 2))
    return np.concatenate((middle - half, middle + half)).astype(np.float32)


def lay_plume(
    clip: Clip, depths: npt.NDArray[np.float32], rng: Generator, *, least_change: float = _LEAST_CHANGE
) -> tuple[Clip, Mask] | None:
    """Lay smoke of optical depths (5, 96, 96) over a clip; None where nobody could see it in the present."""
    light = np.square(clip.transpose(0, 2, 3, 1).astype(np.float32) / 255.0)
    thickness = math.exp(rng.uniform(math.log(0.35), math.log(2.0)))
    opacity = 1.0 - np.exp(-depths * thickness)
    colour = _colour(light[0], rng)
    shade = 1.0 - rng.uniform(0.0, 0.35) * _self_shadow(depths)
    laid = light * (1.0 - opacity[..., None]) + colour * shade[..., None] * opacity[..., None]
    out = np.rint(np.sqrt(np.clip(laid, 0.0, 1.0)) * 255.0).astype(np.uint8)
    out = np.ascontiguousarray(out.transpose(0, 3, 1, 2))
    change = np.abs(out[0].astype(np.float32) - clip[0].astype(np.float32)).mean(axis=0)
    if float(np.percentile(cv2.GaussianBlur(change, (0, 0), 1.0), 99.0)) < least_change:
        return None
    small = cv2.resize(opacity[0], (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
    return out, np.asarray(small, np.float32)


def _self_shadow(depths: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return where smoke lies in its own shadow, 0 to 1: below its densest parts."""
    below = [cv2.blur(np.roll(depth, 4, axis=0), (5, 9)) for depth in depths]
    return np.asarray(1.0 - np.exp(-np.stack(below)), np.float32)


def _colour(light: npt.NDArray[np.float32], rng: Generator) -> npt.NDArray[np.float32]:
    """Return linear light of opaque smoke: white, grey or dark, veiled by the air before it."""
    flat = light.reshape(-1, 3)
    bright = np.percentile(flat[::7], 90.0, axis=0).mean()
    floor = rng.uniform(0.05, 0.3) if rng.random() < 0.15 else rng.uniform(0.35, 1.15)  # noqa: PLR2004
    level = max(0.12, 0.5 * float(bright) + 0.5 * rng.uniform(0.25, 0.9)) * floor
    tint = np.exp(rng.normal(0.0, 0.05, 3)) * np.array([1.0 + 0.06 * rng.normal(), 1.0, 1.0])
    haze = np.percentile(flat[: len(flat) // 2], 70.0, axis=0)
    through = rng.uniform(0.25, 1.0)
    return np.asarray(level * tint * through + haze * (1.0 - through), np.float32)


def _soft_field(rng: Generator, waves: int) -> npt.NDArray[np.float32]:
    """Return a smooth random picture (96, 96) from 0 to 1."""
    coarse = rng.random((waves, waves)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (CLIP_SIDE, CLIP_SIDE), interpolation=cv2.INTER_CUBIC).clip(0.0, 1.0))


def sunlight(clip: Clip, rng: Generator) -> Clip:
    """Let patches of sun and cloud shadow wander over the clip: brightness changes, what is there does not."""
    waves = int(rng.integers(2, 6))
    coarse = rng.random((waves, 3 * waves)).astype(np.float32)
    field = cv2.resize(coarse, (3 * CLIP_SIDE, CLIP_SIDE), interpolation=cv2.INTER_CUBIC)
    softness, limit = rng.uniform(0.02, 0.12), rng.uniform(0.35, 0.65)
    depth, speed = rng.uniform(0.15, 0.55), rng.uniform(0.0, 40.0)
    out = clip.astype(np.float32)
    for number in range(CLIP_FRAMES):
        left = int(number * speed)
        shadow = 1.0 / (1.0 + np.exp(-(field[:, left : left + CLIP_SIDE] - limit) / softness))
        out[number] *= 1.0 - depth * shadow[None]
    return np.clip(out * rng.uniform(1.0, 1.25), 0, 255).astype(np.uint8)


def passing(clip: Clip, rng: Generator) -> Clip:
    """Let something pass in the present only: a bird, a vehicle, an insect near the lens, a drop."""
    out = clip.astype(np.float32)
    mask = np.zeros((CLIP_SIDE, CLIP_SIDE), np.float32)
    middle = rng.uniform(20, CLIP_SIDE - 20, 2)
    axes = np.exp(rng.uniform(np.log(1.5), np.log(16.0), 2))
    turn = float(rng.uniform(0, 180))
    cv2.ellipse(mask, (tuple(middle.tolist()), tuple((2 * axes).tolist()), turn), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 3.0)) * rng.uniform(0.4, 1.0)
    colour = rng.uniform(0.0, 255.0) * np.exp(rng.normal(0.0, 0.15, 3))
    out[0] = out[0] * (1.0 - mask) + colour[:, None, None] * mask
    return np.clip(out, 0, 255).astype(np.uint8)


def swaying(clip: Clip, rng: Generator) -> Clip:
    """Let leaves and branches move in the wind: in each frame they hide and uncover other bits of what is behind."""
    waves = int(rng.integers(5, 20))
    where = _soft_field(rng, int(rng.integers(2, 5)))
    where = 1.0 / (1.0 + np.exp(-(where - rng.uniform(0.2, 0.6)) / 0.05))
    reach = rng.uniform(0.7, 4.5)
    rows, columns = np.mgrid[:CLIP_SIDE, :CLIP_SIDE].astype(np.float32)
    out = np.empty_like(clip)
    for number, frame in enumerate(clip):
        away = [(_soft_field(rng, waves) - 0.5) * 2.0 * reach * where for _ in range(2)]
        x, y = (columns + away[0]).astype(np.float32), (rows + 0.5 * away[1]).astype(np.float32)
        for plane, target in zip(frame, out[number], strict=True):
            target[:] = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out


def veil(clip: Clip, rng: Generator) -> Clip:
    """Let haze, fog or rain thicken or thin over the whole clip: wide, without a source."""
    field = 0.4 + 0.6 * _soft_field(rng, int(rng.integers(2, 4)))
    white = rng.uniform(140.0, 240.0) * np.exp(rng.normal(0.0, 0.04, 3))
    strength = rng.uniform(0.0, 0.45, 2)
    out = clip.astype(np.float32)
    for number, way in enumerate((0.0, 0.1, 0.3, 0.5, 1.0)):
        part = (strength[0] * (1 - way) + strength[1] * way) * field[None]
        out[number] = out[number] * (1.0 - part) + white[:, None, None] * part
    return np.clip(out, 0, 255).astype(np.uint8)


def disturbed(sample: Sample, rng: Generator) -> Sample:
    """Change light, colour, sharpness and order of ages, as cameras and cadences do; what is smoke stays so."""
    clip, mask = sample.clip, sample.mask
    if rng.random() < 0.5:  # noqa: PLR2004
        clip, mask = clip[..., ::-1], mask[:, ::-1]
    gamma, contrast = np.exp(rng.normal(0.0, 0.2)), rng.uniform(0.75, 1.25)
    gains = np.exp(rng.normal(0.0, 0.06, 3))
    table = ((np.linspace(0.0, 1.0, 256)[:, None] ** gamma * gains - 0.5) * contrast + 0.5) * 255.0
    table = np.clip(table + rng.uniform(-20, 20), 0, 255).astype(np.uint8)
    clip = np.stack([table[:, channel][clip[:, channel]] for channel in range(3)], axis=1)
    if rng.random() < 0.4:  # noqa: PLR2004 - the camera exposes and balances its colours anew between two frames
        gain = np.exp(rng.normal(0.0, 0.10, (CLIP_FRAMES, 1, 1, 1)) + rng.normal(0.0, 0.06, (CLIP_FRAMES, 3, 1, 1)))
        clip = np.clip(clip * gain, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:  # noqa: PLR2004 - a young memory: one frame stands for several ages
        first = int(rng.integers(1, CLIP_FRAMES))
        clip = clip.copy()
        clip[first:] = clip[first]
    if rng.random() < 0.2:  # noqa: PLR2004
        clip = _softened(clip, rng)
    if rng.random() < 0.5:  # noqa: PLR2004
        noise = rng.normal(0.0, rng.uniform(0.5, 4.0), clip.shape)
        clip = np.clip(clip + noise, 0, 255).astype(np.uint8)
    return Sample(np.ascontiguousarray(clip), sample.is_smoke, np.ascontiguousarray(mask))


def _softened(clip: Clip, rng: Generator) -> Clip:
    sigma = float(rng.uniform(0.4, 1.4))
    return np.stack([[cv2.GaussianBlur(plane, (0, 0), sigma) for plane in frame] for frame in clip])
