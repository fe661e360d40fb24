"""The smoke detector: an ONNX network with its calibration."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from firewatch.errors import ModelError
from firewatch_edge.detect.boxes import Cut, calibrate, choose
from firewatch_edge.detect.letterbox import Letterbox
from firewatch_edge.detect.model import ModelSpec, load_spec

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.vision import Detections

__all__ = ["Detector", "FrameScore"]

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
        self._cut = Cut(
            min(spec.decision.threshold, spec.confirmation.threshold),
            spec.decision.max_width_fraction,
            spec.decision.nms_iou,
        )

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Detector:
        """Open a model.

        Parameters
        ----------
        folder : Path
            Holds ``model.toml`` and the network.
        threads : int
            For the network; 0 leaves one core for decoding and takes the others.

        Returns
        -------
        Detector
            Ready: it has scored one empty frame.

        Raises
        ------
        ModelError
            If a file is missing or altered, or the network's inputs or outputs are not as ``model.toml`` says.
        """
        spec = load_spec(folder)
        path = folder / spec.file
        try:
            session = onnxruntime.InferenceSession(
                str(path), sess_options=_options(threads), providers=["CPUExecutionProvider"]
            )
        except Exception as err:  # onnxruntime's own errors share no base class but Exception
            raise ModelError(str(path), f"onnxruntime cannot read it: {err}") from err
        _check_shapes(str(path), spec, session)
        detector = cls(spec, session)
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
        detections = choose(boxes / scale, scores, (width, height), self._cut)
        return FrameScore(detections, float(scores.max(initial=0.0)))

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


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or max(1, (os.cpu_count() or 2) - 1)
    options.inter_op_num_threads = 1
    # Spinning between frames would take the core that decodes and sends.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


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
