"""What a candidate must be, whatever it scores: whole, small, readable by a tower, not slower, with its thresholds."""

from __future__ import annotations

import hashlib
import time
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from firewatch.errors import ModelError
from firewatch_edge.detect import CLIP_FRAMES, CLIP_SIDE, MOST_CHANGES, Eyes
from firewatch_edge.detect.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.gate_tests import Limits

_TYPES = onnx.TensorProto
_NUMBERS = {_TYPES.FLOAT, _TYPES.FLOAT16, _TYPES.BFLOAT16, _TYPES.INT8, _TYPES.UINT8, _TYPES.INT32}
# Sections of model.toml that name a network, besides its head.
_SECTIONS = ("temporal", "int8")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was found, what is allowed."""

    name: str
    passed: bool
    found: str
    allowed: str


def hashes_of(model_dir: Path) -> dict[str, str]:
    """Return the SHA-256 of what runs on a tower, by name: model.toml and every network."""
    paths = [model_dir / "model.toml", *sorted(model_dir.glob("*.onnx"))]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def check_files(model_dir: Path, limits: Limits) -> list[Check]:
    """Check every network of a candidate's folder without running it: detector, verifier, and what else lies there."""
    sheet = _sheet(model_dir)
    named = {str(part.get("file")): str(part.get("sha256")) for part in (sheet, *_parts(sheet))}
    found = hashes_of(model_dir)
    checks = [
        Check(
            f"{name}: sha256",
            found.get(name) == wanted,
            found.get(name, "missing")[:12],
            f"{wanted[:12]} (model.toml)",
        )
        for name, wanted in named.items()
    ]
    for path in sorted(model_dir.glob("*.onnx")):
        if path.name not in named:
            checks.append(Check(f"{path.name}: sha256", passed=False, found="not named", allowed="named in model.toml"))
        checks += _check_network(path, limits)
    return [*checks, _thresholds(sheet)]


def _check_network(path: Path, limits: Limits) -> list[Check]:
    try:
        network = onnx.load(str(path))
    except Exception as err:  # noqa: BLE001 - protobuf's own errors share no base class but Exception
        return [Check(f"{path.name}: ONNX", passed=False, found=str(err), allowed="a network that onnx can read")]
    opset = max(each.version for each in network.opset_import if each.domain in {"", "ai.onnx"})
    measured = {
        "bytes": (path.stat().st_size, limits.most_bytes),
        "opset": (opset, limits.highest_opset),
        "parameters": (count_parameters(network), limits.most_parameters),
    }
    return [
        Check(f"{path.name}: {what}", value <= most, str(value), f"at most {most}")
        for what, (value, most) in measured.items()
    ]


def count_parameters(network: onnx.ModelProto) -> int:
    """Count the numbers that a network carries, quantised ones too; what only shapes are made of does not count."""
    return sum(
        int(np.prod(tensor.dims, dtype=np.int64))
        for tensor in network.graph.initializer
        if tensor.data_type in _NUMBERS
    )


def _thresholds(sheet: dict[str, Any]) -> Check:
    parts = ("decision", "confirmation", *(("temporal",) if "temporal" in sheet else ()))
    found = {part: sheet.get(part, {}).get("threshold") for part in parts}
    calibrated = sheet.get("calibration", {}).get("a", 0.0)
    is_good = calibrated > 0 and all(isinstance(value, float) and 0.0 < value < 1.0 for value in found.values())
    return Check("thresholds", is_good, f"{found}, slope {calibrated}", "each between 0 and 1, a slope above 0")


def check_readable(model_dir: Path) -> Check:
    """Open a candidate as a tower does."""
    try:
        eyes = Eyes.load(model_dir, 1)
    except ModelError as err:
        return Check("a tower reads it", passed=False, found=str(err), allowed="as firewatch-edge reads a model")
    found = "detector" if eyes.verifier is None else "detector and verifier"
    return Check("a tower reads it", passed=True, found=found, allowed="as firewatch-edge reads a model")


def check_speed(candidate: Path, current: Path, limits: Limits, rounds: int = 15) -> list[Check]:
    """Time each network of both, in turns, so that a busy machine slows both; compare the medians.

    A verifier where the model in service has none may take as long as the detector in service: a frame then takes no
    more than twice its time.
    """
    new, old = _runs(candidate), _runs(current)
    checks = []
    for stage, run in new.items():
        took, usual = _medians_ms(run, old.get(stage, old["detector"]), rounds)
        allowed = usual * (1.0 + limits.slower_share) if stage in old else usual
        now = f"now {usual:.1f}" if stage in old else "as the detector; now none"
        checks.append(Check(f"{stage}: milliseconds", took <= allowed, f"{took:.1f}", f"at most {allowed:.1f} ({now})"))
    return checks


def _medians_ms(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    took: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        times = []
        for run in (one, other):
            began = time.perf_counter()
            run()
            times.append((time.perf_counter() - began) * 1e3)
        if turn:  # the first turn makes buffers
            took.append((times[0], times[1]))
    first, second = np.median(np.array(took), axis=0)
    return float(first), float(second)


def _runs(model_dir: Path) -> dict[str, Callable[[], object]]:
    """Return what one frame asks of each network, on one thread: a picture, and as many places as there can be."""
    sheet = _sheet(model_dir)
    planes = np.zeros((1, 3, sheet["input"]["height"], sheet["input"]["width"]), np.uint8)
    runs = {"detector": _run(model_dir / sheet["file"], planes)}
    if "temporal" in sheet:
        places = sheet["temporal"].get("candidates", 8) + MOST_CHANGES
        clips = np.zeros((places, CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE), np.uint8)
        runs["verifier"] = _run(model_dir / sheet["temporal"]["file"], clips)
    return runs


def _run(path: Path, given: np.ndarray) -> Callable[[], object]:
    session = open_session(path, 1)
    feed = {session.get_inputs()[0].name: given}
    return lambda: session.run(None, feed)


def _sheet(model_dir: Path) -> dict[str, Any]:
    return tomllib.loads((model_dir / "model.toml").read_text(encoding="utf-8"))


def _parts(sheet: dict[str, Any]) -> list[dict[str, Any]]:
    return [sheet[name] for name in _SECTIONS if name in sheet]
