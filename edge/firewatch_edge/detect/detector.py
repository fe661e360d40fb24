"""The smoke detector: an ONNX network with its calibration."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.errors import ModelError
from firewatch_edge.detect.boxes import Cut, calibrate, choose
from firewatch_edge.detect.letterbox import Letterbox
from firewatch_edge.detect.model import ModelSpec, load_spec
from firewatch_edge.detect.session import open_session, provider_in_use

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.vision import Detections
    from firewatch_edge.detect.model import Precision
    from firewatch_edge.detect.session import Provider

__all__ = ["Detector", "FrameScore", "Scan"]

logger = logging.getLogger(__name__)

_INPUT_AXES = 4
_BOX_WIDTH = 4


@dataclass(frozen=True, slots=True, eq=False)
class FrameScore:
    """What the detector makes of one frame.

    Parameters
    ----------
    detections : Detections
        Those that score at least the lower of the model's two thresholds.
    score : float
        The largest calibrated probability over all candidates, before any threshold or filter.
    """

    detections: Detections
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """All that the detector says of one frame, before anything is chosen.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4), float
        x0, y0, x1, y1 in pixels of the frame; they may reach beyond it.
    logits, scores : ndarray, shape (n,), float32
        As the network gives them, and calibrated to probabilities.
    size_px : tuple of int
        Width and height of the frame.
    """

    boxes: npt.NDArray[np.floating]
    logits: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    size_px: tuple[int, int]

    def only(self, wanted: npt.NDArray[np.bool_]) -> Scan:
        """Return the candidates of a mask, shape (n,)."""
        return Scan(self.boxes[wanted], self.logits[wanted], self.scores[wanted], self.size_px)


class Detector:
    """Finds smoke in frames; not thread-safe, one thread owns it.

    Parameters
    ----------
    spec : ModelSpec
        What the model says of itself.
    session : onnxruntime.InferenceSession
        The network.
    """

    def __init__(self, spec: ModelSpec, session: Any) -> None:
        self.spec = spec
        self._session = session
        self._unsound_frames = 0
        self._letterbox = Letterbox(
            spec.input.width, spec.input.height, spec.input.pad, is_bgr=spec.input.channels == "BGR"
        )
        self._lowest = min(spec.decision.threshold, spec.confirmation.threshold)
        self.provider = "cpu"

    @classmethod
    def load(
        cls, folder: Path, threads: int = 0, precision: Precision = "auto", provider: Provider = "auto"
    ) -> Detector:
        """Open a model.

        Parameters
        ----------
        folder : Path
            Holds ``model.toml`` and the network.
        threads : int
            For the network; 0 leaves one core for decoding and takes the others.
        precision : {"auto", "float", "int8"}
            Which of the model's detectors; ``auto`` leaves it to the model.
        provider : {"auto", "cpu", "openvino", "cuda", "tensorrt"}
            What computes.

        Returns
        -------
        Detector
            Ready: it has scored one empty frame.

        Raises
        ------
        ModelError
            If a file is missing or altered, the network's inputs or outputs are not as ``model.toml`` says, or the
            provider is not there.
        """
        spec = load_spec(folder, precision)
        path = folder / spec.file
        session = open_session(path, threads, provider)
        _check_shapes(str(path), spec, session)
        detector = cls(spec, session)
        detector.provider = provider_in_use(provider)
        detector._check_run(str(path))
        return detector

    def score(self, image: npt.NDArray[np.uint8]) -> FrameScore:
        """Look for smoke in one picture.

        Parameters
        ----------
        image : ndarray, shape (h, w, 3), uint8
            Blue, green, red.

        Returns
        -------
        FrameScore
            Detections in pixels of this picture, and the best score of all candidates.
        """
        return self.judge(self.scan(image))

    def fitted(self) -> npt.NDArray[np.uint8]:
        """Return a copy of the last scanned picture (h, w, 3) as the network saw it."""
        return self._letterbox.fitted()

    def judge(self, scan: Scan, lowest: float | None = None) -> FrameScore:
        """Return what a scan comes to by the single frame alone: what counts, or what is at least `lowest`."""
        cut = self.cut(self.counts_from if lowest is None else lowest)
        detections = choose(scan.boxes, scan.scores, scan.size_px, cut)
        return FrameScore(detections, float(scan.scores.max(initial=0.0)))

    @property
    def input_px(self) -> tuple[int, int]:
        """Width and height of what the network sees."""
        return self.spec.input.width, self.spec.input.height

    @property
    def counts_from(self) -> float:
        """The lower of the model's thresholds on a single frame."""
        return self._lowest

    @property
    def candidate_cut(self) -> Cut:
        """What of a frame can matter: to the thresholds, and to a verifier."""
        temporal = self.spec.temporal
        return self.cut(self._lowest if temporal is None else min(self._lowest, temporal.candidate_threshold))

    def cut(self, lowest: float) -> Cut:
        """Return what of a frame is kept from a calibrated probability on."""
        return Cut(lowest, self.spec.decision.max_width_fraction, self.spec.decision.nms_iou)

    def scan(self, image: npt.NDArray[np.uint8]) -> Scan:
        """Run the network over one picture and leave out what are no numbers; see `score`."""
        planes, scale = self._letterbox.fit(image)
        raw_boxes, raw_logits = self._session.run(
            [self.spec.output.boxes, self.spec.output.logits], {self.spec.input.name: planes}
        )
        boxes, logits = raw_boxes[0], raw_logits[0, :, 0]
        is_sound = np.isfinite(boxes).all(axis=1) & np.isfinite(logits)
        if not is_sound.all():
            self._tell_unsound(is_sound)
            boxes, logits = boxes[is_sound], logits[is_sound]
        scores = calibrate(logits, self.spec.calibration)
        height, width = image.shape[:2]
        return Scan(boxes / scale, logits, scores, (width, height))

    def _tell_unsound(self, is_sound: npt.NDArray[np.bool_]) -> None:
        """Log candidates that are no numbers; where no other is left, the frame was not looked at, and that is said."""
        self._unsound_frames += 1
        unsound = int((~is_sound).sum())
        if unsound == len(is_sound):
            raise ModelError(self.spec.file, f"{unsound} of {unsound} candidates are no numbers: copy the model again")
        logger.error("detector.unsound", extra={"candidates": unsound, "of": len(is_sound)})

    def _check_run(self, path: str) -> None:
        blank = np.full((self.spec.input.height, self.spec.input.width, 3), self.spec.input.pad, np.uint8)
        try:
            self.score(blank)
        except Exception as err:  # as above
            raise ModelError(path, f"it cannot score an empty frame: {err}") from err
        if self._unsound_frames:
            raise ModelError(path, "of an empty frame some of its outputs are no numbers")


