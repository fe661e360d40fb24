"""Chessboards as a camera with a known lens sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.domain.lens import LensKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.calibration.chessboard import Board
    from firewatch.domain.lens import Lens

_SQUARE_PX = 24


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """How a board is held: a rotation vector [rad] and where its first corner is [mm]."""

    turn: np.ndarray
    move: np.ndarray


def held_boards(board: Board, count: int, depth_mm: float, spread: tuple[float, float], seed: int = 2) -> list[Held]:
    """Return boards tilted to all sides, all over the picture."""
    rng = np.random.default_rng(seed)
    middle = np.array([(board.columns - 1) / 2.0, (board.rows - 1) / 2.0, 0.0]) * board.square_mm
    held = []
    for _ in range(count):
        turn = rng.uniform(-0.5, 0.5, 3) * (1.0, 1.0, 0.3)
        at = np.array([*(rng.uniform(-1.0, 1.0, 2) * spread), 1.0]) * depth_mm * rng.uniform(0.8, 1.3)
        held.append(Held(turn, at - cv2.Rodrigues(turn)[0] @ middle))
    return held


def corners_of(board: Board, lens: Lens, size: tuple[int, int], held: Held) -> np.ndarray:
    """Return where OpenCV has the board's corners, from the picture's corner, shape (n, 2) [px]."""
    places = board.corners_mm().astype(np.float64)
    matrix, terms = _matrix(lens, size), np.array(lens.distortion)
    if lens.kind is LensKind.FISHEYE:
        seen, _ = cv2.fisheye.projectPoints(places[None], held.turn, held.move, matrix, terms)
    else:
        seen, _ = cv2.projectPoints(places, held.turn, held.move, matrix, terms)
    return seen.reshape(-1, 2) + 0.5


def pictures_of(board: Board, lens: Lens, size: tuple[int, int], boards: list[Held]) -> Iterator[np.ndarray]:
    """Return the boards' grey pictures, shape (h, w): each pixel is straightened by OpenCV, not by our own code."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)[:, None]
    matrix, terms = _matrix(lens, size), np.array(lens.distortion)
    if lens.kind is LensKind.FISHEYE:
        flat = cv2.fisheye.undistortPoints(pixels, matrix, terms)
    else:
        flat = cv2.undistortPoints(pixels, matrix, terms, R=None, P=None, criteria=(3, 40, 1e-9))
    rays = np.column_stack([flat[:, 0], np.ones(len(flat))])
    print_px = _print(board)
    for held in boards:
        rotation = cv2.Rodrigues(held.turn)[0]
        onto = np.linalg.inv(np.column_stack([rotation[:, 0], rotation[:, 1], held.move]))
        there = rays @ onto.T
        place = there[:, :2] / there[:, 2:] / board.square_mm * _SQUARE_PX + 2 * _SQUARE_PX - 0.5
        at = place.astype(np.float32).reshape(height, width, 2)
        seen = cv2.remap(print_px, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderValue=180)
        yield cv2.GaussianBlur(seen, (0, 0), 0.7)


def _print(board: Board) -> np.ndarray:
    squares = np.add.outer(np.arange(board.rows + 1), np.arange(board.columns + 1)) % 2
    return np.pad(np.kron(squares, np.ones((_SQUARE_PX, _SQUARE_PX))) * 255, _SQUARE_PX, constant_values=255).astype(
        np.uint8
    )


def _matrix(lens: Lens, size: tuple[int, int]) -> np.ndarray:
    fx, fy, cx, cy = lens.scales_px(*size)
    return np.array([[fx, 0.0, cx - 0.5], [0.0, fy, cy - 0.5], [0.0, 0.0, 1.0]])
