"""What a candidate must be, whatever it scores: whole, small, readable by a tower, not slower, with its thresholds."""

from __future__ import annotations

import hashlib
import time
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from models.detector import Detector, read_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from models.gate_tests import Limits

_TYPES = onnx.TensorProto
_NUMBERS = {_TYPES.FLOAT, _TYPES.FLOAT16, _TYPES.BFLOAT16, _TYPES.INT8, _TYPES.UINT8, _TYPES.INT32}


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
    """Check a candidate's folder without running it."""
    sheet = tomllib.loads((model_dir / "model.toml").read_text(encoding="utf-8"))
    found = hashes_of(model_dir).get(str(sheet.get("file")))
    checks = [
        Check("sha256", found == sheet.get("sha256"), str(found)[:12], f"{str(sheet.get('sha256'))[:12]} (model.toml)")
    ]
    for path in sorted(model_dir.glob("*.onnx")):
        size, network = path.stat().st_size, onnx.load(str(path))
        opset = max(each.version for each in network.opset_import if each.domain in {"", "ai.onnx"})
        parameters = count_parameters(network)
        checks += [
            Check(f"{path.name}: bytes", size <= limits.most_bytes, str(size), f"at most {limits.most_bytes}"),
            Check(f"{path.name}: opset", opset <= limits.highest_opset, str(opset), f"at most {limits.highest_opset}"),
            Check(
                f"{path.name}: parameters",
                parameters <= limits.most_parameters,
                str(parameters),
                f"at most {limits.most_parameters}",
            ),
        ]
    return [*checks, _thresholds(sheet)]


def count_parameters(network: onnx.ModelProto) -> int:
    """Count the numbers that a network carries, quantised ones too; what only shapes are made of does not count."""
    return sum(
        int(np.prod(tensor.dims, dtype=np.int64))
        for tensor in network.graph.initializer
        if tensor.data_type in _NUMBERS
    )


def _thresholds(sheet: dict[str, Any]) -> Check:
    found = {part: sheet.get(part, {}).get("threshold") for part in ("decision", "confirmation")}
    calibrated = sheet.get("calibration", {}).get("a", 0.0)
    is_good = calibrated > 0 and all(isinstance(value, float) and 0.0 < value < 1.0 for value in found.values())
    return Check("thresholds", is_good, f"{found}, slope {calibrated}", "two between 0 and 1, a slope above 0")


def check_speed(candidate: Path, current: Path, limits: Limits, rounds: int = 15) -> Check:
    """Time both networks in turns, so that a busy machine slows both; compare the medians."""
    detectors = [Detector(read_sheet(folder), threads=1) for folder in (candidate, current)]
    took: list[list[float]] = [[], []]
    for turn in range(rounds + 1):
        for detector, times in zip(detectors, took, strict=True):
            width, height = detector.sheet.size
            planes = np.zeros((1, 3, height, width), np.uint8)
            began = time.perf_counter()
            detector.session.run(None, {"images": planes})
            if turn:  # the first turn makes buffers
                times.append((time.perf_counter() - began) * 1e3)
    new, old = (float(np.median(times)) for times in took)
    allowed = old * (1.0 + limits.slower_share)
    return Check("milliseconds a frame", new <= allowed, f"{new:.1f}", f"at most {allowed:.1f} (now {old:.1f})")
