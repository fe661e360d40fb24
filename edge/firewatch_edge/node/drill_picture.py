"""Paints a drill's smoke into a copy of a camera's frame: as large, as far and as bright as it would be there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import Box, Frame
from firewatch.errors import InvalidValue
from firewatch.scene import FireGrowth, PhotoPlume, Wind, composite_plume, make_fractal_tile, skyline_rows
from firewatch_edge.capture import whole_picture
from firewatch_edge.health import judge_picture

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.optics import Calibration
    from firewatch.scene.noise import Tile
    from firewatch_edge.node.drill_file import Aim, Drill

__all__ = ["Painted", "SmokePainter", "require_in_view"]

# How high a camera stands over the ground that it looks at, where nobody has said it [m]: a mast on a hilltop.
_EYE_M = 150.0
# Dry grass and shrubs on a slope, as in the demo, but a fire that stops growing at the size of a farm burn.
_GROWTH = FireGrowth(heat_kw_per_s2=15.0, heat_most_mw=60.0, smoke_m2_per_mj=9.0, smoulder_m2_per_s=50.0)
# A light breeze, which shows the smoke leaning; its direction is drawn for each drill [m/s].
_WIND_MS = 2.5
# Of a hazy day: the distance at which the smoke's own light has faded to 37 % [m].
_HAZE_M = 25_000.0
# A lens is about as sharp as 1280 pixels across show it.
_SOFT_PX, _SOFT_AT_PX = 0.6, 1280.0
# With more of the picture than this nearly black, a smoke by day would be no smoke of this picture.
_TOO_DARK = 0.6
# What is nearer to the picture's left or right edge, as a share of the width, cannot be seen well.
_MARGIN = 0.02
# The fire stands so far under the skyline at least, and above the lower edge [px of a picture 720 high, share].
_UNDER_SKYLINE, _ABOVE_EDGE = 2.0 / 720.0, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A frame with a drill's smoke in it.

    Parameters
    ----------
    frame : Frame
        A copy of the camera's at its full size, with a hash of its own: it is no picture of the camera.
    box : Box or None
        What a person would outline of the smoke, in pixels of the frame; None while there is nothing to be seen.
    """

    frame: Frame
    box: Box | None


def require_in_view(aim: Aim, calibration: Calibration) -> None:
    """Raise `InvalidValue` where a pose does not look at the place of a drill."""
    if aim.at is not None or aim.azimuth_deg is None:
        return
    across = calibration.across(aim.azimuth_deg)
    if across is None or not _MARGIN <= across <= 1.0 - _MARGIN:
        ends = [calibration.azimuth_at(edge) for edge in (_MARGIN, 1.0 - _MARGIN)]
        raise InvalidValue(
            "azimuth of the exercise",
            aim.azimuth_deg,
            f"one that this pose sees: from {ends[0]:.0f} to {ends[1]:.0f} degrees",
        )


class SmokePainter:
    """Paints one drill's smoke; one thread owns it.

    Parameters
    ----------
    drill : Drill
        Where, and for how long it burns at most.
    calibration : Calibration
        Of the pose.
    """

    def __init__(self, drill: Drill, calibration: Calibration) -> None:
        self._aim, self._calibration = drill.aim, calibration
        # The same drill looks the same after a restart of the program.
        self._seed = int.from_bytes(hashlib.sha256(drill.drill_id.encode()).digest()[:4], "big") >> 1
        rng = np.random.default_rng(self._seed)
        self._wind = Wind(_WIND_MS, float(rng.uniform(0.0, 360.0)))
        self._texture: Tile = make_fractal_tile(rng)
        self._skyline: npt.NDArray[np.float32] | None = None

    def paint(self, frame: Frame, burning_s: float) -> Painted | None:
        """Return a copy of a frame with the smoke of a fire that has burned so long [s]; None where it is too dark.

        Raises
        ------
        FrameUnavailableError
            If the frame's bytes cannot be decoded at their full size.
        """
        image = whole_picture(frame)
        if judge_picture(image).darkness > _TOO_DARK:
            return None
        height, width = image.shape[:2]
        if self._skyline is None or len(self._skyline) != width:
            # Once a drill: smoke before it, painted or not, must not move it.
            self._skyline = skyline_rows(image)
        plume, ridge = self._plume(burning_s, width, height, self._skyline)
        composite = composite_plume(image, plume, self._texture, ridge)
        box = composite.truth.box if composite.truth.visible else None
        stamp = replace(frame.stamp, sha256=hashlib.sha256(composite.image.data).hexdigest())
        return Painted(Frame(stamp, composite.image), None if box is None else Box(*box))

    def _plume(
        self, burning_s: float, width: int, height: int, skyline: npt.NDArray[np.float32]
    ) -> tuple[PhotoPlume, npt.NDArray[np.float32] | None]:
        x, y = self._base(width, height)
        crest = float(skyline[int(min(max(x, 0.0), width - 1.0))])
        # No fire burns in the sky: one that would be seen there burns behind the crest, which hides its foot.
        is_behind = self._aim.at is None and y < crest
        y = crest + _UNDER_SKYLINE * height if is_behind else y
        distance_m = self._aim.distance_m
        plume = PhotoPlume(
            base_x_px=x,
            base_y_px=min(y, (1.0 - _ABOVE_EDGE) * height) if self._aim.at is None else y,
            metre_px=self._calibration.focal_px(width) / distance_m,
            burning_s=max(0.0, burning_s),
            # The plume's wind is told as if the camera looked north.
            wind=Wind(self._wind.speed_ms, (self._wind.from_deg - self._calibration.azimuth_deg) % 360.0),
            seed=self._seed,
            growth=_GROWTH,
            through=math.exp(-distance_m / _HAZE_M),
            softness_px=_SOFT_PX * width / _SOFT_AT_PX,
        )
        return plume, skyline if is_behind else None

    def _base(self, width: int, height: int) -> tuple[float, float]:
        """Return where the fire would be seen on level ground [px]."""
        if self._aim.at is not None:
            return self._aim.at[0] * width, self._aim.at[1] * height
        lens = self._calibration
        azimuth = lens.middle_deg if self._aim.azimuth_deg is None else self._aim.azimuth_deg
        below = -math.degrees(math.atan2(_EYE_M, self._aim.distance_m))
        x, y = lens.pixels(np.array([azimuth]), np.array([below]), width, height)[0].tolist()
        return (x, y) if math.isfinite(x) else (width / 2.0, height / 2.0)
