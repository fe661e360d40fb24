"""The network in eight bits: static quantisation by onnxruntime, and what it costs on frames that nobody trained on.

Weights take one scale a channel, values between layers one scale a tensor, whose range is seen on calibration frames
(Jacob et al. 2018, arXiv:1712.05877; Nagel et al. 2021, arXiv:2106.08295). The last convolutions of the head and the
reading of boxes and logits stay in float: a step of an eighth of a cell would move boxes.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from firewatch.adapters.whole_file import write_whole
from firewatch_edge.detect import Letterbox
from models.calibrate import Calibration
from models.data.pool import read
from models.detector import Detector
from models.measures import Look, auroc, judged, localised_recall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from models.data.frames import Frame
    from models.detector import Sheet

METHODS = {"minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile}
PERCENTILE = 99.99
# Frames whose layers' outputs are held at once while ranges are measured: those of all frames would fill the memory.
# onnxruntime 1.32 has CalibMaxIntermediateOutputs for that, which drops what it has seen instead of merging it.
HELD_FRAMES = 2
# What the two networks are made of. Concat and Resize are in the list so that they do not go back to float between.
OPERATORS = ("Conv", "Relu", "Add", "Concat", "Resize", "MaxPool", "Sigmoid", "Mul")


class _Values(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Gives the calibration what the network sees, made one at a time."""

    def __init__(self, name: str, items: Sequence[Any], seen: Callable[[Any], npt.NDArray[np.uint8]]) -> None:
        self.name, self.items, self.seen = name, items, seen
        self.left = iter(items)

    def __len__(self) -> int:
        return len(self.items)

    def set_range(self, start_index: int, end_index: int) -> None:
        self.left = iter(self.items[start_index:end_index])

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        item = next(self.left, None)
        return None if item is None else {self.name: self.seen(item)[None]}


def quantise(
    given: Path,
    out: Path,
    frames: Sequence[Frame],
    size: tuple[int, int],
    method: str = "minmax",
    keep_float: Sequence[str] = (),
) -> None:
    """Write a detector in eight bits: uint8 between layers, int8 weights, box and logit in float.

    Parameters
    ----------
    given : Path
        What `models.convert` wrote.
    out : Path
    frames : sequence of Frame
        Whose values set the ranges: of the training split, never those that it is measured on.
    size : (width, height)
        Of the network's input [pixels].
    method : str
        ``minmax`` takes every value seen, ``percentile`` all but the farthest ten-thousandth.
    keep_float : sequence of str
        Parts of the network that stay in float, such as ``backbone`` or ``backbone/stem``.

    Raises
    ------
    ValueError
        If there are no frames, or the method or a part is unknown.
    """
    if not frames:
        text = "no frames to calibrate on: give --real or --made a folder with a training split"
        raise ValueError(text)
    letterbox = Letterbox(*size)
    values = _Values("images", frames, lambda frame: letterbox.fit(read(frame.path))[0][0].copy())
    model = onnx.load(str(given))
    _write(given, out, values, [*float_nodes(model), *_nodes_of(model, keep_float)], method)


def _nodes_of(model: onnx.ModelProto, parts: Sequence[str]) -> list[str]:
    """Name the nodes of some parts of a network; an unknown part is an error, not nothing."""
    names = [node.name for node in model.graph.node]
    known = {part: [name for name in names if name.startswith(f"/{part}/")] for part in parts}
    if unknown := [part for part in parts if not known[part]]:
        text = (
            f"the network has no part {unknown[0]!r}; parts are for instance backbone, backbone/stem, pyramid, heads.0"
        )
        raise ValueError(text)
    return [name for names in known.values() for name in names]


def quantise_verifier(given: Path, out: Path, clips: npt.NDArray[np.uint8], method: str = "minmax") -> None:
    """Write a verifier in eight bits; its comparing, its first convolution and its judgement stay in float.

    Parameters
    ----------
    given : Path
        What `models.export_verifier` wrote.
    out : Path
    clips : array (n, 5, 3, 96, 96)
        Whose values set the ranges: of views for training, never those held out.
    method : str
        As of `quantise`.

    Raises
    ------
    ValueError
        If there are no clips, or the method is unknown.
    """
    if not len(clips):
        text = "no clips to calibrate on: give --clips a folder that models.make_clips wrote"
        raise ValueError(text)
    values = _Values("clips", clips, lambda clip: clip)
    _write(given, out, values, verifier_float_nodes(onnx.load(str(given))), method)


