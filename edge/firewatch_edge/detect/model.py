"""What a model says of itself: ``model.toml`` beside the network."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from firewatch.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CalibrationSpec", "ConfirmationSpec", "DecisionSpec", "InputSpec", "ModelSpec", "OutputSpec", "load_spec"]

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Share = Annotated[float, Meta(gt=0.0, le=1.0)]
Side = Annotated[int, Meta(ge=32, le=8192)]


class InputSpec(Struct, frozen=True, kw_only=True):
    """What the network takes: one batch of planar pictures, the frame in the top-left corner."""

    name: str
    width: Side
    height: Side
    channels: Literal["BGR", "RGB"] = "BGR"
    dtype: Literal["uint8"] = "uint8"
    pad: Annotated[int, Meta(ge=0, le=255)] = 114
    letterbox: Literal["top-left"] = "top-left"


class OutputSpec(Struct, frozen=True, kw_only=True):
    """Names of the outputs: boxes (batch, n, 4) as x0, y0, x1, y1 in input pixels; logits (batch, n, 1)."""

    boxes: str = "boxes"
    logits: str = "logits"


class CalibrationSpec(Struct, frozen=True, kw_only=True):
    """Platt's: probability = 1 / (1 + exp(-(a * logit + b)))."""

    kind: Literal["platt"]
    a: Annotated[float, Meta(gt=0.0)]
    b: float


class DecisionSpec(Struct, frozen=True, kw_only=True):
    """When a single frame shows smoke."""

    threshold: Probability
    nms_iou: Probability
    max_width_fraction: Share = 1.0


class ConfirmationSpec(Struct, frozen=True, kw_only=True):
    """When several frames together do: `hits` of the last `window`, each at least `threshold`."""

    threshold: Probability
    hits: Annotated[int, Meta(ge=1, le=100)] = 3
    window: Annotated[int, Meta(ge=1, le=100)] = 6


class ModelSpec(Struct, frozen=True, kw_only=True):
    """All of ``model.toml``; `provenance` is for people."""

    schema: Literal[1]
    name: str
    version: str
    file: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    labels: Annotated[tuple[str, ...], Meta(min_length=1, max_length=1)]
    input: InputSpec
    output: OutputSpec
    calibration: CalibrationSpec
    decision: DecisionSpec
    confirmation: ConfirmationSpec
    provenance: dict[str, Any] = {}


def load_spec(folder: Path) -> ModelSpec:
    """Read ``model.toml`` and check that the network beside it is the one described.

    Parameters
    ----------
    folder : Path
        Holds ``model.toml`` and the file that it names.

    Returns
    -------
    ModelSpec
        What the model says of itself.

    Raises
    ------
    ModelError
        If a file is missing, a setting is wrong or the network's SHA-256 is another.
    """
    path = folder / "model.toml"
    try:
        spec = msgspec.toml.decode(path.read_bytes(), type=ModelSpec)
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; give the folder that holds model.toml with --model") from err
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise ModelError(str(path), f"{err}; the model was made for another version of this program") from err
    _check_network(folder / spec.file, spec.sha256)
    return spec


def _check_network(path: Path, expected: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; model.toml names it: copy the model's whole folder") from err
    if found != expected:
        raise ModelError(
            str(path), f"its SHA-256 is {found[:12]}..., model.toml says {expected[:12]}...: copy the model again"
        )
