"""The verifier: an ONNX network that looks at a candidate's clip and says whether smoke has come there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.errors import ModelError
from firewatch_edge.detect.boxes import logistic
from firewatch_edge.detect.clips import CLIP_FRAMES, CLIP_SIDE
from firewatch_edge.detect.model import TemporalSpec, check_file
from firewatch_edge.detect.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch_edge.detect.session import Provider

__all__ = ["Verifier"]

_CLIP_SHAPE = (CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE)


class Verifier:
    """Judges clips; not thread-safe, one thread owns it.

    Parameters
    ----------
    spec : TemporalSpec
        What the model says of it.
    session : onnxruntime.InferenceSession
        The network.
    """

    def __init__(self, spec: TemporalSpec, session: Any) -> None:
        self.spec = spec
        self._session = session

    @classmethod
    def load(cls, folder: Path, spec: TemporalSpec, threads: int = 0, provider: Provider = "auto") -> Verifier:
        """Open the verifier of a model.

        Parameters
        ----------
        folder : Path
            The model's.
        spec : TemporalSpec
            The section ``[temporal]`` of its ``model.toml``.
        threads : int
            For the network; 0 leaves one core for decoding and takes the others.
        provider : {"auto", "cpu", "openvino", "cuda", "tensorrt"}
            What computes.

        Returns
        -------
        Verifier
            Ready: it has judged empty clips, one and two at a time.

        Raises
        ------
        ModelError
            If the file is missing or altered, or the network's input or output is not as this program needs it.
        """
        path = folder / spec.file
        check_file(path, spec.sha256)
        session = open_session(path, threads, provider)
        _check_shapes(str(path), spec, session)
        verifier = cls(spec, session)
        for count in (1, 2):
            try:
                verifier.logits(np.full((count, *_CLIP_SHAPE), 114, np.uint8))
            except ModelError as err:
                raise ModelError(str(path), f"it cannot judge {count} empty clip(s): {err.why}") from err
        return verifier

    def logits(self, clips: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Judge clips.

        Parameters
        ----------
        clips : ndarray, shape (n, 5, 3, 96, 96), uint8
            As of `cut_clips`; n may be 0.

        Returns
        -------
        ndarray, shape (n,)
            The network's raw logits.

        Raises
        ------
        ModelError
            If the network fails, or answers with what are no numbers or not one for each clip.
        """
        if not len(clips):
            return np.empty(0, np.float64)
        try:
            (answer,) = self._session.run([self.spec.output], {self.spec.input: clips})
        except Exception as err:  # onnxruntime's own errors share no base class but Exception
            raise ModelError(self.spec.file, f"the verifier failed: {err}") from err
        logits = np.asarray(answer, np.float64)
        if logits.shape != (len(clips), 1):
            raise ModelError(self.spec.file, f"of {len(clips)} clips it answers {logits.shape}, not (n, 1)")
        if not np.isfinite(logits).all():
            raise ModelError(self.spec.file, f"of {len(clips)} clips some answers are no numbers: copy the model again")
        return logits[:, 0]

    def probabilities(
        self, detector: npt.NDArray[np.floating], verifier: npt.NDArray[np.floating]
    ) -> npt.NDArray[np.float32]:
        """Join the raw logits (n,) of detector and verifier to probabilities (n,)."""
        spec = self.spec
        return logistic(
            spec.detector_weight * detector.astype(np.float64) + spec.verifier_weight * verifier + spec.offset
        )


def _check_shapes(path: str, spec: TemporalSpec, session: Any) -> None:
    inputs = {node.name: node for node in session.get_inputs()}
    outputs = {node.name: node for node in session.get_outputs()}
    if list(inputs) != [spec.input]:
        raise ModelError(path, f"model.toml names the input {spec.input!r}; the verifier has {sorted(inputs)}")
    if spec.output not in outputs:
        raise ModelError(path, f"model.toml names the output {spec.output!r}; the verifier has {sorted(outputs)}")
    node = inputs[spec.input]
    if node.type != "tensor(uint8)":
        raise ModelError(path, f"its input is {node.type}; this program gives tensor(uint8)")
    if len(node.shape) != 1 + len(_CLIP_SHAPE) or not _fits(node.shape[1:], _CLIP_SHAPE):
        raise ModelError(path, f"its input is {node.shape}; this program gives (batch, 5, 3, 96, 96)")


def _fits(sides: list[int | str], wanted: tuple[int, ...]) -> bool:
    """Tell whether declared sides, of which some may be open, allow the wanted ones."""
    return all(not isinstance(side, int) or side == want for side, want in zip(sides, wanted, strict=True))
