"""Views that clips are cut from: a present frame and its past, real, rendered, or made of one photograph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from firewatch_edge.detect import AGES_S, Past, ViewMemory, at_working_size, cut_clips
from models.data.pool import Image, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator

    from models.data.frames import Boxes, Frame

# A photograph's frames differ by so much camera shake [px], light (as a logarithm) and grain [levels].
_SHAKE_PX, _LIGHT, _COLOUR, _GRAIN = 0.45, 0.10, 0.04, 2.5


@dataclass(frozen=True, slots=True, eq=False)
class ClipView:
    """A present frame and its past, with the boxes that are interesting to look at.

    Parameters
    ----------
    image : array (h, w, 3) uint8
        At the working size.
    past : Past
    smoke : array (n, 4)
        Real smoke in the present frame [px]; none in a clear one.
    suspects : array (m, 4)
        What a single-frame detector took for smoke in a clear frame [px].
    camera : str
        Whose view it is: clips of one camera weigh less, the more there are.
    is_clear : bool
        Whether smoke may be laid over it: nothing burns in it now or before.
    path : str
        Of the present frame's file.
    scale : float
        Working pixels per pixel of that file.
    skyline_px : float
        Row of its skyline, roughly.
    """

    image: Image
    past: Past
    smoke: Boxes
    suspects: Boxes
    camera: str
    is_clear: bool = True
    path: str = ""
    scale: float = 1.0
    skyline_px: float = field(init=False)

    def __post_init__(self) -> None:
        """Look for the skyline once."""
        object.__setattr__(self, "skyline_px", skyline(self.image))

    def clips(self, boxes: Boxes) -> npt.NDArray[np.uint8]:
        """Cut clips (n, 5, 3, 96, 96) of boxes (n, 4)."""
        return cut_clips(self.image, self.past, boxes)


def skyline(image: Image) -> float:
    """Guess the row of a picture's skyline [px]: the strongest edge between rows over its whole width."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), 3.0).astype(np.float32)
    edges = np.abs(np.diff(grey, axis=0)).mean(axis=1)
    low, high = (int(share * image.shape[0]) for share in (0.12, 0.7))
    return float(low + int(edges[low:high].argmax()))


def sequence_views(frames: Sequence[Frame], drawn: dict[float, Boxes]) -> Iterator[ClipView]:
    """Play a sequence of one view through the memory that a tower has.

    Parameters
    ----------
    frames : sequence of Frame
        In time order.
    drawn : dict of float to array (n, 4)
        Boxes of the smoke by the frame's time [s], in pixels of the stored frame. Smoke frames without are left out.
    """
    memory = ViewMemory()
    none = np.zeros((0, 4), np.float32)
    for frame in frames:
        image, scale = at_working_size(read(frame.path))
        past = memory.look_back(image, float(frame.t_seconds or 0.0))
        if past is None:
            continue
        if frame.label == "none":
            yield ClipView(image, past, none, none, frame.camera, path=str(frame.path), scale=scale)
        elif frame.t_seconds in drawn:
            yield ClipView(image, past, drawn[frame.t_seconds] * scale, none, frame.camera, is_clear=False)


def photograph_view(frame: Frame, rng: Generator) -> ClipView:
    """Make a present and a past of one photograph: shaken, in changing light, with other grain."""
    image, scale = at_working_size(read(frame.path))
    boxes = np.zeros((0, 4), np.float32) if frame.boxes is None else frame.boxes * np.float32(scale)
    past = Past(tuple(another(image, rng) for _ in AGES_S), AGES_S, tuple((0.0, 0.0) for _ in AGES_S))
    none = np.zeros((0, 4), np.float32)
    return ClipView(image, past, boxes, none, frame.camera, is_clear=not len(boxes), path=str(frame.path), scale=scale)


def another(image: Image, rng: Generator) -> Image:
    """Return the view of a photograph at another minute."""
    height, width = image.shape[:2]
    shift = rng.normal(0.0, _SHAKE_PX, 2)
    moved = cv2.warpAffine(
        image,
        np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]]),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    gain = np.exp(rng.normal(0.0, _LIGHT) + rng.normal(0.0, _COLOUR, 3))
    gamma = np.exp(rng.normal(0.0, 0.08))
    table = np.clip(np.linspace(0.0, 1.0, 256)[:, None] ** gamma * gain[None] * 255.0, 0, 255).astype(np.uint8)
    lit = cv2.LUT(moved, table.reshape(256, 1, 3))
    noise = rng.normal(0.0, rng.uniform(0.2, _GRAIN), (height // 2, width // 2, 1)).astype(np.float32)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
    out = np.clip(lit.astype(np.float32) + noise, 0, 255).astype(np.uint8)
    return through_jpeg(out, rng)


def through_jpeg(image: Image, rng: Generator) -> Image:
    """Return an image as it comes out of a camera's compression, of some quality."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def with_suspects(view: ClipView, boxes: Boxes) -> ClipView:
    """Return the view with what a detector took for smoke in it."""
    return replace(view, suspects=boxes)
