"""Long empty scenes: rendered views without fire, their clouds moving, a frame a minute as from a camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from firewatch.demo.world import make_ground, make_sights
from firewatch.errors import InvalidValue
from firewatch.scene import render
from models.evaluate.episodes import Episodes
from models.evaluate.watching import decode_picture, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

    from firewatch.demo.world import TowerSight
    from firewatch.domain.vision import Frame
    from models.evaluate.eyes import Eye
    from models.evaluate.watching import Moment

# Worlds that neither the demo (below 1000) nor training (from 10000 on) uses.
FIRST_EMPTY_SEED = 9_000
STEP_S = 60.0
# Each view is watched for an hour: another view says more than another hour of the same one.
_VIEW_FRAMES = 60
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True, eq=False)
class EmptyView:
    """One rendered view without fire, as it was watched.

    Parameters
    ----------
    seed : int
        Of its world.
    tower : str
    moments : tuple of Moment
    """

    seed: int
    tower: str
    moments: tuple[Moment, ...]

    @property
    def episodes(self) -> Episodes:
        """The sightings that it opened, all of them false."""
        return Episodes(sum(len(m.opened) for m in self.moments), len(self.moments) * STEP_S / 3600.0)


def watch_empty(eye: Eye, hours: float, tell: Callable[[], None] = lambda: None) -> Iterator[EmptyView]:
    """Watch rendered views without fire for so many hours in sum.

    Parameters
    ----------
    eye : Eye
    hours : float
        At least a minute; 24 take long.
    tell : callable
        Called after each frame.

    Raises
    ------
    InvalidValue
        If `hours` is less than one frame's.
    """
    left = frames_in(hours)
    for seed, sight in _sights():
        number = min(left, _VIEW_FRAMES)
        times_s = [STEP_S * step for step in range(number)]
        moments = []
        for moment in watch(eye, _pictures(seed, sight, times_s), times_s):
            moments.append(moment)
            tell()
        yield EmptyView(seed, str(sight.tower.tower_id), tuple(moments))
        left -= number
        if not left:
            return


def frames_in(hours: float) -> int:
    """Return how many frames so many hours have."""
    number = round(hours * 3600.0 / STEP_S)
    if number < 1:
        raise InvalidValue("rendered hours", hours, "at least 0.02 (a minute)")
    return number


def through_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """Return an image as a camera's snapshot would bring it."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return bytes(packed.tobytes())


def _sights() -> Iterator[tuple[int, TowerSight]]:
    seed = FIRST_EMPTY_SEED
    while True:
        for sight in make_sights(make_ground(seed)):
            yield seed, sight
        seed += 1


def _pictures(seed: int, sight: TowerSight, times_s: list[float]) -> Iterator[Frame]:
    for at_s in times_s:
        image = render(sight.backdrop, [], at_s, seed=seed).image
        yield decode_picture(f"rendered {seed} {sight.tower.tower_id}", through_jpeg(image), at_s)
