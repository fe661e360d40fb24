"""The smoke networks in float and in eight bits, beside a network of YOLO-s size at 1024 x 1024.

`python benchmarks/smoke_model.py` (an environment with PyTorch: dependency group train; some minutes on two idle
cores) prints tables for one and two threads; `--markdown FILE` and `--json FILE` write them, too. Speed does not depend
on weights, so all are random, and so are the pictures that set the ranges in eight bits. The networks take turns, frame
by frame, so that another program on the machine disturbs all alike; a table holds medians and the fastest tenth. The
big network is ours, of the size of those that smoke detectors in service run (9.7 M parameters, 56 GFLOP): plain
convolutions with SiLU, cross-stage blocks, a two-way pyramid. A tower runs a detector once a frame, and the verifier
on each frame's candidates together, eight at most and one on most frames.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.training.network import SmokeNet

_SIZES = ((1024, 576), (1280, 736))
_BIG = (1024, 1024)
_PEER = "YOLO-s-sized"
_CLIP = (5, 3, 96, 96)
_CANDIDATES = (1, 8)


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Build a convolution with bias and SiLU: a batch norm would be folded into it."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2), nn.SiLU(inplace=True))


class Block(nn.Module):
    """Half of the channels pass residual pairs of 3 x 3 convolutions, half go round (Wang et al. 2020, CSPNet)."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, is_residual: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.through, self.around = conv(inputs, half, 1), conv(inputs, half, 1)
        self.pairs = nn.ModuleList(nn.Sequential(conv(half, half), conv(half, half)) for _ in range(depth))
        self.join, self.is_residual = conv(outputs, outputs, 1), is_residual

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, h, w) to (batch, outputs, h, w)."""
        y = self.through(x)
        for pair in self.pairs:
            y = y + pair(y) if self.is_residual else pair(y)
        out: Tensor = self.join(torch.cat((y, self.around(x)), dim=1))
        return out


class BigNet(nn.Module):
    """A detector of YOLO-s size: five stages of 32 to 512 channels, a two-way pyramid, heads with 5 outputs a point."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(conv(w, 2 * w, stride=2), Block(2 * w, 2 * w, depth))
            for w, depth in ((32, 0), (64, 1), (128, 3), (256, 1))
        )
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.side5, self.side4 = conv(512, 256, 1), conv(256, 128, 1)
        self.merge4 = Block(512, 256, 1, is_residual=False)
        self.merge3 = Block(256, 128, 1, is_residual=False)
        self.down3, self.down4 = conv(128, 128, stride=2), conv(256, 256, stride=2)
        self.out4 = Block(256, 256, 1, is_residual=False)
        self.out5 = Block(512, 512, 1, is_residual=False)
        widths = ((128, 96), (256, 128), (512, 160))
        self.heads = nn.ModuleList(
            nn.Sequential(conv(inputs, w), conv(w, w), nn.Conv2d(w, 5, 1)) for inputs, w in widths
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map (batch, 3, H, W) uint8 to (batch, points, 5)."""
        features = [self.stem(images.float() / 255.0)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        _, _, fine, middle, coarse = features
        top = self.side5(coarse)
        waist = self.side4(self.merge4(torch.cat((self.up(top), middle), dim=1)))
        fine = self.merge3(torch.cat((self.up(waist), fine), dim=1))
        middle = self.out4(torch.cat((self.down3(fine), waist), dim=1))
        levels = (fine, middle, self.out5(torch.cat((self.down4(middle), top), dim=1)))
        return torch.cat(
            [head(level).flatten(2).transpose(1, 2) for head, level in zip(self.heads, levels, strict=True)], dim=1
        )


@dataclass(frozen=True, slots=True)
class Case:
    """A network in a file, what it is given at once, and its work on that."""

    name: str
    given: str
    shape: tuple[int, ...]
    file: Path
    parameters: int
    gflop: float


@dataclass(frozen=True, slots=True)
class Row:
    """How long one network took: the median and the fastest tenth [ms], and its share of the big one's median."""

    network: str
    input: str
    threads: int
    parameters: int
    gflop: float
    median_ms: float
    fastest_tenth_ms: float
    of_the_big_one: float


def work_of(net: nn.Module, shape: tuple[int, ...]) -> float:
    """Count a network's floating point operations on one input: two for each product of its convolutions [GFLOP]."""
    total = 0

    def count(layer: nn.Module, _: object, out: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += 2 * layer.weight.numel() * out.shape[-1] * out.shape[-2] * out.shape[0]

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(shape, dtype=torch.uint8))
    for hook in hooks:
        hook.remove()
    return total / 1e9


def make_cases(folder: Path) -> list[Case]:
    """Write all networks; the big one first."""
    from models.training.network import KINDS, build, shipped_form

    torch.manual_seed(0)
    cases = [_write_big(folder)]
    for kind in KINDS:
        net = shipped_form(build(kind).eval()).eval()
        for size in _SIZES:
            cases += _write_small(net, size, folder)
    return cases + _write_verifier(folder)


def _write_big(folder: Path) -> Case:
    net, path, shape = BigNet().eval(), folder / "big.onnx", _shape(_BIG)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own coming replacement
        example = torch.zeros(shape, dtype=torch.uint8)
        torch.onnx.export(net, (example,), str(path), input_names=["images"], opset_version=17, dynamo=False)
    return Case(_PEER, _named(_BIG), shape, path, _parameters(net), work_of(net, shape))


def _write_small(net: SmokeNet, size: tuple[int, int], folder: Path) -> list[Case]:
    from models.convert import convert
    from models.data.frames import Frame
    from models.quantise import quantise

    name = f"{net.kind}_{size[0]}"
    plain, bits, picture = folder / f"{name}.onnx", folder / f"{name}.int8.onnx", folder / f"{name}.png"
    convert(net, size, plain)
    _write_noise(picture, size)
    quantise(plain, bits, [Frame(picture, "none")], size)
    shape = _shape(size)
    number, work = _parameters(net), work_of(net, shape)
    files = ((f"{net.kind}, float", plain), (f"{net.kind}, int8", bits))
    return [Case(kind, _named(size), shape, file, number, work) for kind, file in files]


def _write_verifier(folder: Path) -> list[Case]:
    from models.export_verifier import convert
    from models.quantise import quantise_verifier
    from models.training.verifier import Verifier

    net, plain, bits = Verifier().eval(), folder / "verify.onnx", folder / "verify.int8.onnx"
    convert(net, plain)
    quantise_verifier(plain, bits, np.random.default_rng(1).integers(0, 256, (4, *_CLIP), np.uint8))
    cases = []
    for number in _CANDIDATES:
        shape = (number, *_CLIP)
        given, work = f"{number} candidate{'s' * (number > 1)}", work_of(net, shape)
        files = (("verifier, float", plain), ("verifier, int8", bits))
        cases += [Case(kind, given, shape, file, _parameters(net), work) for kind, file in files]
    return cases


def _shape(size: tuple[int, int]) -> tuple[int, ...]:
    return (1, 3, size[1], size[0])


def _named(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def _write_noise(path: Path, size: tuple[int, int]) -> None:
    import cv2

    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8))


