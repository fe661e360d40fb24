"""From another detector's raw output to candidates: boxes in pixels of its input, scores from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from firewatch.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]

_BOX = 4
_ROW = 6


class ForeignOutput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the network's output is read.

    Parameters
    ----------
    layout : str
        ``attributes-first`` (batch, 4 + classes, n); ``attributes-last`` (batch, n, 4 + classes); ``rows``
        (batch, n, 6) of corners, score, class; ``boxes-and-scores``: two outputs in the network's order.
    corners : bool
        Boxes are x0, y0, x1, y1; else middle x, y, width, height.
    objectness : bool
        A column before the classes that every class is multiplied with.
    logits : bool
        Scores (and objectness) are logits.
    fractions : bool
        Boxes are shares of the input's width and height.
    smoke_class : int
        Which class is smoke.
    strides : tuple of int
        Grids whose cells the boxes are still given in, sizes as logarithms (YOLOX); none for boxes in pixels.
    """

    layout: Literal["attributes-first", "attributes-last", "rows", "boxes-and-scores"] = "attributes-first"
    corners: bool = False
    objectness: bool = False
    logits: bool = False
    fractions: bool = False
    smoke_class: Annotated[int, Meta(ge=0)] = 0
    strides: tuple[Annotated[int, Meta(ge=1)], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes (n, 4) as corners in pixels of the input, and scores (n,)."""

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float32]


def read_output(path: str, raw: Sequence[Floats], asked: ForeignOutput, input_px: tuple[int, int]) -> Candidates:
    """Read the candidates of one picture.

    Raises
    ------
    ModelError
        If the output has not the shape that the adapter says, or scores that are no probabilities.
    """
    given, scores = _split(path, raw, asked)
    boxes: npt.NDArray[np.float64] = given.astype(np.float64)
    if asked.strides:
        boxes = _off_grid(path, boxes, asked.strides, input_px)
    if asked.fractions:
        boxes = boxes * np.tile(np.array(input_px, np.float64), 2)
    if not asked.corners:
        boxes = np.concatenate((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2), axis=1)
    sound = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
    boxes, scores = boxes[sound], scores[sound]
    if len(scores) and not (scores.min() >= 0.0 and scores.max() <= 1.0 + 1e-6):
        seen = f"{scores.min():.3g} to {scores.max():.3g}"
        raise ModelError(
            path, f"its scores go from {seen}; they must lie from 0 to 1: set logits = true in the adapter?"
        )
    return Candidates(boxes, np.minimum(scores, 1.0).astype(np.float32))


def _split(path: str, raw: Sequence[Floats], asked: ForeignOutput) -> tuple[Floats, Floats]:
    """Return boxes (n, 4) as they come, and smoke's scores (n,)."""
    if asked.layout == "boxes-and-scores":
        return _two_outputs(path, raw, asked)
    table = _one_picture(path, raw[0], asked.layout)
    if asked.layout == "attributes-first":
        table = table.T
    if asked.layout == "rows":
        if table.shape[1] != _ROW:
            raise ModelError(path, f"its output is {raw[0].shape}; rows must be (batch, n, {_ROW})")
        table = table[table[:, 5].round() == asked.smoke_class]
        return table[:, :_BOX], _chances(table[:, 4], asked)
    return table[:, :_BOX], _class_scores(path, table[:, _BOX:], asked)


def _two_outputs(path: str, raw: Sequence[Floats], asked: ForeignOutput) -> tuple[Floats, Floats]:
    if len(raw) < 2:  # noqa: PLR2004 - boxes and scores
        raise ModelError(path, "it has one output; boxes-and-scores needs two: try another layout")
    boxes, scores = _one_picture(path, raw[0], asked.layout), raw[1][0]
    if boxes.shape[1] != _BOX or len(scores) != len(boxes):
        shapes = f"{raw[0].shape} and {raw[1].shape}"
        raise ModelError(path, f"its outputs are {shapes}; boxes (batch, n, 4) and scores (batch, n, ...) are wanted")
    return boxes, _class_scores(path, scores.reshape(len(boxes), -1), asked)


def _one_picture(path: str, output: Floats, layout: str) -> Floats:
    if output.ndim != 3 or len(output) != 1:  # noqa: PLR2004 - batch and two axes
        raise ModelError(path, f"its output is {output.shape}; {layout} wants three axes, the batch of 1 first")
    picture: Floats = output[0]
    return picture


def _class_scores(path: str, columns: Floats, asked: ForeignOutput) -> Floats:
    first = int(asked.objectness)
    if columns.shape[1] <= first + asked.smoke_class:
        have = columns.shape[1] - first
        raise ModelError(
            path, f"it has {have} classes; the adapter's smoke_class is {asked.smoke_class}, counted from 0"
        )
    scores = _chances(columns[:, first + asked.smoke_class], asked)
    return scores * _chances(columns[:, 0], asked) if asked.objectness else scores


def _chances(values: Floats, asked: ForeignOutput) -> Floats:
    if not asked.logits:
        return values
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values.astype(np.float64))))


def _off_grid(
    path: str, boxes: npt.NDArray[np.float64], strides: Sequence[int], input_px: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Turn cells of grids, row by row and the finest first, into input pixels (Ge et al. 2021, section 2.3)."""
    corners, steps = [], []
    for stride in strides:
        columns, rows = input_px[0] // stride, input_px[1] // stride
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        corners.append(np.stack((x.ravel(), y.ravel()), axis=1))
        steps.append(np.full(columns * rows, stride))
    corner, step = np.concatenate(corners), np.concatenate(steps)[:, None]
    if len(corner) != len(boxes):
        raise ModelError(path, f"it has {len(boxes)} boxes; grids of strides {tuple(strides)} have {len(corner)}")
    return np.concatenate(((boxes[:, :2] + corner) * step, np.exp(np.minimum(boxes[:, 2:], 20.0)) * step), axis=1)
