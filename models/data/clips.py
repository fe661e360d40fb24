"""Clips made from photographs: frames of one view over time, with and without a smoke that grows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from firewatch.scene import (
    CameraShake,
    ExposureJump,
    GrowingSmoke,
    PhotoClip,
    WhiteBalanceJump,
    draw_disturbance,
    draw_moved_smoke,
    draw_photo_plume,
    skyline_rows,
)
from firewatch_edge.detect import AGES_S, ViewMemory, at_working_size
from models.data.clip_views import ClipView, through_jpeg
from models.data.photographs import BEHIND_SHARE, NEAR_SKYLINE_PX, ridge_before
from models.data.pool import read

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy.random import Generator

    from firewatch.scene import Disturbance
    from models.data.frames import Frame
    from models.data.photographs import Photographs
    from models.data.pool import Image

# What a fixed camera sees change within minutes. Dust and steam that rise anew look as smoke does: to call them clear
# would teach to miss smoke.
MOVING_VIEW = ("cloud_shadow", "valley_fog", "haze_layer")
MOVING_CAMERA = ("glare", "drops", "streaks", "insect", "specks")
VIEW_SHARE, CAMERA_SHARE, STEP_SHARE = 0.6, 0.25, 0.2
# Of the smokes so many are real ones moved, where any were cut out.
REAL_SHARE = 0.5


def draw_clip(
    rng: Generator, image: Image, photographs: Photographs, *, smoke: bool, span_s: float = 600.0
) -> PhotoClip:
    """Draw a clip of a clear photograph.

    Parameters
    ----------
    rng : Generator
        Source of the draw.
    image : array (h, w, 3) uint8
        The photograph, in which nothing burns.
    photographs : Photographs
        As of ``load_photographs``: texture, and smokes to move.
    smoke : bool
        Whether a fire is lit, between the clip's beginning at 0 and its middle.
    span_s : float
        Length for which it is meant [s]: steps of exposure fall inside.

    Returns
    -------
    PhotoClip
        ``clip.frame(at_s)`` gives picture and truth at any time from 0 to `span_s`.
    """
    line = skyline_rows(image)
    scale = image.shape[1] / 1280.0
    seed = int(rng.integers(0, 2**31))
    return PhotoClip(
        photo=image,
        texture=photographs.texture,
        smoke=_draw_smoke(rng, image, line, photographs, span_s) if smoke else None,
        in_view=_some(rng, MOVING_VIEW, VIEW_SHARE, image, line, photographs),
        on_camera=_some(rng, MOVING_CAMERA, CAMERA_SHARE, image, line, photographs) + _steps(rng, span_s),
        shake=CameraShake(
            amount_px=math.exp(rng.uniform(math.log(0.05), math.log(3.0))) * scale,
            turn_deg=rng.uniform(0.0, 0.06),
            blur_px=rng.uniform(0.0, 1.5) * scale,
            seed=seed,
        ),
        light_swing=rng.uniform(0.0, 0.25),
        grain=rng.uniform(0.3, 4.0),
        seed=seed,
    )


def weathered_view(frame: Frame, photographs: Photographs, rng: Generator) -> ClipView | None:
    """Make a present and a past of one clear photograph in which weather, light and dirt on the lens move.

    Returns
    -------
    ClipView or None
        The past as a tower's memory holds it; None where the memory would find another view in it.
    """
    image, scale = at_working_size(read(frame.path))
    clip = draw_clip(rng, image, photographs, smoke=False, span_s=AGES_S[-1])
    memory = ViewMemory()
    for age_s in reversed(AGES_S):
        memory.look_back(through_jpeg(clip.frame(AGES_S[-1] - age_s).image, rng), AGES_S[-1] - age_s)
    now = through_jpeg(clip.frame(AGES_S[-1]).image, rng)
    past = memory.look_back(now, AGES_S[-1])
    if past is None:
        return None
    none = np.zeros((0, 4), np.float32)
    return ClipView(now, past, none, none, frame.camera, path=str(frame.path), scale=scale)


def _some(
    rng: Generator,
    kinds: tuple[str, ...],
    share: float,
    image: Image,
    line: npt.NDArray[np.float32],
    photographs: Photographs,
) -> tuple[Disturbance, ...]:
    number = int(rng.random() < share) + int(rng.random() < share / 3.0)
    chosen = rng.choice(kinds, number, replace=False)
    return tuple(draw_disturbance(rng, str(k), image.shape[0], line, photographs.texture) for k in chosen)


def _steps(rng: Generator, span_s: float) -> tuple[Disturbance, ...]:
    """Sometimes draw a step of exposure or white balance inside the clip."""
    if rng.random() >= STEP_SHARE:
        return ()
    from_s = float(rng.uniform(0.0, span_s))
    if rng.random() < 0.5:  # noqa: PLR2004 - either alike
        return (ExposureJump(float(rng.uniform(-0.8, 0.8)), from_s, lasts_s=float(rng.uniform(0.1, 2.0)) * span_s),)
    return (WhiteBalanceJump(float(rng.uniform(-0.4, 0.4)), from_s),)


def _draw_smoke(
    rng: Generator, image: Image, line: npt.NDArray[np.float32], photographs: Photographs, span_s: float
) -> GrowingSmoke:
    height, width = image.shape[:2]
    ignites_at_s = float(rng.uniform(0.0, 0.5 * span_s))
    if photographs.fires and rng.random() < REAL_SHARE:
        fire = photographs.fires[int(rng.integers(len(photographs.fires)))]
        moved = draw_moved_smoke(rng, fire[int(rng.integers(len(fire)))], width, height, line)
        crest = float(line[min(int(moved.base_x_px), width - 1)])
        behind = abs(moved.base_y_px - crest) < NEAR_SKYLINE_PX and rng.random() < BEHIND_SHARE
        grows_s = float(rng.uniform(0.3, 1.5)) * span_s
        return GrowingSmoke(moved, ignites_at_s, grows_s, rng.uniform(0.02, 0.12), line if behind else None)
    plume = draw_photo_plume(rng, width, height, line)
    return GrowingSmoke(plume, ignites_at_s, ridge_px=ridge_before(plume, line))