def _write(given: Path, out: Path, values: _Values, stay_float: list[str], method: str) -> None:
    if method not in METHODS:
        text = f"the method is {method!r}; it must be one of {', '.join(METHODS)}"
        raise ValueError(text)
    model = onnx.load(str(given))
    with TemporaryDirectory() as folder, _without_advice():
        part = Path(folder) / out.name
        # onnxruntime writes beside what it is given, and takes it away again: two at once would meet there.
        copy = Path(folder) / "given.onnx"
        onnx.save(model, str(copy))
        quantize_static(
            str(copy),
            str(part),
            values,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(OPERATORS),
            nodes_to_exclude=stay_float,
            calibrate_method=METHODS[method],
            # onnxruntime asks for a number that is a multiple of what is held.
            extra_options={
                "CalibStridedMinMax": HELD_FRAMES if len(values) % HELD_FRAMES == 0 else 1,
                "CalibPercentile": PERCENTILE,
            },
        )
        packed = onnx.load(str(part))
        for key in {entry.key for entry in model.metadata_props} - {entry.key for entry in packed.metadata_props}:
            packed.metadata_props.extend(entry for entry in model.metadata_props if entry.key == key)
        onnx.checker.check_model(packed)
        write_whole(out, packed.SerializeToString())


def float_nodes(model: onnx.ModelProto) -> list[str]:
    """Name the nodes of a detector that stay in float: each head's last convolutions, and all that comes after them."""
    after: set[str] = set()
    names = []
    for node in model.graph.node:  # in the order in which they run
        is_last = node.op_type == "Conv" and node.input[1].endswith((".logit.weight", ".box.weight"))
        if is_last or after & set(node.input):
            after |= set(node.output)
            names.append(node.name)
    return names


def verifier_float_nodes(model: onnx.ModelProto) -> list[str]:
    """Name the nodes of a verifier that stay in float: the comparing with its convolution, and where the smoke is."""
    nodes = list(model.graph.node)
    convolutions = [number for number, node in enumerate(nodes) if node.op_type == "Conv"]
    place = next(number for number, node in enumerate(nodes) if node.op_type == "Conv" and "place" in node.name)
    return [node.name for node in (*nodes[: convolutions[0] + 1], nodes[place])]


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep quiet the advice to preprocess, which `models.convert` has done: constants and batch norms are folded."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)


@dataclass(frozen=True, slots=True)
class Loss:
    """What eight bits cost on val: largest difference of a frame's probability, and measures before and after."""

    difference: float
    auroc: tuple[float, float]
    localised_recall: tuple[float, float]

    @property
    def worst(self) -> float:
        """Return the largest fall of the measures."""
        return max(before - after for before, after in (self.auroc, self.localised_recall))


def loss_of(sheet: Sheet, quantised: Path, frames: Sequence[Frame]) -> Loss:
    """Compare a network in float with the same one in eight bits, at the calibration and threshold of the float one.

    Parameters
    ----------
    sheet : Sheet
        Of the network in float.
    quantised : Path
    frames : sequence of Frame
    """
    threshold = sheet.spec.decision.threshold
    calibration = Calibration(sheet.spec.calibration.a, sheet.spec.calibration.b)
    looks = [_probable(replace(sheet, file=file), calibration, frames) for file in (sheet.file, quantised)]
    apart = [abs(_chance(a) - _chance(b)) for a, b in zip(*looks, strict=True)]
    return Loss(
        difference=max(apart),
        auroc=(auroc(looks[0]), auroc(looks[1])),
        localised_recall=(localised_recall(looks[0], threshold), localised_recall(looks[1], threshold)),
    )


def _probable(sheet: Sheet, calibration: Calibration, frames: Sequence[Frame]) -> list[Look]:
    detector = Detector(sheet)
    looks = judged([detector.look(frame) for frame in frames])
    return [Look(look.frame, look.boxes, calibration.chance(look.scores)) for look in looks]


def _chance(look: Look) -> float:
    return max(look.best, 0.0)
