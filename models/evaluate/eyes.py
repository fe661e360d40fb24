"""What looks at pictures here: the node's own detector, or another network made to answer as it does."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np

from firewatch_edge.capture import load_picture
from firewatch_edge.detect import Detector, Eyes
from firewatch_edge.detect.session import open_session
from models.evaluate.light import Light, light_of
from models.measures import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch_edge.detect import FrameScore
    from firewatch_edge.detect.model import ConfirmationSpec
    from models.data.frames import Frame

# Stored frames carry seconds, not dates; any fixed instant does.
IGNITION = datetime(2000, 1, 1, tzinfo=UTC)


class Eye(Protocol):
    """Scores pictures; probabilities of every candidate that suppression leaves, so that any threshold can be tried."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def input_px(self) -> tuple[int, int]:
        """Width and height of the network's input [px]."""

    @property
    def confirmation(self) -> ConfirmationSpec:
        """When several frames together are a sighting."""

    def score(self, image: npt.NDArray[np.uint8]) -> FrameScore:
        """Look at one picture (h, w, 3), blue first."""


class EdgeEye:
    """The node's `Detector` with a model folder, its cut lowered to nothing.

    Suppression goes from the best box down, so what is left above a threshold is the same with any lower cut.

    Parameters
    ----------
    folder : Path
        Holds ``model.toml`` and the networks.
    threads : int
        For each network; 0 leaves one core free.
    is_temporal : bool
        Whether what is watched over time goes through the verifier too, where the model has one.

    Raises
    ------
    ModelError
        If the node would refuse the folder.
    """

    def __init__(self, folder: Path, threads: int = 0, *, is_temporal: bool = True) -> None:
        shipped = Eyes.load(folder, threads, is_temporal=is_temporal)
        self.spec = shipped.detector.spec
        low = msgspec.structs.replace(self.spec.decision, threshold=0.0)
        session = open_session(folder / self.spec.file, threads)
        self.eyes = Eyes(Detector(msgspec.structs.replace(self.spec, decision=low), session), shipped.verifier)

    @property
    def name(self) -> str:
        """Return name and version."""
        return f"{self.spec.name} {self.spec.version}"

    @property
    def input_px(self) -> tuple[int, int]:
        """Width and height of the network's input [px]."""
        return self.spec.input.width, self.spec.input.height

    @property
    def threshold(self) -> float:
        """The shipped threshold for single frames."""
        return self.spec.decision.threshold

    @property
    def stages(self) -> tuple[str, ...]:
        """What looks at a view that is watched over time."""
        return ("detector",) if self.eyes.verifier is None else ("detector", "verifier")

    @property
    def confirmation(self) -> ConfirmationSpec:
        """Return the shipped confirmation."""
        return self.spec.confirmation

    def at(self, threshold: float) -> EdgeEye:
        """Return the same eye with another threshold for single frames; confirmation stays as shipped."""
        other = copy.copy(self)
        decision = msgspec.structs.replace(self.spec.decision, threshold=threshold)
        other.spec = msgspec.structs.replace(self.spec, decision=decision)
        return other

    def score(self, image: npt.NDArray[np.uint8]) -> FrameScore:
        """Look at one picture (h, w, 3), blue first."""
        return self.eyes.detector.score(image)


@dataclass(frozen=True, slots=True)
class Seen:
    """One labelled frame as an eye saw it.

    Parameters
    ----------
    look : Look
        The kept boxes with their probabilities.
    score : float
        The largest probability over all candidates before any filter: what ``firewatch-edge detect`` prints.
    size_px : tuple of int
        Width and height of the picture.
    scale : float
        Pixels of the network's input per pixel of the picture.
    light : Light
        Of the picture.
    """

    look: Look
    score: float
    size_px: tuple[int, int]
    scale: float
    light: Light


def see(eye: Eye, frame: Frame) -> Seen:
    """Look at one stored frame.

    Raises
    ------
    FrameUnavailableError
        If it cannot be read as a picture.
    """
    image = load_picture(frame.path, IGNITION + timedelta(seconds=frame.t_seconds or 0.0)).image
    scored = eye.score(image)
    found = scored.detections
    scale = min(eye.input_px[0] / image.shape[1], eye.input_px[1] / image.shape[0])
    look = Look(frame, found.boxes, found.scores.astype(np.float64))
    return Seen(look, scored.score, (image.shape[1], image.shape[0]), scale, light_of(image))


def see_all(eye: Eye, frames: Sequence[Frame], tell: Callable[[], None] = lambda: None) -> list[Seen]:
    """Look at every frame that somebody could judge; `tell` is called after each."""
    seen = []
    for frame in frames:
        if frame.label != "ignore":
            seen.append(see(eye, frame))
        tell()
    return seen
