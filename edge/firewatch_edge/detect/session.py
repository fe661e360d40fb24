"""Opens a network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import onnxruntime

from firewatch.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_session"]


def open_session(path: Path, threads: int) -> Any:
    """Open a network for this machine's processor.

    Parameters
    ----------
    path : Path
        The .onnx file.
    threads : int
        0 leaves one core for decoding and takes the others.

    Returns
    -------
    onnxruntime.InferenceSession
        Ready to run.

    Raises
    ------
    ModelError
        If onnxruntime cannot read it.
    """
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception as err:  # onnxruntime's own errors share no base class but Exception
        raise ModelError(str(path), f"onnxruntime cannot read it: {err}") from err


def _options(threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or max(1, (os.cpu_count() or 2) - 1)
    options.inter_op_num_threads = 1
    # Spinning between frames would take the core that decodes and sends.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
