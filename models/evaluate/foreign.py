"""Any other ONNX detector, made to answer as the node's does; a small TOML file says how it is fed and read."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
import onnxruntime
from msgspec import Meta, Struct

from firewatch.errors import ModelError
from firewatch_edge.detect import FrameScore, Letterbox
from firewatch_edge.detect.boxes import Cut, choose
from firewatch_edge.detect.model import ConfirmationSpec
from models.evaluate.foreign_output import Candidates, ForeignOutput, read_output

if TYPE_CHECKING:
    import numpy.typing as npt

ADAPTERS = Path(__file__).parent / "adapters"
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_AXES = 4
# Where neither the network nor the adapter says.
_USUAL_SIDE = 640

Side = Annotated[int, Meta(ge=32, le=8192)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]


class ForeignInput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a picture becomes the network's input: letterboxed, then (value * scale - mean) / deviation by channel.

    `width` and `height` are needed only where the network leaves them free and they are not 640.
    """

    width: Side | None = None
    height: Side | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    scale: Annotated[float, Meta(gt=0.0)] = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pad: Annotated[int, Meta(ge=0, le=255)] = 114
    letterbox: Literal["top-left", "centre"] = "centre"


class ForeignDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When it counts; without a threshold one is chosen as the project chooses its own."""

    threshold: Probability | None = None
    nms_iou: Probability = 0.5
    max_width_fraction: Annotated[float, Meta(gt=0.0, le=1.0)] = 1.0
    hits: Annotated[int, Meta(ge=1, le=100)] = 3
    window: Annotated[int, Meta(ge=1, le=100)] = 6


class Adapter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of an adapter file."""

    schema: Literal[1]
    name: str
    input: ForeignInput = ForeignInput()
    output: ForeignOutput = ForeignOutput()
    decision: ForeignDecision = ForeignDecision()


def presets() -> list[str]:
    """Name the adapters that come with the program."""
    return sorted(path.stem for path in ADAPTERS.glob("*.toml"))


def read_adapter(given: str) -> Adapter:
    """Read an adapter by a preset's name or from a TOML file.

    Raises
    ------
    ModelError
        If there is none, or a key of it cannot be used.
    """
    path = ADAPTERS / f"{given}.toml" if given in presets() else Path(given)
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Adapter)
    except OSError as err:
        known = ", ".join(presets())
        raise ModelError(given, f"{err.strerror}; give a preset ({known}) or a TOML file as adapter") from err
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise ModelError(str(path), f"{err}; compare with {ADAPTERS / 'yolov8.toml'}") from err


class ForeignEye:
    """Another detector as an `Eye`.

    Parameters
    ----------
    path : Path
        The ONNX file.
    adapter : Adapter
        How it is fed and read.
    threads : int
        For the network; 0 leaves one core free.

    Raises
    ------
    ModelError
        If onnxruntime cannot read it, or it cannot be fed or read as the adapter says.
    """

    def __init__(self, path: Path, adapter: Adapter, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or max(1, (os.cpu_count() or 2) - 1)
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as err:  # onnxruntime's own errors share no base class but Exception
            raise ModelError(str(path), f"onnxruntime cannot read it: {err}") from err
        self._path, self.adapter = path, adapter
        node = self._session.get_inputs()[0]
        self._input, self._type = node.name, _type_of(path, node)
        self._width, self._height = _size_of(path, node, adapter.input)
        self._letterbox = Letterbox(
            self._width, self._height, adapter.input.pad, is_bgr=adapter.input.channels == "BGR"
        )
        self.threshold = adapter.decision.threshold
        self.score(np.full((self._height, self._width, 3), adapter.input.pad, np.uint8))

    @property
    def name(self) -> str:
        """Return the file's name and the adapter's."""
        return f"{self._path.stem} ({self.adapter.name})"

    @property
    def input_px(self) -> tuple[int, int]:
        """Width and height of the network's input [px]."""
        return self._width, self._height

    @property
    def confirmation(self) -> ConfirmationSpec:
        """The adapter's hits and window, at the threshold for single frames; without one nothing is confirmed."""
        asked, threshold = self.adapter.decision, self.threshold
        return ConfirmationSpec(threshold=1.0 if threshold is None else threshold, hits=asked.hits, window=asked.window)

    def at(self, threshold: float) -> ForeignEye:
        """Return the same eye with a chosen threshold, for confirmation too."""
        other = copy.copy(self)
        other.threshold = threshold
        return other

    def score(self, image: npt.NDArray[np.uint8]) -> FrameScore:
        """Look at one picture (h, w, 3), blue first."""
        planes, scale, corner = self._fit(image)
        try:
            raw = self._session.run(None, {self._input: planes})
        except Exception as err:  # as above
            raise ModelError(str(self._path), f"it cannot be run as the adapter says: {err}") from err
        found = read_output(str(self._path), raw, self.adapter.output, self.input_px)
        boxes = (found.boxes - np.tile(corner, 2)) / scale
        decision = self.adapter.decision
        cut = Cut(0.0, decision.max_width_fraction, decision.nms_iou)
        size = (image.shape[1], image.shape[0])
        return FrameScore(choose(boxes, found.scores, size, cut), best_of(found))

    def _fit(self, image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[Any], float, npt.NDArray[np.float64]]:
        """Return the input, its pixels per pixel of the picture, and where the picture's corner lies in it [px]."""
        asked = self.adapter.input
        planes, scale = self._letterbox.fit(image)
        corner = np.zeros(2)
        if asked.letterbox == "centre":
            width, height = self._letterbox.content_size(image.shape[1], image.shape[0])
            corner = np.array([(self._width - width) // 2, (self._height - height) // 2], np.float64)
            planes = np.roll(planes, (int(corner[1]), int(corner[0])), axis=(2, 3))
        if self._type is np.uint8:
            return planes, scale, corner
        mean, deviation = (np.array(part, np.float32)[None, :, None, None] for part in (asked.mean, asked.deviation))
        return ((planes * np.float32(asked.scale) - mean) / deviation).astype(self._type), scale, corner


def best_of(found: Candidates) -> float:
    """Return the largest score of all candidates."""
    return float(found.scores.max(initial=0.0))


def _type_of(path: Path, node: Any) -> type[np.generic]:
    if node.type not in _TYPES:
        raise ModelError(str(path), f"its input is {node.type}; {', '.join(_TYPES)} can be fed")
    return _TYPES[node.type]


def _size_of(path: Path, node: Any, asked: ForeignInput) -> tuple[int, int]:
    if len(node.shape) != _AXES or node.shape[1] not in {3, *(s for s in node.shape if isinstance(s, str))}:
        raise ModelError(str(path), f"its input is {node.shape}; (batch, 3, height, width) can be fed")
    sizes = []
    for side, wanted, what in ((node.shape[3], asked.width, "width"), (node.shape[2], asked.height, "height")):
        if isinstance(side, int) and wanted is not None and side != wanted:
            raise ModelError(str(path), f"its input's {what} is {side}; the adapter says {wanted}")
        sizes.append(side if isinstance(side, int) else wanted or _USUAL_SIDE)
    return sizes[0], sizes[1]