def measure(cases: Sequence[Case], threads: int, rounds: int) -> list[Row]:
    """Time each network; they take turns, and the first round does not count."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    sessions = [onnxruntime.InferenceSession(str(c.file), options, providers=["CPUExecutionProvider"]) for c in cases]
    rng = np.random.default_rng(2)
    inputs = [rng.integers(0, 256, case.shape, np.uint8) for case in cases]
    took: list[list[float]] = [[] for _ in cases]
    for number in range(rounds + 1):
        for times, session, given in zip(took, sessions, inputs, strict=True):
            began = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: given})
            if number:
                times.append((time.perf_counter() - began) * 1e3)
    peer = float(np.median(took[0]))
    return [
        Row(
            case.name,
            case.given,
            threads,
            case.parameters,
            case.gflop,
            float(np.median(times)),
            float(np.quantile(times, 0.1)),
            float(np.median(times)) / peer,
        )
        for case, times in zip(cases, took, strict=True)
    ]


def table_of(rows: Sequence[Row]) -> str:
    """Lay out the rows of one number of threads."""
    threads = rows[0].threads
    lines = [
        f"{threads} thread{'s' * (threads > 1)}:",
        "",
        "| network | input | M parameters | GFLOP | ms, median | ms, fastest tenth | of the big one's |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        work = f"{row.parameters / 1e6:.2f} | {row.gflop:.1f}"
        times = f"{row.median_ms:.1f} | {row.fastest_tenth_ms:.1f} | {row.of_the_big_one:.3f}"
        lines.append(f"| {row.network} | {row.input} | {work} | {times} |")
    return "\n".join(lines) + "\n"


def machine() -> dict[str, str]:
    """Tell where the times were taken."""
    return {"processor": _processor(), "python": platform.python_version(), "onnxruntime": onnxruntime.__version__}


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python benchmarks/smoke_model.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="inputs of each network (default 20)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads (default 1 2)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    given = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        cases = make_cases(Path(folder))
        for threads in given.threads:
            rows += measure(cases, threads, given.rounds)
            print(table_of(rows[-len(cases) :]), flush=True)
    if given.json:
        text = json.dumps(machine() | {"rounds": given.rounds, "rows": [asdict(row) for row in rows]}, indent=2)
        given.json.write_text(text + "\n", encoding="utf-8")
    if given.markdown:
        about = f"{machine()['processor']}, onnxruntime {onnxruntime.__version__}, {given.rounds} inputs each.\n"
        tables = [table_of(rows[at : at + len(cases)]) for at in range(0, len(rows), len(cases))]
        given.markdown.write_text("\n".join([about, *tables]), encoding="utf-8")


if __name__ == "__main__":
    main()
