"""The numbers of a data card: counts, plume sizes, light, and how much of it is independent."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.data.splitting import groups_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.data.frames import Frame
    from models.data.pictures import Glance

# Plumes are told by the longer side of their box, in pixels of a frame scaled to this width.
INPUT_WIDTH = 1280
SIZE_BANDS = ("under 25", "25-40", "40-100", "over 100")
SIZE_EDGES = (25.0, 40.0, 100.0)
# Mean grey of a frame, 0 to 255: proxies, for most sources do not say when a frame was taken.
LIGHT_BANDS = ("dark (under 50)", "dim (50-90)", "middling (90-160)", "bright (160 and over)")
LIGHT_EDGES = (50.0, 90.0, 160.0)
# A mean difference of the colours below this: an infrared or a monochrome picture, thick fog, snow.
GREY_BELOW = 8.0
# A standard deviation of grey below this: haze, fog, night.
FLAT_BELOW = 25.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many frames of each kind, and how many views and fires they come from.

    Parameters
    ----------
    frames, smoke, clear, ignore : int
    drawn : int
        Smoke frames with boxes.
    boxes : int
    cameras, sequences : int
        By name; frames without one count for none.
    fires : int
        Sequences with smoke; sources name a sequence by camera where fires are not told apart.
    groups : int
        That share no camera and no sequence.
    effective_cameras : float
        Kish's effective number: of equal cameras, whose mean would be as certain.
    """

    frames: int
    smoke: int
    clear: int
    ignore: int
    drawn: int
    boxes: int
    cameras: int
    sequences: int
    fires: int
    groups: int
    effective_cameras: float


def count(frames: Sequence[Frame]) -> Counts:
    """Count frames.

    References
    ----------
    .. [1] L. Kish (1965), Survey Sampling: n_eff = (sum n)^2 / sum n^2.
    """
    labels = Counter(frame.label for frame in frames)
    cameras = Counter(frame.camera for frame in frames if frame.camera)
    squares = sum(number**2 for number in cameras.values())
    drawn = [frame for frame in frames if frame.has_smoke and frame.boxes is not None and len(frame.boxes)]
    return Counts(
        frames=len(frames),
        smoke=labels["smoke"],
        clear=labels["none"],
        ignore=labels["ignore"],
        drawn=len(drawn),
        boxes=sum(0 if frame.boxes is None else len(frame.boxes) for frame in frames),
        cameras=len(cameras),
        sequences=len({frame.sequence for frame in frames if frame.sequence}),
        fires=len({frame.sequence for frame in frames if frame.sequence and frame.has_smoke}),
        groups=len(groups_of(frames)),
        effective_cameras=sum(cameras.values()) ** 2 / squares if squares else 0.0,
    )


def plume_sizes(frames: Sequence[Frame]) -> npt.NDArray[np.float64]:
    """Return the longer side of every box [pixels of a frame scaled to 1280 wide]."""
    sizes = [
        float(max(x1 - x0, y1 - y0)) * INPUT_WIDTH / frame.size[0]
        for frame in frames
        if frame.boxes is not None and frame.size is not None
        for x0, y0, x1, y1 in frame.boxes
    ]
    return np.asarray(sizes, float)


def in_bands(values: npt.ArrayLike, edges: Sequence[float]) -> list[int]:
    """Count values below the first edge, between edges (a value on an edge counts above it), and from the last on."""
    at = np.searchsorted(np.asarray(edges), np.asarray(values, float), side="right")
    return [int(number) for number in np.bincount(at, minlength=len(edges) + 1)]


def light_of(frames: Sequence[Frame], looks: Mapping[Path, Glance]) -> tuple[list[int], int, int]:
    """Count frames by band of brightness; then those without colour, and those without contrast."""
    seen = [looks[frame.path] for frame in frames]
    bands = in_bands([look.brightness for look in seen], LIGHT_EDGES)
    return bands, sum(look.colour < GREY_BELOW for look in seen), sum(look.contrast < FLAT_BELOW for look in seen)


def hours_of(frames: Sequence[Frame]) -> Counter[str]:
    """Count frames by quarter of the day, by the clock that their label file gives; unknown where it gives none."""
    quarters = ("00-06", "06-12", "12-18", "18-24")
    return Counter("unknown" if f.observed_at is None else quarters[f.observed_at.hour // 6] for f in frames)


def by_camera(frames: Sequence[Frame]) -> dict[str, list[Frame]]:
    """Gather frames by camera, sorted by name; those without one under ``(none)``."""
    held: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        held[frame.camera or "(none)"].append(frame)
    return dict(sorted(held.items()))


def one_sided(frames: Sequence[Frame]) -> list[str]:
    """Return the cameras that show only smoke, or only none, in two frames or more."""
    seen = {camera: [f.label for f in held if f.label != "ignore"] for camera, held in by_camera(frames).items()}
    return [camera for camera, labels in seen.items() if len(labels) > 1 and len(set(labels)) == 1]


def coverage(frames: Sequence[Frame], rows: int, columns: int) -> npt.NDArray[np.float64]:
    """Return the share of boxes that cover each cell of a grid laid over the frame, shape (rows, columns)."""
    grid, number = np.zeros((rows, columns)), 0
    for frame in frames:
        if frame.boxes is None or frame.size is None:
            continue
        scale = np.array([columns / frame.size[0], rows / frame.size[1]] * 2)
        for x0, y0, x1, y1 in frame.boxes * scale:
            grid[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] += 1.0
            number += 1
    return grid / max(number, 1)