def _check_shapes(path: str, spec: ModelSpec, session: Any) -> None:
    inputs = {node.name: node for node in session.get_inputs()}
    outputs = {node.name: node for node in session.get_outputs()}
    if spec.input.name not in inputs:
        raise ModelError(path, f"model.toml names the input {spec.input.name!r}; the network has {sorted(inputs)}")
    node = inputs[spec.input.name]
    expected = (3, spec.input.height, spec.input.width)
    if node.type != "tensor(uint8)":
        raise ModelError(path, f"its input is {node.type}; this program gives tensor(uint8)")
    if len(node.shape) != _INPUT_AXES or any(
        isinstance(side, int) and side != want for side, want in zip(node.shape[1:], expected, strict=True)
    ):
        raise ModelError(path, f"its input is {node.shape}; model.toml says (batch, {', '.join(map(str, expected))})")
    for name, last in ((spec.output.boxes, _BOX_WIDTH), (spec.output.logits, 1)):
        if name not in outputs:
            raise ModelError(path, f"model.toml names the output {name!r}; the network has {sorted(outputs)}")
        side = outputs[name].shape[-1] if outputs[name].shape else None
        if isinstance(side, int) and side != last:
            raise ModelError(path, f"its output {name!r} is {outputs[name].shape}; the last axis must be {last}")
