"""The node as a whole: its memory over many frames, frames a second, and the time from first smoke to the broker.

Run by `python benchmarks/edge.py --node`; each part is measured in a process of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from firewatch.domain.ids import CameraId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.wire import codec
from firewatch_edge.capture import decode_frame, whole_picture
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import Eyes, Sight, TilesWanted, TileTime, plan_tiles, shipped_model, without_tiles
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Handover, Inbox, Pipeline, Watch, Watcher, rules_of, verified_rules_of
from firewatch_edge.publish.outbox import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.domain.vision import Evidence, Frame, Sighting

_START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
_HFOV_DEG = 60.0
# So many different pictures in turn, a camera's period apart.
_PICTURES, _PERIOD_S = 12, 30.0
_SAMPLES = 20
_SECONDS = 20.0
_MB = 1e6


class DiskPublisher:
    """Keeps what the node decides in a true outbox, and has nobody to send it to."""

    def __init__(self, path: Path) -> None:
        self._outbox = Outbox(path, most_bytes=20_000_000)

    def sighting(self, sighting: Sighting) -> None:
        """Keep a sighting as the node's own publisher does."""
        payload = codec.encode_sighting(sighting, message_id := self._new_id())
        self._outbox.put(message_id, "sightings", payload, Priority.SIGHTING)

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture as the node's own publisher does."""
        payload = codec.encode_evidence(evidence, message_id := self._new_id())
        self._outbox.put(message_id, "evidence", payload, Priority.FRAME)

    def _new_id(self) -> MessageId:
        return MessageId(make_ulid(datetime.now(UTC), os.urandom(10)))

    def sighting_unkept(self, _: Sighting) -> bool:
        """Send nothing: there is no link."""
        return False


def pipeline_of(cameras: int, folder: Path, *, model: Path | None = None, has_tiles: bool) -> tuple[Pipeline, Inbox]:
    """Put the node's own objects together for so many cameras, two threads for the networks."""
    eyes = Eyes.load(model or shipped_model(), 2)
    spec, chosen = eyes.detector.spec, ConfirmationSection()
    names = [CameraId(f"c{number}") for number in range(cameras)]
    watches = {}
    # As much time as there is: every tile of every frame.
    wanted, time_for = (TilesWanted(_HFOV_DEG) if has_tiles else None), TileTime(1e6)
    for name in names:
        view = Viewpoint(TowerId("a"), name, PoseId("main"), Calibration("a", 0.0, 0.0, _HFOV_DEG, 0.5), spec.sha256)
        confirmer = Confirmer(
            rules_of(chosen, spec), view, np.random.default_rng(0), verified_rules_of(chosen, eyes.temporal)
        )
        sight = Sight(eyes.detector, wanted, time_for, whole_picture)
        watches[name] = Watch(Watcher(eyes, confirmer, sight=sight), CameraMonitor(name, _PERIOD_S, 0.0))
    inbox = Inbox(names)
    handover = Handover(DiskPublisher(folder / f"outbox-{cameras}-{has_tiles}.sqlite"))  # type: ignore[arg-type]
    return Pipeline(watches, inbox, handover, np.random.default_rng(0)), inbox


def pictures(size: tuple[int, int], count: int = _PICTURES) -> list[bytes]:
    """Return pictures of one view as a camera sends them, each with its own grain."""
    from edge import jpeg_of, picture

    still, rng = picture(size), np.random.default_rng(1)
    grain = [rng.integers(0, 5, (size[1], size[0], 1), np.uint8) for _ in range(3)]
    return [
        jpeg_of(np.clip(still.astype(np.int16) + np.roll(grain[k % 3], 7 * k), 0, 255).astype(np.uint8))
        for k in range(count)
    ]


def frames_of(camera: int, encoded: list[bytes], size: tuple[int, int]) -> Callable[[int], Frame]:
    """Return what decodes a camera's frame of a number, as small as the node does."""
    by = without_tiles(plan_tiles(*size, _HFOV_DEG, (1280, 736))).decoded

    def frame(number: int) -> Frame:
        at = _START + timedelta(seconds=_PERIOD_S * number, milliseconds=camera)
        found = decode_frame("c", encoded[(number + camera) % len(encoded)], at, lambda *_: by)
        stamp = type(found.stamp)(at, f"{number * 64 + camera:064x}", found.stamp.width_px, found.stamp.height_px)
        return type(found)(stamp, found.image, found.encoded)

    return frame


