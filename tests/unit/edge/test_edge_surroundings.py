"""Each pose of a turning camera has its own masks and threshold, and goes on after a restart with what was open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from firewatch.domain.geo import difference_deg
from firewatch.domain.ids import MessageId, PoseId, make_ulid
from firewatch.domain.optics import Calibration
from firewatch.domain.tower_settings import PoseCalibration, TowerSettings
from firewatch.domain.vision import SightingPhase
from firewatch.errors import ConfigError
from firewatch.testing import FakePublisher
from firewatch.wire.settings_codec import encode_settings
from firewatch_edge.capture import pixel_frame
from firewatch_edge.config import FREE_POSE, load_settings
from firewatch_edge.detect import Eyes, TileTime, ViewMemory
from firewatch_edge.node import Handover, Inbox, OpenSightings, SettingsBook
from firewatch_edge.node.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.vision import Frame, Sighting
    from firewatch_edge.node import Watcher

NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "dome"
kind = "snapshot"
url = "http://10.0.0.1/s.jpg"
[camera.mount]
url = "http://10.0.0.1"
[[camera.poses]]
id = "north"
azimuth_deg = 0.0
hfov_deg = 50.0
preset = "North"
[[camera.poses.mask]]
name = "kiln"
reason = "smokes all year"
polygon = [[0.3, 0.25], [0.6, 0.25], [0.6, {lower}], [0.3, {lower}]]
[[camera.poses]]
id = "east"
azimuth_deg = 90.0
hfov_deg = 50.0
preset = "East"
threshold = {threshold}
"""


def frame(number: int) -> Frame:
    image = np.full((192, 256, 3), 40 + number, np.uint8)
    image[64:96, 96:128] = 250
    return pixel_frame(image, NOON + timedelta(seconds=10 * number))


class Tower:
    """What a node's cameras share, over as many starts as a test makes."""

    def __init__(self, folder: Path, model: Path, threshold: float = 0.9999) -> None:
        path = folder / "edge.toml"
        path.write_text(SETTINGS.format(lower=0.75, threshold=threshold), encoding="utf-8")
        settings, self.publisher = load_settings(path), FakePublisher()
        self.camera = settings.camera[0]
        self.open = OpenSightings(folder / "open.json")
        self.shared = Surroundings(
            settings,
            Eyes.load(model, threads=1),
            np.random.default_rng(1),
            Inbox([self.camera.camera_id]),
            lambda: NOON,
            TileTime(1.0),
            SettingsBook(folder / "settings.json", []),
            self.open,
            Handover(self.publisher),
        )

    def pose(self, number: int) -> Watcher:
        return self.shared.watcher(self.camera, self.camera.poses[number], least_misses=3)

    def free(self, azimuth_deg: float) -> Watcher:
        seen = Calibration("a/dome/free", azimuth_deg, 0.0, 50.0, 2.0)
        return self.shared.free_watcher(self.camera, FREE_POSE, seen, ViewMemory(), 3)

    def sees(self, watcher: Watcher, *numbers: int) -> list[Sighting]:
        changes = [change for number in numbers for change in watcher.look(frame(number)).changes]
        self.open.note(changes)
        return changes


@pytest.fixture
def tower(tmp_path: Path, squares_model: Path) -> Tower:
    return Tower(tmp_path, squares_model)


def test_from_four_views_on_their_earlier_frames_are_kept_small(tower: Tower) -> None:
    two_cameras = msgspec.structs.replace(tower.shared.settings, camera=(tower.camera,) * 2)
    assert [len(tower.camera.all_poses), tower.shared.has_many_views] == [2, False]
    assert replace(tower.shared, settings=two_cameras).has_many_views


