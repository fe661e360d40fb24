"""A network before its description is finished: the node's own detector, asked for logits on stored frames.

For a finished model folder `models.evaluate` runs the node's detector, verifier and confirmation themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from firewatch_edge.capture import load_picture
from firewatch_edge.detect import Detector as EdgeDetector
from firewatch_edge.detect import load_spec
from firewatch_edge.detect.boxes import chosen
from firewatch_edge.detect.session import open_session
from models.evaluate.eyes import IGNITION
from models.measures import Look

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch_edge.detect import ModelSpec
    from models.data.frames import Frame


@dataclass(frozen=True, slots=True)
class Sheet:
    """A network, and what its model.toml says or will say of it."""

    file: Path
    spec: ModelSpec


def read_sheet(folder: Path) -> Sheet:
    """Read a model folder's model.toml as the node does.

    Raises
    ------
    ModelError
        If the node would refuse it.
    """
    spec = load_spec(folder)
    return Sheet(folder / spec.file, spec)


class Detector:
    """The node's detector, before calibration.

    Parameters
    ----------
    sheet : Sheet
    threads : int
        Of the network.
    """

    def __init__(self, sheet: Sheet, threads: int = 2) -> None:
        self._detector = EdgeDetector(sheet.spec, open_session(sheet.file, threads))

    def raw(self, image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        """Return the kept boxes (n, 4) in the image's pixels and their logits (n,), best first."""
        scan = self._detector.scan(image)
        clipped, kept = chosen(scan.boxes, scan.scores, scan.size_px, self._detector.cut(0.0))
        return clipped[kept], scan.logits[kept].astype(np.float64)

    def look(self, frame: Frame) -> Look:
        """Look at a stored frame; scores are logits."""
        return Look(frame, *self.raw(load_picture(frame.path, IGNITION).image))
