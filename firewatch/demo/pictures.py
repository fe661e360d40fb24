"""What the demo's cameras show: rendered scenes, or real frames from a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from firewatch.errors import FrameUnavailableError, InvalidValue
from firewatch.scene import Plume, render

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.demo.world import TowerSight

__all__ = ["FramesFromFolder", "Picture", "PictureSource", "RenderedPictures"]

_JPEG_QUALITY = 88
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_SIGNED_SECONDS = re.compile(r"(?:^|_)([+-]\d+)$")
# Frames without times are a minute apart, as in the published sequences.
_INTERVAL_S = 60.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG with what is truly in it.

    Parameters
    ----------
    jpeg : bytes
        As a camera would send it.
    is_smoke_visible : bool
        Whether a careful person would see smoke (rendered scenes know; of real frames, whether the fire burns).
    """

    jpeg: bytes
    is_smoke_visible: bool


class PictureSource(Protocol):
    """One camera's view over scene time."""

    def picture(self, scene_s: float) -> Picture:
        """Return the picture of a scene second."""
        ...


class RenderedPictures:
    """A camera in the simulated world.

    Parameters
    ----------
    sight : TowerSight
        Where it stands and what it sees without smoke.
    plumes : tuple of Plume
        The fires.
    seed : int
        Of clouds and grain, one for the world.
    """

    def __init__(self, sight: TowerSight, plumes: tuple[Plume, ...], seed: int) -> None:
        self._backdrop = sight.backdrop
        self._plumes = plumes
        self._seed = seed

    def picture(self, scene_s: float) -> Picture:
        """Render the picture of a scene second."""
        frame = render(self._backdrop, self._plumes, scene_s, seed=self._seed)
        is_done, encoded = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not is_done:
            raise FrameUnavailableError("scene", "the picture could not be encoded")
        return Picture(encoded.tobytes(), any(truth.visible for truth in frame.truths))


class FramesFromFolder:
    """A camera that shows real frames, one after the other.

    Parameters
    ----------
    folder : Path
        Frames of one view. A name that is, or ends in, a signed number gives seconds from ignition; otherwise frames
        are taken by name, a minute apart.
    lead_s : float
        So long the first frame stands before the others follow [s of scene time].

    Raises
    ------
    InvalidValue
        If it is no folder, there is no picture in it, or only some names have times.
    """

    def __init__(self, folder: Path, *, lead_s: float = 0.0) -> None:
        if not folder.is_dir():
            raise InvalidValue("folder of frames", str(folder), "a folder that exists")
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not paths:
            raise InvalidValue("folder of frames", str(folder), "a folder with .jpg or .png pictures")
        found = [_SIGNED_SECONDS.search(path.stem) for path in paths]
        times = [float(match.group(1)) for match in found if match is not None]
        if times and len(times) < len(paths):
            raise InvalidValue("names of frames", str(folder), "seconds from ignition in every name, or in none")
        by_time = (
            sorted(zip(times, paths, strict=True)) if times else [(_INTERVAL_S * n, p) for n, p in enumerate(paths)]
        )
        self._paths = [path for _, path in by_time]
        self._at_s = np.array([at_s for at_s, _ in by_time])
        self._is_timed = bool(times)
        self._lead_s = lead_s

    @property
    def is_timed(self) -> bool:
        """Whether the names say when the fire starts."""
        return self._is_timed

    @property
    def ignition_s(self) -> float | None:
        """Scene second of the ignition; below 0 where the first frame is later; None where no frame is of a fire."""
        return self._lead_s - float(self._at_s[0]) if self._is_timed and self._at_s[-1] >= 0.0 else None

    @property
    def lasts_s(self) -> float:
        """Scene second in which the last frame follows."""
        return self._lead_s + float(self._at_s[-1] - self._at_s[0])

    @property
    def step_s(self) -> float:
        """Scene seconds from one frame to the next, as usual."""
        return float(np.median(np.diff(self._at_s))) if len(self._at_s) > 1 else _INTERVAL_S

    def picture(self, scene_s: float) -> Picture:
        """Return the latest frame taken at or before a scene second."""
        at_s = float(self._at_s[0]) + scene_s - self._lead_s
        index = max(0, int(np.searchsorted(self._at_s, at_s, side="right")) - 1)
        path = self._paths[index]
        burns = self._is_timed and bool(self._at_s[index] >= 0.0)
        try:
            stored = path.read_bytes()
        except OSError as err:
            raise FrameUnavailableError(str(path), err.strerror or "it cannot be read") from err
        return Picture(_as_jpeg(path, stored) if path.suffix.lower() == ".png" else stored, burns)


def _as_jpeg(path: Path, png: bytes) -> bytes:
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR) if png else None
    if image is None:
        raise FrameUnavailableError(str(path), "it is no picture that can be read")
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
