"""Looks at the networks: how fast they are here against what the cameras bring, and in which light they were tried."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import FirewatchError
from firewatch_edge.cli.checkup.finding import Finding
from firewatch_edge.cli.speed import detector_times_ms, temporal_times_ms
from firewatch_edge.detect import load_spec
from firewatch_edge.node import load_eyes, model_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch_edge.config import CameraSection, EdgeSettings

__all__ = ["model_findings"]

_SPEED_FRAMES = 5
# Above the first share of the time frames are left out; above the second there is little room for a hot day.
_FULL, _NEARLY_FULL = 1.0, 0.7


def model_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Measure the networks; look at this before anything else is under way."""
    try:
        yield _speed(settings)
    except FirewatchError as err:
        yield Finding("model", "fail", "error", {"why": str(err)})
        return
    if "night" in load_spec(model_folder(settings), settings.model.precision).light:
        yield Finding("night", "ok", "night.measured")
    else:
        yield Finding("night", "warn", "night.off" if settings.tower.lat_deg is not None else "night.unknown")


def _speed(settings: EdgeSettings) -> Finding:
    eyes = load_eyes(settings)
    # Noise, not a blank: two views are only compared where there is something to compare.
    noise = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    spec = eyes.detector.spec
    each_ms = statistics.median(detector_times_ms(eyes, noise, _SPEED_FRAMES))
    temporal_ms = 0.0
    if eyes.verifier is not None:
        temporal_ms = statistics.median(temporal_times_ms(eyes, noise, _SPEED_FRAMES, eyes.candidates))
    busy = sum((each_ms + temporal_ms) / 1000.0 / _period_s(camera) for camera in settings.camera)
    facts = {
        "name": f"{spec.name} {spec.version}",
        "precision": spec.precision,
        "provider": eyes.detector.provider,
        "each_ms": f"{each_ms:.0f}",
        "temporal_ms": f"{temporal_ms:.0f}",
        "busy": f"{busy:.0%}",
        "cameras": len(settings.camera),
    }
    kind = "alone" if eyes.verifier is None else "past"
    if busy > _FULL:
        return Finding("model", "fail", f"model.{kind}.slow", facts)
    return Finding("model", "warn" if busy > _NEARLY_FULL else "ok", f"model.{kind}", facts)


def _period_s(camera: CameraSection) -> float:
    return camera.period_s if camera.mount is None else camera.patrol.dwell_every_s or camera.period_s