def test_a_pose_has_its_own_mask_and_threshold_and_a_free_view_neither(tower: Tower) -> None:
    north = tower.pose(0)
    watched = [north.look(frame(number)) for number in range(4)]
    assert [held.reason for each in watched for held in each.held] == ["mask"] * 4
    assert not any(each.changes for each in watched)
    east = tower.pose(1)
    terms = east.look(frame(0)).terms
    assert (terms.now.alone.threshold, terms.now.alone.least_misses, terms.masks.masks) == (0.9999, 3, ())
    (opened,) = tower.sees(tower.free(33.0), 0, 1, 2)
    assert (opened.pose_id, opened.phase) == (FREE_POSE, SightingPhase.OPENED)


def test_after_a_restart_a_free_view_is_over(tower: Tower, tmp_path: Path, squares_model: Path) -> None:
    (free,) = tower.sees(tower.free(33.0), 0, 1, 2)
    again = Tower(tmp_path, squares_model)
    again.shared.end_free(again.camera, FREE_POSE)
    (ended,) = again.publisher.sightings
    assert (ended.sighting_id, ended.phase) == (free.sighting_id, SightingPhase.ENDED)
    assert ended.revision == free.revision + 1
    assert not OpenSightings(tmp_path / "open.json").of_pose(again.free(33.0).viewpoint)


def test_after_a_restart_a_pose_goes_on_with_what_was_open(tmp_path: Path, squares_model: Path) -> None:
    tower = Tower(tmp_path, squares_model, 0.5)
    (opened,) = tower.sees(tower.pose(1), 0, 1, 2)
    assert opened.pose_id == PoseId("east")
    again = Tower(tmp_path, squares_model, 0.5)
    assert [track.sighting_id for track in again.pose(1).state.tracks] == [opened.sighting_id]
    assert again.publisher.sightings == []


def test_a_mask_whose_sides_cross_is_refused_by_pose(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    crossed = SETTINGS.replace("[0.6, {lower}], [0.3, {lower}]", "[0.3, {lower}], [0.6, {lower}]")
    path.write_text(crossed.format(lower=0.75, threshold=0.5), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"poses\[0\]\.mask\[0\]"):
        load_settings(path)


def corrected(tower: Tower, azimuth_deg: float = 3.0) -> None:
    look = Calibration("landmarks", azimuth_deg, -1.0, 50.0, 0.05)
    north = PoseCalibration(tower.camera.camera_id, PoseId("north"), look, ("a/dome/north",))
    sent = TowerSettings(NOON, calibrations=(north,))
    tower.shared.book.take(encode_settings(sent, MessageId(make_ulid(NOON, b"0123456789"))))


def test_a_corrected_calibration_counts_from_the_next_frame_and_over_a_restart(
    tower: Tower, tmp_path: Path, squares_model: Path
) -> None:
    north = tower.shared.watcher(tower.camera, msgspec.structs.replace(tower.camera.poses[0], mask=()))
    (opened,) = tower.sees(north, *range(4))
    assert (opened.calibration_id, north.viewpoint.calibration.azimuth_deg) == ("a/dome/north", 0.0)
    corrected(tower)
    changes = tower.sees(north, *range(4, 16))
    assert {change.calibration_id for change in changes} == {"landmarks"}
    turned = difference_deg(changes[0].bearing.azimuth_deg, opened.bearing.azimuth_deg)
    assert turned == pytest.approx(3.0, abs=0.1)
    # The same smoke goes on: nothing of the picture has changed.
    assert {change.sighting_id for change in changes} == {opened.sighting_id}
    again = Tower(tmp_path, squares_model)
    assert again.pose(0).viewpoint.calibration.calibration_id == "landmarks"
    assert [each.calibration_id for each in again.open.of(again.pose(0).viewpoint)] == ["landmarks"]
    assert again.shared.book.calibration_of(
        again.shared.settings, again.camera, again.camera.poses[1]
    ).calibration_id == ("a/dome/east")
    # Taken back, the tower's own counts again.
    again.shared.book.take(b"")
    watcher = again.pose(0)
    again.sees(watcher, 20)
    assert watcher.viewpoint.calibration.calibration_id == "a/dome/north"
