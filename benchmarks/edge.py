"""A frame's way through the node, stage by stage, beside the shape of Pyronear's published pipeline with our network.

`make bench` takes the rows of the whole way; `python benchmarks/edge.py` prints the stages at 1080p and 4K, and with
`--node` what benchmarks/edge_node.py measures: memory, frames a second, the time to an alarm.

The peer decodes a camera's JPEG, encodes it again for its upload, decodes that, shrinks it with Pillow and letterboxes
it, as pyro-engine and pyro-predictor (Apache-2.0) do; then runs the same network.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from firewatch.domain.ids import CameraId, MessageId, PoseId, TowerId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Box, Detections
from firewatch_edge.capture import SnapshotSource, decode_frame
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint
from firewatch_edge.detect import Detector, Letterbox, plan_tiles, shipped_model, without_tiles
from firewatch_edge.detect.shrink import shrunk
from firewatch_edge.node import crop_jpeg, frame_jpeg
from firewatch_edge.publish.outbox import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

Row = tuple[str, str, str, float, float]

SIZES = {"1080p": (1920, 1080), "4K": (3840, 2160)}
_START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
_BOX = Box(900.0, 500.0, 960.0, 540.0)
_SIGHTING_BYTES = 1200
_HFOV_DEG = 60.0
# What runs for a sighting only, not for each frame.
_SELDOM = {"encode", "outbox"}
_AROUND = ("resize", "blob", "post")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage takes a frame: elapsed and of all processors together, each as it was round by round [ms]."""

    elapsed_ms: list[float]
    cpu_ms: list[float]


