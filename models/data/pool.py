"""Drawing frames for training, camera by camera, and reading their images."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.random import Generator

    from models.data.frames import Frame

Image = npt.NDArray[np.uint8]


class Pool:
    """Frames of one kind, drawn camera by camera so that a busy camera does not rule."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        by_camera: dict[str, list[Frame]] = defaultdict(list)
        for frame in frames:
            by_camera[frame.camera].append(frame)
        self.cameras = sorted(by_camera)
        self.by_camera = by_camera
        # The square root lies between one voice a camera and one voice a frame.
        weights = np.sqrt([len(by_camera[c]) for c in self.cameras])
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return sum(len(frames) for frames in self.by_camera.values())

    def draw(self, rng: Generator) -> Frame:
        """Pick a camera, then one of its frames."""
        frames = self.by_camera[self.cameras[int(rng.choice(len(self.cameras), p=self.weights))]]
        return frames[int(rng.integers(len(frames)))]


@lru_cache(maxsize=700)
def read(path: Path) -> Image:
    """Read an image as BGR; kept in memory, since every frame is cut many times."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        text = f"{path} cannot be read as an image"
        raise ValueError(text)
    return np.asarray(image, np.uint8)
