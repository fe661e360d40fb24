"""A plume seen through a lens that bends, on a camera that hangs askew: the node reports where it rises.

The picture is rendered through OpenCV's lens, not through ours.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from firewatch.domain.geo import difference_deg
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.config import load_settings
from firewatch_edge.detect import Eyes, TileTime
from firewatch_edge.node import Handover, Inbox, OpenSightings, SettingsBook
from firewatch_edge.node.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.vision import Sighting

Numbers = npt.NDArray[np.float64]

NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
WIDTH, HEIGHT = 640, 480
# The squares model sees an eighth by a sixth of the picture; this cell is low and far to the right.
CELL = (480, 320, 560, 400)
FOCAL, BENDS = 0.55, (-0.22, 0.045, 0.0, 0.0, 0.0)
AZIMUTH, TILT, ROLL = 350.0, -4.0, 3.0
PLAIN = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "folder"
path = "."
{lens}
[camera.pose]
azimuth_deg = 350.0
tilt_deg = -4.0
sigma_deg = 0.1
{angles}
"""
LENS = f'lens = {{ kind = "rectilinear", focal = 0.55, distortion = {list(BENDS)} }}'


def rays(pixels: Numbers) -> Numbers:
    """Return where pixels (n, 2) look, right, down, forward, by OpenCV."""
    matrix = np.array([[FOCAL * WIDTH, 0.0, WIDTH / 2.0 - 0.5], [0.0, FOCAL * WIDTH, HEIGHT / 2.0 - 0.5], [0, 0, 1.0]])
    enough = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-10)
    flat = cv2.undistortPoints(pixels[:, None] - 0.5, matrix, np.array(BENDS), None, None, None, enough)
    return np.column_stack([flat[:, 0], np.ones(len(flat))])


def directions(pixels: Numbers) -> tuple[Numbers, Numbers]:
    """Return true azimuths and elevations of pixels [deg]: rolled, tilted and turned step by step."""
    right, down, forward = rays(pixels).T
    roll, tilt = math.radians(ROLL), math.radians(TILT)
    # Clockwise seen from behind: the picture's right side looks lower, its lower side more to the left.
    level = right * math.cos(roll) - down * math.sin(roll)
    up = -right * math.sin(roll) - down * math.cos(roll)
    ahead = forward * math.cos(tilt) - up * math.sin(tilt)
    risen = forward * math.sin(tilt) + up * math.cos(tilt)
    azimuth = (AZIMUTH + np.degrees(np.arctan2(level, ahead))) % 360.0
    return azimuth, np.degrees(np.arctan2(risen, np.hypot(level, ahead)))


def picture() -> tuple[npt.NDArray[np.uint8], float]:
    """Return a rendered picture of a bright plume in the world, and the azimuth at which it rises [deg]."""
    x0, y0, x1, y1 = CELL
    edge = np.array([[(x0 + x1) / 2.0, y1], [x0, y0], [x1, y0], [x0, y1], [x1, y1]], float)
    azimuths, elevations = directions(edge)
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    azimuth, elevation = directions(np.column_stack([x.ravel(), y.ravel()]))
    image = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
    turn = (azimuth - azimuths[0] + 180.0) % 360.0 - 180.0
    wide = np.abs((azimuths[1:] - azimuths[0] + 180.0) % 360.0 - 180.0).max()
    is_plume = (np.abs(turn) <= wide) & (elevation >= elevations[[0, 3, 4]].min()) & (elevation <= elevations.max())
    image.reshape(-1, 3)[is_plume] = 255
    return image, float(azimuths[0])


def sightings(folder: Path, model: Path, lens: str, angles: str) -> tuple[list[Sighting], float]:
    path = folder / "edge.toml"
    path.write_text(PLAIN.format(lens=lens, angles=angles), encoding="utf-8")
    settings = load_settings(path)
    (camera,) = settings.camera
    shared = Surroundings(
        settings,
        Eyes.load(model, threads=1),
        np.random.default_rng(1),
        Inbox([camera.camera_id]),
        lambda: NOON,
        TileTime(1.0),
        SettingsBook(folder / "settings.json", []),
        OpenSightings(folder / "open.json"),
        Handover(FakePublisher()),
    )
    watcher, (image, truth) = shared.watcher(camera, camera.all_poses[0]), picture()
    changes: list[Sighting] = []
    for number in range(4):
        frame = pixel_frame(image - np.uint8(number), NOON + timedelta(seconds=10 * number))
        changes += watcher.look(frame).changes
    return changes, truth


def off_deg(found: list[Sighting], truth_deg: float) -> float:
    """Return by how much the sighting nearest to the plume points beside it [deg]."""
    return min((difference_deg(each.bearing.azimuth_deg, truth_deg) for each in found), key=abs)


def test_the_bearing_of_a_plume_is_right_through_a_lens_that_bends(tmp_path: Path, squares_model: Path) -> None:
    found, truth = sightings(tmp_path, squares_model, LENS, "roll_deg = 3.0")
    assert found
    assert off_deg(found, truth) == pytest.approx(0.0, abs=0.1)


def test_without_its_lens_the_same_plume_is_reported_beside_itself(tmp_path: Path, squares_model: Path) -> None:
    found, truth = sightings(tmp_path, squares_model, "", "hfov_deg = 98.3")
    assert found
    assert abs(off_deg(found, truth)) > 0.5