def picture(size: tuple[int, int], seed: int = 0) -> npt.NDArray[np.uint8]:
    """Return a picture that compresses as a view of hills does: (h, w, 3)."""
    rng, (width, height) = np.random.default_rng(seed), size
    coarse = cv2.resize(rng.integers(60, 200, (height // 24, width // 24, 3), np.uint8), size, interpolation=3)
    grain = cv2.GaussianBlur(rng.normal(0.0, 25.0, (height, width, 1)).astype(np.float32), (0, 0), 1.0)
    return np.clip(coarse + grain[..., None], 0, 255).astype(np.uint8)


def jpeg_of(image: npt.NDArray[np.uint8]) -> bytes:
    """Return a picture as a camera sends it."""
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].data)


class _Camera(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Way:
    """One frame's way through the node with the shipped network, a stage at a time.

    Parameters
    ----------
    size : (int, int)
        Width and height of the frames.
    folder : Path
        For the outbox.
    threads : int
        Of the network.
    """

    def __init__(self, size: tuple[int, int], folder: Path, threads: int) -> None:
        self.encoded = jpeg_of(picture(size))
        self.detector = Detector.load(shipped_model(), threads)
        # The whole frame, as the peer looks at it; a tile costs one more resize, blob, network and post.
        plan = without_tiles(plan_tiles(*size, _HFOV_DEG, self.detector.input_px))
        self._reduction = lambda *_: plan.decoded
        self._frame = self._decode()
        self._box = Letterbox(*self.detector.input_px)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Camera", (_Camera,), {"body": self.encoded}))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._source = SnapshotSource(
            f"http://127.0.0.1:{self._server.server_port}/", lambda: _START, reduction=self._reduction
        )
        lens = Calibration("a/b/main", 0.0, 0.0, _HFOV_DEG, 0.5)
        view = Viewpoint(TowerId("a"), CameraId("b"), PoseId("main"), lens, "0" * 64)
        self._confirmer = Confirmer(Rules(0.5), view, np.random.default_rng(0))
        self._outbox = Outbox(folder / f"way-{size[0]}.sqlite")
        self._steps = 0

    def stages(self) -> dict[str, Callable[[], object]]:
        """Return the stages; those that cannot be had alone are named with what is to be taken off them."""
        planes, _ = self._box.fit(self._frame.image)
        feeds = {self.detector.spec.input.name: planes}
        outputs = [self.detector.spec.output.boxes, self.detector.spec.output.logits]
        size = self._box.content_size(*self._frame.image.shape[1::-1])
        small = np.empty((size[1], size[0], 3), np.uint8)
        return {
            "read": partial(self._source.read, 5.0),
            "decode": self._decode,
            "resize": lambda: shrunk(self._frame.image, size, small),
            "fit": lambda: self._box.fit(self._frame.image),
            "network": lambda: self.detector._session.run(outputs, feeds),  # noqa: SLF001 - the stage by itself
            "score": lambda: self.detector.score(self._frame.image),
            "confirm": self._confirm,
            "encode": lambda: (crop_jpeg(self._frame.image, _BOX), frame_jpeg(self._frame.image)),
            "outbox": self._keep,
        }

    def close(self) -> None:
        """Let go of camera and outbox."""
        self._server.shutdown()
        self._server.server_close()
        self._outbox.close()

    def _decode(self) -> Any:
        return decode_frame("c", self.encoded, _START, self._reduction)

    def _confirm(self) -> object:
        self._steps += 1
        boxes = np.array([[0.0, 0.0, 40.0, 30.0], [200.0, 100.0, 260.0, 140.0]], np.float32)
        stamp = decode_stamp(self._frame.stamp, self._steps)
        found = Detections(boxes, np.array([0.9, 0.6], np.float32))
        return self._confirmer.step(ConfirmState(), stamp, found)

    def _keep(self) -> None:
        message_id = MessageId(make_ulid(datetime.now(UTC), np.random.default_rng().bytes(10)))
        topic = "firewatch/v1/towers/a/cameras/b/sightings"
        self._outbox.put(message_id, topic, bytes(_SIGHTING_BYTES), Priority.SIGHTING)


def decode_stamp(stamp: Any, number: int) -> Any:
    """Return a frame's stamp at a later time."""
    return type(stamp)(_START + timedelta(seconds=10 * number), f"{number:064x}", stamp.width_px, stamp.height_px)


def peers_way(encoded: bytes, detector: Detector) -> dict[str, Callable[[], object]]:
    """Return the peer's way from a camera's JPEG to the network's output, all but the network and the network alone."""
    width, height = detector.input_px
    outputs = [detector.spec.output.boxes, detector.spec.output.logits]

    def before() -> npt.NDArray[np.uint8]:
        first = Image.open(io.BytesIO(encoded)).convert("RGB")
        again = io.BytesIO()
        first.save(again, format="JPEG", quality=87)
        image = Image.open(again).convert("RGB").resize((width, 720), Image.Resampling.BILINEAR)
        rgb = np.array(image)
        scale = min(width / rgb.shape[1], height / rgb.shape[0])
        fitted = cv2.resize(rgb, (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)))
        below = height - fitted.shape[0]
        boxed = cv2.copyMakeBorder(fitted, below // 2, below - below // 2, 0, 0, cv2.BORDER_CONSTANT, value=(114,) * 3)
        return np.ascontiguousarray(boxed[None].transpose(0, 3, 1, 2))

    def whole() -> object:
        return detector._session.run(outputs, {detector.spec.input.name: before()})  # noqa: SLF001 - the same network

    return {"peer before": before, "peer": whole}


def timed(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, Stage]:
    """Run all works in turns, so that what disturbs one disturbs the others too."""
    stages = {name: Stage([], []) for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            cpu_s, start_s = time.process_time(), time.perf_counter()
            work()
            stages[name].elapsed_ms.append((time.perf_counter() - start_s) * 1000.0)
            stages[name].cpu_ms.append((time.process_time() - cpu_s) * 1000.0)
    return stages


def measure_way(name: str, folder: Path, rounds: int, threads: int) -> dict[str, dict[str, float]]:
    """Return the stages of a size of frames [ms], medians of rounds: elapsed and of processors."""
    way = Way(SIZES[name], folder, threads)
    try:
        found = timed(way.stages() | peers_way(way.encoded, way.detector), rounds)
    finally:
        way.close()
    split = {
        "grab": ("read", "decode"),
        "decode": ("decode",),
        "resize": ("resize",),
        "blob": ("fit", "resize"),
        "network": ("network",),
        "post": ("score", "network", "fit"),
        "confirm": ("confirm",),
        "encode": ("encode",),
        "outbox": ("outbox",),
        "peer before": ("peer before",),
        "peer": ("peer",),
    }
    table = {stage: _difference(found, parts) for stage, parts in split.items()}
    each = [table[stage] for stage in split if stage not in _SELDOM and not stage.startswith("peer")]
    table["ours"] = {kind: sum(row[kind] for row in each) for kind in ("elapsed_ms", "cpu_ms")}
    around = {kind: sum(table[stage][kind] for stage in _AROUND) for kind in ("elapsed_ms", "cpu_ms")}
    table["around the network"] = around
    table["share of the network"] = {kind: around[kind] / table["network"][kind] for kind in around}
    return table


def _difference(found: dict[str, Stage], parts: tuple[str, ...]) -> dict[str, float]:
    """Return the median over rounds of the first part less the others, of the same round."""
    first, *others = (found[part] for part in parts)
    return {
        kind: max(
            0.0,
            median(
                a - sum(rest)
                for a, *rest in zip(getattr(first, kind), *(getattr(o, kind) for o in others), strict=True)
            ),
        )
        for kind in ("elapsed_ms", "cpu_ms")
    }


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:  # noqa: ARG001 - takes turns of its own
    """Yield the whole way of a frame at both sizes, and what surrounds the network beside the network."""
    for name in SIZES:
        table = measure_way(name, folder, rounds=7, threads=1)
        yield (
            f"a {name} frame, JPEG to detections",
            "Pyronear's shape, the same network",
            "ms of CPU",
            table["ours"]["cpu_ms"],
            table["peer"]["cpu_ms"],
        )
        around = table["around the network"]["cpu_ms"]
        yield f"resize, blob, post at {name}", "the network", "ms of CPU", around, table["network"]["cpu_ms"]


def _print(name: str, table: dict[str, dict[str, float]]) -> None:
    print(f"\n{name}: median ms a frame\n{'stage':<22} {'elapsed':>9} {'CPU':>9}")
    for stage, row in table.items():
        form = "9.3f" if stage == "share of the network" else "9.2f"
        print(f"{stage:<22} {row['elapsed_ms']:>{form}} {row['cpu_ms']:>{form}}")


def main() -> int:
    """Measure and print, as the options say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1, help="of the network")
    parser.add_argument("--node", action="store_true", help="also memory, frames a second and the time to an alarm")
    parser.add_argument("--frames", type=int, default=2000, help="of the memory's run (the aim is 10000)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in SIZES:
            found[name] = measure_way(name, Path(folder), args.rounds, args.threads)
            _print(name, found[name])
        if args.node:
            import edge_node

            found["node"] = edge_node.measure_node(Path(folder), args.frames)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
