"""The settings of cameras that turn: what goes together, and what is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firewatch.errors import ConfigError
from firewatch_edge.config import load_settings
from firewatch_edge.node import mount_of
from firewatch_edge.patrol import MountPosition, PatrolRules

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

CAMERA = """
[tower]
id = "a"
[[camera]]
id = "dome"
kind = "snapshot"
url = "http://10.0.0.1/s.jpg"
username = "viewer"
password_env = "CAMERA_DOME"
"""
MOUNT = """
[camera.mount]
url = "http://10.0.0.1"
"""
NORTH = """
[[camera.poses]]
id = "north"
azimuth_deg = 0.0
hfov_deg = 50.0
preset = "North"
"""
EAST = """
[[camera.poses]]
id = "east"
azimuth_deg = 90.0
hfov_deg = 50.0
sigma_deg = 0.7
pan = 0.5
tilt = -0.1
zoom = 0.2
"""
SWEEP = """
[camera.sweep]
poses = 5
from_azimuth_deg = 300.0
to_azimuth_deg = 60.0
from_pan = -0.3333
to_pan = 0.3333
hfov_deg = 40.0
"""


def load(tmp_path: Path, text: str) -> EdgeSettings:
    path = tmp_path / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_poses_are_presets_or_positions_each_with_its_own_calibration(tmp_path: Path) -> None:
    settings = load(tmp_path, CAMERA + MOUNT + NORTH + EAST)
    camera = settings.camera[0]
    north, east = camera.poses
    assert (north.preset, north.position) == ("North", None)
    assert east.position == MountPosition(0.5, -0.1, 0.2)
    assert settings.calibration_of(camera, east).calibration_id == "a/dome/east"
    assert settings.calibration_of(camera, east).sigma_deg == 0.7
    assert camera.pose_id == "north"
    assert camera.patrol.rules == PatrolRules()


def test_a_sweep_is_poses_side_by_side_over_north(tmp_path: Path) -> None:
    poses = load(tmp_path, CAMERA + MOUNT + SWEEP).camera[0].poses
    assert [pose.azimuth_deg for pose in poses] == pytest.approx([300.0, 330.0, 0.0, 30.0, 60.0])
    assert [pose.pan for pose in poses] == pytest.approx([-0.3333, -0.16665, 0.0, 0.16665, 0.3333])
    assert [pose.id for pose in poses][::2] == ["sweep-01-300", "sweep-03-000", "sweep-05-060"]


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        (CAMERA, "camera[0].pose", "one pose, or poses"),
        (CAMERA + NORTH, "camera[0].mount", "needs a mount"),
        (CAMERA + MOUNT, "camera[0].pose", "one pose, or poses"),
        (CAMERA + MOUNT + NORTH + SWEEP, "camera[0].sweep", "not both"),
        (CAMERA + MOUNT + "[camera.pose]\nazimuth_deg = 1.0\nhfov_deg = 50.0\n", "camera[0].mount", "has none"),
        (CAMERA + MOUNT + NORTH + NORTH, "camera[0].poses[1].id", "names two poses"),
        (CAMERA + MOUNT + NORTH.replace('"north"', '"free"'), "camera[0].poses[0].id", "a person drives"),
        (CAMERA + MOUNT + NORTH + "pan = 0.1\n", "camera[0].poses[0].preset", "either a preset or pan"),
        (CAMERA + MOUNT + NORTH.replace('preset = "North"', ""), "camera[0].poses[0].preset", "either a preset"),
        (CAMERA + MOUNT + NORTH + "zoom = 0.1\n", "camera[0].poses[0].tilt", "its own tilt and zoom"),
        (CAMERA + MOUNT + EAST.replace("0.5", "1.5"), "camera[0].poses[0].pan", "<= 1.0"),
        (CAMERA + MOUNT.replace("http", "rtsp") + NORTH, "camera[0].mount.url", "http://HOST"),
        (CAMERA + MOUNT.replace("//", "//me:secret@") + NORTH, "camera[0].mount.url", "without an account"),
        (CAMERA + MOUNT + "deg_per_pan = 0.5\n" + NORTH, "camera[0].mount.deg_per_pan", "at least 1"),
        (CAMERA + MOUNT + "speed = 1\n" + NORTH, "camera[0].mount.speed", "no such setting"),
        (
            CAMERA + MOUNT + EAST + EAST.replace('"east"', '"west"').replace("pan = 0.5", "pan = -0.5"),
            "camera[0].poses",
            "contradict each other by 180 degrees",
        ),
        (
            CAMERA.replace('"snapshot"', '"folder"').replace("url", "path") + MOUNT + NORTH,
            "camera[0].mount",
            "a folder does not turn",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(tmp_path: Path, text: str, key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        load(tmp_path, text)
    assert refused.value.key == key


def test_too_many_poses_are_refused(tmp_path: Path) -> None:
    poses = "".join(NORTH.replace('"north"', f'"p{number}"') for number in range(25))
    with pytest.raises(ConfigError, match="25 poses: at most 24"):
        load(tmp_path, CAMERA + MOUNT + poses)


def test_a_mount_takes_the_cameras_account_unless_it_has_its_own(tmp_path: Path) -> None:
    camera = load(tmp_path, CAMERA + MOUNT + NORTH).camera[0]
    assert camera.mount is not None
    with pytest.raises(ConfigError, match="CAMERA_DOME is not set"):
        mount_of(camera, camera.mount, {})
    mount_of(camera, camera.mount, {"CAMERA_DOME": "secret"}).close()
    own = load(tmp_path, CAMERA + MOUNT + 'username = "ptz"\npassword_env = "PTZ"\n' + NORTH).camera[0]
    assert own.mount is not None
    with pytest.raises(ConfigError, match="PTZ is not set"):
        mount_of(own, own.mount, {"CAMERA_DOME": "secret"})
