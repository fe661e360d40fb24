"""A turning camera put together from its settings: each pose has tiles, a past and a reference of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from temporal_model import landscape, noisy, with_blob

from firewatch.domain.ids import CameraId, PoseId
from firewatch.testing import FakePublisher
from firewatch_edge.capture import pixel_frame
from firewatch_edge.config import load_settings
from firewatch_edge.node import PosedFrame, TurningWatch, assemble

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
EAST, WEST = PoseId("east"), PoseId("west")
SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "dome"
kind = "snapshot"
url = "http://127.0.0.1:9/picture.jpg"
username = "viewer"
password_env = "CAMERA_DOME"
[camera.mount]
url = "http://127.0.0.1:9/onvif/device_service"
[[camera.poses]]
id = "east"
preset = "East"
azimuth_deg = 90.0
hfov_deg = 140.0
horizon = 0.5
[[camera.poses]]
id = "west"
preset = "West"
azimuth_deg = 270.0
hfov_deg = 140.0
horizon = 0.5
[model]
path = "{model}"
[outbox]
path = "{folder}/outbox.sqlite"
[health]
path = "{folder}/health"
[mqtt]
port = 9
"""


@pytest.mark.parametrize("has_tiles", [True, False])
def test_a_far_plume_at_a_pose_is_found_in_its_tiles(
    range_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_tiles: bool
) -> None:
    """Too small for the whole frame, it shows in one of the five tiles of its pose and in none of the other pose."""
    monkeypatch.setenv("CAMERA_DOME", "secret")
    path = tmp_path / "edge.toml"
    more = "" if has_tiles else "[tiles]\nenabled = false\n"
    path.write_text(SETTINGS.format(model=range_model, folder=tmp_path) + more, encoding="utf-8")
    publisher = FakePublisher()
    pipeline = assemble(load_settings(path), publisher)._pipeline
    watch = pipeline._watches[CameraId("dome")]
    assert isinstance(watch, TurningWatch)
    east, west = landscape(576, 432), np.ascontiguousarray(landscape(576, 432)[:, ::-1])
    for number in range(9):
        smoky = with_blob(east, (264.0, 224.0), 10.0 + number) if number >= 3 else east
        for place, (pose_id, picture) in enumerate(((EAST, smoky), (WEST, west))):
            at = START + timedelta(seconds=120 * number + 60 * place)
            plain = pixel_frame(noisy(picture, 2 * number + place), at)
            pipeline.look(CameraId("dome"), PosedFrame(plain.stamp, plain.image, pose_id=pose_id))
    assert {(one.pose_id, one.phase.value) for one in publisher.sightings[:1]} == (
        {(EAST, "opened")} if has_tiles else set()
    )
    assert all(one.pose_id == EAST for one in publisher.sightings)
    kept = {pose_id: watcher._sight._memories for pose_id, watcher in watch._watchers.items()}
    assert [len(memories) for memories in kept.values()] == ([5, 5] if has_tiles else [0, 0])
    assert all(memory._most_frames == 13 for memories in kept.values() for memory in memories.values())
