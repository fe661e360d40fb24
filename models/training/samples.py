"""Training samples: pools of frames, windows cut from them, mosaics, and batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from models.data.frames import Boxes, Frame, no_boxes
from models.data.pool import Pool, read
from models.training.augment import Image, decoy_caption, decoy_rectangle, disturb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator

    from models.training.mining import Place

PAD = 114
# A box of which less than this share is left in the window is neither smoke nor background.
SEEN_SHARE = 0.3
# Smaller than this on a side [network pixels], a plume is not asked for, and not denied.
SMALLEST_PX = 5.0
# Shares of windows of smoke frames that are cut about a box, and of all windows that are mirrored.
AIMED, MIRRORED = 0.85, 0.5
# Below this zoom, warpAffine alone would alias.
ALIASING = 0.9


@dataclass(frozen=True, slots=True)
class Sample:
    """A training image with its truth.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        BGR.
    boxes : array (n, 4)
        Smoke, in pixels of the image.
    unsure : array (m, 4)
        Places that count neither as smoke nor as background.
    """

    image: Image
    boxes: Boxes
    unsure: Boxes


def cut(
    frame: Frame,
    size: tuple[int, int],
    rng: Generator,
    scales: tuple[float, float],
    aim: npt.NDArray[np.float32] | None = None,
) -> Sample:
    """Cut a window from a frame: about one of its boxes if it has any, about a given place, or anywhere.

    Parameters
    ----------
    frame : Frame
        Its boxes are known (not None).
    size : (width, height)
        Of the window [network pixels].
    scales : (low, high)
        Network pixels per pixel of a frame that is 1280 wide.
    aim : array (4,), optional
        A place without smoke that the window shall show.
    """
    image = read(frame.path)
    boxes = no_boxes() if frame.boxes is None else frame.boxes
    scale = float(np.exp(rng.uniform(*np.log(scales)))) * 1280.0 / image.shape[1]
    target = boxes[int(rng.integers(len(boxes)))] if len(boxes) and rng.random() < AIMED else aim
    if target is not None:
        scale = _fit(target, scale, size, rng)
    stretch = float(np.exp(rng.normal(0.0, 0.08)))
    sx, sy = scale * stretch, scale / stretch
    left, top = _corner(image.shape, target, (size[0] / sx, size[1] / sy), rng)
    matrix = np.array([[sx, 0.0, -left * sx], [0.0, sy, -top * sy]])
    flip = rng.random() < MIRRORED
    if flip:
        matrix[0] = -matrix[0]
        matrix[0, 2] += size[0]
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    window = _warp(image, matrix, size, method)
    moved = boxes * np.array([matrix[0, 0], matrix[1, 1]] * 2, np.float32) + np.array(
        [matrix[0, 2], matrix[1, 2]] * 2, np.float32
    )
    if flip:
        moved = moved[:, [2, 1, 0, 3]]
    return Sample(window, *sort_boxes(moved, size))


def _fit(target: npt.NDArray[np.float32], scale: float, size: tuple[int, int], rng: Generator) -> float:
    """Keep a target between just visible and most of the window."""
    wide, tall = float(target[2] - target[0]), float(target[3] - target[1])
    most = min(size[0] / max(wide, 1.0), size[1] / max(tall, 1.0)) * rng.uniform(0.5, 1.0)
    least = rng.uniform(SMALLEST_PX + 0.5, 12.0) / max(min(wide, tall), 1.0)
    return min(max(scale, min(least, 3.0)), most)


def _corner(
    shape: tuple[int, ...], target: npt.NDArray[np.float32] | None, window: tuple[float, float], rng: Generator
) -> tuple[float, float]:
    """Choose the window's corner in the frame, so that the target (if any) lies inside where it fits."""
    corner = []
    for axis in (0, 1):
        length, span = float(shape[1 - axis]), window[axis]
        low, high = min(0.0, length - span), max(0.0, length - span)
        if target is not None:
            low = max(low, min(float(target[axis + 2]) - span, float(target[axis])))
            high = max(low, min(high, float(target[axis])))
        corner.append(float(rng.uniform(low, high)))
    return corner[0], corner[1]


def _warp(image: Image, matrix: npt.NDArray[np.float64], size: tuple[int, int], method: int) -> Image:
    """Apply an axis-parallel map; shrink by area first, since warpAffine alone would alias."""
    shrink = max(abs(matrix[0, 0]), abs(matrix[1, 1]))
    if method == cv2.INTER_AREA and shrink < ALIASING:
        width, height = max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink))
        true_x, true_y = width / image.shape[1], height / image.shape[0]
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ np.diag([1.0 / true_x, 1.0 / true_y, 1.0])
    out = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(PAD, PAD, PAD))
    return np.asarray(out, np.uint8)


