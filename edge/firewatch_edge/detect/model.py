"""What a model says of itself: ``model.toml`` beside the network."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeGuard

import msgspec
from msgspec import Meta, Struct

from firewatch.domain.checks import require_at_least, require_finite
from firewatch.errors import InvalidValue, ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CalibrationSpec",
    "ConfirmationSpec",
    "DecisionSpec",
    "InputSpec",
    "Int8Spec",
    "ModelSpec",
    "OutputSpec",
    "Precision",
    "TemporalSpec",
    "check_file",
    "load_spec",
]

Precision = Literal["auto", "float", "int8"]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Frames = Annotated[int, Meta(ge=1, le=100)]
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
    hits: Frames = 3
    window: Frames = 6


class Int8Spec(Struct, frozen=True, kw_only=True):
    """The same network with weights and steps of eight bits; `preferred` where it is to run unless told otherwise."""

    file: str
    sha256: Sha256
    preferred: bool = False


class TemporalSpec(Struct, frozen=True, kw_only=True):
    """The verifier, which sees a candidate's place now and before, and when a frame that has a past counts.

    A box is looked at from `candidate_threshold` on (the detector's calibrated probability), at most `candidates` of a
    frame. Its probability is then ``sigmoid(detector_weight * d + verifier_weight * v + offset)`` of the two networks'
    raw logits d and v. `hits` of the last `window` frames, each at least `threshold` and the first at least `span_s`
    seconds before the last, make a sighting.
    """

    file: str
    sha256: Sha256
    input: str = "clips"
    output: str = "logits"
    candidate_threshold: Probability
    candidates: Annotated[int, Meta(ge=1, le=20)] = 8
    detector_weight: float
    verifier_weight: float
    offset: float
    threshold: Probability
    hits: Frames = 3
    window: Frames = 6
    span_s: Annotated[float, Meta(ge=0.0, le=3600.0)] = 20.0
    int8: Int8Spec | None = None

    def __post_init__(self) -> None:
        # TOML knows nan and inf, and a range does not keep nan out.
        for name in ("detector_weight", "verifier_weight", "offset", "candidate_threshold", "threshold", "span_s"):
            require_finite(f"temporal.{name}", getattr(self, name))
        require_at_least("temporal.window", self.window, self.hits)


class ModelSpec(Struct, frozen=True, kw_only=True):
    """All of ``model.toml``; `light` is that in which it was measured, `provenance` is for people."""

    schema: Literal[1]
    name: str
    version: str
    file: str
    sha256: Sha256
    labels: Annotated[tuple[str, ...], Meta(min_length=1, max_length=1)]
    input: InputSpec
    output: OutputSpec
    calibration: CalibrationSpec
    decision: DecisionSpec
    confirmation: ConfirmationSpec
    temporal: TemporalSpec | None = None
    int8: Int8Spec | None = None
    light: Annotated[tuple[Literal["day", "twilight", "night"], ...], Meta(min_length=1)] = ("day", "twilight")
    provenance: dict[str, Any] = {}

    @property
    def precision(self) -> str:
        """Which of the two detectors `file` is: ``float`` or ``int8``."""
        return "int8" if self.int8 is not None and self.file == self.int8.file else "float"


def load_spec(folder: Path, precision: Precision = "auto") -> ModelSpec:
    """Read ``model.toml`` and check that the detector beside it is the one described.

    Parameters
    ----------
    folder : Path
        Holds ``model.toml`` and the files that it names.
    precision : {"auto", "float", "int8"}
        Which form of each network is to run; ``auto`` is the float one unless the model prefers the other. Where only
        one of the two has eight bits, the other runs in float.

    Returns
    -------
    ModelSpec
        What the model says of itself; `file` and `sha256` are those of the network that is to run, the verifier's too.

    Raises
    ------
    ModelError
        If a file is missing, a setting is wrong, the detector's SHA-256 is another, or int8 is asked of a model that
        has none.
    """
    path = folder / "model.toml"
    try:
        spec = msgspec.toml.decode(path.read_bytes(), type=ModelSpec)
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; give the folder that holds model.toml with --model") from err
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidValue) as err:
        raise ModelError(str(path), f"{err}; the model was made for another version of this program") from err
    spec = _of_precision(path, spec, precision)
    check_file(folder / spec.file, spec.sha256)
    return spec


def _of_precision(path: Path, spec: ModelSpec, precision: Precision) -> ModelSpec:
    temporal = spec.temporal
    if precision == "int8" and spec.int8 is None and (temporal is None or temporal.int8 is None):
        raise ModelError(str(path), "it has no section [int8]: take precision auto or float")
    if temporal is not None and _takes_int8(temporal.int8, precision):
        temporal = msgspec.structs.replace(temporal, file=temporal.int8.file, sha256=temporal.int8.sha256)
        spec = msgspec.structs.replace(spec, temporal=temporal)
    if _takes_int8(spec.int8, precision):
        return msgspec.structs.replace(spec, file=spec.int8.file, sha256=spec.int8.sha256)
    return spec


def _takes_int8(int8: Int8Spec | None, precision: Precision) -> TypeGuard[Int8Spec]:
    return int8 is not None and (precision == "int8" or (precision == "auto" and int8.preferred))


def check_file(path: Path, expected: str) -> None:
    """Raise `ModelError` unless a file of the model has the SHA-256 that ``model.toml`` says."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; model.toml names it: copy the model's whole folder") from err
    if found != expected:
        raise ModelError(
            str(path), f"its SHA-256 is {found[:12]}..., model.toml says {expected[:12]}...: copy the model again"
        )
