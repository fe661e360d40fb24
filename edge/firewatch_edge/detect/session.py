"""Opens a network on the provider that the settings name."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import onnxruntime

from firewatch.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

__all__ = ["Provider", "available_providers", "open_session", "provider_in_use"]

Provider = Literal["auto", "cpu", "openvino", "cuda", "tensorrt"]

# ONNX Runtime's names of those that it runs itself; TensorRT and CUDA come with onnxruntime-gpu.
_BY_ONNXRUNTIME = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_HOW = {
    "openvino": "pip install firewatch-edge[openvino]",
    "cuda": "pip install onnxruntime-gpu in place of onnxruntime",
    "tensorrt": "pip install onnxruntime-gpu in place of onnxruntime, and TensorRT",
}
_TYPES = {"u8": "tensor(uint8)", "f32": "tensor(float)"}


def available_providers() -> tuple[str, ...]:
    """Return the providers that this machine's packages offer; whether a card answers is known when one is opened."""
    offered = set(onnxruntime.get_available_providers())
    found = [name for name, theirs in _BY_ONNXRUNTIME.items() if theirs in offered]
    return (*found, "openvino") if importlib.util.find_spec("openvino") else tuple(found)


def provider_in_use(provider: Provider) -> str:
    """Return what `provider` comes to: ``auto`` is the processor by ONNX Runtime, which every figure was taken with."""
    return "cpu" if provider == "auto" else provider


def open_session(path: Path, threads: int, provider: Provider = "auto") -> Any:
    """Open a network.

    Parameters
    ----------
    path : Path
        The .onnx file.
    threads : int
        0 leaves one core for decoding and takes the others.
    provider : {"auto", "cpu", "openvino", "cuda", "tensorrt"}
        What computes. CUDA and TensorRT have not been tried.

    Returns
    -------
    onnxruntime.InferenceSession or one that answers as it does
        Ready to run.

    Raises
    ------
    ModelError
        If the provider is not there, or cannot read the network.
    """
    chosen = provider_in_use(provider)
    there = available_providers()
    if chosen not in there:
        raise ModelError(
            str(path), f"provider {chosen!r} is not installed (there is {', '.join(there)}): {_HOW.get(chosen, '')}"
        )
    try:
        if chosen == "openvino":
            return _OpenVinoSession(path, _threads(threads))
        session = onnxruntime.InferenceSession(str(path), sess_options=_options(threads), providers=_in_order(chosen))
    except Exception as err:  # neither library's errors share a base class but Exception
        raise ModelError(str(path), f"{chosen} cannot read it: {err}") from err
    if _BY_ONNXRUNTIME[chosen] not in session.get_providers():
        # ONNX Runtime goes on with the processor, silently and ten times slower.
        raise ModelError(str(path), f"provider {chosen!r} cannot be used here: see the log for what it lacks")
    return session


def _in_order(chosen: str) -> list[str]:
    """Return a provider and what takes over the parts of a network that it lacks."""
    order = {"tensorrt": ("tensorrt", "cuda", "cpu"), "cuda": ("cuda", "cpu")}.get(chosen, ("cpu",))
    return [_BY_ONNXRUNTIME[name] for name in order]


def _threads(threads: int) -> int:
    return threads or max(1, (os.cpu_count() or 2) - 1)


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads(threads)
    options.inter_op_num_threads = 1
    # Spinning between frames would take the core that decodes and sends.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of where each value lies takes more memory than it saves: 40 MB of the detector's, at the same speed.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


@dataclass(frozen=True, slots=True)
class _Node:
    """An input or output as ONNX Runtime describes one."""

    name: str
    type: str
    shape: list[int | str]


class _OpenVinoSession:
    """OpenVINO behind the few calls of an ONNX Runtime session that are made."""

    def __init__(self, path: Path, threads: int) -> None:
        settings = {
            # By itself it computes with 16 bits where the processor can, and logits move by up to one.
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
        }
        self._model: Any = importlib.import_module("openvino").Core().compile_model(str(path), "CPU", settings)
        self._request: Any = self._model.create_infer_request()

    def get_inputs(self) -> list[_Node]:
        return [_node(port) for port in self._model.inputs]

    def get_outputs(self) -> list[_Node]:
        return [_node(port) for port in self._model.outputs]

    def run(self, outputs: Sequence[str], feeds: Mapping[str, npt.NDArray[np.uint8]]) -> list[Any]:
        answer = self._request.infer(dict(feeds), share_inputs=True)
        return [answer[self._model.output(name)] for name in outputs]


def _node(port: Any) -> _Node:
    kind = port.element_type.get_type_name()
    sides = [side.get_length() if side.is_static else str(side) for side in port.partial_shape]
    return _Node(port.any_name, _TYPES.get(kind, f"tensor({kind})"), sides)