def sort_boxes(boxes: Boxes, size: tuple[int, int]) -> tuple[Boxes, Boxes]:
    """Clip boxes to a window; return those to be found and those nobody should be asked about."""
    if not len(boxes):
        return no_boxes(), no_boxes()
    limit = np.array([size[0], size[1]] * 2, np.float32)
    clipped = np.clip(boxes, 0.0, limit).astype(np.float32)
    whole = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3), axis=1)
    sides = clipped[:, 2:] - clipped[:, :2]
    left = np.prod(np.maximum(sides, 0.0), axis=1)
    wanted = (left >= SEEN_SHARE * whole) & (sides.min(axis=1) >= SMALLEST_PX)
    unsure = ~wanted & (left > 0.0)
    return clipped[wanted], clipped[unsure]


def mosaic(parts: Sequence[Sample], size: tuple[int, int]) -> Sample:
    """Join four samples of half the size into one."""
    image = np.full((size[1], size[0], 3), PAD, np.uint8)
    boxes, unsure = [], []
    for i, part in enumerate(parts):
        x, y = (i % 2) * size[0] // 2, (i // 2) * size[1] // 2
        height, width = part.image.shape[:2]
        image[y : y + height, x : x + width] = part.image
        shift = np.array([x, y, x, y], np.float32)
        boxes.append(part.boxes + shift)
        unsure.append(part.unsure + shift)
    return Sample(image, np.concatenate(boxes), np.concatenate(unsure))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How samples are made.

    Parameters
    ----------
    size : (width, height)
        Of a training image [pixels].
    scales : (low, high)
        Range of zoom, network pixels per pixel of a 1280-wide frame.
    mosaic_share, decoy_share, caption_share : float
        Shares of samples that are mosaics, and of smokeless ones that carry decoys.
    mined_share : float
        Share of the windows of clear frames that are aimed at a place which scored high.
    """

    size: tuple[int, int]
    scales: tuple[float, float]
    mosaic_share: float
    decoy_share: float
    caption_share: float
    mined_share: float = 0.0


class Windows(Dataset[tuple[torch.Tensor, Boxes, Boxes]]):
    """Numbered samples from several pools, each with its share; every number gives one, always the same.

    Parameters
    ----------
    pools : mapping of str to sequence of Frame
    shares : mapping of str to float
        Of the pools, in any unit.
    recipe : Recipe
    seed : int
    mined : mapping of str to sequence of Place, optional
        Places in the pools' clear frames that windows are aimed at.
    """

    def __init__(
        self,
        pools: Mapping[str, Sequence[Frame]],
        shares: Mapping[str, float],
        recipe: Recipe,
        seed: int,
        mined: Mapping[str, Sequence[Place]] | None = None,
    ) -> None:
        self.frames = dict(pools)
        self.kinds = list(pools)
        self.pools = {kind: Pool(frames) for kind, frames in pools.items()}
        self.recipe, self.seed, self.mined = recipe, seed, dict(mined or {})
        wanted = np.array([shares[kind] for kind in self.kinds])
        self.shares = wanted / wanted.sum()

    def __getitem__(self, number: int) -> tuple[torch.Tensor, Boxes, Boxes]:
        """Return image (3, H, W) uint8, boxes (n, 4) and unsure places (m, 4)."""
        sample = self.sample(np.random.default_rng([self.seed, number]))
        planes = np.ascontiguousarray(sample.image.transpose(2, 0, 1))
        return torch.from_numpy(planes), sample.boxes, sample.unsure

    def sample(self, rng: Generator) -> Sample:
        """Make one sample."""
        recipe = self.recipe
        if rng.random() < recipe.mosaic_share:
            half = (recipe.size[0] // 2, recipe.size[1] // 2)
            return mosaic([self.piece(half, rng) for _ in range(4)], recipe.size)
        return self.piece(recipe.size, rng)

    def piece(self, size: tuple[int, int], rng: Generator) -> Sample:
        """Cut and disturb one window."""
        kind = self.kinds[int(rng.choice(len(self.kinds), p=self.shares))]
        places = self.mined.get(kind)
        if places and rng.random() < self.recipe.mined_share:
            place = places[int(rng.integers(len(places)))]
            sample = cut(self.frames[kind][place.number], size, rng, self.recipe.scales, place.box)
        else:
            sample = cut(self.pools[kind].draw(rng), size, rng, self.recipe.scales)
        image = sample.image
        if not len(sample.boxes) and not len(sample.unsure):
            if rng.random() < self.recipe.decoy_share:
                image = decoy_rectangle(image, rng)
            if rng.random() < self.recipe.caption_share:
                image = decoy_caption(image, rng)
        return Sample(disturb(image, rng), sample.boxes, sample.unsure)


def collate(
    items: Sequence[tuple[torch.Tensor, Boxes, Boxes]],
) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    """Stack the images; keep boxes and unsure places as lists, since their number differs."""
    images, boxes, unsure = zip(*items, strict=True)
    return torch.stack(images), [torch.from_numpy(b) for b in boxes], [torch.from_numpy(u) for u in unsure]
