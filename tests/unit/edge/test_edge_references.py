"""How poses look is known after a restart, and a file that is damaged stops nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from turning_camera import TurningCamera

from firewatch_edge.node.references import ReferenceFile, pose_key
from firewatch_edge.patrol import Gallery, View, outline_of

if TYPE_CHECKING:
    from pathlib import Path


def see(gallery: Gallery, pose: int, camera: TurningCamera, pan: float) -> View:
    camera.turn_by_hand(pan)
    return gallery.view(pose, outline_of(camera.picture()), outline_of(camera.picture()))


def test_a_head_that_a_power_cut_displaced_is_noticed_after_the_restart(tmp_path: Path) -> None:
    camera, path = TurningCamera(speed=1e6), tmp_path / "poses" / "dome.npz"
    before, file = Gallery(), ReferenceFile(path, ["north", "east"])
    assert file.load() == {}
    see(before, 0, camera, 0.0)
    see(before, 1, camera, 0.5)
    file.keep(before.known, 10.0)
    after = Gallery(ReferenceFile(path, ["north", "east"]).load())
    assert see(after, 0, camera, 0.0) is View.AGREES
    assert see(after, 1, camera, 0.52) is View.DISPLACED
    # A pose that was set anew has no reference; the others keep theirs, wherever they stand in the round.
    anew = Gallery(ReferenceFile(path, ["south", "north"]).load())
    assert list(anew.known) == [1]
    assert see(anew, 1, camera, 0.0) is View.AGREES


def test_it_is_written_when_a_pose_is_new_and_then_once_an_hour(tmp_path: Path) -> None:
    camera, path = TurningCamera(speed=1e6), tmp_path / "dome.npz"
    gallery, file = Gallery(), ReferenceFile(path, ["north", "east"])
    file.keep(gallery.known, 0.0)
    assert not path.exists()
    see(gallery, 0, camera, 0.0)
    file.keep(gallery.known, 1.0)
    first = path.read_bytes()
    see(gallery, 0, camera, 0.0)
    file.keep(gallery.known, 100.0)
    assert path.read_bytes() == first
    file.keep(gallery.known, 3700.0)
    hourly = path.read_bytes()
    assert hourly != first
    see(gallery, 1, camera, 0.5)
    file.keep(gallery.known, 3701.0)
    assert len(path.read_bytes()) > len(hourly)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_told_and_the_patrol_begins_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "dome.npz"
    path.write_bytes(content)
    assert ReferenceFile(path, ["north"]).load() == {}
    assert caplog.messages == ["patrol.references_unreadable"]


def test_a_disk_that_refuses_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    gallery = Gallery()
    see(gallery, 0, TurningCamera(), 0.0)
    ReferenceFile(tmp_path / "file" / "dome.npz", ["north"]).keep(gallery.known, 0.0)
    assert caplog.messages == ["patrol.references_unwritten"]


def test_a_pose_with_another_angle_is_another_pose() -> None:
    assert pose_key("North", None, 3.0) == pose_key("North", None, 3.0)
    assert pose_key("North", None, 3.0) != pose_key("North", None, 4.0)
    assert np.unique([pose_key(number) for number in range(50)]).size == 50