def resident_mb() -> float:
    """Return the memory of this process that is in use [MB]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / _MB


def memory_of(
    size: tuple[int, int], folder: Path, frames: int, model: Path | None = None, *, has_tiles: bool = True
) -> dict[str, Any]:
    """Return the memory of a node with four cameras, sampled over so many frames [MB]."""
    pipeline, _ = pipeline_of(4, folder, model=model, has_tiles=has_tiles)
    encoded = pictures(size)
    cameras = [(CameraId(f"c{k}"), frames_of(k, encoded, size)) for k in range(4)]
    # What waits while one is looked at: one decoded frame of each of the others.
    waiting: dict[CameraId, Frame] = {name: frame(0) for name, frame in cameras}
    samples, started_s = [], time.perf_counter()
    for number in range(frames):
        name, frame = cameras[number % 4]
        now, waiting[name] = waiting[name], frame(1 + number // 4)
        pipeline.look(name, now)
        if number % max(1, frames // _SAMPLES) == 0 or number == frames - 1:
            samples.append(round(resident_mb(), 1))
    # A view's memory is full after 12 minutes of frames, 24 a camera at this period.
    full = [sample for k, sample in enumerate(samples) if k * max(1, frames // _SAMPLES) >= min(frames // 2, 200)]
    return {
        "frames": frames,
        "seconds": round(time.perf_counter() - started_s, 1),
        "samples_mb": samples,
        "most_mb": max(samples),
        "grown_mb": round(median(full[-3:]) - median(full[:3]), 1),
    }


def rate_of(cameras: int, size: tuple[int, int], folder: Path, *, has_tiles: bool) -> dict[str, float]:
    """Return how many frames a second a node looks at that always has one of each camera waiting."""
    pipeline, inbox = pipeline_of(cameras, folder, has_tiles=has_tiles)
    encoded, stop = pictures(size), threading.Event()

    def serve(camera: int) -> None:
        frame, number, name = frames_of(camera, encoded, size), 0, CameraId(f"c{camera}")
        while not stop.wait(0.001):
            if inbox.has_room(name):
                inbox.put(name, frame(number))
                number += 1

    threads = [threading.Thread(target=serve, args=(camera,), daemon=True) for camera in range(cameras)]
    for thread in threads:
        thread.start()
    looked, cpu_s, started_s = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - started_s < _SECONDS or looked < cameras:
        taken = inbox.take(5.0)
        if taken is not None:
            pipeline.look(*taken)
            looked += 1
    elapsed_s, worked_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    stop.set()
    return {
        "cameras": cameras,
        "frames_a_second": round(looked / elapsed_s, 2),
        "cpu_ms_a_frame": round(worked_s / looked * 1000.0, 1),
    }


def alone(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run a measurement in a process of its own, so that what others left in memory does not count."""
    gc.collect()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, args, kwargs)


def measure_node(folder: Path, frames: int) -> dict[str, Any]:
    """Measure and print all that is of the node as a whole."""
    from edge import SIZES

    found: dict[str, Any] = {}
    for name, size in SIZES.items():
        kept = found[f"memory {name}"] = alone(memory_of, size, folder, frames if name == "1080p" else min(frames, 400))
        print(f"\nfour cameras, {name}: {kept}", flush=True)
    for name, size in SIZES.items():
        for has_tiles in (False, True):
            rates = [alone(rate_of, cameras, size, folder, has_tiles=has_tiles) for cameras in (1, 4, 8)]
            found[f"rate {name} {'with' if has_tiles else 'without'} tiles"] = rates
            print(f"{name}, tiles {has_tiles}: {rates}", flush=True)
    import edge_alarm

    found["alarm"] = edge_alarm.measure_alarm(folder)
    print(f"alarm: {found['alarm']}")
    return found
